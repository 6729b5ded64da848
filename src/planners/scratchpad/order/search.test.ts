import { describe, expect, it } from "vitest";
import { leastTraffic } from "../../../../test/oracles/least-traffic.js";
import { randomProblem } from "../../../../test/random-problem.js";
import { highsSolver } from "../../../solvers/highs.js";
import { accessesOf, loadOf } from "../accesses.js";
import type { ScratchpadProblem } from "../plan.js";
import { coverBound } from "./cover.js";
import { minPeak, peakBound } from "./min-peak.js";
import { joined, networkOf, stepsOf } from "./network.js";
import { mirrored, reversed } from "./reversed.js";
import { type SearchLimits, SLOTS, searchOrder } from "./search.js";
import { ancestors, slotsOf } from "./slots.js";
import { windowBound } from "./windows.js";

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
      if (least < leastTraffic(problem)) gained++;
    }
    expect(gained).toBeGreaterThan(5);
  });

  it("never claims a bound above the optimum, however it cuts an order and whatever the solver is given", async () => {
    const solver = highsSolver();
    const reached = { windows: 0, cover: 0 };
    for (let seed = 1; seed <= 240; seed++) {
      const problem = randomProblem(seed, { steps: 4 + (seed % 9), largest: 1 + (seed % 7), tightness: (seed % 4) / 12 });
      const network = seed % 2 === 0 ? joined(networkOf(problem)) : networkOf(problem);
      const { capacity } = problem.machine;
      const { value: least, order } = searchOrder(network, slotsOf(network, ancestors(network), SLOTS)!, capacity, exact);
      if (least === 0) continue;
      const peak = minPeak(network, 1e6, () => false).bound;
      const cover = await coverBound(network, peak, capacity, solver, { seconds: 10, nodes: 1e4 });
      expect([seed, cover]).toEqual([seed, Math.min(cover, least)]);
      let best = 0;
      for (const mirror of [false, true])
        for (const longest of [3, 5, 12])
          for (const total of [50, 1e5]) {
            const seen = mirror ? reversed(network) : network;
            const bound = windowBound(seen, mirror ? mirrored(order!) : order!, capacity, { first: 2, longest, total, stop: () => false });
            expect([seed, longest, total, bound]).toEqual([seed, longest, total, Math.min(bound, least)]);
            best = Math.max(best, bound);
          }
      if (best === least) reached.windows++;
      if (cover === least) reached.cover++;
    }
    expect(reached.windows).toBeGreaterThan(30);
    expect(reached.cover).toBeGreaterThan(10);
  });
});
