import type { PeArray } from "../../target/fusion-target.js";
import { isDepthwise, type LayerShape, rowsUnder, type Words } from "./array.js";

type Vwa = Extract<PeArray, { template: "vwa" }>;

/** One column of `array.rows` map rows in each block meets `array.columns` kernel rows in a cycle, for one output channel. */
export function vwaCycles(array: Vwa, shape: LayerShape, rows: number, columns: number): number {
  const lanes = array.blocks * array.rows;
  const bands = Math.floor(rows / lanes) * passes(array, shape, lanes) + passes(array, shape, rows % lanes);
  return bands * shape.kernel.width * columns;
}

export function vwaWords(array: Vwa, shape: LayerShape, rows: number, columns: number, words: Words): void {
  const { outputs, inputs, groups, kernel } = shape;
  const lanes = array.blocks * array.rows;
  const rest = rows % lanes;
  const bands = Math.floor(rows / lanes);
  const products = outputs * (inputs / groups) * kernel.width;
  words.inputs = products * columns * (bands * rowsUnder(shape, lanes) + (rest > 0 ? rowsUnder(shape, rest) : 0));
  words.weights = products * kernel.height * Math.ceil(rows / lanes);
  // Blocks and columns add up in the array; what takes several passes meets in the buffer.
  const returns = (height: number) => (height === 0 ? 0 : height * (passes(array, shape, height) / outputs - 1));
  words.sums = isDepthwise(shape) ? 0 : 2 * outputs * columns * (bands * returns(lanes) + returns(rest));
}

/**
 * Passes over a band of at most all lanes, per kernel column and result column. Blocks that a short band leaves idle take
 * further input channels. A depth-wise layer has nothing to add across the array's columns, so one of them works.
 */
function passes(array: Vwa, shape: LayerShape, rows: number): number {
  if (rows === 0) return 0;
  const { outputs, inputs, groups, kernel } = shape;
  const parallel = Math.floor(array.blocks / Math.ceil(rows / array.rows));
  return isDepthwise(shape)
    ? kernel.height * Math.ceil(outputs / parallel)
    : outputs * Math.ceil(pieces(inputs / groups, kernel.height, array.columns) / parallel);
}

/**
 * Kernel columns of `height` rows, one for each of `channels` input channels, cut into pieces of at most `columns` rows: full
 * ones, and remainders, of which as many share a pass as stand whole beside each other. So three 1x1 kernels share one.
 */
function pieces(channels: number, height: number, columns: number): number {
  const left = height % columns;
  const shared = left === 0 ? 0 : Math.ceil(channels / Math.floor(columns / left));
  return Math.floor(height / columns) * channels + shared;
}
