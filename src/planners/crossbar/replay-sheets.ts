import { fromBase64 } from "../../base/base64.js";
import { type Format, formatOf } from "../../cost/crossbar/cells.js";
import { type Code, codeOf, codeWords } from "../../cost/crossbar/encoding.js";
import { breadthOf, type Geometry, geometryOf, heightOf, leftOf, topOf } from "../../cost/crossbar/geometry.js";
import type { Layer, LayerId, Load, Machine, Mapping } from "./plan.js";
import { BESIDE, type Entries, entriesFor, entryBytes, hasEntries, IDLE, readEntries } from "./replay-tables.js";

/** A layer as it lies on crossbars: what the judge reads cells from. */
export interface Sheet {
  readonly layer: Layer;
  readonly mapping: Omit<Mapping, "table">;
  readonly geometry: Geometry;
  readonly code: Code;
  /** Cells of every value as a word, in as many bits as cells have on crossbars. */
  readonly words: Uint32Array;
  /** [group][output][input]: cells of an output stand beneath one another. */
  readonly weights: Int8Array;
  /** Of each bundle as the plan has it; of none where all have the inputs in their own order. */
  readonly table: readonly string[];
  /** Whether every line holds the inputs in their own order, so that no table is needed to find them. */
  readonly ordered: boolean;
}

/** Which weights a crossbar holds. */
export type Content = Pick<Load, "layer" | "strip" | "part" | "round">;

/** The integers of a layer, output by output; `undefined` where the text does not hold as many as the shape says. */
export function weightsOf({ weights, groups, inputs, outputs }: Layer): Int8Array | undefined {
  const bytes = fromBase64(weights);
  if (bytes?.length !== groups * inputs * outputs) return undefined;
  const turned = new Int8Array(bytes.length);
  for (let group = 0; group < bytes.length; group += inputs * outputs)
    for (let k = 0; k < inputs; k += TILE)
      for (let n = 0; n < outputs; n++)
        for (let input = k; input < Math.min(inputs, k + TILE); input++)
          turned[group + n * inputs + input] = bytes[group + input * outputs + n]!;
  return turned;
}

/** Inputs that are turned together, whose rows stay at hand. */
const TILE = 64;

/** The layer under a mapping; `undefined` where the table is not of the size that the mapping asks for. */
export function sheetOf(layer: Layer, weights: Int8Array, { table, ...mapping }: Mapping, machine: Machine): Sheet | undefined {
  const sheet = orderedSheet(layer, weights, mapping, machine);
  if (table.length === 0) return sheet;
  const { bundles, lines } = sheet.geometry;
  const [count, size] = [mapping.rounds * lines, entryBytes(layer)];
  if (table.length !== bundles || !table.every((text) => hasEntries(text, count, size))) return undefined;
  const entries = entriesFor(count);
  const ordered = table.every(
    (text) =>
      readEntries(text, size, 0, count, entries, BESIDE) &&
      entries.inputs.subarray(BESIDE, BESIDE + count).every((input, place) => input === ownInput(layer, place)),
  );
  return { ...sheet, table, ordered };
}

/** The layer in its own order: line by line, round by round. */
export function orderedSheet(layer: Layer, weights: Int8Array, mapping: Omit<Mapping, "table">, machine: Machine): Sheet {
  const { rows, columns, cellBits } = machine;
  const geometry = geometryOf(layer, mapping, machine);
  const code = codeOf(mapping.encoding, layer.bits, cellBits);
  const words = codeWords(code, formatOf(rows, columns, cellBits).bits);
  return { layer, mapping, geometry, code, words, weights, table: [], ordered: true };
}

/** The input at a place of a bundle where all stand in their own order. */
const ownInput = ({ inputs }: Layer, place: number): number => (place < inputs ? place : IDLE);

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
  /** Where its lines begin in `entries`. */
  from: Int32Array;
  /** The input of each line. */
  entries: Entries;
}

/** Room for so many bundles, and for the entries of their lines. */
export function standingsOf(bundles: number, entries = bundles): Standings {
  const column = () => new Int32Array(bundles);
  const columns = { group: column(), first: column(), outputs: column(), left: column(), top: column(), from: column() };
  return { count: 0, lines: 0, ...columns, entries: entriesFor(entries) };
}

/** Finds the bundles of a content. */
export function stand({ layer, mapping, geometry, table }: Sheet, { strip, part, round }: Content, found: Standings): void {
  const { across, high, bundles, bundlesPerGroup, width, lines, deep } = geometry;
  const [column, row] = [leftOf(geometry, strip, part), topOf(geometry, strip, part)];
  const begin = strip * across * high;
  const count = Math.min(bundles, begin + across * high) - begin;
  const stride = table.length === 0 ? 0 : deep + 2 * BESIDE;
  const entries = deep + count * stride;
  if (count > found.group.length || entries > found.entries.inputs.length) Object.assign(found, standingsOf(2 * count, 2 * entries));
  found.count = count;
  found.lines = deep;
  const place = round * lines + part * deep;
  if (table.length === 0) for (let line = 0; line < deep; line++) found.entries.inputs[line] = ownInput(layer, place + line);
  const size = entryBytes(layer);
  for (let k = 0; k < count; k++) {
    const bundle = begin + k;
    const first = (bundle % bundlesPerGroup) * mapping.sharing;
    found.group[k] = Math.floor(bundle / bundlesPerGroup);
    found.first[k] = first;
    found.outputs[k] = Math.min(mapping.sharing, layer.outputs - first);
    found.left[k] = column + (k % across) * width;
    found.top[k] = row + Math.floor(k / across) * deep;
    const from = table.length === 0 ? 0 : k * stride + BESIDE;
    found.from[k] = from;
    if (table.length > 0) readEntries(table[bundle]!, size, place, deep, found.entries, from);
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
export function isFull({ geometry, layer, mapping, table }: Sheet, { strip, round }: Content): boolean {
  const { bundles, across, high, lines } = geometry;
  if ((strip + 1) * across * high > bundles || layer.outputs % mapping.sharing > 0) return false;
  return lines * (table.length === 0 ? round + 1 : mapping.rounds) <= layer.inputs;
}

/** Writes the levels that a content asks for into `cells` and marks the rows that it uses; all other cells stay. */
export function imprint(sheet: Sheet, bundles: Standings, { bits, rowWords }: Format, cells: Uint32Array, used: Uint8Array): void {
  const { layer, mapping, geometry, words, weights } = sheet;
  const { inputs } = bundles.entries;
  const { slices } = geometry;
  const { sharing } = mapping;
  const low = 2 ** layer.bits - 1;
  // The cells of a weight stand side by side, or slice by slice beside those of other outputs.
  const planes = mapping.layout === "planes";
  const [pieces, width] = planes ? [slices, bits] : [1, slices * bits];
  const mask = 0xffffffff >>> (32 - width);
  // Neighbours in one order are written as one bundle of many outputs.
  const alike = sheet.table.length === 0 && sharing === 1;
  used.fill(0);
  for (let b = 0; b < bundles.count; b++) {
    let outputs = bundles.outputs[b]!;
    const [from, end] = [bundles.from[b]!, bundles.from[b]! + bundles.lines];
    const first = bundles.group[b]! * layer.outputs + bundles.first[b]!;
    const [top, left] = [bundles.top[b]!, bundles.left[b]!];
    while (alike && b + 1 < bundles.count && bundles.top[b + 1] === top && bundles.group[b + 1] === bundles.group[b])
      outputs += bundles.outputs[++b]!;
    for (let line = from, row = top; line < end; line++, row++) if (inputs[line] !== IDLE) used[row] = 1;
    for (let n = 0; n < outputs; n++) {
      const weight = (first + n) * layer.inputs;
      for (let piece = 0; piece < pieces; piece++) {
        const bit = (left + (planes ? piece * sharing + n : n * slices)) * bits;
        const shift = bit & 31;
        const beyond = shift + width > 32 ? 32 - shift : 0; // bits in the first of two words
        for (let line = from, at = top * rowWords + (bit >>> 5); line < end; line++, at += rowWords) {
          const input = inputs[line]!;
          if (input === IDLE) continue;
          const code = (words[weights[weight + input]! & low]! >>> (piece * bits)) & mask;
          cells[at] = (cells[at]! & ~(mask << shift)) | (code << shift);
          if (beyond > 0) cells[at + 1] = (cells[at + 1]! & ~(mask >>> beyond)) | (code >>> beyond);
        }
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
