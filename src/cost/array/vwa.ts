import type { PeArray } from "../../target/fusion-target.js";
import { isDepthwise, type LayerShape } from "./array.js";

type Vwa = Extract<PeArray, { template: "vwa" }>;

/**
 * One column of `array.rows` map rows per block meets one column of `array.columns` kernel rows in a cycle. Short maps
 * leave blocks idle, which then take further input channels.
 */
export function vwaCycles(array: Vwa, shape: LayerShape, rows: number, columns: number): number {
  const { outputs, inputs, groups, kernel } = shape;
  const lanes = array.blocks * array.rows;
  const depthwise = isDepthwise(shape);
  if (kernel.height === 1 && kernel.width === 1 && !depthwise)
    return Math.ceil((rows * columns) / lanes) * Math.ceil(inputs / groups / array.columns) * outputs;
  const blocks = Math.ceil(rows / array.rows);
  const parallel = blocks <= array.blocks ? Math.floor(array.blocks / blocks) : 1;
  const passes = Math.ceil(rows / lanes) * kernel.width * Math.ceil(kernel.height / array.columns) * columns;
  return depthwise ? passes * Math.ceil(outputs / parallel) : passes * Math.ceil(inputs / groups / parallel) * outputs;
}
