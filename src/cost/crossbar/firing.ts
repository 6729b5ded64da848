/** Cycles that feed one signed input of `bits` bits, `perCycle` at a time; more than one at a time leave the sign a cycle of its own. */
export const inputCycles = (bits: number, perCycle: number): number => (perCycle === 1 ? bits : 1 + Math.ceil((bits - 1) / perCycle));

/** Which inputs the lines of a bundle on a crossbar hold: `count` entries of a table from `from` on, `idle` where a line holds none. */
export interface Lines {
  readonly table: Int32Array | Int16Array | Uint32Array | Uint16Array;
  readonly idle: number;
  readonly from: number;
  readonly count: number;
}

/** Weights of the inputs of one output, from `base` on. */
export interface Signs {
  readonly weights: Int8Array;
  readonly base: number;
}

/**
 * Activations of operation units that one bundle takes per vector and input cycle.
 *
 * @param width cells of the bundle side by side.
 * @param signs under `magnitude`, of the bundle's one output: rows of one sign fire at a time.
 */
export function activations(
  { table, idle, from, count }: Lines,
  width: number,
  unit: { readonly rows: number; readonly columns: number },
  signs?: Signs,
): number {
  let blocks = 0;
  for (let top = 0; top < count; top += unit.rows) {
    const end = from + Math.min(count, top + unit.rows);
    let seen = 0;
    for (let at = from + top; at < end; at++) {
      const input = table[at]!;
      if (input !== idle) seen |= signs !== undefined && signs.weights[signs.base + input]! < 0 ? 2 : 1;
    }
    blocks += (seen & 1) + (seen >> 1);
  }
  return blocks * Math.ceil(width / unit.columns);
}

/** Bits of an analogue sum that is converted exactly: of `rows` cells of `cellBits` bits, inputs of `inputBits` bits at a time. */
export const exactConversionBits = (rows: number, cellBits: number, inputBits: number): number =>
  Math.ceil(Math.log2(rows * (2 ** cellBits - 1) * (2 ** inputBits - 1) + 1));

/** A layer, as far as its sums go. */
interface Sums {
  readonly vectors: number;
  readonly groups: number;
  readonly outputs: number;
}

/**
 * Share of a layer's partial sums that has no place in their part of the buffer and goes off chip and back with each load, 0 where one load
 * completes its sums.
 *
 * @param adding loads that add to the same sum: parts x rounds.
 */
export function sharedOut({ vectors, groups, outputs }: Sums, adding: number, batch: number, buffer: number): number {
  const bytes = adding > 1 ? SUM_BYTES * vectors * batch * groups * outputs : 0;
  const room = buffer * (1 - WAITING_SHARE);
  return bytes > room ? (bytes - room) / bytes : 0;
}

/** Of the buffer, for what was fetched and waits to be written; the rest is for partial sums. */
export const WAITING_SHARE = 1 / 8;

/** Of a partial sum. */
export const SUM_BYTES = 4;
