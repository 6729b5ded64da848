import { bundleAt } from "../../cost/crossbar/geometry.js";
import { chain } from "./chains.js";
import { inputCells, type Untabled } from "./images.js";

/** Inputs matched together: rounds x lines of a block. More save a little and take much longer. */
const BLOCK_INPUTS = 512;

/** The table of a mapping, and what its lines change from round to round. */
export interface Tabled {
  /** [bundle][round][line]. */
  readonly table: Int32Array;
  readonly changes: number;
  readonly bound: number;
}

/**
 * Strings the inputs of every bundle of the mapping on its lines.
 *
 * @param deep lines that it uses of each crossbar; the others idle.
 * @param begin line of a crossbar where they begin, by strip and part.
 */
export function tabled(p: Untabled, deep: number, begin: (strip: number, part: number) => number): Tabled {
  const { geometry, matrix, sharing, rounds, spread } = p;
  const { bundles, lines } = geometry;
  const table = new Int32Array(bundles * rounds * lines).fill(-1);
  const used = deep * spread;
  const perStrip = geometry.across * geometry.high;
  const rows = lines / spread;
  let [changes, bound] = [0, 0];
  for (let b = 0; b < bundles; b++) {
    const { outputs } = bundleAt(geometry, matrix, sharing, b);
    const at = b * rounds * lines;
    const strip = Math.floor(b / perStrip);
    const put = (t: number, line: number, k: number) => {
      const part = Math.floor(line / deep);
      table[at + t * lines + part * rows + begin(strip, part) + (line % deep)] = k;
    };
    if (rounds === 1) {
      for (let k = 0; k < matrix.inputs; k++) put(0, k, k);
      continue;
    }
    const inputs = { cells: inputCells(p, b), count: matrix.inputs, width: outputs * geometry.slices, cellBits: p.cellBits };
    const block = outputs === 1 ? 1 : Math.max(8, Math.floor(BLOCK_INPUTS / rounds));
    const found = chain(inputs, used, rounds, block);
    for (let t = 0; t < rounds; t++) for (let line = 0; line < used; line++) put(t, line, found.table[t * used + line]!);
    changes += found.changes;
    bound += found.bound;
  }
  return { table, changes, bound };
}
