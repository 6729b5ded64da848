import type { Bytes, BytesPerSecond, Hertz, Seconds } from "../base/units.js";
import type { Precision } from "./target.js";

/** What a device has, in its own units: look-up tables, flip-flops, multipliers, 18-Kbit and 288-Kbit memories. */
export interface FabricResources {
  readonly lut: number;
  readonly ff: number;
  readonly dsp: number;
  readonly bram18: number;
  readonly uram: number;
}

/** An FPGA on which every layer of a network has an engine of its own and all run at once. */
export interface PipelineTarget {
  readonly kind: "pipeline";
  readonly name: string;
  /** One line for `stowage targets`. */
  readonly summary: string;
  readonly clock: Hertz;
  /** Decides how memories map onto block RAMs. */
  readonly fabric: "7series" | "ultrascale+";
  readonly resources: FabricResources;
  /** LUTs that stand in for one 18-Kbit block RAM where these run out; 0 where that is not done. */
  readonly lutPerBram18: number;
  readonly offChip: {
    /** Peak, both directions together. */
    readonly bandwidth: BytesPerSecond;
    /** Share of the peak that bursts reach, 0..1. */
    readonly efficiency: number;
    /** Shortest burst for which `efficiency` holds. */
    readonly burst: Bytes;
  };
  /** Whether weights may be streamed; `never` is the pipeline without streaming. */
  readonly streaming: "allowed" | "never";
  /** Most buffers a streamed layer may have: 1, 2 or 3. */
  readonly buffers: number;
  /** Most output pixels of a row that may share one pass over the weights. */
  readonly reuse: number;
  /** Cost formulas: ours, or those of the published tool, for comparison. */
  readonly model: "stowage" | "autows";
  /** Most partitions the device may be configured for in turn; 1: everything at once. */
  readonly partitions: number;
  /** Time to load another configuration. */
  readonly reconfiguration: Seconds;
  /** Frames per configuration. */
  readonly batch: number;
  /** Element types and, where no type has the width, plain bits: `weight: 4`, `activation: 5`. */
  readonly precision: Precision & { readonly weightBits?: number; readonly activationBits?: number };
  /** Key path -> where the value is from. */
  readonly sources: Readonly<Record<string, string>>;
}
