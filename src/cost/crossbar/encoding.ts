import type { Encoding } from "../../target/crossbar-target.js";

/** What a weight is in cells. */
export interface Code {
  /** Cells of a weight. */
  readonly slices: number;
  /** Levels of the cells of weight w: `levels[(w & (2^bits - 1)) x slices + slice]`. */
  readonly levels: Uint8Array;
  /** What a level of a slice counts in the product. */
  readonly scale: readonly number[];
  /** Added to every weight before coding: what it adds to the product must be taken off again. */
  readonly shift: number;
}

/** Codes that were asked for, for they are few and every arrangement of a layer asks. */
const known = new Map<string, Code>();

/** Code of all integers of `bits` bits; those that the encoding cannot hold (-2^(bits-1) of `magnitude` and `differential`) are 0. */
export function codeOf(encoding: Encoding, bits: number, cellBits: number): Code {
  const key = `${encoding} ${bits} ${cellBits}`;
  const code = known.get(key) ?? made(encoding, bits, cellBits);
  known.set(key, code);
  return code;
}

function made(encoding: Encoding, bits: number, cellBits: number): Code {
  const scale = Array.from({ length: slicesOf(encoding, bits, cellBits) }, (_, slice) => scaleOf(encoding, bits, cellBits, slice));
  const slices = scale.length;
  const values = 1 << bits;
  const levels = new Uint8Array(values * slices);
  const fine = Math.ceil((bits - 1) / cellBits);
  const digit = (value: number, j: number) => (value >> (j * cellBits)) & ((1 << cellBits) - 1);
  for (let u = 0; u < values; u++) {
    const w = u < values / 2 ? u : u - values;
    if (!holds(encoding, w, bits)) continue;
    for (let j = 0; j < slices; j++)
      levels[u * slices + j] = ((): number => {
        switch (encoding) {
          case "twosComplement":
            return cellBits > 1 && j === fine ? Number(w < 0) : digit(cellBits > 1 ? u & (values / 2 - 1) : u, j);
          case "offset":
            return digit(w + values / 2, j);
          case "magnitude":
            return digit(Math.abs(w), j);
          case "differential":
            return digit(j % 2 === 0 ? Math.max(w, 0) : Math.max(-w, 0), j >> 1);
        }
      })();
  }
  return { slices, levels, scale, shift: encoding === "offset" ? values / 2 : 0 };
}

/** Cells of every value as one word each, the first lowest, in `bits` bits. */
export function codeWords({ slices, levels }: Code, bits: number): Uint32Array {
  const words = new Uint32Array(levels.length / slices);
  for (let at = 0; at < levels.length; at++) {
    const u = Math.floor(at / slices);
    words[u] = words[u]! | (levels[at]! << ((at % slices) * bits));
  }
  return words;
}

/** Cells of a weight. */
export function slicesOf(encoding: Encoding, bits: number, cellBits: number): number {
  const magnitude = Math.ceil((bits - 1) / cellBits);
  switch (encoding) {
    case "twosComplement":
      return magnitude + 1; // and the sign
    case "offset":
      return Math.ceil(bits / cellBits);
    case "magnitude":
      return magnitude;
    case "differential":
      return 2 * magnitude;
  }
}

/** Whether the encoding has a code for `w`. */
export const holds = (encoding: Encoding, w: number, bits: number): boolean =>
  encoding === "twosComplement" || encoding === "offset" || w !== -(2 ** (bits - 1));

/** What a level of a slice counts. */
function scaleOf(encoding: Encoding, bits: number, cellBits: number, slice: number): number {
  const digit = (place: number) => 2 ** (place * cellBits);
  switch (encoding) {
    case "twosComplement":
      return slice === slicesOf(encoding, bits, cellBits) - 1 ? -(2 ** (bits - 1)) : digit(slice);
    case "offset":
    case "magnitude":
      return digit(slice);
    case "differential":
      return slice % 2 === 0 ? digit(slice >> 1) : -digit(slice >> 1);
  }
}
