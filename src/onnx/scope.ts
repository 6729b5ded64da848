import type { WeightSource } from "../graph/graph.js";
import type { Value } from "./node.js";

/** Index into the list of everything that has a name while a model is imported. */
export type EntryId = number;

/** One tensor of the model, or of a function or subgraph unfolded from it. */
export interface Entry {
  name: string;
  /** Undefined: it could not be told, and the error is reported already. */
  readonly value: Value | undefined;
  /** Of a constant. */
  readonly source?: WeightSource;
  /** A constant that the file holds: an initialiser or a Constant node. */
  readonly stored?: boolean;
  /** Of a constant folded at import: the constants whose elements it is made of. */
  readonly from?: readonly EntryId[];
}

/** Names that nodes of one graph or function see. Subgraphs also see those around them. */
export interface Scope {
  /** Undefined: an optional input of a function that the caller leaves out. */
  readonly names: Map<string, EntryId | undefined>;
  readonly outer: Scope | undefined;
}

export const innerScope = (outer?: Scope): Scope => ({ names: new Map(), outer });

/** As many steps outward as graphs nest. */
export function lookUp(scope: Scope | undefined, name: string): EntryId | undefined {
  for (let s = scope; s !== undefined; s = s.outer) if (s.names.has(name)) return s.names.get(name);
  return undefined;
}

export function isKnown(scope: Scope | undefined, name: string): boolean {
  for (let s = scope; s !== undefined; s = s.outer) if (s.names.has(name)) return true;
  return false;
}
