import { arrayCycles, bufferBytes } from "../../cost/array/array.js";
import type { FusionProblem, Layer } from "./plan.js";
import { bytesOf } from "./replay-buffers.js";
import type { AxisWalk, Cast, Spans } from "./replay-tiles.js";

/** What one tile after the other loads, computes and stores. */
export interface View {
  /** Per layer: the external maps that no layer before it reads. */
  readonly readFirstBy: readonly (readonly number[])[];
  readonly enter: (tile: number) => void;
  /** Cycles of a layer in this tile; `compute` also adds what the array does to the sums. */
  readonly cycles: (k: number) => number;
  readonly compute: (k: number) => number;
  /** Bytes of an external map that the tile loads, and those of them that no tile loaded before. */
  readonly loadedBytes: (q: number) => number;
  readonly newBytes: (q: number) => number;
  /** Bytes that leave of the map that a layer writes. */
  readonly storedBytes: (k: number) => number;
  readonly sums: { cycles: number; macs: number; exchanged: number };
}

export function viewOf(problem: FusionProblem, cast: Cast, y: AxisWalk, x: AxisWalk): View {
  const { machine, maps } = problem;
  const { externals, leaves } = cast;
  const readers = firstReaders(cast);
  const layers = cast.layers.map((l) => problem.layers[l]!);
  const bits = cast.maps.map((m) => maps[m]!.channels * maps[m]!.bits);
  const newY = y.fresh.slice(0, externals).map(firstTimes);
  const newX = x.fresh.slice(0, externals).map(firstTimes);
  const known = layers.map(() => new Map<number, { readonly cycles: number; readonly exchanged: number }>());
  const sums = { cycles: 0, macs: 0, exchanged: 0 };
  let i = 0;
  let j = 0;

  const costOf = (k: number) => {
    const layer = layers[k]!;
    const rows = lengthAt(y.computed[k]!, i);
    const columns = lengthAt(x.computed[k]!, j);
    const key = rows * (layer.computed.width + 1) + columns;
    let cost = known[k]!.get(key);
    if (cost === undefined) {
      cost = { cycles: cyclesOf(problem, layer, rows, columns), exchanged: exchangedOf(problem, layer, rows, columns) };
      known[k]!.set(key, cost);
    }
    return { ...cost, elements: rows * columns };
  };
  const area = (spans: (walk: AxisWalk) => Spans) => lengthAt(spans(y), i) * lengthAt(spans(x), j);
  return {
    readFirstBy: layers.map((_, k) => readers.flatMap((reader, q) => (reader === k ? [q] : []))),
    enter(tile) {
      i = Math.floor(tile / x.tiles);
      j = tile % x.tiles;
    },
    cycles: (k) => costOf(k).cycles,
    compute(k) {
      const { cycles, exchanged, elements } = costOf(k);
      sums.cycles += cycles;
      sums.macs += elements * macsOf(layers[k]!);
      sums.exchanged += machine.energy.buffer > 0 ? exchanged : 0;
      return cycles;
    },
    loadedBytes: (q) =>
      bytesOf(
        bits[q]!,
        area(({ fresh }) => fresh[q]!),
      ),
    newBytes: (q) => bytesOf(bits[q]!, newY[q]![i]! * newX[q]![j]!),
    storedBytes: (k) =>
      leaves[externals + k]
        ? bytesOf(
            bits[externals + k]!,
            area(({ stored }) => stored[externals + k]!),
          )
        : 0,
    sums,
  };
}

/** Elements of each tile's span that lie beyond all spans before it. */
function firstTimes({ start, end }: Spans): Int32Array {
  let reached = 0;
  return start.map((from, i) => {
    const fresh = Math.max(0, end[i]! - Math.max(from, reached));
    reached = Math.max(reached, end[i]!);
    return fresh;
  });
}

function cyclesOf({ machine }: FusionProblem, { kind, shape }: Layer, rows: number, columns: number): number {
  switch (kind) {
    case "mac":
      return arrayCycles(machine.array, shape, rows, columns);
    case "vector":
      return Math.ceil((shape.outputs * rows * columns) / machine.vector);
    case "move":
      return 0;
  }
}

/** Bytes between the array, or the vector unit, and the buffer. */
function exchangedOf({ machine, maps }: FusionProblem, layer: Layer, rows: number, columns: number): number {
  const { kind, shape, reads, writes, weights } = layer;
  const output = maps[writes]!.bits;
  const input = reads.length > 0 ? maps[reads[0]!.map]!.bits : output;
  switch (kind) {
    case "mac":
      return bufferBytes(machine.array, shape, rows, columns, {
        input,
        weight: (8 * weights) / macsOf(layer),
        sum: machine.accumulatorBits,
        output,
      });
    case "vector":
      return bytesOf(input + output, shape.outputs * rows * columns);
    case "move":
      return 0;
  }
}

/** Multiply-accumulates of one computed element in all channels. */
const macsOf = ({ kind, shape }: Layer): number =>
  kind === "mac" ? ((shape.outputs * shape.inputs) / shape.groups) * shape.kernel.height * shape.kernel.width : 0;

const lengthAt = ({ start, end }: Spans, i: number): number => end[i]! - start[i]!;

/** Per external map: the first layer that reads it. */
export const firstReaders = ({ reads, externals }: Cast): number[] =>
  Array.from({ length: externals }, (_, q) => reads.findIndex((list) => list.some(({ map }) => map === q)));
