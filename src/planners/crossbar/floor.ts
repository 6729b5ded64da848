import { leastOf } from "./bounds.js";
import type { CrossbarProblem } from "./plan.js";

/** What no plan goes below, each by itself, in the names of the plan document; how many crossbars there are is no plan's to choose. */
export function floorOf(problem: CrossbarProblem): {
  readonly latencySeconds: number;
  readonly energyPicojoules: number;
  readonly crossbars: number;
} {
  return {
    latencySeconds: leastOf({ ...problem, objective: "latency" }).bound,
    energyPicojoules: leastOf({ ...problem, objective: "energy" }).bound,
    crossbars: problem.machine.crossbars,
  };
}
