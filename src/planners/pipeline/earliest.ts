import { needed, paceOf } from "../../cost/fpga/queues.js";
import { engineCost, lanesOf } from "./options.js";
import { slownessOf, sweepOf, windowIn } from "./pacing.js";
import type { Engine, Layer, LayerId, PipelineProblem, StreamedMap } from "./plan.js";

/** What a frame's way through a layer is: from the pixel of its result that waited for its input to the one that the way goes on with. */
export interface Stretch {
  readonly layer: LayerId;
  readonly from: number;
  readonly to: number;
  /** The way enters with the last part of a pixel: the share of the pixel's words that is still to be worked on. 1: all of it. */
  readonly share: number;
  /** Pixels of its input that it takes, a word per cycle, before it can begin. */
  readonly taken: number;
}

/** A frame that goes through engines as early as it can, if streams hold whatever waits: no machine is faster. */
export interface Earliest {
  readonly latency: number;
  /** What the last result waited for, from the first layer to the last: in all choices of engines a frame takes that long at least. */
  readonly way: readonly Stretch[];
}

/** @param frame cycles per frame, over which engines with streamed weights spread their work. @see docs/math/pipeline.md, "Latency" */
export function earliest(problem: PipelineProblem, engines: readonly Engine[], frame: number): Earliest {
  const { layers, streams } = problem;
  const runs = layers.map((layer, l) => runOf(problem, layer, engines[l]!, frame, (id) => ready[streams[id]!.from ?? -1]));
  const ready: Float64Array[] = [];
  for (const [l, run] of runs.entries()) ready[l] = run.go();
  let [layer, pixel, latency] = [-1, 0, 0];
  for (const { from, to } of streams) {
    if (from === undefined || to !== undefined) continue;
    const last = ready[from]!.length - 1;
    if (ready[from]![last]! > latency) [layer, pixel, latency] = [from, last, ready[from]![last]!];
  }
  const way: Stretch[] = [];
  while (layer >= 0) {
    const { from, share, taken, before, sent } = runs[layer]!.behind(pixel);
    way.push({ layer, from, to: pixel, share, taken });
    [layer, pixel] = [before, sent];
  }
  return { latency, way: way.toReversed() };
}

/** Cycles of a stretch with an engine at least. */
export type Length = (stretch: Stretch) => number;

/** How long an engine takes for any stretch of its layer. */
export function lengthOf(problem: PipelineProblem, layer: Layer, engine: Engine, frame: number): Length {
  const { startOf, result, take } = rhythmOf(problem, layer, engine, frame);
  return ({ from, to, share, taken }) => taken * take + startOf(to) - startOf(from) + share * result;
}

/** When an engine begins with its pixels, if it waits for nothing, how long after that a pixel is there, and how long it takes one that is sent. */
interface Rhythm {
  readonly startOf: (pixel: number) => number;
  readonly result: number;
  readonly take: number;
}

function rhythmOf(problem: PipelineProblem, layer: Layer, { unroll, memory }: Engine, frame: number): Rhythm {
  const { output, kind } = layer;
  const lanes = lanesOf(layer, unroll);
  const { map, from: sender } = problem.streams[layer.inputs[0]!]!;
  const words = Math.ceil(map.channels / lanes.in);
  const made = sender === undefined ? map : problem.layers[sender]!.output;
  const take = (words * map.height * map.width) / (made.height * made.width);
  if (!(kind === "convolution" || kind === "transposed" || kind === "pooling")) {
    const leave = kind === "rearrange" && layer.kernel !== undefined ? 1 : Math.ceil(output.channels / lanes.out);
    return { startOf: (pixel) => pixel * leave, result: 1, take };
  }
  const reuse = memory?.reuse ?? 1;
  const cost = engineCost(problem, layer, unroll, reuse);
  const busy = sweepOf(layer, cost, words, reuse) * slownessOf(memory, cost, frame);
  const { startOf } = paceOf(windowIn(layer, map), words, busy, reuse);
  // Of layers in groups the first results come before all windows of the pixel are worked off.
  const rounds = layer.weights === undefined ? words : layer.groups / unroll.group;
  return {
    startOf: (pixel) => startOf(Math.floor(pixel / output.width), pixel % output.width, 0),
    result: reuse === 1 ? (words / rounds) * Math.max(1, busy) : busy,
    take,
  };
}

interface LayerRun {
  /** When each pixel of the result begins to be there. */
  readonly go: () => Float64Array;
  /** What a pixel of the result waited for; `before` -1: the network's input. */
  readonly behind: (pixel: number) => Omit<Stretch, "layer" | "to"> & { readonly before: LayerId; readonly sent: number };
}

function runOf(
  problem: PipelineProblem,
  layer: Layer,
  engine: Engine,
  frame: number,
  readyOf: (stream: number) => Float64Array | undefined,
): LayerRun {
  const { output, inputs } = layer;
  const pixels = output.height * output.width;
  const { startOf, result, take } = rhythmOf(problem, layer, engine, frame);
  const reuse = engine.memory?.reuse ?? 1;
  const entries = inputs.map((id) => {
    const { from, map } = problem.streams[id]!;
    const made = from === undefined ? map : problem.layers[from]!.output;
    const sent = made.height * made.width;
    return { id, from: from ?? -1, sent, reads: readsOf(layer, map, sent, id === inputs[0]) };
  });
  const [first] = entries as [(typeof entries)[number]];
  const gathers = takesAll(layer);
  /** Per pixel: the one at which the engine waited last before it, and the input it waited for. */
  const since = new Int32Array(pixels);
  const waited = new Int32Array(pixels);
  /** Whether the pixel waited for its last part. */
  const late = new Uint8Array(pixels);
  /** Where the whole map is taken first: the last pixel that was waited for. */
  let slowest = 0;

  /** When the whole map is taken. */
  const gather = (from: Float64Array | undefined): number => {
    let clock = 0;
    for (let pixel = 0; pixel < first.sent; pixel++) {
      const comes = from === undefined ? 0 : from[pixel]!;
      if (comes > clock) [clock, slowest] = [comes, pixel];
      clock += take;
    }
    return clock;
  };
  const go = (): Float64Array => {
    const there = new Float64Array(pixels);
    const arrivals = entries.map(({ id }) => readyOf(id));
    let start = gathers ? gather(arrivals[0]) : 0;
    for (let pixel = 0; pixel < pixels; pixel++) {
      if (pixel > 0) {
        start += startOf(pixel) - startOf(pixel - 1);
        since[pixel] = since[pixel - 1]!;
        waited[pixel] = waited[pixel - 1]!;
      }
      // Pixels that share a sweep are gathered: the last of them is waited for.
      const column = pixel % output.width;
      const last = reuse === 1 ? pixel : pixel - column + Math.min(output.width, (Math.floor(column / reuse) + 1) * reuse) - 1;
      for (let e = 0; e < entries.length && !gathers; e++) {
        const at = entries[e]!.reads.first(last);
        const comes = arrivals[e]?.[at] ?? at * take;
        if (comes <= start) continue;
        start = comes;
        since[pixel] = last;
        waited[pixel] = e;
      }
      there[pixel] = start + result;
      const { share } = first.reads;
      if (share === 1 || arrivals[0] === undefined) continue;
      const ends = arrivals[0][first.reads.last(pixel)]! + share * result;
      if (ends <= there[pixel]!) continue;
      there[pixel] = ends;
      late[pixel] = 1;
    }
    return there;
  };
  return {
    go,
    behind: (pixel) => {
      if (gathers) return { from: 0, share: 1, taken: first.sent - slowest, before: first.from, sent: slowest };
      if (late[pixel]) return { from: pixel, share: first.reads.share, taken: 0, before: first.from, sent: first.reads.last(pixel) };
      const { from, reads } = entries[waited[pixel]!]!;
      const sent = reads.first(since[pixel]!);
      return { from: since[pixel]!, share: 1, taken: from < 0 ? sent : 0, before: from, sent };
    },
  };
}

/** Whether a layer takes the whole map before it makes anything of it. */
const takesAll = ({ kind, kernel }: Layer): boolean => kind === "globalPooling" || (kind === "rearrange" && kernel === undefined);

/** Which pixels sent to a layer its pixels wait for. */
interface Reads {
  /** Without which it does not begin. */
  readonly first: (pixel: number) => number;
  /** Without which it does not end, where that is another: where a pixel is read that several were before. */
  readonly last: (pixel: number) => number;
  /** Of the words of a pixel those that one of the pixels sent brings. */
  readonly share: number;
}

/** @param sent pixels of the map as it is sent. @param leads whether it is the layer's first input */
function readsOf(layer: Layer, map: StreamedMap, sent: number, leads: boolean): Reads {
  const { kind, kernel, output } = layer;
  const [columns, pixels] = [output.width, output.height * output.width];
  const whole = (first: (pixel: number) => number): Reads => ({ first, last: first, share: 1 });
  if (takesAll(layer)) return whole(() => sent - 1);
  if (kind === "resize") return whole((pixel) => (Math.floor(Math.floor(pixel / columns) / kernel!.strideY) + 1) * map.width - 1);
  // What is kept for the frame comes before all of it.
  if (kind === "elementwise" || kind === "combine") return whole(sent === pixels ? (pixel) => pixel : () => 0);
  // What comes beside the first words of a pixel may be there later than these.
  if (kind === "concatenation") return whole(leads ? (pixel) => pixel : (pixel) => Math.max(0, pixel - 1));
  const window = windowIn(layer, map);
  const share = sent / (map.height * map.width);
  const reads = (pixel: number) => needed(window, 1, Math.floor(pixel / columns), pixel % columns, 0);
  return {
    first: (pixel) => Math.max(0, Math.floor((reads(pixel) - 1) * share)),
    last: (pixel) => Math.max(0, Math.ceil(reads(pixel) * share) - 1),
    share: share > 1 ? 1 / share : 1,
  };
}
