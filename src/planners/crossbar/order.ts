import { assign } from "../../search/assignment.js";
import { stagedPath } from "../../search/path.js";
import { filled, lowestBits, ones } from "./packed.js";

/** What the cells of some lines hold, one content after the other, in the order in which they are written. */
export interface Contents {
  /** Codes of `length` words each, cells of `cellBits` bits. */
  readonly words: Uint32Array;
  readonly length: number;
  readonly cellBits: number;
  /** [content][word]: ones where the content has cells; others keep what they hold. */
  readonly masks: Uint32Array;
  readonly lines: number;
  /** [content][line]: number of a code, -1 where the line idles. */
  readonly held: Int32Array;
}

/** Contents in a better order, and what their lines hold then. */
export interface Order {
  /** Which content comes at each place. */
  readonly order: Int32Array;
  /** Per sequence, [place][line]: number of a code, -1 where the line idles, which are the same lines as before. */
  readonly held: readonly Int32Array[];
  /** Cells that change from the first place to the last, and that changed as the contents were. */
  readonly value: number;
  readonly before: number;
  /** No order and no permutation within its scope changes fewer; 0 where orders were not compared. */
  readonly bound: number;
  /** What it took: steps of assignments. */
  readonly steps: number;
}

/** Lines that are permuted together where the codes of more differ than an assignment serves. */
export const BLOCK = 128;
/** Steps that a line takes besides. */
const LINE = 160;
/** Of so many contents all orders are weighed and all pairings are kept. */
const FEW = 14;
/** Steps that an order of more takes, times the cube of their number. */
const WALKED = 40;
/** Most lines of different codes that one assignment serves. */
const MOST = 2 * BLOCK;

/**
 * Puts contents in the order, and each on the lines, that changes fewest cells. Which line holds which code is free, so the least that
 * turns one content into another is an
 * assignment of lines to lines, whatever came before; the order is then a shortest path, and the assignments along it compose. Exact for stages of up
 * to 14 contents whose lines idle in none or in all.
 *
 * @param sequences cells that are written at the same times: one order holds for all of them, permutations are each one's own.
 * @param sizes contents of each stage; the contents of a stage change places among themselves alone.
 * @param free whether contents change places at all.
 * @param most steps of assignments that may be taken, as far as the first two contents tell.
 * @returns `undefined` where it would take more.
 */
export function ordered(sequences: readonly Contents[], sizes: readonly number[], free: boolean, most: number): Order | undefined {
  const n = sizes.reduce((sum, size) => sum + size, 0);
  const weighed = free && n > 2;
  const arcs = weighed ? sizes.reduce((sum, size, k) => sum + (size * (size - 1)) / 2 + size * (sizes[k + 1] ?? 0), 0) : 0;
  const weighing = weighed ? sizes.reduce((sum, size) => sum + (size <= FEW ? 2 ** size * size ** 2 : WALKED * size ** 3), 0) : 0;
  if (weighing > most) return undefined;
  const matchers = sequences.map(matcherOf);
  const steps = weighing + (arcs + n - 1) * matchers.reduce((sum, matcher) => sum + (n > 1 ? matcher.steps() : 0), 0);
  if (steps > most) return undefined;
  const path = weighed ? stagedPath(sizes, arcsOf(matchers, sizes, n)) : undefined;
  const given = Int32Array.from({ length: n }, (_, k) => k);
  const order = path?.order ?? given;
  let [before, value, least] = [0, 0, 0];
  const held = sequences.map((contents, s) => {
    const lined = matchers[s]!.line(order);
    before += changes(contents, contents.held, given);
    value += changes(contents, lined.held, order);
    least += lined.cost;
    return lined.held;
  });
  // Of two contents the only order was weighed.
  const bound = path?.bound ?? (n <= 2 && sequences.every(steady) ? least : 0);
  if (value < before) return { order, held, value, before, bound: Math.min(bound, value), steps };
  return { order: given, held: sequences.map((contents) => contents.held), value: before, before, bound: Math.min(bound, before), steps };
}

/**
 * Cells that change when contents are written one after the other. The first write of a cell finds what was left there by the same write:
 * contents go forth in
 * one inference and back in the next.
 *
 * @param held [place][line], as in `Contents`.
 * @param order content of each place.
 */
export function changes({ words, length, cellBits, masks, lines }: Contents, held: Int32Array, order: ArrayLike<number>): number {
  const lowest = lowestBits(cellBits);
  let sum = 0;
  for (let w = 0; w < length; w++)
    for (let line = 0; line < lines; line++) {
      let [state, known] = [0, 0];
      for (let place = 0; place < order.length; place++) {
        const code = held[place * lines + line]!;
        if (code < 0) continue;
        const mask = masks[order[place]! * length + w]!;
        const next = words[code * length + w]!;
        sum += cells((state ^ next) & mask & known, cellBits, lowest);
        state = (state & ~mask) | (next & mask);
        known |= mask;
      }
    }
  return sum;
}

/** Cells in which two words differ, by the bits in which they do. */
const cells = (bits: number, cellBits: number, lowest: number): number => ones(cellBits === 1 ? bits : filled(bits, cellBits, lowest));

/** Whether every content uses the same lines. */
const steady = ({ held, lines }: Contents): boolean => held.every((code, k) => code < 0 === held[k % lines]! < 0);

/** Least changes from each content to those that may follow it, all sequences together. */
function arcsOf(matchers: readonly Matcher[], sizes: readonly number[], n: number): Float64Array {
  const arcs = new Float64Array(n * n);
  let from = 0;
  sizes.forEach((size, k) => {
    const end = from + size + (sizes[k + 1] ?? 0);
    for (let i = from; i < from + size; i++)
      for (let j = i + 1; j < end; j++) {
        const cost = matchers.reduce((sum, { least }) => sum + least(i, j), 0);
        arcs[i * n + j] = cost;
        arcs[j * n + i] = cost;
      }
    from += size;
  });
  return arcs;
}

interface Matcher {
  /** Cells that differ at least between two contents, whichever lines they are on. */
  readonly least: (i: number, j: number) => number;
  /** Lines for all contents in this order, each matched to the one before. */
  readonly line: (order: Int32Array) => { readonly held: Int32Array; readonly cost: number };
  /** Steps of the assignment between the first two contents. */
  readonly steps: () => number;
}

function matcherOf(contents: Contents): Matcher {
  const { words, length, cellBits, masks, lines, held } = contents;
  const lowest = lowestBits(cellBits);
  const common = commonOf(masks, length);
  const classOf = classesOf(words, length, common);
  const n = held.length / lines;
  /** Free lines of each class, as lists. */
  const first = new Int32Array(words.length / length).fill(-1);
  const next = new Int32Array(lines);
  const [rows, columns] = [new Int32Array(lines), new Int32Array(lines)];
  const seen = new Uint8Array(lines);
  let costs = new Float64Array(0);
  let unlike = 0; // rows and columns left over
  let open = 0;

  /**
   * Pairs equal codes of lines `[from, to)`; what is left over stands in `rows` and `columns`. Where codes are equal, no pairing of
   * others changes less.
   */
  const equals = (
    before: Int32Array,
    after: Int32Array,
    at: Int32Array,
    from: number,
    to: number,
    pair: (line: number, onto: number) => void,
  ) => {
    unlike = 0;
    open = 0;
    for (let line = to - 1; line >= from; line--) {
      if (at[line]! < 0) continue;
      seen[line] = 0;
      const code = before[line]!;
      if (code < 0) continue;
      next[line] = first[classOf[code]!]!;
      first[classOf[code]!] = line;
    }
    for (let line = from; line < to; line++) {
      const code = after[line]!;
      if (code < 0) continue;
      const onto = first[classOf[code]!]!;
      if (onto < 0) rows[unlike++] = line;
      else {
        first[classOf[code]!] = next[onto]!;
        seen[onto] = 1;
        pair(line, onto);
      }
    }
    for (let line = from; line < to; line++) {
      if (at[line]! < 0) continue;
      if (before[line]! >= 0) first[classOf[before[line]!]!] = -1;
      if (!seen[line]) columns[open++] = line;
    }
  };

  /** Pairs the lines of `after` with those of `before` that hold something in `at`; returns the cells that differ. */
  const match = (before: Int32Array, after: Int32Array, at: Int32Array, pair: (line: number, onto: number) => void): number => {
    let cost = 0;
    for (let from = 0; from < lines; from += block) {
      equals(before, after, at, from, Math.min(lines, from + block), pair);
      if (unlike === 0 || open === 0) continue;
      const turned = unlike > open;
      const [count, others] = turned ? [open, unlike] : [unlike, open];
      if (costs.length < count * others) costs = new Float64Array(2 * count * others);
      for (let i = 0; i < unlike; i++) {
        const code = after[rows[i]!]! * length;
        for (let j = 0; j < open; j++) {
          const other = before[columns[j]!]! * length;
          let differing = 0;
          if (other >= 0)
            for (let w = 0; w < length; w++) {
              const bits = (words[code + w]! ^ words[other + w]!) & common[w]!;
              if (bits !== 0) differing += cells(bits, cellBits, lowest);
            }
          costs[turned ? j * others + i : i * others + j] = differing;
        }
      }
      const found = assign(costs, count, others);
      cost += found.cost;
      for (let i = 0; i < count; i++) {
        const j = found.column[i]!;
        if (turned) pair(rows[j]!, columns[i]!);
        else pair(rows[i]!, columns[j]!);
      }
    }
    return cost;
  };

  const content = (k: number) => held.subarray(k * lines, (k + 1) * lines);
  /** Lines that each content uses. */
  const uses = new Int32Array(n);
  for (let k = 0; k < held.length; k++) if (held[k]! >= 0) uses[Math.floor(k / lines)]!++;
  /** Whether the lines of one of the contents are all among those of the other; else which of them meet is not free. */
  const nested = (i: number, j: number) => {
    let [onlyOne, onlyOther] = [false, false];
    for (let line = 0; line < lines; line++) {
      const [one, other] = [held[i * lines + line]! >= 0, held[j * lines + line]! >= 0];
      onlyOne ||= one && !other;
      onlyOther ||= other && !one;
    }
    return !(onlyOne && onlyOther);
  };
  // Permuted all together where few codes differ, else block by block, for all contents alike.
  let block = Math.max(1, lines);
  for (let k = 1; k < n && block > BLOCK; k++) {
    equals(content(k - 1), content(k), content(k - 1), 0, lines, () => {});
    if (Math.max(unlike, open) > MOST) block = BLOCK;
  }

  /** [i][j][line of j]: the line of i < j that it was paired with, -1 where with none; kept for few contents. */
  const pairs = new Int32Array(n <= FEW ? n * n * lines : 0).fill(-1);
  const paired = new Uint8Array(n <= FEW ? n * n : 0);

  /**
   * Lines for content `b` by those of the content `a` before it, as they were paired: what was with none fills the lines that are left.
   * `false` where that is not known.
   */
  const composed = (a: number, b: number, linesOf: Int32Array): boolean => {
    const [i, j] = a < b ? [a, b] : [b, a];
    if (!paired[i * n + j] || uses[b]! < uses[a]!) return false;
    const before = linesOf.slice();
    linesOf.fill(-1);
    seen.fill(0);
    for (let line = 0; line < lines; line++) {
      const other = pairs[(i * n + j) * lines + line]!;
      if (other < 0) continue;
      const [mine, to] = a < b ? [line, before[other]!] : [other, before[line]!];
      linesOf[mine] = to;
      seen[to] = 1;
    }
    const codes = content(b);
    for (let line = 0, to = 0; line < lines; line++) {
      if (codes[line]! < 0 || linesOf[line]! >= 0) continue;
      while (codes[to]! < 0 || seen[to]) to++;
      linesOf[line] = to++;
    }
    return true;
  };

  return {
    least: (i, j) => {
      if (!nested(i, j)) return 0;
      const at = (i * n + j) * lines;
      const keeps = pairs.length > 0;
      paired[i * n + j] = Number(keeps);
      return match(content(i), content(j), content(i), (line, onto) => {
        if (keeps) pairs[at + line] = onto;
      });
    },
    line: (order) => {
      const lined = new Int32Array(order.length * lines).fill(-1);
      // From the first of the contents that use fewest lines, which stay where they are, onwards and back.
      let anchor = 0;
      order.forEach((k, place) => {
        const least = uses[order[anchor]!]!;
        if (uses[k]! > 0 && (least === 0 || uses[k]! < least)) anchor = place;
      });
      let cost = 0;
      for (const step of [1, -1]) {
        const state = new Int32Array(lines).fill(-1);
        const linesOf = new Int32Array(lines);
        for (let line = 0; line < lines; line++) linesOf[line] = line;
        let last = order[anchor]!;
        for (let place = anchor; place >= 0 && place < order.length; place += step) {
          const k = order[place]!;
          const mine = content(k);
          if (k !== last && !composed(last, k, linesOf))
            cost += match(state, mine, mine, (line, onto) => {
              linesOf[line] = onto;
            });
          const to = place * lines;
          for (let line = 0; line < lines; line++) if (mine[line]! >= 0) lined[to + linesOf[line]!] = mine[line]!;
          for (let line = 0; line < lines; line++) if (lined[to + line]! >= 0) state[line] = lined[to + line]!;
          last = k;
        }
      }
      return { held: lined, cost };
    },
    steps: () => {
      let steps = 0;
      for (let from = 0; from < lines; from += block) {
        equals(content(0), content(1), content(0), from, Math.min(lines, from + block), () => {});
        const less = Math.min(unlike, open);
        steps += less * less * Math.max(unlike, open) + LINE * (Math.min(lines, from + block) - from);
      }
      return steps;
    },
  };
}

/** Bits in which every content has cells. */
function commonOf(masks: Uint32Array, length: number): Uint32Array {
  const common = masks.slice(0, length);
  for (let k = length; k < masks.length; k++) common[k % length] = common[k % length]! & masks[k]!;
  return common;
}

/** Numbers equal codes alike, by the first of them; codes are compared in their common cells. */
function classesOf(words: Uint32Array, length: number, common: Uint32Array): Int32Array {
  const count = words.length / length;
  const size = 2 ** Math.ceil(Math.log2(2 * count + 1));
  const table = new Int32Array(size).fill(-1);
  const classOf = new Int32Array(count);
  const same = (a: number, b: number) => {
    for (let w = 0; w < length; w++) if (((words[a * length + w]! ^ words[b * length + w]!) & common[w]!) !== 0) return false;
    return true;
  };
  for (let k = 0; k < count; k++) {
    let hash = 0;
    for (let w = 0; w < length; w++) {
      hash = Math.imul(hash ^ (words[k * length + w]! & common[w]!), 0x9e3779b1);
      hash ^= hash >>> 15;
    }
    let at = hash & (size - 1);
    while (table[at]! >= 0 && !same(table[at]!, k)) at = (at + 1) & (size - 1);
    if (table[at]! < 0) table[at] = k;
    classOf[k] = table[at]!;
  }
  return classOf;
}
