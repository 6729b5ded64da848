import type { Dim, NodeView, Value } from "../node.js";
import { dividedBy, ofRank, plus, same, sameShape, times } from "./dims.js";
import { keeps } from "./elementwise.js";
import { operand, type Rules, refuse, type Shape, shapeOf, tensor, typeOf } from "./rule.js";

export const ATTENTION: Rules = {
  Attention: attention,
  LinearAttention: linearAttention,
  RotaryEmbedding: keeps,
  TensorScatter: (view) => {
    const [cache, update] = [shapeOf(view, 0), shapeOf(view, 1)];
    if (cache !== undefined && update !== undefined) ofRank(update, cache.length, "the update");
    return keeps(view);
  },
};

/** Heads, positions and width of one operand, from `[batch, heads, positions, width]` or `[batch, positions, heads x width]`. */
interface Heads {
  readonly batch: Dim;
  readonly heads: Dim;
  readonly positions: Dim;
  readonly width: Dim;
}

/** Splits a packed operand into `count` heads; `null` when the count is not stated. */
export function headsOf(shape: Shape | undefined, count: number | null, what: string): Heads {
  if (shape === undefined) return { batch: null, heads: count, positions: null, width: null };
  if (shape.length === 4) {
    const [batch = null, heads = null, positions = null, width = null] = shape;
    return { batch, heads: count === null ? heads : same(heads, count, `heads of ${what}`), positions, width };
  }
  const [batch = null, positions = null, packed = null] = ofRank(shape, 3, what);
  return { batch, heads: count, positions, width: count === null ? null : dividedBy(packed, count, `width of ${what} into heads`) };
}

/** ai.onnx.preview: attention `[batch, heads, positions, width]` whose scores pass through graphs of the model's own. */
export const PREVIEW: Rules = {
  FlexAttention: (view) => {
    const [query, key, value] = [0, 1, 2].map((i) => headsOf(ofRank(shapeOf(view, i), 4, `input ${i}`), null, `input ${i}`)) as [
      Heads,
      Heads,
      Heads,
    ];
    same(query.width, key.width, "head width of query against key");
    same(key.positions, value.positions, "positions of key against value");
    return [
      tensor(typeOf(view, 0), [same(query.batch, value.batch, "batch of query against value"), query.heads, query.positions, value.width]),
    ];
  },
};

/** Query, key, value, mask, past key, past value; out: result, present key, present value, scores. */
function attention(view: NodeView): readonly Value[] {
  const packed = shapeOf(view, 0)?.length === 3;
  const query = headsOf(shapeOf(view, 0), stated(view, "q_num_heads", packed), "the query");
  const key = headsOf(shapeOf(view, 1), stated(view, "kv_num_heads", packed), "the key");
  const value = headsOf(shapeOf(view, 2), stated(view, "kv_num_heads", packed), "the value");
  same(query.width, key.width, "head width of query against key");
  same(key.positions, value.positions, "positions of key against value");
  const batch = same(same(query.batch, key.batch, "batch of query against key"), value.batch, "batch against value");
  dividedBy(query.heads, same(key.heads, value.heads, "heads of key against value"), "query heads into key heads");

  const [pastKey, pastValue] = [view.inputs[4]?.shape, view.inputs[5]?.shape];
  const past = view.inputs[4] === undefined ? 0 : (pastKey?.[2] ?? null);
  const total = plus(past, key.positions);
  const type = typeOf(view, 0);
  const output: Shape | undefined =
    shapeOf(view, 0) === undefined
      ? undefined
      : packed
        ? [batch, query.positions, times(query.heads, value.width)]
        : [batch, query.heads, query.positions, value.width];
  const heads = key.heads ?? value.heads;
  return [
    tensor(type, output),
    tensor(typeOf(view, 1), [batch, heads, total, key.width ?? pastKey?.[3] ?? null]),
    tensor(typeOf(view, 2), [batch, heads, total, value.width ?? pastValue?.[3] ?? null]),
    tensor(type, [batch, query.heads, query.positions, total]),
  ];
}

/** The number of heads, which packed operands cannot do without. */
function stated(view: NodeView, attribute: string, needed: boolean): number | null {
  const count = view.int(attribute);
  if (count === undefined)
    return needed ? refuse(`Attention on rank 3 has no attribute "${attribute}"`, "state the number of heads") : null;
  if (count < 1) refuse(`attribute "${attribute}" is ${count}, must be at least 1`, "use at least one head");
  return needed ? count : null;
}

/** Packed query, key, value `[batch, positions, heads x width]`; state `[batch, kv heads, key width, value width]`. */
function linearAttention(view: NodeView): readonly Value[] {
  const [queries, keys] = [view.int("q_num_heads") ?? null, view.int("kv_num_heads") ?? null];
  const query = headsOf(shapeOf(view, 0), queries, "the query");
  const key = headsOf(view.inputs[1]?.shape, keys, "the key");
  const value = headsOf(view.inputs[2]?.shape, keys, "the value");
  const state: Shape = [query.batch, keys, key.width, value.width];
  const past = view.inputs[3]?.shape;
  // With fewer query heads than key heads the published descriptions differ: left open.
  const width = queries !== null && keys !== null && queries >= keys ? times(queries, value.width) : null;
  return [
    tensor(typeOf(view, 0), [query.batch, query.positions, width]),
    tensor(view.inputs[3]?.elementType ?? operand(view, 0).elementType, past === undefined ? state : sameShape(past, state, "past state")),
  ];
}
