import type { Bytes, BytesPerSecond, Picojoules, PicojoulesPerByte, Seconds } from "../../base/units.js";
import type { Encoding, Programming } from "../../target/crossbar-target.js";

/** Index into `CrossbarProblem.layers`. */
export type LayerId = number;

/**
 * One matrix product per group: outputs[g][n] = sum over k of input[g][k] x weights[g][k][n], for `vectors` inputs.
 * A convolution is one with an input per output pixel; depth-wise convolutions have a group per channel.
 */
export interface Layer {
  readonly name: string;
  /** ONNX operator type. */
  readonly type: string;
  readonly groups: number;
  /** Inputs of a group: channels of the group x kernel height x kernel width. */
  readonly inputs: number;
  /** Outputs of a group. */
  readonly outputs: number;
  /** Input vectors per inference. */
  readonly vectors: number;
  /** Layers whose results it needs. */
  readonly after: readonly LayerId[];
  /** Integers [group][input][output] as signed bytes, base64. */
  readonly weights: string;
  /** Width of the integers; values lie in -(2^(bits-1)) ... 2^(bits-1) - 1. */
  readonly bits: number;
  /** Width of its input integers, which are signed. */
  readonly inputBits: number;
}

/** The crossbars as the formulas see them. */
export interface Machine {
  readonly crossbars: number;
  readonly rows: number;
  readonly columns: number;
  readonly cellBits: number;
  readonly unit: { readonly rows: number; readonly columns: number };
  readonly inputBits: number;
  readonly cycle: Seconds;
  readonly converters: number;
  readonly firing: number;
  readonly unitEnergy: Picojoules;
  readonly programming: Programming;
  readonly offChipRate: BytesPerSecond;
  readonly offChipEnergy: PicojoulesPerByte;
  readonly buffer: Bytes;
}

export const OBJECTIVES = ["programming", "latency", "energy", "endurance"] as const;

/** Self-contained: all that solver and judge need, the weights included. */
export interface CrossbarProblem {
  readonly kind: "crossbar";
  /** `programming`: least time from firing that only writing explains (docs/math/crossbar.md). `endurance`: fewest writes of the cell that is written most. */
  readonly objective: (typeof OBJECTIVES)[number];
  readonly machine: Machine;
  /** Outputs that share an order of inputs; the solver chooses where it is not given. */
  readonly sharing: number | undefined;
  /** The solver chooses for each layer where it is not given. */
  readonly encoding: Encoding | undefined;
  readonly batch: number;
  /** A cell may be written so many times per inference, as `claims.maxCellWrites` counts them; halves are possible, as a table has two inferences. No limit where absent. */
  readonly mostCellWrites?: number | undefined;
  /** In topological order. */
  readonly layers: readonly Layer[];
  readonly assumptions: readonly string[];
}

/** `outputs`: the slices of an output side by side. `planes`: the same slice of all outputs of a unit side by side. */
export const LAYOUTS = ["outputs", "planes"] as const;
export type Layout = (typeof LAYOUTS)[number];

/**
 * How a layer lies on crossbars. Outputs are cut into bundles of `sharing` outputs of one group that share one order of inputs;
 * a crossbar holds as many bundles side by side as fit: a strip. A strip takes `deep` rows of `spread` crossbars: `spread x deep` lines, each of
 * which holds one input after the other in `rounds` rounds. Where several bundles of few inputs fit above one another they are stacked.
 */
export interface Mapping {
  readonly encoding: Encoding;
  readonly layout: Layout;
  readonly sharing: number;
  readonly spread: number;
  readonly rounds: number;
  /** Row at which its lines begin, of all strips or of each part of each strip ([strip][part]): layers may share crossbars by rows. */
  readonly top: number | readonly number[];
  /** Lines that a bundle has on each crossbar; where absent all rows, or no more than its inputs take where several bundles stand above one another. */
  readonly deep?: number | undefined;
  /** Column at which its bundles begin, of all strips or of each part of each strip ([strip][part]): narrow strips may share crossbars by columns. 0 where absent. */
  readonly left?: number | readonly number[] | undefined;
  /** Most bundles of a strip, so that more crossbars fire at once; as many as fit where absent. */
  readonly fill?: number | undefined;
  /**
   * The weight-to-cell table: for every bundle the input that each line holds in each round, [round][line], lines crossbar by crossbar. Little-endian
   * integers of 16 bits (32 where the layer has 65,535 inputs and more), all ones where the line idles; base64, of each bundle by itself. Empty where every
   * bundle has the inputs in their own order, line by line, round by round.
   */
  readonly table: readonly string[];
}

/** What a crossbar does next: hold round `round` of part `part` (which `deep` lines) of strip `strip` of a layer, and fire it for all vectors. */
export interface Load {
  readonly layer: LayerId;
  readonly strip: number;
  readonly part: number;
  readonly round: number;
  /** Bringing what is to be written, and the order of inputs; of no length where nothing differs. */
  readonly fetch: { readonly start: Seconds; readonly end: Seconds };
  /** Writing the cells that differ: `[start, end)`; of no length where nothing differs. */
  readonly program: { readonly start: Seconds; readonly end: Seconds };
  /** Firing. */
  readonly fire: { readonly start: Seconds; readonly end: Seconds };
}

/**
 * A static table that repeats. It covers `inferences` inferences (x batch): two where layers run their rounds forth and then back,
 * so that the last round of one is the first of the next and costs nothing to write.
 */
export interface CrossbarPlan {
  readonly kind: "crossbar";
  /** Per layer. */
  readonly mappings: readonly Mapping[];
  readonly inferences: 1 | 2;
  /** Per crossbar, in the order of time, over all inferences of the table. Cells hold what the table's last load left when it begins. */
  readonly sequences: readonly (readonly Load[])[];
  /** How cells come to wear alike in the long run; nothing moves where absent. */
  readonly rotation?: Rotation | undefined;
  /** Value and bound of every level of the search. */
  readonly levels: readonly Level[];
  /** The solver's own count per inference, checked by the judge. */
  readonly claims: {
    readonly latency: Seconds;
    readonly energy: Picojoules;
    readonly cellWrites: number;
    readonly maxCellWrites: number;
  };
}

/**
 * Between runs of the table, now and then, what the crossbars hold moves on: a shift is added to the number of every row, around the end of its crossbar, and to the number of every
 * crossbar, around the last. A full turn is over when everything is back in its place.
 */
export interface Rotation {
  /** Inferences from one shift to the next, whole runs of the table. */
  readonly every: number;
  /** Rows that a shift moves by; 0 where rows stay. */
  readonly rows: number;
  /** 1 where everything moves to the next crossbar each time that rows are back in their places. */
  readonly crossbars: 0 | 1;
  /** The solver's own count per inference over a full turn: of the cell written most, and of what the shifts write beside the table. */
  readonly claims: { readonly maxCellWrites: number; readonly cellWrites: number };
}

/** What one level of the search decided. */
export interface Level {
  readonly name: "encoding" | "chains" | "order" | "placement" | "closing" | "overlap";
  /** What it counts. */
  readonly unit: "cell writes" | "seconds" | "picojoules";
  readonly value: number;
  /** Nothing within the level's scope is less. */
  readonly bound: number;
  readonly scope: string;
}
