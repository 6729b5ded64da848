import { expect, test } from "vitest";
import { randomMachine } from "../../../test/random-machine.js";
import { asBuilt } from "../../planners/pipeline/plan.js";
import { queuesOf } from "../../planners/pipeline/queues.js";
import { run, type Timing } from "./clockwork.js";
import { structureOf } from "./structure.js";

const FRAMES = 10;

function timed(seed: number, period: (slowest: number) => number): Timing & { readonly slowest: number } {
  const { problem, engines, integers, slowest } = randomMachine(seed, 9, true);
  const built = structureOf(problem, engines, integers);
  if ("missing" in built) throw new Error(JSON.stringify(built.missing));
  return { slowest, ...run(built.structure, { frames: FRAMES, period: period(slowest), limit: 100 * FRAMES * slowest + 1000 }) };
}

const steps = ({ ends }: Timing): readonly number[] => ends.slice(1).map((end, i) => end - ends[i]!);

test.each(Array.from({ length: 60 }, (_, i) => i + 1))(
  "network %i takes exactly the cycles of its slowest engine per frame: its queues are long enough",
  (seed) => {
    const timing = timed(seed, () => 0);
    expect(steps(timing).slice(FRAMES / 2)).toEqual(Array.from({ length: FRAMES - 1 - FRAMES / 2 }, () => timing.slowest));
  },
);

test("nor do networks take more whose queues are as long as their engines need", () => {
  let shorter = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const { problem, engines, integers, slowest } = randomMachine(seed, 9, true);
    const queues = queuesOf(problem, { engines, cyclesPerFrame: slowest, dma: undefined });
    if (queues.length === 0) continue;
    shorter++;
    const built = structureOf(asBuilt(problem, [{ queues }]), engines, integers);
    if ("missing" in built) throw new Error(JSON.stringify(built.missing));
    const timing = run(built.structure, { frames: FRAMES, period: 0, limit: 100 * FRAMES * slowest + 1000 });
    expect(new Set(steps(timing).slice(FRAMES / 2)), `seed ${seed}`).toEqual(new Set([slowest]));
  }
  expect(shorter).toBeGreaterThan(5);
});

test("nor do they give frames later than they come, where queues around poolings are made for frames that come so slowly", () => {
  let smaller = 0;
  for (let seed = 1; seed <= 120; seed++) {
    const { problem: posed, engines, integers, slowest } = randomMachine(seed, 9, true);
    const cyclesPerFrame = Math.ceil(slowest * [1.07, 1.3, 2, 5][seed % 4]!);
    const evenedOver = seed % 3 === 0 ? slowest : cyclesPerFrame;
    const problem = { ...posed, evenedOver };
    const queues = queuesOf(problem, { engines, cyclesPerFrame, dma: undefined });
    const built = structureOf(asBuilt(posed, [{ queues, evenedOver }]), engines, integers);
    const own = structureOf(posed, engines, integers);
    // Some joins cannot be emitted with the lanes drawn.
    if ("missing" in built || "missing" in own) continue;
    const poolings = own.structure.stages.flatMap(({ kind }, stage) => (kind === "pooling" ? [stage] : []));
    const words = ({ channels }: typeof own.structure) =>
      channels.reduce((sum, { to, depth }) => sum + (poolings.includes(to ?? -1) ? depth : 0), 0);
    if (words(built.structure) < words(own.structure)) smaller++;
    const timing = run(built.structure, { frames: FRAMES, period: cyclesPerFrame, limit: 100 * FRAMES * cyclesPerFrame + 1000 });
    expect(new Set(steps(timing).slice(FRAMES / 2)), `seed ${seed}`).toEqual(new Set([cyclesPerFrame]));
  }
  expect(smaller).toBeGreaterThan(10);
});

test.each([1, 2, 3, 4, 5])("network %i gives a frame every time one comes, where they come more slowly", (seed) => {
  const timing = timed(seed, (slowest) => slowest + 13);
  // At first a deep network may still be coming to its place in the period.
  expect(new Set(steps(timing).slice(FRAMES / 2))).toEqual(new Set([timing.slowest + 13]));
});
