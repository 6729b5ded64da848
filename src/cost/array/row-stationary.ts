import type { PeArray } from "../../target/fusion-target.js";
import type { LayerShape, Words } from "./array.js";

type RowStationary = Extract<PeArray, { template: "row-stationary" }>;

/** Elements that one PE holds (Eyeriss, JSSC 52(1), 2017, section IV-A). */
const HELD = { inputs: 12, weights: 224, sums: 24 } as const;

/** Elements per cycle on the buses of weights, of partial sums each way, and of inputs (section V-B): shares of `bufferRate`. */
const BUS = { weights: 4, sums: 4, inputs: 1 } as const;
const ALL_BUSES = BUS.weights + 2 * BUS.sums + BUS.inputs;
/** The PEs compute in 16 bits. */
const ELEMENT_BYTES = 2;

/**
 * A PE set is kernel rows x result rows. Sets stand side by side and on top of each other: segments of one map, further input
 * channels (their sums meet in the array), further output channels. Work goes in passes: each loads weights and first inputs,
 * then runs at the pace of the PEs or of the slowest bus. The fastest arrangement counts.
 */
export function rowStationaryCycles(array: RowStationary, shape: LayerShape, rows: number, columns: number): number {
  arrange(array, shape, rows, columns);
  return Math.ceil(best.cycles);
}

export function rowStationaryWords(array: RowStationary, shape: LayerShape, rows: number, columns: number, words: Words): void {
  arrange(array, shape, rows, columns);
  words.inputs = best.inputs;
  words.weights = best.weights;
  words.sums = best.sums;
}

/** The fastest arrangement, of equally fast ones that with the fewest words. Rewritten by every call, so that none allocates. */
const best = { cycles: 0, inputs: 0, weights: 0, sums: 0 };

/** Tries sets of the whole array's width and of a half, a quarter..., and 1, 2, 4... of them for further input channels. */
function arrange(array: RowStationary, shape: LayerShape, rows: number, columns: number): void {
  const stacked = Math.max(1, Math.floor(array.rows / shape.kernel.height));
  best.cycles = Number.POSITIVE_INFINITY;
  for (let beside = 1; beside <= array.columns; beside *= 2) {
    const strips = Math.ceil(rows / Math.floor(array.columns / beside));
    const wide = Math.ceil(rows / strips);
    const places = stacked * Math.floor(array.columns / wide);
    const segments = Math.min(strips, places);
    for (let parts = segments; parts >= 1; parts = Math.floor(parts / 2)) {
      const sets = Math.floor(places / parts);
      for (let side = 1; side <= sets; side *= 2) {
        consider(array, shape, columns, Math.ceil(strips / parts), Math.min(rows, wide * parts), sets, side);
      }
    }
  }
}

/**
 * @param turns one after another, each of `tall` rows of results
 * @param sets PE sets for one turn's rows
 * @param side of them, those that take different input channels of the same results
 */
function consider(
  array: RowStationary,
  { kernel, stride, groups, inputs, outputs }: LayerShape,
  columns: number,
  turns: number,
  tall: number,
  sets: number,
  side: number,
): void {
  const depth = inputs / groups;
  const filters = outputs / groups;
  const across = Math.min(Math.floor(sets / side), filters);
  const together = Math.min(groups, Math.floor(sets / side / across));

  const depths = Math.ceil(depth / (Math.max(1, Math.floor(HELD.inputs / kernel.width)) * side));
  const channels = Math.ceil(depth / (depths * side));
  const most = Math.max(1, Math.min(HELD.sums, Math.floor(HELD.weights / (channels * kernel.width))));
  const blocks = Math.ceil(filters / (most * across));
  const results = Math.ceil(filters / (blocks * across));

  const passes = turns * Math.ceil(groups / together) * depths * blocks * Math.ceil(kernel.height / array.rows);
  const maps = together * Math.min(depth, channels * side);
  const made = Math.min(filters, results * across);
  const height = (tall - 1) * stride.y + kernel.height;
  const inputWords = maps * height * ((columns - 1) * stride.x + kernel.width);
  const weightWords = maps * made * kernel.height * kernel.width;
  const sumWords = together * made * tall * columns;

  const speed = array.bufferRate / (ELEMENT_BYTES * ALL_BUSES);
  const start = (weightWords / BUS.weights + (maps * height * kernel.width) / BUS.inputs) / speed;
  const computing = results * channels * kernel.width * columns;
  const pace = Math.max(computing, inputWords / (BUS.inputs * speed), sumWords / (BUS.sums * speed));
  const cycles = passes * (start + pace);
  const sums = (2 * passes * sumWords * (depths - 1)) / depths;
  const words = passes * (inputWords + weightWords) + sums;
  if (cycles > best.cycles || (cycles === best.cycles && words >= best.inputs + best.weights + best.sums)) return;
  best.cycles = cycles;
  best.inputs = passes * inputWords;
  best.weights = passes * weightWords;
  best.sums = sums;
}
