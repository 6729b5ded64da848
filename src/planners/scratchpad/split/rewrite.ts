import { bytes } from "../../../base/units.js";
import type { Graph } from "../../../graph/graph.js";
import type { Budget } from "../../../search/budget.js";
import type { ScratchpadTarget } from "../../../target/target.js";
import { usable } from "../conflict.js";
import type { ScratchpadProblem } from "../plan.js";
import { splitPlan } from "./solve.js";

/**
 * The same network in a memory smaller than its largest operator needs: cut into slabs and parts, its steps in the
 * order that keeps slabs on chip. Undefined where nothing needs cutting, or some operator cannot be cut small enough.
 */
export function rewritten(
  graph: Graph,
  target: ScratchpadTarget,
  problem: ScratchpadProblem,
  budget: Budget,
): ScratchpadProblem | undefined {
  const largestNeed = problem.steps.reduce((most, { reads, writes }) => {
    const need = [...new Set([...reads, ...writes])].reduce((sum, b) => sum + problem.buffers[b]!.footprint, 0);
    return Math.max(most, need);
  }, 0);
  const room = usable(problem);
  if (largestNeed <= room) return undefined;
  const found = splitPlan(graph, target, room, budget);
  if (found === undefined) return undefined;
  const parts = new Map<number, number>();
  for (const { operator } of found.split.parts) parts.set(operator, (parts.get(operator) ?? 0) + 1);
  const operators = [...parts].filter(([, n]) => n > 1).map(([id, n]) => ({ name: graph.operators[id]!.name, parts: n }));
  return {
    ...found.problem,
    machine: problem.machine,
    steps: found.order.map((s) => found.problem.steps[s]!),
    assumptions: { ...found.problem.assumptions, split: { largestNeed: bytes(largestNeed), operators } },
  };
}
