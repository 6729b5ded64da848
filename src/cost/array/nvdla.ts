import type { PeArray } from "../../target/fusion-target.js";
import type { LayerShape, Words } from "./array.js";

type Nvdla = Extract<PeArray, { template: "nvdla" }>;

/** `array.outputs` x `array.inputs` channels in a cycle, one kernel position and one result pixel at a time. */
export function nvdlaCycles(array: Nvdla, { outputs, inputs, groups, kernel }: LayerShape, rows: number, columns: number): number {
  const channels = groups * Math.ceil(outputs / groups / array.outputs) * Math.ceil(inputs / groups / array.inputs);
  return channels * kernel.height * kernel.width * rows * columns;
}

/** Inputs are broadcast to `array.outputs` channels, weights stay while the pixels pass, sums in accumulators of their own. */
export function nvdlaWords(array: Nvdla, shape: LayerShape, rows: number, columns: number, words: Words): void {
  const { outputs, inputs, groups, kernel } = shape;
  const window = inputs * kernel.height * kernel.width;
  words.inputs = window * Math.ceil(outputs / groups / array.outputs) * rows * columns;
  words.weights = (window / groups) * outputs;
  words.sums = 0;
}
