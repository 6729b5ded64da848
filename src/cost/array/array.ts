import type { PeArray } from "../../target/fusion-target.js";
import { nvdlaCycles } from "./nvdla.js";
import { rowStationaryCycles } from "./row-stationary.js";
import { systolicCycles } from "./systolic.js";
import { vwaCycles } from "./vwa.js";

/** Of a multiply-accumulate layer, apart from rows and columns: `outputs` and `inputs` count channels of all groups together. */
export interface LayerShape {
  readonly outputs: number;
  readonly inputs: number;
  readonly groups: number;
  readonly kernel: { readonly height: number; readonly width: number };
  readonly stride: { readonly y: number; readonly x: number };
}

/**
 * Cycles in which `array` computes `rows` x `columns` results of every output channel of a layer; 0 for an empty tile.
 * Source: docs/math/fusion.md, section "Arrays".
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

export const isDepthwise = ({ groups, inputs }: LayerShape): boolean => groups > 1 && groups === inputs;
