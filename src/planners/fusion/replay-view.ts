import type { FusionProblem } from "./plan.js";
import { type ArrayView, macsOf } from "./replay-array.js";
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
  /** Cycles and multiply-accumulates of the array, picojoules of the memories between it and the chip boundary. */
  readonly sums: { cycles: number; macs: number; memories: number };
}

export function viewOf(problem: FusionProblem, array: ArrayView, cast: Cast, y: AxisWalk, x: AxisWalk): View {
  const { maps } = problem;
  const { externals, leaves } = cast;
  const readers = firstReaders(cast);
  const layers = cast.layers.map((l) => problem.layers[l]!);
  const bits = cast.maps.map((m) => maps[m]!.channels * maps[m]!.bits);
  const newY = y.fresh.slice(0, externals).map(firstTimes);
  const newX = x.fresh.slice(0, externals).map(firstTimes);
  const sums = { cycles: 0, macs: 0, memories: 0 };
  let i = 0;
  let j = 0;

  const costOf = (k: number) => {
    const rows = lengthAt(y.computed[k]!, i);
    const columns = lengthAt(x.computed[k]!, j);
    return { ...array.computing(cast.layers[k]!, rows, columns), elements: rows * columns };
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
      const { cycles, memories, elements } = costOf(k);
      sums.cycles += cycles;
      sums.macs += elements * macsOf(layers[k]!);
      sums.memories += memories;
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

const lengthAt = ({ start, end }: Spans, i: number): number => end[i]! - start[i]!;

/** Per external map: the first layer that reads it. */
export const firstReaders = ({ reads, externals }: Cast): number[] =>
  Array.from({ length: externals }, (_, q) => reads.findIndex((list) => list.some(({ map }) => map === q)));
