import type { Network } from "./network.js";
import { remainder } from "./parts.js";
import { type SearchAnswer, SLOTS, searchOrder } from "./search.js";
import { ancestors, slotsOf } from "./slots.js";

export interface ChainLimits {
  /** Operators by which prefixes differ. */
  readonly stride: number;
  /** States made in one layer of one search, and in all searches together. */
  readonly layer: number;
  readonly total: number;
  readonly stop: () => boolean;
}

/**
 * A bound over all orders, from the end of a good order to its beginning. Let `E` be a prefix of the order. Every
 * plan, restricted to the operators outside `E`, is a plan for them in which what comes from `E` lies off chip and
 * is first read for nothing; so a state that has run only operators of `E` moves at least the optimum of that
 * smaller question. Each optimum found looks ahead for the next, larger question. Where a search is cut off, what
 * it proved so far still holds.
 *
 * @param order a topological order of all operators, best the incumbent.
 * @param incumbent its bytes: more need not be proved.
 */
export function chainBound(
  network: Network,
  order: readonly number[],
  capacity: number,
  incumbent: number,
  limits: ChainLimits,
): SearchAnswer {
  const n = order.length;
  const position = new Int32Array(n);
  order.forEach((v, t) => {
    position[v] = t;
  });
  const value = new Float64Array(n + 1); // by prefix length; falling
  let left = limits.total;
  let best: SearchAnswer = { order: undefined, value: Number.POSITIVE_INFINITY, bound: 0, made: 0 };
  for (let k = n; k > 0; ) {
    const length = Math.max(0, k - limits.stride);
    const part = remainder(network, new Set(order.slice(0, length)));
    const slot = slotsOf(part.network, ancestors(part.network), SLOTS);
    value.fill(value[k]!, length, k);
    k = length;
    if (slot === undefined) break;
    const foresight = { position: Int32Array.from(part.ops, (v) => position[v]!), value, begun: length };
    // Ever larger thresholds: each search either finds an order that costs no more, or the next value possible.
    for (let bound = value[length]!; ; ) {
      const answer = searchOrder(part.network, slot, capacity, {
        width: Number.POSITIVE_INFINITY,
        crowding: 0,
        branches: 100_000,
        layer: limits.layer,
        total: left,
        below: Math.min(bound + 1, incumbent),
        stop: limits.stop,
        foresight,
      });
      left -= answer.made;
      if (length === 0 && answer.order !== undefined) best = { ...answer, order: answer.order.map((v) => part.ops[v]!) };
      const raised = Math.min(incumbent, answer.order === undefined ? answer.bound : answer.value);
      value.fill(Math.max(value[length]!, raised), 0, length + 1);
      if (answer.order !== undefined || raised <= bound || raised >= incumbent) break;
      bound = raised;
    }
    if (left <= 0 || limits.stop()) break;
  }
  return { ...best, bound: value[0]!, made: limits.total - left };
}
