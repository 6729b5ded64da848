import { cycles, hertz, seconds } from "../src/base/units.js";
import { schedule } from "../src/planners/pipeline/dma.js";
import { costOf, ioBits } from "../src/planners/pipeline/options.js";
import type { Engine, Kernel, Layer, PipelinePlan, PipelineProblem, Stream, StreamedMap } from "../src/planners/pipeline/plan.js";
import { replay } from "../src/planners/pipeline/replay.js";

export const POINT: Kernel = {
  height: 1,
  width: 1,
  strideY: 1,
  strideX: 1,
  dilationY: 1,
  dilationX: 1,
  top: 0,
  left: 0,
  bottom: 0,
  right: 0,
};
/** 3 x 3, padded so that maps keep their size but for the stride. */
export const window3 = (stride = 1): Kernel => ({
  ...POINT,
  height: 3,
  width: 3,
  strideY: stride,
  strideX: stride,
  top: 1,
  left: 1,
  bottom: 1,
  right: 1,
});

export const mapOf = (channels: number, height: number, width = height, bits = 8): StreamedMap => ({ channels, height, width, bits });

type Drawn = Pick<Layer, "kind"> & Partial<Layer> & { readonly output: StreamedMap; readonly from?: readonly (number | "input")[] };

/**
 * A network of layers, each reading what the layers `from` give (without it: the layer before). Results that nobody reads
 * leave the device. All on a roomy device of one cycle per second.
 */
export function network(input: StreamedMap, drawn: readonly Drawn[], waiting: Readonly<Record<string, number>> = {}): PipelineProblem {
  const streams: Stream[] = [];
  const open = (from: number | undefined, to: number | undefined, map: StreamedMap): number => {
    const name = `${from ?? "input"} to ${to ?? "output"}`;
    return streams.push({ name, from, to, map, waiting: waiting[name] ?? 0 }) - 1;
  };
  const layers = drawn.map(({ from, ...rest }, l): Layer => {
    const before = from ?? [l === 0 ? "input" : l - 1];
    const inputs = before.map((of) => (of === "input" ? open(undefined, l, input) : open(of, l, drawn[of]!.output)));
    return {
      name: `layer ${l}`,
      type: rest.kind === "convolution" ? "Conv" : "Op",
      operators: [`layer ${l}`],
      kernel: rest.kind === "convolution" ? window3() : undefined,
      groups: 1,
      weights: rest.kind === "convolution" ? { tensor: `weight ${l}`, bits: 8, biased: true, accumulatorBits: 24 } : undefined,
      ...rest,
      inputs,
    };
  });
  layers.forEach(({ output }, l) => {
    if (!streams.some(({ from }) => from === l)) open(l, undefined, output);
  });
  const plenty = { lut: 1e9, ff: 1e9, dsp: 1e6, bram18: 1e6, uram: 1e6 };
  return {
    kind: "pipeline",
    objective: "throughput",
    device: { clock: hertz(1), fabric: "ultrascale+", resources: plenty, lutPerBram18: 0, bitsPerCycle: 64, burstBits: 64 },
    model: "stowage",
    streaming: "allowed",
    buffers: 2,
    reuse: 4,
    partitions: 1,
    reconfiguration: seconds(0),
    batch: 1,
    layers,
    streams,
    assumptions: [],
  };
}

/** Engines without parallelism, all weights static. */
export const enginesOf = ({ layers }: PipelineProblem): Engine[] =>
  layers.map(({ weights }, layer) => ({
    layer,
    unroll: { in: 1, out: 1, group: 1, kernel: 1 },
    memory: weights && { fragments: 0, streamed: 0, buffers: 0, reuse: 1, static: "bram", buffer: "none" },
  }));

/** A residual network of five layers: two convolutions, of which the second is added to what it reads, between a pooling and a product. */
export const residual = (): PipelineProblem =>
  network(
    mapOf(4, 16),
    [
      { kind: "convolution", output: mapOf(8, 16) },
      { kind: "pooling", output: mapOf(8, 8), kernel: { ...POINT, height: 2, width: 2, strideY: 2, strideX: 2 } },
      { kind: "convolution", output: mapOf(16, 8) },
      { kind: "convolution", output: mapOf(16, 8) },
      { kind: "combine", output: mapOf(16, 8), from: [2, 3] },
      { kind: "convolution", output: mapOf(10, 1), kernel: { ...POINT, height: 8, width: 8 } },
    ],
    { "2 to 4": 16 * 24 },
  );

/** Its engines: the two inner convolutions stream, the first all of its weights, the second the half of them. */
export const streaming = (problem: PipelineProblem): Engine[] =>
  enginesOf(problem).map((engine) => {
    const stream = (period: number, streamed: number, kept: "bram" | "none"): Engine => ({
      ...engine,
      memory: { fragments: period, streamed, buffers: 2, reuse: 1, static: kept, buffer: "bram" },
    });
    return engine.layer === 2 ? stream(16, 72, "none") : engine.layer === 3 ? stream(16, 72, "bram") : engine;
  });

/** A plan with a schedule and claims that hold. */
export function honest(problem: PipelineProblem, engines: readonly Engine[]): PipelinePlan {
  const options = engines.map((engine) => costOf(problem, engine));
  const cyclesPerFrame = cycles(Math.max(...options.map(({ interval }) => interval)));
  const scheduled = schedule(problem, engines, ioBits(problem), cyclesPerFrame);
  if (scheduled.kind === "late") throw new Error("the link does not carry the weights of the sample");
  const partitions = [{ engines, cyclesPerFrame, dma: scheduled.kind === "holds" ? scheduled.dma : undefined }];
  const { pipeline, totals } = replay(problem, { partitions }).replay;
  return {
    kind: "pipeline",
    partitions,
    certificate: undefined,
    baselines: { vanilla: undefined, greedy: undefined },
    claims: { cyclesPerFrame, latency: totals.latency, resources: pipeline!.partitions[0]!.resources },
  };
}
