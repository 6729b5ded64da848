import type { Assembly } from "./assembly.js";
import { INFERENCES } from "./assembly.js";
import { leastSchedule } from "./bounds.js";
import type { Choice } from "./choice.js";
import type { CrossbarProblem, Level } from "./plan.js";

/** Value and bound of every level of the search, each within its own scope. */
export function levelsOf(problem: CrossbarProblem, choice: Choice, assembly: Assembly, latency: number): readonly Level[] {
  const { objective } = problem;
  const unit = objective === "energy" ? "picojoules" : objective === "endurance" ? "cell writes" : "seconds";
  return [
    {
      name: "encoding",
      unit: "cell writes",
      ...choice.coded,
      scope: `encodings and layouts of every layer at this sharing, by sample; chosen by ${objective}`,
    },
    { name: "chains", unit: "cell writes", ...assembly.chains, scope: "all tables with these rounds, lines and codes, one pass" },
    {
      name: "placement",
      unit,
      value: choice.value,
      bound: choice.bound,
      scope: `crossbars and rounds of every layer with at most ${choice.most} writes of a cell, by sampled cost`,
    },
    {
      name: "closing",
      unit: "cell writes",
      value: assembly.closing / INFERENCES,
      bound: 0,
      scope: "all ways from one inference to the next",
    },
    {
      name: "overlap",
      unit: "seconds",
      value: latency,
      bound: Math.min(latency, leastSchedule(problem, assembly.lines, INFERENCES)),
      scope: "all schedules of these loads",
    },
  ];
}
