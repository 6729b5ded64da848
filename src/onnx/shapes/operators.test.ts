import { describe, expect, it } from "vitest";
import { k, shapesOf, type TestNode, t } from "../../../test/node-view.js";
import type { Dim } from "../node.js";

type Shapes = readonly (readonly Dim[] | undefined)[];
const cases = (list: readonly (readonly [string, TestNode, Shapes])[]) => {
  it.each(list)("%s", (_, node, expected) => {
    expect(shapesOf(node)).toEqual(expected);
  });
};

describe("compute operators", () => {
  cases([
    [
      "Conv, dilated, strided, grouped",
      {
        type: "Conv",
        inputs: [t([1, 4, 11, 11]), t([6, 2, 3, 3])],
        attributes: { group: 2, dilations: [2, 1], strides: [2, 3], pads: [1, 0, 1, 2] },
      },
      [[1, 6, 5, 4]],
    ],
    [
      "Conv SAME_LOWER",
      { type: "Conv", inputs: [t([1, 4, 11]), t([6, 4, 3])], attributes: { auto_pad: "SAME_LOWER", strides: [2] } },
      [[1, 6, 6]],
    ],
    [
      "ConvTranspose",
      {
        type: "ConvTranspose",
        inputs: [t([1, 4, 5]), t([4, 3, 3])],
        attributes: { group: 2, strides: [2], pads: [1, 1], output_padding: [1] },
      },
      [[1, 6, 10]],
    ],
    [
      "MaxPool drops a window beyond the data",
      { type: "MaxPool", inputs: [t([1, 1, 2, 2])], attributes: { kernel_shape: [1, 1], strides: [2, 2], ceil_mode: 1 } },
      [[1, 1, 1, 1]],
    ],
    [
      "MaxUnpool",
      { type: "MaxUnpool", inputs: [t([1, 1, 2, 2]), t([1, 1, 2, 2], "int64")], attributes: { kernel_shape: [2, 2], strides: [2, 2] } },
      [[1, 1, 4, 4]],
    ],
    ["Gemm transposed", { type: "Gemm", inputs: [t([3, 2]), t([4, 3]), t([4])], attributes: { transA: 1, transB: 1 } }, [[2, 4]]],
    [
      "Einsum with broadcast axes",
      { type: "Einsum", inputs: [t([7, 2, 3]), t([3, 5])], attributes: { equation: "...ij, jk -> ...ik" } },
      [[7, 2, 5]],
    ],
    ["Einsum, output not written", { type: "Einsum", inputs: [t([2, 3]), t([3, 5])], attributes: { equation: "bj,ja" } }, [[5, 2]]],
    [
      "LSTM, bidirectional, batch first",
      {
        type: "LSTM",
        outputs: 3,
        inputs: [t([2, 7, 5]), t([2, 12, 5]), t([2, 12, 3])],
        attributes: { direction: "bidirectional", hidden_size: 3, layout: 1 },
      },
      [
        [2, 7, 2, 3],
        [2, 2, 3],
        [2, 2, 3],
      ],
    ],
    ["STFT", { type: "STFT", inputs: [t([1, 128, 1]), k([8], []), t([16])] }, [[1, 15, 9, 2]]],
    ["DFT, one-sided", { type: "DFT", opset: 17, inputs: [t([1, 10, 10, 1])], attributes: { onesided: 1, axis: 2 } }, [[1, 10, 6, 2]]],
    ["DFT back to real numbers", { type: "DFT", opset: 20, inputs: [t([1, 6, 2])], attributes: { onesided: 1, inverse: 1 } }, [[1, 10, 1]]],
    ["DFT along an axis told at run time", { type: "DFT", opset: 20, inputs: [t([1, 6, 1]), undefined, t([], "int64")] }, [[1, 6, 2]]],
    [
      "LayerNormalization and its statistics",
      { type: "LayerNormalization", outputs: 3, inputs: [t([2, 3, 4]), t([4])] },
      [
        [2, 3, 4],
        [2, 3, 1],
        [2, 3, 1],
      ],
    ],
    [
      "Attention on packed heads with past",
      {
        type: "Attention",
        opset: 23,
        outputs: 3,
        inputs: [t([2, 4, 72]), t([2, 6, 24]), t([2, 6, 30]), undefined, t([2, 3, 5, 8]), t([2, 3, 5, 10])],
        attributes: { q_num_heads: 9, kv_num_heads: 3 },
      },
      [
        [2, 4, 90],
        [2, 3, 11, 8],
        [2, 3, 11, 10],
      ],
    ],
    [
      "LinearAttention",
      {
        type: "LinearAttention",
        opset: 27,
        outputs: 2,
        inputs: [t([2, 4, 24]), t([2, 4, 24]), t([2, 4, 30])],
        attributes: { q_num_heads: 3, kv_num_heads: 3 },
      },
      [
        [2, 4, 30],
        [2, 3, 8, 10],
      ],
    ],
    [
      "CausalConvWithState",
      { type: "CausalConvWithState", opset: 27, outputs: 2, inputs: [t([2, 8, 16]), t([8, 1, 4])] },
      [
        [2, 8, 16],
        [2, 8, 3],
      ],
    ],
    ["Col2Im", { type: "Col2Im", inputs: [t([1, 20, 5]), k([5, 5]), k([1, 5])] }, [[1, 4, 5, 5]]],
    [
      "Resize that keeps the aspect ratio",
      {
        type: "Resize",
        inputs: [t([1, 1, 2, 4]), undefined, undefined, k([7, 8])],
        attributes: { axes: [2, 3], keep_aspect_ratio_policy: "not_smaller" },
      },
      [[1, 1, 7, 14]],
    ],
    [
      "NegativeLogLikelihoodLoss per label",
      { type: "NegativeLogLikelihoodLoss", inputs: [t([3, 5, 6]), t([3, 6], "int64")], attributes: { reduction: "none" } },
      [[3, 6]],
    ],
    [
      "Adagrad of two tensors",
      {
        type: "Adagrad",
        domain: "ai.onnx.preview.training",
        opset: 1,
        outputs: 4,
        inputs: [t([]), t([], "int64"), t([1]), t([2]), t([1]), t([2]), t([1]), t([2])],
      },
      [[1], [2], [1], [2]],
    ],
    [
      "a classifier of ai.onnx.ml",
      {
        type: "LinearClassifier",
        domain: "ai.onnx.ml",
        opset: 1,
        outputs: 2,
        inputs: [t([8, 4])],
        attributes: { classlabels_ints: [0, 1, 2] },
      },
      [[8], [8, 3]],
    ],
  ]);
});

describe("com.microsoft and QONNX", () => {
  const microsoft = { domain: "com.microsoft", opset: 1 };
  cases([
    ["FusedMatMul", { ...microsoft, type: "FusedMatMul", inputs: [t([2, 3, 4]), t([2, 5, 4])], attributes: { transB: 1 } }, [[2, 3, 5]]],
    [
      "QLinearAdd",
      { ...microsoft, type: "QLinearAdd", inputs: [t([2, 3], "uint8"), t([]), t([]), t([3], "uint8"), t([]), t([])] },
      [[2, 3]],
    ],
    [
      "QLinearConcat",
      {
        ...microsoft,
        type: "QLinearConcat",
        inputs: [t([]), t([]), t([1, 2]), t([]), t([]), t([1, 3]), t([]), t([])],
        attributes: { axis: 1 },
      },
      [[1, 5]],
    ],
    [
      "QLinearGlobalAveragePool, channels last",
      { ...microsoft, type: "QLinearGlobalAveragePool", inputs: [t([1, 7, 7, 64])], attributes: { channels_last: 1 } },
      [[1, 1, 1, 64]],
    ],
    [
      "SkipLayerNormalization",
      { ...microsoft, type: "SkipLayerNormalization", outputs: 4, inputs: [t([1, 8, 64]), t([1, 8, 64])] },
      [
        [1, 8, 64],
        [1, 8, 1],
        [1, 8, 1],
        [1, 8, 64],
      ],
    ],
    [
      "Attention on packed weights",
      { ...microsoft, type: "Attention", inputs: [t([1, 8, 64]), t([64, 192]), t([192])], attributes: { num_heads: 4 } },
      [[1, 8, 64]],
    ],
    [
      "MatMulNBits",
      { ...microsoft, type: "MatMulNBits", inputs: [t([1, 8, 64]), t([128, 2, 16], "uint8"), t([256])], attributes: { K: 64, N: 128 } },
      [[1, 8, 128]],
    ],
    [
      "GroupQueryAttention",
      {
        ...microsoft,
        type: "GroupQueryAttention",
        outputs: 3,
        inputs: [t([1, 1, 64]), t([1, 1, 16]), t([1, 1, 16])],
        attributes: { num_heads: 8, kv_num_heads: 2 },
      },
      [
        [1, 1, 64],
        [1, 2, null, 8],
        [1, 2, null, 8],
      ],
    ],
    ["Quant", { type: "Quant", domain: "qonnx.custom_op.general", opset: 1, inputs: [t([2, 3]), k([0.5]), k([0]), k([4])] }, [[2, 3]]],
    [
      "a convolution with channels last",
      {
        type: "Conv",
        domain: "qonnx.custom_op.channels_last",
        opset: 1,
        inputs: [t([1, 8, 9, 3]), t([4, 3, 3, 3])],
        attributes: { kernel_shape: [3, 3] },
      },
      [[1, 6, 7, 4]],
    ],
    [
      "Im2Col",
      {
        type: "Im2Col",
        domain: "finn.custom_op.general",
        opset: 1,
        inputs: [t([1, 8, 8, 3])],
        attributes: { kernel_size: [3, 3], stride: [1, 1], pad_amount: [1, 1, 1, 1] },
      },
      [[1, 8, 8, 27]],
    ],
  ]);
});
