import { engineCost } from "./options.js";
import type { Engine, Layer, LayerId, PipelineProblem, Stream, StreamedMap, StreamId } from "./plan.js";
import { type Exit, exit, type Pipe, pipe } from "./replay-pipes.js";
import { type Entry, gathering, passing, type Stage, sink, source, type Windows, windowed } from "./replay-stages.js";

/** How feature maps went through the engines, frame after frame. Times in cycles from the start of the first frame. */
export interface Flow {
  /** Of each engine, in their order: when the first pixel of each frame came, and when its last result was there. */
  readonly begun: readonly (readonly number[])[];
  readonly ended: readonly (readonly number[])[];
  /** When the last result of each frame left, over all that leaves. */
  readonly left: readonly number[];
  /** Cycles between the last two frames, in the engine or at the exit where they lie farthest apart. */
  readonly period: number;
  /** Engines that wait for one another for ever; empty where all frames left. */
  readonly stuck: readonly LayerId[];
}

/** Frames sent at first, and at most: until the last two lie `interval` apart. */
const FRAMES = 3;
const MOST_FRAMES = 24;

/**
 * Sends frames through `engines`, one every `interval` cycles, pixel by pixel: a pixel is taken when it has come and the
 * window before it is worked off, and leaves when its receivers have room.
 *
 * @param engines of one partition, in the problem's order; what comes from other layers comes from off chip
 */
export function flow(problem: PipelineProblem, engines: readonly Engine[], interval: number): Flow {
  const { layers, streams } = problem;
  const at = new Map(engines.map(({ layer }, e) => [layer, e]));
  const of = (layer: LayerId | undefined): number | undefined => (layer === undefined ? undefined : at.get(layer));
  let frames = FRAMES;

  const own = streams.flatMap((stream, id) => (of(stream.from) === undefined && of(stream.to) === undefined ? [] : [{ stream, id }]));
  /** The map as it is sent: by a layer, or from off chip in the shape in which it is read. */
  const sentOn = ({ from, map }: Stream): StreamedMap => (of(from) === undefined ? map : layers[from!]!.output);
  // Stages: the engines, then a source or sink for every stream that has one.
  let stages = engines.length;
  const pipes = new Map<number, Pipe>(
    own.map(({ stream, id }) => {
      const [from, to] = [of(stream.from), of(stream.to)];
      return [
        id,
        pipe(from ?? stages++, to ?? stages++, roomOf(problem, stream, sentOn(stream).channels, engines[from ?? -1], engines[to ?? -1])),
      ];
    }),
  );
  const running: Stage[] = engines.map((engine) => {
    const layer = layers[engine.layer]!;
    const leaving = own.filter(({ stream }) => stream.from === engine.layer).map(({ id }) => pipes.get(id)!);
    return stageOf(problem, layer, engine, interval, leaving, (id) => ({ pipe: pipes.get(id)!, sent: sentOn(streams[id]!) }));
  });
  const sinks: Stage[] = [];
  for (const { stream, id } of own) {
    const between = pipes.get(id)!;
    const { channels, height, width } = stream.map;
    if (of(stream.from) === undefined) {
      const words = Math.ceil(channels / lanesIn(engines[of(stream.to)!]!, layers[stream.to!]!));
      running.push(source(exit([between], words, 2), height * width, interval, () => frames));
    } else if (of(stream.to) === undefined) {
      const { output } = layers[stream.from!]!;
      const last = sink(between, output.height * output.width);
      running.push(last);
      sinks.push(last);
    }
  }

  const leftOf = (): number[] =>
    Array.from({ length: Math.min(...sinks.map(({ ended }) => ended.length)) }, (_, f) => Math.max(...sinks.map(({ ended }) => ended[f]!)));
  /** Cycles between the last two frames, where they lie farthest apart. */
  const periodOf = (): number => Math.max(...running.map(({ ended }) => (ended.at(-1) ?? 0) - (ended.at(-2) ?? 0)));
  for (;;) {
    drive(running, [...pipes.values()]);
    const left = leftOf();
    const done = left.length === frames;
    const period = Math.ceil(periodOf() - SLACK);
    if (!done || period <= interval || frames >= MOST_FRAMES)
      return {
        begun: running.slice(0, engines.length).map(({ begun }) => begun),
        ended: running.slice(0, engines.length).map(({ ended }) => ended),
        left,
        period,
        stuck: done ? [] : engines.filter((_, e) => running[e]!.ended.length < frames).map(({ layer }) => layer),
      };
    frames *= 2;
  }
}

/** Where lanes do not divide the channels of a sender, times are fractions of cycles. */
const SLACK = 1e-3;

/** Lets every stage go on until none can. */
function drive(stages: readonly Stage[], pipes: readonly Pipe[]): void {
  const neighbours = stages.map((_, i) => [...new Set(pipes.flatMap(({ from, to }) => (from === i ? [to] : to === i ? [from] : [])))]);
  const queued = stages.map(() => true);
  let queue = stages.map((_, i) => i);
  while (queue.length > 0) {
    const next: number[] = [];
    for (const i of queue) {
      queued[i] = false;
      if (!stages[i]!.step()) continue;
      for (const n of neighbours[i]!) {
        if (queued[n]) continue;
        queued[n] = true;
        next.push(n);
      }
    }
    queue = next;
  }
}

/**
 * Pixels of the sender that a stream holds beside those that cross: what waits in it, and the queues that even out what
 * windows take and engines make. The few words of slack of every queue are left out.
 */
function roomOf(
  problem: PipelineProblem,
  { waiting }: Stream,
  channels: number,
  sender: Engine | undefined,
  receiver: Engine | undefined,
): number {
  const { layers } = problem;
  const evening = ({ layer, unroll, memory }: Engine) => engineCost(problem, layers[layer]!, unroll, memory?.reuse ?? 1);
  const before = receiver ? evening(receiver).before * lanesIn(receiver, layers[receiver.layer]!) : 0;
  return (waiting + before) / channels + (sender ? evening(sender).after : 0);
}

export const lanesIn = ({ unroll }: Engine, { weights }: Layer): number => (weights ? unroll.in * unroll.group : unroll.in);
export const lanesOut = ({ unroll }: Engine, { weights }: Layer): number => (weights ? unroll.out * unroll.group : unroll.in);

/** Cycles that the windows of one word keep an engine busy. Source: docs/math/pipeline.md, engine of a convolution. */
export function handOver({ unroll }: Engine, { weights, output, groups, kernel }: Layer): number {
  if (!weights) return 1;
  const positions = kernel ? kernel.height * kernel.width : 1;
  return (output.channels / groups / unroll.out) * (positions / unroll.kernel);
}

function stageOf(
  problem: PipelineProblem,
  layer: Layer,
  engine: Engine,
  interval: number,
  leaving: readonly Pipe[],
  onto: (id: StreamId) => { readonly pipe: Pipe; readonly sent: StreamedMap },
): Stage {
  const { streams } = problem;
  const { kind, inputs, output, groups } = layer;
  const lanes = lanesIn(engine, layer);
  const entries = inputs.map((id): Entry => {
    const { map } = streams[id]!;
    const { pipe, sent } = onto(id);
    const pixels = map.height * map.width;
    return { pipe, pixels, share: (sent.height * sent.width) / pixels, words: Math.ceil(map.channels / lanes) };
  });
  const [entry] = entries as [Entry];
  const { map } = streams[inputs[0]!]!;
  const words = Math.ceil(output.channels / lanesOut(engine, layer));
  const pixels = output.height * output.width;
  const leave = (most: number): Exit => exit(leaving, words, most);
  switch (kind) {
    case "convolution":
    case "transposed":
    case "pooling": {
      const reuse = engine.memory?.reuse ?? 1;
      const rounds = layer.weights ? groups / engine.unroll.group : entry.words;
      const pace = { cycles: handOver(engine, layer) * slowness(problem, engine, interval), rounds, reuse };
      return windowed(entry, leave(2 * reuse + 2), windowsOf(layer, map), pace);
    }
    case "globalPooling":
      return gathering(entry, leave(3), entry.pixels, 1);
    case "rearrange":
      // With a kernel it selects pixels, or elements of each; without one it needs the whole map.
      return layer.kernel === undefined
        ? gathering(entry, leave(2 * pixels + 1), entry.pixels, pixels)
        : windowed(entry, leave(4), windowsOf(layer, map), { cycles: 1, rounds: 1, reuse: 1 });
    case "resize": {
      const times = pixels / entry.pixels;
      return gathering(entry, leave(2 * map.width * times + 1), map.width, map.width * times);
    }
    case "elementwise":
    case "combine":
      return passing(entries, leave(2), false);
    case "concatenation":
      return passing(entries, leave(2), true);
  }
}

/** The link brings weights evenly, so an engine that streams is taken to spread its work over the whole frame. */
function slowness(problem: PipelineProblem, { layer, unroll, memory }: Engine, interval: number): number {
  if (memory === undefined || memory.fragments === 0) return 1;
  return Math.max(1, interval / engineCost(problem, problem.layers[layer]!, unroll, memory.reuse).interval);
}

function windowsOf({ kind, kernel, output }: Layer, { height, width }: { readonly height: number; readonly width: number }): Windows {
  const k = kernel ?? POINT;
  const [spanY, spanX] = [(k.height - 1) * k.dilationY + 1, (k.width - 1) * k.dilationX + 1];
  const common = { height, width, spanY, spanX, rows: output.height, columns: output.width };
  if (kind !== "transposed")
    return {
      ...common,
      top: k.top,
      left: k.left,
      bottom: k.bottom,
      right: k.right,
      strideY: k.strideY,
      strideX: k.strideX,
      sparseY: 1,
      sparseX: 1,
    };
  const [top, left] = [spanY - 1 - k.top, spanX - 1 - k.left];
  return {
    ...common,
    top,
    left,
    bottom: Math.max(0, output.height + spanY - 2 - (height - 1) * k.strideY - top),
    right: Math.max(0, output.width + spanX - 2 - (width - 1) * k.strideX - left),
    strideY: 1,
    strideX: 1,
    sparseY: k.strideY,
    sparseX: k.strideX,
  };
}

const POINT = { height: 1, width: 1, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, bottom: 0, right: 0 };
