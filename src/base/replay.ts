import type { Interval } from "./interval.js";
import { add, type Bytes, bytes, type Cycles, type Picojoules, type Seconds } from "./units.js";

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

/** One of the engines that all run at once: what it takes of a steady frame, and of the device. */
export interface PipelineStage {
  /** Configuration of the device that it belongs to. */
  readonly partition: number;
  /** Cycles that it needs for a frame by itself. */
  readonly interval: Cycles;
  /** Cycles of a frame in which it waits for streamed weights; the most over the frames that were run. */
  readonly stalls: Cycles;
  /** Its weights: all bits, those of them that stay on chip, and the bytes that a frame brings. */
  readonly weightBits: number;
  readonly residentBits: number;
  readonly streamed: Bytes;
  /** Of the device, with the streams that it reads. */
  readonly resources: Readonly<Record<FabricResource, number>>;
}
export type FabricResource = "lut" | "ff" | "dsp" | "bram18" | "uram";

/** A run in which every step has an engine of its own and frames follow one another. */
export interface PipelineRun {
  /** In the order of the steps. */
  readonly stages: readonly PipelineStage[];
  /** Configurations of the device, one after the other. */
  readonly partitions: readonly {
    /** A frame enters, and one leaves, every that many. */
    readonly cyclesPerFrame: Cycles;
    /** From a frame's first element to its last result, once frames follow one another steadily. */
    readonly latency: Cycles;
    /** Cycles by which the weight stream runs ahead of the first frame. */
    readonly warmUp: Cycles;
    /** Off chip per frame. */
    readonly input: Bytes;
    readonly output: Bytes;
    readonly streamed: Bytes;
    readonly resources: Readonly<Record<FabricResource, number>>;
    /** Block RAMs that LUTs stand in for. */
    readonly replaced: number;
  }[];
  /** Of a frame on average, with what it takes to load configurations. */
  readonly cyclesPerFrame: number;
}

/** What one layer took of an inference, all its crossbars together. */
export interface CrossbarLayer {
  /** Seconds of crossbars that were written, and that fired. */
  readonly programming: Seconds;
  readonly computing: Seconds;
  /** Of an inference, from its first fire to its last. */
  readonly span: Seconds;
  readonly energy: Picojoules;
  /** Cells written, each as often as it was. */
  readonly writes: number;
  readonly fetched: { readonly weights: Bytes; readonly index: Bytes; readonly partial: Bytes };
  /** Bits of the tables that say where its inputs lie. */
  readonly indexBits: number;
}

/** What one way to run a network on crossbars comes to, per inference. */
export interface CrossbarTotals {
  readonly latency: Seconds;
  /** Seconds of crossbars that were written, and that fired, all added up. */
  readonly programming: Seconds;
  readonly computing: Seconds;
  readonly energy: Picojoules;
  readonly cellWrites: number;
  /** Of the cell that is written most. */
  readonly maxCellWrites: number;
  /** Bytes that were fetched to be written, with the tables. */
  readonly fetched: Bytes;
}

/** A run on crossbars whose cells are written while the network runs. */
export interface CrossbarRun {
  readonly totals: CrossbarTotals;
  /** Of the latency, seconds in which nothing fires: all wait for writing. */
  readonly waiting: Seconds;
  /** In the order of the steps. */
  readonly layers: readonly CrossbarLayer[];
  /** Cells by their writes per inference: `[from, to)`. */
  readonly wear: readonly { readonly from: number; readonly to: number; readonly cells: number }[];
  /** Most bytes that waited at once to be written or fired, and that partial sums took. */
  readonly waitingBytes: Bytes;
  readonly sumBytes: Bytes;
  /** Plainer ways to run the same network, each with one more idea than the one before. */
  readonly ways: readonly (CrossbarTotals & { readonly name: CrossbarWay })[];
  /** The plainest ways with what a scheduler can do for them: what a plan is measured by. */
  readonly baselines: readonly CrossbarBaseline[];
  /** Where what crossbars hold moves on now and then: a full turn, until everything is back in its place. */
  readonly rotation?: CrossbarRotation;
}

/** Cells over a full turn. */
export interface CrossbarRotation {
  /** Inferences of a full turn. */
  readonly turn: number;
  /** Per inference: of the cell written most; beside the table, by shifting alone, and the seconds that take. */
  readonly maxCellWrites: number;
  readonly cellWrites: number;
  readonly programming: Seconds;
  /** Inferences in full turns until a cell has the writes it endures. */
  readonly life: number;
}
export type CrossbarWay = "rewrite" | "difference" | "encoding" | "chains" | "order";

/** Weights in their own order, written while other crossbars fire; in strips as wide as crossbars, or so thin that more of them fire at once. */
export interface CrossbarBaseline extends CrossbarTotals {
  readonly name: "rewrite" | "difference";
  readonly strips: "full" | "thin";
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
  /** Where every step has an engine of its own and all run at once. */
  readonly pipeline?: PipelineRun;
  /** Where the network runs on crossbars that are written meanwhile. */
  readonly crossbar?: CrossbarRun;
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
