import type { NodeView } from "../node.js";
import { operand } from "./rule.js";

/** How many leading inputs an operator of ai.onnx cannot do without; one where not listed. */
const REQUIRED: Readonly<Record<number, string>> = {
  0: "Constant Loop Optional OptionalHasElement RandomNormal RandomUniform Scan SequenceEmpty",
  2:
    "Add Sub Mul Div And Or Xor Pow BitShift BitwiseAnd BitwiseOr BitwiseXor Mod Equal Greater GreaterOrEqual Less LessOrEqual " +
    "PRelu CastLike MatMul MatMulInteger Gemm Conv ConvInteger ConvTranspose CausalConvWithState MaxUnpool MaxRoiPool Gather " +
    "GatherElements GatherND Compress Expand Tile CumSum CumProd ReverseSequence StringConcat SequenceAt SequenceInsert " +
    "GridSample AffineGrid CenterCropPad QuantizeLinear DequantizeLinear NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss " +
    "LayerNormalization RMSNormalization NonMaxSuppression STFT TensorScatter",
  3:
    "Where Range OneHot Scatter ScatterElements ScatterND RoiAlign Col2Im RNN GRU LSTM InstanceNormalization " +
    "GroupNormalization DeformConv Attention LinearAttention RotaryEmbedding",
  5: "BatchNormalization MelWeightMatrix",
  8: "QLinearConv QLinearMatMul",
};

const ARITY: ReadonlyMap<string, number> = new Map(
  Object.entries(REQUIRED).flatMap(([count, names]) => names.split(" ").map((name): [string, number] => [name, Number(count)])),
);

/** Refuses a node of ai.onnx that lacks a required input, before any rule looks at it. */
export function requireInputs(view: NodeView): void {
  const count = ARITY.get(view.type) ?? 1;
  for (let i = 0; i < count; i++) operand(view, i);
}
