import type { Budget } from "../../../search/budget.js";
import type { Workload } from "../accesses.js";
import type { StepId } from "../plan.js";
import { minPeak, peakBound } from "./min-peak.js";
import { joined, type Network, networkOf, stepsOf } from "./network.js";
import { segment, seriesCuts } from "./parts.js";
import { mirrored, reversed } from "./reversed.js";
import { type SearchLimits, SLOTS, searchOrder } from "./search.js";
import { ancestors, slotsOf } from "./slots.js";
import { windowBound } from "./windows.js";

export interface OrderAnswer {
  /** Orders worth pricing: the best found, and one of the smallest peak; fewer where a search was cut off. */
  readonly orders: readonly (readonly StepId[])[];
  /** No order moves fewer bytes beyond the compulsory ones. */
  readonly bound: number;
  readonly proof: string;
}

/** Slots from which on all eviction sets are too many to try in a beam, and how many then are tried. */
const WIDE = { slots: 15, branches: 4 } as const;
const BRANCHES = 256;
const CROWDINGS = [0.5, 1] as const;
/** Widths of the first and the second beams, for a budget of so many nodes and networks of so many operators; narrower in proportion beyond. */
const WIDTH = { first: 100, second: 1_000, nodes: 1_000_000, operators: 600 } as const;

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

/** Of the nodes, for the smallest peak. */
const PEAK_SHARE = 0.2;

interface PartAnswer {
  readonly order: readonly number[] | undefined;
  readonly value: number;
  readonly bound: number;
  /** An order of the smallest peak. */
  readonly calm?: readonly number[] | undefined;
}

/** A network from its beginning or from its end, with a slot for every tensor. */
interface Direction {
  readonly network: Network;
  readonly slot: Int32Array;
  readonly backward: boolean;
}

/** From the end first: there, fewer operators are free to run. */
function directionsOf(network: Network): readonly Direction[] {
  return [true, false].flatMap((backward) => {
    const seen = backward ? reversed(network) : network;
    const slot = slotsOf(seen, ancestors(seen), SLOTS);
    return slot === undefined ? [] : [{ network: seen, slot, backward }];
  });
}

/** Narrow beams first: they often prove themselves, and what follows only needs orders that beat them. */
function solvePart(network: Network, capacity: number, budget: Budget): PartAnswer {
  const { nodes, stop } = budget;
  const share = Math.min(1, nodes / WIDTH.nodes, WIDTH.operators / network.ops.length);
  const peak = minPeak(network, Math.ceil(share * nodes * PEAK_SHARE), stop);
  const fits = peak.bound <= capacity && peak.order !== undefined;
  let best: PartAnswer = {
    calm: peak.order,
    order: fits ? peak.order : undefined,
    value: fits ? 0 : Number.POSITIVE_INFINITY,
    bound: peakBound(network, peak.bound, capacity),
  };
  if (best.bound >= best.value) return best;

  const directions = directionsOf(network);
  let favourite = directions[0];
  const search = (direction: Direction, limits: Pick<SearchLimits, "width" | "crowding" | "branches" | "layer" | "total">) => {
    const { order, value, bound } = searchOrder(direction.network, direction.slot, capacity, { ...limits, below: best.value, stop });
    if (order !== undefined) {
      favourite = direction;
      best = { ...best, order: direction.backward ? mirrored(order) : order, value };
    }
    best = { ...best, bound: Math.min(best.value, Math.max(best.bound, bound)) };
  };
  const beam = (direction: Direction, width: number, crowding: number) => {
    const branches = direction.slot.some((s) => s >= WIDE.slots) ? WIDE.branches : BRANCHES;
    search(direction, { width, crowding, branches, layer: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY });
  };
  const exact = (direction: Direction, layer: number) =>
    search(direction, { width: Number.POSITIVE_INFINITY, crowding: 0, branches: 100_000, layer, total: 6 * layer });
  const windows = ({ network, backward }: Direction) => {
    if (best.order === undefined) return;
    const order = backward ? mirrored(best.order) : best.order;
    const bound = windowBound(network, order, capacity, { total: nodes / 2, stop });
    best = { ...best, bound: Math.min(best.value, Math.max(best.bound, bound)) };
  };

  const attempts = [
    ...CROWDINGS.flatMap((crowding) => directions.map((d) => () => beam(d, Math.ceil(WIDTH.first * Math.sqrt(share)), crowding))),
    ...directions.map((d) => () => exact(d, nodes / 20)),
    ...CROWDINGS.map((crowding) => () => beam(favourite!, Math.ceil(WIDTH.second * share), crowding)),
    () => exact(favourite!, nodes / 5),
    ...directions.map((d) => () => windows(d)),
  ];
  if (directions.length === 0) return best;
  for (const attempt of attempts) {
    attempt();
    if (best.bound >= best.value || stop()) break;
  }
  return best;
}
