/** How cells stand in words: row by row, each in `bits` bits, a power of two so that none lies in two words; every row begins with a word. */
export interface Format {
  readonly bits: number;
  /** Of a row, and of the crossbar. */
  readonly rowWords: number;
  readonly words: number;
}

export function formatOf(rows: number, columns: number, cellBits: number): Format {
  const bits = 2 ** Math.ceil(Math.log2(cellBits));
  const rowWords = Math.ceil((columns * bits) / 32);
  return { bits, rowWords, words: rows * rowWords };
}

/** Cells as words. `levels` are row-major. */
export function packCells(levels: Uint8Array, rows: number, columns: number, cellBits: number): Uint32Array {
  const { bits, rowWords, words } = formatOf(rows, columns, cellBits);
  const cells = new Uint32Array(words);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      putBits(cells, row * rowWords * 32 + column * bits, bits, levels[row * columns + column]!);
  return cells;
}

/** Puts the low `width` bits (at most 32, all others 0) of `value` at `bit`. */
export function putBits(cells: Uint32Array, bit: number, width: number, value: number): void {
  const at = bit >>> 5;
  const shift = bit & 31;
  const mask = 0xffffffff >>> (32 - width);
  cells[at] = (cells[at]! & ~(mask << shift)) | (value << shift);
  if (shift + width > 32) cells[at + 1] = (cells[at + 1]! & ~(mask >>> (32 - shift))) | (value >>> (32 - shift));
}

/** Clears `width` bits from `bit` on. */
export function clear(cells: Uint32Array, bit: number, width: number): void {
  for (let from = bit; from < bit + width; from = (from | 31) + 1) putBits(cells, from, Math.min(32 - (from & 31), bit + width - from), 0);
}

/** Whether `a` and `b` differ in any of `width` bits from `bit` on. */
export function differ(a: Uint32Array, b: Uint32Array, bit: number, width: number): boolean {
  const last = (bit + width - 1) >>> 5;
  for (let at = bit >>> 5, first = at; at <= last; at++) {
    let x = a[at]! ^ b[at]!;
    if (x === 0) continue;
    if (at === first) x &= 0xffffffff << (bit & 31);
    if (at === last) x &= 0xffffffff >>> (31 - ((bit + width - 1) & 31));
    if (x !== 0) return true;
  }
  return false;
}

/** The lowest bit of every cell of the word that is not 0. */
export function filled(x: number, bits: number): number {
  let folded = x;
  for (let half = bits >> 1; half > 0; half >>= 1) folded |= folded >>> half;
  return folded & LOWEST[bits]!;
}

/** By the bits of a cell, a one for the lowest bit of every cell. */
const LOWEST: Readonly<Record<number, number>> = { 1: 0xffffffff, 2: 0x55555555, 4: 0x11111111, 8: 0x01010101 };

/** Ones of a word. */
export function ones(x: number): number {
  const pairs = x - ((x >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * How often each cell was written: digit by digit, the digits of the same weight of all cells side by side, as cells stand in words. So one write of any number
 * of the cells of a word takes a few operations.
 */
export interface Wear {
  readonly format: Format;
  /** Lowest digits first. */
  readonly digits: Uint32Array[];
}

export const wearOf = (format: Format): Wear => ({ format, digits: [] });

/** Counts one write of the cells of word `at` whose lowest bit is in `cells`. */
export function wearOut({ format, digits }: Wear, at: number, cells: number): void {
  let carry = cells;
  for (let k = 0; carry !== 0; k++) {
    if (k === digits.length) digits.push(new Uint32Array(format.words));
    const digit = digits[k]!;
    const was = digit[at]!;
    digit[at] = was ^ carry;
    carry &= was;
  }
}

/** Forgets all writes. */
export function renew({ digits }: Wear): void {
  for (const digit of digits) digit.fill(0);
}

/** Writes of the cell that was written most. */
export function mostWorn({ digits }: Wear): number {
  // Of those whose higher digits are the most, those that have this digit too.
  const left = new Uint32Array(digits[0]?.length ?? 0).fill(0xffffffff);
  let most = 0;
  for (let k = digits.length - 1; k >= 0; k--) {
    const digit = digits[k]!;
    if (!digit.some((word, at) => (word & left[at]!) !== 0)) continue;
    most += 2 ** k;
    for (let at = 0; at < left.length; at++) left[at] = left[at]! & digit[at]!;
  }
  return most;
}

/** Writes of every cell, row-major. */
export function wornCells({ format, digits }: Wear, columns: number, into: Uint32Array): void {
  const { bits, rowWords, words } = format;
  into.fill(0);
  digits.forEach((digit, k) => {
    for (let at = 0; at < words; at++)
      for (let word = digit[at]!; word !== 0; word &= word - 1) {
        const cell = (31 - Math.clz32(word & -word)) / bits;
        const to = Math.floor(at / rowWords) * columns + ((at % rowWords) * 32) / bits + cell;
        into[to] = into[to]! + 2 ** k;
      }
  });
}
