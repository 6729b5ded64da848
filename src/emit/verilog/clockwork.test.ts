import { expect, test } from "vitest";
import { randomMachine } from "../../../test/random-machine.js";
import { run, type Timing } from "./clockwork.js";
import { structureOf } from "./structure.js";

const FRAMES = 10;

function timed(seed: number, period: (slowest: number) => number): Timing & { readonly slowest: number } {
  const { problem, engines, integers, slowest } = randomMachine(seed, 9);
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

test.each([1, 2, 3, 4, 5])("network %i gives a frame every time one comes, where they come more slowly", (seed) => {
  const timing = timed(seed, (slowest) => slowest + 13);
  expect(new Set(steps(timing))).toEqual(new Set([timing.slowest + 13]));
});
