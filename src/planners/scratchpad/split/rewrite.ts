import { type Diagnostic, fail } from "../../../base/diagnostic.js";
import { bytes } from "../../../base/units.js";
import type { Graph } from "../../../graph/graph.js";
import type { Budget } from "../../../search/budget.js";
import type { ScratchpadTarget } from "../../../target/target.js";
import { conflictOf, largestHole, usable } from "../conflict.js";
import type { ScratchpadProblem } from "../plan.js";
import { originOf } from "./origin.js";
import { type SplitPlan, splitPlan } from "./solve.js";

/** What became of a network in a memory that may be too small for its operators. */
export type Rewriting =
  /** Every operator fits as it is. */
  | { readonly kind: "whole" }
  /** Cut into slabs and parts that fit; the steps are in the order that keeps slabs on chip. */
  | { readonly kind: "cut"; readonly problem: ScratchpadProblem }
  /** No cut was found whose every part fits. That is our search's limit and proves nothing of other cuts. */
  | { readonly kind: "none"; readonly reason: Diagnostic };

/** The same network in a memory smaller than its largest operator needs. */
export function rewritten(graph: Graph, target: ScratchpadTarget, problem: ScratchpadProblem, budget: Budget): Rewriting {
  const conflict = conflictOf(problem, budget);
  if (conflict === undefined) return { kind: "whole" };
  // Parts that fit into all that is free may still not fit between reserved ranges; those that fit into one hole do.
  for (const room of new Set([usable(problem), largestHole(problem)].filter((n) => n > 0))) {
    const found = splitPlan(graph, target, room, budget);
    if (found === undefined) continue;
    const cut = problemOf(found, graph, target, problem, conflict.figures.neededBytes!);
    if (conflictOf(cut, budget) === undefined) return { kind: "cut", problem: cut };
  }
  const { neededBytes, availableBytes } = conflict.figures;
  const searched = budget.stop() ? "the time was over before a cut was found" : "no cut was found";
  return {
    kind: "none",
    reason: fail(
      "SPM-23",
      conflict.where,
      `run whole, its operands alone need ${neededBytes} B of the ${availableBytes} B available, and ${searched} whose every part fits; another cut might`,
      `allow more with --nodes or --time, or give the memory ${problem.sizes.min} B, the least that takes every operator whole: --set memory.size=${problem.sizes.min}B`,
    ),
  };
}

function problemOf(
  { problem, order, specification, split }: SplitPlan,
  graph: Graph,
  target: ScratchpadTarget,
  whole: ScratchpadProblem,
  largestNeed: number,
): ScratchpadProblem {
  const parts = new Map<number, number>();
  for (const { operator } of split.parts) parts.set(operator, (parts.get(operator) ?? 0) + 1);
  const operators = [...parts].filter(([, n]) => n > 1).map(([id, n]) => ({ name: graph.operators[id]!.name, parts: n }));
  return {
    ...problem,
    objective: whole.objective,
    machine: whole.machine,
    steps: order.map((s) => problem.steps[s]!),
    assumptions: {
      ...problem.assumptions,
      outsideWeightBytes: whole.assumptions.outsideWeightBytes,
      split: { largestNeed: bytes(largestNeed), operators },
    },
    split: originOf(graph, target, specification, split, order),
  };
}
