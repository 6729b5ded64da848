import type { Operator, TensorId } from "../../../graph/graph.js";
import { boxOf, count, eachTouched, type Grid, type Place, unbounded } from "../../../graph/split/layout.js";
import { splittable } from "../../../graph/split/operators.js";
import { gathersRows } from "../../../graph/split/parts.js";
import { rangesWriting } from "../../../graph/split/ranges.js";
import type { PartialSum } from "../../../graph/split/specification.js";

/** What the need of a part is measured by. */
export interface Measure {
  readonly places: readonly Place[];
  /** Bytes of one element of a tensor, 0 for tensors that do not count (weights that lie outside). */
  readonly width: (t: TensorId) => number;
  /** Operators that overwrite their operand: its piece and that of the result count once. */
  readonly overwrites: (op: Operator) => boolean;
  /** Grids know their tensor by the number of their first piece. */
  readonly tensorAt: (first: number) => TensorId;
}

/**
 * Bytes that the largest part of an operator needs; unless `thorough`, from a sample of its parts: outermost and
 * middle ones along each axis, where receptive fields are cut off and where they are full.
 */
export function needOf(op: Operator, measure: Measure, sum: PartialSum | undefined, thorough: boolean): number {
  const { places, width, tensorAt } = measure;
  const bytes = (grid: Grid, k: number) => {
    const { start, end } = boxOf(grid, k);
    return Math.ceil(start.reduce((n, s, a) => n * (end[a]! - s), width(tensorAt(grid.first))));
  };
  const whole = (t: TensorId): number => {
    const place = places[t]!;
    if (place.kind === "virtual") return place.parts.reduce((sum, part) => sum + whole(part.tensor), 0);
    return Math.ceil(count(place.shape) * width(t));
  };
  const table = gathersRows(op, (t) => places[t]!.shape);
  if (!table && !splittable(op)) return [...new Set([...op.inputs, ...op.weights, ...op.outputs])].reduce((sum, t) => sum + whole(t), 0);
  const named = new Set(op.nests.flatMap(({ reads }) => reads.map(({ tensor }) => tensor)));
  const always = table ? 0 : [...op.inputs, ...op.weights].reduce((sum, t) => (named.has(t) ? sum : sum + whole(t)), 0);
  let most = 0;
  for (const output of op.outputs) {
    const grid = places[output] as Grid;
    for (const k of thorough ? lines(grid.counts) : sample(grid.counts)) {
      const box = boxOf(grid, k);
      const mine = bytes(grid, k);
      let need = mine + always;
      if (sum !== undefined) need += 4 * box.start.reduce((n, s, a) => n * (box.end[a]! - s), 1); // a partial sum of 32 bits
      if (table) need += mine + whole(op.inputs[0]!);
      const seen = new Set<number>();
      for (const nest of op.nests) {
        if (nest.write.tensor !== output) continue;
        for (const all of rangesWriting(nest, unbounded(box, grid.shape))) {
          const ranges = sum === undefined ? all : { start: all.start.with(sum.loop, 0), end: all.end.with(sum.loop, sum.length) };
          for (const read of nest.reads)
            eachTouched(places, read, ranges, (found, piece) => {
              if (seen.has(found.first + piece)) return;
              seen.add(found.first + piece);
              need += bytes(found, piece);
            });
        }
      }
      if (measure.overwrites(op)) need -= mine;
      if (need > most) most = need;
    }
  }
  return most;
}

/** Row-major numbers of all places along each axis, at a few places along the others: what a part reads along one axis does not depend on the others. */
function lines(counts: readonly number[]): readonly number[] {
  const picks = counts.map((n) => sample([n]));
  const numbers = counts.flatMap((size, a) =>
    counts.reduce<readonly number[]>(
      (list, n, other) =>
        list.flatMap((k) => (other === a ? Array.from({ length: size }, (_, i) => i) : picks[other]!).map((p) => k * n + p)),
      [0],
    ),
  );
  return [...new Set(numbers)];
}

/** Row-major numbers of a few places of a grid. */
function sample(counts: readonly number[]): readonly number[] {
  return counts.reduce<readonly number[]>(
    (list, n) => {
      const picks = n <= 4 ? Array.from({ length: n }, (_, i) => i) : [0, n >> 1, (n >> 1) + 1, n - 1];
      return list.flatMap((k) => picks.map((p) => k * n + p));
    },
    [0],
  );
}
