import { ones } from "../../cost/crossbar/cells.js";

export { ones };

/** Codes of equal length as words, so that they compare by XOR: `count` codes of `width` cells, the first cell lowest. */
export interface Codes {
  /** Of each code `length` words. */
  readonly words: Uint32Array;
  readonly length: number;
  readonly count: number;
  /** At most so many cells of `cellBits` bits; cells beyond a code's last are 0. */
  readonly width: number;
  readonly cellBits: number;
}

/** Cells of a word; none lies in two words. */
export const cellsPerWord = (cellBits: number): number => Math.floor(32 / cellBits);

/** Words of a code of so many cells. */
export const wordsOf = (width: number, cellBits: number): number => Math.ceil(width / cellsPerWord(cellBits));

/**
 * Packs codes.
 *
 * @param cells `count` x `width` levels of `cellBits` bits.
 */
export function pack(cells: Uint8Array, count: number, width: number, cellBits: number): Codes {
  const perWord = cellsPerWord(cellBits);
  const length = wordsOf(width, cellBits);
  const words = new Uint32Array(count * length);
  for (let v = 0; v < count; v++)
    for (let j = 0; j < width; j++) {
      const at = v * length + Math.floor(j / perWord);
      words[at] = words[at]! | (cells[v * width + j]! << ((j % perWord) * cellBits));
    }
  return { words, length, count, width, cellBits };
}

/** A one for the lowest bit of every cell. */
export function lowestBits(cellBits: number): number {
  let mask = 0;
  for (let bit = 0; bit + cellBits <= 32; bit += cellBits) mask |= 1 << bit;
  return mask;
}

/** The lowest bit of every cell that is not 0. */
export function filled(x: number, cellBits: number, lowest: number): number {
  let folded = x;
  for (let bit = 1; bit < cellBits; bit++) folded |= x >>> bit;
  return folded & lowest;
}

/** Cells in which codes `a` and `b` differ. */
export function distance({ words, length, cellBits }: Codes, a: number, b: number, lowest: number): number {
  let sum = 0;
  for (let k = 0, i = a * length, j = b * length; k < length; k++) {
    const x = words[i + k]! ^ words[j + k]!;
    if (x !== 0) sum += ones(cellBits === 1 ? x : filled(x, cellBits, lowest));
  }
  return sum;
}

/** Room to sort codes in. */
export interface Sorting {
  /** What the sorting leaves: codes by rank, equal ones by number. */
  readonly order: Int32Array;
  readonly spare: Int32Array;
  readonly ranks: Uint32Array;
  /** Where each digit begins, when codes are counted by one. */
  readonly digits: Int32Array;
}

export const sortingOf = (count: number, length: number): Sorting => ({
  order: new Int32Array(count),
  spare: new Int32Array(count),
  ranks: new Uint32Array(count * length),
  digits: new Int32Array(2 ** DIGIT + 1),
});

/** Bits that codes are counted by. */
const DIGIT = 8;
/** Up to so many codes are sorted one by one, more by counting. */
const FEW = 24;

/** Sorts codes in the order of a reflected Gray code, highest cell first, so that neighbours differ in few cells. */
export function sortByRank({ words, length, count, width, cellBits }: Codes, sorting: Sorting): void {
  const { order, ranks } = sorting;
  const lowest = lowestBits(cellBits);
  const top = 2 ** cellBits - 1;
  for (let v = 0; v < count; v++) {
    order[v] = v;
    // A cell counts backwards where the cells above it are odd in sum.
    for (let k = length - 1, odd = 0; k >= 0; k--) {
      const word = words[v * length + k]!;
      let sums = word & lowest;
      for (let shift = cellBits; shift < 32; shift *= 2) sums ^= sums >>> shift;
      const above = (odd === 0 ? sums >>> cellBits : ~(sums >>> cellBits)) & lowest;
      ranks[v * length + k] = word ^ Math.imul(above, top);
      odd ^= sums & 1;
    }
  }
  if (count <= FEW) return inserted(ranks, length, order, count);
  const perWord = cellsPerWord(cellBits);
  let [from, to] = [order, sorting.spare];
  for (let k = 0; k < length; k++) {
    const bits = Math.min(width - k * perWord, perWord) * cellBits;
    for (let bit = 0; bit < bits; bit += DIGIT) {
      counted(sorting, length, k, bit, from, to, count);
      [from, to] = [to, from];
    }
  }
  if (from !== order) order.set(from.subarray(0, count));
}

/** Sorts by one digit; codes of the same digit stay in their order. */
function counted(
  { ranks, digits: begin }: Sorting,
  length: number,
  word: number,
  bit: number,
  from: Int32Array,
  to: Int32Array,
  count: number,
): void {
  const mask = 2 ** DIGIT - 1;
  begin.fill(0);
  for (let i = 0, at = word; i < count; i++, at += length) {
    const digit = (ranks[at]! >>> bit) & mask;
    begin[digit + 1] = begin[digit + 1]! + 1;
  }
  for (let digit = 0; digit < mask; digit++) begin[digit + 1] = begin[digit + 1]! + begin[digit]!;
  for (let i = 0; i < count; i++) {
    const v = from[i]!;
    const digit = (ranks[v * length + word]! >>> bit) & mask;
    to[begin[digit]!] = v;
    begin[digit] = begin[digit]! + 1;
  }
}

function inserted(ranks: Uint32Array, length: number, order: Int32Array, count: number): void {
  for (let i = 1; i < count; i++) {
    const v = order[i]!;
    let at = i;
    for (; at > 0 && before(ranks, length, v, order[at - 1]!); at--) order[at] = order[at - 1]!;
    order[at] = v;
  }
}

function before(ranks: Uint32Array, length: number, a: number, b: number): boolean {
  for (let k = length - 1; k >= 0; k--) {
    const [x, y] = [ranks[a * length + k]!, ranks[b * length + k]!];
    if (x !== y) return x < y;
  }
  return false;
}
