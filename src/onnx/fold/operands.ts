import type { ElementType } from "../../graph/element-type.js";
import type { Data, NodeView, Value } from "../node.js";
import type { Scalar } from "./number.js";

/** A constant operand whose values are at hand. */
export interface Known {
  readonly dims: readonly number[];
  readonly data: readonly Scalar[];
  readonly type: ElementType | undefined;
}

/** What a fold computes with: the node, its operands, and what the shape rule said of the results. */
export interface Folding {
  readonly view: NodeView;
  /** Undefined: an optional operand left out, or one of which only the type or shape is read. */
  readonly inputs: readonly (Known | undefined)[];
  readonly outputs: readonly { readonly dims: readonly number[]; readonly type: ElementType | undefined }[];
}

/** Values of each output; undefined when they cannot be computed exactly (a division by zero, an odd type). */
export type Fold = (node: Folding) => readonly (readonly Scalar[])[] | undefined;
export type Folds = Readonly<Record<string, Fold>>;

export const asData = (values: readonly Scalar[]): Data => values as Data;

/** The required operand at `index`; shape rules have checked that it is there. */
export const input = (node: Folding, index: number): Known => node.inputs[index]!;

export const knownOf = (value: Value, data: Data): Known => ({ dims: value.shape as readonly number[], data, type: value.elementType });
