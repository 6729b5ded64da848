import { describe, expect, it } from "vitest";
import { dataOfTest, inferTest, k, shapesOf, type TestNode, t } from "../../../test/node-view.js";
import type { Value } from "../node.js";
import { newestOpset, operatorSince } from "./infer.js";

describe("contradictions name both numbers", () => {
  const faults: readonly (readonly [TestNode, RegExp])[] = [
    [{ type: "Conv", inputs: [t([1, 8, 9, 9]), t([16, 3, 3, 3])], attributes: { group: 3 } }, /8 against 9/],
    [{ type: "Conv", inputs: [t([1, 3, 9, 9]), t([16, 3, 3, 3])], attributes: { strides: [0, 0] } }, /holds 0, must be at least 1/],
    [{ type: "Conv", inputs: [t([1, 3, 9, 9]), t([16, 3, 3, 3])], attributes: { strides: [1, 2 ** 62] } }, /must be at most 16777216/],
    [{ type: "Conv", inputs: [t([1, 3, 2, 2]), t([16, 3, 3, 3])] }, /window of 3 does not fit 2/],
    [{ type: "Conv", inputs: [t([1, 3, 9, 9]), t([16, 3, 3])] }, /rank 3.*expected 4/],
    [{ type: "MaxPool", inputs: [t([1, 3, 9, 9])], attributes: { kernel_shape: [2] } }, /1 entries for 2/],
    [{ type: "MatMul", inputs: [t([2, 3]), t([4, 5])] }, /3 against 4/],
    [{ type: "Gemm", inputs: [t([2, 3]), t([3, 5]), t([4])] }, /\[4\] does not stretch to \[2, 5\]/],
    [{ type: "Add", inputs: [t([2, 3]), t([4])] }, /3 against 4/],
    [{ type: "Reshape", inputs: [t([2, 3]), k([4, 2])] }, /holds 8 elements, the input \[2, 3\] 6/],
    [{ type: "Reshape", inputs: [t([2, 3]), k([4, -1])] }, /6 is not a multiple of 4/],
    [{ type: "Transpose", inputs: [t([2, 3])], attributes: { perm: [0, 0] } }, /names an axis twice/],
    [{ type: "Concat", inputs: [t([2, 3]), t([3, 3])], attributes: { axis: 1 } }, /2 against 3/],
    [{ type: "Concat", inputs: [t([2, 3])], attributes: { axis: 2 } }, /axis 2 is outside -2..1/],
    [{ type: "Squeeze", inputs: [t([2, 3]), k([1])] }, /is 3, only a dimension of 1/],
    [{ type: "Gather", inputs: [t([2, 3]), k([5])] }, /index 5 is outside axis 0 of size 2/],
    [{ type: "Split", outputs: 2, inputs: [t([7]), k([3, 3])] }, /6 against 7/],
    [{ type: "Split", opset: 13, outputs: 2, inputs: [t([7])] }, /7 is not a multiple of 2/],
    [{ type: "Tile", inputs: [t([7, 2]), k([3])] }, /1 against 2/],
    [{ type: "TopK", outputs: 2, inputs: [t([7]), k([8])] }, /k is 8 along axis 0 of size 7/],
    [{ type: "Range", inputs: [k([0], []), k([5], []), k([0], [])] }, /steps of 0/],
    [{ type: "Relu", inputs: [] }, /needs input 0, but has 0/],
    [{ type: "Relu", inputs: [t([1])], outputs: 2 }, /names 2 outputs, Relu has 1/],
    [{ type: "ConstantOfShape", inputs: [k([2 ** 30, 2 ** 30])] }, /exceeds 2\^53/],
    [{ type: "ConstantOfShape", inputs: [k([2 ** 25, 2 ** 24])] }, /562949953421312 elements, more than the 281474976710656/],
    [{ type: "Concat", inputs: [t([2 ** 47]), t([2 ** 47]), t([1])], attributes: { axis: 0 } }, /elements, more than/],
    [{ type: "LSTM", inputs: [t([7, 2, 5]), t([1, 12, 6]), t([1, 12, 3])], attributes: { hidden_size: 3 } }, /6 against 5/],
    [{ type: "Reshape", inputs: [t([2]), t([2 ** 40], "int64")] }, /rank 1099511627776 is more than/],
  ];
  it.each(faults)("%#", (node, message) => {
    const result = inferTest(node);
    expect(result.kind).toBe("fault");
    expect(result.kind === "fault" && result.message).toMatch(message);
  });
});

describe("what is not known stays open", () => {
  it.each(["constructor", "__proto__", "toString", "Frobnicate"])("operator %s", (type) => {
    expect(inferTest({ type, inputs: [t([1])] }).kind).toBe("unknown");
    expect(operatorSince("", type)).toBeUndefined();
    expect(operatorSince(type, "Relu")).toBeUndefined();
  });

  it("knows when operators came", () => {
    expect(operatorSince("", "LayerNormalization")).toBe(17);
    expect(operatorSince("ai.onnx", "Upsample")).toBe(7);
    expect(operatorSince("ai.onnx.ml", "TreeEnsemble")).toBe(5);
    expect(newestOpset("")).toBeGreaterThanOrEqual(28);
    expect(newestOpset("com.example")).toBeUndefined();
  });

  it("never calls random numbers constant", () => {
    const result = inferTest({ type: "RandomNormalLike", inputs: [k([1, 2])] });
    expect(result.kind === "values" && result.values[0]?.constant).toBe(false);
  });

  it("folds the shape of a run-time tensor, but not of one that is not known", () => {
    expect(dataOfTest({ type: "Shape", inputs: [t([2, 3, 4])], attributes: { start: -2 } })).toEqual([3n, 4n]);
    expect(dataOfTest({ type: "Shape", inputs: [t([2, null, 4])], attributes: { start: -1 } })).toEqual([4n]);
    expect(dataOfTest({ type: "Shape", inputs: [t([2, null, 4])] })).toBeUndefined();
    expect(dataOfTest({ type: "Size", inputs: [t([2, 3])] })).toEqual([6n]);
  });

  it("calls a large computed constant constant, without its values", () => {
    const large: Value = { kind: "tensor", elementType: "float32", shape: [1000, 1000], constant: true };
    const result = inferTest({ type: "Transpose", inputs: [large] });
    expect(result.kind === "values" && result.values[0]).toMatchObject({ constant: true, shape: [1000, 1000] });
  });

  it("does not ask a large constant for its values", () => {
    const large: Value = {
      kind: "tensor",
      elementType: "float32",
      shape: [1000, 1000],
      constant: true,
      get data(): never {
        throw new Error("decoded");
      },
    };
    expect(shapesOf({ type: "Transpose", inputs: [large] })).toEqual([[1000, 1000]]);
    expect(shapesOf({ type: "Identity", inputs: [large] })).toEqual([[1000, 1000]]);
    expect(shapesOf({ type: "Conv", inputs: [t([1, 1000, 4]), t([8, 1000, 3])] })).toEqual([[1, 8, 2]]);
  });
});
