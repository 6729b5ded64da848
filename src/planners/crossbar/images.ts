import { type Format, formatOf } from "../../cost/crossbar/cells.js";
import { type Code, codeOf, codeWords } from "../../cost/crossbar/encoding.js";
import { bundleAt, type Geometry, geometryOf, leftOf, topOf } from "../../cost/crossbar/geometry.js";
import { decodeWeights } from "./integers.js";
import { type Codes, cellsPerWord, wordsOf } from "./packed.js";
import type { Layer, Machine, Mapping } from "./plan.js";

/** A layer with its weights at hand. */
export interface Matrix extends Omit<Layer, "weights"> {
  /** [group][output][input]: bundles of few outputs go through all their inputs. */
  readonly values: Int8Array;
}

/** A layer of a problem, whose weights have been checked, with these at hand. */
export function matrixOf({ weights, ...layer }: Layer): Matrix {
  const { groups, inputs, outputs } = layer;
  const given = decodeWeights(weights)!;
  const values = new Int8Array(given.length);
  for (let group = 0, from = 0; group < groups; group++)
    for (let input = 0; input < inputs; input++)
      for (let output = 0, to = group * outputs * inputs + input; output < outputs; output++, to += inputs) values[to] = given[from++]!;
  return { ...layer, values };
}

/** A mapping with its table at hand. */
export interface Placed extends Omit<Mapping, "table"> {
  readonly matrix: Matrix;
  readonly geometry: Geometry;
  readonly code: Code;
  /** Cells of every value as a word, in as many bits as cells have on crossbars. */
  readonly words: Uint32Array;
  readonly cellBits: number;
  /** [bundle][round][line]; narrow where the inputs allow, for all layers' tables are held at once. */
  readonly table: Int32Array | Int16Array;
  /** Whether the inputs stand in their own order, line by line, so that no index is needed. */
  readonly ordered: boolean;
}

export type Untabled = Omit<Placed, "table" | "ordered">;

/** What a crossbar holds. */
export interface Content {
  readonly strip: number;
  readonly part: number;
  readonly round: number;
}

/** A mapping without its table: how the layer would lie on crossbars. */
export function laidOut(matrix: Matrix, mapping: Omit<Mapping, "table">, machine: Machine): Untabled {
  const { rows, columns, cellBits } = machine;
  const code = codeOf(mapping.encoding, matrix.bits, cellBits);
  const words = codeWords(code, formatOf(rows, columns, cellBits).bits);
  return { ...mapping, matrix, geometry: geometryOf(matrix, mapping, machine), code, words, cellBits };
}

/** The mapping with its table. */
export function withTable(p: Untabled, wide: Placed["table"]): Placed {
  const entries = p.rounds * p.geometry.lines;
  const { inputs } = p.matrix;
  const table = wide instanceof Int32Array && inputs < 2 ** 15 ? new Int16Array(wide) : wide;
  return { ...p, table, ordered: inOrder(table, inputs, entries) };
}

function inOrder(table: Placed["table"], inputs: number, entries: number): boolean {
  for (let at = 0; at < table.length; at++) {
    const place = at % entries;
    if (table[at] !== (place < inputs ? place : -1)) return false;
  }
  return true;
}

/** Cells of one crossbar in words, and the rows that the content put there last uses. */
export interface Image {
  readonly format: Format;
  readonly cells: Uint32Array;
  readonly used: Uint8Array;
}

/** Puts what the content asks for into the cells of a crossbar, row by row; other cells keep what they hold. */
export function putContent(p: Placed, { strip, part, round }: Content, { format, cells, used }: Image): void {
  const { matrix, geometry, words, table, layout, sharing, rounds, cellBits } = p;
  const { bits, rowWords } = format;
  const { slices, lines, deep, across, high, bundles } = geometry;
  const { values, inputs } = matrix;
  const mask = 2 ** matrix.bits - 1;
  // Weights as wholes, or the cells of each slice by themselves.
  const [pieces, wide, step] = layout === "outputs" ? [1, slices * bits, 0] : [slices, bits, sharing * bits];
  const level = layout === "outputs" ? -1 : 2 ** cellBits - 1;
  used.fill(0);
  const [column, row] = [leftOf(geometry, strip, part), topOf(geometry, strip, part)];
  const end = Math.min(bundles, (strip + 1) * across * high);
  for (let b = strip * across * high; b < end; b++) {
    const { group, first, outputs, left, top } = bundleAt(geometry, matrix, sharing, b);
    const from = (b * rounds + round) * lines + part * deep;
    for (let line = 0; line < deep; line++) if (table[from + line]! >= 0) used[row + top + line] = 1;
    for (let output = 0; output < outputs; output++) {
      const weights = (group * matrix.outputs + first + output) * inputs;
      for (let piece = 0; piece < pieces; piece++) {
        // At the same bits of every row.
        const bit = (column + left) * bits + output * wide + piece * step;
        const shift = bit & 31;
        const low = (0xffffffff >>> (32 - wide)) << shift;
        const over = shift + wide > 32 ? 0xffffffff >>> (64 - shift - wide) : 0;
        const right = piece * bits;
        for (let line = 0, at = (row + top) * rowWords + (bit >>> 5); line < deep; line++, at += rowWords) {
          const input = table[from + line]!;
          if (input < 0) continue;
          const word = (words[values[weights + input]! & mask]! >>> right) & level;
          cells[at] = (cells[at]! & ~low) | (word << shift);
          if (over !== 0) cells[at + 1] = (cells[at + 1]! & ~over) | (word >>> (32 - shift));
        }
      }
    }
  }
}

/**
 * The inputs of a bundle as codes, cells by slice, lowest first: what chains compare.
 *
 * @param coded of `codeWords`.
 * @param into words of the codes, as many as the inputs of the widest bundle take.
 */
export function inputCodes({ matrix, geometry, sharing, cellBits }: Untabled, b: number, coded: Uint32Array, into: Uint32Array): Codes {
  const { group, first, outputs } = bundleAt(geometry, matrix, sharing, b);
  const { slices } = geometry;
  const { values, inputs: count } = matrix;
  const width = outputs * slices;
  const length = wordsOf(width, cellBits);
  const perWord = cellsPerWord(cellBits);
  const mask = 2 ** matrix.bits - 1;
  const level = 2 ** cellBits - 1;
  const codes = { words: into, length, count, width, cellBits };
  const from = (group * matrix.outputs + first) * count;
  if (outputs === 1) {
    for (let k = 0; k < count; k++) into[k] = coded[values[from + k]! & mask]!;
    return codes;
  }
  into.fill(0);
  for (let k = 0; k < count; k++)
    for (let output = 0; output < outputs; output++) {
      let cells = coded[values[from + output * count + k]! & mask]!;
      for (let cell = output; cells !== 0; cell += outputs, cells >>>= cellBits) {
        const at = k * length + Math.floor(cell / perWord);
        into[at] = into[at]! | ((cells & level) << ((cell % perWord) * cellBits));
      }
    }
  return codes;
}
