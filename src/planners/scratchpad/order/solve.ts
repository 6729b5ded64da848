import type { Budget } from "../../../search/budget.js";
import type { Workload } from "../accesses.js";
import type { StepId } from "../plan.js";
import { chainBound } from "./chain.js";
import { minPeak, peakBound } from "./min-peak.js";
import { joined, type Network, networkOf, stepsOf } from "./network.js";
import { segment, seriesCuts } from "./parts.js";
import { type SearchLimits, SLOTS, searchOrder } from "./search.js";
import { ancestors, slotsOf } from "./slots.js";

export interface OrderAnswer {
  /** Orders worth pricing: the best found, and one of the smallest peak; fewer where a search was cut off. */
  readonly orders: readonly (readonly StepId[])[];
  /** No order moves fewer bytes beyond the compulsory ones. */
  readonly bound: number;
  readonly proof: string;
}

/** Slots from which on all eviction sets are too many to try in a beam. */
const WIDE = 15;
const BEAM = { narrow: { width: 1_000, branches: 256 }, wide: { width: 1_000, branches: 4 } } as const;
const FIRST_WIDTH = 100;
/** The budget in nodes for which the second beam has its full width. */
const FULL_BUDGET = 1_000_000;
/** Beyond this many operators it is narrower in proportion. */
const USUAL_OPERATORS = 600;

/** Searches all orders of a workload for the fewest spilled and re-fetched bytes, addresses aside. */
export function solveOrder(workload: Workload, capacity: number, budget: Budget): OrderAnswer {
  const whole = joined(networkOf(workload));
  const before = ancestors(whole);
  const cuts = seriesCuts(whole, before);
  const bounds = [0, ...cuts.map((v) => v + 1), whole.ops.length];
  const known = new Map<string, PartAnswer>();
  const order: number[] = [];
  const calm: number[] = [];
  let bound = 0;
  let proved = true;
  let complete = true;
  let calmComplete = true;
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
    calmComplete &&= answer.calm !== undefined;
    for (const v of answer.order ?? []) if (part.ops[v]! >= 0) order.push(part.ops[v]!);
    for (const v of answer.calm ?? []) if (part.ops[v]! >= 0) calm.push(part.ops[v]!);
  }
  return {
    orders: [...(complete ? [stepsOf(whole, order)] : []), ...(calmComplete ? [stepsOf(whole, calm)] : [])],
    bound,
    proof: proved ? "exact search over orders and residencies" : "best first part of an order, searched exactly",
  };
}

interface PartAnswer {
  readonly order: readonly number[] | undefined;
  readonly value: number;
  readonly bound: number;
  /** An order of the smallest peak. */
  readonly calm?: readonly number[] | undefined;
}

/** Narrow beams first: they often prove themselves, and what follows only needs orders that beat them. */
function solvePart(network: Network, capacity: number, budget: Budget): PartAnswer {
  const slot = slotsOf(network, ancestors(network), SLOTS);
  if (slot === undefined) return { order: undefined, value: Number.POSITIVE_INFINITY, bound: 0 };
  const { width: full, branches } = slot.some((s) => s >= WIDE) ? BEAM.wide : BEAM.narrow;
  const width = Math.floor(full * Math.min(1, budget.nodes / FULL_BUDGET, USUAL_OPERATORS / network.ops.length));
  let best: PartAnswer = { order: undefined, value: Number.POSITIVE_INFINITY, bound: 0 };
  const peak = minPeak(network, budget.nodes / 10, budget.stop);
  /** Whether there is nothing left to do. */
  const improve = (answer: PartAnswer): boolean => {
    const { order, value } = answer.value < best.value ? answer : best;
    best = { calm: peak.order, order, value, bound: Math.min(value, Math.max(best.bound, answer.bound)) };
    return best.bound >= best.value || budget.stop();
  };
  const search = (limits: Pick<SearchLimits, "width" | "crowding" | "branches" | "layer" | "total">) =>
    improve(searchOrder(network, slot, capacity, { ...limits, below: best.value, stop: budget.stop }));
  const beam = (width: number, crowding: number) =>
    search({ width, crowding, branches, layer: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY });
  const exact = (layer: number) => search({ width: Number.POSITIVE_INFINITY, crowding: 0, branches: 100_000, layer, total: 6 * layer });

  const asked = peakBound(network, peak.bound, capacity);
  if (
    improve({
      order: peak.bound <= capacity ? peak.order : undefined,
      value: peak.bound <= capacity && peak.order ? 0 : Number.POSITIVE_INFINITY,
      bound: asked,
    })
  )
    return best;
  if (beam(FIRST_WIDTH, 0.5) || beam(FIRST_WIDTH, 1) || exact(budget.nodes / 20)) return best;
  if (width > FIRST_WIDTH && (beam(width, 0.5) || beam(width, 1))) return best;
  if (exact(budget.nodes / 5) || best.order === undefined) return best;
  improve(
    chainBound(network, best.order, capacity, best.value, {
      stride: 4,
      layer: budget.nodes / 10,
      total: budget.nodes,
      stop: budget.stop,
    }),
  );
  return best;
}
