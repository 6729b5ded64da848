import type { Bytes, BytesPerCycle, Cycles, ElementsPerCycle, Hertz, Picojoules, PicojoulesPerByte } from "../../base/units.js";
import type { LayerShape } from "../../cost/array/array.js";
import type { NestMapping } from "../../cost/nest/problem.js";
import type { ArrayEnergy, BufferSplit, PeArray } from "../../target/fusion-target.js";

/** Index into `FusionProblem.maps`. */
export type MapId = number;
/** Index into `FusionProblem.layers`. */
export type LayerId = number;

/**
 * A tensor as the tiles see it: `channels` planes of `height` x `width` elements. A matrix of tokens is
 * `channels` = features, `height` = tokens, `width` = 1.
 */
export interface FeatureMap {
  readonly name: string;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Width of one element. */
  readonly bits: number;
  readonly kind: "input" | "activation" | "output";
}

/**
 * Along one axis, outputs `[a, b)` of a layer need inputs `[a * stride - before, (b - 1) * stride + extent - before)`,
 * each bound divided by `repeat` (rounded outwards), clipped to the map. A layer that needs the whole axis has
 * `stride` 0, `before` 0 and the map's length as `extent`. Sampled rows that a stride above the extent skips
 * still count: they lie between rows that are needed.
 */
export interface Window {
  readonly stride: number;
  readonly extent: number;
  /** Padding before the first element. */
  readonly before: number;
  /** Above 1 after nearest-neighbour upsampling that is folded into the read. */
  readonly repeat: number;
}

export interface Read {
  readonly map: MapId;
  readonly y: Window;
  readonly x: Window;
}

/**
 * What the array runs in one go: a compute operator with the operators folded into it (activation, normalisation,
 * residual addition, pooling of its result), or an operator of its own on the vector unit.
 */
export interface Layer {
  readonly name: string;
  /** ONNX type of the operator that computes. */
  readonly type: string;
  /** Names of the operators folded into it, itself first. */
  readonly operators: readonly string[];
  /** `mac`: on the array. `vector`: one result element per lane and cycle. `move`: only bytes move. */
  readonly kind: "mac" | "vector" | "move";
  /** Each map once. */
  readonly reads: readonly Read[];
  readonly writes: MapId;
  /** Rows and columns the array computes before a folded pooling; equal to the written map without one. */
  readonly computed: { readonly height: number; readonly width: number };
  /** Of a folded pooling: which computed rows and columns an element of the written map needs. */
  readonly pooling: { readonly y: Window; readonly x: Window } | undefined;
  readonly shape: LayerShape;
  /** Bytes of its weights, biases included. */
  readonly weights: Bytes;
  /** Of a `mac` layer: width of one element of what its data are multiplied by, a weight or an element of another map. */
  readonly factorBits?: number;
}

export const OBJECTIVES = ["balanced", "traffic", "latency", "energy"] as const;

/** Jobs (section 8 of docs/math/fusion.md) that a group may have; more are no plan for people, and would take the judge for ever. */
export const MOST_JOBS = 2 ** 22;

/** Self-contained: all that solver and judge need. */
export interface FusionProblem {
  readonly kind: "fusion";
  /** `balanced`: energy and latency, each as a share of its layer-by-layer figure, added. */
  readonly objective: (typeof OBJECTIVES)[number];
  readonly machine: {
    readonly clock: Hertz;
    readonly array: PeArray;
    readonly buffers: BufferSplit;
    /** Width of a partial sum. */
    readonly accumulatorBits: number;
    /** Results per cycle of layers that are no multiply-accumulates. */
    readonly vector: ElementsPerCycle;
    /** One channel for both directions. */
    readonly offChipRate: BytesPerCycle;
    readonly offChipEnergy: PicojoulesPerByte;
    readonly energy: ArrayEnergy;
  };
  readonly maps: readonly FeatureMap[];
  /** In the model's own order, which is topological. */
  readonly layers: readonly Layer[];
  /** Overlap modes the solver may use. `nonOverlapped` changes results at tile edges and is never allowed silently. */
  readonly modes: readonly Overlap[];
  readonly assumptions: readonly string[];
}

/**
 * What happens where the windows of neighbouring tiles overlap. `nonOverlapped`: the overlap is cut off (block
 * convolution: other results at tile edges). `recompute`: computed again. `hCached`: kept between tiles of one row,
 * computed again between rows. `fullyCached`: kept in line buffers.
 */
export const OVERLAPS = ["nonOverlapped", "recompute", "hCached", "fullyCached"] as const;
export type Overlap = (typeof OVERLAPS)[number];

/** In which order a group walks tiles and weights. */
export type Traversal =
  /** Tile by tile through all layers. `resident`: weights are loaded once. `streamed`: once per tile. */
  | { readonly kind: "tiles"; readonly weights: "resident" | "streamed" }
  /** One layer: its weights in `count` groups, all tiles for each. */
  | { readonly kind: "weightGroups"; readonly count: number }
  /** One layer: per tile, blocks of `channels` output channels accumulate on chip while inputs and weights stream. */
  | { readonly kind: "outputBlocks"; readonly channels: number };

/** Layers that run tile by tile with their intermediate maps on chip. A group of one is plain layer-by-layer execution. */
export interface Group {
  /** Ascending. */
  readonly layers: readonly LayerId[];
  /** Tile of the group's largest output map; others are cut in proportion. The whole map where it is one tile. */
  readonly tile: { readonly rows: number; readonly columns: number };
  readonly overlap: Overlap;
  readonly traversal: Traversal;
}

export interface FusionPlan {
  readonly kind: "fusion";
  /** In the order they run. */
  readonly groups: readonly Group[];
  /** The best plan without fusion on the same machine and objective: one group per layer. */
  readonly layerByLayer: readonly Group[];
  /** On a custom array: how it computes each shape of tile that `groups` and `layerByLayer` have of a `mac` layer. */
  readonly mappings?: readonly TileMapping[];
  /** The solver's own count for `groups` and for `layerByLayer`, checked by the judge. `balanced` weighs by the latter. */
  readonly claims: Claim & { readonly layerByLayer: Claim };
}

/** How a custom array computes `rows` x `columns` elements of all channels of a layer: loops as `tileNest` numbers them. */
export interface TileMapping {
  readonly layer: LayerId;
  readonly rows: number;
  readonly columns: number;
  readonly mapping: NestMapping;
}

export interface Claim {
  readonly offChip: Bytes;
  readonly latency: Cycles;
  readonly energy: Picojoules;
  /** Why latency and energy of the replay may be more than 5 % away; absent where they may not. */
  readonly because?: string;
}
