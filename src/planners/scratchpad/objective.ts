import type { Outcome } from "../../base/outcome.js";
import { type Bytes, bytes } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { energyFloor, energyOf } from "./energy.js";
import { latencyFloor } from "./latency/floor.js";
import { fastest } from "./latency/solve.js";
import { latencyOf } from "./latency/timing.js";
import type { ScratchpadPlan, ScratchpadProblem, StepId } from "./plan.js";

type Solved = Extract<Outcome<ScratchpadPlan>, { readonly plan: ScratchpadPlan }>;

/**
 * Turns what a search for the fewest bytes found into an answer in the problem's objective. Energy is least where the
 * bytes are; for latency the plan is where the search begins, so that it never takes longer.
 *
 * @param moved value and bounds in bytes
 * @param orders worth timing besides that of the plan
 */
export function inObjective(problem: ScratchpadProblem, moved: Solved, orders: readonly (readonly StepId[])[], budget: Budget): Solved {
  switch (problem.objective) {
    case "traffic":
      return moved;
    case "energy":
      return inPicojoules(problem, moved);
    case "latency":
      return inCycles(problem, moved, orders, budget);
  }
}

/** A network cut to fit could be cut otherwise, and its parts then take other energy and time. */
const anotherCut = ({ assumptions }: ScratchpadProblem): string =>
  assumptions.split === undefined ? "" : "; for these slabs, others might take less";

function inPicojoules(problem: ScratchpadProblem, { plan, value, bound, orderBound, proof, ...moved }: Solved): Solved {
  const energy = energyOf(problem, plan.actions);
  const floor = (least: number) => energyFloor(problem, energy, bytes(value), bytes(least));
  return {
    ...moved,
    status: moved.status === "optimal" && problem.assumptions.split === undefined ? "optimal" : "feasible",
    plan,
    value: energy,
    bound: floor(bound),
    proof: `computation, compulsory transfers, and beyond them: ${proof}${anotherCut(problem)}`,
    ...(orderBound === undefined ? {} : { orderBound: floor(orderBound) }),
  };
}

function inCycles(problem: ScratchpadProblem, moved: Solved, orders: readonly (readonly StepId[])[], budget: Budget): Solved {
  const own = orderOf(moved.plan);
  const { cycles: bound, proof } = latencyFloor(problem, bytes(moved.bound), moved.scope === "this order" ? own : undefined);
  budget.progress({ phase: "latency", incumbent: latencyOf(problem, moved.plan.actions), bound, unit: "cycle" });
  const plan = fastest(problem, moved.plan, orders, bound, budget);
  const value = latencyOf(problem, plan.actions);
  const order = orderOf(plan);
  const sameOrder = order.every((s, t) => s === own[t]);
  const ofOrder: Bytes = bytes(sameOrder ? Math.max(moved.bound, moved.orderBound ?? 0) : moved.bound);
  const orderBound = Math.max(bound, latencyFloor(problem, ofOrder, order).cycles);
  budget.progress({ phase: "done", incumbent: value, bound, unit: "cycle" });
  return {
    status: value === bound && problem.assumptions.split === undefined ? "optimal" : "feasible",
    plan,
    value,
    bound,
    scope: moved.scope,
    proof: proof + anotherCut(problem),
    orderBound,
  };
}

const orderOf = (plan: ScratchpadPlan): readonly StepId[] => plan.actions.flatMap((a) => (a.kind === "run" ? [a.step] : []));
