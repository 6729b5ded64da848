import type { ElementType } from "../graph/element-type.js";

/** A dimension known after the symbols are bound, or null where it depends on run-time values. */
export type Dim = number | null;

/**
 * Values of a small constant, in row-major order. Integers and booleans are kept as `bigint` (exact int64
 * shape arithmetic), floats as `number`, strings as `string`.
 */
export type Data = readonly bigint[] | readonly number[] | readonly string[];

/** What is known of one tensor while a model is imported. */
export interface Value {
  readonly kind: "tensor" | "sequence" | "optional" | "map";
  readonly elementType: ElementType | undefined;
  /** Undefined: not even the rank is known. */
  readonly shape: readonly Dim[] | undefined;
  /** Every element is fixed at import: it depends on no network input. */
  readonly constant: boolean;
  /** The values, where the tensor is constant, small and its values were at hand. */
  readonly data?: Data;
  /** Width after the model's own quantisation, where it differs from the element type's. */
  readonly bits?: number;
  /** Of a sequence: the element. */
  readonly element?: Value;
}

/** Larger constants keep their shape but not their values: shape arithmetic never needs them. */
export const FOLD_LIMIT = 65_536;

/** One node as shape rules and loop-nest builders see it. Attribute readers return `undefined` when absent. */
export interface NodeView {
  readonly type: string;
  readonly domain: string;
  /** Version of the node's own domain that the model imports. */
  readonly opset: number;
  readonly name: string;
  /** Undefined: an optional input left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** Number of outputs the node names (trailing empty names dropped); a name may be empty, see `wants`. */
  readonly outputs: number;
  readonly wants: (output: number) => boolean;
  readonly int: (attribute: string) => number | undefined;
  readonly float: (attribute: string) => number | undefined;
  readonly string: (attribute: string) => string | undefined;
  readonly ints: (attribute: string) => readonly number[] | undefined;
  readonly floats: (attribute: string) => readonly number[] | undefined;
  readonly strings: (attribute: string) => readonly string[] | undefined;
  /** A tensor attribute, e.g. Constant's `value`. */
  readonly tensor: (attribute: string) => Value | undefined;
  /** Names of all attributes present. */
  readonly attributes: readonly string[];
  /** Infers a subgraph attribute with the given values for its formal inputs; undefined when absent or not inferable. */
  readonly subgraph: (attribute: string, inputs: readonly Value[]) => readonly Value[] | undefined;
}

/** What a rule concludes: one value per output; or the model contradicts itself (`fault`: what, with both numbers); or nothing is known. */
export type Inference =
  | { readonly kind: "values"; readonly values: readonly Value[] }
  | { readonly kind: "fault"; readonly message: string; readonly fix: string }
  | { readonly kind: "unknown"; readonly reason: string };
