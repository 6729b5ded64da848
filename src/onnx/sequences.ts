import type { Dim, NodeView, Value } from "./node.js";

/**
 * A run-time sequence or optional with its size. Shape rules know one element that stands for all of a
 * sequence; what planning needs is how many elements its tensors have together, and that follows from the
 * operands: it is written as a shape of one axis. Values of other kinds pass unchanged.
 */
export function sized(view: NodeView, value: Value): Value {
  if (value.kind === "tensor" || value.shape !== undefined) return value;
  const count = elementsIn(view, value);
  const element = value.elementType ?? value.element?.elementType;
  return count === null || element === undefined ? value : { ...value, elementType: element, shape: [count] };
}

function elementsIn(view: NodeView, value: Value): Dim {
  const all = view.inputs.map(elementsOf);
  switch (view.type) {
    case "SequenceEmpty":
      return 0;
    case "SequenceConstruct":
      return all.reduce(sum, 0);
    case "SequenceInsert":
      return sum(all[0] ?? null, all[1] ?? null);
    // Which element goes is known at run time only: all may have stayed.
    case "SequenceErase":
    case "SplitToSequence":
    case "Identity":
    case "Optional":
      return all[0] ?? (value.element === undefined ? null : elementsOf(value.element));
    default:
      return null;
  }
}

const elementsOf = (value: Value | undefined): Dim =>
  value?.shape === undefined ? null : value.shape.reduce<Dim>((n, d) => (n === null || d === null ? null : n * d), 1);

const sum = (a: Dim, b: Dim): Dim => (a === null || b === null ? null : a + b);
