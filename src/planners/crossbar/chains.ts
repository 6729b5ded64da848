import { assign } from "../../search/assignment.js";
import { distance, lowestBits, pack } from "./packed.js";

/** The inputs of a bundle, each as the cells it takes. */
export interface Inputs {
  /** `count` x `width` levels. */
  readonly cells: Uint8Array;
  readonly count: number;
  readonly width: number;
  readonly cellBits: number;
}

/** Which input each line holds in each round, and what that changes. */
export interface Chains {
  /** [round][line]; -1 where the line idles. */
  readonly table: Int32Array;
  /** Cells that change from round to round, all lines together. */
  readonly changes: number;
  /** No table changes fewer. */
  readonly bound: number;
}

/** Up to so many different codes each one's nearest is sought for the bound; beyond, codes are taken to lie one cell apart. */
const COMPARED = 1024;

/**
 * Strings the inputs of a bundle on `lines` lines of `rounds` rounds so that neighbours on a line are alike: sorted along a
 * Gray code and cut into lines; where a code has several outputs, also matched round by round at least cost, in blocks of `block` lines.
 *
 * `lines` x `rounds` is at least the number of inputs; lines that are not full idle in their last rounds.
 */
export function chain(inputs: Inputs, lines: number, rounds: number, block: number): Chains {
  const { cells, count, width, cellBits } = inputs;
  const table = new Int32Array(rounds * lines).fill(-1);
  if (rounds === 1) {
    for (let k = 0; k < count; k++) table[k] = k;
    return { table, changes: 0, bound: 0 };
  }
  const packed = pack(cells, count, width, cellBits);
  const lowest = lowestBits(cellBits);
  const far = (a: number, b: number) => distance(packed, a, packed, b, cellBits, lowest);
  const order = byRank(inputs);
  const bars = bar(order, lines, rounds);
  const put = (from: number, held: readonly (readonly number[])[]) => {
    for (let line = 0; line < held.length; line++)
      for (let t = 0; t < held[line]!.length; t++) table[t * lines + from + line] = held[line]![t]!;
  };
  if (block === 1) put(0, bars);
  else for (let from = 0; from < lines; from += block) put(from, match(bars.slice(from, from + block), far));
  return { table, changes: changesOf(table, lines, rounds, far), bound: boundOf(runs(order, far), lines, rounds, far) };
}

/**
 * In the order of a reflected Gray code, highest cell first, so that neighbours differ in few cells. Cells of all outputs stand by
 * slice, lowest slice first.
 */
function byRank({ cells, count, width, cellBits }: Inputs): Int32Array {
  const top = (1 << cellBits) - 1;
  const ranks = new Uint8Array(count * width);
  for (let k = 0; k < count; k++)
    for (let j = 0, odd = 0; j < width; j++) {
      const level = cells[k * width + width - 1 - j]!;
      const digit = odd ? top - level : level;
      ranks[k * width + j] = digit;
      odd ^= digit & 1;
    }
  if (width * cellBits <= 32) {
    // The rank and the input's number in one double sort fast.
    const keys = new Float64Array(count);
    for (let k = 0; k < count; k++) {
      let rank = 0;
      for (let j = 0; j < width; j++) rank = rank * (top + 1) + ranks[k * width + j]!;
      keys[k] = rank * 2 ** 20 + k;
    }
    return Int32Array.from(keys.sort(), (key) => key % 2 ** 20);
  }
  const compare = (a: number, b: number) => {
    for (let j = 0; j < width; j++) {
      const difference = ranks[a * width + j]! - ranks[b * width + j]!;
      if (difference !== 0) return difference;
    }
    return a - b;
  };
  return Int32Array.from({ length: count }, (_, k) => k).sort(compare);
}

/** First input of each code and how many there are; equal codes are neighbours in the order. */
function runs(order: Int32Array, far: (a: number, b: number) => number): readonly { readonly first: number; size: number }[] {
  const found: { readonly first: number; size: number }[] = [];
  for (const k of order) {
    const last = found.at(-1);
    if (last !== undefined && far(last.first, k) === 0) last.size++;
    else found.push({ first: k, size: 1 });
  }
  return found;
}

/** Cuts the order into lines of neighbours, as even as possible. */
function bar(order: Int32Array, lines: number, rounds: number): readonly (readonly number[])[] {
  const full = order.length - lines * (rounds - 1);
  const bars: number[][] = [];
  // With fewer inputs than places some lines are one shorter; with far fewer, some stay empty.
  for (let line = 0, at = 0; line < lines; line++) {
    const share = full >= 0 ? (line < full ? rounds : rounds - 1) : Math.ceil((order.length - at) / (lines - line));
    bars.push([...order.subarray(at, at + share)]);
    at += share;
  }
  return bars;
}

/** Keeps the first input of each line and matches the others to the lines, round by round. */
function match(bars: readonly (readonly number[])[], far: (a: number, b: number) => number): readonly (readonly number[])[] {
  const lines = bars.map((held) => held.slice(0, 1));
  let rest = bars.flatMap((held) => held.slice(1));
  const sizes = bars.map(({ length }) => length);
  for (let t = 1; rest.length > 0; t++) {
    const open = lines.flatMap((_, i) => (sizes[i]! > t ? [i] : []));
    const columns = rest.length;
    const costs = new Float64Array(open.length * columns);
    open.forEach((line, i) => {
      const last = lines[line]![t - 1]!;
      for (let j = 0; j < columns; j++) costs[i * columns + j] = far(last, rest[j]!);
    });
    const { column } = assign(costs, open.length, columns);
    for (let i = 0; i < open.length; i++) lines[open[i]!]!.push(rest[column[i]!]!);
    const taken = new Set(column);
    rest = rest.filter((_, j) => !taken.has(j));
  }
  return lines;
}

function changesOf(table: Int32Array, lines: number, rounds: number, far: (a: number, b: number) => number): number {
  let changes = 0;
  for (let line = 0; line < lines; line++)
    for (let t = 1; t < rounds; t++) {
      const [was, is] = [table[(t - 1) * lines + line]!, table[t * lines + line]!];
      if (was >= 0 && is >= 0) changes += far(was, is);
    }
  return changes;
}

/**
 * A code with c inputs lies on at least ceil(c / rounds) lines. All codes of a line but the first follow another code, at the
 * distance of the nearest other one at least.
 */
function boundOf(
  classes: readonly { readonly first: number; readonly size: number }[],
  lines: number,
  rounds: number,
  far: (a: number, b: number) => number,
): number {
  const n = classes.length;
  const nearest = new Float64Array(n).fill(n > COMPARED || n < 2 ? 1 : Number.POSITIVE_INFINITY);
  if (n <= COMPARED)
    for (let i = 0; i < n; i++)
      for (let j = i + 1; j < n; j++) {
        const d = far(classes[i]!.first, classes[j]!.first);
        if (d < nearest[i]!) nearest[i] = d;
        if (d < nearest[j]!) nearest[j] = d;
      }
  const arrivals: number[] = [];
  for (let i = 0; i < n; i++) for (let c = classes[i]!.size; c > 0; c -= rounds) arrivals.push(nearest[i]!);
  arrivals.sort((a, b) => a - b);
  let bound = 0;
  for (let i = 0; i < arrivals.length - lines; i++) bound += arrivals[i]!;
  return bound;
}
