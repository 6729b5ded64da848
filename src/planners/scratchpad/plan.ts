import type { Interval } from "../../base/interval.js";
import type {
  Bytes,
  BytesPerCycle,
  Cycles,
  ElementsPerCycle,
  Hertz,
  Macs,
  MacsPerCycle,
  Picojoules,
  PicojoulesPerByte,
  PicojoulesPerMac,
} from "../../base/units.js";
import type { LoopNest } from "../../graph/loops.js";

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

/** What a plan is made to lower: spilled and re-fetched bytes, cycles from first to last action, or energy. */
export const OBJECTIVES = ["traffic", "latency", "energy"] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** Self-contained: all that solver and judge need. */
export interface ScratchpadProblem {
  readonly kind: "scratchpad";
  readonly objective: Objective;
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
  /** Of a network cut to fit the memory: what buffers and steps are of it. */
  readonly split?: Split | undefined;
}

/** The network before it was cut, and which slab of it each buffer and which part each step is: a claim that the judge holds against the network. */
export interface Split {
  /** How durations and energies of steps are counted. */
  readonly compute: { readonly macs: MacsPerCycle; readonly vector: ElementsPerCycle; readonly energy: PicojoulesPerMac };
  readonly tensors: readonly WholeTensor[];
  /** In topological order. */
  readonly operators: readonly WholeOperator[];
  /** Network outputs: indices into `tensors`. */
  readonly outputs: readonly number[];
  /** Per buffer: what it holds, several at once where they are views of one another, else one after the other. */
  readonly contents: readonly (readonly Content[])[];
  /** Per step. */
  readonly parts: readonly Part[];
}

export interface WholeTensor {
  readonly name: string;
  readonly kind: "input" | "weight" | "computed";
  readonly shape: readonly number[];
  /** Of one element, under the assumed precision. */
  readonly bits: number;
  /** Along each axis, where slabs begin: ascending from 0. The slabs of a tensor are numbered row-major. */
  readonly starts: readonly (readonly number[])[];
}

/** An operator of the network before it was cut; operands and results are indices into `Split.tensors`. */
export interface WholeOperator {
  readonly name: string;
  readonly inputs: readonly number[];
  readonly weights: readonly number[];
  readonly outputs: readonly number[];
  /** Which elements each result is computed from, `tensor` being an index into `Split.tensors`; empty where all of all operands are needed. */
  readonly nests: readonly LoopNest[];
  readonly macs: Macs;
  readonly may: readonly Liberty[];
}

/**
 * What an operator's meaning allows: `view`, its result may be its operand's storage; `overwrite`, each result element
 * may take the place of the operand element it came from; `vanish`, it only places operands side by side, so that readers
 * may read these instead; `resume`, its sum may go on from a partial one; `look up`, it needs of its table (axis 0) only the
 * rows that its indices name at run time.
 */
export const LIBERTIES = ["view", "overwrite", "vanish", "resume", "look up"] as const;
export type Liberty = (typeof LIBERTIES)[number];

/** A slab of a tensor; a partial sum that is to become one; or those rows of a table that one part looks up. */
export type Content =
  | { readonly kind: "slab" | "sum"; readonly tensor: number; readonly slab: number }
  | { readonly kind: "rows"; readonly tensor: number };

/** A step computes, of `operator`, the slabs that its written buffers hold; of a partial sum, the iterations `run` of one loop. */
export interface Part {
  readonly operator: number;
  readonly run?: { readonly loop: number; readonly start: number; readonly end: number } | undefined;
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
