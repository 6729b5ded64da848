import type { FabricResources } from "../../target/pipeline-target.js";

export const NOTHING: FabricResources = { lut: 0, ff: 0, dsp: 0, bram18: 0, uram: 0 };

export function sum(parts: readonly FabricResources[]): FabricResources {
  let [lut, ff, dsp, bram18, uram] = [0, 0, 0, 0, 0];
  for (const part of parts) {
    lut += part.lut;
    ff += part.ff;
    dsp += part.dsp;
    bram18 += part.bram18;
    uram += part.uram;
  }
  return { lut, ff, dsp, bram18, uram };
}
