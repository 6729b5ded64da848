import type { Dim, NodeView, Value } from "../node.js";
import { headsOf } from "./attention.js";
import { convolve, zeroPointType } from "./convolution.js";
import { broadcast, dividedBy, ofRank, plus, same, times } from "./dims.js";
import { broadcasts, keeps } from "./elementwise.js";
import { gemm, multiply, transposedIf } from "./matrix.js";
import { concatenate } from "./movement.js";
import { globalShape, poolShape } from "./pooling.js";
import { forEachOf, giveUp, operand, type Rule, type Rules, refuse, type Shape, shapeOf, tensor, typeOf } from "./rule.js";

/** Two quantised operands, each value, scale, zero point. */
const broadcastsQuantized: Rule = (view) => [tensor(typeOf(view, 0), broadcast([shapeOf(view, 0), shapeOf(view, 3)]))];

/** Operators of com.microsoft that exporters and optimisers write. */
export const CONTRIB: Rules = {
  ...forEachOf(
    "BiasGelu FastGelu QuickGelu BiasSoftmax GroupNorm LongformerAttention MoE QMoE QLinearLeakyRelu QLinearSigmoid QLinearSoftmax RotaryEmbedding",
    keeps,
  ),
  ...forEachOf("QLinearAdd QLinearMul", broadcastsQuantized),
  BiasAdd: broadcasts,
  BiasSplitGelu: (view) => [
    tensor(
      typeOf(view, 0),
      shapeOf(view, 0)?.map((d, i, all) => (i === all.length - 1 ? dividedBy(d, 2, "width into halves") : d)),
    ),
  ],

  QLinearConv: (view) => {
    if (view.int("channels_last") === 1) return giveUp("QLinearConv with channels_last = 1");
    return [tensor(zeroPointType(view, 7, typeOf(view, 0)), convolve(view, 0, 3, 8))];
  },
  FusedConv: (view) => [tensor(typeOf(view, 0), convolve(view, 0, 1, 2))],
  FusedMatMul: fusedMatMul,
  TransposeMatMul: fusedMatMul,
  FusedMatMulActivation: fusedMatMul,
  FusedGemm: (view) => [tensor(typeOf(view, 0), gemm(view))],
  MatMulIntegerToFloat: (view) => [tensor(typeOf(view, 2), multiply(shapeOf(view, 0), shapeOf(view, 1)))],
  DynamicQuantizeMatMul: (view) => [tensor(typeOf(view, 0), multiply(shapeOf(view, 0), shapeOf(view, 1)))],
  QGemm: (view) => {
    // A, scale, zero point, B, scale, zero point, C, then optionally the output's scale and zero point.
    const a = transposedIf(view.int("transA") === 1, ofRank(shapeOf(view, 0), 2, "A"), "A");
    const b = transposedIf(view.int("transB") === 1, ofRank(shapeOf(view, 3), 2, "B"), "B");
    return [tensor(zeroPointType(view, 8, "float32"), multiply(a, b))];
  },
  MatMulNBits: matMulPacked,
  MatMulBnb4: matMulPacked,
  MatMulFpQ4: (view) => {
    const columns = view.int("N");
    return [tensor(typeOf(view, 0), columns === undefined ? undefined : lastAxis(shapeOf(view, 0), columns))];
  },
  GatherBlockQuantized: (view) => {
    const [data, indices] = [shapeOf(view, 0), shapeOf(view, 1)];
    const packed = typeOf(view, 0) === "uint8" ? 8 / (view.int("bits") ?? 4) : 1;
    if (data === undefined || indices === undefined || packed !== 1 || (view.int("gather_axis") ?? 0) !== 0)
      return [tensor(typeOf(view, 2), undefined)];
    return [tensor(typeOf(view, 2), [...indices, ...data.slice(1)])];
  },

  QLinearConcat: (view) => {
    // Output scale and zero point, then value, scale, zero point for each part.
    const parts = view.inputs.filter((_, i) => i >= 2 && (i - 2) % 3 === 0).map((value) => value?.shape);
    if (parts.length === 0) refuse("QLinearConcat has 0 parts, needs at least 1", "connect a part");
    return [
      tensor(
        view.inputs[2]?.elementType,
        concatenate(parts, view.int("axis") ?? refuse('QLinearConcat has no attribute "axis"', "state the axis")),
      ),
    ];
  },
  QLinearGlobalAveragePool: (view) => [lastOrFirst(view, (shape) => globalShape(shape))],
  QLinearAveragePool: (view) => [lastOrFirst(view, (shape) => poolShape(view, shape))],
  QLinearWhere: (view) => [tensor(typeOf(view, 1), broadcast([shapeOf(view, 0), shapeOf(view, 1), shapeOf(view, 4)]))],
  QLinearReduceMean: (view) => {
    const [shape, axes] = [shapeOf(view, 0), view.ints("axes")];
    if (shape === undefined || axes === undefined) return [tensor(typeOf(view, 0), undefined)];
    const gone = axes.map((axis) => (axis < 0 ? axis + shape.length : axis));
    const kept = view.int("keepdims") === 0 ? shape.filter((_, i) => !gone.includes(i)) : shape.map((d, i) => (gone.includes(i) ? 1 : d));
    return [tensor(typeOf(view, 0), kept)];
  },

  ...forEachOf("SkipLayerNormalization SkipSimplifiedLayerNormalization", (view) => {
    const [shape, type] = [shapeOf(view, 0), typeOf(view, 0)];
    const statistic = tensor(
      "float32",
      shape?.map((d, i) => (i < shape.length - 1 ? d : 1)),
    );
    return [tensor(type, shape), statistic, statistic, tensor(type, shape)];
  }),
  EmbedLayerNormalization: (view) => {
    // Word ids [batch, positions]; word embedding (input 2) [words, width].
    const ids = ofRank(shapeOf(view, 0), 2, "the word ids");
    const type = typeOf(view, 2);
    const embedded: Shape = [...ids, ofRank(shapeOf(view, 2), 2, "the word embedding")[1] ?? null];
    return [tensor(type, embedded), tensor("int32", [ids[0] ?? null]), tensor(type, embedded)];
  },

  Attention: packedAttention,
  QAttention: packedAttention,
  MultiHeadAttention: multiHeadAttention,
  GroupQueryAttention: groupQueryAttention,

  NhwcMaxPool: (view) => [lastOrFirst(view, (shape) => poolShape(view, shape), true)],
  Inverse: keeps,
  CDist: (view) => [tensor(typeOf(view, 0), [shapeOf(view, 0)?.[0] ?? null, shapeOf(view, 1)?.[0] ?? null])],
  GridSample: (view) => {
    const [data, grid] = [ofRank(shapeOf(view, 0), 4, "the data"), ofRank(shapeOf(view, 1), 4, "the grid")];
    return [tensor(typeOf(view, 0), [data[0] ?? null, data[1] ?? null, grid[1] ?? null, grid[2] ?? null])];
  },
  DynamicQuantizeLSTM: (view) => {
    const data = ofRank(shapeOf(view, 0), 3, "the data");
    const directions = view.string("direction") === "bidirectional" ? 2 : 1;
    const hidden = view.int("hidden_size") ?? null;
    const state = tensor(typeOf(view, 0), [directions, data[1] ?? null, hidden]);
    return [tensor(typeOf(view, 0), [data[0] ?? null, directions, data[1] ?? null, hidden]), state, state];
  },
};

const lastAxis = (shape: Shape | undefined, size: Dim): Shape | undefined =>
  shape === undefined ? undefined : [...shape.slice(0, -1), size];

function fusedMatMul(view: NodeView): readonly Value[] {
  if (view.int("transBatchA") === 1 || view.int("transBatchB") === 1) return [tensor(typeOf(view, 0), undefined)];
  const a = transposedIf(view.int("transA") === 1, shapeOf(view, 0), "A");
  const b = transposedIf(view.int("transB") === 1, shapeOf(view, 1), "B");
  return [tensor(typeOf(view, 0), multiply(a, b))];
}

/** `A [..., K]` times a packed weight whose true size the attributes `K` and `N` state. */
function matMulPacked(view: NodeView): readonly Value[] {
  const [inner, columns] = [view.int("K"), view.int("N")];
  if (inner === undefined || columns === undefined) refuse(`${view.type} has no attributes "K" and "N"`, "state the size of the weight");
  const shape = shapeOf(view, 0);
  if (shape !== undefined) same(shape[shape.length - 1] ?? null, inner, "width of the input against K");
  return [tensor(typeOf(view, 0), lastAxis(shape, columns))];
}

/** Pools channels last where the attribute says so. */
function lastOrFirst(view: NodeView, pool: (shape: Shape | undefined) => Shape | undefined, always = false): Value {
  const [shape, type] = [shapeOf(view, 0), typeOf(view, 0)];
  if (shape === undefined || (!always && view.int("channels_last") !== 1)) return tensor(type, pool(shape));
  const pooled = pool([shape[0] ?? null, shape[shape.length - 1] ?? null, ...shape.slice(1, -1)]);
  return tensor(type, pooled === undefined ? undefined : [pooled[0] ?? null, ...pooled.slice(2), pooled[1] ?? null]);
}

/** Data `[batch, positions, width]`, weight `[width, 3 x hidden]` of query, key and value side by side. */
function packedAttention(view: NodeView): readonly Value[] {
  const [batch = null, positions = null] = ofRank(shapeOf(view, 0), 3, "the data");
  const packed = ofRank(shapeOf(view, 1), 2, "the weight")[1] ?? null;
  const sizes = view.ints("qkv_hidden_sizes");
  const hidden = sizes?.[2] ?? (sizes === undefined ? dividedBy(packed, 3, "weight columns into query, key and value") : null);
  const heads = view.int("num_heads") ?? null;
  const pastIndex = view.type === "QAttention" ? 8 : 4;
  const past = view.inputs[pastIndex];
  // With a past length told at run time, past and present share one buffer of open size.
  const shared = view.type === "Attention" && view.inputs[6] !== undefined;
  const total = shared ? null : past === undefined ? positions : plus(past.shape?.[3] ?? null, positions);
  const type = view.type === "QAttention" ? typeOf(view, 3) : typeOf(view, 0);
  const width = heads === null ? null : dividedBy(hidden, heads, "hidden width into heads");
  return [tensor(type, [batch, positions, hidden]), tensor(type, [2, batch, heads, total, width])];
}

/** Separate query, key and value; key and value may come packed with the query or as `[batch, heads, positions, width]`. */
function multiHeadAttention(view: NodeView): readonly Value[] {
  const heads = view.int("num_heads") ?? refuse('MultiHeadAttention has no attribute "num_heads"', "state the number of heads");
  const query = shapeOf(view, 0);
  const type = typeOf(view, 0);
  const [pastKey, pastValue] = [view.inputs[6]?.shape, view.inputs[7]?.shape];
  if (query === undefined) return [tensor(type, undefined), tensor(type, undefined), tensor(type, undefined)];
  if (query.length === 5) {
    // [batch, positions, heads, 3, width]: all three in one.
    const [batch = null, positions = null, count = null, , width = null] = query;
    const state = tensor(type, [batch, count, positions, width]);
    return [tensor(type, [batch, positions, times(count, width)]), state, state];
  }
  const [batch = null, positions = null, hidden = null] = ofRank(query, 3, "the query");
  const keyShape = view.inputs[1]?.shape;
  if (keyShape?.length === 5) {
    const state = tensor(type, [batch, heads, keyShape[1] ?? null, keyShape[4] ?? null]);
    return [tensor(type, [batch, positions, times(heads, keyShape[4] ?? null)]), state, state];
  }
  const [key, value] = [headsOf(keyShape, heads, "the key"), headsOf(view.inputs[2]?.shape, heads, "the value")];
  const crossed = keyShape?.length === 4;
  const past = view.inputs[6] === undefined ? 0 : crossed || view.inputs[8] !== undefined ? null : (pastKey?.[2] ?? null);
  const total = plus(past, key.positions);
  const out = view.inputs[2] === undefined ? hidden : times(heads, value.width);
  return [
    tensor(type, [batch, positions, out]),
    tensor(type, [batch, heads, total, key.width ?? pastKey?.[3] ?? null]),
    tensor(type, [batch, heads, total, value.width ?? pastValue?.[3] ?? null]),
  ];
}

/** Query, key, value, past key and value `[batch, kv heads, positions, width]`; the cache may be a fixed buffer, so its new length is open. */
function groupQueryAttention(view: NodeView): readonly Value[] {
  const [heads, kvHeads] = [view.int("num_heads"), view.int("kv_num_heads")];
  if (heads === undefined || kvHeads === undefined)
    refuse('GroupQueryAttention has no attributes "num_heads" and "kv_num_heads"', "state both");
  const [batch = null, positions = null, packed = null] = ofRank(operand(view, 0).shape, 3, "the query");
  const together = view.inputs[1] === undefined;
  const width = dividedBy(packed, together ? heads + 2 * kvHeads : heads, "query width into heads");
  const type = typeOf(view, 0);
  const state = tensor(view.inputs[3]?.elementType ?? type, [batch, kvHeads, null, width]);
  return [tensor(type, [batch, positions, times(width, heads)]), state, state];
}

/** Operators of com.microsoft that work as the standard one of that name, in its newest form. */
export const AS_STANDARD = new Set(["Gelu", "QuantizeLinear", "DequantizeLinear", "LayerNormalization", "Trilu", "Pad"]);
