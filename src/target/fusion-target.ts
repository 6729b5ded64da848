import type {
  Bytes,
  BytesPerCycle,
  BytesPerSecond,
  ElementsPerCycle,
  Hertz,
  PicojoulesPerByte,
  PicojoulesPerCycle,
  PicojoulesPerMac,
} from "../base/units.js";
import type { Hierarchy } from "./hierarchy.js";
import type { Precision } from "./target.js";

/** How the processing elements are arranged and what they keep still; each has its own count of cycles (docs/math/fusion.md). */
export type PeArray =
  /** Broadcast of one kernel column and one map column per cycle: `blocks` x `rows` map rows x `columns` kernel rows. */
  | { readonly template: "vwa"; readonly blocks: number; readonly rows: number; readonly columns: number }
  /** Filter rows stay in place, map rows move diagonally. `bufferRate` limits what the global buffer delivers. */
  | { readonly template: "row-stationary"; readonly rows: number; readonly columns: number; readonly bufferRate: BytesPerCycle }
  /** `outputs` x `inputs` channels multiplied and added in one cycle. */
  | { readonly template: "nvdla"; readonly outputs: number; readonly inputs: number }
  | {
      readonly template: "systolic";
      readonly rows: number;
      readonly columns: number;
      readonly dataflow: "output-stationary" | "weight-stationary";
    }
  /**
   * Any hierarchy of memories, the outermost of each role being the on-chip buffer; cycles and energy of a tile come from a
   * mapping of its loop nest onto them.
   */
  | { readonly template: "custom"; readonly hierarchy: Hierarchy };

/** On-chip buffer of an array. `unified`: feature maps and weights share it, `staging` of it takes weights in flight. */
export type BufferSplit =
  | { readonly arrangement: "unified"; readonly size: Bytes; readonly staging: Bytes }
  | { readonly arrangement: "split"; readonly features: Bytes; readonly weights: Bytes };

/** What computing costs. The parts add up; a part that the source folds into another is 0. */
export interface ArrayEnergy {
  readonly mac: PicojoulesPerMac;
  /** Of a byte read from or written to the on-chip buffer. */
  readonly buffer: PicojoulesPerByte;
  /** Of a cycle in which the array works, and of one in which it waits. */
  readonly busy: PicojoulesPerCycle;
  readonly stalled: PicojoulesPerCycle;
}

/** A PE array behind an on-chip buffer, run layer by layer or fused. */
export interface FusionTarget {
  readonly kind: "fusion";
  readonly name: string;
  /** One line for `stowage targets`. */
  readonly summary: string;
  readonly clock: Hertz;
  readonly array: PeArray;
  readonly buffers: BufferSplit;
  /** Width of a partial sum in bits. */
  readonly accumulatorBits: number;
  /** Results per cycle of operators that are no multiply-accumulates. */
  readonly vector: ElementsPerCycle;
  readonly offChip: {
    /** Bytes per second, both directions together. */
    readonly bandwidth: BytesPerSecond;
    readonly energy: PicojoulesPerByte;
  };
  readonly energy: ArrayEnergy;
  readonly precision: Precision;
  /** Key path -> where the number is from. */
  readonly sources: Readonly<Record<string, string>>;
}
