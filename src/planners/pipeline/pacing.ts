import type { EngineCost } from "../../cost/fpga/engine.js";
import { lagOf } from "../../cost/fpga/queues.js";
import { transposedWindowOf, type Window, windowOf } from "../../cost/fpga/window.js";
import { engineCost, lanesOf } from "./options.js";
import type { Dma, Engine, Kernel, Layer, PipelineProblem, StreamedMap, WeightMemory } from "./plan.js";

/** What runs on the device at once, a frame every `cyclesPerFrame`. */
export interface Running {
  /** Of all layers of the problem, in their order. */
  readonly engines: readonly Engine[];
  readonly cyclesPerFrame: number;
  readonly dma: Dma | undefined;
}

/** Of a layer, in cycles after a frame's first element enters the network. */
export interface Pace {
  /** When its results begin to flow, pixel `n` of `N` within `n / N` and `(n + 1) / N` of a frame from then on. */
  readonly begins: number;
  /** When the last of them is there, if they leave as soon as they can. */
  readonly ends: number;
}

/**
 * A schedule in which every map flows evenly over its frame, and every engine starts so late that it never waits but for weights, as
 * long as they may at most.
 *
 * @see docs/math/pipeline.md, "Latency"
 */
export function evenPace(problem: PipelineProblem, { engines, cyclesPerFrame, dma }: Running): readonly Pace[] {
  const paces: Pace[] = [];
  for (const [l, layer] of problem.layers.entries()) {
    const read = layer.inputs.map((id) => {
      const { from, map } = problem.streams[id]!;
      return { map, begins: from === undefined ? 0 : paces[from]!.begins };
    });
    const late = REGISTERS + (dma?.stalls[dma.ports.indexOf(l)] ?? 0);
    const { begins, ends } = paceOf(problem, layer, engines[l]!, cyclesPerFrame, read);
    paces.push({ begins: begins + late, ends: ends + late });
  }
  return paces;
}

/** Cycles that a word takes through an engine without waiting, and its neighbours' handshakes. */
const REGISTERS = 4;

/** Pixels of a map. */
const pixelsOf = ({ height, width }: StreamedMap): number => height * width;

interface Read {
  readonly map: StreamedMap;
  /** When the map begins to flow evenly. */
  readonly begins: number;
}

function paceOf(problem: PipelineProblem, layer: Layer, { unroll, memory }: Engine, frame: number, read: readonly Read[]): Pace {
  const { output, kind, kernel } = layer;
  const [first] = read as [Read];
  const latest = read.reduce((last, { begins }) => Math.max(last, begins), Number.NEGATIVE_INFINITY);
  const lanes = lanesOf(layer, unroll);
  const pixel = frame / pixelsOf(output);
  const wordsOut = Math.ceil(output.channels / lanes.out);
  const after = (begins: number): Pace => ({ begins, ends: begins + frame });
  switch (kind) {
    case "elementwise":
    case "combine":
      // What has fewer pixels is kept, and is there as a whole before the first pixel it goes with.
      return after(
        read.reduce((last, { map, begins }) => Math.max(last, begins + frame / pixelsOf(map) - pixel), Number.NEGATIVE_INFINITY),
      );
    case "concatenation":
      return after(latest + wordsOut);
    case "globalPooling":
      return after(latest + frame);
    case "resize":
      return after(latest + frame / first.map.height);
    case "rearrange":
      if (kernel === undefined) return after(latest + frame);
      return after(latest + frame * furthestAhead(kernel, first.map, output) + pixel);
    case "convolution":
    case "transposed":
    case "pooling": {
      const reuse = memory?.reuse ?? 1;
      const words = Math.ceil(first.map.channels / lanes.in);
      const cost = engineCost(problem, layer, unroll, reuse);
      const busy = sweepOf(layer, cost, words, reuse) * slownessOf(memory, cost, frame);
      const window = windowIn(layer, first.map);
      const { begins, ends } = lagOf(window, words, busy, reuse, frame, cost.before);
      return { begins: latest + begins, ends: latest + ends + reuse * wordsOut };
    }
  }
}

/** Cycles that an engine works on the windows of a word, or, where pixels share sweeps, of as many pixels as do. */
export const sweepOf = ({ weights }: Layer, engine: EngineCost, words: number, reuse: number): number =>
  weights === undefined ? 1 : (reuse * engine.weights.depth) / (reuse === 1 ? words : 1);

/** By how much an engine is slowed down, because the link brings streamed weights evenly over the frame. */
export const slownessOf = (memory: WeightMemory | undefined, { interval }: EngineCost, frame: number): number =>
  memory !== undefined && memory.fragments > 0 ? Math.max(1, frame / interval) : 1;

const POINT: Kernel = {
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

export const windowIn = ({ kind, kernel, output }: Layer, map: StreamedMap): Window =>
  (kind === "transposed" ? transposedWindowOf : windowOf)(kernel ?? POINT, map, output);

/** How far the pixel from which a result pixel is made lies ahead of an even pace, in frames. Rows and columns may be left out or be zeros. */
function furthestAhead({ strideY, strideX, top, left }: Kernel, map: StreamedMap, output: StreamedMap): number {
  const within = (at: number, size: number) => Math.min(Math.max(at, 0), size - 1);
  // Between the first and last that lie in the map it is linear, and beyond them it falls.
  const corners = (count: number, stride: number, before: number, size: number) =>
    [0, Math.ceil(before / stride), Math.floor((before + size - 1) / stride), count - 1].filter((at) => at >= 0 && at < count);
  let most = 0;
  for (const y of corners(output.height, strideY, top, map.height))
    for (const x of corners(output.width, strideX, left, map.width)) {
      const from = within(y * strideY - top, map.height) * map.width + within(x * strideX - left, map.width) + 1;
      most = Math.max(most, from / pixelsOf(map) - (y * output.width + x) / pixelsOf(output));
    }
  return most;
}
