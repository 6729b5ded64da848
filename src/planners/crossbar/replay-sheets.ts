import { fromBase64 } from "../../base/base64.js";
import { type Format, formatOf, putBits } from "../../cost/crossbar/cells.js";
import { type Code, codeOf, codeWords } from "../../cost/crossbar/encoding.js";
import { breadthOf, type Geometry, geometryOf, heightOf, leftOf, topOf } from "../../cost/crossbar/geometry.js";
import type { Layer, LayerId, Load, Machine, Mapping } from "./plan.js";

/** A layer as it lies on crossbars: what the judge reads cells from. */
export interface Sheet {
  readonly layer: Layer;
  readonly mapping: Omit<Mapping, "table">;
  readonly geometry: Geometry;
  readonly code: Code;
  /** Cells of every value as a word, in as many bits as cells have on crossbars. */
  readonly words: Uint32Array;
  /** [group][input][output]. */
  readonly weights: Int8Array;
  /** [bundle][round][line], `idle` where the line holds nothing. */
  readonly table: Uint16Array | Uint32Array;
  /** Entries from one bundle to the next; 0 where all bundles share one order, which stands there once. */
  readonly perBundle: number;
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
  if (text === "") return orderedSheet(layer, weights, mapping, machine);
  const geometry = geometryOf(layer, mapping, machine);
  const wide = layer.inputs >= NARROW;
  const size = geometry.bundles * mapping.rounds * geometry.lines * (wide ? 4 : 2);
  if (text.length !== Math.ceil(size / 3) * 4) return undefined;
  const bytes = fromBase64(text);
  if (bytes?.length !== size) return undefined;
  const table = wide ? new Uint32Array(bytes.buffer, 0, size / 4) : new Uint16Array(bytes.buffer, 0, size / 2);
  return ready(layer, weights, mapping, table, mapping.rounds * geometry.lines, machine);
}

/** The layer in its own order: line by line, round by round. */
export function orderedSheet(layer: Layer, weights: Int8Array, mapping: Omit<Mapping, "table">, machine: Machine): Sheet {
  const entries = mapping.rounds * geometryOf(layer, mapping, machine).lines;
  const table = layer.inputs >= NARROW ? new Uint32Array(entries) : new Uint16Array(entries);
  for (let k = 0; k < entries; k++) table[k] = k < layer.inputs ? k : idleOf(layer);
  return ready(layer, weights, mapping, table, 0, machine);
}

/** With as many inputs, entries of a table take four bytes. */
const NARROW = 65_535;
const idleOf = ({ inputs }: Layer): number => (inputs >= NARROW ? 0xffff_ffff : 0xffff);

function ready(
  layer: Layer,
  weights: Int8Array,
  mapping: Omit<Mapping, "table">,
  table: Uint16Array | Uint32Array,
  perBundle: number,
  machine: Machine,
): Sheet {
  const { rows, columns, cellBits } = machine;
  const geometry = geometryOf(layer, mapping, machine);
  const code = codeOf(mapping.encoding, layer.bits, cellBits);
  const words = codeWords(code, formatOf(rows, columns, cellBits).bits);
  const idle = idleOf(layer);
  const ordered = inOrder(table, layer.inputs, mapping.rounds * geometry.lines, idle);
  return { layer, mapping, geometry, code, words, weights, table, perBundle, idle, ordered };
}

function inOrder(table: Sheet["table"], inputs: number, entries: number, idle: number): boolean {
  for (let k = 0; k < table.length; k++) {
    const place = k % entries;
    if (table[k] !== (place < inputs ? place : idle)) return false;
  }
  return true;
}

/** The bundles of a content on its crossbar, one after the other: found anew for each content, in the same room. */
export interface Standings {
  count: number;
  /** Lines of each. */
  lines: number;
  group: Int32Array;
  /** Of the outputs that a bundle holds, the first, and how many. */
  first: Int32Array;
  outputs: Int32Array;
  /** Column and row where it begins. */
  left: Int32Array;
  top: Int32Array;
  /** Where its lines begin in the table. */
  from: Int32Array;
}

export function standingsOf(room: number): Standings {
  const column = () => new Int32Array(room);
  return { count: 0, lines: 0, group: column(), first: column(), outputs: column(), left: column(), top: column(), from: column() };
}

/** Finds the bundles of a content. */
export function stand({ layer, mapping, geometry, perBundle }: Sheet, { strip, part, round }: Content, found: Standings): void {
  const { across, high, bundles, bundlesPerGroup, width, lines, deep } = geometry;
  const [column, row] = [leftOf(geometry, strip, part), topOf(geometry, strip, part)];
  const begin = strip * across * high;
  const count = Math.min(bundles, begin + across * high) - begin;
  if (count > found.group.length) Object.assign(found, standingsOf(2 * count));
  found.count = count;
  found.lines = deep;
  for (let k = 0; k < count; k++) {
    const bundle = begin + k;
    const first = (bundle % bundlesPerGroup) * mapping.sharing;
    found.group[k] = Math.floor(bundle / bundlesPerGroup);
    found.first[k] = first;
    found.outputs[k] = Math.min(mapping.sharing, layer.outputs - first);
    found.left[k] = column + (k % across) * width;
    found.top[k] = row + Math.floor(k / across) * deep;
    found.from[k] = bundle * perBundle + round * lines + part * deep;
  }
}

/** Rows and columns of a crossbar: `[top, bottom)` and `[left, right)`. */
export interface Box {
  readonly top: number;
  readonly bottom: number;
  readonly left: number;
  readonly right: number;
}

/** Where a content lies. */
export function boxOf({ geometry }: Sheet, { strip, part }: Content): Box {
  const [top, left] = [topOf(geometry, strip, part), leftOf(geometry, strip, part)];
  return { top, bottom: top + heightOf(geometry, strip), left, right: left + breadthOf(geometry, strip) };
}

export const holds = (outer: Box, { top, bottom, left, right }: Box): boolean =>
  outer.top <= top && bottom <= outer.bottom && outer.left <= left && right <= outer.right;

/** Whether a content surely asks for all cells where it lies: its strip has all bundles, these all outputs, and no line idles. */
export function isFull({ geometry, layer, mapping, perBundle }: Sheet, { strip, round }: Content): boolean {
  const { bundles, across, high, lines } = geometry;
  if ((strip + 1) * across * high > bundles || layer.outputs % mapping.sharing > 0) return false;
  return lines * (perBundle === 0 ? round + 1 : mapping.rounds) <= layer.inputs;
}

/** Writes the levels that a content asks for into `cells` and marks the rows that it uses; all other cells stay. */
export function imprint(sheet: Sheet, bundles: Standings, { bits, rowWords }: Format, cells: Uint32Array, used: Uint8Array): void {
  const { layer, mapping, geometry, words, weights, table, idle } = sheet;
  const { slices } = geometry;
  const { sharing } = mapping;
  const width = slices * bits;
  const low = 2 ** layer.bits - 1;
  const level = 2 ** bits - 1;
  const planes = mapping.layout === "planes";
  // Neighbours in one order are written as one bundle of many outputs.
  const alike = sheet.perBundle === 0 && sharing === 1;
  used.fill(0);
  for (let b = 0; b < bundles.count; b++) {
    let outputs = bundles.outputs[b]!;
    const from = bundles.from[b]!;
    const weight = bundles.group[b]! * layer.inputs * layer.outputs + bundles.first[b]!;
    const [top, left] = [bundles.top[b]!, bundles.left[b]!];
    while (alike && b + 1 < bundles.count && bundles.top[b + 1] === top && bundles.group[b + 1] === bundles.group[b])
      outputs += bundles.outputs[++b]!;
    for (let line = 0, row = top; line < bundles.lines; line++, row++) {
      const input = table[from + line]!;
      if (input === idle) continue;
      used[row] = 1;
      const begin = row * rowWords * 32 + left * bits;
      const values = weight + input * layer.outputs;
      for (let n = 0; n < outputs; n++) {
        const word = words[weights[values + n]! & low]!;
        if (!planes) putBits(cells, begin + n * width, width, word);
        else for (let s = 0; s < slices; s++) putBits(cells, begin + (s * sharing + n) * bits, bits, (word >>> (s * bits)) & level);
      }
    }
  }
}

/** Place of a content among all of its layer, `[0, geometry.loads)`: in the order of strips, parts and rounds. */
export const placeOf = ({ mapping: { spread, rounds } }: Sheet, { strip, part, round }: Content): number =>
  (strip * spread + part) * rounds + round;

/** What stands at a place. */
export const contentAt = ({ mapping: { spread, rounds } }: Sheet, layer: LayerId, place: number): Content => ({
  layer,
  strip: Math.floor(place / (spread * rounds)),
  part: Math.floor(place / rounds) % spread,
  round: place % rounds,
});
