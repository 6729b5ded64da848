import type { Interval } from "../../base/interval.js";

/**
 * The time axis cut into sections between which nothing that matters changes. Only maximal sections are
 * kept: one whose items all live in a neighbouring section too says nothing new about addresses.
 * Item `i` lives in the sections `[from[k], to[k])` for `k` in `[first[i], first[i + 1])`.
 */
export interface Timeline {
  readonly sections: number;
  readonly first: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** `spans[i]` are the times of item `i`, in any order; empty spans are ignored. O(s log s) for s spans. */
export function timeline(spans: readonly (readonly Interval[])[]): Timeline {
  const merged = spans.map(tidy);
  const first = new Int32Array(merged.length + 1);
  merged.forEach((own, i) => {
    first[i + 1] = first[i]! + own.length;
  });
  const segments = first[merged.length]!;
  const times = new Float64Array(2 * segments);
  let filled = 0;
  for (const own of merged)
    for (const span of own) {
      times[filled++] = span.start;
      times[filled++] = span.end;
    }
  times.sort();
  let distinct = 0;
  for (let k = 0; k < times.length; k++) if (k === 0 || times[k] !== times[distinct - 1]) times[distinct++] = times[k]!;

  const index = new Map<number, number>();
  for (let k = 0; k < distinct; k++) index.set(times[k]!, k);
  const starts = new Uint8Array(distinct);
  const ends = new Uint8Array(distinct + 1);
  for (const own of merged)
    for (const span of own) {
      starts[index.get(span.start)!] = 1;
      ends[index.get(span.end)!] = 1;
    }
  // Slot k lies between times k and k + 1; it is maximal when something starts with it and something ends with it.
  const before = new Int32Array(distinct);
  let sections = 0;
  for (let k = 0; k < distinct; k++) {
    before[k] = sections;
    if (starts[k] === 1 && ends[k + 1] === 1) sections++;
  }
  const from = new Int32Array(segments);
  const to = new Int32Array(segments);
  let segment = 0;
  for (const own of merged)
    for (const span of own) {
      from[segment] = before[index.get(span.start)!]!;
      to[segment++] = before[index.get(span.end)!]!;
    }
  return { sections, first, from, to };
}

/** Non-empty spans in ascending order, touching ones joined. */
function tidy(spans: readonly Interval[]): readonly Interval[] {
  const kept = spans.filter((span) => span.start < span.end);
  if (kept.length < 2) return kept;
  kept.sort((a, b) => a.start - b.start);
  const joined: Interval[] = [];
  for (const span of kept) {
    const last = joined.at(-1);
    if (last !== undefined && span.start <= last.end) joined[joined.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
    else joined.push(span);
  }
  return joined;
}

/** A stretch of time that shares no free item with the rest, so that it can be packed alone. */
export interface Component {
  readonly items: readonly number[];
  /** Sections `[start, end)`. */
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts time wherever no free item lives on both sides, counting an item's gaps as alive. Fixed items do
 * not tie components together: they stand in every component they touch.
 */
export function components({ sections, first, from, to }: Timeline, isFixed: (item: number) => boolean): readonly Component[] {
  const count = first.length - 1;
  const crossing = new Int32Array(sections + 1);
  for (let i = 0; i < count; i++)
    if (first[i]! < first[i + 1]! && !isFixed(i)) {
      crossing[from[first[i]!]!]!++;
      crossing[to[first[i + 1]! - 1]! - 1]!--;
    }
  // After the sum, crossing[s] counts the free items alive on both sides of the border between s and s + 1.
  const part = new Int32Array(sections);
  const borders = [0];
  for (let s = 0, open = 0; s < sections; s++) {
    part[s] = borders.length - 1;
    open += crossing[s]!;
    if (open === 0) borders.push(s + 1);
  }
  const items: number[][] = borders.slice(1).map(() => []);
  for (let i = 0; i < count; i++)
    for (let k = first[i]!, last = -1; k < first[i + 1]!; k++)
      for (let p = Math.max(last + 1, part[from[k]!]!); p <= part[to[k]! - 1]!; p++) {
        items[p]!.push(i);
        last = p;
      }
  return items.map((own, p) => ({ items: own, start: borders[p]!, end: borders[p + 1]! }));
}
