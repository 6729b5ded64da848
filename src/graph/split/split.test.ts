import { describe, expect, test } from "vitest";
import { graphOf, randomGraph, randomSpecification } from "../../../test/random-split.js";
import { rng } from "../../base/rng.js";
import { conv, layerNormalization, relu } from "../../onnx/layers.js";
import type { Graph, TensorId } from "../graph.js";
import { iterations, type LoopNest } from "../loops.js";
import { type SplitSpecification, specificationFaults, UNSPLIT } from "./specification.js";
import { splitGraph } from "./split.js";

/** Every iteration of some nests as text: the element written and those read inside their tensors, as `locate` names them. */
function trace(graph: Graph, nests: readonly LoopNest[], locate: (tensor: TensorId, at: readonly number[]) => string): string[] {
  const lines: string[] = [];
  for (const nest of nests) {
    const at = nest.loops.map(() => 0);
    for (let left = iterations(nest); left > 0; left--) {
      const place = ({ tensor, indices }: LoopNest["write"]) => {
        const element = indices.map(({ offset, terms }) => terms.reduce((n, { loop, stride }) => n + stride * at[loop]!, offset));
        return element.every((n, a) => n >= 0 && n < graph.tensors[tensor]!.shape[a]!) ? [locate(tensor, element)] : [];
      };
      // What leaves the result is cropped; a part may crop what its neighbour keeps.
      const [written] = place(nest.write);
      if (written !== undefined) lines.push(`${written} <- ${nest.reads.flatMap(place).toSorted().join(" ")}`);
      for (let l = at.length - 1; l >= 0; l--) {
        if (++at[l]! < nest.loops[l]!.size) break;
        at[l] = 0;
      }
    }
  }
  return lines.toSorted();
}

/** An element of a tensor by its place in the tensors that are left when Concats vanish. */
function placeIn(graph: Graph, virtual: readonly number[], tensor: TensorId, at: readonly number[]): string {
  const op = graph.operators.find(({ id, outputs }) => virtual.includes(id) && outputs[0] === tensor);
  if (op === undefined) return `${tensor}[${at.join()}]`;
  for (const { reads, write } of op.nests) {
    const inside = at.map((n, a) => n - write.indices[a]!.offset);
    const operand = reads[0]!.tensor;
    if (inside.every((n, a) => n >= 0 && n < graph.tensors[operand]!.shape[a]!)) return placeIn(graph, virtual, operand, inside);
  }
  throw new Error("no operand holds the element");
}

describe("a split graph computes what the graph computes", () => {
  test.each(Array.from({ length: 60 }, (_, seed) => seed))("every iteration once, seed %i", (seed) => {
    const random = rng(seed);
    const graph = randomGraph(random);
    const specification = randomSpecification(graph, random);
    expect(specificationFaults(graph, specification)).toEqual([]);
    const split = splitGraph(graph, specification);

    const macs = (g: Graph) => g.operators.reduce((sum, op) => sum + op.macs, 0);
    expect(macs(split.graph)).toBe(macs(graph));
    const whole = (id: TensorId, at: readonly number[]) => {
      const { tensor, start } = split.pieces[id]!;
      return `${tensor}[${at.map((n, a) => n + start[a]!).join()}]`;
    };
    for (const op of graph.operators) {
      if (specification.virtual.includes(op.id)) continue;
      const parts = split.graph.operators.filter(({ id }) => split.parts[id]!.operator === op.id);
      // A run of a partial sum writes into its sum, at the place of the result.
      const nests = parts.flatMap((part) => part.nests.map((nest) => ({ ...nest, write: { ...nest.write, tensor: part.outputs[0]! } })));
      expect(trace(split.graph, nests, whole)).toEqual(trace(graph, op.nests, (t, at) => placeIn(graph, specification.virtual, t, at)));
      for (const part of parts)
        for (const { tensor } of part.nests.flatMap(({ reads }) => reads)) expect([...part.inputs, ...part.weights]).toContain(tensor);
    }
  });

  test.each(Array.from({ length: 20 }, (_, seed) => seed))("operators come after what they need, pieces add up, seed %i", (seed) => {
    const random = rng(1000 + seed);
    const graph = randomGraph(random);
    const specification = randomSpecification(graph, random);
    const { graph: after, pieces } = splitGraph(graph, specification);
    const ready = new Set([...after.inputs, ...after.tensors.filter(({ role }) => role === "weight").map(({ id }) => id)]);
    for (const op of after.operators) {
      for (const t of [...op.inputs, ...op.weights]) expect(ready.has(t)).toBe(true);
      for (const t of op.outputs) {
        expect(ready.has(t)).toBe(false);
        ready.add(t);
      }
    }
    for (const t of after.outputs) expect(ready.has(t)).toBe(true);
    const elements = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1);
    const gone = new Set(specification.virtual.map((id) => graph.operators[id]!.outputs[0]!));
    for (const { id, shape } of graph.tensors) {
      if (gone.has(id)) continue;
      const own = after.tensors.filter((t) => pieces[t.id]!.tensor === id && !t.name.endsWith(":sum"));
      expect(own.reduce((n, t) => n + elements(t.shape), 0)).toBe(elements(shape));
    }
    expect(new Set(after.operators.map(({ name }) => name)).size).toBe(after.operators.length);
  });
});

test("nothing to split leaves the graph as it is", () => {
  const graph = randomGraph(rng(7));
  const { tensors, operators, inputs, outputs } = splitGraph(graph, UNSPLIT).graph;
  expect(tensors).toEqual(graph.tensors);
  expect({ inputs, outputs }).toEqual({ inputs: graph.inputs, outputs: graph.outputs });
  expect(operators.map(({ nests: _, inputs: reads, ...op }) => ({ ...op, inputs: reads.toSorted() }))).toEqual(
    graph.operators.map(({ nests: _, inputs: reads, ...op }) => ({ ...op, inputs: reads.toSorted() })),
  );
});

test("a part reads the pieces its window reaches", () => {
  // 8 rows in slabs of 2; a window of 3 rows, padding 1: output rows 2 and 3 read rows 1 to 4.
  const graph = graphOf((net) => net.output("y", conv(net, net.input("x", [1, 1, 8, 4]), { out: 1, kernel: 3, bias: false })));
  const { graph: after } = splitGraph(graph, {
    ...UNSPLIT,
    cuts: [graph.inputs[0]!, graph.outputs[0]!].map((tensor) => ({ tensor, piece: [1, 1, 2, 4] })),
  });
  expect(after.operators.map(({ name, inputs }) => [name, inputs.map((t) => after.tensors[t]!.name)])).toEqual([
    ["conv/Conv[rows 0:2]", ["x[rows 0:2]", "x[rows 2:4]"]],
    ["conv/Conv[rows 2:4]", ["x[rows 0:2]", "x[rows 2:4]", "x[rows 4:6]"]],
    ["conv/Conv[rows 4:6]", ["x[rows 2:4]", "x[rows 4:6]", "x[rows 6:8]"]],
    ["conv/Conv[rows 6:8]", ["x[rows 4:6]", "x[rows 6:8]"]],
  ]);
});

test("a global reduction goes slab by slab, each adding to the sum before", () => {
  const graph = graphOf((net) => net.output("y", net.node("GlobalAveragePool", [net.input("x", [1, 2, 4, 4])])));
  const rows = graph.operators[0]!.nests[0]!.loops.findIndex(({ name }) => name === "FY");
  const { graph: after } = splitGraph(graph, {
    virtual: [],
    cuts: [{ tensor: graph.inputs[0]!, piece: [1, 2, 2, 4] }],
    sums: [{ operator: 0, loop: rows, length: 2 }],
  });
  const names = (ids: readonly number[]) => ids.map((t) => after.tensors[t]!.name);
  expect(after.operators.map(({ inputs, outputs }) => [names(inputs), names(outputs)])).toEqual([
    [["x[rows 0:2]"], ["GlobalAveragePool[sum 1/2]:sum"]],
    [["x[rows 2:4]", "GlobalAveragePool[sum 1/2]:sum"], ["y"]],
  ]);
  // Two channels of 32 bits.
  expect(after.tensors.find(({ name }) => name.endsWith(":sum"))?.size).toBe(8);
});

test("rows that run-time indices look up move alone, not the table", () => {
  const graph = graphOf((net) => net.output("y", net.node("Gather", [net.weight("table", [1000, 8]), net.input("i", [1, 6], "int64")])));
  const { graph: after } = splitGraph(graph, { ...UNSPLIT, cuts: [{ tensor: graph.outputs[0]!, piece: [1, 4, 8] }] });
  expect(after.operators.map(({ weights }) => weights.map((t) => after.tensors[t]!.shape))).toEqual([[[4, 8]], [[2, 8]]]);
});

test("an operator that cannot be split reads and writes all pieces", () => {
  const graph = graphOf((net) => {
    const y = relu(net, net.input("x", [1, 6, 8]));
    net.output("y", layerNormalization(net, net.node("Einsum", [y, y], { equation: "bij,bij->bij" })));
  });
  const spread = { ...graph, operators: graph.operators.map((op) => (op.type === "Einsum" ? { ...op, nests: [] } : op)) };
  const cuts = spread.tensors.filter(({ shape }) => shape.length === 3).map(({ id }) => ({ tensor: id, piece: [1, 2, 8] }));
  const { graph: after } = splitGraph(spread, { ...UNSPLIT, cuts });
  expect(after.operators.map(({ type, inputs, outputs }) => [type, inputs.length, outputs.length])).toEqual([
    ...Array.from({ length: 3 }, () => ["Relu", 1, 1]),
    ["Einsum", 3, 3],
    ...Array.from({ length: 3 }, () => ["LayerNormalization", 1, 1]),
  ]);
});

describe("a specification that does not fit is refused with the reason", () => {
  const graph = graphOf((net) => net.output("y", conv(net, net.input("x", [1, 1, 8, 4]), { out: 1, kernel: 3 })));
  const x = graph.inputs[0]!;
  test.each<[string, unknown, string]>([
    ["no object", null, "the specification is not an object"],
    ["no lists", {}, "cuts, sums and virtual are not all lists"],
    ["no such tensor", { ...UNSPLIT, cuts: [{ tensor: 99, piece: [1] }] }, "cuts[0] names no tensor"],
    ["another rank", { ...UNSPLIT, cuts: [{ tensor: x, piece: [1] }] }, "cuts[0] has a piece of another rank than the tensor's 4"],
    [
      "too large",
      { ...UNSPLIT, cuts: [{ tensor: x, piece: [1, 1, 9, 4] }] },
      "cuts[0] asks for pieces of 1 x 1 x 9 x 4, the tensor is 1 x 1 x 8 x 4",
    ],
    [
      "not whole",
      { ...UNSPLIT, cuts: [{ tensor: x, piece: [1, 1, 0, 4] }] },
      "cuts[0] asks for pieces of 1 x 1 x 0 x 4, the tensor is 1 x 1 x 8 x 4",
    ],
    ["twice", { ...UNSPLIT, cuts: Array(2).fill({ tensor: x, piece: [1, 1, 4, 4] }) }, `tensor ${x} is cut twice`],
    [
      "no sum there",
      { ...UNSPLIT, sums: [{ operator: 0, loop: 0, length: 1 }] },
      "sums[0] names loop 0, over which operator conv/Conv does not add up",
    ],
    ["no Concat", { ...UNSPLIT, virtual: [0] }, "virtual[0] names operator conv/Conv, whose result has to be made"],
  ])("%s", (_, specification, reason) => {
    expect(specificationFaults(graph, specification as SplitSpecification)).toEqual([reason]);
  });
});
