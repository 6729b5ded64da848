import type { Dim, Value } from "./node.js";
import type { TypeProto, ValueInfoProto } from "./proto/onnx_pb.js";
import { show } from "./shapes/dims.js";
import { elementTypeOf } from "./shapes/rule.js";

/** A dimension as a file writes it: a size, a symbol's name, or nothing at all. */
export type StoredDim = number | string | undefined;

/** What the type of a value in the file says. `dims` undefined: not even the rank. */
export interface Declared {
  readonly kind: Value["kind"];
  readonly elementType: Value["elementType"];
  readonly dims: readonly StoredDim[] | undefined;
  /** Of a sequence or optional: what it holds. */
  readonly element?: Declared;
}

/** Reads a stored type. Nesting of types is bounded by the depth limit of the file. */
export function declaredOf(type: TypeProto | undefined): Declared {
  const { value } = type ?? {};
  switch (value?.case) {
    case "tensorType":
    case "sparseTensorType":
      return {
        kind: "tensor",
        elementType: elementTypeOf(value.value.elemType),
        dims: value.value.shape?.dim.map(({ value: dim }) =>
          dim.case === "dimValue" ? clamp(dim.value) : dim.case === "dimParam" && dim.value !== "" ? dim.value : undefined,
        ),
      };
    case "sequenceType":
      return { kind: "sequence", elementType: undefined, dims: undefined, element: declaredOf(value.value.elemType) };
    case "optionalType":
      return { kind: "optional", elementType: undefined, dims: undefined, element: declaredOf(value.value.elemType) };
    case "mapType":
      return { kind: "map", elementType: undefined, dims: undefined };
    default:
      return { kind: "tensor", elementType: undefined, dims: undefined };
  }
}

/** Types by value name, of everything a graph declares beside its inputs. */
export function declarations(...lists: readonly (readonly ValueInfoProto[])[]): ReadonlyMap<string, ValueInfoProto> {
  return new Map(lists.flat().map((info) => [info.name, info]));
}

/** A stored shape with symbols replaced by what they are bound to; unbound and negative ones are not known. */
const dimsOf = (dims: readonly StoredDim[] | undefined, symbols: ReadonlyMap<string, number>): readonly Dim[] | undefined =>
  dims?.map((d) => (typeof d === "string" ? (symbols.get(d) ?? null) : d === undefined || d < 0 ? null : d));

/** What is known of a value from its operator and from the file. */
export interface Reconciled {
  readonly value: Value | undefined;
  /** Both types and shapes, where they cannot both be true. */
  readonly contradiction?: string;
}

/** The operator's word first; what the file stores fills gaps only. */
export function reconciled(inferred: Value | undefined, stored: Declared, symbols: ReadonlyMap<string, number>): Reconciled {
  const shape = dimsOf(stored.dims, symbols);
  if (inferred === undefined)
    return { value: stored.kind === "tensor" ? { kind: "tensor", elementType: stored.elementType, shape, constant: false } : undefined };
  if (inferred.kind !== "tensor" || stored.kind !== "tensor") return { value: inferred };
  const elementType = inferred.elementType ?? stored.elementType;
  const whole = filled(inferred.shape, shape);
  const value = whole === inferred.shape && elementType === inferred.elementType ? inferred : { ...inferred, elementType, shape: whole };
  if (agree(inferred.shape, shape) && (stored.elementType === undefined || stored.elementType === elementType)) return { value };
  const contradiction = `${inferred.elementType} ${show(inferred.shape)} by its operator, the model stores ${stored.elementType ?? "no type"} ${show(shape)}`;
  return { value, contradiction };
}

/** Whether two shapes can be the same, as far as both are known. */
const agree = (a: readonly Dim[] | undefined, b: readonly Dim[] | undefined): boolean =>
  a === undefined || b === undefined || (a.length === b.length && a.every((d, i) => d === null || b[i] === null || d === b[i]));

/** The operators' shape with its gaps filled from a stored one that agrees with it. */
const filled = (inferred: readonly Dim[] | undefined, stored: readonly Dim[] | undefined): readonly Dim[] | undefined =>
  inferred === undefined
    ? stored
    : stored !== undefined && agree(inferred, stored)
      ? inferred.map((d, i) => d ?? stored[i] ?? null)
      : inferred;

/** Beyond 2^53 only "too large" matters, and 2^62 says so as well. */
const clamp = (dim: bigint): number => Number(dim > 2n ** 62n ? 2n ** 62n : dim < -(2n ** 62n) ? -(2n ** 62n) : dim);
