import type { AffineIndex, LoopNest } from "../loops.js";

/** Per loop of a nest, the iterations `start[l] .. end[l] - 1`. */
export interface Ranges {
  readonly start: readonly number[];
  readonly end: readonly number[];
}

/** A box of elements: per axis `start[a] .. end[a] - 1`. Ends may be infinite. */
export type Box = Ranges;

/**
 * The iterations that write into `box`, as disjoint boxes of iterations. Exact where each axis of the result is one
 * loop or a number with one loop per digit (a reshape, a group and a channel of it); else, where windows overlap
 * (ConvTranspose), one box that holds them all.
 */
export function rangesWriting({ loops, write }: LoopNest, box: Box): readonly Ranges[] {
  const start = loops.map(() => 0);
  const end = loops.map(({ size }) => size);
  // Each pass narrows every loop by what the others allow.
  for (let pass = 0; pass < 2; pass++)
    for (let a = 0; a < write.indices.length; a++) if (!narrow(write.indices[a]!, start, end, box.start[a]!, box.end[a]!)) return [];
  let list: readonly Ranges[] = [{ start, end }];
  write.indices.forEach(({ offset, terms }, a) => {
    if (terms.length < 2) return;
    const digits = terms.toSorted((x, y) => y.stride - x.stride);
    list = list.flatMap((ranges) => {
      const parts: Ranges[] = [];
      return readDigits(digits, 0, box.start[a]! - offset, box.end[a]! - offset, ranges, parts) ? parts : [ranges];
    });
  });
  return list;
}

/**
 * Splits `ranges` into boxes whose digits from `k` on write a number in `from .. to - 1`; false where the terms are
 * no digits: a lower one reaches into the next higher.
 */
function readDigits(terms: Terms, k: number, from: number, to: number, ranges: Ranges, into: Ranges[]): boolean {
  const [least, most] = reach(terms, k, 0, ranges);
  if (most < from || least >= to) return true;
  if (least >= from && most < to) {
    into.push(ranges);
    return true;
  }
  const { loop, stride } = terms[k]!;
  const [low, high] = reach(terms, k + 1, 0, ranges);
  if (stride <= high - low) return false;
  const first = Math.max(ranges.start[loop]!, Math.ceil((from - high) / stride));
  const last = Math.min(ranges.end[loop]! - 1, Math.floor((to - 1 - low) / stride));
  // Iterations between the outermost ones are inside whatever the lower digits are.
  for (let x = first; x <= last; ) {
    const inside = stride * x + low >= from && stride * x + high < to;
    let next = x + 1;
    while (inside && next <= last && stride * next + high < to) next++;
    const part = { start: ranges.start.with(loop, x), end: ranges.end.with(loop, next) };
    if (inside) into.push(part);
    else if (!readDigits(terms, k + 1, from - stride * x, to - stride * x, part, into)) return false;
    x = next;
  }
  return true;
}

function narrow(index: AffineIndex, start: number[], end: number[], from: number, to: number): boolean {
  const [least, most] = span(index, { start, end });
  if (most < from || least >= to) return false;
  for (const { loop, stride } of index.terms) {
    const low = stride * (stride > 0 ? start[loop]! : end[loop]! - 1);
    const high = stride * (stride > 0 ? end[loop]! - 1 : start[loop]!);
    const a = (from - (most - high)) / stride;
    const b = (to - 1 - (least - low)) / stride;
    start[loop] = Math.max(start[loop]!, Math.ceil(Math.min(a, b)));
    end[loop] = Math.min(end[loop]!, Math.floor(Math.max(a, b)) + 1);
    if (start[loop]! >= end[loop]!) return false;
  }
  return true;
}

/** Iterations within `ranges` that write into `box`. */
export function iterationsWriting({ loops, write }: LoopNest, ranges: Ranges, box: Box): number {
  const used = new Set(write.indices.flatMap(({ terms }) => terms.map(({ loop }) => loop)));
  const free = loops.reduce((n, _, l) => (used.has(l) ? n : n * (ranges.end[l]! - ranges.start[l]!)), 1);
  return write.indices.reduce((n, { offset, terms }, a) => n * points(terms, 0, offset, ranges, box.start[a]!, box.end[a]!), free);
}

type Terms = AffineIndex["terms"];

/** How many points of the ranges have an index in `from .. to - 1`. */
function points(terms: Terms, k: number, base: number, ranges: Ranges, from: number, to: number): number {
  const [least, most] = reach(terms, k, base, ranges);
  if (most < from || least >= to) return 0;
  if (least >= from && most < to) return terms.slice(k).reduce((n, { loop }) => n * (ranges.end[loop]! - ranges.start[loop]!), 1);
  const { loop, stride } = terms[k]!;
  let sum = 0;
  for (let x = ranges.start[loop]!; x < ranges.end[loop]!; x++) sum += points(terms, k + 1, base + stride * x, ranges, from, to);
  return sum;
}

/** Least and greatest value of an index over the ranges; it may lie outside the tensor. */
export const span = ({ offset, terms }: AffineIndex, ranges: Ranges): readonly [number, number] => reach(terms, 0, offset, ranges);

/** Whether some point of the ranges has an index in `from .. to - 1`: strides leave holes. */
export const reaches = ({ offset, terms }: AffineIndex, ranges: Ranges, from: number, to: number): boolean =>
  hits(terms, 0, offset, ranges, from, to);

function hits(terms: Terms, k: number, base: number, ranges: Ranges, from: number, to: number): boolean {
  const [least, most] = reach(terms, k, base, ranges);
  if (most < from || least >= to) return false;
  if (least >= from || most < to) return true;
  const { loop, stride } = terms[k]!;
  for (let x = ranges.start[loop]!; x < ranges.end[loop]!; x++) if (hits(terms, k + 1, base + stride * x, ranges, from, to)) return true;
  return false;
}

/** Least and greatest sum of `base` and the terms from `k` on. */
function reach(terms: Terms, k: number, base: number, { start, end }: Ranges): readonly [number, number] {
  let least = base;
  let most = base;
  for (let i = k; i < terms.length; i++) {
    const { loop, stride } = terms[i]!;
    least += stride * (stride > 0 ? start[loop]! : end[loop]! - 1);
    most += stride * (stride > 0 ? end[loop]! - 1 : start[loop]!);
  }
  return [least, most];
}
