import type { Interval } from "./interval.js";
import type { Bytes, Cycles, Picojoules } from "./units.js";

/** Why bytes crossed a link. */
export type Cause =
  | "input" // first read of a network input: compulsory
  | "weight" // first read of a weight: compulsory
  | "output" // the one write of a network output: compulsory
  | "spill" // written off chip only to make room
  | "refetch"; // read again after an eviction

/** The part of the traffic no plan can avoid. */
export const COMPULSORY: readonly Cause[] = ["input", "weight", "output"];

/** What one resource does during `[start, end)` of the plan's clock. */
export interface ReplayEvent {
  /** Index into `Replay.resources`. */
  readonly resource: number;
  readonly start: Cycles;
  readonly end: Cycles;
  /** Operator or tensor name, as the model spells it: escape before printing. */
  readonly name: string;
  readonly kind: "compute" | "fetch" | "store";
  /** Of a transfer. */
  readonly cause?: Cause;
  /** Bytes moved, of a transfer. */
  readonly size?: Bytes;
  /** Step of the plan (position in the operator order) that this belongs to. */
  readonly step: number;
}

/** Bytes `[offset, offset + size)` of one memory hold `name` from `cycles.start` to `cycles.end`. */
export interface Residency {
  /** Index into `Replay.memories`. */
  readonly memory: number;
  readonly name: string;
  readonly kind: "input" | "weight" | "activation" | "output";
  readonly offset: Bytes;
  readonly size: Bytes;
  readonly cycles: Interval<Cycles>;
  /** The same span counted in steps of the operator order. */
  readonly steps: Interval<number>;
}

/** Bytes moved, one row per (operator, tensor, link, direction, cause). */
export interface LedgerRow {
  readonly operator: string;
  readonly tensor: string;
  readonly link: string;
  readonly direction: "in" | "out";
  readonly cause: Cause;
  readonly size: Bytes;
}

export interface ReplayTotals {
  readonly latency: Cycles;
  readonly energy: Picojoules;
  /** Highest byte ever in use, per memory. */
  readonly peak: readonly Bytes[];
  readonly trafficByCause: Readonly<Record<Cause, Bytes>>;
}

/**
 * What the judge saw while stepping through a plan as the hardware would: the one currency of all
 * planners. Every figure in a report comes from here, never from a solver's own claim.
 */
export interface Replay {
  readonly resources: readonly { readonly name: string; readonly role: "engine" | "dma" }[];
  readonly memories: readonly { readonly name: string; readonly capacity: Bytes; readonly reserved: readonly Interval<Bytes>[] }[];
  /** Names of the steps in the order they ran. */
  readonly steps: readonly string[];
  readonly events: readonly ReplayEvent[];
  readonly residency: readonly Residency[];
  readonly ledger: readonly LedgerRow[];
  readonly totals: ReplayTotals;
}
