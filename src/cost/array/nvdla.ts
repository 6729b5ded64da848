import type { PeArray } from "../../target/fusion-target.js";
import type { LayerShape } from "./array.js";

type Nvdla = Extract<PeArray, { template: "nvdla" }>;

/** `array.outputs` x `array.inputs` channels in a cycle, one kernel position and one result pixel at a time. */
export function nvdlaCycles(array: Nvdla, { outputs, inputs, groups, kernel }: LayerShape, rows: number, columns: number): number {
  const channels = groups * Math.ceil(outputs / groups / array.outputs) * Math.ceil(inputs / groups / array.inputs);
  return channels * kernel.height * kernel.width * rows * columns;
}
