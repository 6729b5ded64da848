// B1-B4 of COSMA's evaluation: replacement rule x operator order, addresses by TensorFlow Lite's arena.
import { accessesOf, fileOrder, loadOf } from "../../dist/planners/scratchpad/accesses.js";
import { episodesOf } from "../../dist/planners/scratchpad/episodes.js";
import { minPeak } from "../../dist/planners/scratchpad/order/min-peak.js";
import { joined, networkOf, stepsOf } from "../../dist/planners/scratchpad/order/network.js";
import { solveOrder } from "../../dist/planners/scratchpad/order/solve.js";
import { belady, costGreedy, replace } from "../../dist/planners/scratchpad/residency/replacement.js";
import { arena } from "../../dist/search/packing/pack.js";

export const BASELINES = [
  { name: "B1", says: "model's order, Belady", order: "model", rule: belady },
  { name: "B2", says: "model's order, greedy by cost", order: "model", rule: costGreedy },
  { name: "B3", says: "min-peak order, Belady", order: "peak", rule: belady },
  { name: "B4", says: "min-peak order, greedy by cost", order: "peak", rule: costGreedy },
];

/** Bytes spilled and re-fetched by the rule, and whether the arena then fits: { bytes, height, fits }. */
export function baseline(problem, order, rule) {
  const { machine, buffers } = problem;
  const accesses = accessesOf(problem, order);
  const residency = replace(accesses, new Float64Array(order.length).fill(machine.capacity), rule);
  const items = episodesOf(accesses, residency.absent).map(({ buffer, from, to }) => ({
    size: buffers[buffer].footprint,
    spans: [{ start: from, end: to + 1 }],
    alignment: machine.alignment,
  }));
  const { height } = arena(items);
  return { bytes: residency.traffic, height, fits: height <= machine.capacity };
}

const peakOf = (problem, order) => loadOf(accessesOf(problem, order)).reduce((a, b) => Math.max(a, b), 0);

/** Down-sets of the exact search; capacities tried after it is cut off, with nodes and seconds of each try. */
const STATES = 200_000;
const TRIES = 6;
const NODES = 200_000;
const SECONDS = 2;

/**
 * The order with the least peak that is found, and whether no order has a lower one. Where the exact search is cut
 * off, the order search is asked at capacities between the largest need and the best peak so far, as an order fits a
 * capacity exactly when it moves nothing there.
 */
export function minPeakOrder(problem) {
  const network = joined(networkOf(problem));
  const exact = minPeak(network, STATES, () => false);
  if (exact.order !== undefined) return { order: stepsOf(network, exact.order), peak: exact.bound, proved: true };
  let order = fileOrder(problem.steps);
  let peak = peakOf(problem, order);
  let low = exact.bound;
  for (let i = 0; i < TRIES && low < peak; i++) {
    const capacity = i === 0 ? low : Math.floor((low + peak) / 2);
    const until = performance.now() + 1000 * SECONDS;
    const budget = { seed: 1, nodes: NODES, stop: () => performance.now() > until, progress: () => {} };
    const answer = solveOrder(problem, capacity, budget);
    const found = answer.order === undefined ? Number.POSITIVE_INFINITY : peakOf(problem, answer.order);
    if (found < peak) [order, peak] = [answer.order, found];
    if (peak > capacity) low = capacity + 1; // not proved, but not found either
  }
  return { order, peak, proved: peak <= exact.bound };
}
