import type { Cause } from "../../base/replay.js";
import type { Jobs } from "./events.js";

/** A group as jobs in the order they run, and what each of them moves. */
export interface Programme {
  readonly jobs: Jobs;
  /** Per job: the layer's place in the group. */
  readonly layer: Int32Array;
  readonly transfers: readonly Transfer[];
  /** What jobs move, in the order of the jobs. */
  readonly moves: { readonly job: Int32Array; readonly transfer: Int32Array; readonly size: Float64Array };
  /** Bytes per cycle of the channel. */
  readonly rate: number;
}

/** A kind of transfer; each job may move some bytes of it. */
export interface Transfer {
  /** The layer's place in the group. */
  readonly layer: number;
  readonly tensor: string;
  readonly direction: "in" | "out";
  readonly cause: Cause;
}

/** Takes down a programme job by job; what is said after `begin` is of that job. */
export interface Pen {
  /** `after`: the job whose store has to be over before this one computes, or -1. */
  readonly begin: (layer: number, cycles: number, after: number) => number;
  readonly move: (transfer: number, size: number) => void;
  /** The next tile, or slab, takes its place among those that are loaded ahead; it leaves the place after the job. */
  readonly arrive: () => void;
  readonly depart: () => void;
  /** Bytes of weights that take room from now on, and that leave it after the job. */
  readonly hold: (taken: number, given: number) => void;
  /**
   * @param places tiles, or slabs, that may be on chip at a time
   * @param room bytes for weights in passing
   * @param rate bytes per cycle off chip
   */
  readonly finish: (places: number, room: number, rate: number) => Programme;
}

export function makePen(transfers: readonly Transfer[]): Pen {
  const layer: number[] = [];
  const compute: number[] = [];
  const after: number[] = [];
  const arrived: number[] = [];
  const departed: number[] = [];
  const taken: number[] = [];
  const given: number[] = [];
  const moves = { job: [] as number[], transfer: [] as number[], size: [] as number[] };
  const last = () => layer.length - 1;
  return {
    begin(k, cycles, gate) {
      layer.push(k);
      compute.push(cycles);
      after.push(gate);
      for (const list of [arrived, departed, taken, given]) list.push(0);
      return last();
    },
    move(transfer, size) {
      if (size === 0) return;
      moves.job.push(last());
      moves.transfer.push(transfer);
      moves.size.push(size);
    },
    arrive() {
      arrived[last()] = 1;
    },
    depart() {
      departed[last()] = 1;
    },
    hold(more, less) {
      taken[last()]! += more;
      given[last()]! += less;
    },
    finish(places, room, rate) {
      const count = layer.length;
      const load = new Float64Array(count);
      const store = new Float64Array(count);
      for (const [i, job] of moves.job.entries()) {
        const cycles = moves.size[i]! / rate;
        if (transfers[moves.transfer[i]!]!.direction === "in") load[job]! += cycles;
        else store[job]! += cycles;
      }
      return {
        jobs: {
          count,
          load,
          compute: Float64Array.from(compute),
          store,
          after: Int32Array.from(after),
          buffers: [
            { size: places, taken: Float64Array.from(arrived), given: Float64Array.from(departed) },
            { size: room, taken: Float64Array.from(taken), given: Float64Array.from(given) },
          ],
          depth: count,
          restart: 0,
          shared: true,
        },
        layer: Int32Array.from(layer),
        transfers,
        moves: {
          job: Int32Array.from(moves.job),
          transfer: Int32Array.from(moves.transfer),
          size: Float64Array.from(moves.size),
        },
        rate,
      };
    },
  };
}
