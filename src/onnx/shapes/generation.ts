import type { ElementType } from "../../graph/element-type.js";
import type { Data, Dim, NodeView, Value } from "../node.js";
import { ofRank, show, unknownDims } from "./dims.js";
import {
  dataOf,
  forEachOf,
  giveUp,
  lengthOf,
  operand,
  type Rule,
  type Rules,
  refuse,
  type Shape,
  shapeOf,
  tensor,
  told,
  toldOne,
  typeAttribute,
  typeOf,
} from "./rule.js";

/** Random numbers in the shape the attributes state. */
const random: Rule = (view) => [tensor(typeAttribute(view, "dtype", "float32"), view.ints("shape"))];

/** Random numbers, or a pattern, in the shape of the operand. */
const like: Rule = (view) => [tensor(typeAttribute(view, "dtype", typeOf(view, 0)), shapeOf(view, 0))];

/** A window function of as many points as input 0 says. */
const taper: Rule = (view) => {
  const size = toldOne(view, undefined, 0) ?? null;
  if (size !== null && size < 0) refuse(`window size is ${size}, must be at least 0`, "use a size of at least 0");
  return [tensor(typeAttribute(view, "output_datatype", "float32"), [size])];
};

export const GENERATION: Rules = {
  Constant: (view) => [constant(view)],
  ConstantOfShape: (view) => [constantOfShape(view)],
  Shape: (view) => [shape(view)],
  Size: () => [tensor("int64", [])],
  Range: (view) => [tensor(typeOf(view, 0), [rangeLength(view)])],
  EyeLike: (view) => {
    if (shapeOf(view, 0) !== undefined) ofRank(shapeOf(view, 0), 2, "the operand");
    return like(view);
  },
  ...forEachOf("RandomNormal RandomUniform", random),
  ...forEachOf("RandomNormalLike RandomUniformLike Bernoulli", like),
  Multinomial: (view) => {
    const batch = ofRank(shapeOf(view, 0), 2, "the probabilities")[0] ?? null;
    return [tensor(typeAttribute(view, "dtype", "int32"), [batch, view.int("sample_size") ?? 1])];
  },
  ...forEachOf("HannWindow HammingWindow BlackmanWindow", taper),
};

function constant(view: NodeView): Value {
  const value = view.tensor("value") ?? view.tensor("sparse_value");
  if (value !== undefined) return value;
  const [int, float, text] = [view.int("value_int"), view.float("value_float"), view.string("value_string")];
  if (int !== undefined) return known("int64", [], [BigInt(int)]);
  if (float !== undefined) return known("float32", [], [float]);
  if (text !== undefined) return known("string", [], [text]);
  const [ints, floats, texts] = [view.ints("value_ints"), view.floats("value_floats"), view.strings("value_strings")];
  if (ints !== undefined) return known("int64", [ints.length], ints.map(BigInt));
  if (floats !== undefined) return known("float32", [floats.length], floats);
  if (texts !== undefined) return known("string", [texts.length], texts);
  return giveUp(`Constant has no value that can be read (attributes: ${view.attributes.join(", ") || "none"})`);
}

const known = (elementType: ElementType, dims: Shape, data: Data): Value => ({
  kind: "tensor",
  elementType,
  shape: dims,
  constant: true,
  data,
});

function constantOfShape(view: NodeView): Value {
  const type = view.tensor("value")?.elementType ?? "float32";
  const dims = told(view, undefined, 0) ?? null;
  if (dims === null) {
    const rank = lengthOf(view, 0);
    return tensor(type, rank === null ? undefined : unknownDims(rank));
  }
  if (dims.some((d) => d < 0 || !Number.isSafeInteger(d)))
    refuse(`shape ${show(dims)} holds ${dims.find((d) => d < 0 || !Number.isSafeInteger(d))}`, "use whole dimensions of at least 0");
  return tensor(type, dims);
}

/** The part of the operand's shape that Shape puts out, `start` to `end` clamped. */
export function shapePart(view: NodeView): Shape | undefined {
  const dims = shapeOf(view, 0);
  if (dims === undefined) return undefined;
  const clamp = (n: number) => Math.min(Math.max(n < 0 ? n + dims.length : n, 0), dims.length);
  return dims.slice(clamp(view.int("start") ?? 0), clamp(view.int("end") ?? dims.length));
}

const shape = (view: NodeView): Value => tensor("int64", [shapePart(view)?.length ?? null]);

/** Numbers from `start` to `limit` in steps of `delta`: ceil((limit - start) / delta), exactly for integers. */
function rangeLength(view: NodeView): Dim {
  const [start, limit, delta] = [0, 1, 2].map((i) => dataOf(operand(view, i))?.[0]);
  if (start === undefined || limit === undefined || delta === undefined) return null;
  if (Number(delta) === 0) refuse(`Range from ${start} to ${limit} in steps of 0`, "use a step other than 0");
  if (typeof start === "bigint" && typeof limit === "bigint" && typeof delta === "bigint") {
    const span = delta > 0n ? limit - start : start - limit;
    const step = delta > 0n ? delta : -delta;
    return span <= 0n ? 0 : Number((span + step - 1n) / step);
  }
  return Math.max(0, Math.ceil((Number(limit) - Number(start)) / Number(delta)));
}
