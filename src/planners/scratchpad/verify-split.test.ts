import { describe, expect, test } from "vitest";
import { graphOf, randomGraph, randomSpecification } from "../../../test/random-split.js";
import { unitTarget } from "../../../test/unit-target.js";
import { rng } from "../../base/rng.js";
import { bytes, cycles, picojoules } from "../../base/units.js";
import type { Graph } from "../../graph/graph.js";
import { type SplitSpecification, UNSPLIT } from "../../graph/split/specification.js";
import { splitGraph } from "../../graph/split/split.js";
import { concat, conv, linear, relu } from "../../onnx/layers.js";
import type { ScratchpadTarget } from "../../target/target.js";
import type { Buffer, ScratchpadProblem, Split, Step } from "./plan.js";
import { pose } from "./pose.js";
import { readProblem } from "./read.js";
import { originOf } from "./split/origin.js";
import { splitViolations } from "./verify-split.js";

interface Cut extends ScratchpadProblem {
  readonly split: Split;
}

function cutProblem(graph: Graph, specification: SplitSpecification, weights: ScratchpadTarget["weights"]): Cut {
  const target = { ...unitTarget, weights };
  const split = splitGraph(graph, specification);
  const posed = pose(split.graph, target, { objective: "traffic" });
  if (!posed.ok) throw new Error(posed.errors[0].message);
  const { steps, assumptions } = posed.value;
  return {
    ...posed.value,
    assumptions: { ...assumptions, split: { largestNeed: bytes(0), operators: [] } },
    split: originOf(
      graph,
      target,
      specification,
      split,
      steps.map((_, s) => s),
    ),
  };
}

const codes = (problem: ScratchpadProblem) => splitViolations(problem).map(({ code }) => code);

describe.each(["outside", "planned"] as const)("weights %s", (weights) => {
  test.each(Array.from({ length: 30 }, (_, seed) => seed))(
    "cutting by chance computes the network; with any read left out it does not, seed %i",
    (seed) => {
      const random = rng(seed);
      const graph = randomGraph(random);
      const problem = cutProblem(graph, randomSpecification(graph, random), weights);
      expect(splitViolations(problem)).toEqual([]);
      expect(readProblem(JSON.parse(JSON.stringify(problem)), "problem").ok).toBe(true);
      for (let i = 0; i < 5; i++) {
        const s = Math.floor(random() * problem.steps.length);
        const { reads } = problem.steps[s]!;
        const left = Math.floor(random() * reads.length);
        const less = withStep(problem, s, { reads: reads.filter((_, r) => r !== left) });
        expect(splitViolations(less), `step ${s} without read ${left}`).not.toEqual([]);
      }
    },
  );
});

/**
 * x [1, 2, 8, 4] -> Conv 3 x 3 -> Relu in place, beside x itself (Concat, which vanishes) -> Conv 1 x 1 over 4 channels in
 * two partial sums of 2 -> y; all in slabs of 2 rows.
 */
const graph = graphOf((net) => {
  const x = net.input("x", [1, 2, 8, 4]);
  const r = relu(net, conv(net, x, { out: 2, kernel: 3, bias: false }));
  net.output("y", conv(net, concat(net, [r, x]), { out: 3, kernel: 1, bias: false }));
});
const joined = graph.operators.findIndex(({ type }) => type === "Concat");
const last = graph.operators.length - 1;
const channels = graph.operators[last]!.nests[0]!.loops.findIndex(({ name }) => name === "C");
const specification: SplitSpecification = {
  cuts: graph.tensors
    .filter(({ id, role }) => role !== "weight" && id !== graph.operators[joined]!.outputs[0])
    .map(({ id, shape }) => ({ tensor: id, piece: shape.with(2, 2) })),
  sums: [{ operator: last, loop: channels, length: 2 }],
  virtual: [joined],
};
const problem = cutProblem(graph, specification, "planned");
const { split } = problem;
const step = (name: string) => problem.steps.findIndex((s) => s.name === name);
const buffer = (name: string) => problem.buffers.findIndex((b) => b.name === name);
const without = <T>(list: readonly T[], at: number): readonly T[] => list.filter((_, i) => i !== at);

function withStep<P extends ScratchpadProblem>(p: P, s: number, change: Partial<Step>): P {
  return { ...p, steps: p.steps.with(s, { ...p.steps[s]!, ...change }) };
}
const withBuffer = (b: number, change: Partial<Buffer>): ScratchpadProblem => ({
  ...problem,
  buffers: problem.buffers.with(b, { ...problem.buffers[b]!, ...change }),
});
const withSplit = (change: Partial<Split>): ScratchpadProblem => ({ ...problem, split: { ...split, ...change } });
const withoutStep = (s: number): ScratchpadProblem => ({
  ...problem,
  steps: without(problem.steps, s),
  split: { ...split, parts: without(split.parts, s) },
});
const swapped = (s: number, t: number): ScratchpadProblem => ({
  ...problem,
  steps: problem.steps.with(s, problem.steps[t]!).with(t, problem.steps[s]!),
  split: { ...split, parts: split.parts.with(s, split.parts[t]!).with(t, split.parts[s]!) },
});

const conv0 = step("conv/Conv[rows 2:4]");
const sum0 = step("conv/Conv_2[rows 2:4][sum 1/2]");
const halo = buffer("x[rows 4:6]");
const readsWithout = (s: number, b: number) => withStep(problem, s, { reads: problem.steps[s]!.reads.filter((r) => r !== b) });

describe("a cut that does not compute the network is refused", () => {
  test("as it is, it does", () => {
    expect(splitViolations(problem)).toEqual([]);
    expect([conv0, sum0, halo].every((i) => i >= 0)).toBe(true);
  });

  test.each<[string, string, ScratchpadProblem]>([
    ["SPM-13", "a halo slab that is not read", readsWithout(conv0, halo)],
    [
      "SPM-13",
      "weights that are not read",
      readsWithout(conv0, problem.steps[conv0]!.reads.find((b) => problem.buffers[b]!.kind === "weight")!),
    ],
    ["SPM-13", "a part before what it needs", swapped(step("conv/Conv[rows 0:2]"), step("Relu[rows 0:2]"))],
    [
      "SPM-13",
      "a slab overwritten and read again",
      withStep(problem, conv0, { reads: [...problem.steps[conv0]!.reads, ...problem.steps[conv0]!.writes] }),
    ],
    ["SPM-13", "a wider window than the parts read", withSplit({ operators: split.operators.with(0, widened(split.operators[0]!)) })],
    ["SPM-12", "a slab that two buffers hold", withSplit({ contents: split.contents.with(halo, split.contents[buffer("x[rows 2:4]")]!) })],
    ["SPM-12", "a slab that nobody makes", withoutStep(step("conv/Conv_2[rows 6:8][sum 2/2]"))],
    ["SPM-12", "a step that writes elsewhere", withStep(problem, conv0, { writes: [halo] })],
    ["SPM-14", "a partial sum left out", withoutStep(sum0)],
    ["SPM-14", "a partial sum that is not gone on from", readsWithout(sum0 + 1, problem.steps[sum0]!.writes[0]!)],
    [
      "SPM-14",
      "a run that begins too late",
      withSplit({ parts: split.parts.with(sum0 + 1, { ...split.parts[sum0 + 1]!, run: { loop: channels, start: 3, end: 4 } }) }),
    ],
    [
      "SPM-14",
      "a run over a loop that is no sum",
      withSplit({ parts: split.parts.with(conv0, { ...split.parts[conv0]!, run: { loop: 2, start: 0, end: 1 } }) }),
    ],
    ["SPM-15", "slabs that reach into one another", withBuffer(halo, { size: bytes(problem.buffers[halo]!.size + 16) })],
    [
      "SPM-15",
      "grid lines in other places",
      withSplit({ tensors: split.tensors.with(0, { ...split.tensors[0]!, starts: [[0], [0], [0, 3, 4, 6], [0]] }) }),
    ],
    ["SPM-15", "a partial sum of 8 bits", withBuffer(problem.steps[sum0]!.writes[0]!, { size: bytes(24) })],
    ["SPM-15", "a step too fast", withStep(problem, conv0, { duration: cycles(1) })],
    ["SPM-15", "a step that costs too little", withStep(problem, conv0, { energy: picojoules(1) })],
    ["SPM-15", "an input that is said to be made on chip", withBuffer(halo, { kind: "activation", offChip: false })],
    [
      "SPM-15",
      "an operator of more work than its parts",
      withSplit({ operators: split.operators.with(last, { ...split.operators[last]!, macs: 1 as never }) }),
    ],
    ["SPM-9", "an output that is not kept", withBuffer(buffer("y[rows 0:2]"), { kind: "activation", keep: false })],
  ])("with %s: %s", (code, _, wrong) => {
    expect(codes(wrong)).toContain(code);
  });
});

function widened(op: Split["operators"][number]): Split["operators"][number] {
  return {
    ...op,
    nests: op.nests.map((nest) => ({ ...nest, loops: nest.loops.map((loop) => (loop.name === "FY" ? { ...loop, size: 5 } : loop)) })),
  };
}

test("rows that indices choose at run time, views and whole operators", () => {
  const small = graphOf((net) => {
    const rows = net.node("Gather", [net.weight("table", [50, 8]), net.input("i", [1, 6], "int64")]);
    net.output("y", linear(net, net.node("Reshape", [rows, net.constant("shape", [6, 8])]), { out: 4 }));
  });
  const gather = small.operators.find(({ type }) => type === "Gather")!;
  const cut = cutProblem(small, { ...UNSPLIT, cuts: [{ tensor: gather.outputs[0]!, piece: [1, 3, 8] }] }, "planned");
  expect(splitViolations(cut)).toEqual([]);
  const rows = cut.split.contents.findIndex(([c]) => c?.kind === "rows");
  const fewer = { ...cut, buffers: cut.buffers.with(rows, { ...cut.buffers[rows]!, size: bytes(8) }) };
  expect(codes(fewer)).toContain("SPM-15");
});

test("whatever a file says about a cut is refused by its form or judged, never thrown at", () => {
  const text = JSON.stringify(problem);
  const numbers = [...text.matchAll(/(?<=[:[,])\d+(?=[,\]}])/g)];
  const random = rng(1);
  let judged = 0;
  for (let i = 0; i < 300; i++) {
    const { index, 0: digits } = numbers[Math.floor(random() * numbers.length)]!;
    const other = Math.floor(random() * 6);
    const read = readProblem(JSON.parse(text.slice(0, index) + other + text.slice(index + digits.length)), "problem");
    if (!read.ok) continue;
    judged++;
    splitViolations(read.value);
  }
  expect(judged).toBeGreaterThan(50);
});

test("a cut problem that does not say which network was cut is refused", () => {
  const { split: _, ...silent } = problem;
  expect(readProblem(silent, "problem").ok).toBe(false);
  expect(readProblem(problem, "problem").ok).toBe(true);
});
