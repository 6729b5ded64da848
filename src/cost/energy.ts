import { type Bytes, type Macs, type Picojoules, type PicojoulesPerByte, type PicojoulesPerMac, picojoules } from "../base/units.js";

/** Energy to move `size` bytes once past a memory or link. Source: docs/math/scratchpad.md, eq. (3). */
export const transferEnergy = (size: Bytes, perByte: PicojoulesPerByte): Picojoules => picojoules(size * perByte);

/** Energy of the multiply-accumulates themselves. Source: docs/math/scratchpad.md, eq. (3). */
export const macEnergy = (macs: Macs, perMac: PicojoulesPerMac): Picojoules => picojoules(macs * perMac);
