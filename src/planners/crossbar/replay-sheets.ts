import { fromBase64 } from "../../base/base64.js";
import { type Code, codeOf } from "../../cost/crossbar/encoding.js";
import { bundleAt, type Geometry, geometryOf } from "../../cost/crossbar/geometry.js";
import type { Layer, LayerId, Load, Machine, Mapping } from "./plan.js";

/** A layer as it lies on crossbars: what the judge reads cells from. */
export interface Sheet {
  readonly layer: Layer;
  readonly mapping: Omit<Mapping, "table">;
  readonly geometry: Geometry;
  readonly code: Code;
  /** [group][input][output]. */
  readonly weights: Int8Array;
  /** [bundle][round][line], `idle` where the line holds nothing. */
  readonly table: Uint16Array | Uint32Array;
  readonly idle: number;
  /** Whether every line holds the inputs in their own order, so that no table is needed to find them. */
  readonly ordered: boolean;
}

/** Which weights a crossbar holds. */
export type Content = Pick<Load, "layer" | "strip" | "part" | "round">;

/** The integers of a layer; `undefined` where the text does not hold as many as the shape says. */
export function weightsOf({ weights, groups, inputs, outputs }: Layer): Int8Array | undefined {
  const bytes = fromBase64(weights);
  return bytes?.length === groups * inputs * outputs ? new Int8Array(bytes.buffer, 0, bytes.length) : undefined;
}

/** The layer under a mapping; `undefined` where the table is not of the size that the mapping asks for. */
export function sheetOf(layer: Layer, weights: Int8Array, { table: text, ...mapping }: Mapping, machine: Machine): Sheet | undefined {
  const geometry = geometryOf(layer, mapping, machine);
  const wide = layer.inputs >= NARROW;
  const size = geometry.bundles * mapping.rounds * geometry.lines * (wide ? 4 : 2);
  if (text.length !== Math.ceil(size / 3) * 4) return undefined;
  const bytes = fromBase64(text);
  if (bytes?.length !== size) return undefined;
  const table = wide ? new Uint32Array(bytes.buffer, 0, size / 4) : new Uint16Array(bytes.buffer, 0, size / 2);
  return ready(layer, weights, mapping, table, machine);
}

/** The layer in its own order: line by line, round by round. */
export function orderedSheet(layer: Layer, weights: Int8Array, mapping: Omit<Mapping, "table">, machine: Machine): Sheet {
  const { bundles, lines } = geometryOf(layer, mapping, machine);
  const entries = mapping.rounds * lines;
  const idle = idleOf(layer);
  const table = layer.inputs >= NARROW ? new Uint32Array(bundles * entries) : new Uint16Array(bundles * entries);
  for (let k = 0; k < table.length; k++) table[k] = k % entries < layer.inputs ? k % entries : idle;
  return ready(layer, weights, mapping, table, machine);
}

/** With as many inputs, entries of a table take four bytes. */
const NARROW = 65_535;
const idleOf = ({ inputs }: Layer): number => (inputs >= NARROW ? 0xffff_ffff : 0xffff);

const ready = (
  layer: Layer,
  weights: Int8Array,
  mapping: Omit<Mapping, "table">,
  table: Uint16Array | Uint32Array,
  machine: Machine,
): Sheet => {
  const geometry = geometryOf(layer, mapping, machine);
  const idle = idleOf(layer);
  const entries = mapping.rounds * geometry.lines;
  return {
    layer,
    mapping,
    geometry,
    code: codeOf(mapping.encoding, layer.bits, machine.cellBits),
    weights,
    table,
    idle,
    ordered: table.every((input, k) => input === (k % entries < layer.inputs ? k % entries : idle)),
  };
};

/** A bundle on its crossbar: where it stands, which outputs it holds, and where its lines begin in the table. */
export interface Standing {
  readonly bundle: number;
  readonly group: number;
  readonly first: number;
  readonly outputs: number;
  readonly left: number;
  readonly top: number;
  readonly from: number;
  /** Lines of it on the crossbar. */
  readonly lines: number;
}

/** The bundles of a content. */
export function standings({ layer, mapping, geometry }: Sheet, { strip, part, round }: Content, { rows }: Machine): readonly Standing[] {
  const { across, high, bundles, lines } = geometry;
  const first = strip * across * high;
  return Array.from({ length: Math.min(bundles, first + across * high) - first }, (_, k) => {
    const bundle = first + k;
    const { group, first: output, outputs, left, top } = bundleAt(geometry, layer, mapping.sharing, bundle);
    const from = (bundle * mapping.rounds + round) * lines + part * rows;
    return { bundle, group, first: output, outputs, left, top, from, lines: Math.min(rows, lines - part * rows) };
  });
}

/**
 * Writes the levels that a content asks for into `cells` and marks the rows that it uses; all other cells stay.
 *
 * @param cells row-major levels, at the begin of their buffer.
 */
export function imprint(sheet: Sheet, bundles: readonly Standing[], { columns }: Machine, cells: Uint8Array, used: Uint8Array): void {
  const { layer, mapping, geometry, code, weights, table, idle } = sheet;
  const { slices } = geometry;
  const { levels } = code;
  const mask = 2 ** layer.bits - 1;
  const planes = mapping.layout === "planes";
  const { sharing } = mapping;
  // Codes of four and more cells side by side are copied four cells at a time.
  const words = !planes && slices % 4 === 0 && columns % 4 === 0;
  const fours = new Uint32Array(cells.buffer, 0, cells.length >> 2);
  const codes = new Uint32Array(words ? levels.buffer : new ArrayBuffer(0), 0, words ? levels.length >> 2 : 0);
  used.fill(0);
  for (const { group, first, outputs, left, top, from, lines } of bundles)
    for (let line = 0; line < lines; line++) {
      const input = table[from + line]!;
      if (input === idle) continue;
      used[top + line] = 1;
      const row = (top + line) * columns + left;
      const values = (group * layer.inputs + input) * layer.outputs + first;
      if (words) {
        for (let n = 0, cell = row >> 2; n < outputs; n++) {
          const level = ((weights[values + n]! & mask) * slices) >> 2;
          for (let s = 0; s < slices >> 2; s++, cell++) fours[cell] = codes[level + s]!;
        }
        continue;
      }
      for (let n = 0; n < outputs; n++) {
        const level = (weights[values + n]! & mask) * slices;
        if (planes) for (let s = 0, cell = row + n; s < slices; s++, cell += sharing) cells[cell] = levels[level + s]!;
        else for (let s = 0, cell = row + n * slices; s < slices; s++) cells[cell + s] = levels[level + s]!;
      }
    }
}

/** Place of a content among all of its layer, `[0, geometry.loads)`. */
export const placeOf = ({ mapping: { spread, rounds } }: Sheet, { strip, part, round }: Content): number =>
  (strip * spread + part) * rounds + round;

/** All contents of a layer, in the order of strips, parts and rounds. */
export function contentsOf({ mapping: { spread, rounds }, geometry }: Sheet, layer: LayerId): readonly Content[] {
  return Array.from({ length: geometry.loads }, (_, k) => ({
    layer,
    strip: Math.floor(k / (spread * rounds)),
    part: Math.floor(k / rounds) % spread,
    round: k % rounds,
  }));
}
