import { productsPerDsp } from "../../cost/fpga/dsp.js";
import { evenPace, type Running } from "./pacing.js";
import type { PipelineProblem } from "./plan.js";

/**
 * Cycles from a frame's first element to its last result, at most: those of a schedule in which everything flows evenly. Engines that run
 * as early as they can are never later. Source: docs/math/pipeline.md, "Latency".
 */
export function latencyOf(problem: PipelineProblem, running: Running): number {
  const paces = evenPace(problem, running);
  const ends = problem.streams.flatMap(({ from, to }) => (from !== undefined && to === undefined ? [paces[from]!.ends] : []));
  return Math.ceil(Math.max(0, ...ends));
}

/** No plan has a frame through in fewer cycles: so long all multipliers together take for its products. */
export function leastLatency({ device, layers, streams, model }: PipelineProblem): number {
  // The published tool counts multipliers in its own way, at most four products to one.
  const perDsp = (bits: number, data: number) => (model === "autows" ? 4 : productsPerDsp(device.fabric, bits, data));
  const needed = layers.reduce((sum, { weights, inputs, output, groups, kernel }) => {
    if (weights === undefined) return sum;
    const { map } = streams[inputs[0]!]!;
    const positions = kernel === undefined ? 1 : kernel.height * kernel.width;
    const products = output.height * output.width * output.channels * (map.channels / groups) * positions;
    return sum + products / perDsp(weights.bits, map.bits);
  }, 0);
  return Math.ceil(needed / Math.max(1, device.resources.dsp));
}
