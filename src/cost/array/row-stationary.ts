import type { PeArray } from "../../target/fusion-target.js";
import type { LayerShape } from "./array.js";

type RowStationary = Extract<PeArray, { template: "row-stationary" }>;

/** A PE set of kernel rows x result rows, folded over wide maps and repeated where the array has room. */
export function rowStationaryCycles(
  array: RowStationary,
  { outputs, inputs, groups, kernel }: LayerShape,
  rows: number,
  columns: number,
): number {
  const stacked = Math.max(1, Math.floor(array.rows / kernel.height));
  const wide = Math.min(rows, array.columns);
  const beside = Math.max(1, Math.floor(array.columns / wide));
  const folds = Math.ceil(rows / wide) * Math.ceil(kernel.height / array.rows);
  return folds * Math.ceil(((inputs / groups) * outputs) / (stacked * beside)) * kernel.width * columns;
}
