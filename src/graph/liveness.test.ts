import fc from "fast-check";
import { expect, test } from "vitest";
import { bytes, macs } from "../base/units.js";
import type { Graph, TensorRole } from "./graph.js";
import { liveRanges, peakLiveBytes } from "./liveness.js";

/** A graph of int8 vectors: `sizes[i]` elements; operators as [inputs, outputs]. */
function graph(
  sizes: readonly (readonly [number, TensorRole])[],
  steps: readonly (readonly [readonly number[], readonly number[]])[],
  outputs: readonly number[],
): Graph {
  return {
    name: "test",
    opset: {},
    symbols: [],
    tensors: sizes.map(([n, role], id) => ({ id, name: `t${id}`, shape: [n], elementType: "int8", bits: 8, size: bytes(n), role })),
    operators: steps.map(([inputs, made], id) => ({
      id,
      name: `op${id}`,
      type: "Op",
      domain: "",
      attributes: {},
      inputs,
      weights: [],
      outputs: made,
      nests: [],
      macs: macs(0),
      modelled: true,
    })),
    inputs: sizes.flatMap(([, role], id) => (role === "input" ? [id] : [])),
    outputs,
    parameters: { elements: 0, size: bytes(0) },
    coverage: { macs: 1, activationBytes: 1, notModelled: [] },
    warnings: [],
  };
}

test("a skip connection keeps its tensor", () => {
  //          step   0    1    2
  // x  input  8    ####
  // a         4    #########################   read by 1 and 2
  // b         2         ##########
  // y output  1              ####
  const net = graph(
    [
      [8, "input"],
      [4, "activation"],
      [2, "activation"],
      [1, "output"],
      [99, "weight"],
    ],
    [
      [[0], [1]],
      [[1], [2]],
      [[1, 2], [3]],
    ],
    [3],
  );
  expect(liveRanges(net)).toEqual([{ start: 0, end: 1 }, { start: 0, end: 3 }, { start: 1, end: 3 }, { start: 2, end: 3 }, undefined]);
  expect(peakLiveBytes(net)).toBe(12);
});

test("an output made early stays, a result that nobody reads goes", () => {
  const net = graph(
    [
      [1, "input"],
      [16, "output"],
      [32, "activation"],
      [2, "output"],
    ],
    [
      [[0], [1]],
      [[0], [2]],
      [[0], [3]],
    ],
    [1, 3],
  );
  expect(liveRanges(net)[2]).toEqual({ start: 1, end: 2 });
  expect(peakLiveBytes(net)).toBe(1 + 16 + 32);
});

test("a network without operators holds its inputs", () => {
  expect(peakLiveBytes(graph([[7, "input"]], [], [0]))).toBe(7);
});

test("law: the peak is the largest sum over the steps", () => {
  const nets = fc.integer({ min: 1, max: 8 }).chain((n) =>
    fc.record({
      sizes: fc.array(fc.nat(50), { minLength: n + 1, maxLength: n + 1 }),
      reads: fc.tuple(...Array.from({ length: n }, (_, i) => fc.uniqueArray(fc.nat(i), { maxLength: 3 }))),
      kept: fc.uniqueArray(fc.nat(n - 1), { maxLength: 3 }),
    }),
  );
  fc.assert(
    fc.property(nets, ({ sizes, reads, kept }) => {
      const outputs = kept.map((k) => k + 1);
      const role = (id: number): TensorRole => (id === 0 ? "input" : outputs.includes(id) ? "output" : "activation");
      const net = graph(
        sizes.map((s, id) => [s, role(id)] as const),
        reads.map((inputs, i) => [inputs, [i + 1]] as const),
        outputs,
      );
      // Alive at a step: made by now, and still to be read, now or later, or an output, or made right now.
      const sums = reads.map((_, step) =>
        sizes.reduce((sum, size, id) => {
          const made = id <= step + 1;
          const wanted =
            reads.slice(step).some((inputs) => inputs.includes(id)) || outputs.includes(id) || id === step + 1 || (id === 0 && step === 0);
          return sum + (made && wanted ? size : 0);
        }, 0),
      );
      return peakLiveBytes(net) === Math.max(...sums);
    }),
  );
});
