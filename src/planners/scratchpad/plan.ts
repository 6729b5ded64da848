import type { Interval } from "../../base/interval.js";
import type { Bytes, BytesPerCycle, Cycles, Hertz, Picojoules, PicojoulesPerByte } from "../../base/units.js";

/** Index into `ScratchpadProblem.buffers`. */
export type BufferId = number;
/** Index into `ScratchpadProblem.steps`. */
export type StepId = number;

/**
 * Storage that the scratchpad may hold: one tensor, or several that share storage because they are
 * views of one another or are overwritten in place.
 */
export interface Buffer {
  readonly name: string;
  readonly kind: "input" | "weight" | "activation" | "output";
  /** Data bytes: what a transfer moves. */
  readonly size: Bytes;
  /** Bytes occupied in the scratchpad: `size` rounded up to the alignment. */
  readonly footprint: Bytes;
  /** Its first content lies off chip before the first step: a network input or a weight. */
  readonly offChip: boolean;
  /** Its last content must lie off chip after the last step: a network output. */
  readonly keep: boolean;
}

/**
 * One operator to run. A buffer in both `reads` and `writes` is overwritten in place. The content a step
 * must see in a buffer is the one left by the last earlier step, in the model's order, that writes it.
 */
export interface Step {
  readonly name: string;
  /** ONNX operator type. */
  readonly type: string;
  /** Each once; all resident while the step runs. */
  readonly reads: readonly BufferId[];
  readonly writes: readonly BufferId[];
  readonly duration: Cycles;
  /** Of the computation and its scratchpad accesses. */
  readonly energy: Picojoules;
}

/** Self-contained: all that solver and judge need. */
export interface ScratchpadProblem {
  readonly kind: "scratchpad";
  readonly objective: "traffic";
  readonly machine: {
    readonly capacity: Bytes;
    readonly alignment: Bytes;
    readonly reserved: readonly Interval<Bytes>[];
    readonly clock: Hertz;
    /** Each direction has its own channel of this rate. */
    readonly offChipRate: BytesPerCycle;
    readonly offChipEnergy: PicojoulesPerByte;
    /** Of one access to the scratchpad. */
    readonly memoryEnergy: PicojoulesPerByte;
  };
  readonly buffers: readonly Buffer[];
  /** In the model's own order, which is topological. */
  readonly steps: readonly Step[];
  /** Capacities derived from the network: COSMA's M_R, M_H, M_P. */
  readonly sizes: { readonly min: Bytes; readonly mid: Bytes; readonly peak: Bytes };
  readonly assumptions: {
    readonly weights: "outside" | "planned";
    /** Weight bytes that live in their own memory and are therefore not part of any figure. */
    readonly outsideWeightBytes: Bytes;
    /** Operators that move nothing: views of their input (`Reshape`, `Identity`...). */
    readonly views: readonly string[];
    /** Operators that overwrite their input. */
    readonly inPlace: readonly string[];
    /** Of a network cut to fit the memory: the operators in more than one part, and what the largest needed whole. */
    readonly split?:
      | { readonly largestNeed: Bytes; readonly operators: readonly { readonly name: string; readonly parts: number }[] }
      | undefined;
  };
}

/** One entry of the static programme that the accelerator runs from top to bottom. */
export type Action =
  | { readonly kind: "fetch"; readonly buffer: BufferId; readonly offset: Bytes } // off chip -> scratchpad
  | { readonly kind: "create"; readonly buffer: BufferId; readonly offset: Bytes } // reserves the place of an output
  | { readonly kind: "run"; readonly step: StepId }
  | { readonly kind: "store"; readonly buffer: BufferId } // scratchpad -> off chip
  | { readonly kind: "evict"; readonly buffer: BufferId }; // the place may be used by others

export interface ScratchpadPlan {
  readonly kind: "scratchpad";
  readonly actions: readonly Action[];
  /** The solver's own count, checked by the judge: spilled and re-fetched bytes, and the highest byte used. */
  readonly claims: { readonly nonCompulsory: Bytes; readonly peak: Bytes };
}
