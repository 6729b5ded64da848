import type { Interval } from "../../base/interval.js";
import type { Access, AffineIndex, LoopNest } from "../../graph/loops.js";

/** Per axis or loop `start[a] .. end[a] - 1`. Ends may be infinite. */
export interface Box {
  readonly start: readonly number[];
  readonly end: readonly number[];
}

/** Elements of a tensor: those whose index along each axis is in that axis' intervals, which are disjoint and ascending. */
export type Region = readonly (readonly Interval[])[];

/** The iterations of a nest that write into `box`, as disjoint boxes. Exact for any strides. */
export function iterationsInto({ loops, write }: LoopNest, box: Box, run?: { readonly loop: number } & Interval): readonly Box[] {
  const all = { start: loops.map(() => 0), end: loops.map(({ size }) => size) };
  const first = run === undefined ? all : narrowed(all, run.loop, run.start, run.end);
  return write.indices.reduce<readonly Box[]>(
    (list, { offset, terms }, a) => list.flatMap((ranges) => inside(moving(terms), offset, ranges, box.start[a]!, box.end[a]!)),
    [first],
  );
}

type Terms = AffineIndex["terms"];

/** Widest stride first. */
const moving = (terms: Terms): Terms =>
  terms.length === 0 || (terms.length === 1 && terms[0]!.stride !== 0)
    ? terms
    : terms.filter(({ stride }) => stride !== 0).toSorted((x, y) => Math.abs(y.stride) - Math.abs(x.stride));

/** The part of `ranges` where `base` and the terms add up to a number in `from .. to - 1`. */
function inside(terms: Terms, base: number, ranges: Box, from: number, to: number): readonly Box[] {
  const [least, most] = extremes(terms, base, ranges);
  if (most < from || least >= to) return [];
  if (least >= from && most < to) return [ranges];
  const [{ loop, stride }, ...rest] = terms as [Terms[number], ...Terms];
  const [low, high] = extremes(rest, base, ranges);
  const between = (a: number, b: number): Interval => ({
    start: Math.max(ranges.start[loop]!, Math.ceil(Math.min(a / stride, b / stride))),
    end: Math.min(ranges.end[loop]!, Math.floor(Math.max(a / stride, b / stride)) + 1),
  });
  // Where some choice of the other loops is inside, and where every choice is.
  const some = between(from - high, to - 1 - low);
  const every = between(from - low, to - 1 - high);
  const full = from - low <= to - 1 - high && every.start < every.end ? every : { start: some.end, end: some.end };
  const found: Box[] = full.start < full.end ? [narrowed(ranges, loop, full.start, full.end)] : [];
  for (let x = some.start; x < some.end; x++)
    if (x < full.start || x >= full.end) found.push(...inside(rest, base + stride * x, narrowed(ranges, loop, x, x + 1), from, to));
  return found;
}

function extremes(terms: Terms, base: number, { start, end }: Box): readonly [number, number] {
  let least = base;
  let most = base;
  for (const { loop, stride } of terms) {
    least += stride * (stride > 0 ? start[loop]! : end[loop]! - 1);
    most += stride * (stride > 0 ? end[loop]! - 1 : start[loop]!);
  }
  return [least, most];
}

const narrowed = ({ start, end }: Box, loop: number, from: number, to: number): Box => ({
  start: start.with(loop, from),
  end: end.with(loop, to),
});

/** The elements of a tensor of that shape which `access` reads or writes within `ranges`. */
export const regionOf = ({ indices }: Access, ranges: Box, shape: readonly number[]): Region =>
  indices.map((index, a) => clipped(valuesOf(index, ranges), 0, shape[a]!));

/** Every value of an index. */
function valuesOf({ offset, terms }: AffineIndex, { start, end }: Box): readonly Interval[] {
  let values: readonly Interval[] = [{ start: offset, end: offset + 1 }];
  for (const { loop, stride } of moving(terms).toReversed()) {
    const count = end[loop]! - start[loop]!;
    const first = stride * (stride > 0 ? start[loop]! : end[loop]! - 1);
    values = repeated(shifted(values, first), Math.abs(stride), count);
  }
  return values;
}

/** The union of `values` moved on by 0, 1 ... count - 1 times `step`. */
function repeated(values: readonly Interval[], step: number, count: number): readonly Interval[] {
  const [only] = values;
  if (count === 1 || only === undefined) return values;
  if (values.length === 1 && only.end - only.start >= step) return [{ start: only.start, end: only.end + step * (count - 1) }];
  const moved = Array.from({ length: count }, (_, i) => shifted(values, step * i)).flat();
  const merged: { start: number; end: number }[] = [];
  for (const { start, end } of moved.sort((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end);
    else merged.push({ start, end });
  }
  return merged;
}

export const shifted = (values: readonly Interval[], by: number): readonly Interval[] =>
  by === 0 ? values : values.map(({ start, end }) => ({ start: start + by, end: end + by }));

export function clipped(values: readonly Interval[], from: number, to: number): readonly Interval[] {
  if (values.length === 1 && values[0]!.start >= from && values[0]!.end <= to) return values;
  return values.flatMap(({ start, end }) => {
    const cut = { start: Math.max(start, from), end: Math.min(end, to) };
    return cut.start < cut.end ? [cut] : [];
  });
}

/** All elements of a box. */
export const whole = ({ start, end }: Box): Region => start.map((from, a) => [{ start: from, end: end[a]! }]);

/** How many elements a region or a box has. */
export const elementsIn = (region: Region): number =>
  region.reduce((n, axis) => n * axis.reduce((sum, { start, end }) => sum + end - start, 0), 1);

export const volume = ({ start, end }: Box): number => start.reduce((n, from, a) => n * (end[a]! - from), 1);

/** How many elements of the region lie in the box. */
export function elementsWithin(region: Region, { start, end }: Box): number {
  let found = 1;
  for (let a = 0; a < region.length && found > 0; a++) {
    let along = 0;
    for (const interval of region[a]!) {
      const from = Math.max(interval.start, start[a]!);
      const to = Math.min(interval.end, end[a]!);
      if (from < to) along += to - from;
    }
    found *= along;
  }
  return found;
}
