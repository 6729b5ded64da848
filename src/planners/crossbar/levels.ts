import type { Assembly } from "./assembly.js";
import { INFERENCES } from "./assembly.js";
import { leastSchedule } from "./bounds.js";
import type { Choice } from "./choice.js";
import type { CrossbarProblem, Level } from "./plan.js";

/** Value and bound of every level of the search, each within its own scope. */
export function levelsOf(problem: CrossbarProblem, choice: Choice, assembly: Omit<Assembly, "layers">, latency: number): readonly Level[] {
  return [
    {
      name: "encoding",
      unit: "cell writes",
      ...choice.coded,
      scope: "encodings and layouts of every layer at this sharing, by sample; chosen with the placement",
    },
    { name: "chains", unit: "cell writes", ...assembly.chains, scope: "all tables with these rounds, lines and codes, one pass" },
    ...(assembly.order === undefined
      ? []
      : [
          {
            name: "order",
            unit: "cell writes",
            value: assembly.order.value,
            // Rounds of a bundle are among what chains are bounded over.
            bound: Math.min(assembly.order.value, Math.max(assembly.order.bound, assembly.chains.bound)),
            scope:
              "one pass, where tables are chosen: all orders of the rounds of every bundle, or of strips of one round, and all permutations of lines (by blocks of 128 where the codes of more than 256 differ); what the nodes do not reach counts as for the chains",
          } as const,
        ]),
    {
      name: "placement",
      unit: "seconds",
      value: choice.value,
      bound: choice.bound,
      scope: `encodings, crossbars and rounds of every layer with at most ${choice.most} writes of a cell, by sampled latency of all layers and what the objective adds to it`,
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
      bound: Math.min(latency, leastSchedule(problem, assembly.loads, INFERENCES)),
      scope: "all schedules of these loads",
    },
  ];
}
