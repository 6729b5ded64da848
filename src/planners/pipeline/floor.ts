import { leastLatency } from "./latency.js";
import { ioBits } from "./options.js";
import type { PipelineProblem } from "./plan.js";

/**
 * What no plan is better in, each by itself, in the names of the plan document: frames per second at most, the others at least. A frame's
 * products take all multipliers their time, and its inputs and outputs cross the link; so they do where partitions take turns.
 */
export function floorOf(problem: PipelineProblem): {
  readonly latencySeconds: number;
  readonly cyclesPerFrame: number;
  readonly framesPerSecond: number;
} {
  const { device } = problem;
  const work = leastLatency(problem);
  const cyclesPerFrame = Math.max(1, work, Math.ceil((ioBits(problem) / device.bitsPerCycle) * (1 - SLACK)));
  return { latencySeconds: work / device.clock, cyclesPerFrame, framesPerSecond: device.clock / cyclesPerFrame };
}

/** Share by which the judge lets a link be too full, for rounding. */
const SLACK = 1e-6;
