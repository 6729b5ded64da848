import type { NodeView, Value } from "../node.js";
import { axisIn, join, withDim, withoutAxes } from "./dims.js";
import { atRunTime, operand, type Rules, shapeOf, tensor, told, typeAttribute, typeOf } from "./rule.js";

/** Sequences know one element that stands for all; optionals know what they may hold. */
export const SEQUENCE: Rules = {
  SequenceConstruct: (view) => [sequenceOf(view.inputs.filter((v) => v !== undefined).reduce(eitherValue, operand(view, 0)))],
  SequenceEmpty: (view) => [sequenceOf(undefined, typeAttribute(view, "dtype", "float32"))],
  SequenceInsert: (view) => [sequenceOf(inserted(operand(view, 0), operand(view, 1)))],
  SequenceErase: (view) => [atRunTime(operand(view, 0))],
  SequenceAt: (view) => [elementOf(operand(view, 0))],
  SequenceLength: () => [tensor("int64", [])],
  SplitToSequence: (view) => [sequenceOf(part(view))],
  ConcatFromSequence: (view) => [joined(view)],
  SequenceMap: (view) => {
    // Each sequence gives the body one element; a tensor is handed over whole.
    const formal = view.inputs.map((value) =>
      value === undefined ? tensor(undefined, undefined) : value.kind === "sequence" ? elementOf(value) : value,
    );
    const results = view.subgraph("body", formal);
    return results === undefined
      ? new Array(view.outputs).fill(sequenceOf(tensor(undefined, undefined)))
      : results.map((value) => sequenceOf(value));
  },
  Optional: (view) => [{ ...optionalOf(view.inputs[0] ?? tensor(undefined, undefined)), constant: false }],
  OptionalHasElement: () => [tensor("bool", [])],
  OptionalGetElement: (view) => {
    const value = operand(view, 0);
    return [value.kind === "optional" ? (value.element ?? tensor(value.elementType, undefined)) : value];
  },
};

/** What holds of a value that is either `a` or `b`. */
export function eitherValue(a: Value, b: Value): Value {
  if (a.kind !== b.kind) return tensor(undefined, undefined);
  const both = {
    kind: a.kind,
    elementType: a.elementType === b.elementType ? a.elementType : undefined,
    shape: join(a.shape, b.shape),
    constant: false,
  };
  const element = a.element !== undefined && b.element !== undefined ? eitherValue(a.element, b.element) : (a.element ?? b.element);
  return element === undefined ? both : { ...both, element };
}

/** Without `element`: a sequence that has none yet, which leaves the shape of those to come open. */
const sequenceOf = (element: Value | undefined, elementType = element?.elementType): Value => {
  const bare: Value = { kind: "sequence", elementType, shape: undefined, constant: false };
  return element === undefined ? bare : { ...bare, element: atRunTime(element) };
};

const optionalOf = (element: Value): Value => ({
  kind: "optional",
  elementType: element.elementType,
  shape: undefined,
  constant: false,
  element,
});

const elementOf = (sequence: Value): Value => sequence.element ?? tensor(sequence.elementType, undefined);

function inserted(sequence: Value, element: Value): Value {
  return sequence.element === undefined ? element : eitherValue(sequence.element, element);
}

/** The parts of a split: equal where one number says so and it divides, else open along the axis. */
function part(view: NodeView): Value {
  const [input, type] = [shapeOf(view, 0), typeOf(view, 0)];
  if (input === undefined) return tensor(type, undefined);
  const axis = axisIn(view.int("axis") ?? 0, input.length);
  const size = input[axis] ?? null;
  const sizes = told(view, undefined, 1);
  if (sizes === undefined) return tensor(type, view.int("keepdims") === 0 ? withoutAxes(input, [axis]) : withDim(input, axis, 1));
  const scalar = view.inputs[1]?.shape?.length === 0;
  const chunk = sizes?.[0];
  const equal = chunk !== undefined && (scalar ? size !== null && size % chunk === 0 : sizes!.every((n) => n === chunk));
  return tensor(type, withDim(input, axis, equal ? chunk : null));
}

function joined(view: NodeView): Value {
  const element = elementOf(operand(view, 0));
  if (element.shape === undefined) return tensor(element.elementType, undefined);
  const fresh = view.int("new_axis") === 1;
  const rank = element.shape.length + (fresh ? 1 : 0);
  const axis = axisIn(view.int("axis") ?? 0, rank);
  const shape = fresh ? [...element.shape.slice(0, axis), null, ...element.shape.slice(axis)] : withDim(element.shape, axis, null);
  return tensor(element.elementType, shape);
}
