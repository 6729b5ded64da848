/** Sets of up to 64 slots as two 32-bit words; `of[s]` is a figure of slot s. */

/** Sum over the set bits. */
export function sumOver(mask0: number, mask1: number, of: Float64Array): number {
  let total = 0;
  for (let m = mask0; m !== 0; m &= m - 1) total += of[31 - Math.clz32(m & -m)]!;
  for (let m = mask1; m !== 0; m &= m - 1) total += of[63 - Math.clz32(m & -m)]!;
  return total;
}

/** The same, given up as soon as it exceeds `most`. */
export function sumWithin(mask0: number, mask1: number, of: Float64Array, most: number): number {
  let total = 0;
  for (let m = mask0; m !== 0 && total <= most; m &= m - 1) total += of[31 - Math.clz32(m & -m)]!;
  for (let m = mask1; m !== 0 && total <= most; m &= m - 1) total += of[63 - Math.clz32(m & -m)]!;
  return total;
}
