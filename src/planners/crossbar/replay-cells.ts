import { clear, differ, type Format, formatOf, renew, type Wear, wearOf, wornCells } from "../../cost/crossbar/cells.js";
import { entryBits, fetchBytes } from "../../cost/crossbar/fetching.js";
import { activations, inputCycles, SUM_BYTES, sharedOut } from "../../cost/crossbar/firing.js";
import { type Writing, writing } from "../../cost/crossbar/writing.js";
import type { Machine } from "./plan.js";
import {
  type Box,
  boxOf,
  type Content,
  holds,
  imprint,
  isFull,
  placeOf,
  type Sheet,
  type Standings,
  stand,
  standingsOf,
} from "./replay-sheets.js";
import { IDLE } from "./replay-tables.js";

/** What loads were seen to take, one after the other. Times in seconds, energy in picojoules, sizes in bytes. */
export interface Taken {
  readonly program: Float64Array;
  readonly writes: Float64Array;
  readonly fetch: Float64Array;
  readonly weightBytes: Float64Array;
  readonly indexBytes: Float64Array;
  readonly fire: Float64Array;
  readonly partialBytes: Float64Array;
  readonly energy: Float64Array;
  /** 1 where the cells held what the load says when it fired. */
  readonly right: Uint8Array;
}

/** Room for so many loads. Columns, for large networks have a million of them. */
export function takenOf(loads: number): Taken {
  const column = () => new Float64Array(loads);
  return {
    program: column(),
    writes: column(),
    fetch: column(),
    weightBytes: column(),
    indexBytes: column(),
    fire: column(),
    partialBytes: column(),
    energy: column(),
    right: new Uint8Array(loads),
  };
}

/** The loads `order` one after the other. */
export function inOrderOf(taken: Taken, order: Int32Array): Taken {
  const picked = takenOf(order.length);
  for (const key of Object.keys(picked) as (keyof Taken)[]) for (let k = 0; k < order.length; k++) picked[key][k] = taken[key][order[k]!]!;
  return picked;
}

/** One crossbar, to be used for one after the other. */
export interface Rig {
  readonly machine: Machine;
  readonly batch: number;
  readonly format: Format;
  readonly cells: Uint32Array;
  readonly next: Uint32Array;
  readonly blank: Uint32Array;
  readonly used: Uint8Array;
  readonly bundles: Standings;
  /** Writes of the cells of the crossbar that ran last. */
  readonly worn: Wear;
  /** Activations of each content of a layer by its place, -1 where they are not counted yet. */
  readonly units: WeakMap<Sheet, Int32Array>;
}

/** Writes of each cell of the crossbar that ran last, row by row. */
export function countsOf({ machine: { rows, columns }, worn }: Rig): Uint32Array {
  const wear = new Uint32Array(rows * columns);
  wornCells(worn, columns, wear);
  return wear;
}

export function rigOf(machine: Machine, batch: number): Rig {
  const { rows, columns, cellBits } = machine;
  const format = formatOf(rows, columns, cellBits);
  return {
    machine,
    batch,
    format,
    cells: new Uint32Array(format.words),
    next: new Uint32Array(format.words),
    blank: new Uint32Array(format.words),
    used: new Uint8Array(rows),
    bundles: standingsOf(columns),
    worn: wearOf(format),
    units: new WeakMap(),
  };
}

/** How cells come to hold what they shall: only those that differ are written, or all in use are reset first. */
export type Manner = "difference" | "rewrite";

/** A load of a crossbar; `written` says whether any time is given to writing. */
export interface Visit {
  readonly content: Content;
  readonly written: boolean;
  /** Its place among the loads that are noted. */
  readonly at: number;
}

/**
 * Runs the loads of one crossbar on its cells, over and over: it begins with the cells that its last load leaves.
 *
 * @param taken where is noted what the loads take, each at its place.
 * @param fired called when a load fires, with the cells as they are.
 */
export function runCrossbar(
  visits: readonly Visit[],
  sheets: readonly Sheet[],
  rig: Rig,
  manner: Manner,
  taken: Taken,
  fired?: (visit: number, sheet: Sheet, bundles: Standings, cells: Uint32Array) => void,
): void {
  const { machine, format, cells, next, used, bundles, worn } = rig;
  const way = visits.length === 1 ? "difference" : manner; // what stays for ever is not written again
  cells.fill(0);
  renew(worn);
  // What the table never writes was put there before; then come the cells that it writes, as its last writes leave them.
  const before = visits.filter(({ written }) => !written);
  for (const { content } of [...before, ...lastWrites(visits, sheets)]) {
    const sheet = sheets[content.layer]!;
    stand(sheet, content, bundles);
    imprint(sheet, bundles, format, cells, used);
  }
  const { setEnergy, resetEnergy, stepEnergy } = machine.programming;
  visits.forEach(({ content, written, at }, visit) => {
    const sheet = sheets[content.layer]!;
    stand(sheet, content, bundles);
    next.set(cells);
    imprint(sheet, bundles, format, next, used);
    const counted = write(rig, sheet, bundles, way);
    const fetched = fetchOf(sheet, bundles, rig, way, counted.writes > 0);
    if (written) cells.set(next);
    fired?.(visit, sheet, bundles, cells);
    const firing = firingOf(sheet, content, bundles, rig);
    taken.program[at] = counted.time;
    taken.writes[at] = counted.writes;
    taken.fetch[at] = fetched.fetch;
    taken.weightBytes[at] = fetched.weightBytes;
    taken.indexBytes[at] = fetched.indexBytes;
    taken.fire[at] = firing.fire;
    taken.partialBytes[at] = firing.partialBytes;
    taken.energy[at] =
      counted.up * setEnergy +
      counted.down * resetEnergy +
      counted.steps * stepEnergy +
      firing.activations * machine.unitEnergy +
      (fetched.weightBytes + fetched.indexBytes + firing.partialBytes) * machine.offChipEnergy;
    taken.right[at] = Number(written || counted.writes === 0);
  });
}

/** The last write of each content that is written at all, without those whose cells all get something else later. */
function lastWrites(visits: readonly Visit[], sheets: readonly Sheet[]): readonly Visit[] {
  const seen = new Set<number>();
  const full: Box[] = [];
  const left: Visit[] = [];
  for (let at = visits.length - 1; at >= 0; at--) {
    const visit = visits[at]!;
    const { content, written } = visit;
    const sheet = sheets[content.layer]!;
    const key = placeOf(sheet, content) * sheets.length + content.layer;
    if (!written || seen.has(key)) continue;
    seen.add(key);
    const box = boxOf(sheet, content);
    if (full.some((other) => holds(other, box))) continue;
    left.push(visit);
    if (isFull(sheet, content)) full.push(box);
  }
  return left.reverse();
}

/** Takes `cells` to `next`. */
function write(
  { machine, format, cells, next, blank, used, worn }: Rig,
  sheet: Sheet,
  { count, lines, left, top }: Standings,
  manner: Manner,
): Writing {
  const { programming } = machine;
  if (manner === "difference") return writing(cells, { cells: next, used }, machine, programming, worn);
  const { bits, rowWords } = format;
  blank.set(cells);
  for (let b = 0; b < count; b++)
    for (let row = top[b]!; row < top[b]! + lines; row++)
      if (used[row]) clear(blank, row * rowWords * 32 + left[b]! * bits, sheet.geometry.width * bits);
  const erased = writing(cells, { cells: blank, used }, machine, programming, worn);
  const written = writing(blank, { cells: next, used }, machine, programming, worn);
  return {
    // A write of whole rows whatever the data does both at once.
    time: (programming.model === "fixed" ? Math.max(erased.time, written.time) : erased.time + written.time) as Writing["time"],
    up: erased.up + written.up,
    down: erased.down + written.down,
    steps: erased.steps + written.steps,
    writes: erased.writes + written.writes,
  };
}

function fetchOf(
  { layer, mapping, geometry, ordered }: Sheet,
  { count, lines, left, top, from, entries: { inputs } }: Standings,
  rig: Rig,
  manner: Manner,
  written: boolean,
) {
  if (!written) return { fetch: 0, weightBytes: 0, indexBytes: 0 };
  const { machine, format, cells, next } = rig;
  const { bits, rowWords } = format;
  let [changed, entries] = [0, 0];
  for (let b = 0; b < count; b++)
    for (let line = 0, at = from[b]!, bit = top[b]! * rowWords * 32 + left[b]! * bits; line < lines; line++, at++, bit += rowWords * 32) {
      if (inputs[at] === IDLE) continue;
      entries++;
      if (manner === "rewrite" || differ(cells, next, bit, geometry.width * bits)) changed++;
    }
  const entry = entryBits(layer.inputs, ordered, Number(mapping.encoding === "magnitude"));
  const { weights, index } = fetchBytes(changed, mapping.sharing, layer.bits, entries, entry);
  return { fetch: (weights + index) / machine.offChipRate, weightBytes: weights, indexBytes: index };
}

function firingOf(sheet: Sheet, content: Content, bundles: Standings, rig: Rig) {
  const { layer, mapping } = sheet;
  const { machine, batch } = rig;
  let outputs = 0;
  for (let b = 0; b < bundles.count; b++) outputs += bundles.outputs[b]!;
  const vectors = layer.vectors * batch;
  const perVector = inputCycles(layer.inputBits, machine.inputBits) * unitsOf(sheet, content, bundles, rig);
  const out = sharedOut(layer, mapping.spread * mapping.rounds, batch, machine.buffer);
  const partialBytes = 2 * out * SUM_BYTES * vectors * outputs;
  const busy = vectors * Math.ceil(perVector / machine.converters) * machine.cycle;
  return { fire: Math.max(busy, partialBytes / machine.offChipRate), activations: vectors * perVector, partialBytes };
}

/** Activations of operation units per vector and input cycle; counted when a content fires first, for its lines stay the same. */
function unitsOf(
  sheet: Sheet,
  content: Content,
  { count, lines, group, first, from, entries }: Standings,
  { machine, units: counted }: Rig,
): number {
  const { layer, mapping, geometry, weights } = sheet;
  const known = counted.get(sheet) ?? new Int32Array(geometry.loads).fill(-1);
  counted.set(sheet, known);
  const place = placeOf(sheet, content);
  if (known[place]! >= 0) return known[place]!;
  let units = 0;
  for (let b = 0; b < count; b++) {
    const base = (group[b]! * layer.outputs + first[b]!) * layer.inputs;
    const signs = mapping.encoding === "magnitude" ? { weights, base } : undefined;
    units += activations({ table: entries.inputs, idle: IDLE, from: from[b]!, count: lines }, geometry.width, machine.unit, signs);
  }
  known[place] = units;
  return units;
}
