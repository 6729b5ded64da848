import type { FabricResources, PipelineTarget } from "../../target/pipeline-target.js";
import { type Convolution, type Copies, convolutionCost, type EngineCost, poolingCost } from "./engine.js";
import { BLOCK_RAM, SMALLEST_BLOCK_BITS, type Style, ULTRA_RAM, type Words } from "./memory.js";
import type { MapShape } from "./movers.js";
import { NOTHING } from "./resources.js";
import type { Window } from "./window.js";

/**
 * The formulas of AutoWS, as far as they are public, so that plans can be compared with its reports.
 * Source: fpgaconvnet-model (github.com/AlexMontgomerie/fpgaconvnet-model), the version that AutoWS uses.
 * Its LUTs and flip-flops are regressions over another hardware; ours stand in for them.
 */

/** A convolution, or a Gemm, which is one of a single pixel. */
export function autowsConvolution(shape: Convolution, copies: Copies, fabric: PipelineTarget["fabric"]): EngineCost {
  const ours = convolutionCost(fabric, shape, copies, 1);
  return {
    ...ours,
    interval: autowsInterval(shape, copies),
    resources: { ...ours.resources, dsp: autowsDsps(shape, copies) },
  };
}

/** A pooling takes a word per cycle, and the padding. */
export function autowsPooling(
  fabric: PipelineTarget["fabric"],
  window: Window,
  input: MapShape,
  lanes: number,
  outputBits: number,
  mean: boolean,
): EngineCost {
  const ours = poolingCost(fabric, window, input.channels, lanes, [input.bits, outputBits], mean, 0);
  return { ...ours, interval: (window.rows * window.columns * input.channels) / lanes };
}

/**
 * Cycles per frame: the longer of what the input takes at the rate of the window, which padding lowers, and what the output
 * takes at the rate of the sums. The order of operations is the tool's, since it cuts decimals off, and with them a cycle here and there.
 */
export function autowsInterval({ window, channels, filters, groups }: Convolution, copies: Copies): number {
  const { input, rows, columns, outRows, outColumns, height, width } = window;
  const size = input.height * input.width;
  const windowIn = size / (rows * columns);
  const windowOut = (outRows * outColumns) / size;
  const walks = filters / groups / copies.out;
  const rate = Math.min(1 / walks, windowOut);
  const rateIn = rate < windowOut ? rate / (windowOut / windowIn) : windowIn;
  const rateOut = (rate * walks) / ((channels / groups / copies.in) * ((height * width) / copies.kernel));
  const lanesIn = copies.in * copies.group;
  const lanesOut = copies.out * copies.group;
  return Math.max(Math.floor((size * channels) / (rateIn * lanesIn)), Math.floor((outRows * outColumns * filters) / (rateOut * lanesOut)));
}

/** Multipliers of products, four or two to one where operands are narrow, and one per lane out for block floating point. */
export function autowsDsps({ window, weightBits, inputBits }: Convolution, copies: Copies): number {
  const widest = Math.max(weightBits, inputBits);
  const share = widest <= 4 ? 0.25 : widest <= 8 ? 0.5 : Math.ceil(inputBits / 18) * Math.ceil(weightBits / 27);
  const products = copies.in * copies.out * copies.group * copies.kernel * share;
  const gemm = window.rows * window.columns === 1;
  return (gemm ? products : Math.ceil(products)) + copies.out * copies.group;
}

/** Words of a block that is streamed whole: the depth of one RAM of the shape that holds the weights. */
export function autowsBlock({ width }: Words, style: Style): Words {
  if (style === "uram") return ULTRA_RAM;
  const widest = Math.min(width, 36);
  return BLOCK_RAM.findLast((shape) => shape.width >= widest)!;
}

/** RAMs of the weights where `blocks` of their blocks are streamed through one buffer of a block. */
export function autowsStoreCost(words: Words, blocks: number, style: Style): FabricResources {
  if (words.width * words.depth < SMALLEST_BLOCK_BITS) return NOTHING;
  const unit = autowsBlock(words, style);
  const columns = Math.ceil(words.width / unit.width);
  const rams = columns * (Math.ceil(words.depth / unit.depth) - blocks + (blocks > 0 ? 1 : 0));
  return style === "uram" ? { ...NOTHING, uram: rams } : { ...NOTHING, bram18: rams };
}

/** Bits off chip per frame as the tool charges them: the single buffer is filled while static words are read. */
export function autowsTraffic(words: Words, blocks: number, style: Style, interval: number): number {
  const unit = autowsBlock(words, style);
  const streamed = Math.min(words.depth, blocks * unit.depth);
  return blocks === 0 ? 0 : ((streamed * words.width) / (words.depth - streamed + unit.depth)) * interval;
}
