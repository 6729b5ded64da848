import type { FabricResources, PipelineTarget } from "../../target/pipeline-target.js";
import { dspsOfActivation, dspsPerProduct, joinedBits, SCALE_BITS } from "./dsp.js";
import { FEATURES, logic } from "./logic.js";
import { memoryCost, queueStyle, type Style, type Words } from "./memory.js";
import { type Rooms, resultBanks, roomsOver } from "./queues.js";
import { NOTHING, sum } from "./resources.js";
import { queueCost, SHORTEST_QUEUE } from "./stream.js";
import { delaysOf, gatheredInterval, type Window, windowInterval } from "./window.js";

type Fabric = PipelineTarget["fabric"];

/** A convolution as its engine sees it. */
export interface Convolution {
  readonly window: Window;
  readonly channels: number;
  readonly filters: number;
  readonly groups: number;
  readonly inputBits: number;
  readonly outputBits: number;
  readonly weightBits: number;
  readonly accumulatorBits: number;
}

/** Copies of the arithmetic, as `Unroll` of the pipeline's engines. */
export interface Copies {
  readonly in: number;
  readonly out: number;
  readonly group: number;
  readonly kernel: number;
}

/** What an engine takes without its weights, how long, and what waits around it so that words may come and results may leave evenly. */
export interface EngineCost extends Rooms {
  readonly interval: number;
  readonly resources: FabricResources;
  /** Words of a sweep over the weights. */
  readonly weights: Words;
  readonly sweeps: number;
}

/** Words of the sweep over the weights of a convolution. */
export function weightWords({ window, channels, filters, groups, weightBits }: Convolution, copies: Copies): Words {
  const positions = window.height * window.width;
  return {
    width: weightBits * copies.in * copies.out * copies.group * copies.kernel,
    depth: (channels / groups / copies.in) * (filters / groups / copies.out) * (positions / copies.kernel) * (groups / copies.group),
  };
}

/** The engine of a convolution with its window and the queues around it. Source: docs/math/pipeline.md. */
export function convolutionCost(fabric: Fabric, shape: Convolution, copies: Copies, reuse: number): EngineCost {
  const { window, channels, filters, groups, inputBits } = shape;
  const positions = window.height * window.width;
  const lanesIn = copies.in * copies.group;
  const words = channels / lanesIn;
  const steps = positions / copies.kernel;
  const busy = (filters / groups / copies.out) * steps;
  const weights = weightWords(shape, copies);
  const interval = reuse === 1 ? windowInterval(window, words, busy) : gatheredInterval(window, words, reuse, reuse * weights.depth);
  const windowBits = positions * lanesIn * inputBits;
  const gathered: Words = { width: windowBits, depth: reuse === 1 ? 0 : 2 * reuse * words };
  return {
    interval,
    weights,
    sweeps: window.outRows * Math.ceil(window.outColumns / reuse),
    ...roomsOver(window, words, reuse === 1 ? busy : reuse * weights.depth, reuse, 0),
    resources: sum([
      chainCost(fabric, window, words, lanesIn * inputBits),
      memoryCost(fabric, gathered, queueStyle(gathered), "ram"),
      arithmeticCost(fabric, shape, copies, reuse),
    ]),
  };
}

/** What multiplies, adds and scales, with the queue of its results. */
export function arithmeticCost(fabric: Fabric, shape: Convolution, copies: Copies, reuse: number): FabricResources {
  const { window, inputBits, outputBits, weightBits, accumulatorBits } = shape;
  const positions = window.height * window.width;
  const lanesIn = copies.in * copies.group;
  const lanes = copies.out * copies.group;
  const terms = copies.in * copies.kernel;
  const dsps = dspsOfActivation(fabric, weightBits, inputBits, copies.out);
  return sum([
    logic(
      "convolution",
      FEATURES.convolution({
        windowBits: positions * lanesIn * inputBits,
        operandBits: copies.kernel * lanesIn * inputBits,
        steps: positions / copies.kernel,
        lanes,
        terms,
        joined: joinedBits(fabric, weightBits, inputBits, copies.out) * terms * copies.group,
        product: inputBits + weightBits,
        sum: accumulatorBits,
        result: outputBits,
        walk: weightWords(shape, copies).depth,
      }),
    ),
    arithmeticMemories(fabric, shape, copies, reuse),
    { ...NOTHING, dsp: dsps * terms * copies.group + lanes * dspsPerProduct(fabric, accumulatorBits, SCALE_BITS + 1) },
  ]);
}

/** Sums of the filters in work, biases and the queue of results, which come in the stream's order only where no sweep is shared. */
export function arithmeticMemories(fabric: Fabric, shape: Convolution, copies: Copies, reuse: number): FabricResources {
  const { window, channels, filters, groups, outputBits, accumulatorBits } = shape;
  const lanes = copies.out * copies.group;
  const inWork = filters / groups / copies.out;
  const positions = window.height * window.width;
  const once = channels / groups === copies.in && positions === copies.kernel;
  const steps = { group: groups / copies.group, channel: channels / groups / copies.in, filter: inWork, kernel: positions / copies.kernel };
  const banks = reuse === 1 ? 0 : resultBanks(steps, reuse, REGISTERS);
  const reordered: Words = { width: lanes * outputBits, depth: (banks * reuse * filters) / lanes };
  return sum([
    once ? NOTHING : memoryCost(fabric, { width: lanes * accumulatorBits, depth: inWork * reuse }, "lutram", "immediate"),
    memoryCost(fabric, { width: lanes * accumulatorBits, depth: filters / lanes }, "lutram", "rom"),
    memoryCost(fabric, reordered, queueStyle(reordered), "ram"),
    queueCost(fabric, { width: lanes * outputBits, depth: (reuse === 1 ? inWork : SHORTEST_QUEUE) + ENGINE_STAGES }),
  ]);
}

/** Registers between a step and its result. */
const REGISTERS = 6;
/** Results on the way through an engine, and until their places are known to be free again. */
const ENGINE_STAGES = 9;
export const POOLING_STAGES = 7;

/** The engine of a pooling: all positions of the kernel at once, one hand-over per cycle. `mean`: sums instead of maxima. `frame`: cycles per frame at least. */
export function poolingCost(
  fabric: Fabric,
  window: Window,
  channels: number,
  lanes: number,
  bits: readonly [number, number],
  mean: boolean,
  frame: number,
): EngineCost {
  const [inputBits, outputBits] = bits;
  const positions = window.height * window.width;
  const words = channels / lanes;
  const interval = windowInterval(window, words, 1);
  return {
    interval,
    weights: NO_WEIGHTS,
    sweeps: 0,
    ...roomsOver(window, words, 1, 1, frame),
    resources: sum([
      chainCost(fabric, window, words, lanes * inputBits),
      reductionCost(fabric, positions, lanes, inputBits, outputBits, mean),
    ]),
  };
}

/** The largest or the mean of all positions of a window, scaled and queued. */
export function reductionCost(
  fabric: Fabric,
  positions: number,
  lanes: number,
  inputBits: number,
  outputBits: number,
  mean: boolean,
): FabricResources {
  const sumBits = inputBits + Math.floor(Math.log2(positions)) + 1;
  return sum([
    mean
      ? logic("mean", FEATURES.mean(positions, lanes, inputBits, sumBits))
      : logic("maximum", FEATURES.maximum(positions, lanes, inputBits)),
    queueCost(fabric, { width: lanes * outputBits, depth: POOLING_STAGES }),
    mean ? averaging(fabric, lanes, positions, sumBits) : NOTHING,
  ]);
}

/** Multipliers that make means of sums of `count` elements: a power of two only shifts, as scales of maps are powers of two. */
export const averaging = (fabric: Fabric, lanes: number, count: number, sumBits: number): FabricResources => ({
  ...NOTHING,
  dsp: Number.isInteger(Math.log2(count)) ? 0 : lanes * dspsPerProduct(fabric, sumBits, SCALE_BITS + 1),
});

/** The window's registers and control, line buffers and the queues between columns; each lies in a memory of its own. */
export function chainCost(fabric: Fabric, window: Window, words: number, width: number): FabricResources {
  const parts = delaysOf(window, words).map(({ count, length }): FabricResources => {
    const memory: Words = { width, depth: length - 1 };
    if (count === 0 || memory.depth <= 0) return NOTHING;
    const { lut, ff, bram18 } = memoryCost(fabric, memory, queueStyle(memory), "exchange");
    return { ...NOTHING, lut: count * lut, ff: count * ff, bram18: count * bram18 };
  });
  return sum([logic("window", FEATURES.window(window.height * window.width, width, window.rows * window.columns * words)), ...parts]);
}

export const NO_WEIGHTS: Words = { width: 0, depth: 0 };

/** How the weights of an engine are kept. */
export interface WeightStore {
  /** Periods of a sweep; 0: all static. */
  readonly fragments: number;
  /** Words of a fragment. */
  readonly streamed: number;
  readonly buffers: number;
  readonly static: Style;
  readonly buffer: Style;
}

/** Memory of the weights, the walk over it and, where it is streamed, the unpacker and the DMA's port. */
export function weightStoreCost(fabric: Fabric, { width, depth }: Words, store: WeightStore, busBits: number): FabricResources {
  const { fragments, streamed, buffers } = store;
  const fixed: Words = { width, depth: depth - fragments * streamed };
  const both = fragments > 0 && fixed.depth > 0;
  return sum([
    memoryCost(fabric, fixed, store.static, "rom"),
    logic("weights", FEATURES.weights(width, depth, fragments > 0, both)),
    ...(fragments === 0
      ? []
      : [memoryCost(fabric, { width, depth: buffers * streamed }, store.buffer, "ram"), portCost(fabric, width, busBits)]),
  ]);
}

/** Beats that wait before an unpacker at most. */
const QUEUE_BEATS = 32;

/** Of the DMA, which looks at every port. */
const PORT_LUTS = 40;

/** The unpacker of words of `width` bits, and its port of the DMA. */
function portCost(fabric: Fabric, width: number, busBits: number): FabricResources {
  const unit = Math.min(busBits, width & -width);
  return sum([
    memoryCost(fabric, { width: busBits, depth: QUEUE_BEATS }, "lutram", "immediate"),
    logic("unpacker", FEATURES.unpacker(width, busBits, unit)),
    { ...NOTHING, lut: PORT_LUTS },
  ]);
}

/** Bits off chip per frame of a streamed layer: fragments are padded to whole beats. */
export const weightTraffic = ({ fragments, streamed }: WeightStore, width: number, sweeps: number, busBits: number): number =>
  sweeps * fragments * Math.ceil((streamed * width) / busBits) * busBits;
