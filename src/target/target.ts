import type { Interval } from "../base/interval.js";
import type { Bytes, BytesPerSecond, ElementsPerCycle, Hertz, MacsPerCycle, PicojoulesPerByte, PicojoulesPerMac } from "../base/units.js";
import type { ElementType } from "../graph/element-type.js";
import type { CrossbarTarget } from "./crossbar-target.js";
import type { FusionTarget } from "./fusion-target.js";
import type { PipelineTarget } from "./pipeline-target.js";

/** Element types the planner assumes, whatever the model stores. Without it the model's own widths count. */
export interface Precision {
  readonly activation?: ElementType;
  readonly weight?: ElementType;
}

/**
 * Scratchpad capacity: bytes, or derived from the network (COSMA's M_R, M_H, M_P):
 * `min` the largest single operator's need, `peak` the smallest peak over the orders tried, `mid` their mean.
 */
export type MemorySize = Bytes | "min" | "mid" | "peak";

/** An NPU with one software-managed scratchpad, one compute engine and one DMA channel in each direction. */
export interface ScratchpadTarget {
  readonly kind: "scratchpad";
  readonly name: string;
  /** One line for `stowage targets`. */
  readonly summary: string;
  readonly clock: Hertz;
  readonly memory: {
    readonly size: MemorySize;
    /** Every offset is a multiple of it and every buffer occupies a multiple of it. */
    readonly alignment: Bytes;
    /** Address ranges the planner may not use. */
    readonly reserved: readonly Interval<Bytes>[];
    readonly energy: PicojoulesPerByte;
  };
  readonly offChip: {
    /** Bytes per second in each direction. */
    readonly bandwidth: BytesPerSecond;
    readonly energy: PicojoulesPerByte;
  };
  readonly compute: {
    readonly macs: MacsPerCycle;
    /** Elements per cycle of operators that are not multiply-accumulates. */
    readonly vector: ElementsPerCycle;
    readonly energy: PicojoulesPerMac;
  };
  readonly precision: Precision;
  /** `outside`: weights have a memory of their own. `planned`: they share the scratchpad. */
  readonly weights: "outside" | "planned";
  /** Whether a single-input element-wise operator may overwrite an input that dies in it. */
  readonly inPlace: boolean;
  /** Key path -> where the number is from, e.g. `"memory.size": "https://..."`. */
  readonly sources: Readonly<Record<string, string>>;
}

/** An accelerator description. Every family adds one member, discriminated by `kind`. */
export type Target = ScratchpadTarget | FusionTarget | PipelineTarget | CrossbarTarget;
