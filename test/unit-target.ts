import { bytes, bytesPerSecond, elementsPerCycle, hertz, macsPerCycle, picojoulesPerByte, picojoulesPerMac } from "../src/base/units.js";
import type { ScratchpadTarget } from "../src/target/target.js";

/** A machine on which every expected number can be derived by hand: 1 B/cycle, 1 pJ/B, 1 MAC/cycle, 1 element/cycle, 1 Hz. */
export const unitTarget: ScratchpadTarget = {
  kind: "scratchpad",
  name: "unit",
  summary: "one of everything",
  clock: hertz(1),
  memory: { size: bytes(1024), alignment: bytes(1), reserved: [], energy: picojoulesPerByte(1) },
  offChip: { bandwidth: bytesPerSecond(1), energy: picojoulesPerByte(1) },
  compute: { macs: macsPerCycle(1), vector: elementsPerCycle(1), energy: picojoulesPerMac(1) },
  precision: {},
  weights: "outside",
  inPlace: true,
  sources: {},
};
