import type { Lay } from "./flat.js";

/**
 * A number per range of layers `from .. to`, equal where the parts of two ranges do the same to their buffers: networks
 * repeat blocks, and what one block costs need not be found out again. Ranges are numbered as they are asked for,
 * those of one `from` together.
 *
 * @param longest layers of a range at most.
 */
export function likenessOf({ flat, site, latestReader, unfinished }: Lay, byLayer: readonly (readonly number[])[], longest: number) {
  const { start, operand, use, footprint, size, offChip, keep, firstLayer, lastLayer } = flat;
  const seen = new Int32Array(flat.buffers).fill(-1); // number of a buffer within the range
  const known = new Map<number, readonly number[]>();

  const from = (first: number): readonly number[] => {
    const sums: number[] = [];
    const touched: number[] = [];
    let a = 0x811c9dc5;
    let b = 0x1000193;
    const mix = (x: number) => {
      a = Math.imul(a ^ x, 0x01000193);
      b = Math.imul(b + x, 0x85ebca6b) ^ (b >>> 13);
    };
    for (let l = first; l < Math.min(site.layers, first + longest); l++) {
      for (const s of byLayer[l]!) {
        mix(l - first);
        mix(Math.round(site.row[s]! * 1e6));
        mix(Math.round(site.channel[s]! * 1e6));
        mix(site.run[s]! * 2 + unfinished[s]!);
        mix(latestReader[s]! < 0 ? -1 : latestReader[s]! - first);
        for (let k = start[s]!; k < start[s + 1]!; k++) {
          const buffer = operand[k]!;
          if (seen[buffer] === -1) {
            seen[buffer] = touched.length;
            touched.push(buffer);
            mix(footprint[buffer]!);
            mix(size[buffer]!);
            mix((offChip[buffer]! && firstLayer[buffer]! >= first ? 2 : 0) + keep[buffer]!);
            mix(lastLayer[buffer]! - first);
          }
          mix(seen[buffer]! * 4 + use[k]!);
        }
      }
      sums.push((a >>> 0) * 2 ** 21 + ((b >>> 0) >>> 11));
    }
    for (const buffer of touched) seen[buffer] = -1;
    return sums;
  };
  return (first: number, last: number): number => {
    let sums = known.get(first);
    if (sums === undefined) {
      sums = from(first);
      known.set(first, sums);
    }
    return sums[last - first] ?? -1 - first * 2 ** 20 - last;
  };
}
