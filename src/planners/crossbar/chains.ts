import { assign } from "../../search/assignment.js";
import { type Codes, distance, filled, lowestBits, ones, type Sorting, sortByRank, sortingOf } from "./packed.js";

/** Which input each line holds in each round. */
export interface Chains {
  /** [round][line]; -1 where the line idles. */
  readonly table: Int32Array;
  /** Inputs along a Gray code; equal codes are neighbours. */
  readonly order: Int32Array;
}

/** Room to string the inputs of one bundle, used for one bundle after the other. */
export interface Room extends Sorting {
  readonly table: Int32Array;
  /** Of each line, where its inputs begin in the order; and where the last one's end. */
  readonly starts: Int32Array;
  /** Of a block: lines that still take inputs, inputs that no line has, and the price of each pair. */
  readonly open: Int32Array;
  readonly rest: Int32Array;
  readonly costs: Float64Array;
}

/** Room for bundles of at most `count` inputs, whose codes have at most `length` words. */
export const roomOf = (count: number, length: number, lines: number, rounds: number, block: number): Room => ({
  ...sortingOf(count, length),
  table: new Int32Array(lines * rounds),
  starts: new Int32Array(lines + 1),
  open: new Int32Array(block),
  rest: new Int32Array(block * (rounds - 1)),
  costs: new Float64Array(block > 1 ? block * block * (rounds - 1) : 0),
});

/**
 * Strings the inputs of a bundle on `lines` lines of `rounds` rounds so that neighbours on a line are alike: sorted along a
 * Gray code and cut into lines; where a code has several outputs, also matched round by round at least cost, in blocks of `block` lines.
 *
 * @param lines `lines` x `rounds` is at least the number of inputs; lines that are not full idle in their last rounds.
 * @returns what stands in `room` until it is used again.
 */
export function chain(codes: Codes, lines: number, rounds: number, block: number, room: Room): Chains {
  const { table, order, starts } = room;
  sortByRank(codes, room);
  cut(codes.count, lines, rounds, starts);
  table.fill(-1);
  if (block > 1) for (let from = 0; from < lines; from += block) match(codes, lines, from, Math.min(lines, from + block), room);
  else
    for (let line = 0; line < lines; line++)
      for (let at = starts[line]!, to = line; at < starts[line + 1]!; at++, to += lines) table[to] = order[at]!;
  return room;
}

/** Cuts the order into lines of neighbours, as even as possible. */
function cut(count: number, lines: number, rounds: number, starts: Int32Array): void {
  const full = count - lines * (rounds - 1);
  // With fewer inputs than places some lines are one shorter; with far fewer, some stay empty.
  for (let line = 0, at = 0; line < lines; line++) {
    at += full >= 0 ? (line < full ? rounds : rounds - 1) : Math.ceil((count - at) / (lines - line));
    starts[line + 1] = at;
  }
}

/** Keeps the first input of each line of a block and matches the others to the lines, round by round. */
function match(codes: Codes, lines: number, from: number, to: number, { table, order, starts, open, rest, costs }: Room): void {
  let left = 0;
  for (let line = from; line < to; line++) {
    const [start, end] = [starts[line]!, starts[line + 1]!];
    if (start < end) table[line] = order[start]!;
    for (let at = start + 1; at < end; at++) rest[left++] = order[at]!;
  }
  for (let t = 1; left > 0; t++) {
    let rows = 0;
    for (let line = from; line < to; line++)
      if (starts[line + 1]! - starts[line]! > t) {
        distances(codes, table[(t - 1) * lines + line]!, rest, left, costs, rows * left);
        open[rows++] = line;
      }
    const { column } = assign(costs, rows, left);
    for (let i = 0; i < rows; i++) {
      table[t * lines + open[i]!] = rest[column[i]!]!;
      rest[column[i]!] = -1;
    }
    let kept = 0;
    for (let j = 0; j < left; j++) if (rest[j]! >= 0) rest[kept++] = rest[j]!;
    left = kept;
  }
}

/** Cells in which code `a` differs from each of `others`. */
function distances({ words, length, cellBits }: Codes, a: number, others: Int32Array, count: number, into: Float64Array, at: number): void {
  const lowest = lowestBits(cellBits);
  for (let j = 0; j < count; j++) {
    const b = others[j]! * length;
    let sum = 0;
    for (let k = 0; k < length; k++) {
      const x = words[a * length + k]! ^ words[b + k]!;
      sum += ones(cellBits === 1 ? x : filled(x, cellBits, lowest));
    }
    into[at + j] = sum;
  }
}

/** Cells that change from round to round, all lines together. */
export function changesOf(codes: Codes, table: Int32Array, lines: number, rounds: number): number {
  const lowest = lowestBits(codes.cellBits);
  let changes = 0;
  for (let was = 0, is = lines; is < rounds * lines; was++, is++)
    if (table[was]! >= 0 && table[is]! >= 0) changes += distance(codes, table[was]!, table[is]!, lowest);
  return changes;
}

/** Up to so many different codes each one's nearest is sought for the bound; beyond, codes are taken to lie one cell apart. */
const COMPARED = 1024;

/**
 * Cells that change in every table. A code with c inputs lies on at least ceil(c / rounds) lines. All codes of a line but the first
 * follow another code, at the distance of the nearest other one at least.
 */
export function leastChanges(codes: Codes, order: Int32Array, lines: number, rounds: number): number {
  const { count, width } = codes;
  const lowest = lowestBits(codes.cellBits);
  const firsts = new Int32Array(count);
  const sizes = new Int32Array(count);
  let n = 0;
  for (let at = 0; at < count; at++) {
    if (at === 0 || distance(codes, order[at - 1]!, order[at]!, lowest) > 0) firsts[n++] = order[at]!;
    sizes[n - 1] = sizes[n - 1]! + 1;
  }
  const nearest = nearestOf(codes, firsts, n, lowest);
  // By distance, how many lines hold a code so far from its nearest.
  const held = new Int32Array(width + 1);
  let spare = -lines;
  for (let i = 0; i < n; i++) {
    const times = Math.ceil(sizes[i]! / rounds);
    held[nearest[i]!] = held[nearest[i]!]! + times;
    spare += times;
  }
  let bound = 0;
  for (let d = 1; spare > 0; d++) {
    bound += d * Math.min(spare, held[d]!);
    spare -= held[d]!;
  }
  return bound;
}

/** How far each of `n` codes is from the nearest other, 1 where they are too many to tell. */
function nearestOf(codes: Codes, among: Int32Array, n: number, lowest: number): Int32Array {
  const nearest = new Int32Array(n).fill(n > COMPARED || n < 2 ? 1 : codes.width);
  if (n > COMPARED) return nearest;
  // Along the order most codes stand beside one that is a cell away.
  for (let i = 1; i < n; i++) {
    const d = distance(codes, among[i - 1]!, among[i]!, lowest);
    if (d < nearest[i - 1]!) nearest[i - 1] = d;
    if (d < nearest[i]!) nearest[i] = d;
  }
  const compared = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    if (nearest[i] === 1) continue;
    for (let j = 0; j < n; j++) {
      if (j === i || compared[j] === 1) continue;
      const d = distance(codes, among[i]!, among[j]!, lowest);
      if (d < nearest[i]!) nearest[i] = d;
      if (d < nearest[j]!) nearest[j] = d;
    }
    compared[i] = 1;
  }
  return nearest;
}
