import { describe, expect, test } from "vitest";
import { enginesOf, mapOf, network, POINT, window3 } from "../../../test/small-pipeline.js";
import { rng } from "../../base/rng.js";
import { costOf } from "./options.js";
import type { Engine, Kernel, PipelineProblem, Unroll } from "./plan.js";
import { flow } from "./replay-flow.js";

/** Uniform whole numbers, both ends included. */
function dice(seed: number) {
  const uniform = rng(seed);
  return (least: number, most: number): number => least + Math.floor(uniform() * (most - least + 1));
}

const square = (size: number, stride: number, pad: number): Kernel => ({
  ...POINT,
  height: size,
  width: size,
  strideY: stride,
  strideX: stride,
  top: pad,
  left: pad,
  bottom: pad,
  right: pad,
});

const withReuse = (engine: Engine, unroll: Unroll, reuse: number): Engine => ({
  ...engine,
  unroll,
  memory: engine.memory && { ...engine.memory, reuse },
});

const intervals = (problem: PipelineProblem, engines: readonly Engine[]) => engines.map((engine) => costOf(problem, engine).interval);

/** A convolution chosen by dice over a map of `size`, if it fits. */
function drawn(roll: ReturnType<typeof dice>, size: number) {
  const kernel = roll(1, 4);
  const stride = roll(1, 3) === 1 ? 2 : 1;
  const pad = kernel > 1 ? roll(0, 1) : 0;
  const output = Math.floor((size + 2 * pad - kernel) / stride) + 1;
  const groups = roll(0, 3) === 0 ? 8 : 1;
  return output < 2 ? undefined : { kind: "convolution" as const, output: mapOf(8, output), kernel: square(kernel, stride, pad), groups };
}

describe("frames through engines", () => {
  test("a convolution by itself takes exactly the interval of the cost formula", () => {
    for (let seed = 0; seed < 200; seed++) {
      const roll = dice(seed);
      const size = roll(4, 14);
      const layer = drawn(roll, size);
      if (layer === undefined) continue;
      const problem = network(mapOf(8, size), [layer]);
      const unroll =
        layer.groups === 1
          ? { in: 2 ** roll(0, 3), out: 2 ** roll(0, 3), group: 1, kernel: 1 }
          : { in: 1, out: 1, group: 2 ** roll(0, 3), kernel: 1 };
      const engines = enginesOf(problem).map((engine) => withReuse(engine, unroll, 2 ** roll(0, 2)));
      expect(flow(problem, engines, 1).period, `seed ${seed}`).toBe(intervals(problem, engines)[0]);
    }
  });

  test("convolutions one after another take no longer than the slowest of them", () => {
    for (let seed = 0; seed < 150; seed++) {
      const roll = dice(seed);
      const first = roll(8, 16);
      const layers = [];
      let size = first;
      for (let l = roll(2, 4); l > 0; l--) {
        const layer = drawn(roll, size);
        if (layer === undefined) break;
        layers.push(layer);
        size = layer.output.height;
      }
      if (layers.length < 2) continue;
      const problem = network(mapOf(8, first), layers);
      const most = 2 ** roll(0, 2);
      // Of each layer the engine that comes closest to what the first takes.
      const engines: Engine[] = [];
      for (const engine of enginesOf(problem)) {
        const { groups, kernel } = problem.layers[engine.layer]!;
        const choices = [1, 2, 4]
          .filter((reuse) => reuse <= most)
          .flatMap((reuse) =>
            [1, 2, 4, 8].flatMap((a) =>
              (groups === 1 ? [1, 2, 4, 8] : [1]).flatMap((b) =>
                [1, kernel!.height * kernel!.width].map((k) =>
                  withReuse(engine, groups === 1 ? { in: a, out: b, group: 1, kernel: k } : { in: 1, out: 1, group: a, kernel: k }, reuse),
                ),
              ),
            ),
          );
        const [first] = engines;
        const miss = (other: Engine) => {
          const [own, pace] = [costOf(problem, other).interval, costOf(problem, first!).interval];
          return own > pace ? own : pace - own;
        };
        engines.push(
          first === undefined
            ? choices[roll(0, choices.length - 1)]!
            : choices.reduce((best, other) => (miss(other) < miss(best) ? other : best)),
        );
      }
      const slowest = Math.max(...intervals(problem, engines));
      const ran = flow(problem, engines, slowest);
      expect({ seed, stuck: ran.stuck, late: Math.max(0, ran.period - slowest) }).toEqual({ seed, stuck: [], late: 0 });
    }
  });

  test("what comes slower than the engines leaves as it comes", () => {
    const problem = network(mapOf(4, 8), [
      { kind: "convolution", output: mapOf(4, 8), kernel: window3() },
      { kind: "elementwise", output: mapOf(4, 8) },
    ]);
    const ran = flow(problem, enginesOf(problem), 20_000);
    expect(ran.period).toBe(20_000);
    expect(ran.left[0]).toBeLessThan(20_000);
  });

  test("every kind of layer passes frames on", () => {
    const problem = network(
      mapOf(4, 8),
      [
        {
          kind: "transposed",
          output: mapOf(4, 16),
          kernel: square(2, 2, 0),
          groups: 1,
          weights: { tensor: "w", bits: 8, biased: false, accumulatorBits: 24 },
        },
        { kind: "pooling", output: mapOf(4, 8), kernel: square(2, 2, 0) },
        { kind: "resize", output: mapOf(4, 16), kernel: { ...POINT, strideY: 2, strideX: 2 } },
        { kind: "concatenation", output: mapOf(8, 16), from: [2, 0] },
        { kind: "globalPooling", output: mapOf(8, 1) },
        { kind: "combine", output: mapOf(8, 16), from: [3, 4] },
        { kind: "rearrange", output: mapOf(32, 8) },
        { kind: "elementwise", output: mapOf(32, 8) },
      ],
      { "0 to 3": 4 * 16 * 16, "3 to 5": 2 * 8 * 16 * 16 },
    );
    const engines = enginesOf(problem);
    const slowest = Math.max(...intervals(problem, engines));
    const ran = flow(problem, engines, slowest);
    expect(ran.stuck).toEqual([]);
    expect(ran.period).toBe(slowest);
    for (const [e, { ended }] of ran.ended.map((ended, e) => [e, { ended }] as const))
      expect(ended.length, `engine ${e}`).toBeGreaterThanOrEqual(3);
  });

  test("a map that is read in another shape goes on by its elements", () => {
    const flattened = network(mapOf(4, 6), [
      { kind: "convolution", output: mapOf(4, 6), kernel: POINT },
      { kind: "convolution", output: mapOf(10, 1), kernel: POINT },
    ]);
    // The second layer takes the map as one pixel of 144 channels.
    const problem = { ...flattened, streams: flattened.streams.map((s) => (s.to === 1 ? { ...s, map: mapOf(144, 1) } : s)) };
    const slowest = Math.max(...intervals(problem, enginesOf(problem)));
    expect(flow(problem, enginesOf(problem), slowest).period).toBe(slowest);
  });

  test("words of a pixel that is read as several pass without a pause", () => {
    const vector = network(mapOf(7, 1), [
      { kind: "elementwise", output: mapOf(7, 1) },
      { kind: "convolution", output: mapOf(2, 1, 7), kernel: POINT },
    ]);
    // The second layer takes the 7 channels as 7 pixels of one, each of which it has done with in a cycle.
    const problem = { ...vector, streams: vector.streams.map((s) => (s.to === 1 ? { ...s, map: mapOf(1, 1, 7) } : s)) };
    const engines = enginesOf(problem).map((engine) => (engine.layer === 1 ? { ...engine, unroll: { ...engine.unroll, out: 2 } } : engine));
    expect(intervals(problem, engines)).toEqual([7, 7]);
    expect(flow(problem, engines, 7).period).toBe(7);
  });
});
