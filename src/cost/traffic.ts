import { type Bytes, type BytesPerCycle, type BytesPerSecond, bytesPerCycle, type Cycles, cycles, type Hertz } from "../base/units.js";

/** Rate of a link in the clock of the plan. */
export const ratePerCycle = (bandwidth: BytesPerSecond, clock: Hertz): BytesPerCycle => bytesPerCycle(bandwidth / clock);

/** Cycles to move `size` at `rate`; the last beat counts whole. Source: docs/math/scratchpad.md, eq. (1). */
export const transferCycles = (size: Bytes, rate: BytesPerCycle): Cycles => cycles(Math.ceil(size / rate));
