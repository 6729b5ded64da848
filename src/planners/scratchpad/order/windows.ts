import { minPeak, peakBound } from "./min-peak.js";
import type { Network } from "./network.js";
import { remainder } from "./parts.js";
import { SLOTS, searchOrder } from "./search.js";
import { ancestors, slotsOf } from "./slots.js";

export interface WindowLimits {
  /** Operators in the first window tried at a place, and in the longest. */
  readonly first: number;
  readonly longest: number;
  /** States made, over all windows. */
  readonly total: number;
  readonly stop: () => boolean;
}

/** How much longer than the last the next window is. */
const GROWTH = 5 / 4;
/** How many more states the next longer window may make. */
const EFFORT = 3;

/**
 * A bound over all orders, as a sum over stretches of a good order: every plan, restricted to the operators of a
 * window, is a plan for them alone, in which what comes from outside lies off chip and is first read for nothing.
 * A fetch may only count once, so a tensor costs something in one window at most.
 *
 * From the end of the order, each window grows as long as its optimum is found within its share of the states; a
 * shorter window's optimum looks ahead for the longer one.
 *
 * @see docs/math/scratchpad.md, bound (W)
 */
export function windowBound(network: Network, order: readonly number[], capacity: number, limits: WindowLimits): number {
  const charged = new Set<number>();
  let left = limits.total;
  let bound = 0;
  for (let to = order.length; to > 0 && left > 0 && !limits.stop(); ) {
    const perOperator = left / to;
    const known = new Float64Array(to + 1); // by first position of the window: its optimum, or a bound
    let length = 0;
    let used = 0;
    let expected = 0;
    const longest = Math.min(to, limits.longest);
    for (let next = Math.min(longest, limits.first); next > length; next = Math.min(longest, Math.ceil(GROWTH * next))) {
      const share = perOperator * next - used;
      if (length > 0 && expected > share) break;
      const window = windowOf(network, order, to - next, to, charged);
      const answer = optimum(window, capacity, known.subarray(to - next), { ...limits, total: share });
      used += answer.made;
      expected = EFFORT * answer.made;
      known.fill(answer.bound, 0, to - next + 1);
      known.fill(known[to - length]!, to - next + 1, to - length);
      length = next;
      if (!answer.exact) break;
    }
    left -= used;
    bound += known[to - length]!;
    const inside = new Set(order.slice(to - length, to));
    network.tensors.forEach((tensor, t) => {
      if (accessesWithin(tensor, inside) > 1) charged.add(t);
    });
    to -= length;
  }
  return bound;
}

const accessesWithin = ({ producer, consumers }: Network["tensors"][number], inside: ReadonlySet<number>): number =>
  consumers.reduce((sum, c) => sum + (inside.has(c) ? 1 : 0), inside.has(producer) ? 1 : 0);

interface Window {
  readonly network: Network;
  /** Of its operators, within the window's stretch of the order. */
  readonly position: Int32Array;
}

/** The operators at `from..to` of the order alone; tensors that another window charges move for nothing. */
function windowOf({ ops, tensors }: Network, order: readonly number[], from: number, to: number, charged: ReadonlySet<number>): Window {
  const position = new Int32Array(ops.length);
  order.forEach((v, i) => {
    position[v] = i - from;
  });
  const discounted = tensors.map((tensor, t) => (charged.has(t) ? { ...tensor, size: 0, write: 0 } : tensor));
  const part = remainder({ ops, tensors: discounted }, new Set([...order.slice(0, from), ...order.slice(to)]));
  return { network: part.network, position: Int32Array.from(part.ops, (v) => position[v]!) };
}

/** @param value by prefix length, what shorter windows need; `value[0]` is a bound already. */
function optimum(
  { network, position }: Window,
  capacity: number,
  value: Float64Array,
  limits: WindowLimits,
): { readonly exact: boolean; readonly bound: number; readonly made: number } {
  let bound = value[0]!;
  const peak = minPeak(network, limits.total / 10, limits.stop);
  if (peak.order !== undefined && peak.bound <= capacity) return { exact: true, bound: 0, made: 0 };
  bound = Math.max(bound, peakBound(network, peak.bound, capacity));
  const slot = slotsOf(network, ancestors(network), SLOTS);
  if (slot === undefined) return { exact: false, bound, made: 0 };
  let made = 0;
  const search = (width: number, branches: number, below: number) => {
    const answer = searchOrder(network, slot, capacity, {
      width,
      crowding: width === Number.POSITIVE_INFINITY ? 0 : 0.5,
      branches,
      layer: width === Number.POSITIVE_INFINITY ? limits.total / 4 : Number.POSITIVE_INFINITY,
      total: limits.total - made,
      below,
      stop: limits.stop,
      foresight: { position, value, begun: 0 },
    });
    made += answer.made;
    return answer;
  };
  // Often a longer window needs no more than a shorter one.
  const same = search(Number.POSITIVE_INFINITY, 100_000, bound + 1);
  if (same.order !== undefined) return { exact: true, bound: same.value, made };
  if (same.bound <= bound) return { exact: false, bound, made };
  bound = same.bound;
  const { value: most } = search(100, 4, Number.POSITIVE_INFINITY);
  const answer = search(Number.POSITIVE_INFINITY, 100_000, most);
  return { exact: answer.order !== undefined || answer.bound >= most, bound: Math.max(bound, Math.min(answer.bound, most)), made };
}
