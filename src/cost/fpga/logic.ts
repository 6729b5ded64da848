import type { FabricResources } from "../../target/pipeline-target.js";
import { LOGIC } from "./logic-fit.js";

/**
 * LUTs and flip-flops of what is no memory and no multiplier: weighted sums of a few features of each module. The weights come from
 * synthesis of the modules that we emit (bench/synthesis).
 */
export type Logic = keyof typeof FEATURES;

/** Features of the modules; the first is always 1. Widths are bits. */
export const FEATURES = {
  /** A queue of `depth` words. */
  queue: (width: number, depth: number) => [1, width, Math.log2(depth)],
  /** A shift register of `room` elements of `bits`; `places` where a word may be added, `shifts` where words are left behind one that goes. */
  converter: (room: number, bits: number, places: number, shifts: boolean) => [1, room * bits, shifts ? room * bits : 0, places],
  /** Registers and control of a window of `positions` words. */
  window: (positions: number, width: number, places: number) => [1, positions * width, width, Math.log2(places)],
  /** An engine of a convolution: `terms` products of `product` bits per lane out are added up, sums scaled and queued. */
  convolution: ({ windowBits, operandBits, steps, lanes, terms, joined, product, sum, result, walk }: Arithmetic) => [
    1,
    windowBits,
    operandBits * Math.ceil((steps - 1) / 3),
    joined,
    lanes * (terms - 1) * product,
    lanes * sum,
    lanes * result,
    Math.log2(walk),
  ],
  /** Comparison of all positions of a window. */
  maximum: (positions: number, lanes: number, bits: number) => [1, (positions - 1) * lanes * bits, lanes * bits],
  /** Sum of all positions of a window. */
  mean: (positions: number, lanes: number, bits: number, sum: number) => [1, (positions - 1) * lanes * bits, lanes * sum],
  /** Operands added, scaled. */
  addition: (operands: number, lanes: number, bits: number) => [1, lanes * bits, (operands - 1) * lanes * bits],
  /** The walk over weights, static, streamed or both. */
  weights: (width: number, depth: number, streamed: boolean, both: boolean) => [
    1,
    Math.log2(1 + depth),
    streamed ? 1 : 0,
    streamed ? Math.log2(1 + depth) : 0,
    both ? width : 0,
  ],
  /** Beats of the bus into words, aligned to `unit` bits; a word that is whole beats, or a beat that is whole words, needs less. */
  unpacker: (width: number, bus: number, unit: number) => [
    1,
    width + bus,
    (width + bus) * Math.log2(Math.min(width, bus) / unit),
    unit === bus ? bus : 0,
  ],
} as const;

/** What the engine of a convolution is made of. */
export interface Arithmetic {
  readonly windowBits: number;
  /** Of the positions in work, and in how many steps all of them are. */
  readonly operandBits: number;
  readonly steps: number;
  /** Out. */
  readonly lanes: number;
  readonly terms: number;
  /** Bits of the weights that are added to others, to share a multiplier with them. */
  readonly joined: number;
  readonly product: number;
  readonly sum: number;
  readonly result: number;
  /** Steps of a sweep. */
  readonly walk: number;
}

/** LUTs and flip-flops of a module with these features. */
export function logic(module: Logic, features: readonly number[]): FabricResources {
  const { lut, ff } = LOGIC[module];
  return { lut: Math.max(0, Math.ceil(dot(lut, features))), ff: Math.max(0, Math.ceil(dot(ff, features))), dsp: 0, bram18: 0, uram: 0 };
}

function dot(a: readonly number[], b: readonly number[]): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
