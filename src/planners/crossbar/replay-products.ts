import type { Format } from "../../cost/crossbar/cells.js";
import { inputCycles } from "../../cost/crossbar/firing.js";
import type { CrossbarProblem, Layer, Machine } from "./plan.js";
import type { Sheet, Standings } from "./replay-sheets.js";
import { IDLE } from "./replay-tables.js";

/** Layers of up to so many weights are tried with several input vectors, and in every inference of the table; larger ones with one, in the first. */
const SMALL = 65_536;
const VECTORS = 4;

/** Input vectors of a layer, and what its crossbars make of them. */
export interface Products {
  readonly vectors: number;
  readonly inferences: number;
  /** [vector][group][input]. */
  readonly inputs: Int32Array;
  /** The same as digits, as they are fed, side by side in words: [vector][group][input][word]. */
  readonly fed: Int32Array;
  readonly feed: Feed;
  /** [inference][vector][group][output]. */
  readonly sums: Float64Array;
}

/** How an input goes in digit by digit: as many lanes of a word as fit hold one digit each, so that all digits are summed at once. */
interface Feed {
  readonly cycles: number;
  readonly laneBits: number;
  /** Words of an input. */
  readonly words: number;
  /** How sums of units are added up, and for how many units there is room. */
  readonly sums: Lanes;
  readonly room: number;
}

/** Numbers side by side in words. */
interface Lanes {
  readonly laneBits: number;
  readonly words: number;
  /** What each lane counts, word by word. */
  readonly weights: readonly number[];
}

function feedOf({ inputBits }: Layer, { inputBits: perCycle, unit, cellBits }: Machine): Feed {
  const cycles = inputCycles(inputBits, perCycle);
  const weight = (c: number) => (c >= cycles ? 0 : c === cycles - 1 ? -(2 ** (inputBits - 1)) : 2 ** (c * perCycle));
  // A lane holds the sum of an operation unit's column in one cycle.
  const most = unit.rows * (2 ** cellBits - 1) * (2 ** perCycle - 1);
  const laneBits = most < 2 ** 8 ? 8 : most < 2 ** 16 ? 16 : 32;
  const words = Math.ceil((cycles * laneBits) / 32);
  const lanes = Array.from({ length: (words * 32) / laneBits }, (_, c) => weight(c));
  if (laneBits > 8) return { cycles, laneBits, words, sums: { laneBits, words, weights: lanes }, room: 1 };
  // Lanes 0 and 2 of a word go into one with lanes twice as wide, 1 and 3 into the next.
  const weights = Array.from({ length: words }, (_, w) => [0, 2, 1, 3].map((lane) => weight(4 * w + lane))).flat();
  return { cycles, laneBits, words, sums: { laneBits: 16, words: 2 * words, weights }, room: Math.floor((2 ** 16 - 1) / most) };
}

/** Chooses input vectors for a layer, the same at every run. */
export function productsOf({ machine }: CrossbarProblem, layer: Layer, id: number, inferences: number): Products {
  const { groups, inputs, outputs, inputBits } = layer;
  const small = groups * inputs * outputs <= SMALL;
  const vectors = small ? VECTORS : 1;
  const tried = small ? inferences : 1;
  const feed = feedOf(layer, machine);
  const values = new Int32Array(vectors * groups * inputs);
  const fed = new Int32Array(values.length * feed.words);
  const { cycles, laneBits, words } = feed;
  const lanes = 32 / laneBits;
  const low = 2 ** (inputBits - 1);
  for (let k = 0; k < values.length; k++) {
    const value = (scrambled(k + 1, id + 1) >>> (32 - inputBits)) - low;
    values[k] = value;
    // Two's complement: the last digit is the sign.
    const magnitude = value & (low - 1);
    for (let c = 0; c < cycles; c++) {
      const digit = c === cycles - 1 ? Number(value < 0) : (magnitude >> (c * machine.inputBits)) & (2 ** machine.inputBits - 1);
      fed[k * words + Math.floor(c / lanes)]! |= digit << ((c % lanes) * laneBits);
    }
  }
  return { vectors, inferences: tried, inputs: values, fed, feed, sums: new Float64Array(tried * vectors * groups * outputs) };
}

/** Some 32 bits that look unlike those of neighbouring places. */
function scrambled(place: number, salt: number): number {
  let x = Math.imul(place ^ Math.imul(salt, 0x9e3779b1), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 15), 0xc2b2ae35);
  return (x ^ (x >>> 13)) >>> 0;
}

/** Room for what fires: the cells of a bundle, the sums of a unit's columns, and of a bundle's. */
export interface Firing {
  readonly held: Held;
  readonly columnSums: Int32Array;
  readonly totals: Int32Array;
}

export function roomToFire({ rows, columns }: Machine, products: readonly Products[]): Firing {
  const most = (wordsOf: (feed: Feed) => number) => products.reduce((words, { feed }) => Math.max(words, wordsOf(feed)), 0);
  const held = { ends: new Int32Array(rows + 1), columns: new Int32Array(rows * columns), levels: new Uint8Array(rows * columns) };
  return {
    held,
    columnSums: new Int32Array(columns * most(({ words }) => words)),
    totals: new Int32Array(columns * most(({ sums }) => sums.words)),
  };
}

/**
 * Fires a content on the cells of its crossbar: operation unit by operation unit, digit by digit, each column summed by itself, then
 * shifted and added, under `magnitude` once for the rows of either sign.
 */
export function fire(
  { layer, mapping, geometry, code, weights }: Sheet,
  bundles: Standings,
  { vectors, inferences, fed, feed, sums }: Products,
  inference: number,
  { unit }: Machine,
  { bits, rowWords }: Format,
  cells: Uint32Array,
  { held, columnSums: allColumns, totals: allTotals }: Firing,
): void {
  if (inference >= inferences) return;
  const { slices, width } = geometry;
  const { count, lines } = bundles;
  const { inputs } = bundles.entries;
  const { words } = feed;
  const passes = mapping.encoding === "magnitude" ? 2 : 1;
  const [perOutput, perSlice] = mapping.layout === "outputs" ? [slices, 1] : [1, mapping.sharing];
  const columnSums = allColumns.subarray(0, width * words);
  const totals = allTotals.subarray(0, width * feed.sums.words);
  for (let b = 0; b < count; b++) {
    const [group, first, outputs, from] = [bundles.group[b]!, bundles.first[b]!, bundles.outputs[b]!, bundles.from[b]!];
    for (let line = 0; line < lines; line++)
      read(cells, ((bundles.top[b]! + line) * rowWords * 32) / bits + bundles.left[b]!, bits, width, held, line);
    for (let v = 0; v < vectors; v++) {
      const x = (v * layer.groups + group) * layer.inputs;
      const out = ((inference * vectors + v) * layer.groups + group) * layer.outputs + first;
      const weight = (group * layer.outputs + first) * layer.inputs;
      for (let pass = 0; pass < passes; pass++) {
        let units = 0;
        for (let block = 0; block < lines; block += unit.rows) {
          const end = Math.min(lines, block + unit.rows);
          let any = false;
          for (let line = block; line < end; line++) {
            const input = inputs[from + line]!;
            if (input === IDLE || (passes > 1 && Number(weights[weight + input]! < 0) !== pass)) continue;
            any = true;
            addLine(columnSums, held, line, fed, (x + input) * words, words);
          }
          if (any) {
            gather(columnSums, feed, totals);
            units++;
          }
          if (units < feed.room && (end < lines || units === 0)) continue;
          for (let n = 0; n < outputs; n++)
            for (let s = 0; s < slices; s++) {
              const sum = added(totals, n * perOutput + s * perSlice, feed.sums) * code.scale[s]!;
              sums[out + n] = sums[out + n]! + (pass === 1 ? -sum : sum);
            }
          totals.fill(0);
          units = 0;
        }
      }
    }
  }
}

/** The cells of a bundle that are not 0, line by line: columns from where it begins, levels, and where the cells of each line end; the first entry is 0. */
interface Held {
  readonly ends: Int32Array;
  readonly columns: Int32Array;
  readonly levels: Uint8Array;
}

/** Reads `width` cells from `cell` on: what a line holds. Lines are read one after the other. */
function read(cells: Uint32Array, cell: number, bits: number, width: number, { ends, columns, levels }: Held, line: number): void {
  const mask = -1 >>> (32 - bits);
  let end = ends[line]!;
  // Cells of 0 add nothing: of each word only the others are looked at.
  for (let bit = cell * bits, last = bit + width * bits; bit < last; ) {
    const begin = bit & ~31;
    const next = Math.min(last, begin + 32);
    let left = (cells[bit >>> 5]! >>> (bit - begin)) << (bit - begin);
    left &= -1 >>> (32 - (next - begin));
    while (left !== 0) {
      const shift = (31 - Math.clz32(left & -left)) & -bits;
      columns[end] = (begin + shift) / bits - cell;
      levels[end++] = (left >>> shift) & mask;
      left &= ~(mask << shift);
    }
    bit = next;
  }
  ends[line + 1] = end;
}

/** Adds what the cells of a line make of the digits of an input, which stand from `digits` on, to the sums of their columns. */
function addLine(
  columnSums: Int32Array,
  { ends, columns, levels }: Held,
  line: number,
  fed: Int32Array,
  digits: number,
  words: number,
): void {
  for (let k = ends[line]!; k < ends[line + 1]!; k++) {
    const level = levels[k]!;
    for (let w = 0, at = columns[k]! * words; w < words; w++, at++) columnSums[at] = columnSums[at]! + Math.imul(level, fed[digits + w]!);
  }
}

/** Moves the sums of a unit to those of others, in lanes where they have room. */
function gather(columnSums: Int32Array, { laneBits }: Feed, totals: Int32Array): void {
  if (laneBits > 8) for (let at = 0; at < columnSums.length; at++) totals[at] = totals[at]! + columnSums[at]!;
  else
    for (let at = 0, to = 0; at < columnSums.length; at++, to += 2) {
      const sum = columnSums[at]!;
      totals[to] = totals[to]! + (sum & 0x00ff00ff);
      totals[to + 1] = totals[to + 1]! + ((sum >>> 8) & 0x00ff00ff);
    }
  columnSums.fill(0);
}

/** Shifts and adds the digits' sums of a column. */
function added(sums: Int32Array, column: number, { laneBits, words, weights }: Lanes): number {
  const lanes = 32 / laneBits;
  const mask = -1 >>> (32 - laneBits);
  let sum = 0;
  for (let at = column * words, k = 0; k < weights.length; at++) {
    let word = sums[at]!;
    for (let lane = 0; lane < lanes; lane++, k++) {
      sum += (word & mask) * weights[k]!;
      word >>>= laneBits;
    }
  }
  return sum;
}

/** The first output that is not the integer product of the layer's weights and inputs, once the encoding's shift is taken off. */
export function wrongOutput({ layer, code, weights }: Sheet, { vectors, inferences, inputs, sums }: Products) {
  const { groups, outputs } = layer;
  for (let v = 0; v < vectors; v++)
    for (let g = 0; g < groups; g++) {
      const vector = inputs.subarray((v * groups + g) * layer.inputs, (v * groups + g + 1) * layer.inputs);
      const shift = code.shift * vector.reduce((sum, x) => sum + x, 0);
      for (let n = 0, weight = g * outputs * layer.inputs; n < outputs; n++, weight += layer.inputs) {
        let expected = 0;
        for (let k = 0; k < layer.inputs; k++) expected += vector[k]! * weights[weight + k]!;
        for (let i = 0; i < inferences; i++) {
          const computed = sums[((i * vectors + v) * groups + g) * outputs + n]! - shift;
          if (computed !== expected) return { vector: v, group: g, output: n, computed, expected };
        }
      }
    }
  return undefined;
}
