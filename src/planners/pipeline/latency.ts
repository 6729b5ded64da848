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

/** No plan has a frame through in fewer cycles: so long all multipliers together take for its products. Counted exactly, since it is a bound. */
export function leastLatency({ device, layers, streams, model }: PipelineProblem): number {
  // The published tool counts multipliers in its own way, at most four products to one.
  const perDsp = (bits: number, data: number) => (model === "autows" ? 4 : productsPerDsp(device.fabric, bits, data));
  /** Products by how many of them a multiplier forms per cycle. */
  const products = new Map<bigint, bigint>();
  for (const { weights, inputs, output, groups, kernel } of layers) {
    if (weights === undefined) continue;
    const { map } = streams[inputs[0]!]!;
    const positions = kernel === undefined ? 1 : kernel.height * kernel.width;
    const factors = [output.height, output.width, output.channels, map.channels / groups, positions];
    const each = BigInt(perDsp(weights.bits, map.bits));
    products.set(each, factors.reduce((product, factor) => product * BigInt(factor), 1n) + (products.get(each) ?? 0n));
  }
  const whole = [...products.keys()].reduce((product, each) => product * each, 1n);
  const needed = [...products].reduce((sum, [each, count]) => sum + count * (whole / each), 0n);
  const formed = whole * BigInt(Math.ceil(Math.max(1, device.resources.dsp)));
  return Number((needed + formed - 1n) / formed);
}
