import type { Outcome } from "../base/outcome.js";
import type { Cause } from "../base/replay.js";
import type { Accepted } from "../base/verdict.js";
import type { Chart } from "./chart.js";
import type { Metrics } from "./metrics.js";
import type { Unit } from "./quantity.js";
import type { Table } from "./table.js";

/** What an outcome that carries a plan says of it. Only the bound is believed; value and status are weighed against the Replay. */
export type Claimed = Pick<
  Extract<Outcome<unknown>, { status: "optimal" | "feasible" }>,
  "status" | "bound" | "scope" | "proof" | "orderBound"
> & {
  /** Bytes of the objective that are there only because the residency found no addresses at its own price. */
  readonly fragmentationBytes?: number;
};

/** What a family makes its facts of. */
export interface Given<Problem, Plan> {
  readonly problem: Problem;
  readonly accepted: Accepted<Plan>;
  readonly outcome: Claimed;
}

/**
 * All that one family of accelerator adds to a report, as plain JSON. What every family has (memories, resources,
 * residency, events, ledger, traffic) is read from the Replay and stands nowhere here.
 */
export interface Facts {
  readonly objective: Goal;
  readonly clockHertz: number;
  /** Headline numbers in the order to be shown; the one whose key is the objective's name carries the outcome's bound. */
  readonly figures: readonly Figure[];
  /** The common figures and the family's own, in the names of the plan document. */
  readonly metrics: Metrics;
  /** Causes of traffic that are shown also where no byte has them; any other that the ledger holds comes after. */
  readonly causes: readonly Cause[];
  /** Of each step, in the order they ran. */
  readonly steps: readonly StepFacts[];
  /** Sentences a reader must know before trusting a figure. */
  readonly assumptions: readonly string[];
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
}

/** What the plan was made to lower, and how a sentence says it: `Moves 3 MiB beyond the compulsory 5 MiB`. */
export interface Goal {
  /** A key of the metrics. */
  readonly name: string;
  readonly label: string;
  readonly unit: Unit;
  /** Counted from the Replay. */
  readonly value: number;
  /** Third person: `Moves`. */
  readonly verb: string;
  /** Follows the value; empty where nothing has to be said. */
  readonly beside: string;
  /** A sentence to say first: what the plan is held against. */
  readonly introduction?: string;
  /** The whole sentence of a plan whose value is 0. */
  readonly nothing?: string;
}

/** One headline number, with what is proven about it. */
export interface Figure {
  /** A key of the metrics. */
  readonly key: string;
  readonly label: string;
  readonly value: number;
  readonly unit: Unit;
  /** No plan within what `boundNote` says has less. Left out where nothing is proven, and `gap` with it. */
  readonly bound?: number;
  readonly gap?: number;
  /** What the bound covers and why it holds; without one, what is to be known of the value. */
  readonly boundNote: string;
  /** Where the value was counted. */
  readonly source: string;
  /** What the value is a part of, such as a capacity; of the same unit. */
  readonly of?: number;
}

export interface StepFacts {
  /** Operator type. */
  readonly type: string;
  /** Bytes of the operands that must be resident while it runs; 0 where that is no notion of the family. */
  readonly needBytes: number;
  /** Names of tensors, as in the Replay. */
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

/** The share of `value` that a better plan could save at most. */
export const gapOf = (value: number, bound: number): number => (value - bound) / Math.max(1, Math.abs(value));

/** A figure with a bound. */
export const bounded = (figure: Omit<Figure, "gap"> & { readonly bound: number }): Figure => ({
  ...figure,
  gap: gapOf(figure.value, figure.bound),
});
