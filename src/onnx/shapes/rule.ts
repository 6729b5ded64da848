import type { ElementType } from "../../graph/element-type.js";
import type { Data, Dim, Inference, NodeView, Value } from "../node.js";

/**
 * What one operator does to shapes and element types: one value per output the operator can have, in order.
 * A rule ends early through `refuse` (the model contradicts itself) or `giveUp` (nothing can be said); both
 * are caught at the door, `inferNode`, and returned as values. Constness and values are added there as well.
 */
export type Rule = (view: NodeView) => readonly Value[];
export type Rules = Readonly<Record<string, Rule>>;

export type Shape = readonly Dim[];

/** How a rule ends early. Only `inferNode` sees it. */
export interface Conclusion {
  readonly conclusion: Exclude<Inference, { readonly kind: "values" }>;
}

/** The model contradicts itself: `message` states both numbers. */
export function refuse(message: string, fix: string): never {
  const end: Conclusion = { conclusion: { kind: "fault", message, fix } };
  throw end;
}

/** Neither type nor rank can be told. */
export function giveUp(reason: string): never {
  const end: Conclusion = { conclusion: { kind: "unknown", reason } };
  throw end;
}

/** A run-time tensor. */
export const tensor = (elementType: ElementType | undefined, shape: Shape | undefined): Value => ({
  kind: "tensor",
  elementType,
  shape,
  constant: false,
});

/** `value` as if computed at run time: same type and shape, no values. */
export const atRunTime = (value: Value): Value => {
  const { data: _, ...rest } = value;
  return { ...rest, constant: false };
};

/** The operand at `index`, which the operator requires. */
export function operand(view: NodeView, index: number): Value {
  const value = view.inputs[index];
  if (value === undefined)
    refuse(`${view.type} needs input ${index}, but has ${view.inputs.length} inputs and that one is missing`, `connect input ${index}`);
  return value;
}

export const shapeOf = (view: NodeView, index: number): Shape | undefined => operand(view, index).shape;
export const typeOf = (view: NodeView, index: number): ElementType | undefined => operand(view, index).elementType;

/** All operands that are present. */
export const present = (view: NodeView): readonly Value[] => view.inputs.filter((v) => v !== undefined);

/** Values of a tensor, where known. A tensor without elements has known values: none. */
export function dataOf(value: Value | undefined): Data | undefined {
  return value?.data ?? (value?.shape?.includes(0) ? [] : undefined);
}

/**
 * The integers an operator is told by attribute (older opsets) or by input (newer ones).
 * `undefined`: not told at all; `null`: told at run time. Values beyond 2^53 keep their sign and magnitude only.
 */
export function told(view: NodeView, attribute: string | undefined, input?: number): readonly number[] | null | undefined {
  const fixed = attribute === undefined ? undefined : view.ints(attribute);
  if (fixed !== undefined) return fixed;
  const value = input === undefined ? undefined : view.inputs[input];
  if (value === undefined) return undefined;
  const data = dataOf(value);
  return data === undefined ? null : data.map(Number);
}

/** One integer, told like `told`. */
export function toldOne(view: NodeView, attribute: string | undefined, input?: number): number | null | undefined {
  const fixed = attribute === undefined ? undefined : view.int(attribute);
  if (fixed !== undefined) return fixed;
  const list = told(view, undefined, input);
  if (list === undefined || list === null) return list;
  return list[0];
}

/** How many entries the list at `input` has, even where its values are not known. */
export const lengthOf = (view: NodeView, input: number): Dim => {
  const shape = view.inputs[input]?.shape;
  if (shape === undefined || shape.length > 1) return null;
  return shape.length === 0 ? 1 : (shape[0] ?? null);
};

/** ONNX's numbering of element types (TensorProto.DataType). */
const BY_NUMBER: readonly (ElementType | undefined)[] = [
  undefined,
  "float32",
  "uint8",
  "int8",
  "uint16",
  "int16",
  "int32",
  "int64",
  "string",
  "bool",
  "float16",
  "float64",
  "uint32",
  "uint64",
  "complex64",
  "complex128",
  "bfloat16",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "uint4",
  "int4",
  "float4e2m1",
  "float8e8m0",
  "uint2",
  "int2",
];

export const elementTypeOf = (number: number): ElementType | undefined => BY_NUMBER[number];

/** The element type an attribute names by number; `fallback` when the attribute is absent. */
export function typeAttribute(view: NodeView, attribute: string, fallback: ElementType | undefined): ElementType | undefined {
  const number = view.int(attribute);
  if (number === undefined || number === 0) return fallback;
  return (
    elementTypeOf(number) ??
    refuse(`attribute "${attribute}" is ${number}; element types are 1 to ${BY_NUMBER.length - 1}`, "use a type of TensorProto.DataType")
  );
}

/** Gives the rule `rule` to each of `names`. */
export const forEachOf = (names: string, rule: Rule): Rules => Object.fromEntries(names.split(" ").map((name) => [name, rule]));
