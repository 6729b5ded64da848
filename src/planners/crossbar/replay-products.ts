import { inputCycles } from "../../cost/crossbar/firing.js";
import type { CrossbarProblem, Layer, Machine } from "./plan.js";
import type { Sheet, Standing } from "./replay-sheets.js";

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
  /** What a digit of each cycle counts. */
  readonly weights: readonly number[];
  readonly laneBits: number;
  /** Words of an input. */
  readonly words: number;
}

function feedOf({ inputBits }: Layer, { inputBits: perCycle, unit, cellBits }: Machine): Feed {
  const cycles = inputCycles(inputBits, perCycle);
  const weights = Array.from({ length: cycles }, (_, c) => (c === cycles - 1 ? -(2 ** (inputBits - 1)) : 2 ** (c * perCycle)));
  // A lane holds the sum of an operation unit's column in one cycle.
  const most = unit.rows * (2 ** cellBits - 1) * (2 ** perCycle - 1);
  const laneBits = most < 2 ** 8 ? 8 : most < 2 ** 16 ? 16 : 32;
  return { cycles, weights, laneBits, words: Math.ceil((cycles * laneBits) / 32) };
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
  { layer, mapping, geometry, code, weights, table, idle }: Sheet,
  bundles: readonly Standing[],
  { vectors, inferences, fed, feed, sums }: Products,
  inference: number,
  { unit, columns }: Machine,
  cells: Uint8Array,
): void {
  if (inference >= inferences) return;
  const { slices, width } = geometry;
  const { words } = feed;
  const signed = mapping.encoding === "magnitude";
  const [perOutput, perSlice] = mapping.layout === "outputs" ? [slices, 1] : [1, mapping.sharing];
  const columnSums = new Int32Array(width * words);
  for (const { group, first, outputs, left, top, from, lines } of bundles)
    for (let v = 0; v < vectors; v++) {
      const x = (v * layer.groups + group) * layer.inputs;
      const out = ((inference * vectors + v) * layer.groups + group) * layer.outputs + first;
      const negative = (input: number) => weights[(group * layer.inputs + input) * layer.outputs + first]! < 0;
      for (let block = 0; block < lines; block += unit.rows)
        for (let pass = 0; pass <= Number(signed); pass++) {
          columnSums.fill(0);
          let any = false;
          for (let line = block; line < Math.min(lines, block + unit.rows); line++) {
            const input = table[from + line]!;
            if (input === idle || (signed && negative(input) !== (pass === 1))) continue;
            any = true;
            const row = (top + line) * columns + left;
            for (let w = 0; w < words; w++) {
              const digits = fed[(x + input) * words + w]!;
              if (digits === 0) continue;
              const at = w * width;
              for (let c = 0; c < width; c++) columnSums[at + c] = (columnSums[at + c]! + Math.imul(cells[row + c]!, digits)) | 0;
            }
          }
          if (!any) continue;
          for (let n = 0; n < outputs; n++)
            for (let s = 0; s < slices; s++) {
              const sum = added(columnSums, n * perOutput + s * perSlice, width, feed) * code.scale[s]!;
              sums[out + n] = sums[out + n]! + (pass === 1 ? -sum : sum);
            }
        }
    }
}

/** Shifts and adds the digits' sums of a column. */
function added(columnSums: Int32Array, column: number, width: number, { cycles, weights, laneBits }: Feed): number {
  const lanes = 32 / laneBits;
  const mask = laneBits === 32 ? -1 : 2 ** laneBits - 1;
  let sum = 0;
  for (let c = 0; c < cycles; c++) {
    const lane = (columnSums[Math.floor(c / lanes) * width + column]! >>> ((c % lanes) * laneBits)) & mask;
    sum += lane * weights[c]!;
  }
  return sum;
}

/** The first output that is not the integer product of the layer's weights and inputs, once the encoding's shift is taken off. */
export function wrongOutput({ layer, code, weights }: Sheet, { vectors, inferences, inputs, sums }: Products) {
  const { groups, outputs } = layer;
  const expected = new Float64Array(outputs);
  for (let v = 0; v < vectors; v++)
    for (let g = 0; g < groups; g++) {
      expected.fill(0);
      let total = 0;
      for (let k = 0; k < layer.inputs; k++) {
        const x = inputs[(v * groups + g) * layer.inputs + k]!;
        total += x;
        const row = (g * layer.inputs + k) * outputs;
        for (let n = 0; n < outputs; n++) expected[n] = expected[n]! + x * weights[row + n]!;
      }
      for (let i = 0; i < inferences; i++)
        for (let n = 0; n < outputs; n++) {
          const computed = sums[((i * vectors + v) * groups + g) * outputs + n]! - code.shift * total;
          if (computed !== expected[n]) return { vector: v, group: g, output: n, computed, expected: expected[n]! };
        }
    }
  return undefined;
}
