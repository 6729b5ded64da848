import { alignmentOf, gcd, type PackingItem, roundUp } from "./problem.js";
import type { Component, Timeline } from "./timeline.js";

/** A height that no item can have: above every capacity an instance may have, and twice it still fits 32 bits. */
export const NOWHERE = 1 << 29;

/** Pairs of items that meet; beyond this the tree search is not tried. */
const MOST_PAIRS = 1 << 24;

/**
 * One component of a packing problem as the tree search reads it. Heights are counted in a unit that divides every
 * height the search can meet. Items `0 .. free - 1` are placed by the search; the fixed ones stand behind them.
 */
export interface Instance {
  readonly free: number;
  readonly count: number;
  readonly sections: number;
  /** Addresses per unit of height. */
  readonly unit: number;
  readonly capacity: number;
  /** Index of each item in the packing problem. */
  readonly origin: Int32Array;
  readonly size: Int32Array;
  /** Lowest legal height; of a fixed item its height. */
  readonly bottom: Int32Array;
  /** Item `i` lives in the sections `[from[k], to[k])`, `k` in `[first[i], first[i + 1])`. */
  readonly first: Int32Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Time alive, summed over the spans, in the problem's own time. */
  readonly lifetime: Float64Array;
  /** Sum of sizes per section. */
  readonly load: Int32Array;
  /** Items of each section, and free items that each free item meets. */
  readonly members: readonly Int32Array[];
  readonly neighbours: readonly Int32Array[];
  /** The free item just before or after it that is alike in all respects, or -1: twins are stacked in order of index. */
  readonly twinBefore: Int32Array;
  readonly twinAfter: Int32Array;
  readonly legal: LegalHeights;
}

/** What alignment, capacity and fixed items leave of an item's heights. They never change during a search. */
interface LegalHeights {
  /** Every height is legal as far as the capacity bound does not forbid it. */
  readonly all: boolean;
  readonly step: Int32Array;
  readonly highest: Int32Array;
  /** Item `i` must not meet `[holeFrom[k], holeTo[k])`, `k` in `[holes[i], holes[i + 1])`, by ascending `holeFrom`. */
  readonly holes: Int32Array;
  readonly holeFrom: Int32Array;
  readonly holeTo: Int32Array;
}

/** The lowest legal height of `item` that is at least `height`, or `NOWHERE`. */
export function lowestLegal({ legal, size }: Instance, item: number, height: number): number {
  if (legal.all) return height;
  if (height > legal.highest[item]!) return NOWHERE;
  const step = legal.step[item]!;
  let at = step === 1 ? height : roundUp(height, step);
  for (let k = legal.holes[item]!; k < legal.holes[item + 1]!; k++) {
    if (at >= legal.holeTo[k]!) continue;
    if (at + size[item]! <= legal.holeFrom[k]!) break;
    at = roundUp(legal.holeTo[k]!, step);
  }
  return at > legal.highest[item]! ? NOWHERE : at;
}

/**
 * Offsets are multiples of `grain`: the greatest common divisor of the alignments and given offsets. So a size may be
 * rounded up to it, as long as the slack of the topmost item is not charged to the capacity.
 */
export function grainOf(items: readonly PackingItem[]): number {
  return items.reduce((grain, item) => gcd(item.fixed ?? alignmentOf(item), grain), 0) || 1;
}

/** Addresses that one unit of height stands for: every height of a left-justified packing is a multiple of it. */
export function unitOf(items: readonly PackingItem[], grain: number): number {
  let unit = items.reduce((u, item) => gcd(item.fixed ?? 0, gcd(roundUp(item.size, grain), u)), 0) || 1;
  // An alignment that divides the unit is met by every height; any other makes the unit finer.
  for (let before = 0; before !== unit; ) {
    before = unit;
    for (const item of items) if (item.fixed === undefined && unit % alignmentOf(item) !== 0) unit = gcd(unit, alignmentOf(item));
  }
  return unit;
}

/** @returns the instance, or undefined when it is beyond the limits of the tree search (heights of 29 bits, number of pairs). */
export function instance(items: readonly PackingItem[], time: Timeline, part: Component, capacity: number): Instance | undefined {
  const freeItems = part.items.filter((i) => items[i]!.fixed === undefined);
  const fixedItems = part.items.filter((i) => items[i]!.fixed !== undefined);
  const origin = Int32Array.from([...freeItems, ...fixedItems]);
  const own = Array.from(origin, (i) => items[i]!);
  const grain = grainOf(own);
  const unit = unitOf(own, grain);
  const limit = Math.floor(roundUp(capacity, grain) / unit);
  if (limit >= NOWHERE) return undefined;

  const count = own.length;
  const free = freeItems.length;
  const sections = part.end - part.start;
  const { first, from, to } = clip(time, origin, part);
  const size = Int32Array.from(own, (item) => roundUp(item.size, grain) / unit);
  const { members, load } = bySection(size, first, from, to, sections);
  const neighbours = meetings(free, first, from, to, members);
  if (neighbours === undefined) return undefined;

  const legal = legalHeights(own, free, unit, capacity, limit, size, neighbours.fixed);
  const built = {
    free,
    count,
    sections,
    unit,
    capacity: limit,
    origin,
    size,
    bottom: new Int32Array(count),
    first,
    from,
    to,
    lifetime: Float64Array.from(own, (item) => item.spans.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0)),
    load,
    members,
    neighbours: neighbours.free,
    ...twins(free, size, legal, first, from, to),
    legal,
  };
  for (let i = 0; i < count; i++) built.bottom[i] = i < free ? lowestLegal(built, i, 0) : own[i]!.fixed! / unit;
  return built;
}

/** The items' segments within the component, in its own section numbers. */
function clip(time: Timeline, origin: Int32Array, part: Component) {
  const first = new Int32Array(origin.length + 1);
  const from: number[] = [];
  const to: number[] = [];
  origin.forEach((item, i) => {
    for (let k = time.first[item]!; k < time.first[item + 1]!; k++) {
      if (time.from[k]! >= part.end || time.to[k]! <= part.start) continue;
      from.push(Math.max(time.from[k]!, part.start) - part.start);
      to.push(Math.min(time.to[k]!, part.end) - part.start);
    }
    first[i + 1] = from.length;
  });
  return { first, from: Int32Array.from(from), to: Int32Array.from(to) };
}

function bySection(size: Int32Array, first: Int32Array, from: Int32Array, to: Int32Array, sections: number) {
  const lists: number[][] = Array.from({ length: sections }, () => []);
  const load = new Int32Array(sections);
  for (let i = 0; i < size.length; i++)
    for (let k = first[i]!; k < first[i + 1]!; k++)
      for (let s = from[k]!; s < to[k]!; s++) {
        lists[s]!.push(i);
        load[s]! += size[i]!;
      }
  return { members: lists.map((list) => Int32Array.from(list)), load };
}

/** For each free item the free and the fixed items it meets; undefined when they are too many. */
function meetings(free: number, first: Int32Array, from: Int32Array, to: Int32Array, members: readonly Int32Array[]) {
  const seen = new Int32Array(first.length).fill(-1);
  const lists = { free: [] as Int32Array[], fixed: [] as Int32Array[] };
  let pairs = 0;
  for (let i = 0; i < free; i++) {
    const met: number[] = [];
    seen[i] = i;
    for (let k = first[i]!; k < first[i + 1]!; k++)
      for (let s = from[k]!; s < to[k]!; s++)
        for (const other of members[s]!)
          if (seen[other] !== i) {
            seen[other] = i;
            met.push(other);
          }
    pairs += met.length;
    if (pairs > MOST_PAIRS) return undefined;
    lists.free.push(Int32Array.from(met.filter((other) => other < free)));
    lists.fixed.push(Int32Array.from(met.filter((other) => other >= free)));
  }
  return lists;
}

function legalHeights(
  own: readonly PackingItem[],
  free: number,
  unit: number,
  capacity: number,
  limit: number,
  size: Int32Array,
  obstacles: readonly Int32Array[],
): LegalHeights {
  // Alignments beyond the capacity leave offset 0 alone; capping them keeps the step within 32 bits.
  const step = Int32Array.from({ length: free }, (_, i) => {
    const alignment = alignmentOf(own[i]!);
    return unit % alignment === 0 ? 1 : Math.min(alignment / unit, limit + 1);
  });
  const highest = Int32Array.from({ length: free }, (_, i) => {
    const units = Math.floor((capacity - own[i]!.size) / unit);
    return units < 0 ? -1 : units - (units % step[i]!);
  });
  const holes = new Int32Array(free + 1);
  const holeFrom: number[] = [];
  const holeTo: number[] = [];
  obstacles.forEach((met, i) => {
    for (const other of [...met].sort((a, b) => own[a]!.fixed! - own[b]!.fixed!)) {
      holeFrom.push(own[other]!.fixed! / unit);
      holeTo.push(own[other]!.fixed! / unit + size[other]!);
    }
    holes[i + 1] = holeFrom.length;
  });
  const all = holeFrom.length === 0 && step.every((s) => s === 1) && highest.every((top, i) => top >= limit - size[i]!);
  return { all, step, highest, holes, holeFrom: Int32Array.from(holeFrom), holeTo: Int32Array.from(holeTo) };
}

function twins(free: number, size: Int32Array, { step, highest }: LegalHeights, first: Int32Array, from: Int32Array, to: Int32Array) {
  const twinBefore = new Int32Array(free).fill(-1);
  const twinAfter = new Int32Array(free).fill(-1);
  const last = new Map<string, number>();
  for (let i = 0; i < free; i++) {
    const key = `${size[i]} ${step[i]} ${highest[i]} ${from.subarray(first[i], first[i + 1])} ${to.subarray(first[i], first[i + 1])}`;
    const before = last.get(key);
    if (before !== undefined) {
      twinBefore[i] = before;
      twinAfter[before] = i;
    }
    last.set(key, i);
  }
  return { twinBefore, twinAfter };
}
