import { type Code, codeOf } from "../../cost/crossbar/encoding.js";
import { bundleAt, type Geometry, geometryOf } from "../../cost/crossbar/geometry.js";
import type { Layer, Machine, Mapping } from "./plan.js";

/** A layer with its weights at hand. */
export interface Matrix extends Omit<Layer, "weights"> {
  /** [group][input][output]. */
  readonly values: Int8Array;
}

/** A mapping with its table at hand. */
export interface Placed extends Omit<Mapping, "table"> {
  readonly matrix: Matrix;
  readonly geometry: Geometry;
  readonly code: Code;
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
export const laidOut = (matrix: Matrix, mapping: Omit<Mapping, "table">, machine: Machine): Untabled => ({
  ...mapping,
  matrix,
  geometry: geometryOf(matrix, mapping, machine),
  code: codeOf(mapping.encoding, matrix.bits, machine.cellBits),
  cellBits: machine.cellBits,
});

/** The mapping with its table. */
export function withTable(p: Untabled, wide: Int32Array): Placed {
  const entries = p.rounds * p.geometry.lines;
  const { inputs } = p.matrix;
  const table = inputs < 2 ** 15 ? new Int16Array(wide) : wide;
  return { ...p, table, ordered: table.every((k, at) => k === (at % entries < inputs ? at % entries : -1)) };
}

/**
 * Puts what the content asks for into the cells of a crossbar, row by row; other cells keep what they hold.
 *
 * @param used set to 1 for rows in which the content holds an input.
 */
export function putContent(p: Placed, { strip, part, round }: Content, machine: Machine, cells: Uint8Array, used: Uint8Array): void {
  const { matrix, geometry, code, table, layout, sharing, rounds } = p;
  const { rows, columns } = machine;
  const { slices, lines, across, high, bundles } = geometry;
  const mask = (1 << matrix.bits) - 1;
  used.fill(0);
  const end = Math.min(bundles, (strip + 1) * across * high);
  for (let b = strip * across * high; b < end; b++) {
    const { group, first, outputs, left, top } = bundleAt(geometry, matrix, sharing, b);
    const base = group * matrix.inputs * matrix.outputs;
    const from = (b * rounds + round) * lines + part * rows;
    for (let line = 0; line < Math.min(rows, lines); line++) {
      const input = table[from + line]!;
      if (input < 0) continue;
      used[top + line] = 1;
      const values = base + input * matrix.outputs + first;
      const at = (top + line) * columns + left;
      for (let output = 0; output < outputs; output++) {
        const levels = (matrix.values[values + output]! & mask) * slices;
        for (let slice = 0; slice < slices; slice++)
          cells[at + (layout === "outputs" ? output * slices + slice : slice * sharing + output)] = code.levels[levels + slice]!;
      }
    }
  }
}

/** The inputs of a bundle as cells by slice, lowest first: what chains compare. */
export function inputCells({ matrix, geometry, code, sharing }: Untabled, b: number, only?: Int32Array): Uint8Array {
  const { group, first, outputs } = bundleAt(geometry, matrix, sharing, b);
  const { slices } = geometry;
  const width = outputs * slices;
  const count = only?.length ?? matrix.inputs;
  const mask = (1 << matrix.bits) - 1;
  const cells = new Uint8Array(count * width);
  for (let k = 0; k < count; k++) {
    const values = (group * matrix.inputs + (only?.[k] ?? k)) * matrix.outputs + first;
    for (let output = 0; output < outputs; output++) {
      const levels = (matrix.values[values + output]! & mask) * slices;
      for (let slice = 0; slice < slices; slice++) cells[k * width + slice * outputs + output] = code.levels[levels + slice]!;
    }
  }
  return cells;
}
