import type { Interval } from "../../base/interval.js";

/** Something that needs `size` consecutive addresses at the same offset whenever it is alive. */
export interface PackingItem {
  /** Whole number, at least 0; an item of size 0 conflicts with nothing. */
  readonly size: number;
  /** When it is alive: half-open, disjoint, ascending. Several spans are a lifetime with gaps, in which its addresses may serve others. */
  readonly spans: readonly Interval[];
  /** The offset must be a multiple of this; 1 when absent. */
  readonly alignment?: number;
  /** The offset it must have. */
  readonly fixed?: number;
}

/** Give every item an offset so that no two items share an address while both are alive, and none ends above `capacity`. */
export interface PackingProblem {
  readonly capacity: number;
  readonly items: readonly PackingItem[];
}

/** `seed` and `nodes` determine the answer; `stop` may end the search earlier and is asked every few hundred nodes. */
export interface PackingBudget {
  readonly seed: number;
  readonly nodes: number;
  readonly stop: () => boolean;
}

export type PackingResult =
  | { readonly status: "packed"; readonly offsets: number[]; readonly nodes: number }
  | {
      readonly status: "infeasible";
      /** `load`: the items alive at one time are too many; `fixed`: given offsets contradict; `search`: every packing was refuted. */
      readonly proof: "load" | "fixed" | "search";
      /** Items that cannot be packed even alone. */
      readonly core: number[];
      /** No packing needs less than this. */
      readonly bound: number;
      readonly nodes: number;
    }
  | {
      readonly status: "undecided";
      readonly nodes: number;
      /** Per item, how often it took part in a failure, recent failures counting most; only the order of the figures means something. */
      readonly activity: Float64Array;
    };

export const alignmentOf = (item: PackingItem): number => item.alignment ?? 1;

/** `height` rounded up to a multiple of `step`. Exact for safe integers. */
export const roundUp = (height: number, step: number): number => {
  const over = height % step;
  return over === 0 ? height : height + (step - over);
};

export const gcd = (a: number, b: number): number => {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
};
