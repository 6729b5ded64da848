import { describe, expect, test } from "vitest";
import { randomFusion } from "../../../test/random-fusion.js";
import { chain, groupOf } from "../../../test/small-fusion.js";
import { overlaps } from "../../base/interval.js";
import type { Replay } from "../../base/replay.js";
import { bytes } from "../../base/units.js";
import type { FusionProblem, Group, Overlap, Traversal } from "./plan.js";
import { replay } from "./replay.js";

const run = (problem: FusionProblem, groups: readonly Group[]): Replay => {
  const { violations, replay: seen } = replay(problem, groups, "groups");
  expect(violations).toEqual([]);
  return seen;
};
const brief = ({ events, resources }: Replay) =>
  events.map(
    ({ resource, start, end, name, cause }) => `${resources[resource]!.name} ${start}-${end} ${name}${cause ? ` (${cause})` : ""}`,
  );

describe("one layer in two tiles", () => {
  // 4 x 4 bytes, a 1 x 1 kernel of 1 byte, tiles of 2 rows: 8 bytes in, 8 cycles, 8 bytes out.
  // DMA   |in 8 w|in    |out   |out   |
  // array |      |layer |layer |
  //       0      9      17     25     33
  const seen = run(chain(1, { height: 4, width: 4, kernel: 1 }), [groupOf([0], 2, 4)]);

  test("loads run ahead, stores behind", () => {
    expect(brief(seen)).toEqual([
      "Array 9-17 layer 0",
      "Array 17-25 layer 0",
      "DMA 0-8 map 0 (input)",
      "DMA 8-9 weights of layer 0 (weight)",
      "DMA 9-17 map 0 (input)",
      "DMA 17-25 map 1 (output)",
      "DMA 25-33 map 1 (output)",
    ]);
    expect(seen.totals.latency).toBe(33);
  });

  test("bytes, cycles and multiplications cost what the machine says", () => {
    expect(seen.totals.trafficByCause).toEqual({ input: 16, weight: 1, output: 16, spill: 0, refetch: 0 });
    // 16 working cycles, 17 waiting ones at half a picojoule, 16 multiply-accumulates, 33 bytes.
    expect(seen.stretches![0]!.energy).toEqual({ computing: 16, waiting: 8.5, multiplying: 16, buffer: 0, offChip: 33 });
    expect(seen.totals.energy).toBe(73.5);
  });

  // Two copies of an input and an output tile, sums of one tile's pixels at 2 bytes, the weight.
  test("the buffer holds two tiles of each", () => {
    expect(seen.totals.peak).toEqual([2 * 8 + 2 * 8 + 16 + 1]);
  });
});

describe("two fused 3 x 3 layers over 8 x 8 bytes, in tiles of 4 rows", () => {
  const problem = chain(2, { height: 8, width: 8 });
  const seen = (overlap: Overlap) => run(problem, [groupOf([0, 1], 4, 8, { overlap })]);

  // Rows 0-3 need rows 0-4 of the inner map and 0-5 of the input; rows 4-7 need 3-7 and 2-7.
  test("recomputed, four rows of the input come twice", () => {
    expect(seen("recompute").totals.trafficByCause).toMatchObject({ input: 64, halo: 32, weight: 18, output: 64 });
    expect(seen("recompute").stretches![0]!.busy).toBe(9 * 8 * (5 + 5 + 4 + 4));
  });

  test("kept, everything comes and is made once", () => {
    expect(seen("fullyCached").totals.trafficByCause).toEqual({ input: 64, weight: 18, output: 64, spill: 0, refetch: 0 });
    expect(seen("fullyCached").stretches![0]!.busy).toBe(9 * 8 * 16);
  });

  // Kept: two rows of both maps. The greatest tiles have 6 rows of input, 5 of the inner map, 4 of the output.
  test("line buffers take room", () => {
    expect(seen("fullyCached").totals.peak).toEqual([2 * 16 + 2 * 48 + 2 * 32 + 40 + 2 * 40 + 18]);
    expect(seen("recompute").totals.peak).toEqual([2 * 48 + 2 * 32 + 40 + 2 * 40 + 18]);
  });

  test("apart, the inner map leaves and comes back", () => {
    const apart = run(problem, [groupOf([0], 8, 8), groupOf([1], 8, 8)]);
    expect(apart.totals.trafficByCause).toEqual({ input: 64, weight: 18, output: 64, spill: 64, refetch: 64 });
    expect(apart.stretches!.map(({ steps }) => steps)).toEqual([
      { start: 0, end: 1 },
      { start: 1, end: 2 },
    ]);
  });
});

describe("orders of one layer: 8 channels over 4 x 4, tiles of 2 rows", () => {
  const problem = chain(1, { height: 4, width: 4, channels: 8, kernel: 1 });
  const seen = (traversal: Traversal) => run(problem, [groupOf([0], 2, 4, { traversal })]).totals.trafficByCause;

  test("weights that do not stay come for every tile", () => {
    expect(seen({ kind: "tiles", weights: "streamed" })).toMatchObject({ input: 128, weight: 64, "weight-stream": 64, output: 128 });
  });

  test("groups of weights read the input once each", () => {
    expect(seen({ kind: "weightGroups", count: 4 })).toMatchObject({ input: 128, weight: 64, refetch: 3 * 128, output: 128 });
  });

  test("blocks of outputs read the input once each; weights stay where there is room", () => {
    expect(seen({ kind: "outputBlocks", channels: 2 })).toMatchObject({ input: 128, weight: 64, refetch: 3 * 128, output: 128 });
  });
});

describe("what a report shows of any plan", () => {
  const overlapsOf: readonly Overlap[] = ["recompute", "hCached", "fullyCached"];

  test.each(Array.from({ length: 20 }, (_, seed) => seed))("network %i adds up", (seed) => {
    const base = randomFusion(seed, 2 + (seed % 4));
    const problem: FusionProblem = {
      ...base,
      machine: { ...base.machine, buffers: { arrangement: "unified", size: bytes(2 ** 16), staging: bytes(64) } },
    };
    const half = 1 + (seed % (problem.layers.length - 1));
    const ids = problem.layers.map((_, l) => l);
    const overlap = overlapsOf[seed % 3]!;
    const tile = 1 + (seed % 3);
    const seen = run(problem, [groupOf(ids.slice(0, half), 1, tile, { overlap }), groupOf(ids.slice(half), tile, 2, { overlap })]);

    for (let resource = 0; resource < 2; resource++) {
      const own = seen.events.filter((e) => e.resource === resource);
      for (const [i, e] of own.entries()) {
        expect(e.start).toBeLessThanOrEqual(e.end);
        expect(e.start).toBeGreaterThanOrEqual(own[i - 1]?.end ?? 0);
        expect(e.end).toBeLessThanOrEqual(seen.totals.latency);
      }
    }
    const moved = (cause: string) => seen.events.reduce((sum, e) => (e.cause === cause ? sum + e.size! : sum), 0);
    for (const [cause, size] of Object.entries(seen.totals.trafficByCause)) expect(moved(cause)).toBe(size);
    const computing = seen.events.filter(({ kind }) => kind === "compute");
    const shown = computing.reduce((sum, e) => sum + e.end - e.start, 0);
    expect(Math.abs(shown - seen.stretches!.reduce((sum, s) => sum + s.busy, 0))).toBeLessThanOrEqual(computing.length);
    expect(seen.stretches!.reduce((sum, s) => sum + s.offChip, 0)).toBe(
      Object.values(seen.totals.trafficByCause).reduce((sum, n) => sum + n, 0),
    );

    // Regions stay within the peak and never share bytes.
    for (const [i, a] of seen.residency.entries()) {
      expect(a.offset + a.size).toBeLessThanOrEqual(seen.totals.peak[a.memory]!);
      for (const b of seen.residency.slice(i + 1)) {
        const bytesOf = (r: typeof a) => ({ start: r.offset, end: bytes(r.offset + r.size) });
        if (a.memory === b.memory && overlaps(a.steps, b.steps)) expect(overlaps(bytesOf(a), bytesOf(b))).toBe(false);
        if (a.memory === b.memory && overlaps(bytesOf(a), bytesOf(b))) expect(overlaps(a.cycles, b.cycles)).toBe(false);
      }
    }
  });
});
