import type { TensorId } from "./graph.js";

/** One loop of a nest: `N`, `G`, `K`, `C`, `OY`, `OX`, `FY`, `FX` for convolutions (GLOSSARY.md). Size is at least 1. */
export interface Loop {
  readonly name: string;
  readonly size: number;
}

/** The index along one tensor axis: `offset + Σ stride · loop`. It may leave the tensor where there is padding. */
export interface AffineIndex {
  readonly offset: number;
  readonly terms: readonly { readonly loop: number; readonly stride: number }[];
}

/** How a nest touches one tensor: one affine index per axis of the tensor's shape. */
export interface Access {
  readonly tensor: TensorId;
  readonly indices: readonly AffineIndex[];
}

/**
 * The computation of an operator as a perfect loop nest over affine indices. `mac` nests perform one
 * multiply-accumulate per iteration; `reduce` and `pointwise` nests describe which elements are read for
 * which output (for splitting) and count no MACs.
 */
export interface LoopNest {
  readonly kind: "mac" | "reduce" | "pointwise";
  readonly loops: readonly Loop[];
  readonly reads: readonly Access[];
  readonly write: Access;
}

/** Iterations of a nest: the product of its loop sizes. */
export const iterations = (nest: LoopNest): number => nest.loops.reduce((n, l) => n * l.size, 1);
