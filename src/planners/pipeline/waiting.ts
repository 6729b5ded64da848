import { waitingAfter, waitingBefore } from "../../cost/fpga/queues.js";
import { transposedWindowOf, windowOf } from "../../cost/fpga/window.js";
import { leastLatency } from "./latency.js";
import type { Kernel, Layer, LayerId, PipelineProblem, Stream, StreamedMap } from "./plan.js";

/**
 * Gives every stream what it has to hold, because a longer way leads from where the ways part to the layer it enters.
 *
 * Every map is sent evenly over a frame, its pixel `n` of `N` at `lag + n / N`, in frames. A layer's lag is the least with
 * which it never needs what has not come. So much earlier as a stream comes to a layer than the latest of the others, so
 * much it holds. Source: docs/math/pipeline.md, "Waiting in streams".
 */
export function waitingIn(problem: PipelineProblem): readonly Stream[] {
  const frame = shortestFrame(problem);
  return waitingWith(
    problem,
    problem.layers.map((layer) => delayOf(problem, layer, frame)),
  );
}

/** The same for engines that take no time and lag by no more than their windows: what streams hold of an even flow in any case. */
export function leastWaitingIn(problem: PipelineProblem): readonly Stream[] {
  const delays = problem.layers.map((layer) => {
    const { most } = readingOf(problem, layer);
    return { least: most, most };
  });
  const least = waitingWith(problem, delays);
  return problem.streams.map((stream, id) => ({ ...stream, waiting: Math.min(stream.waiting, least[id]!.waiting) }));
}

function waitingWith({ layers, streams }: PipelineProblem, delays: readonly Delay[]): readonly Stream[] {
  const sources = layers.map(({ inputs }) => inputs.map((id) => streams[id]!.from ?? INPUT));
  const parting = dominators(sources);
  const waiting = streams.map(() => 0);
  for (const [l, layer] of layers.entries()) {
    if (layer.inputs.length < 2) continue;
    const lags = lagsBetween(parting[l]!, l, sources, delays);
    const latest = latestOfOthers(sources[l]!.map((from) => lags.get(from)!.most));
    layer.inputs.forEach((id, i) => {
      const { map } = streams[id]!;
      const early = (latest[i]! - lags.get(sources[l]![i]!)!.least) * map.height * map.width;
      // What begins to wait while a pixel is taken waits in full.
      if (early > NEGLIGIBLE) waiting[id] = map.channels * (Math.ceil(early - NEGLIGIBLE) + 1);
    });
  }
  // Nothing evens out what a layer sends that leaves rows out or adds some.
  for (const [id, { from, to, map }] of streams.entries()) {
    if (from === undefined || to === undefined || layers[from]!.kind !== "rearrange" || layers[from]!.kernel === undefined) continue;
    const { least, most } = delays[from]!;
    const uneven = (most - least) * map.height * map.width;
    if (uneven > 1) waiting[id] = waiting[id]! + map.channels * Math.ceil(uneven);
  }
  return streams.map((stream, id) => ({ ...stream, waiting: waiting[id]! }));
}

/** Of each of two lags or more, the largest of all but itself. */
function latestOfOthers(lags: readonly number[]): readonly number[] {
  const latest = lags.reduce((best, lag, i) => (lag > lags[best]! ? i : best), 0);
  const second = lags.reduce((most, lag, i) => (i === latest ? most : Math.max(most, lag)), Number.NEGATIVE_INFINITY);
  return lags.map((_, i) => (i === latest ? second : lags[latest]!));
}

/** Where ways part that have no layer in common: the host. */
const INPUT = -1;
/** Rounding of sums of fractions of a frame, in pixels. */
const NEGLIGIBLE = 1e-6;

/** Pixels of a layer's result. */
const pixelsOut = ({ output }: Layer): number => output.height * output.width;

/** Frames by which results come after what they need: over all pixels at least and at most. */
interface Delay {
  readonly least: number;
  readonly most: number;
}

/** Cycles that every frame takes: those of the largest map's pixels, and of all products on all multipliers. */
function shortestFrame(problem: PipelineProblem): number {
  const { layers, streams, partitions } = problem;
  // A part of the network may be done sooner.
  if (partitions > 1) return layers.reduce((least, layer) => Math.min(least, pixelsOut(layer)), Number.POSITIVE_INFINITY);
  const made = layers.reduce((most, layer) => Math.max(most, pixelsOut(layer)), leastLatency(problem));
  return streams.reduce((most, { map }) => Math.max(most, map.height * map.width), made);
}

/** @param frame cycles that a frame takes at least */
function delayOf({ streams, streaming, reuse }: PipelineProblem, layer: Layer, frame: number): Delay {
  const { output, weights, kernel, groups, inputs, kind } = layer;
  const input = streams[inputs[0]!]!.map;
  const [from, to] = [input.height * input.width, pixelsOut(layer)];
  // A pixel takes no longer than its share of a frame, nor than an engine that does one thing at a time.
  const positions = kernel && weights ? kernel.height * kernel.width : 1;
  const work = weights ? (input.channels / groups) * output.channels * positions : Math.max(input.channels, output.channels);
  const shared = weights && streaming === "allowed" ? Math.min(reuse, output.width) : 1;
  const busy = Math.min(1 / to, work / frame);
  const { least, most } = readingOf({ streams }, layer);
  if (kernel === undefined || inputs.length > 1) return { least, most: most + busy };
  const even = kind === "resize" || kind === "rearrange" || from === 1;
  const turning = even ? 0 : Math.min(turns(layer, input) / frame, Math.max(0, slowestPace(layer, input) - most - busy));
  return { least, most: most + busy + turning + (shared - 1) * (1 / to + busy) };
}

/** By how much a layer lags because of what it reads, however fast it is. */
function readingOf({ streams }: Pick<PipelineProblem, "streams">, { kind, kernel, inputs, output }: Layer): Delay {
  const input = streams[inputs[0]!]!.map;
  if (inputs.length > 1 || kind === "elementwise" || kind === "concatenation") return { least: 0, most: 0 };
  if (kernel !== undefined) return aheadOf(kind, kernel, input, output);
  const whole = 1 - 1 / (input.height * input.width);
  return { least: whole, most: whole };
}

/** Cycles in which a window at most shifts and hands on nothing, from row to row and from frame to frame, which delays what follows. */
function turns({ kind, kernel, output }: Layer, input: StreamedMap): number {
  const { rows, columns, strideY, strideX, outRows, outColumns } = (kind === "transposed" ? transposedWindowOf : windowOf)(
    kernel!,
    input,
    output,
  );
  const row = outRows > 1 ? strideY * columns - (outColumns - 1) * strideX : 0;
  const frame = (rows - (outRows - 1) * strideY) * columns - (outColumns - 1) * strideX;
  return (row + frame) * input.channels;
}

/** By how much a window and the engine behind it lag, in frames, however they are unrolled: words of a pixel, cycles for each. */
function slowestPace({ kind, kernel, weights, groups, output }: Layer, input: StreamedMap): number {
  const window = (kind === "transposed" ? transposedWindowOf : windowOf)(kernel!, input, output);
  const longest = weights ? (output.channels / groups) * kernel!.height * kernel!.width : 1;
  let lag = 0;
  for (let words = 1; words <= input.channels; words++) {
    if (input.channels % words !== 0) continue;
    for (let busy = 1; ; busy = Math.min(2 * busy, longest)) {
      lag = Math.max(lag, waitingBefore(window, words, busy).lag + waitingAfter(window, words, busy).lag);
      if (busy === longest) break;
    }
  }
  return lag;
}

/** How far ahead of an even pace a window reads, in frames, at least and at most. */
function aheadOf(kind: Layer["kind"], kernel: Kernel, input: StreamedMap, output: StreamedMap): Delay {
  const [from, to] = [input.height * input.width, output.height * output.width];
  // From one period to the next it is linear in the row, so the first and the last rows have the extremes.
  const rows = new Set<number>();
  for (let r = 0; r < Math.min(PERIOD, output.height); r++) rows.add(r).add(output.height - 1 - r);
  let [least, most] = [Number.POSITIVE_INFINITY, 0];
  for (const row of rows)
    for (let column = 0; column < output.width; column++) {
      const ahead = lastNeeded(kind, kernel, input, row, column) / from - (row * output.width + column) / to;
      least = Math.min(least, ahead);
      most = Math.max(most, ahead);
    }
  return { least, most };
}

/** Rows after which the steps of windows and of transposed windows repeat. */
const PERIOD = 8;

/**
 * The pixel of the input with which a pixel of the result can be computed. Rows below the map count on: they are the next
 * frame's, which cannot come in before.
 */
function lastNeeded(kind: Layer["kind"], kernel: Kernel, { width }: StreamedMap, row: number, column: number): number {
  const { strideY, strideX, dilationY, dilationX, top, left } = kernel;
  const within = (at: number) => Math.min(Math.max(at, 0), width - 1);
  if (kind === "resize") return Math.floor(row / strideY) * width + width - 1;
  if (kind === "transposed") return Math.floor((row + top) / strideY) * width + within(Math.floor((column + left) / strideX));
  const bottom = row * strideY + (kernel.height - 1) * dilationY - top;
  return Math.max(0, bottom) * width + within(column * strideX + (kernel.width - 1) * dilationX - left);
}

/** Per layer the last one that everything it reads has come through. */
function dominators(sources: readonly (readonly LayerId[])[]): readonly LayerId[] {
  const above: LayerId[] = [];
  const depth = new Map<LayerId, number>([[INPUT, 0]]);
  for (const [l, from] of sources.entries()) {
    const meet = (a: LayerId, b: LayerId): LayerId => {
      let [x, y] = [a, b];
      while (x !== y) {
        if (depth.get(x)! >= depth.get(y)!) x = above[x]!;
        else y = above[y]!;
      }
      return x;
    };
    above[l] = from.reduce(meet);
    depth.set(l, depth.get(above[l])! + 1);
  }
  return above;
}

/** Lags of what leads from one layer to another, counted from the first. */
function lagsBetween(
  first: LayerId,
  last: LayerId,
  sources: readonly (readonly LayerId[])[],
  delays: readonly Delay[],
): ReadonlyMap<LayerId, Delay> {
  const between = new Set<LayerId>();
  const open = [...sources[last]!];
  for (let l = open.pop(); l !== undefined; l = open.pop()) {
    if (l === first || between.has(l)) continue;
    between.add(l);
    for (const from of sources[l]!) open.push(from);
  }
  const lags = new Map<LayerId, Delay>([[first, { least: 0, most: 0 }]]);
  for (const l of [...between].toSorted((a, b) => a - b)) {
    const { least, most } = delays[l]!;
    const last = (of: keyof Delay) => sources[l]!.reduce((lag, from) => Math.max(lag, lags.get(from)![of]), Number.NEGATIVE_INFINITY);
    lags.set(l, { least: last("least") + least, most: last("most") + most });
  }
  return lags;
}
