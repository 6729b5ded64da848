import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { evaluate, type Goal, importModel, modelWeights, parseSpace } from "../../src/api.js";
import { dominates } from "../../src/explore/front.js";
import { vectorOf } from "../../src/explore/point.js";
import { sha256 } from "../../src/node/files.js";
import { documentOf, scratch, stowage } from "../cli/stowage.js";

const MODELS = resolve(process.env.STOWAGE_MODELS ?? "../shared/models");
/** Small enough for a space to be planned in seconds. */
const MOST_BYTES = 300_000;
const present = existsSync(MODELS);
if (!present) console.warn(`skipped: no models in ${MODELS} (set STOWAGE_MODELS)`);
const files = !present
  ? []
  : readdirSync(MODELS)
      .filter((file) => file.endsWith(".onnx"))
      .map((file) => ({ path: `${MODELS}/${file}`, size: statSync(`${MODELS}/${file}`).size }))
      .filter(({ size }) => size <= MOST_BYTES)
      .sort((a, b) => a.size - b.size);

const NODES = 2_000;
const goal: Goal = { solver: "search", split: "auto", bindings: [] };
const surroundings = {
  budget: { seed: 1, nodes: NODES, stop: () => false, progress: () => {} },
  mip: async () => ({ status: "failed" as const, reason: "not needed here" }),
};

/** The smallest model with its weights inside that a first point of the space has a plan for. */
async function smallest(yaml: string): Promise<string> {
  const space = parseSpace(yaml, "space.yaml");
  if (!space.ok) throw new Error(JSON.stringify(space.errors));
  const { points, objectives } = space.value;
  for (const { path } of files) {
    const model = { name: path, bytes: new Uint8Array(readFileSync(path)) };
    const graph = importModel(model, []);
    const weights = modelWeights(model, undefined);
    if (!graph.ok || !weights.ok) continue;
    const held = graph.value.operators.filter(({ macs }) => macs > 0).flatMap((op) => op.weights.map((t) => graph.value.tensors[t]!.name));
    if (held.length === 0 || held.some((name) => !weights.value.valuesOf(name).ok)) continue;
    const result = await evaluate(graph.value, points[0]!, goal, objectives, [], { ...surroundings, weights: () => weights });
    if (result.status === "planned") return path;
  }
  throw new Error("no small model has a plan");
}

const SPACES = {
  scratchpad: `
base: ethos-u55-128-like
axes:
  memory.size: [64KiB, 96KiB, 128KiB, 256KiB]
  offChip.bandwidth: [0.5GB/s, 2GB/s]
`,
  fusion: `
base: vwa
axes:
  array.blocks: [4, 8]
  buffers.size: [32KiB, 64KiB, 128KiB]
  offChip.bandwidth: [1GB/s, 4GB/s]
`,
  pipeline: `
bases: [zcu102, zedboard]
axes:
  precision.weight: [4, 8]
  precision.activation: [8]
  goal.objective: [throughput, latency]
`,
  crossbar: `
base: reram-ou
axes:
  crossbars: [25%, 50%]
  sharing: [1, 8]
  goal.objective: [latency, energy, endurance]
`,
};

describe.skipIf(!present)("fronts of a small real model", () => {
  const at = scratch();
  test.each(Object.entries(SPACES))(
    "%s: of what no other point beats, the same for one thread, for two, and gone on with from a part",
    async (_, yaml) => {
      const model = await smallest(yaml);
      writeFileSync(at("space.yaml"), yaml);
      const explore = (workers: number, out: string) =>
        stowage(
          ["explore", model, "--space", "space.yaml", "--nodes", `${NODES}`, "--workers", `${workers}`, "--out", out, "--json"],
          at(),
        );
      const told = documentOf(await explore(1, "one.json"));
      await explore(2, "two.json");
      const whole = readFileSync(at("one.json"), "utf8");
      expect(readFileSync(at("two.json"), "utf8")).toBe(whole);

      const { sha256: _digest, ...document } = JSON.parse(whole);
      const part = { ...document, points: document.points.filter(({ id }: { id: number }) => id % 2 === 0) };
      writeFileSync(at("part.json"), JSON.stringify({ sha256: sha256(JSON.stringify(part)), ...part }));
      await explore(2, "part.json");
      expect(readFileSync(at("part.json"), "utf8")).toBe(whole);

      expect(told.status).toBe("complete");
      expect(told.count).toBeGreaterThanOrEqual(6);
      expect(told.counts.planned).toBeGreaterThan(0);
      const planned = document.points.filter(({ status }: { status: string }) => status === "planned");
      const vectors = planned.map((point: { metrics: Record<string, number>; bandwidthBytesPerSecond: number }) =>
        vectorOf(told.objectives, point, point.metrics),
      );
      const best = planned.filter((_: unknown, i: number) => !vectors.some((other: number[]) => dominates(other, vectors[i])));
      expect(told.front.toSorted()).toEqual(best.map(({ id }: { id: number }) => id).toSorted());
      for (const { key } of told.objectives)
        for (const point of planned) expect({ ...point, ...point.metrics }[key], key).toBeGreaterThanOrEqual(0);
    },
    240_000,
  );
});
