import type { Diagnostic } from "../base/diagnostic.js";
import type { Metrics } from "../report/metrics.js";
import type { Unit } from "../report/quantity.js";
import type { Target } from "../target/target.js";

/** A figure of points that fronts weigh, as plain data. Less is better, unless `more` is. */
export interface Objective {
  /** Of the hardware, or a metric of the plan document unless `sum` says what it is made of. */
  readonly key: string;
  readonly label: string;
  readonly unit: Unit;
  /** The more the better; such a figure is above 0. */
  readonly more?: true;
  /** Metrics of the plan document that add up to it, each with its weight. */
  readonly sum?: Readonly<Record<string, number>>;
}

/** A figure that is told and not weighed; details are left out in a terminal. */
export type Beside = Objective & { readonly detail?: true };

/** What the fronts of one family are over. */
export interface Front {
  /** Where a space names none. */
  readonly objectives: readonly Objective[];
  /** More that a space may name. */
  readonly others: readonly Objective[];
  /** Of all these, what is shown beside those that are weighed. */
  readonly beside: readonly Beside[];
  /** Pairs of keys that a report draws where both are objectives: across, and up. */
  readonly pictures: readonly (readonly [string, string])[];
}

/** What a target needs, whatever it runs. */
export interface Hardware {
  /** Absent where no model covers the target. */
  readonly areaSquareMillimetres?: number;
  /** Off-chip, both directions together. */
  readonly bandwidthBytesPerSecond: number;
}

export const LATENCY: Objective = { key: "latencySeconds", label: "latency", unit: "s" };
export const ENERGY: Objective = { key: "energyPicojoules", label: "energy", unit: "pJ" };
export const OFF_CHIP: Objective = { key: "offChipBytes", label: "off-chip traffic", unit: "B" };
export const AREA: Objective = { key: "areaSquareMillimetres", label: "area", unit: "mm²" };
export const BANDWIDTH: Objective = { key: "bandwidthBytesPerSecond", label: "peak bandwidth", unit: "B/s" };

/** Keys of `Hardware`. */
export const OF_TARGETS: readonly string[] = [AREA.key, BANDWIDTH.key];

/** Figures by their keys. */
export type Figures = Readonly<Record<string, number>>;

/** What a space may set of the goal of a plan. */
export const GOAL_SETTINGS = ["objective", "solver", "split", "overlap"] as const;
export type GoalSettings = Readonly<Partial<Record<(typeof GOAL_SETTINGS)[number], string>>>;

/** One target of a space, and what it is planned for where the space says so. */
export interface Point {
  /** Position in the space. */
  readonly id: number;
  /** Name of the base, and what was set. */
  readonly base: string;
  readonly settings: readonly string[];
  readonly target: Target;
  readonly goal: GoalSettings;
  readonly hardware: Hardware;
}

/** What looking at a point came to. Only an accepted plan is `planned`. */
export type Result =
  | {
      readonly status: "planned";
      readonly metrics: Figures;
      /** Of the objective planned for: whether no plan is better. */
      readonly optimal: boolean;
    }
  /** Not planned: point `by` is at least as good in everything as this one could be at best, and better in something. */
  | { readonly status: "pruned"; readonly by: number; readonly floor: Figures }
  /** `infeasible`: proven. `undecided`: neither plan nor proof. `refused`: by the judge, a bug of ours. `failed`: cannot be posed. */
  | { readonly status: "infeasible" | "undecided" | "refused" | "failed"; readonly reason: Diagnostic };

export const STATUSES = [
  "planned",
  "pruned",
  "infeasible",
  "undecided",
  "refused",
  "failed",
] as const satisfies readonly Result["status"][];

/** What is weighed of `objectives`, in their order: less is better in each. */
export type Vector = readonly number[];

/** A figure of which nothing is known counts as the best there could be: 0. Of what is the better the more there is, the reciprocal is weighed. */
export const vectorOf = (objectives: readonly Objective[], hardware: Hardware, figures: Figures): Vector => {
  const all: Readonly<Record<string, number>> = { ...hardware, ...figures };
  return objectives.map(({ key, more }) => (more ? 1 / (all[key] ?? Number.POSITIVE_INFINITY) : (all[key] ?? 0)));
};

/** What the metrics of a plan say of objectives; those of the hardware are not among them. */
export const figuresOf = (objectives: readonly Objective[], metrics: Metrics): Figures =>
  Object.fromEntries(
    objectives
      .filter(({ key }) => !OF_TARGETS.includes(key))
      .map(({ key, sum = { [key]: 1 } }) => [
        key,
        Object.entries(sum).reduce((total, [metric, weight]) => total + weight * Number(metrics[metric]), 0),
      ]),
  );
