import type { PeArray } from "../../target/fusion-target.js";
import type { LayerShape, Words } from "./array.js";

type Systolic = Extract<PeArray, { template: "systolic" }>;

/**
 * A layer as the product of a (pixels x window) and a (window x channels) matrix, fold by fold with fill and drain. SCALE-Sim
 * prints the number of its last cycle, counted from 0: one less.
 */
export function systolicCycles(array: Systolic, { outputs, inputs, groups, kernel }: LayerShape, rows: number, columns: number): number {
  const pixels = rows * columns;
  const window = (inputs / groups) * kernel.height * kernel.width;
  const across = Math.ceil(outputs / groups / array.columns);
  return array.dataflow === "output-stationary"
    ? groups * Math.ceil(pixels / array.rows) * across * (window + array.rows + array.columns - 2)
    : groups * Math.ceil(window / array.rows) * across * (pixels + 2 * array.rows + array.columns - 2);
}

/** Inputs pass once for every fold of channels. Resting results meet weights anew in every fold of pixels; resting weights leave partial sums in every fold of the window. */
export function systolicWords(array: Systolic, shape: LayerShape, rows: number, columns: number, words: Words): void {
  const { outputs, inputs, groups, kernel } = shape;
  const pixels = rows * columns;
  const window = (inputs / groups) * kernel.height * kernel.width;
  const resting = array.dataflow === "output-stationary";
  words.inputs = groups * pixels * window * Math.ceil(outputs / groups / array.columns);
  words.weights = window * outputs * (resting ? Math.ceil(pixels / array.rows) : 1);
  words.sums = resting ? 0 : 2 * pixels * outputs * (Math.ceil(window / array.rows) - 1);
}
