import type { PeArray } from "../../target/fusion-target.js";
import type { LayerShape } from "./array.js";

type Systolic = Extract<PeArray, { template: "systolic" }>;

/** A layer as the product of a (pixels x window) and a (window x channels) matrix, fold by fold with fill and drain. SCALE-Sim's closed form. */
export function systolicCycles(array: Systolic, { outputs, inputs, groups, kernel }: LayerShape, rows: number, columns: number): number {
  const pixels = rows * columns;
  const window = (inputs / groups) * kernel.height * kernel.width;
  const channels = outputs / groups;
  const across = Math.ceil(channels / array.columns);
  return array.dataflow === "output-stationary"
    ? groups * Math.ceil(pixels / array.rows) * across * (window + array.rows + array.columns - 2)
    : groups * Math.ceil(window / array.rows) * across * (pixels + 2 * array.rows + array.columns - 2);
}
