import type { Budget } from "../../../search/budget.js";
import type { Workload } from "../accesses.js";
import type { StepId } from "../plan.js";
import { joined, type Network, networkOf, stepsOf } from "./network.js";
import { segment, seriesCuts } from "./parts.js";
import { type SearchAnswer, type SearchLimits, SLOTS, searchOrder } from "./search.js";
import { ancestors, slotsOf } from "./slots.js";

export interface OrderAnswer {
  /** Orders worth pricing, best first; empty where the search found none. */
  readonly orders: readonly (readonly StepId[])[];
  /** No order moves fewer bytes beyond the compulsory ones. */
  readonly bound: number;
  readonly proof: string;
}

/** Waiting tensors from which on all eviction sets are too many to try. */
const WIDE = 15;
const BEAMS = [
  { width: 100, crowding: 0.5 },
  { width: 100, crowding: 1 },
  { width: 1_000, crowding: 0.5 },
  { width: 1_000, crowding: 1 },
] as const;

/** Searches all orders of a workload for the fewest spilled and re-fetched bytes, addresses aside. */
export function solveOrder(workload: Workload, capacity: number, budget: Budget): OrderAnswer {
  const whole = joined(networkOf(workload));
  const before = ancestors(whole);
  const cuts = seriesCuts(whole, before);
  const bounds = [0, ...cuts.map((v) => v + 1), whole.ops.length];
  const known = new Map<string, PartAnswer>();
  const order: number[] = [];
  let bound = 0;
  let proved = true;
  let complete = true;
  for (let i = 0; i + 1 < bounds.length; i++) {
    const part = segment(whole, bounds[i]!, bounds[i + 1]!);
    const key = JSON.stringify([part.network.ops.map(({ ins, outs, after, grow }) => [ins, outs, after, grow]), part.network.tensors]);
    let answer = known.get(key);
    if (answer === undefined) {
      answer = solvePart(part.network, capacity, budget);
      known.set(key, answer);
    }
    bound += answer.bound;
    proved &&= answer.bound === answer.value;
    complete &&= answer.order !== undefined;
    for (const v of answer.order ?? []) if (part.ops[v]! >= 0) order.push(part.ops[v]!);
  }
  return {
    orders: complete ? [stepsOf(whole, order)] : [],
    bound,
    proof: proved ? "exact search over orders and residencies" : "best first part of an order, searched exactly",
  };
}

interface PartAnswer {
  readonly order: readonly number[] | undefined;
  readonly value: number;
  readonly bound: number;
}

function solvePart(network: Network, capacity: number, budget: Budget): PartAnswer {
  const before = ancestors(network);
  const slot = slotsOf(network, before, SLOTS);
  if (slot === undefined) return { order: undefined, value: Number.POSITIVE_INFINITY, bound: 0 };
  const wide = slot.reduce((a, b) => Math.max(a, b), -1) + 1 > WIDE;
  let best: SearchAnswer = { order: undefined, value: Number.POSITIVE_INFINITY, bound: 0 };
  const attempt = (limits: Partial<SearchLimits>): boolean => {
    const answer = searchOrder(network, slot, capacity, {
      width: Number.POSITIVE_INFINITY,
      crowding: 0,
      branches: 4_096,
      layer: 200_000,
      total: 1_000_000,
      below: best.value,
      stop: budget.stop,
      ...limits,
    });
    const found = answer.order !== undefined && answer.value < best.value;
    best = {
      order: found ? answer.order : best.order,
      value: found ? answer.value : best.value,
      bound: Math.max(best.bound, Math.min(answer.bound, found ? answer.value : best.value)),
    };
    return best.bound >= best.value || budget.stop();
  };
  for (const beam of BEAMS.slice(0, 2)) if (attempt({ ...beam, branches: wide ? 4 : 256, below: Number.POSITIVE_INFINITY })) return best;
  if (attempt({ layer: 100_000, total: 600_000 })) return best;
  for (const beam of BEAMS.slice(2)) if (attempt({ ...beam, branches: wide ? 4 : 256 })) return best;
  attempt({ layer: 400_000, total: 3_000_000 });
  return best;
}
