import { fail } from "../../base/diagnostic.js";
import type { Conflict, Outcome } from "../../base/outcome.js";
import type { Budget } from "../../search/budget.js";
import type { MipSolver } from "../../search/mip.js";
import { type Accesses, accessesOf, fileOrder, loadOf, operandsOf } from "./accesses.js";
import { episodesOf } from "./episodes.js";
import { firstFit } from "./first-fit.js";
import { solveOrder } from "./order/solve.js";
import { fitsAlone, place } from "./place.js";
import type { ScratchpadPlan, ScratchpadProblem, StepId } from "./plan.js";
import { programme } from "./programme.js";
import { type SolvedResidency, solveResidency } from "./residency/solve.js";

/** Rounds in which a residency without addresses is relieved where it is too tight. */
const ROUNDS = 12;
/** A packing node costs in proportion to the items; beyond this many there are fewer nodes. */
const USUAL_ITEMS = 300;

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
  let best = await addressed(problem, own, budget);
  let bound = 0;
  let proof = NOTHING_MOVES;
  if (best.plan.claims.nonCompulsory > 0 && !budget.stop()) {
    budget.progress({ phase: "order", incumbent: best.plan.claims.nonCompulsory, unit: "B" });
    const search = solveOrder(problem, room, budget);
    ({ bound, proof } = search);
    if (search.order !== undefined) {
      const other = await priced(problem, search.order, room, budget, mip);
      if (other.residency.traffic < best.plan.claims.nonCompulsory) {
        const candidate = await addressed(problem, other, budget);
        if (candidate.plan.claims.nonCompulsory < best.plan.claims.nonCompulsory) best = candidate;
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

async function addressed(
  problem: ScratchpadProblem,
  { accesses, capacity, bound, ...first }: Priced,
  budget: Budget,
): Promise<{ plan: ScratchpadPlan; orderBound: number }> {
  const room = Float64Array.from(capacity);
  let residency = first.residency;
  let best: ScratchpadPlan | undefined;
  const items = accesses.order.length;
  const share = { ...budget, nodes: Math.ceil(budget.nodes / ROUNDS) };
  const consider = (plan: ScratchpadPlan) => {
    if (best === undefined || plan.claims.nonCompulsory < best.claims.nonCompulsory) best = plan;
  };
  for (let round = 0; round < ROUNDS; round++) {
    const placing = place(
      problem,
      items,
      episodesOf(accesses, residency.absent),
      Math.ceil((share.nodes / 4) * Math.min(1, USUAL_ITEMS / items)),
      budget,
    );
    if (placing.status === "placed") {
      consider(programme(problem, accesses, placing.episodes));
      break;
    }
    consider(programme(problem, accesses, firstFit(problem, accesses, residency.absent)));
    if (budget.stop() || best!.claims.nonCompulsory <= bound) break;
    if (!relieve(accesses, residency.absent, room, placing.hot)) break;
    const next = await solveResidency(accesses, room, share);
    if (next.residency.traffic >= best!.claims.nonCompulsory) break; // placing it could no longer win
    residency = next.residency;
  }
  return { plan: best!, orderBound: bound };
}

/** Takes one kept buffer's worth of room from the hottest positions that still keep anything; false when there is none. */
function relieve(accesses: Accesses, absent: Uint8Array, room: Float64Array, hot: Float64Array): boolean {
  const { gaps, need } = accesses;
  const load = loadOf(accesses, absent);
  let hottest = -1;
  for (let t = 0; t < load.length; t++) if (load[t]! > need[t]! && (hottest < 0 || hot[t]! > hot[hottest]!)) hottest = t;
  if (hottest < 0) return false;
  const limit = 0.999 * hot[hottest]!;
  for (let t = 0; t < load.length; t++) {
    if (hot[t]! < limit || load[t]! <= need[t]!) continue;
    let smallest = Number.POSITIVE_INFINITY;
    for (let g = 0; g < gaps.count; g++)
      if (!absent[g] && gaps.from[g]! < t && t < gaps.to[g]!) smallest = Math.min(smallest, gaps.footprint[g]!);
    room[t] = Math.max(need[t]!, load[t]! - smallest);
  }
  return true;
}

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
