import type { Budget } from "../../../search/budget.js";
import type { MipSolver } from "../../../search/mip.js";
import type { Workload } from "../accesses.js";
import type { StepId } from "../plan.js";
import { coverBound } from "./cover.js";
import { minPeak, peakBound } from "./min-peak.js";
import { joined, type Network, networkOf, stepsOf } from "./network.js";
import { segments } from "./parts.js";
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
/** Beyond this many operators the first of them must do. */
const LONG = 2_000;
/** Widths of the first and the second beams, for a budget of so many nodes and networks of so many operators; narrower in proportion beyond. */
const WIDTH = { first: 100, second: 1_000, nodes: 1_000_000, operators: 600 } as const;

/** Searches all orders of a workload for the fewest spilled and re-fetched bytes, addresses aside. */
export async function solveOrder(workload: Workload, capacity: number, budget: Budget, mip: MipSolver): Promise<OrderAnswer> {
  const whole = joined(networkOf(workload));
  const known = new Map<string, PartAnswer>();
  const order: number[] = [];
  const calm: number[] = [];
  let bound = 0;
  const proofs = new Set<string>();
  let complete = true;
  let calmComplete = true;
  for (const part of segments(whole)) {
    const key = JSON.stringify([part.network.ops.map(({ ins, outs, after, grow }) => [ins, outs, after, grow]), part.network.tensors]);
    let answer = known.get(key);
    if (answer === undefined) {
      answer = await solvePart(part.network, capacity, budget, mip);
      known.set(key, answer);
    }
    bound += answer.bound;
    if (answer.bound > 0) proofs.add(answer.proof);
    complete &&= answer.order !== undefined;
    calmComplete &&= answer.calm !== undefined;
    for (const v of answer.order ?? []) if (part.ops[v]! >= 0) order.push(part.ops[v]!);
    for (const v of answer.calm ?? []) if (part.ops[v]! >= 0) calm.push(part.ops[v]!);
  }
  return {
    orders: [...(complete ? [stepsOf(whole, order)] : []), ...(calmComplete ? [stepsOf(whole, calm)] : [])],
    bound,
    proof: [...proofs].join("; ") || PROOFS.peak,
  };
}

/** Arguments that prove a bound. */
const PROOFS = {
  search: "exact search over orders and residencies",
  peak: "smallest peak over all orders",
  cover: "tensors that wait in every order",
  windows: "sum of stretches of an order, each searched exactly",
} as const;

interface PartAnswer {
  readonly order: readonly number[] | undefined;
  readonly value: number;
  readonly bound: number;
  readonly proof: string;
  /** An order of the smallest peak. */
  readonly calm: readonly number[] | undefined;
}

/** Of the nodes, for the smallest peak. */
const PEAK_SHARE = 0.2;
/** Parts of more operators get no cover bound, and others no more time for theirs. */
const COVERED = 2_000;
const COVER_SECONDS = 5;
const WINDOW = { first: 16, longest: 400 } as const;

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
async function solvePart(network: Network, capacity: number, budget: Budget, mip: MipSolver): Promise<PartAnswer> {
  const { nodes, stop } = budget;
  const share = Math.min(1, nodes / WIDTH.nodes, WIDTH.operators / network.ops.length);
  const peak = minPeak(network, Math.ceil(share * nodes * PEAK_SHARE), stop);
  const fits = peak.bound <= capacity && peak.order !== undefined;
  let best: PartAnswer = {
    calm: peak.order,
    order: fits ? peak.order : undefined,
    value: fits ? 0 : Number.POSITIVE_INFINITY,
    bound: peakBound(network, peak.bound, capacity),
    proof: PROOFS.peak,
  };
  const raise = (bound: number, proof: string) => {
    if (bound > best.bound) best = { ...best, bound: Math.min(best.value, bound), proof };
  };
  if (best.bound >= best.value) return best;

  const directions = directionsOf(network);
  let favourite = directions[0];
  const search = (direction: Direction, limits: Pick<SearchLimits, "width" | "crowding" | "branches" | "layer" | "total">) => {
    const { order, value, bound } = searchOrder(direction.network, direction.slot, capacity, { ...limits, below: best.value, stop });
    if (order !== undefined) {
      favourite = direction;
      best = { ...best, order: direction.backward ? mirrored(order) : order, value, bound: Math.min(best.bound, value) };
    }
    raise(bound, PROOFS.search);
  };
  const beam = (direction: Direction, width: number, crowding: number) => {
    const branches = direction.slot.some((s) => s >= WIDE.slots) ? WIDE.branches : BRANCHES;
    search(direction, { width, crowding, branches, layer: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY });
  };
  const exact = (direction: Direction, layer: number) =>
    search(direction, { width: Number.POSITIVE_INFINITY, crowding: 0, branches: 100_000, layer, total: 6 * layer });
  const cover = async () => {
    if (network.ops.length > COVERED) return;
    raise(await coverBound(network, peak.bound, capacity, mip, { seconds: COVER_SECONDS, nodes }), PROOFS.cover);
  };
  const windows = (backward: boolean) => {
    const order = best.order ?? peak.order ?? network.ops.map((_, v) => v);
    const limits = { ...WINDOW, total: (Math.sqrt(share) * nodes) / 2, stop };
    const bound = backward
      ? windowBound(reversed(network), mirrored(order), capacity, limits)
      : windowBound(network, order, capacity, limits);
    raise(bound, PROOFS.windows);
  };

  const crowdings = network.ops.length > LONG ? CROWDINGS.slice(0, 1) : CROWDINGS;
  const narrow = Math.ceil(WIDTH.first * Math.sqrt(share));
  const wide = Math.ceil(WIDTH.second * share);
  const attempts = [
    ...crowdings.flatMap((crowding) => directions.map((d) => () => beam(d, narrow, crowding))),
    ...directions.map((d) => () => exact(d, nodes / 20)),
    ...crowdings.map((crowding) => () => favourite && beam(favourite, wide, crowding)),
    () => favourite && exact(favourite, nodes / 5),
    cover,
    () => windows(true),
    () => windows(false),
  ];
  for (const attempt of attempts) {
    await attempt();
    if (best.bound >= best.value || stop()) break;
  }
  return best;
}
