import type { Bytes, BytesPerSecond, Hertz, Picojoules, PicojoulesPerByte, Seconds } from "../base/units.js";

/**
 * How long writing a row of cells takes. `row`: all columns at once, SET then RESET, each as long as its worst cell (a step nobody
 * needs is skipped). `driver`: the same for every group of `drivers` neighbouring cells, one group after the other. `erase`: RESET
 * of rows that hold anything, then SET of rows that shall. `fixed`: `row` seconds, whatever the data. `unit`: as `driver`, and
 * operation units without a change are not visited.
 */
export const WRITE_MODELS = ["row", "driver", "erase", "fixed", "unit"] as const;
export type WriteModel = (typeof WRITE_MODELS)[number];

/**
 * How an integer becomes slices of a few bits, one per cell. `twosComplement`: its bits, the sign in a cell of its own where cells
 * hold several. `offset`: w + 2^(bits-1). `magnitude`: the absolute value; signs stand beside the order of inputs and rows of one sign fire at a time.
 * `differential`: positive and negative part in two columns per slice.
 */
export const ENCODINGS = ["twosComplement", "offset", "magnitude", "differential"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** Writing cells. Time and energy of one pulse; a cell of several bits takes `pulses` per change. */
export interface Programming {
  readonly model: WriteModel;
  readonly set: Seconds;
  readonly reset: Seconds;
  /** `difference`: one pulse per level of change. `single`: one pulse, whatever the change. */
  readonly pulses: "difference" | "single";
  /** Write-verify: pulses are repeated so many times, each followed by a read of `verifyRead`. 1 and 0 s: no verification. */
  readonly attempts: number;
  readonly verifyRead: Seconds;
  /** Cells of a row written in one step; model `row` has as many as columns. */
  readonly drivers: number;
  /** Crossbars that may be written at once. */
  readonly writers: number;
  /** Model `fixed`: time of a row. Model `unit`: time to select an operation unit. */
  readonly row: Seconds;
  readonly setEnergy: Picojoules;
  readonly resetEnergy: Picojoules;
  /** Of a step on a row, whatever it writes. */
  readonly stepEnergy: Picojoules;
  /** Writes a cell endures. */
  readonly endurance: number;
}

/** Per second, of the clock that counts what happens on crossbars: whole picoseconds. */
export const TICKS = 1e12 as Hertz;
/** The longest table whose picoseconds are counted exactly: whole seconds, about two and a half hours. */
export const LONGEST = Math.floor(Number.MAX_SAFE_INTEGER / TICKS) as Seconds;

/** ReRAM crossbars that hold fewer weights than a network has. */
export interface CrossbarTarget {
  readonly kind: "crossbar";
  readonly name: string;
  /** One line for `stowage targets`. */
  readonly summary: string;
  /** What the judge counts in: `TICKS`. */
  readonly clock: Hertz;
  /** How many there are, or which share of those that would hold the whole network. */
  readonly crossbars: { readonly count: number } | { readonly share: number };
  readonly rows: number;
  readonly columns: number;
  /** Bits of one cell. */
  readonly cellBits: number;
  /** Rows and columns that may be active together. */
  readonly unit: { readonly rows: number; readonly columns: number };
  /** Bits of an input fed per cycle. */
  readonly inputBits: number;
  /** Time of one activation of an operation unit, conversion included. */
  readonly cycle: Seconds;
  /** Operation units of one crossbar that may fire at once (as many as it has converters for a unit's columns). */
  readonly converters: number;
  /** Crossbars that may fire at once (power); all where absent. */
  readonly firing: number | undefined;
  /** Energy of one activation of an operation unit, conversion and addition included. */
  readonly unitEnergy: Picojoules;
  readonly programming: Programming;
  readonly offChip: { readonly bandwidth: BytesPerSecond; readonly energy: PicojoulesPerByte };
  /** On-chip memory for partial sums and for weights and tables that wait to be written. */
  readonly buffer: Bytes;
  /** Outputs that share an order of inputs (index bits against writes); chosen by the solver where absent. */
  readonly sharing: number | undefined;
  /** How weights become cells; chosen for each layer where absent. */
  readonly encoding: Encoding | undefined;
  /** Inferences per pass over the weights. */
  readonly batch: number;
  /** A cell may be written so many times per inference (per pass, where `batch` is above 1); no limit where absent. */
  readonly mostCellWrites: number | undefined;
  /** Scales of weights: one for a tensor, or one for each output channel. */
  readonly scales: "tensor" | "channel";
  /** Bits of weights and of inputs; the model's own quantisation, else 8, where absent. */
  readonly weightBits: number | undefined;
  readonly activationBits: number | undefined;
  /** Key path -> where the value is from; `scenario` where there is no source. */
  readonly sources: Readonly<Record<string, string>>;
}
