import type { LayerId } from "../../planners/pipeline/plan.js";

/**
 * How sums become results: `clamp((sum * multiplier + 2^(shift - 1)) >> shift, low, high)`, rounding halves up; where there is a
 * `table`, the result is its entry number `value - low`.
 */
export interface Scaling {
  readonly multiplier: number;
  /** Per filter, instead of the one for all. */
  readonly multipliers?: readonly number[];
  readonly shift: number;
  readonly low: number;
  readonly high: number;
  readonly table?: readonly number[];
}

/** What one layer computes on integers. */
export type IntegerLayer =
  | {
      readonly kind: "convolution";
      /** Filters outermost, then the channels of a group in the order of the stream, then kernel positions. */
      readonly weights: readonly number[];
      /** Per filter, in the unit of the sums. */
      readonly bias: readonly number[];
      /** Width of the sums. */
      readonly sumBits: number;
      readonly scaling: Scaling;
    }
  | { readonly kind: "maximum"; readonly scaling: Scaling }
  /** Sums over the window, scaled. */
  | { readonly kind: "mean"; readonly scaling: Scaling }
  | { readonly kind: "elementwise"; readonly scaling: Scaling }
  /** The element of the pixel that a result pixel is a copy of. */
  | { readonly kind: "resize"; readonly scaling: Scaling }
  /** Operands times their factors, added. */
  | { readonly kind: "addition"; readonly factors: readonly number[]; readonly scaling: Scaling }
  /** Operands one after the other along the channels, each times its factor, then scaled. */
  | { readonly kind: "concatenation"; readonly factors: readonly number[]; readonly scaling: Scaling };

/** A quantised network on the layers of a pipeline problem: all values are signed integers of the widths of its streams. */
export interface IntegerNetwork {
  /** By layer of the problem. */
  readonly layers: readonly IntegerLayer[];
  /** By stream of the problem: an element's value is the integer times it. */
  readonly scales: readonly number[];
  /** Layers that have no integer form although what they read has, with the reason. Where there is one the network cannot be run. */
  readonly missing: readonly { readonly layer: LayerId; readonly reason: string }[];
}
