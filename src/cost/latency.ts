import {
  type Cycles,
  cycles,
  type ElementsPerCycle,
  type Hertz,
  type Macs,
  type MacsPerCycle,
  type Seconds,
  seconds,
} from "../base/units.js";

/**
 * Cycles of one operator on an engine that performs `rate.macs` multiply-accumulates or `rate.vector`
 * element-wise results per cycle, fully used; never less than one. A bound from below on real engines.
 * Source: docs/math/scratchpad.md, eq. (2).
 *
 * @param touched elements of the largest operand, which the vector unit has to stream once
 */
export function computeCycles(
  macs: Macs,
  touched: number,
  rate: { readonly macs: MacsPerCycle; readonly vector: ElementsPerCycle },
): Cycles {
  const busy = macs > 0 ? macs / rate.macs : touched / rate.vector;
  return cycles(Math.max(1, Math.ceil(busy)));
}

export const secondsOf = (n: Cycles, clock: Hertz): Seconds => seconds(n / clock);
