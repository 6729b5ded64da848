import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Graph } from "../../src/graph/graph.js";
import { parseBinding } from "../../src/onnx/bindings.js";
import { importOnnx } from "../../src/onnx/import.js";
import { type InspectDocument, inspectDocument } from "../../src/report/inspect.js";

const REFERENCE = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "models");
const MODELS = process.env.STOWAGE_MODELS ?? "../shared/models";

/** What another tool says of one model. */
interface Reference {
  readonly file: string;
  readonly bindings: Readonly<Record<string, number | readonly number[]>>;
  readonly params: { readonly total_weight_elems: number };
  readonly macs: { readonly total: number; readonly uncounted_ops: Readonly<Record<string, number>> };
  readonly activations: { readonly total_bytes: number; readonly peak_live_bytes_file_order: number };
  /** Name -> shape, ONNX element type, bytes. */
  readonly tensors: Readonly<Record<string, readonly [readonly number[], number, number]>>;
}

const files = existsSync(REFERENCE) ? readdirSync(REFERENCE).filter((f) => f.endsWith(".json")) : [];
const present = files.filter((f) => existsSync(join(MODELS, f.replace(/\.json$/, ".onnx"))));
if (present.length === 0)
  console.warn(`skipped: no reference models in ${REFERENCE} and ${MODELS} (set STOWAGE_REFERENCE, STOWAGE_MODELS)`);

/** The share of models on which a column must agree exactly; docs/validation.md explains the rest. */
const BAR = 0.95;

describe.skipIf(present.length === 0)("inspect against the reference", () => {
  const rows: { readonly name: string; readonly theirs: Reference; readonly ours: InspectDocument; readonly graph: Graph }[] = [];

  beforeAll(() => {
    for (const file of present) {
      const theirs = JSON.parse(readFileSync(join(REFERENCE, file), "utf8")) as Reference;
      const name = file.replace(/\.json$/, ".onnx");
      const bindings = Object.entries(theirs.bindings).map(([key, size]) => {
        const binding = parseBinding(`${key}=${[size].flat().join(",")}`);
        if (!binding.ok) throw new Error(binding.errors[0].message);
        return binding.value;
      });
      const graph = importOnnx(readFileSync(join(MODELS, name)), { name, bindings });
      if (!graph.ok) throw new Error(graph.errors.map((e) => `${e.code} ${e.where}: ${e.message}`).join("\n"));
      rows.push({ name, theirs, ours: inspectDocument(graph.value, { name, sha256: "" }), graph: graph.value });
    }
  });

  function column(title: string, differ: (ours: InspectDocument, theirs: Reference) => string | undefined): void {
    test(title, () => {
      const differences = rows.flatMap(({ name, ours, theirs }) => differ(ours, theirs)?.replace(/^/, `${name}: `) ?? []);
      console.info(`${title}: equal on ${rows.length - differences.length} of ${rows.length}`);
      expect(1 - differences.length / rows.length, differences.join("\n")).toBeGreaterThanOrEqual(BAR);
    });
  }
  const unequal = (ours: number, theirs: number) => (ours === theirs ? undefined : `${ours}, the reference has ${theirs}`);

  column("parameters", (ours, theirs) => unequal(ours.totals.parameters, theirs.params.total_weight_elems));
  column("MACs", (ours, theirs) => unequal(ours.totals.macs, theirs.macs.total));
  column("peak live bytes", (ours, theirs) => unequal(ours.totals.peakLiveBytes, theirs.activations.peak_live_bytes_file_order));
  column("activation bytes", (ours, theirs) => unequal(ours.totals.activationBytes, theirs.activations.total_bytes));
  column("shapes and sizes of all tensors", (ours, theirs) => {
    const known = new Map(ours.tensors.map((t) => [t.name, t]));
    const wrong = Object.entries(theirs.tensors).filter(([name, [shape, , size]]) => {
      const tensor = known.get(name);
      return tensor === undefined || tensor.bytes !== size || tensor.shape.join() !== shape.join();
    });
    return wrong.length === 0 ? undefined : `${wrong.length} tensors, first ${wrong[0]?.[0]}`;
  });

  test("every graph hangs together", () => {
    for (const { name, graph } of rows) expect(flaws(graph), name).toEqual([]);
  });

  test("where the reference leaves operators uncounted, we count no less", () => {
    for (const { name, ours, theirs } of rows)
      if (Object.keys(theirs.macs.uncounted_ops).length > 0) expect(ours.totals.macs, name).toBeGreaterThanOrEqual(theirs.macs.total);
  });
});

/** What planners rely on: operands made before they are read, each listed once, nests over listed tensors, ids that are indices. */
function flaws(graph: Graph): readonly string[] {
  const found: string[] = [];
  const there = new Set([...graph.inputs, ...graph.tensors.filter((t) => t.role === "weight").map((t) => t.id)]);
  graph.tensors.forEach((t, i) => {
    if (t.id !== i) found.push(`tensor ${i} has id ${t.id}`);
  });
  graph.operators.forEach((op, i) => {
    if (op.id !== i) found.push(`operator ${i} has id ${op.id}`);
    for (const list of [op.inputs, op.weights, op.outputs])
      if (new Set(list).size !== list.length) found.push(`${op.name} lists a tensor twice`);
    for (const id of [...op.inputs, ...op.weights])
      if (!there.has(id)) found.push(`${op.name} reads ${graph.tensors[id]?.name} before it is made`);
    for (const id of op.weights)
      if (graph.tensors[id]?.role !== "weight") found.push(`${op.name}: ${graph.tensors[id]?.name} is no weight`);
    const listed = new Set([...op.inputs, ...op.weights, ...op.outputs]);
    for (const nest of op.nests)
      for (const { tensor } of [...nest.reads, nest.write])
        if (!listed.has(tensor)) found.push(`${op.name}: a nest touches unlisted tensor ${tensor}`);
    for (const id of op.outputs) there.add(id);
  });
  for (const id of graph.outputs) if (!there.has(id)) found.push(`output ${graph.tensors[id]?.name} is never made`);
  for (const names of [graph.tensors, graph.operators].map((list) => list.map((x) => x.name)))
    if (new Set(names).size !== names.length) found.push("two things share a name");
  return found;
}
