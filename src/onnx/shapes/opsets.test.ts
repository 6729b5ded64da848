import { describe, expect, it } from "vitest";
import { k, shapesOf, type TestNode, t } from "../../../test/node-view.js";
import type { Dim } from "../node.js";

type Shapes = readonly (readonly Dim[] | undefined)[];
const cases = (list: readonly (readonly [string, TestNode, Shapes])[]) => {
  it.each(list)("%s", (_, node, expected) => {
    expect(shapesOf(node)).toEqual(expected);
  });
};

describe("forms that changed with the opset", () => {
  const x = t([1, 3, 1, 5]);
  cases([
    ["Squeeze-11 reads an attribute", { type: "Squeeze", opset: 11, inputs: [x], attributes: { axes: [0] } }, [[3, 1, 5]]],
    ["Squeeze-13 reads an input", { type: "Squeeze", inputs: [x, k([0, -2])] }, [[3, 5]]],
    ["Squeeze without axes drops every 1", { type: "Squeeze", inputs: [x] }, [[3, 5]]],
    ["Squeeze of as many axes as there are 1s", { type: "Squeeze", inputs: [x, t([2], "int64")] }, [[3, 5]]],
    ["Unsqueeze-11", { type: "Unsqueeze", opset: 11, inputs: [t([3])], attributes: { axes: [0, 2] } }, [[1, 3, 1]]],
    ["Unsqueeze-13, unsorted and negative", { type: "Unsqueeze", inputs: [t([3, 4]), k([-1, 0])] }, [[1, 3, 4, 1]]],
    ["ReduceMean-13", { type: "ReduceMean", opset: 13, inputs: [x], attributes: { axes: [-1], keepdims: 0 } }, [[1, 3, 1]]],
    ["ReduceMean-18", { type: "ReduceMean", inputs: [x, k([1])] }, [[1, 1, 1, 5]]],
    ["ReduceSum that does nothing", { type: "ReduceSum", inputs: [x], attributes: { noop_with_empty_axes: 1 } }, [[1, 3, 1, 5]]],
    ["ReduceSum over axes told at run time", { type: "ReduceSum", inputs: [x, t([2], "int64")] }, [[1, null, 1, null]]],
    ["ReduceSum over all axes", { type: "ReduceSum", inputs: [x], attributes: { keepdims: 0 } }, [[]]],
    ["Slice-1", { type: "Slice", opset: 9, inputs: [t([9, 5])], attributes: { starts: [1], ends: [-1] } }, [[7, 5]]],
    ["Slice-10 backwards", { type: "Slice", inputs: [t([9, 5]), k([-1]), k([-100]), k([0]), k([-2])] }, [[5, 5]]],
    ["Slice to the largest int64", { type: "Slice", inputs: [t([9]), k([2]), k([2n ** 63n - 1n])] }, [[7]]],
    [
      "Slice told at run time touches its axes alone",
      { type: "Slice", inputs: [t([9, 5]), t([1], "int64"), t([1], "int64"), k([1])] },
      [[9, null]],
    ],
    ["Pad-2", { type: "Pad", opset: 9, inputs: [t([2, 3])], attributes: { pads: [0, 1, 0, 2] } }, [[2, 6]]],
    ["Pad-18 with axes", { type: "Pad", inputs: [t([2, 3, 4]), k([1, 1]), undefined, k([-2])] }, [[2, 5, 4]]],
    ["Pad that crops", { type: "Pad", inputs: [t([5]), k([-1, -2])] }, [[2]]],
    ["Split-13 equal", { type: "Split", opset: 13, outputs: 2, inputs: [t([6])] }, [[3], [3]]],
    ["Split-18 with a smaller last part", { type: "Split", outputs: 3, inputs: [t([7])], attributes: { num_outputs: 3 } }, [[3], [3], [1]]],
    ["Split-2", { type: "Split", opset: 11, outputs: 2, inputs: [t([6])], attributes: { split: [2, 4] } }, [[2], [4]]],
    [
      "TopK-1",
      { type: "TopK", opset: 9, outputs: 2, inputs: [t([3, 9])], attributes: { k: 4 } },
      [
        [3, 4],
        [3, 4],
      ],
    ],
    ["Tile-1", { type: "Tile", opset: 1, inputs: [t([2, 3]), k([4], []), k([1], [])] }, [[2, 12]]],
    ["Upsample-7", { type: "Upsample", opset: 7, inputs: [t([1, 1, 3, 3])], attributes: { scales: [1, 1, 2, 1.5] } }, [[1, 1, 6, 4]]],
    ["Upsample-9", { type: "Upsample", opset: 9, inputs: [t([1, 1, 3, 3]), k([1, 1, 2, 2], [4], "float32")] }, [[1, 1, 6, 6]]],
    ["Resize-10", { type: "Resize", opset: 10, inputs: [t([1, 1, 3, 3]), k([1, 1, 0.5, 2.5])] }, [[1, 1, 1, 7]]],
    ["Resize-13 to sizes", { type: "Resize", inputs: [t([1, 1, 3, 3]), undefined, undefined, k([1, 1, 7, 8])] }, [[1, 1, 7, 8]]],
    [
      "Add-6 stretches the second operand",
      { type: "Add", opset: 6, inputs: [t([2, 3, 4]), t([3])], attributes: { broadcast: 1, axis: 1 } },
      [[2, 3, 4]],
    ],
    ["Reshape-1", { type: "Reshape", opset: 1, inputs: [t([2, 3])], attributes: { shape: [3, -1] } }, [[3, 2]]],
    ["Dropout-7 and its mask", { type: "Dropout", opset: 7, outputs: 2, inputs: [t([2])] }, [[2], [2]]],
    [
      "BatchNormalization-9 with all its statistics",
      { type: "BatchNormalization", opset: 9, outputs: 5, inputs: [t([1, 4, 5]), t([4]), t([4]), t([4]), t([4])] },
      [[1, 4, 5], [4], [4], [4], [4]],
    ],
  ]);
});

describe("shapes told partly", () => {
  cases([
    ["Reshape copies and fills", { type: "Reshape", inputs: [t([null, 3, 4]), k([0, -1])] }, [[null, 12]]],
    ["Reshape of unknown rank", { type: "Reshape", inputs: [t(undefined), k([2, -1, 3])] }, [[2, null, 3]]],
    ["Reshape to one axis", { type: "Reshape", inputs: [t([2, 3, 4]), t([1], "int64")] }, [[24]]],
    ["Reshape with a literal 0", { type: "Reshape", inputs: [t([0, 3]), k([3, 0])], attributes: { allowzero: 1 } }, [[3, 0]]],
    ["Expand told at run time", { type: "Expand", inputs: [t([3, 1]), t([3], "int64")] }, [[null, 3, null]]],
    ["Concat", { type: "Concat", inputs: [t([null, 2]), t([4, null])], attributes: { axis: 1 } }, [[4, null]]],
    ["NonZero", { type: "NonZero", inputs: [t([3, 4])] }, [[2, null]]],
    ["MatMul", { type: "MatMul", inputs: [t([null, 2, 3]), t([3, 5])] }, [[null, 2, 5]]],
    [
      "Unique along an axis",
      { type: "Unique", outputs: 4, inputs: [t([4, 5])], attributes: { axis: 1 } },
      [[4, null], [null], [5], [null]],
    ],
    [
      "Compress with a known condition",
      { type: "Compress", inputs: [t([3, 2]), k([0, 1, 1], [3], "bool")], attributes: { axis: 0 } },
      [[2, 2]],
    ],
    ["StringSplit", { type: "StringSplit", outputs: 2, inputs: [t([3], "string")] }, [[3, null], [3]]],
  ]);
});
