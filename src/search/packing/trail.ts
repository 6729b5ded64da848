import { type Instance, lowestLegal } from "./instance.js";

/** Words of reasons beyond which a run gives up: 128 MiB. */
const MOST_WORDS = 1 << 25;

/**
 * The lowest height still open to each item, with the reason of every raise. A reason is the set of decisions
 * (levels of the search path, one bit each) from which the raise follows, so that a failure can name the
 * decisions behind it. Raises are stacked and undone in reverse.
 */
export interface Trail {
  readonly low: Int32Array;
  /** Heights that hold before any decision. */
  readonly start: Int32Array;
  /** 1 while the item would rest on a placed item, on a fixed one or on the ground if it stood at `low`. */
  readonly rests: Uint8Array;
  /** Newest raise of each item, or -1. */
  readonly newest: Int32Array;
  /** Words that a reason takes at the present depth. */
  words: number;
  entries: number;
  used: number;
  /** Columns of the raises: item, new height, the item's raise before, whether it rested before, where the reason begins. */
  item: Int32Array;
  height: Int32Array;
  before: Int32Array;
  rested: Uint8Array;
  reason: Int32Array;
  pool: Int32Array;
  /** Sections of the items raised since the bounds were last checked: `[dirtyFrom, dirtyTo)`. */
  dirtyFrom: number;
  dirtyTo: number;
}

export function trail(instance: Instance): Trail {
  const { count } = instance;
  const room = 16 * count + 1024;
  return {
    low: new Int32Array(count),
    start: new Int32Array(count),
    rests: new Uint8Array(count),
    newest: new Int32Array(count),
    words: 1,
    entries: 0,
    used: 0,
    item: new Int32Array(room),
    height: new Int32Array(room),
    before: new Int32Array(room),
    rested: new Uint8Array(room),
    reason: new Int32Array(room + 1),
    pool: new Int32Array(8 * room),
    dirtyFrom: 0,
    dirtyTo: 0,
  };
}

/** Back to the empty path. Twins are stacked in order from the start: any packing can be renamed to obey that. */
export function rewind(t: Trail, instance: Instance): void {
  t.entries = 0;
  t.used = 0;
  t.words = 1;
  t.start.set(instance.bottom);
  t.rests.fill(1);
  t.newest.fill(-1);
  for (let i = 0; i < instance.free; i++) {
    const twin = instance.twinBefore[i]!;
    if (twin < 0) continue;
    const above = lowestLegal(instance, i, t.start[twin]! + instance.size[twin]!);
    if (above <= t.start[i]!) continue;
    t.start[i] = above;
    t.rests[i] = 0;
  }
  t.low.set(t.start);
  t.dirtyFrom = 0;
  t.dirtyTo = instance.sections;
}

/** The reasons have outgrown the memory granted to them. */
export const overgrown = (t: Trail): boolean => t.used > MOST_WORDS;

/** Raises `item` to `height`. @returns where in the pool its reason is to be written: `words` words, all zero. */
export function raise(t: Trail, { first, from, to }: Instance, item: number, height: number, rests: 0 | 1): number {
  if (t.entries === t.item.length) growEntries(t);
  if (t.used + t.words > t.pool.length) t.pool = grown(t.pool, 2 * t.pool.length + t.words);
  const entry = t.entries++;
  const at = t.used;
  t.used += t.words;
  t.pool.fill(0, at, t.used);
  t.item[entry] = item;
  t.height[entry] = height;
  t.before[entry] = t.newest[item]!;
  t.rested[entry] = t.rests[item]!;
  t.reason[entry] = at;
  t.reason[entry + 1] = t.used;
  t.newest[item] = entry;
  t.low[item] = height;
  t.rests[item] = rests;
  const left = from[first[item]!]!;
  const right = to[first[item + 1]! - 1]!;
  if (left < t.dirtyFrom) t.dirtyFrom = left;
  if (right > t.dirtyTo) t.dirtyTo = right;
  return at;
}

/** Takes back every raise from entry `mark` on. */
export function undo(t: Trail, mark: number): void {
  while (t.entries > mark) {
    const entry = --t.entries;
    const item = t.item[entry]!;
    const before = t.before[entry]!;
    t.newest[item] = before;
    t.rests[item] = t.rested[entry]!;
    t.low[item] = before < 0 ? t.start[item]! : t.height[before]!;
    t.used = t.reason[entry]!;
  }
}

/**
 * Adds to `into`, from word `at`, why `item` is at `height` or above: the reason of the earliest raise that suffices.
 * `skip` is a raise just being explained, which must not explain itself; -1 for none.
 */
export function explain(t: Trail, item: number, height: number, into: Int32Array, at: number, skip: number): void {
  if (height <= t.start[item]!) return;
  let entry = t.newest[item]!;
  if (entry === skip) entry = t.before[entry]!;
  for (let before = t.before[entry]!; before >= 0 && t.height[before]! >= height; before = t.before[entry]!) entry = before;
  for (let k = t.reason[entry]!, end = t.reason[entry + 1]!; k < end; k++) into[at++]! |= t.pool[k]!;
}

/** Adds decision `level` to the set of decisions in `into` from word `at`. */
export function addLevel(into: Int32Array, at: number, level: number): void {
  into[at + (level >> 5)]! |= 1 << (level & 31);
}

function growEntries(t: Trail): void {
  const room = 2 * t.item.length;
  t.item = grown(t.item, room);
  t.height = grown(t.height, room);
  t.before = grown(t.before, room);
  t.reason = grown(t.reason, room + 1);
  const rested = new Uint8Array(room);
  rested.set(t.rested);
  t.rested = rested;
}

function grown(short: Int32Array, room: number): Int32Array {
  const long = new Int32Array(room);
  long.set(short);
  return long;
}
