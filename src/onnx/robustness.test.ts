import fc from "fast-check";
import { expect, test } from "vitest";
import { float, ints, modelBytes, node, TYPE, value, zeros } from "../../test/onnx-model.js";
import { importOnnx } from "./import.js";

// Operators that fold or reason about values, each by every kind of rule behind it.
const TYPES =
  "Add Sub Div Mod Pow Min Max Clip Where Equal Less And Not Cast CastLike Shape Size Reshape Expand Squeeze Unsqueeze Concat Slice Gather GatherND " +
  "GatherElements ScatterND Split Pad Tile Transpose Range ConstantOfShape OneHot NonZero TopK Trilu EyeLike Compress ReduceSum ReduceMax ReduceMean " +
  "ArgMax Conv ConvTranspose MaxPool AveragePool Gemm MatMul Einsum LSTM GRU Resize Upsample BatchNormalization LayerNormalization QuantizeLinear " +
  "DequantizeLinear QLinearConv ConvInteger Flatten DepthToSpace GridSample RoiAlign If Loop Scan SequenceConstruct SequenceAt ConcatFromSequence Attention";

const CONSTANTS = [
  zeros("f", [2, 3]),
  float("s", 2),
  ints("i", [1, 0]),
  zeros("z", [], TYPE.int64),
  zeros("b", [2], TYPE.bool),
  zeros("e", [0]),
  { name: "t", dims: [2n], dataType: TYPE.string, stringData: ["a", "b"] },
];

const small = fc.bigInt({ min: -3n, max: 30n });
const attributes = fc.record(
  {
    axis: small,
    axes: fc.array(small, { maxLength: 3 }),
    perm: fc.constant([1n, 0n]),
    kernel_shape: fc.array(small, { maxLength: 3 }),
    to: small,
    mode: fc.constant("linear"),
    strides: fc.array(small, { maxLength: 2 }),
    equation: fc.constant("ij,jk->ik"),
    k: small,
    num_outputs: small,
    hidden_size: small,
  },
  { requiredKeys: [] },
);

test("law: operators with any operands are understood or refused, never an exception", () => {
  const nodes = fc.record({
    type: fc.constantFrom(...TYPES.split(" ")),
    inputs: fc.array(fc.constantFrom("f", "s", "i", "z", "b", "e", "t", "x", "_"), { maxLength: 5 }),
    outputs: fc.constantFrom("y", "y y2", "y _ y3"),
    attributes,
    opset: fc.constantFrom(7n, 9n, 11n, 13n, 18n, 24n),
  });
  fc.assert(
    fc.property(nodes, ({ type, inputs, outputs, attributes: given, opset }) => {
      // Empty lists cannot be told apart by kind, so they are left out.
      const kept = Object.fromEntries(Object.entries(given).filter(([, v]) => !Array.isArray(v) || v.length > 0));
      const model = {
        input: [value("x", [2, 3])],
        initializer: CONSTANTS,
        node: [node(type, inputs.join(" "), outputs, kept)],
        output: [value("y", undefined)],
      };
      const result = importOnnx(modelBytes(model, { opsetImport: [{ domain: "", version: opset }] }), { name: "law.onnx", bindings: [] });
      expect(result.ok || result.errors.length > 0).toBe(true);
    }),
    { numRuns: 4000 },
  );
});
