/** Cycles that feed one signed input of `bits` bits, `perCycle` at a time; more than one at a time leave the sign a cycle of its own. */
export const inputCycles = (bits: number, perCycle: number): number => (perCycle === 1 ? bits : 1 + Math.ceil((bits - 1) / perCycle));

/**
 * Activations of operation units that one bundle takes per vector and input cycle.
 *
 * @param lines of each row of the crossbar, what it holds for the bundle: negative where it idles.
 * @param width cells of the bundle side by side.
 * @param negative under `magnitude`, whether the bundle's one output has a negative weight at input k: rows of one sign fire at a time.
 */
export function activations(
  lines: Int32Array | Int16Array,
  width: number,
  unit: { readonly rows: number; readonly columns: number },
  negative?: (input: number) => boolean,
): number {
  let blocks = 0;
  for (let top = 0; top < lines.length; top += unit.rows) {
    let signs = 0;
    for (let row = top; row < Math.min(lines.length, top + unit.rows); row++) {
      const input = lines[row]!;
      if (input >= 0) signs |= negative?.(input) ? 2 : 1;
    }
    blocks += (signs & 1) + (signs >> 1);
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
 * Share of a layer's partial sums that has no place in the buffer and goes off chip and back with each load, 0 where one load
 * completes its sums.
 *
 * @param adding loads that add to the same sum: parts x rounds.
 */
export function sharedOut({ vectors, groups, outputs }: Sums, adding: number, batch: number, buffer: number): number {
  const bytes = adding > 1 ? SUM_BYTES * vectors * batch * groups * outputs : 0;
  return bytes > buffer ? (bytes - buffer) / bytes : 0;
}

/** Of a partial sum. */
export const SUM_BYTES = 4;
