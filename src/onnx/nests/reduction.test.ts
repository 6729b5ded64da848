import { describe, expect, test } from "vitest";
import { check, type Node, nestsOf, points } from "../../../test/nest-machine.js";

describe("pools, reductions and normalisations", () => {
  test("pools sum their window", () => {
    const node: Node = {
      type: "AveragePool",
      attributes: { kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 1, 0] },
      inputs: [[1, 2, 5, 4]],
      outputs: [[1, 2, 3, 3]],
    };
    check(
      node,
      ([n = 0, c = 0, oy = 0, ox = 0], x) => points([3, 2]).reduce((t, [fy = 0, fx = 0]) => t + x(0, [n, c, oy * 2 + fy - 1, ox + fx]), 0),
      6,
    );
    check(
      { type: "GlobalAveragePool", inputs: [[2, 3, 2, 2]], outputs: [[2, 3, 1, 1]] },
      ([n = 0, c = 0], x) => points([2, 2]).reduce((t, p) => t + x(0, [n, c, ...p]), 0),
      4,
    );
  });

  test("reductions read the axes they drop", () => {
    const sum = ([a = 0, c = 0]: readonly number[], x: (i: number, at: readonly number[]) => number) =>
      [0, 1, 2].reduce((t, b) => t + x(0, [a, b, c]), 0);
    check({ type: "ReduceSum", inputs: [[2, 3, 4], [1]], data: { 1: [-2] }, attributes: { keepdims: 0 }, outputs: [[2, 4]] }, sum, 3);
    check(
      { type: "ReduceMean", attributes: { axes: [1] }, inputs: [[2, 3, 4]], outputs: [[2, 1, 4]] },
      ([a = 0, , c = 0], x) => sum([a, c], x),
      3,
    );
    check(
      { type: "Softmax", attributes: { axis: 1 }, inputs: [[2, 3, 4]], outputs: [[2, 3, 4]] },
      ([a = 0, , c = 0], x) => sum([a, c], x),
      3,
    );
    // Before opset 13 the axes from 1 on are one.
    check(
      { type: "Softmax", opset: 11, inputs: [[2, 3, 2]], outputs: [[2, 3, 2]] },
      ([a = 0], x) => points([3, 2]).reduce((t, p) => t + x(0, [a, ...p]), 0),
      6,
    );
    expect(nestsOf({ type: "ReduceSum", inputs: [[2, 3], [1]], outputs: [[2, 1]] })).toEqual([]);
  });

  test("normalisations read what they normalise over", () => {
    check(
      { type: "LayerNormalization", inputs: [[2, 3, 4], [4], [4]], outputs: [[2, 3, 4]] },
      ([a = 0, b = 0], x) => [0, 1, 2, 3].reduce((t, c) => t + x(0, [a, b, c]), 0),
      4,
    );
    check(
      { type: "GroupNormalization", attributes: { num_groups: 2 }, inputs: [[1, 4, 3], [4], [4]], outputs: [[1, 4, 3]] },
      ([n = 0, k = 0], x) => points([2, 3]).reduce((t, [c = 0, o = 0]) => t + x(0, [n, Math.floor(k / 2) * 2 + c, o]), 0),
    );
    check({ type: "LRN", attributes: { size: 3 }, inputs: [[1, 4, 2]], outputs: [[1, 4, 2]] }, ([n = 0, c = 0, o = 0], x) =>
      [-1, 0, 1].reduce((t, d) => t + x(0, [n, c + d, o]), 0),
    );
  });

  test("a skip connection is normalised with its sum, which may be an output too", () => {
    const node: Node = {
      type: "SkipLayerNormalization",
      domain: "com.microsoft",
      inputs: [[2, 3, 4], [2, 3, 4], [4], [4], [4]],
      outputs: [
        [2, 3, 4],
        [2, 3, 1],
        [2, 3, 1],
        [2, 3, 4],
      ],
    };
    check(node, ([a = 0, b = 0], x) => [0, 1, 2, 3].reduce((t, c) => t + x(0, [a, b, c]), 0), 4);
    expect(nestsOf(node).map((nest) => [nest.kind, nest.write.tensor, nest.reads.map((r) => r.tensor)])).toEqual([
      ["reduce", 100, [0, 1, 2, 3, 4]],
      ["pointwise", 103, [0, 1, 4]],
    ]);
  });

  test("thresholds are read whole per channel", () => {
    const node: Node = {
      type: "MultiThreshold",
      domain: "qonnx.custom_op.general",
      inputs: [
        [1, 2, 3],
        [2, 5],
      ],
      outputs: [[1, 2, 3]],
    };
    check(node, (at, x) => 5 * x(0, at), 5);
    expect(nestsOf(node)[0]?.reads[1]?.indices[0]?.terms).toEqual([{ loop: 1, stride: 1 }]);
  });
});
