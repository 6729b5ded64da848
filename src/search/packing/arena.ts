import { alignmentOf, type PackingItem, roundUp } from "./problem.js";
import { type Timeline, timeline } from "./timeline.js";

/**
 * The arena that TensorFlow Lite fills: items in order of size (those alive over the whole time first), each in the
 * smallest gap that holds it between items placed before it, else on top of all it meets. No capacity, no search.
 * Source: Pisarchyk and Lee, arXiv 2001.03288, "greedy by size".
 */
export function arena(items: readonly PackingItem[]): { readonly offsets: number[]; readonly height: number } {
  const time = timeline(items.map((item) => (item.size > 0 ? item.spans : [])));
  const offsets = bestFit(items, time, bySize(items));
  return { offsets, height: items.reduce((top, item, i) => Math.max(top, item.size > 0 ? offsets[i]! + item.size : 0), 0) };
}

/** Items alive from the first birth to the last death, then the others by falling size and rising birth. */
function bySize(items: readonly PackingItem[]): Int32Array {
  const birth = (i: number) => items[i]!.spans[0]?.start ?? 0;
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { spans } of items)
    for (const { start, end } of spans) {
      first = Math.min(first, start);
      last = Math.max(last, end);
    }
  const whole = items.map(({ spans }) => Number(spans.length === 1 && spans[0]!.start === first && spans[0]!.end === last));
  return Int32Array.from(items.keys()).sort(
    (a, b) => whole[b]! - whole[a]! || items[b]!.size - items[a]!.size || birth(a) - birth(b) || a - b,
  );
}

/**
 * Places the items one by one in `order`, fixed ones first, each at the best fit among those it meets in time.
 * Every packing it returns is free of overlaps; fixed items stand where they must, even on one another.
 */
export function bestFit(items: readonly PackingItem[], time: Timeline, order: Int32Array): number[] {
  const offsets = items.map((item) => item.fixed ?? 0);
  const placed = placedItems(time, (i) => offsets[i]!);
  for (let i = 0; i < items.length; i++) if (items[i]!.fixed !== undefined) placed.add(i);
  for (const i of order) {
    const item = items[i]!;
    if (item.fixed !== undefined || time.first[i] === time.first[i + 1]) continue;
    const alignment = alignmentOf(item);
    const met = placed.meeting(i);
    let free = 0; // lowest address above all items looked at so far
    let best = -1;
    let tightest = Number.POSITIVE_INFINITY;
    for (let k = 0; k < met.length; k++) {
      const other = met[k]!;
      const gap = offsets[other]! - free;
      if (gap < tightest && roundUp(free, alignment) + item.size <= offsets[other]!) {
        tightest = gap;
        best = roundUp(free, alignment);
      }
      free = Math.max(free, offsets[other]! + items[other]!.size);
    }
    offsets[i] = best >= 0 ? best : roundUp(free, alignment);
    placed.add(i);
  }
  return offsets;
}

/**
 * A greedy packing that knows the capacity: items in order of birth, each in the smallest gap that holds it, the space
 * below the capacity included, and there against whichever side stays longer. Short-lived items so grow from both ends
 * and meet in the middle, which packs chains at their load bound.
 */
export function bothEnds(items: readonly PackingItem[], time: Timeline, capacity: number): number[] {
  const offsets = items.map((item) => item.fixed ?? 0);
  const placed = placedItems(time, (i) => offsets[i]!);
  const birth = (i: number) => time.from[time.first[i]!]!;
  const death = (i: number) => time.to[time.first[i + 1]! - 1]!;
  const alive = [...items.keys()].filter((i) => time.first[i]! < time.first[i + 1]!);
  for (const i of alive) if (items[i]!.fixed !== undefined) placed.add(i);
  const order = alive.filter((i) => items[i]!.fixed === undefined);
  order.sort((a, b) => birth(a) - birth(b) || death(b) - death(a) || items[b]!.size - items[a]!.size || a - b);
  for (const i of order) {
    const { size } = items[i]!;
    const alignment = alignmentOf(items[i]!);
    let free = 0;
    let below = Number.POSITIVE_INFINITY; // when the side under the gap dies; the ground never does
    let best = -1;
    let tightest = Number.POSITIVE_INFINITY;
    const consider = (end: number, above: number) => {
      const low = roundUp(free, alignment);
      if (end - free >= tightest || low + size > end) return;
      tightest = end - free;
      best = below >= above ? low : end - size - ((end - size) % alignment);
    };
    for (const other of placed.meeting(i)) {
      consider(offsets[other]!, death(other));
      if (offsets[other]! + items[other]!.size > free) {
        free = offsets[other]! + items[other]!.size;
        below = death(other);
      }
    }
    consider(capacity, Number.POSITIVE_INFINITY);
    offsets[i] = best >= 0 ? best : roundUp(free, alignment);
    placed.add(i);
  }
  return offsets;
}

/** The items placed so far, findable by time. */
export interface PlacedItems {
  add(item: number): void;
  /** Items placed so far that are alive together with `item`, by ascending offset. Valid until the next call. */
  meeting(item: number): Int32Array;
}

/**
 * Finds the items that `i` meets as those alive when one of its segments begins (a segment tree over the
 * sections answers that in O(log n + hits)) and those that begin within the segment (a list per section).
 */
export function placedItems({ sections, first, from, to }: Timeline, offsetOf: (item: number) => number): PlacedItems {
  const count = first.length - 1;
  const segments = from.length;
  const owner = new Int32Array(segments);
  for (let i = 0; i < count; i++) owner.fill(i, first[i]!, first[i + 1]!);
  const beginning = new Int32Array(sections).fill(-1); // newest segment that begins in a section
  const beginsBefore = new Int32Array(segments).fill(-1);
  const covering = new Int32Array(2 * sections).fill(-1); // newest entry of a tree node
  let entryItem = new Int32Array(4 * segments + 16);
  let entryBefore = new Int32Array(entryItem.length);
  let entries = 0;
  const seen = new Int32Array(count); // the query that last met an item
  let query = 0;
  const hits = new Int32Array(count);
  const ascending = new Int32Array(count); // all placed items by offset
  let placed = 0;

  const cover = (node: number, item: number) => {
    if (entries === entryItem.length) {
      entryItem = longer(entryItem);
      entryBefore = longer(entryBefore);
    }
    entryItem[entries] = item;
    entryBefore[entries] = covering[node]!;
    covering[node] = entries++;
  };
  return {
    add(item) {
      if (first[item] === first[item + 1]) return;
      for (let k = first[item]!; k < first[item + 1]!; k++) {
        beginsBefore[k] = beginning[from[k]!]!;
        beginning[from[k]!] = k;
        for (let a = from[k]! + sections, b = to[k]! + sections; a < b; a >>= 1, b >>= 1) {
          if (a & 1) cover(a++, item);
          if (b & 1) cover(--b, item);
        }
      }
      let low = 0;
      for (let high = placed, offset = offsetOf(item); low < high; ) {
        const middle = (low + high) >> 1;
        if (offsetOf(ascending[middle]!) <= offset) low = middle + 1;
        else high = middle;
      }
      ascending.copyWithin(low + 1, low, placed++);
      ascending[low] = item;
    },
    meeting(item) {
      let met = 0;
      query++;
      const note = (other: number) => {
        if (seen[other] === query) return;
        seen[other] = query;
        hits[met++] = other;
      };
      for (let k = first[item]!; k < first[item + 1]!; k++) {
        for (let node = from[k]! + sections; node >= 1; node >>= 1)
          for (let e = covering[node]!; e >= 0; e = entryBefore[e]!) note(entryItem[e]!);
        for (let s = from[k]! + 1; s < to[k]!; s++) for (let b = beginning[s]!; b >= 0; b = beginsBefore[b]!) note(owner[b]!);
      }
      if (met * 8 < placed || met < 16) return hits.subarray(0, met).sort((a, b) => offsetOf(a) - offsetOf(b) || a - b);
      met = 0;
      for (let k = 0; k < placed; k++) if (seen[ascending[k]!] === query) hits[met++] = ascending[k]!;
      return hits.subarray(0, met);
    },
  };
}

const longer = (short: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> => {
  const long = new Int32Array(2 * short.length);
  long.set(short);
  return long;
};
