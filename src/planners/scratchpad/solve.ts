import type { Outcome } from "../../base/outcome.js";
import type { Budget } from "../../search/budget.js";
import type { MipSolver } from "../../search/mip.js";
import { type Accesses, accessesOf, fileOrder } from "./accesses.js";
import { addressed } from "./addresses.js";
import { conflictOf, usable } from "./conflict.js";
import { inObjective } from "./objective.js";
import { solveOrder } from "./order/solve.js";
import type { ScratchpadPlan, ScratchpadProblem, StepId } from "./plan.js";
import { type SolvedResidency, solveResidency } from "./residency/solve.js";

/**
 * Plans order, residency and addresses. The model's own order and the best that the order search finds are priced
 * (exactly, or with a bound), the cheaper one gets addresses. Where a residency has none, or none were found, the
 * tightest positions are given less room and the residency is solved anew; what that costs over the bound is
 * fragmentation. For another objective than traffic, this is where the search for it begins.
 */
export async function solve(problem: ScratchpadProblem, budget: Budget, mip: MipSolver): Promise<Outcome<ScratchpadPlan>> {
  const conflict = conflictOf(problem, budget);
  if (conflict !== undefined) return { status: "infeasible", conflict };

  const room = usable(problem);
  const cut = problem.assumptions.split !== undefined;
  // Thousands of parts: the integer programme would only run into its time limit.
  const own = await priced(problem, fileOrder(problem.steps), room, budget, cut ? undefined : mip);
  const plan = await addressed(problem, own.accesses, own.residency, own.capacity, budget);
  let best = { plan, orderBound: own.bound, asked: own.residency.traffic };
  let bound = 0;
  let proof = NOTHING_MOVES;
  const orders: (readonly StepId[])[] = [];
  // A network cut to fit comes in the order its slabs were cut for; bounds on its orders would say nothing of other cuts.
  if (best.plan.claims.nonCompulsory > 0 && cut) proof = "none: other slabs might move less";
  else if (best.plan.claims.nonCompulsory > 0 && !budget.stop()) {
    budget.progress({ phase: "order", incumbent: best.plan.claims.nonCompulsory, unit: "B" });
    const search = await solveOrder(problem, room, budget, mip);
    ({ bound, proof } = search);
    orders.push(...search.orders);
    for (const order of search.orders) {
      if (best.plan.claims.nonCompulsory === bound) break;
      const other = await priced(problem, order, room, budget, mip);
      if (other.residency.traffic >= best.plan.claims.nonCompulsory) continue;
      const candidate = await addressed(problem, other.accesses, other.residency, other.capacity, budget);
      if (candidate.claims.nonCompulsory < best.plan.claims.nonCompulsory)
        best = { plan: candidate, orderBound: other.bound, asked: other.residency.traffic };
    }
  }
  const value = best.plan.claims.nonCompulsory;
  const { orderBound, asked } = best;
  budget.progress({ phase: "done", incumbent: value, bound, unit: "B" });
  const status = value === bound ? "optimal" : "feasible";
  const moved = {
    status,
    plan: best.plan,
    value,
    bound,
    scope: "all orders",
    proof,
    orderBound,
    fragmentationBytes: value - asked,
  } as const;
  return inObjective(problem, moved, orders, budget);
}

const NOTHING_MOVES = "no byte moves that need not";

/** An order with the residency that moves the fewest bytes, addresses aside. */
interface Priced extends SolvedResidency {
  readonly accesses: Accesses;
  readonly capacity: Float64Array;
}

async function priced(
  problem: ScratchpadProblem,
  order: readonly StepId[],
  room: number,
  budget: Budget,
  mip: MipSolver | undefined,
): Promise<Priced> {
  const accesses = accessesOf(problem, order);
  const capacity = new Float64Array(order.length).fill(room);
  return { accesses, capacity, ...(await solveResidency(accesses, capacity, budget, mip)) };
}
