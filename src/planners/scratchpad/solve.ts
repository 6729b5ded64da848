import { fail } from "../../base/diagnostic.js";
import type { Conflict, Outcome } from "../../base/outcome.js";
import type { Budget } from "../../search/budget.js";
import type { MipSolver } from "../../search/mip.js";
import { type Accesses, accessesOf, fileOrder, operandsOf } from "./accesses.js";
import { addressed } from "./addresses.js";
import { solveOrder } from "./order/solve.js";
import { fitsAlone } from "./place.js";
import type { ScratchpadPlan, ScratchpadProblem, StepId } from "./plan.js";
import { type SolvedResidency, solveResidency } from "./residency/solve.js";

/**
 * Plans order, residency and addresses. The model's own order and the best that the order search finds are priced
 * (exactly, or with a bound), the cheaper one gets addresses. Where a residency has none, or none were found, the
 * tightest positions are given less room and the residency is solved anew; what that costs over the bound is
 * fragmentation.
 */
export async function solve(problem: ScratchpadProblem, budget: Budget, mip: MipSolver): Promise<Outcome<ScratchpadPlan>> {
  const conflict = conflictOf(problem, budget);
  if (conflict !== undefined) return { status: "infeasible", conflict };

  const room = usable(problem);
  const own = await priced(problem, fileOrder(problem.steps), room, budget, mip);
  const plan = await addressed(problem, own.accesses, own.residency, own.capacity, budget);
  let best = { plan, orderBound: own.bound };
  let bound = 0;
  let proof = NOTHING_MOVES;
  if (best.plan.claims.nonCompulsory > 0 && !budget.stop()) {
    budget.progress({ phase: "order", incumbent: best.plan.claims.nonCompulsory, unit: "B" });
    const search = solveOrder(problem, room, budget);
    ({ bound, proof } = search);
    if (search.order !== undefined) {
      const other = await priced(problem, search.order, room, budget, mip);
      if (other.residency.traffic < best.plan.claims.nonCompulsory) {
        const candidate = await addressed(problem, other.accesses, other.residency, other.capacity, budget);
        if (candidate.claims.nonCompulsory < best.plan.claims.nonCompulsory) best = { plan: candidate, orderBound: other.bound };
      }
    }
  }
  const value = best.plan.claims.nonCompulsory;
  const { orderBound } = best;
  budget.progress({ phase: "done", incumbent: value, bound, unit: "B" });
  return { status: value === bound ? "optimal" : "feasible", plan: best.plan, value, bound, scope: "all orders", proof, orderBound };
}

const NOTHING_MOVES = "no byte moves that need not";

/** An order with the residency that moves the fewest bytes, addresses aside. */
interface Priced extends SolvedResidency {
  readonly accesses: Accesses;
  readonly capacity: Float64Array;
}

async function priced(problem: ScratchpadProblem, order: readonly StepId[], room: number, budget: Budget, mip: MipSolver): Promise<Priced> {
  const accesses = accessesOf(problem, order);
  const capacity = new Float64Array(order.length).fill(room);
  return { accesses, capacity, ...(await solveResidency(accesses, capacity, budget, mip)) };
}

/** Bytes outside the reserved ranges. */
const usable = ({ machine }: ScratchpadProblem): number =>
  machine.reserved.reduce((left, r) => left - Math.max(0, Math.min(r.end, machine.capacity) - r.start), machine.capacity as number);

function conflictOf(problem: ScratchpadProblem, budget: Budget): Conflict | undefined {
  const { steps, buffers, machine, sizes } = problem;
  const room = usable(problem);
  let worst = -1;
  let worstNeed = 0;
  steps.forEach((step, i) => {
    const footprints = operandsOf(step).map((b) => buffers[b]!.footprint);
    const need = footprints.reduce((a, b) => a + b, 0);
    if (need <= worstNeed) return;
    if (need > room || (machine.reserved.length > 0 && !fitsAlone(problem, footprints, budget))) {
      worst = i;
      worstNeed = need;
    }
  });
  if (worst < 0) return undefined;
  const step = steps[worst]!;
  const missing = Math.max(0, worstNeed - room);
  const reason =
    missing > 0
      ? `${room} B are available, ${missing} B are missing`
      : `${room} B are available, but the reserved ranges cut them into pieces too small`;
  return {
    ...fail(
      "SPM-20",
      `operator ${step.name} (${step.type})`,
      `its operands alone need ${worstNeed} B; ${reason}`,
      `the smallest memory that works is ${sizes.min} B: --set memory.size=${sizes.min}B`,
    ),
    figures: { neededBytes: worstNeed, availableBytes: room, missingBytes: missing, smallestWorkingBytes: sizes.min },
  };
}
