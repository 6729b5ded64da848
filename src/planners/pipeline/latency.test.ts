import { describe, expect, test } from "vitest";
import { mapOf, network, POINT, window3 } from "../../../test/small-pipeline.js";
import { rng } from "../../base/rng.js";
import { enginesOf } from "./choices.js";
import { earliest, lengthOf } from "./earliest.js";
import { latencyOf, leastLatency } from "./latency.js";
import { costOf } from "./options.js";
import type { Running } from "./pacing.js";
import { asBuilt, type Engine, type PipelineProblem, type WeightMemory } from "./plan.js";
import { queuesOf } from "./queues.js";
import { flow } from "./replay-flow.js";
import { waitingIn } from "./waiting.js";

type Drawn = Parameters<typeof network>[1][number];

/** Layers of all kinds, some of which join, that lead to a layer that takes the whole map or to none. */
function drawn(seed: number): PipelineProblem {
  const random = rng(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const size = 4 + 2 * pick(5);
  const layers: Drawn[] = [];
  const input = mapOf(4, size, size + pick(3), 4);
  const outputOf = (from: number) => (from < 0 ? input : layers[from]!.output);
  const add = (layer: Drawn) => layers.push(layer) - 1;
  const reads = (from: number): readonly (number | "input")[] => [from < 0 ? "input" : from];
  const convolution = (from: number, stride: number): number => {
    const { height, width } = outputOf(from);
    const [kernel, groups] = [pick(3) === 0 ? { ...POINT, strideY: stride, strideX: stride } : window3(stride), pick(4) === 0 ? 4 : 1];
    const output = mapOf(4, Math.ceil(height / stride), Math.ceil(width / stride), 4);
    return add({ kind: "convolution", kernel, groups, output, from: reads(from) });
  };
  const moved = (from: number): number => {
    const map = outputOf(from);
    const kernel = { ...POINT, height: 2, width: 2, strideY: 2, strideX: 2 };
    const halved = { ...map, height: map.height >> 1, width: map.width >> 1 };
    const doubled = { ...map, height: map.height * 2, width: map.width * 2 };
    switch (pick(6)) {
      case 0:
        return add({ kind: "elementwise", output: map, from: reads(from) });
      case 1:
        return map.height < 4 || map.width < 4 ? from : add({ kind: "pooling", kernel, output: halved, from: reads(from) });
      case 2:
        return map.height > 12
          ? from
          : add({ kind: "resize", kernel: { ...POINT, strideY: 2, strideX: 2 }, output: doubled, from: reads(from) });
      case 3:
        return add({ kind: "rearrange", output: map, from: reads(from) });
      case 4:
        return map.height > 12 ? from : add({ kind: "transposed", kernel, output: doubled, weights: WEIGHTS, from: reads(from) });
      default:
        return map.height < 4 || map.width < 4 ? from : convolution(from, 2);
    }
  };
  let at = -1;
  for (let part = 2 + pick(3); part > 0; part--) {
    at = convolution(at, 1);
    if (pick(2) === 0) {
      const longer = convolution(convolution(at, 1), 1);
      const pooled =
        pick(3) === 0 ? add({ kind: "globalPooling", output: { ...outputOf(at), height: 1, width: 1 }, from: [at] }) : undefined;
      at = add({ kind: "combine", output: outputOf(longer), from: [longer, pooled ?? at] });
    }
    at = moved(at);
  }
  if (pick(2) === 0) at = add({ kind: "globalPooling", output: { ...outputOf(at), height: 1, width: 1 }, from: [at] });
  if (pick(2) === 0) add({ kind: "convolution", kernel: POINT, output: mapOf(8, outputOf(at).height, outputOf(at).width, 4), from: [at] });
  const problem = network(input, layers);
  const small = { ...problem, device: { ...problem.device, bitsPerCycle: 8, burstBits: 8 } };
  return { ...small, streams: waitingIn(small) };
}

const WEIGHTS = { tensor: "w", bits: 8, biased: false, accumulatorBits: 24 };

/** Any engine for each layer, some with streamed weights; half of the networks have only those of about the same pace. */
function engines(problem: PipelineProblem, seed: number): readonly Engine[] {
  const random = rng(seed + 1000);
  const even = random() < 0.5;
  let pace = 0;
  return problem.layers.map(({ weights }, layer) => {
    const all = enginesOf(problem, layer, Number.POSITIVE_INFINITY);
    const near = pace === 0 || !even ? all : all.filter(({ engine }) => engine.interval <= 1.2 * pace && engine.interval >= pace / 2);
    const among = near.length > 0 ? near : all;
    const { unroll, reuse, engine } = among[Math.floor(random() * among.length)]!;
    pace = Math.max(pace, engine.interval);
    if (weights === undefined) return { layer, unroll, memory: undefined };
    const where: WeightMemory = random() < 0.5 ? { ...KEPT, reuse } : { ...STREAMED, streamed: engine.weights.depth, reuse };
    return { layer, unroll, memory: where };
  });
}

const KEPT: WeightMemory = { fragments: 0, streamed: 0, buffers: 0, reuse: 1, static: "bram", buffer: "none" };
const STREAMED: WeightMemory = { ...KEPT, fragments: 1, buffers: 2, static: "none", buffer: "bram" };

/** A hundred networks with engines and a pace; others with FC_SEED. */
const samples = Array.from({ length: 100 }, (_, i) => {
  const seed = 100 * Number(process.env.FC_SEED ?? 1) + i;
  const problem = drawn(seed);
  const chosen = engines(problem, seed);
  const slowest = Math.max(...chosen.map((engine) => costOf(problem, engine).interval));
  return {
    seed,
    problem,
    running: { engines: chosen, cyclesPerFrame: seed % 3 === 0 ? Math.ceil(1.3 * slowest) : slowest, dma: undefined },
  };
});

/** From first element to last result in the judge's replay, which has to come to a steady flow. */
function replayed(seed: number, problem: PipelineProblem, { engines: all, cyclesPerFrame }: Running): number {
  const { left, stuck, period } = flow(problem, all, cyclesPerFrame);
  expect({ seed, stuck, late: period > cyclesPerFrame }).toEqual({ seed, stuck: [], late: false });
  return Math.ceil(left.at(-1)! - (left.length - 1) * cyclesPerFrame);
}

describe("frames in the judge's replay", () => {
  test("take no longer than latencyOf says", () => {
    for (const { seed, problem, running } of samples)
      expect(replayed(seed, problem, running), `seed ${seed}`).toBeLessThanOrEqual(latencyOf(problem, running));
  });

  test("nor do they where streams hold no more than these engines need", () => {
    let [posed, built] = [0, 0];
    for (const { seed, problem, running } of samples) {
      const queues = queuesOf(problem, running);
      if (queues.length === 0) continue;
      const less = asBuilt(problem, [{ queues }]);
      for (const { stream } of queues) {
        posed += problem.streams[stream]!.waiting;
        built += less.streams[stream]!.waiting;
      }
      expect(replayed(seed, less, running), `seed ${seed}`).toBeLessThanOrEqual(latencyOf(problem, running));
    }
    expect(built).toBeLessThan(0.7 * posed);
  });

  test("nor less than where all go through as early as they can", () => {
    let shares = 0;
    for (const { seed, problem, running } of samples) {
      const { latency, way } = earliest(problem, running.engines, running.cyclesPerFrame);
      const seen = replayed(seed, problem, running);
      expect(latency, `seed ${seed}`).toBeLessThanOrEqual(seen);
      const length = way.reduce((sum, stretch) => {
        const { layer } = stretch;
        return sum + lengthOf(problem, problem.layers[layer]!, running.engines[layer]!, running.cyclesPerFrame)(stretch);
      }, 0);
      expect(length, `seed ${seed}`).toBeCloseTo(latency, 3);
      shares += latency / seen;
    }
    expect(shares / samples.length).toBeGreaterThan(0.9);
  });
});

test("the multipliers' time for a frame is counted exactly", () => {
  // A multiplier forms three products of 4 x 4 bits: 33 layers of one product are 11 cycles, which thirds added up exceed.
  const weights = { tensor: "w", bits: 4, biased: false, accumulatorBits: 12 };
  const layers = Array.from({ length: 33 }, (): Drawn => ({ kind: "convolution", kernel: POINT, weights, output: mapOf(1, 1, 1, 4) }));
  const on = (dsp: number, drawn: readonly Drawn[]) => {
    const { device, ...rest } = network(mapOf(1, 1, 1, 4), drawn);
    return leastLatency({ ...rest, device: { ...device, resources: { ...device.resources, dsp } } });
  };
  expect(Array.from(layers, () => 1 / 3).reduce((a, b) => a + b)).toBeGreaterThan(11);
  expect(on(1, layers)).toBe(11);
  expect(on(11, layers)).toBe(1);
  expect(on(1, [...layers, layers[0]!])).toBe(12);
  // Beside one of 4 x 8 bits, two to a multiplier: 11 and a half.
  const wide = { tensor: "v", bits: 8, biased: false, accumulatorBits: 20 };
  expect(on(1, [...layers, { ...layers[0]!, weights: wide }])).toBe(12);
  expect(on(23, [...layers, { ...layers[0]!, weights: wide }])).toBe(1);
});
