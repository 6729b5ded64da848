import type { PeArray } from "../../target/fusion-target.js";
import { nvdlaCycles, nvdlaWords } from "./nvdla.js";
import { rowStationaryCycles, rowStationaryWords } from "./row-stationary.js";
import { systolicCycles, systolicWords } from "./systolic.js";
import { vwaCycles, vwaWords } from "./vwa.js";

/** Of a multiply-accumulate layer, apart from rows and columns: `outputs` and `inputs` count channels of all groups together. */
export interface LayerShape {
  readonly outputs: number;
  readonly inputs: number;
  readonly groups: number;
  readonly kernel: { readonly height: number; readonly width: number };
  readonly stride: { readonly y: number; readonly x: number };
}

/** Bits of one element; `sum` of a partial sum. */
export interface Widths {
  readonly input: number;
  readonly weight: number;
  readonly sum: number;
  readonly output: number;
}

/** Elements that an array exchanges with its buffer while it computes a tile. `sums`: partial results, reads and writes together. */
export interface Words {
  inputs: number;
  weights: number;
  sums: number;
  outputs: number;
}

/**
 * Cycles in which `array` computes `rows` x `columns` results of every output channel of a layer; 0 for an empty tile.
 * Padding counts as work. Source: docs/math/fusion.md, section 9.
 */
export function arrayCycles(array: PeArray, shape: LayerShape, rows: number, columns: number): number {
  if (rows <= 0 || columns <= 0) return 0;
  switch (array.template) {
    case "vwa":
      return vwaCycles(array, shape, rows, columns);
    case "row-stationary":
      return rowStationaryCycles(array, shape, rows, columns);
    case "nvdla":
      return nvdlaCycles(array, shape, rows, columns);
    case "systolic":
      return systolicCycles(array, shape, rows, columns);
    case "custom":
      throw new Error("a custom array is costed by mapping");
  }
}

/**
 * Bytes that pass between `array` and its on-chip buffer while it computes such a tile: inputs and weights read, partial
 * sums written and read back, results written. Source: docs/math/fusion.md, section 9.
 */
export function bufferBytes(array: PeArray, shape: LayerShape, rows: number, columns: number, widths: Widths): number {
  if (rows <= 0 || columns <= 0) return 0;
  countWords(array, shape, rows, columns, counted);
  const { inputs, weights, sums, outputs } = counted;
  return Math.ceil((inputs * widths.input + weights * widths.weight + sums * widths.sum + outputs * widths.output) / 8);
}

/** Writes what passes between array and buffer into `words`. The tile is not empty. */
export function countWords(array: PeArray, shape: LayerShape, rows: number, columns: number, words: Words): void {
  words.outputs = shape.outputs * rows * columns;
  switch (array.template) {
    case "vwa":
      return vwaWords(array, shape, rows, columns, words);
    case "row-stationary":
      return rowStationaryWords(array, shape, rows, columns, words);
    case "nvdla":
      return nvdlaWords(array, shape, rows, columns, words);
    case "systolic":
      return systolicWords(array, shape, rows, columns, words);
    case "custom":
      throw new Error("a custom array is costed by mapping");
  }
}

/** Reused by every call, so that none allocates. */
const counted: Words = { inputs: 0, weights: 0, sums: 0, outputs: 0 };

export const isDepthwise = ({ groups, inputs }: LayerShape): boolean => groups > 1 && groups === inputs;

/** Rows of the input map under `rows` results. */
export const rowsUnder = ({ kernel, stride }: LayerShape, rows: number): number => (rows - 1) * stride.y + kernel.height;
