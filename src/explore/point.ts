import type { Diagnostic } from "../base/diagnostic.js";
import type { Target } from "../target/target.js";

/** Less is better in each. The first two are the judge's, the others follow from the target alone. */
export const OBJECTIVES = [
  { key: "latencySeconds", label: "latency", unit: "s" },
  { key: "energyPicojoules", label: "energy", unit: "pJ" },
  { key: "areaSquareMillimetres", label: "area", unit: "mm²" },
  { key: "bandwidthBytesPerSecond", label: "peak bandwidth", unit: "B/s" },
] as const;

export type Objective = (typeof OBJECTIVES)[number]["key"];

/** What a target needs, whatever it runs. */
export interface Hardware {
  /** Absent where no model covers the target. */
  readonly areaSquareMillimetres?: number;
  /** Off-chip, both directions together. */
  readonly bandwidthBytesPerSecond: number;
}

/** What running the network on a target takes. */
export interface Run {
  readonly latencySeconds: number;
  readonly energyPicojoules: number;
}

/** One target of a space. */
export interface Point {
  /** Position in the space. */
  readonly id: number;
  /** Name of the base, and what was set. */
  readonly base: string;
  readonly settings: readonly string[];
  readonly target: Target;
  readonly hardware: Hardware;
}

/** What looking at a point came to. Only an accepted plan is `planned`. */
export type Result =
  | {
      readonly status: "planned";
      readonly metrics: Run & { readonly latencyCycles: number; readonly offChipBytes: number };
      /** Of the objective planned for: whether no plan is better. */
      readonly optimal: boolean;
    }
  /** Not planned: point `by` is at least as good in everything as this one could be at best, and better in something. */
  | { readonly status: "pruned"; readonly by: number; readonly floor: Run }
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

/** The values of `objectives` in their order. */
export type Vector = readonly number[];

export const vectorOf = (objectives: readonly Objective[], hardware: Hardware, run: Run): Vector => {
  const all: Readonly<Partial<Record<Objective, number>>> = { ...hardware, ...run };
  return objectives.map((key) => all[key] ?? 0);
};
