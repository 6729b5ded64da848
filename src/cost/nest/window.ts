/**
 * An axis along which two loops slide: index = offset + strideA·a + strideB·b, valid in [0, size).
 * Sliding windows of convolutions are the common case: a = output position, b = kernel position. An axis of one padded
 * loop has a second of one step.
 */
export interface Window {
  readonly loopA: number;
  readonly loopB: number;
  readonly countA: number;
  readonly countB: number;
  readonly strideA: number;
  readonly strideB: number;
  readonly offset: number;
  readonly size: number;
  /** Σ over tiles, by tile size; filled as asked. */
  readonly sums: Memo;
}

/** A table from two small counts to a number. Forgets everything when it grows, and when full. */
interface Memo {
  keys: Float64Array;
  values: Float64Array;
  used: number;
}

/** A table starts small, as many are used once, and grows with its entries. */
const FEWEST_SLOTS = 32;
const MOST_SLOTS = 4096;
const slots = (n: number) => ({ keys: new Float64Array(n).fill(-1), values: new Float64Array(n), used: 0 });
export const memo = (): Memo => slots(FEWEST_SLOTS);

/** Different indices that an `a` x `b` tile touches, padding included. Source: docs/math/fusion.md, eq. (N2). */
export function distinct(strideA: number, strideB: number, a: number, b: number): number {
  const g = gcd(strideA, strideB);
  return a * b - Math.max(0, a - strideB / g) * Math.max(0, b - strideA / g);
}

/** Length of the interval that an `a` x `b` tile spans, gaps included. */
export const hull = (strideA: number, strideB: number, a: number, b: number): number => (a - 1) * strideA + (b - 1) * strideB + 1;

/**
 * Elements inside the tensor, summed over all tiles of `a` x `b` iterations that cover the axis; tiles at the end may be
 * smaller. Source: docs/math/fusion.md, eq. (N3).
 */
export function sumOverTiles(w: Window, a: number, b: number): number {
  const tileA = Math.min(a, w.countA);
  const tileB = Math.min(b, w.countB);
  const key = tileA * 0x1000000 + tileB;
  const { keys, values } = w.sums;
  const mask = keys.length - 1;
  let slot = (tileA * 31 + tileB * 17) & mask;
  while (keys[slot]! >= 0) {
    if (keys[slot] === key) return values[slot]!;
    slot = (slot + 1) & mask;
  }
  const sum = slowSum(w, tileA, tileB);
  if (w.sums.used > keys.length / 2) {
    Object.assign(w.sums, slots(Math.min(MOST_SLOTS, 2 * keys.length)));
  } else {
    keys[slot] = key;
    values[slot] = sum;
    w.sums.used++;
  }
  return sum;
}

function slowSum(w: Window, tileA: number, tileB: number): number {
  const wholeA = Math.floor(w.countA / tileA);
  let sum = 0;
  for (let b = 0; b < w.countB; b += tileB) {
    const height = Math.min(tileB, w.countB - b);
    const start = w.offset + w.strideB * b;
    const step = w.strideA * tileA;
    const length = hull(w.strideA, w.strideB, tileA, height);
    // Tiles from `first` to `last` lie inside; the others are counted one by one.
    const first = Math.min(wholeA, Math.max(0, Math.ceil(-start / step)));
    const last = Math.max(first - 1, Math.min(wholeA - 1, Math.floor((w.size - length - start) / step)));
    sum += (last - first + 1) * distinct(w.strideA, w.strideB, tileA, height);
    for (let i = 0; i * tileA < w.countA; i++) {
      if (i >= first && i <= last) i = last + 1;
      if (i * tileA < w.countA) sum += within(w, start + step * i, Math.min(tileA, w.countA - i * tileA), height);
    }
  }
  return sum;
}

/** Different indices in [0, size) that a tile starting at `start` touches. */
function within({ strideA, strideB, size }: Window, start: number, a: number, b: number): number {
  const length = hull(strideA, strideB, a, b);
  if (start >= 0 && start + length <= size) return distinct(strideA, strideB, a, b);
  if (distinct(strideA, strideB, a, b) === length) return Math.max(0, Math.min(size, start + length) - Math.max(0, start));
  const touched = new Set<number>();
  for (let i = 0; i < a; i++) {
    for (let j = 0; j < b; j++) {
      const index = start + strideA * i + strideB * j;
      if (index >= 0 && index < size) touched.add(index);
    }
  }
  return touched.size;
}

function gcd(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}
