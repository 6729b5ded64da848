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
): void {
  if (inference >= inferences) return;
  const { slices, width } = geometry;
  const { count, lines } = bundles;
  const { inputs } = bundles.entries;
  const { words } = feed;
  const passes = mapping.encoding === "magnitude" ? 2 : 1;
  const [perOutput, perSlice] = mapping.layout === "outputs" ? [slices, 1] : [1, mapping.sharing];
  const held: Held = { ends: new Int32Array(lines), columns: new Int32Array(lines * width), levels: new Uint8Array(lines * width) };
  const columnSums = new Int32Array(width * words);
  const totals = new Int32Array(width * feed.sums.words);
  for (let b = 0; b < count; b++) {
    const [group, first, outputs, from] = [bundles.group[b]!, bundles.first[b]!, bundles.outputs[b]!, bundles.from[b]!];
    let end = 0;
    for (let line = 0; line < lines; line++)
      end = held.ends[line] = read(cells, ((bundles.top[b]! + line) * rowWords * 32) / bits + bundles.left[b]!, bits, width, held, end);
    for (let v = 0; v < vectors; v++) {
      const x = (v * layer.groups + group) * layer.inputs;
      const out = ((inference * vectors + v) * layer.groups + group) * layer.outputs + first;
      const weight = (group * layer.outputs + first) * layer.inputs;
      for (let pass = 0; pass < passes; pass++) {
        let units = 0;
        const settle = () => {
          for (let n = 0; n < outputs; n++)
            for (let s = 0; s < slices; s++) {
              const sum = added(totals, n * perOutput + s * perSlice, width, feed.sums) * code.scale[s]!;
              sums[out + n] = sums[out + n]! + (pass === 1 ? -sum : sum);
            }
          totals.fill(0);
          units = 0;
        };
        for (let block = 0; block < lines; block += unit.rows) {
          columnSums.fill(0);
          let any = false;
          for (let line = block; line < Math.min(lines, block + unit.rows); line++) {
            const input = inputs[from + line]!;
            if (input === IDLE || (passes > 1 && Number(weights[weight + input]! < 0) !== pass)) continue;
            any = true;
            const start = line === 0 ? 0 : held.ends[line - 1]!;
            for (let w = 0; w < words; w++) {
              const digits = fed[(x + input) * words + w]!;
              if (digits === 0) continue;
              for (let k = start; k < held.ends[line]!; k++) {
                const at = w * width + held.columns[k]!;
                columnSums[at] = (columnSums[at]! + Math.imul(held.levels[k]!, digits)) | 0;
              }
            }
          }
          if (!any) continue;
          gather(columnSums, width, feed, totals);
          if (++units === feed.room) settle();
        }
        if (units > 0) settle();
      }
    }
  }
}

/** The cells of a bundle that are not 0, line by line: columns from where it begins, levels, and where each line's cells end. */
interface Held {
  readonly ends: Int32Array;
  readonly columns: Int32Array;
  readonly levels: Uint8Array;
}

/** Reads `width` cells from `cell` on; returns where they end. */
function read(cells: Uint32Array, cell: number, bits: number, width: number, { columns, levels }: Held, at: number): number {
  const mask = 2 ** bits - 1;
  let end = at;
  // Cells of 0 add nothing: of each word only the others are looked at.
  for (let bit = cell * bits, last = bit + width * bits; bit < last; ) {
    const begin = bit & ~31;
    const next = Math.min(last, begin + 32);
    let left = (cells[bit >>> 5]! >>> (bit - begin)) << (bit - begin);
    if (next < begin + 32) left &= 2 ** (next - begin) - 1;
    while (left !== 0) {
      const shift = (31 - Math.clz32(left & -left)) & -bits;
      columns[end] = (begin + shift) / bits - cell;
      levels[end++] = (left >>> shift) & mask;
      left &= ~(mask << shift);
    }
    bit = next;
  }
  return end;
}

/** Adds the sums of a unit to those of others, in lanes where they have room. */
function gather(columnSums: Int32Array, width: number, { laneBits, words }: Feed, totals: Int32Array): void {
  if (laneBits > 8) {
    for (let at = 0; at < width * words; at++) totals[at] = totals[at]! + columnSums[at]!;
    return;
  }
  for (let w = 0; w < words; w++)
    for (let c = 0, at = w * width, even = 2 * w * width, odd = even + width; c < width; c++, at++, even++, odd++) {
      const sum = columnSums[at]!;
      totals[even] = totals[even]! + (sum & 0x00ff00ff);
      totals[odd] = totals[odd]! + ((sum >>> 8) & 0x00ff00ff);
    }
}

/** Shifts and adds the digits' sums of a column. */
function added(sums: Int32Array, column: number, width: number, { laneBits, words, weights }: Lanes): number {
  const lanes = 32 / laneBits;
  const mask = laneBits === 32 ? -1 : 2 ** laneBits - 1;
  let sum = 0;
  for (let w = 0, k = 0; w < words; w++) {
    const word = sums[w * width + column]!;
    for (let lane = 0; lane < lanes; lane++, k++) sum += ((word >>> (lane * laneBits)) & mask) * weights[k]!;
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
