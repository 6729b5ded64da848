import type { TensorId } from "../graph/graph.js";
import type { LoopNest } from "../graph/loops.js";
import { attention, attentionGrouped, attentionMultiHead, attentionProjected, attentionProjectedQuantized } from "./nests/attention.js";
import { conv, convChannelsLast, convDeformable, convFused, convInteger, convQLinear, convTranspose } from "./nests/convolution.js";
import { einsum } from "./nests/einsum.js";
import {
  gemm,
  gemmQuantized,
  matMul,
  matMulDynamicQuantize,
  matMulFused,
  matMulInteger,
  matMulIntegerToFloat,
  matMulNBits,
  matMulQLinear,
} from "./nests/matrix.js";
import {
  concat,
  depthToSpace,
  expand,
  gather,
  pad,
  reshape,
  resize,
  slice,
  spaceToDepth,
  split,
  tile,
  transpose,
} from "./nests/movement.js";
import { generate, perChannel, perChannelLast, pointwise, quantizeLinear, unary } from "./nests/pointwise.js";
import { gru, lstm, rnn } from "./nests/recurrent.js";
import {
  groupNormalization,
  instanceNormalization,
  layerNormalization,
  localResponse,
  multiThreshold,
  reduce,
  skipLayerNormalization,
  softmax,
  wholeAxis,
} from "./nests/reduction.js";
import { nestsAt, type Rule } from "./nests/site.js";
import { pool, poolChannelsLast, poolGlobal } from "./nests/window.js";
import type { NodeView, Value } from "./node.js";

/**
 * The loop nests of one node.
 *
 * Of a `mac` nest, `reads[0]` and `reads[1]` are the two factors; further reads (bias, scales) are applied once per output
 * element. Its iterations are the multiply-accumulates, padding included. Loops keep one vocabulary: N independent samples
 * or rows, G groups, K output channels or features, C what is summed over, `O*` output and `F*` kernel positions, B0, B1 ...
 * batch axes, D0, D1 ... axes of an element-wise operator, R0, R1 ... axes read whole.
 *
 * Of `reduce` and `pointwise` nests the reads may be more than the operator needs, never less. Several nests of one node
 * write disjoint parts of its outputs (Concat, Split) or add up (an LSTM's input and state).
 *
 * @param outputs inferred values, one per output of the node.
 * @param operand tensor of a node input; asked only for inputs that are present.
 * @param result tensor of a node output; asked only for outputs that the node names.
 * @returns `[]` where a dimension is unknown, a tensor is empty, the shapes do not fit the operator, or the access is not
 *   affine: data-dependent indexing (Gather with run-time indices, Scatter, GridSample, RoiAlign, NonMaxSuppression ...),
 *   padding that mirrors, resizing by a fraction, a reshape without common factors, and operators not in the table.
 */
export function buildNests(
  view: NodeView,
  outputs: readonly Value[],
  operand: (input: number) => TensorId,
  result: (output: number) => TensorId,
): readonly LoopNest[] {
  const rule = RULES.get(`${view.domain}:${view.type}`);
  return rule ? nestsAt(rule, view, outputs, operand, result) : [];
}

/** `domain:type` of every operator in the table. */
export const nestTypes = (): readonly string[] => [...RULES.keys()];

const of = (domain: string, types: string, rule: Rule): readonly (readonly [string, Rule])[] =>
  types.split(" ").map((type) => [`${domain}:${type}`, rule]);

const MS = "com.microsoft";
const QONNX = ["qonnx.custom_op.general", "onnx.brevitas", "finn.custom_op.general"];

const RULES: ReadonlyMap<string, Rule> = new Map([
  ...of("", "Conv", conv),
  ...of("", "ConvInteger", convInteger),
  ...of("", "QLinearConv", convQLinear),
  ...of(MS, "QLinearConv", convQLinear),
  ...of(MS, "FusedConv", convFused),
  ...of("qonnx.custom_op.channels_last", "Conv", convChannelsLast),
  ...of("", "ConvTranspose", convTranspose),
  ...of("", "DeformConv", convDeformable),

  ...of("", "Gemm", gemm),
  ...of(MS, "FusedGemm", gemm),
  ...of(MS, "QGemm", gemmQuantized),
  ...of("", "MatMul", matMul),
  ...of("", "MatMulInteger", matMulInteger),
  ...of("", "QLinearMatMul", matMulQLinear),
  ...of(MS, "FusedMatMul FusedMatMulActivation TransposeMatMul", matMulFused),
  ...of(MS, "DynamicQuantizeMatMul", matMulDynamicQuantize),
  ...of(MS, "MatMulIntegerToFloat", matMulIntegerToFloat),
  ...of(MS, "MatMulNBits", matMulNBits),
  ...of("", "Einsum", einsum),

  ...of("", "RNN", rnn),
  ...of("", "GRU", gru),
  ...of("", "LSTM", lstm),

  ...of("", "Attention", attention),
  ...of(MS, "Attention", attentionProjected),
  ...of(MS, "QAttention", attentionProjectedQuantized),
  ...of(MS, "MultiHeadAttention", attentionMultiHead),
  ...of(MS, "GroupQueryAttention", attentionGrouped),

  ...of("", "MaxPool AveragePool LpPool", pool),
  ...of("", "GlobalMaxPool GlobalAveragePool GlobalLpPool", poolGlobal),
  ...of("qonnx.custom_op.channels_last", "MaxPool AveragePool", poolChannelsLast),

  ...of("", "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare", reduce),
  ...of("", "ArgMax ArgMin", reduce),
  ...of("", "Softmax LogSoftmax Hardmax", softmax),
  ...of("", "CumSum TopK LpNormalization", wholeAxis),
  ...of("", "LayerNormalization RMSNormalization SimplifiedLayerNormalization", layerNormalization),
  ...of(MS, "LayerNormalization", layerNormalization),
  ...of(MS, "SkipLayerNormalization SkipSimplifiedLayerNormalization", skipLayerNormalization),
  ...of("", "InstanceNormalization", instanceNormalization),
  ...of("", "GroupNormalization", groupNormalization),
  ...of("", "LRN", localResponse),

  ...of("", "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish", pointwise),
  ...of("", "LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh Softplus Softsign Sqrt Swish", pointwise),
  ...of("", "Tan Tanh ThresholdedRelu IsInf IsNaN Cast Clip Identity Bernoulli", pointwise),
  ...of("", "Dropout Trilu", unary),
  ...of("", "Add Sub Mul Div Pow Mod Min Max Mean Sum PRelu Where And Or Xor Equal Greater GreaterOrEqual Less LessOrEqual", pointwise),
  ...of("", "BitShift BitwiseAnd BitwiseOr BitwiseXor", pointwise),
  ...of(MS, "Gelu FastGelu QuickGelu BiasGelu BiasAdd QLinearAdd QLinearMul QLinearLeakyRelu QLinearSigmoid QLinearWhere", pointwise),
  ...of(MS, "Trilu", unary),
  ...of("qonnx.custom_op.channels_last", "Relu", pointwise),
  ...QONNX.flatMap((domain) => of(domain, "Quant IntQuant BipolarQuant BinaryQuant FloatQuant Trunc", pointwise)),
  ...QONNX.flatMap((domain) => of(domain, "MultiThreshold", multiThreshold)),
  ...QONNX.flatMap((domain) => of(domain, "XnorPopcountMatMul", matMul)),
  ...of("", "BatchNormalization", perChannel),
  ...of("qonnx.custom_op.channels_last", "BatchNormalization", perChannelLast),
  ...of("", "QuantizeLinear DequantizeLinear", quantizeLinear),
  ...of(MS, "QuantizeLinear DequantizeLinear", quantizeLinear),
  ...of("", "ConstantOfShape RandomNormal RandomUniform", generate),

  ...of("", "Concat", concat),
  ...of("", "Split", split),
  ...of("", "Transpose", transpose),
  ...of("", "Slice", slice),
  ...of("", "Pad", pad),
  ...of("", "Expand", expand),
  ...of("", "Tile", tile),
  ...of("", "Reshape Flatten Squeeze Unsqueeze", reshape),
  ...of("", "DepthToSpace", depthToSpace),
  ...of("", "SpaceToDepth", spaceToDepth),
  ...of("", "Gather", gather),
  ...of("", "Resize Upsample", resize),
]);
