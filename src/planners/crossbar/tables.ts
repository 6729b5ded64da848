import { codeWords } from "../../cost/crossbar/encoding.js";
import { bundleAt } from "../../cost/crossbar/geometry.js";
import { chain, changesOf, leastChanges, roomOf } from "./chains.js";
import { inputCodes, type Placed, type Untabled } from "./images.js";
import { wordsOf } from "./packed.js";

/** Inputs matched together: rounds x lines of a block. More save a little and take much longer. */
const MATCHED = 512;

/** What lines change from round to round, and what no table changes less. */
export interface Changes {
  value: number;
  bound: number;
}

/**
 * Strings the inputs of every bundle of the mapping on its lines.
 *
 * @param changes raised by what the lines of the table change.
 * @param matched inputs that are matched together, about.
 * @returns [bundle][round][line], -1 where a line idles; narrow where the inputs allow, for all layers' tables are held at once.
 */
export function tabled(p: Untabled, changes?: Changes, matched = MATCHED): Placed["table"] {
  const { geometry, matrix, sharing, rounds, cellBits } = p;
  const { bundles, lines, slices } = geometry;
  const { inputs } = matrix;
  const size = bundles * rounds * lines;
  const table = (inputs < 2 ** 15 ? new Int16Array(size) : new Int32Array(size)).fill(-1);
  const coded = codeWords(p.code, cellBits);
  const length = wordsOf(sharing * slices, cellBits);
  const words = new Uint32Array(inputs * length);
  const block = sharing === 1 ? 1 : Math.max(8, Math.floor(matched / rounds));
  const room = roomOf(inputs, length, lines, rounds, block);
  for (let b = 0; b < bundles; b++) {
    const at = b * rounds * lines;
    if (rounds === 1) {
      for (let k = 0; k < inputs; k++) table[at + k] = k;
      continue;
    }
    const codes = inputCodes(p, b, coded, words);
    const { outputs } = bundleAt(geometry, matrix, sharing, b);
    const found = chain(codes, lines, rounds, outputs === 1 ? 1 : block, room);
    table.set(found.table, at);
    if (changes === undefined) continue;
    changes.value += changesOf(codes, found.table, lines, rounds);
    changes.bound += leastChanges(codes, found.order, lines, rounds);
  }
  return table;
}
