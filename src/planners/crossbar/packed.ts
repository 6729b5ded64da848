/** Bit vectors of equal length, packed into words. */
export interface Packed {
  readonly words: Uint32Array;
  /** Words of a vector. */
  readonly length: number;
}

/** Ones of a word. */
export function ones(x: number): number {
  const pairs = x - ((x >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/**
 * Packs the cells of `count` codes so that codes compare by XOR.
 *
 * @param cells `count` x `width` levels of `cellBits` bits.
 */
export function pack(cells: Uint8Array, count: number, width: number, cellBits: number): Packed {
  const perWord = Math.floor(32 / cellBits);
  const length = Math.ceil(width / perWord);
  const words = new Uint32Array(count * length);
  for (let v = 0; v < count; v++)
    for (let j = 0; j < width; j++) {
      const at = v * length + Math.floor(j / perWord);
      words[at] = words[at]! | (cells[v * width + j]! << ((j % perWord) * cellBits));
    }
  return { words, length };
}

/** A one for the lowest bit of every cell. */
export function lowestBits(cellBits: number): number {
  let mask = 0;
  for (let bit = 0; bit + cellBits <= 32; bit += cellBits) mask |= 1 << bit;
  return mask;
}

/** Cells in which codes `a` of `p` and `b` of `q` differ. */
export function distance(p: Packed, a: number, q: Packed, b: number, cellBits: number, lowest: number): number {
  const { length } = p;
  let sum = 0;
  for (let k = 0; k < length; k++) {
    let x = p.words[a * length + k]! ^ q.words[b * length + k]!;
    if (cellBits > 1) {
      let folded = x;
      for (let bit = 1; bit < cellBits; bit++) folded |= x >>> bit;
      x = folded & lowest;
    }
    sum += ones(x);
  }
  return sum;
}
