import type { Diagnostic } from "./diagnostic.js";

/** What a bound covers: the chosen operator order, every order, every way to group layers, or every way to build their engines. Never confuse them. */
export type BoundScope = "this order" | "all orders" | "all groupings" | "all configurations";

interface Valued<Plan> {
  readonly plan: Plan;
  /** The solver's own claim; reports print the judge's figure instead. */
  readonly value: number;
  /** No plan within `scope` costs less. */
  readonly bound: number;
  readonly scope: BoundScope;
  /** Which argument proves the bound. */
  readonly proof: string;
  /** Where order is chosen: no plan that runs the operators in this plan's order costs less. */
  readonly orderBound?: number;
  /** Bytes the plan moves beyond what was asked before addresses were sought: no place was found for all that should stay. */
  readonly fragmentationBytes?: number;
}

/** Why no plan exists. `figures` are named with their unit: `neededBytes`, `availableBytes`, `missingBytes`, `smallestWorkingBytes`. */
export interface Conflict extends Diagnostic {
  readonly figures: Readonly<Record<string, number>>;
}

/** What a solver found. A time-out is `feasible` or `unknown`, never `infeasible`. */
export type Outcome<Plan> =
  | ({ readonly status: "optimal" } & Valued<Plan>)
  | ({ readonly status: "feasible" } & Valued<Plan>)
  | { readonly status: "infeasible"; readonly conflict: Conflict }
  | ({ readonly status: "unknown" } & Undecided);

/** Why there is neither a plan nor a proof that none exists. */
export interface Undecided {
  readonly reason: string;
  /** What could help, where that is something else than more time or nodes. */
  readonly fix?: string;
}
