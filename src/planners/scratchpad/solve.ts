import { fail } from "../../base/diagnostic.js";
import type { Conflict, Outcome } from "../../base/outcome.js";
import type { Budget } from "../../search/budget.js";
import type { MipSolver } from "../../search/mip.js";
import { type Accesses, accessesOf, fileOrder, loadOf, operandsOf } from "./accesses.js";
import { episodesOf } from "./episodes.js";
import { firstFit } from "./first-fit.js";
import { fitsAlone, place } from "./place.js";
import type { ScratchpadPlan, ScratchpadProblem } from "./plan.js";
import { programme } from "./programme.js";
import { type SolvedResidency, solveResidency } from "./residency/solve.js";

/** Rounds in which a residency without addresses is relieved where it is too tight. */
const ROUNDS = 12;

/**
 * Plans the model's own operator order: which buffers stay, leave and come back (exact, or with a bound), then
 * their addresses. Where a residency has no addresses, or none were found, the tightest positions are given
 * less room and the residency is solved anew; what that costs over the bound is fragmentation.
 */
export async function solve(problem: ScratchpadProblem, budget: Budget, mip: MipSolver): Promise<Outcome<ScratchpadPlan>> {
  const conflict = conflictOf(problem, budget);
  if (conflict !== undefined) return { status: "infeasible", conflict };

  const accesses = accessesOf(problem, fileOrder(problem.steps));
  const capacity = new Float64Array(accesses.need.length).fill(usable(problem));
  budget.progress({ phase: "residency", unit: "B" });
  const answer = await solveResidency(accesses, capacity, budget, mip);
  budget.progress({ phase: "addresses", incumbent: answer.residency.traffic, bound: answer.bound, unit: "B" });
  const plan = await withAddresses(problem, accesses, capacity, answer, budget, mip);
  return conclusion(
    plan,
    answer,
    loadOf(accesses).every((load, t) => load <= capacity[t]!),
  );
}

/** Bytes outside the reserved ranges. */
const usable = ({ machine }: ScratchpadProblem): number =>
  machine.reserved.reduce((left, r) => left - Math.max(0, Math.min(r.end, machine.capacity) - r.start), machine.capacity as number);

async function withAddresses(
  problem: ScratchpadProblem,
  accesses: Accesses,
  capacity: Float64Array,
  answer: SolvedResidency,
  budget: Budget,
  mip: MipSolver,
): Promise<ScratchpadPlan> {
  const order = accesses.order.length;
  const room = Float64Array.from(capacity);
  let residency = answer.residency;
  let best: ScratchpadPlan | undefined;
  const consider = (plan: ScratchpadPlan) => {
    if (best === undefined || plan.claims.nonCompulsory < best.claims.nonCompulsory) best = plan;
  };
  for (let round = 0; round < ROUNDS; round++) {
    const placing = place(problem, order, episodesOf(accesses, residency.absent), Math.ceil(budget.nodes / ROUNDS), budget);
    if (placing.status === "placed") {
      consider(programme(problem, accesses, placing.episodes));
      break;
    }
    consider(programme(problem, accesses, firstFit(problem, accesses, residency.absent)));
    if (budget.stop() || best!.claims.nonCompulsory <= answer.bound) break;
    if (!relieve(accesses, residency.absent, room, placing.hot)) break;
    const next = await solveResidency(accesses, room, budget, mip);
    if (next.residency.traffic >= best!.claims.nonCompulsory) break; // placing it could no longer win
    residency = next.residency;
  }
  return best!;
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

function conclusion(plan: ScratchpadPlan, { bound, proof }: SolvedResidency, everythingFits: boolean): Outcome<ScratchpadPlan> {
  const value = plan.claims.nonCompulsory;
  if (value === 0)
    return {
      status: "optimal",
      plan,
      value,
      bound: 0,
      scope: "all orders",
      proof: everythingFits ? "nothing needs to leave the scratchpad" : "no byte moves twice",
    };
  return { status: value === bound ? "optimal" : "feasible", plan, value, bound, scope: "this order", proof };
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
