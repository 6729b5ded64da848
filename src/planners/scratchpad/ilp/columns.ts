import type { StepId } from "../plan.js";
import type { Term } from "./rows.js";

/** Columns by content (or step) and position; -1 where there is none, because the value could only be 0. */
export interface Columns {
  /** Step s runs at position t. By equation (6) it is C of every content the step makes. */
  readonly run: (step: StepId, t: number) => number;
  /** C: content a comes into being, or into the scratchpad for the first time. */
  readonly born: (content: number, t: number) => number;
  /** P: it stays from t - 1. */
  readonly preserve: (content: number, t: number) => number;
  /** S: it is written off chip between t - 1 and t. */
  readonly spill: (content: number, t: number) => number;
  /** R: it is fetched again. */
  readonly retrieve: (content: number, t: number) => number;
  /** L: its offset, in the programme's unit of space. */
  readonly address: (content: number, t: number) => number;
}

/** The columns that say whether content a is resident at t: res = C + P + R. */
export const residence = (c: Columns, a: number, t: number): readonly number[] =>
  [c.born(a, t), c.preserve(a, t), c.retrieve(a, t)].filter((column) => column >= 0);

/** The same coefficient before each of `columns`, those that do not exist left out. */
export const each = (columns: readonly number[], coefficient = 1): readonly Term[] =>
  columns.flatMap((c): readonly Term[] => (c >= 0 ? [[coefficient, c]] : []));

/** Columns by item and position, made for the positions from `first` to `last` when an item is added. */
export interface Grid {
  readonly add: (item: number, first: number, last: number, cost: number, upper: number) => void;
  readonly at: (item: number, t: number) => number;
}

export function grid(column: (cost: number, lower: number, upper: number) => number): Grid {
  const begin: number[] = [];
  const start: number[] = [];
  const length: number[] = [];
  return {
    add: (item, first, last, cost, upper) => {
      start[item] = first;
      length[item] = Math.max(0, last - first + 1);
      for (let t = first; t <= last; t++) {
        const made = column(cost, 0, upper);
        if (t === first) begin[item] = made;
      }
    },
    at: (item, t) => {
      const k = t - (start[item] ?? 0);
      return k >= 0 && k < (length[item] ?? 0) ? begin[item]! + k : -1;
    },
  };
}
