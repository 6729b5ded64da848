import type { Budget } from "../../../search/budget.js";
import type { MipSolver } from "../../../search/mip.js";
import { type Accesses, loadOf } from "../accesses.js";
import { type DpLimits, exactResidency } from "./dp.js";
import { gapMip } from "./gap-mip.js";
import { belady, costGreedy, replace } from "./replacement.js";
import { improve, type Residency, residencyOf } from "./residency.js";

export interface SolvedResidency {
  readonly residency: Residency;
  readonly bound: number;
  /** Which argument proves the bound. */
  readonly proof: string;
}

const EXACT = { states: 20_000, branches: 4_096 };
const BEAM = { states: 1_000, branches: 64 };
/** Programmes with more gaps than this only cost the solver's start. */
const MOST_GAPS = 20_000;
const MIP_SECONDS = 5;

/**
 * The least spilled and re-fetched bytes for the order of `accesses`, each operator fitting alone: replacement
 * rules first, then the exact dynamic programme, then, where that drowns, a beam and the programme over gaps.
 *
 * @param mip left out where a good residency without a bound will do.
 */
export async function solveResidency(
  accesses: Accesses,
  capacity: Float64Array,
  budget: Budget,
  mip?: MipSolver,
): Promise<SolvedResidency> {
  const nothing = new Uint8Array(accesses.gaps.count);
  if (loadOf(accesses, nothing).every((load, t) => load <= capacity[t]!))
    return { residency: residencyOf(accesses, nothing), bound: 0, proof: "nothing needs to leave the scratchpad" };

  let best = residencyOf(accesses, new Uint8Array(accesses.gaps.count).fill(1));
  let bound = 0;
  let proof = "no bound was proved";
  const consider = (r: Residency | undefined) => {
    if (r !== undefined && r.traffic < best.traffic) best = improve(accesses, r, capacity);
  };
  const raise = (to: number, by: string) => {
    if (to > bound) [bound, proof] = [to, by];
  };
  best = improve(accesses, best, capacity);
  for (const rule of [belady, costGreedy]) consider(replace(accesses, capacity, rule));
  if (budget.stop()) return { residency: best, bound, proof };

  const search = (limits: Pick<DpLimits, "states" | "branches">) => {
    const answer = exactResidency(accesses, capacity, { ...limits, total: 10 * budget.nodes, below: best.traffic, stop: budget.stop });
    consider(answer.residency);
    raise(Math.min(answer.bound, best.traffic), "dynamic programme over residencies");
    return best.traffic <= bound || budget.stop();
  };
  const affordable = Math.max(30, Math.floor(budget.nodes / (4 * accesses.need.length)));
  if (search(EXACT) || search({ ...BEAM, states: Math.min(BEAM.states, affordable) })) return { residency: best, bound, proof };
  if (mip === undefined || accesses.gaps.count > MOST_GAPS) return { residency: best, bound, proof };
  const answer = await gapMip(accesses, capacity, mip, { seconds: MIP_SECONDS, nodes: budget.nodes });
  consider(answer.residency);
  raise(Math.min(answer.bound, best.traffic), "mixed-integer programme over gaps");
  return { residency: best, bound, proof };
}
