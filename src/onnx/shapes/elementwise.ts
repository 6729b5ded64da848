import type { ElementType } from "../../graph/element-type.js";
import { bitsOf } from "../../graph/element-type.js";
import type { NodeView, Value } from "../node.js";
import { broadcast, show, stretchesTo, times, withDim } from "./dims.js";
import {
  elementTypeOf,
  forEachOf,
  operand,
  present,
  type Rule,
  type Rules,
  refuse,
  shapeOf,
  tensor,
  typeAttribute,
  typeOf,
} from "./rule.js";

/** Each output element depends on one element of the operand (or on one slice of it, as Softmax); shape and type stay. */
export const keeps: Rule = (view) => [tensor(typeOf(view, 0), shapeOf(view, 0))];

/** Like `keeps`, with booleans out. */
const asks: Rule = (view) => [tensor("bool", shapeOf(view, 0))];

/** Multidirectional broadcasting of all operands; the type of the first. */
export const broadcasts: Rule = (view) => [tensor(commonType(view), broadcastShape(view))];

/** Broadcasting comparison: booleans out. */
const compares: Rule = (view) => [tensor("bool", broadcastShape(view))];

export const ELEMENTWISE: Rules = {
  ...forEachOf(
    "Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Ceil Celu Cos Cosh Elu Erf Exp Floor Gelu HardSigmoid HardSwish " +
      "Hardmax LeakyRelu Log LogSoftmax Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh " +
      "Softmax Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu CumSum CumProd " +
      "Affine ImageScaler ParametricSoftplus ScaledTanh",
    keeps,
  ),
  ...forEachOf("IsInf IsNaN", asks),
  ...forEachOf("Add Sub Mul Div And Or Xor Pow BitShift BitwiseAnd BitwiseOr BitwiseXor Mod Max Mean Min Sum", broadcasts),
  ...forEachOf("Equal Greater GreaterOrEqual Less LessOrEqual", compares),
  And: compares,
  Or: compares,
  Xor: compares,

  Clip: keeps,

  PRelu: (view) => {
    // Opset 7 and later stretch the slope to the input. Older files give one slope per channel.
    if (view.opset >= 7) stretchesTo(shapeOf(view, 1), shapeOf(view, 0), "PRelu slope to its input");
    return keeps(view);
  },

  Where: (view) => [tensor(typeOf(view, 1), broadcastShape(view))],

  Cast: (view) => [tensor(castTarget(view), shapeOf(view, 0))],
  CastLike: (view) => [tensor(typeOf(view, 1), shapeOf(view, 0))],
  BitCast: (view) => [bitCast(view)],
};

/** Shape of a binary or variadic operator; before opset 7 the second operand stretched only where an attribute said so. */
function broadcastShape(view: NodeView): readonly (number | null)[] | undefined {
  if (view.domain === "" && view.opset < 7 && view.int("broadcast") === 1) return shapeOf(view, 0);
  return broadcast(present(view).map((value) => value.shape));
}

function commonType(view: NodeView): ElementType | undefined {
  operand(view, 0);
  return present(view).find((value) => value.elementType !== undefined)?.elementType;
}

/** Cast's target: a number, or before opset 6 a name such as `FLOAT`. */
function castTarget(view: NodeView): ElementType | undefined {
  const name = view.string("to");
  if (name === undefined || name === "")
    return (
      typeAttribute(view, "to", undefined) ?? refuse('Cast has no attribute "to"', 'set "to" to an element type of TensorProto.DataType')
    );
  const lower = name.toLowerCase();
  const alias: Readonly<Record<string, ElementType>> = { float: "float32", double: "float64" };
  for (let number = 1; elementTypeOf(number) !== undefined; number++) if (elementTypeOf(number) === lower) return lower as ElementType;
  return alias[lower] ?? refuse(`Cast to the unknown type "${name}"`, "use a type of TensorProto.DataType");
}

/** Reads the same bits as another type; with widths that differ the last axis grows or shrinks. */
function bitCast(view: NodeView): Value {
  const [from, shape] = [typeOf(view, 0), shapeOf(view, 0)];
  const to = typeAttribute(view, "to", undefined);
  if (from === undefined || to === undefined || shape === undefined) return tensor(to, undefined);
  const [wide, narrow] = [bitsOf(from), bitsOf(to)];
  if (wide === narrow) return tensor(to, shape);
  const last = shape.length - 1;
  if (last < 0 || wide < narrow) refuse(`BitCast from ${wide} to ${narrow} bits of ${show(shape)}`, "cast between types of one width");
  return tensor(to, withDim(shape, last, times(shape[last] ?? null, wide / narrow)));
}
