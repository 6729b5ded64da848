import { type Bench, makeBench } from "./axis.js";
import { type Floors, floorsOf } from "./bounds.js";
import { type Costs, makeCosts } from "./costs.js";
import type { FusionProblem, Overlap, Traversal } from "./plan.js";
import { type Prepared, prepare } from "./prepare.js";

/** What running a group in one way costs: bytes of buffer and off chip, cycles, picojoules. */
export interface Figures {
  readonly buffer: number;
  readonly traffic: number;
  readonly latency: number;
  readonly energy: number;
}

/** One way to run a group. */
export interface Candidate extends Figures {
  readonly rows: number;
  readonly columns: number;
  readonly overlap: Overlap;
  readonly traversal: Traversal;
}

/** Who looks at the ways to run a group. */
export interface Visitor {
  /** Whether a way is worth pricing that uses `buffer` bytes, moves `traffic` and costs no less than the others say. */
  readonly wants: (buffer: number, traffic: number, latency: number, energy: number) => boolean;
  readonly offer: (candidate: Candidate) => void;
}

/** What pricing the groups of one problem needs; its tables fill while it is used. */
export interface Pricing {
  readonly prepared: Prepared;
  readonly floors: Floors;
  readonly costs: Costs;
  readonly bench: Bench;
  /** Most bytes of feature maps. */
  readonly features: number;
  /** Bytes set aside for weights in flight. */
  readonly staging: number;
  /** Bytes of weights beside `used` bytes of feature maps. */
  readonly room: (used: number) => number;
  /** Cycles, loaded and stored bytes of a tile, per pair of a row class and a column class. */
  readonly pairs: Pairs;
  /** Bytes that the channel is ahead of the array; below 0 behind it. */
  readonly tank: { ahead: number };
  /** Per layer of a group: when it ends in the tile looked at last. */
  readonly ends: Float64Array;
  /** Ways looked at so far. */
  looked: number;
}

/** Pair `a * columnClasses + b`. */
export interface Pairs {
  cycles: Float64Array;
  loads: Float64Array;
  stores: Float64Array;
}

export function makePricing(problem: FusionProblem): Pricing {
  const { buffers } = problem.machine;
  const unified = buffers.arrangement === "unified";
  const prepared = prepare(problem);
  const costs = makeCosts(problem);
  return {
    prepared,
    floors: floorsOf(prepared, costs),
    costs,
    bench: makeBench(problem.maps.length, problem.layers.length),
    features: unified ? buffers.size - buffers.staging : buffers.features,
    staging: unified ? buffers.staging : 0,
    room: unified ? (used) => buffers.size - used : () => buffers.weights,
    pairs: { cycles: new Float64Array(64), loads: new Float64Array(64), stores: new Float64Array(64) },
    tank: { ahead: 0 },
    ends: new Float64Array(problem.layers.length),
    looked: 0,
  };
}
