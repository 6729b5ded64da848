import type { Interval } from "./interval.js";
import { add, type Bytes, bytes, type Cycles, type Picojoules } from "./units.js";

/** Why bytes crossed a link. A family that moves bytes for a reason of its own adds it here and its words to report/causes.ts. */
export type Cause =
  | "input" // first read of a network input: compulsory
  | "weight" // first read of a weight: compulsory
  | "output" // the one write of a network output: compulsory
  | "spill" // written off chip only to make room
  | "refetch" // read again after an eviction
  | "halo" // read again because neighbouring tiles overlap
  | "weight-stream" // weights that have no place on chip, read anew for every use
  | "partial" // sums written off chip before they were complete, and read back
  | "programming" // weights read to be written into cells
  | "index"; // tables that say which weight lies where

/** The part of the traffic no plan can avoid. */
export const COMPULSORY: readonly Cause[] = ["input", "weight", "output"];

/** What a resource of the machine does: it computes, moves bytes, holds and multiplies, converts, or writes cells. */
export type Role = "engine" | "dma" | "crossbar" | "adc" | "driver";

/** What one resource does during `[start, end)` of the plan's clock. */
export interface ReplayEvent {
  /** Index into `Replay.resources`. */
  readonly resource: number;
  readonly start: Cycles;
  readonly end: Cycles;
  /** Operator or tensor name, as the model spells it: escape before printing. */
  readonly name: string;
  /** `program` writes the cells of a crossbar; it moves no bytes across a link. */
  readonly kind: "compute" | "fetch" | "store" | "program";
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

/** What energy was spent on: the array at work and at rest, its multiplications, the buffer beside it, the link off chip. */
export type EnergyPart = "computing" | "waiting" | "multiplying" | "buffer" | "offChip";

/** What consecutive steps that ran as one took and cost. */
export interface Stretch {
  /** Half-open, as all intervals. */
  readonly steps: Interval<number>;
  readonly cycles: Interval<Cycles>;
  /** Cycles of these in which the engine computed. */
  readonly busy: Cycles;
  readonly offChip: Bytes;
  /** Highest byte in use meanwhile, per memory. */
  readonly peak: readonly Bytes[];
  readonly energy: Readonly<Record<EnergyPart, Picojoules>>;
}

/** Another run of the same network on the same machine, which the plan is held against. */
export interface Baseline {
  readonly steps: readonly string[];
  readonly stretches: readonly Stretch[];
  readonly totals: ReplayTotals;
}

export interface ReplayTotals {
  readonly latency: Cycles;
  readonly energy: Picojoules;
  /** Highest byte ever in use, per memory. */
  readonly peak: readonly Bytes[];
  readonly trafficByCause: TrafficByCause;
}

/** Bytes by cause: those that every machine has also where they are zero, the others where there are some. */
export type TrafficByCause = Readonly<Record<EveryMachine, Bytes> & Partial<Record<Exclude<Cause, EveryMachine>, Bytes>>>;
type EveryMachine = "input" | "weight" | "output" | "spill" | "refetch";

/**
 * What the judge saw while stepping through a plan as the hardware would: the one currency of all
 * planners. Every figure in a report comes from here, never from a solver's own claim.
 */
export interface Replay {
  readonly resources: readonly { readonly name: string; readonly role: Role }[];
  readonly memories: readonly { readonly name: string; readonly capacity: Bytes; readonly reserved: readonly Interval<Bytes>[] }[];
  /** Names of the steps in the order they ran. */
  readonly steps: readonly string[];
  readonly events: readonly ReplayEvent[];
  readonly residency: readonly Residency[];
  readonly ledger: readonly LedgerRow[];
  readonly totals: ReplayTotals;
  /** Where steps run in groups: all steps in their order, cut into stretches that add up to the totals. */
  readonly stretches?: readonly Stretch[];
  /** Where a family has a plain way to run a network: that way, replayed alike. */
  readonly baseline?: Baseline;
}

/** Sums the ledger by cause. */
export function trafficByCause(ledger: readonly LedgerRow[]): TrafficByCause {
  const none = bytes(0);
  const sums: { -readonly [K in keyof TrafficByCause]: TrafficByCause[K] } = {
    input: none,
    weight: none,
    output: none,
    spill: none,
    refetch: none,
  };
  for (const { cause, size } of ledger) sums[cause] = add(sums[cause] ?? none, size);
  return sums;
}
