import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Graph } from "../../src/graph/graph.js";
import { parseBinding } from "../../src/onnx/bindings.js";
import { importOnnx } from "../../src/onnx/import.js";

const REFERENCE = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "models");
const MODELS = process.env.STOWAGE_MODELS ?? "../shared/models";

/** The .onnx files of the models folder; none, with a message, where it is absent. */
export function modelFiles(): readonly string[] {
  if (existsSync(MODELS)) return readdirSync(MODELS).filter((f) => f.endsWith(".onnx"));
  console.warn(`skipped: no models in ${MODELS} (set STOWAGE_MODELS)`);
  return [];
}

/** A model of the folder, its inputs bound as its reference says, if it has one. */
export function modelGraph(file: string): Graph {
  const reference = join(REFERENCE, file.replace(/\.onnx$/, ".json"));
  const stated: Record<string, number | number[]> = existsSync(reference) ? JSON.parse(readFileSync(reference, "utf8")).bindings : {};
  const bindings = Object.entries(stated).map(([key, size]) => {
    const binding = parseBinding(`${key}=${[size].flat().join(",")}`);
    if (!binding.ok) throw new Error(binding.errors[0].message);
    return binding.value;
  });
  const graph = importOnnx(readFileSync(join(MODELS, file)), { name: file, bindings });
  if (!graph.ok) throw new Error(`${file}: ${graph.errors[0].message}`);
  return graph.value;
}
