import type { Mode } from "./branch.js";
import type { Instance } from "./instance.js";
import type { Restarts } from "./orders.js";
import type { PackingBudget } from "./problem.js";
import { search } from "./search.js";
import { forget, type State, state } from "./state.js";

export type ExactAnswer =
  | { readonly status: "packed"; readonly heights: Int32Array; readonly nodes: number }
  | { readonly status: "infeasible"; readonly core: readonly number[]; readonly nodes: number }
  | { readonly status: "undecided"; readonly activity: Float64Array; readonly nodes: number };

/** Runs the tree search once for each of `restarts`, until one run is conclusive. */
export function packExactly(exact: Instance, budget: PackingBudget, restarts: Restarts): ExactAnswer {
  const states = new Map<Mode, State>(); // each mode learns from its own failures
  let nodes = 0;
  for (const { mode, preference, nodes: most, afresh, adopt } of restarts(exact, budget.seed)) {
    if (nodes >= budget.nodes || budget.stop()) break;
    const s = states.get(mode) ?? state(exact);
    states.set(mode, s);
    if (afresh) forget(s.experience);
    const before = s.nodes;
    const answer = search(s, mode, preference, Math.min(budget.nodes - nodes, most), budget.stop);
    nodes += Math.max(1, s.nodes - before);
    if (answer === "packed") {
      adopt?.();
      return { status: "packed", heights: s.at, nodes };
    }
    if (answer === "infeasible") return { status: "infeasible", core: coreOf(s), nodes };
  }
  const activity = new Float64Array(exact.count);
  for (const { experience } of states.values())
    for (let i = 0; i < exact.count; i++) activity[i]! += experience.activity[i]! / experience.weight;
  return { status: "undecided", activity, nodes };
}

/** The items a refutation rests on: those it met, the twins below them, and the fixed items, which shaped the legal heights. */
function coreOf({ instance: { free, count, twinBefore }, involved }: State): number[] {
  const core = Uint8Array.from(involved);
  for (let i = free - 1; i >= 0; i--)
    if (core[i] === 1) for (let below = twinBefore[i]!; below >= 0; below = twinBefore[below]!) core[below] = 1;
  core.fill(1, free, count);
  return [...core.keys()].filter((i) => core[i] === 1);
}
