import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapOf, network, POINT, residual, window3 } from "../../../test/small-pipeline.js";
import { divisors, EVERYWHERE, optionsOf } from "./choices.js";
import { costOf, type Option } from "./options.js";
import type { Engine, MemoryStyle, PipelineProblem } from "./plan.js";
import { selectionOf } from "./selection.js";

const ALL = { slowest: Number.POSITIVE_INFINITY, steps: Number.POSITIVE_INFINITY };

const values = ({ interval, resources: { lut, ff, dsp, bram18, uram }, weightBits }: Option) => [
  interval,
  lut,
  ff,
  dsp,
  bram18,
  uram,
  weightBits,
];
const sameLanes = (a: Option, b: Option) => a.lanesIn === b.lanesIn && a.lanesOut === b.lanesOut;
const beats = (a: Option, b: Option) => sameLanes(a, b) && values(a).every((value, i) => value <= values(b)[i]! + 1e-9);

/** Layers small enough to list every engine. */
const problems: fc.Arbitrary<PipelineProblem> = fc
  .record({
    channels: fc.constantFrom(2, 3, 4),
    filters: fc.constantFrom(2, 4, 6),
    groups: fc.constantFrom(1, 2),
    kernel: fc.constantFrom(POINT, window3(), window3(2)),
    uram: fc.constantFrom(0, 8),
    burst: fc.constantFrom(16, 100),
    reuse: fc.constantFrom(1, 3),
    buffers: fc.constantFrom(1, 2),
  })
  .map(({ channels, filters, groups, kernel, uram, burst, reuse, buffers }) => {
    const side = kernel.strideY === 2 ? 3 : 6;
    const made = network(mapOf(channels * groups, 6), [
      {
        kind: "convolution",
        kernel,
        groups,
        output: mapOf(filters * groups, side),
        // Wide weights, so that small layers have memories of several rows.
        weights: { tensor: "w", bits: 24, biased: true, accumulatorBits: 40 },
      },
    ]);
    const device = { ...made.device, burstBits: burst, resources: { ...made.device.resources, uram } };
    return { ...made, device, reuse, buffers };
  });

/** Every engine of layer 0 that the rules allow, whatever its worth. */
function* everyEngine(problem: PipelineProblem): Generator<Engine> {
  const { kernel, groups, output, inputs, weights } = problem.layers[0]!;
  const channels = problem.streams[inputs[0]!]!.map.channels / groups;
  const filters = output.channels / groups;
  const positions = kernel!.height * kernel!.width;
  for (const u of divisors(channels))
    for (const out of divisors(filters))
      for (const group of divisors(groups))
        for (const position of divisors(positions)) {
          if (group > 1 && (u < channels || out < filters)) continue;
          const unroll = { in: u, out, group, kernel: position };
          const width = weights!.bits * u * out * group * position;
          const depth = (channels / u) * (filters / out) * (groups / group) * (positions / position);
          const styles: readonly MemoryStyle[] = problem.device.resources.uram > 0 ? ["bram", "uram", "lutram"] : ["bram", "lutram"];
          for (const style of styles) {
            for (let reuse = 1; reuse <= problem.reuse; reuse++) {
              yield { layer: 0, unroll, memory: { fragments: 0, streamed: 0, buffers: 0, reuse, static: style, buffer: "none" } };
              for (const fragments of divisors(depth))
                for (let streamed = 1; streamed <= depth / fragments; streamed++) {
                  if (streamed * width < problem.device.burstBits || (problem.buffers === 1 && streamed === depth / fragments)) continue;
                  const buffers = problem.buffers === 1 ? 1 : 2;
                  const kept: MemoryStyle = streamed === depth / fragments ? "none" : style;
                  const buffer = buffers * streamed <= 64 || buffers * streamed * width <= 1024 ? "lutram" : "bram";
                  yield { layer: 0, unroll, memory: { fragments, streamed, buffers, reuse, static: kept, buffer } };
                }
            }
          }
        }
}

describe("options of a layer", () => {
  test("no legal engine is better than all of them", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const options = optionsOf(problem, 0, ALL);
        for (const engine of everyEngine(problem)) {
          const cost = costOf(problem, engine);
          if (cost.resources.uram > problem.device.resources.uram) continue;
          if (!options.some((option) => beats(option, cost))) expect(engine).toBe("beaten by some option");
        }
      }),
      { numRuns: 8 },
    );
  });

  test("none beats another, and each costs what its engine costs", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const options = optionsOf(problem, 0, ALL);
        for (const [i, a] of options.entries()) {
          expect(costOf(problem, { layer: 0, unroll: a.unroll, memory: a.memory })).toEqual(a);
          expect(options.some((b, j) => j !== i && beats(b, a) && !beats(a, b))).toBe(false);
        }
      }),
      { numRuns: 25 },
    );
  });

  test("fewer steps only leave options out, and slow ones are left out on request", () => {
    fc.assert(
      fc.property(problems, (problem) => {
        const all = optionsOf(problem, 0, ALL);
        for (const option of optionsOf(problem, 0, EVERYWHERE)) expect(all.some((better) => beats(better, option))).toBe(true);
        const slowest = all[Math.floor(all.length / 2)]!.interval;
        const text = (options: readonly Option[]) => options.map((option) => JSON.stringify(option)).sort();
        expect(text(optionsOf(problem, 0, { ...ALL, slowest }))).toEqual(text(all.filter(({ interval }) => interval <= slowest)));
      }),
      { numRuns: 25 },
    );
  });
});

test("without streaming all weights are on chip", () => {
  const problem: PipelineProblem = { ...residual(), streaming: "never" };
  problem.layers.forEach((_, layer) => {
    for (const { memory, weightBits } of optionsOf(problem, layer)) expect([memory?.fragments ?? 0, weightBits]).toEqual([0, 0]);
  });
});

test("what lies alike in a network has the same options, and the selection adds up", () => {
  const problem = residual();
  const { selection, options } = selectionOf(problem);
  expect(selection.nodes.length).toBe(problem.layers.length);
  options.forEach((all, layer) => {
    expect(all).toEqual(optionsOf(problem, layer));
    all.forEach(({ resources: { lut, ff, dsp, bram18 }, interval, weightBits }, i) => {
      const node = selection.nodes[layer]!.options[i]!;
      expect([node.time, node.load]).toEqual([interval, weightBits]);
      expect(node.costs.slice(0, 4)).toEqual([lut, ff, dsp, bram18]);
    });
  });
  // Input and output of the network: 4 x 16 x 16 elements and 10, of 8 bits.
  expect(selection.fixedLoad).toBe((4 * 256 + 10) * 8);
  expect(selection.edges.map(({ from, to }) => [from, to])).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
    [2, 4],
    [3, 4],
    [4, 5],
  ]);
});
