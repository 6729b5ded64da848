import { describe, expect, it } from "vitest";
import { leastTraffic } from "../../../../test/oracles/least-traffic.js";
import { randomProblem } from "../../../../test/random-problem.js";
import { accessesOf, loadOf } from "../accesses.js";
import type { ScratchpadProblem } from "../plan.js";
import { chainBound } from "./chain.js";
import { minPeak, peakBound } from "./min-peak.js";
import { joined, networkOf, stepsOf } from "./network.js";
import { reversed } from "./reversed.js";
import { type SearchLimits, SLOTS, searchOrder } from "./search.js";
import { ancestors, slotsOf } from "./slots.js";

const exact: SearchLimits = {
  width: Number.POSITIVE_INFINITY,
  crowding: 0,
  branches: 1e9,
  layer: 1e6,
  total: 1e7,
  below: Number.POSITIVE_INFINITY,
  stop: () => false,
};

/** Every order of the steps in which each sees the contents that the model's order gives it. */
function* orders({ steps }: ScratchpadProblem): Generator<number[]> {
  const mustPrecede = steps.map((b, j) =>
    steps.flatMap((a, i) =>
      i < j && (a.writes.some((x) => b.reads.includes(x) || b.writes.includes(x)) || b.writes.some((x) => a.reads.includes(x))) ? [i] : [],
    ),
  );
  function* extend(order: number[]): Generator<number[]> {
    if (order.length === steps.length) yield order;
    for (let s = 0; s < steps.length; s++)
      if (!order.includes(s) && mustPrecede[s]!.every((p) => order.includes(p))) yield* extend([...order, s]);
  }
  yield* extend([]);
}

const reordered = (problem: ScratchpadProblem, order: readonly number[]): ScratchpadProblem => ({
  ...problem,
  steps: order.map((s) => problem.steps[s]!),
});

describe("order search", () => {
  it("equals brute force over all orders, joined or not", () => {
    let gained = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const problem = randomProblem(seed, {
        steps: 3 + (seed % 5),
        largest: 1 + (seed % 9),
        tightness: (seed % 3) / 6,
        alignment: 1 + (seed % 2),
      });
      let least = Number.POSITIVE_INFINITY;
      for (const order of orders(problem)) least = Math.min(least, leastTraffic(reordered(problem, order)));
      const plain = networkOf(problem);
      for (const [given, mirrored] of [plain, joined(plain)].flatMap((g) => [[g, false] as const, [g, true] as const])) {
        const network = mirrored ? reversed(given) : given;
        const slots = slotsOf(network, ancestors(network), SLOTS)!;
        const answer = searchOrder(network, slots, problem.machine.capacity, exact);
        expect([seed, answer.value, answer.bound]).toEqual([seed, least, least]);
        const order = mirrored ? stepsOf(network, answer.order!).toReversed() : stepsOf(network, answer.order!);
        expect(leastTraffic(reordered(problem, order))).toBe(least);
        const beam = searchOrder(network, slots, problem.machine.capacity, { ...exact, width: 2, branches: 2, crowding: 0.5 });
        expect(beam.bound).toBeLessThanOrEqual(least);
        expect(beam.value).toBeGreaterThanOrEqual(least);
      }
      const peak = minPeak(plain, 1e6, () => false);
      let leastPeak = Number.POSITIVE_INFINITY;
      for (const order of orders(problem))
        leastPeak = Math.min(
          leastPeak,
          loadOf(accessesOf(problem, order)).reduce((a, b) => Math.max(a, b)),
        );
      expect([seed, peak.bound]).toEqual([seed, leastPeak]);
      expect(loadOf(accessesOf(problem, stepsOf(plain, peak.order!))).reduce((a, b) => Math.max(a, b))).toBe(leastPeak);
      expect(peakBound(plain, peak.bound, problem.machine.capacity)).toBeLessThanOrEqual(least);
      expect(minPeak(joined(plain), 1e6, () => false).bound).toBe(leastPeak);
      const chain = chainBound(
        plain,
        plain.ops.map((_, v) => v),
        problem.machine.capacity,
        Number.POSITIVE_INFINITY,
        { stride: 1 + (seed % 3), layer: 1e5, total: 1e6, stop: () => false },
      );
      expect(chain.bound).toBeLessThanOrEqual(least);
      if (least < leastTraffic(problem)) gained++;
    }
    expect(gained).toBeGreaterThan(5);
  });
});
