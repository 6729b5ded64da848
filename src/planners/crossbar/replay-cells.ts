import { entryBits, fetchBytes } from "../../cost/crossbar/fetching.js";
import { activations, inputCycles, SUM_BYTES, sharedOut } from "../../cost/crossbar/firing.js";
import { type Writing, writing } from "../../cost/crossbar/writing.js";
import type { Machine } from "./plan.js";
import { type Content, imprint, placeOf, type Sheet, type Standing, standings } from "./replay-sheets.js";

/** What a load was seen to take. Times in seconds, energy in picojoules, sizes in bytes. */
export interface Taken {
  readonly program: number;
  readonly writes: number;
  readonly fetch: number;
  readonly weightBytes: number;
  readonly indexBytes: number;
  readonly fire: number;
  readonly partialBytes: number;
  readonly energy: number;
  /** Whether the cells held what the load says when it fired. */
  readonly right: boolean;
}

/** One crossbar, to be used for one after the other. */
export interface Rig {
  readonly machine: Machine;
  readonly batch: number;
  readonly cells: Uint8Array;
  readonly next: Uint8Array;
  /** The same, four at a time. */
  readonly cellWords: Uint32Array;
  readonly nextWords: Uint32Array;
  readonly blank: Uint8Array;
  readonly used: Uint8Array;
  readonly lines: Int32Array;
  /** Writes of each cell of the crossbar that ran last. */
  readonly wear: Uint32Array;
}

export function rigOf(machine: Machine, batch: number): Rig {
  const size = machine.rows * machine.columns;
  const [cells, next] = [new Uint8Array(Math.ceil(size / 4) * 4), new Uint8Array(Math.ceil(size / 4) * 4)];
  return {
    machine,
    batch,
    cells: cells.subarray(0, size),
    next: next.subarray(0, size),
    cellWords: new Uint32Array(cells.buffer),
    nextWords: new Uint32Array(next.buffer),
    blank: new Uint8Array(size),
    used: new Uint8Array(machine.rows),
    lines: new Int32Array(machine.rows),
    wear: new Uint32Array(size),
  };
}

/** How cells come to hold what they shall: only those that differ are written, or all in use are reset first. */
export type Manner = "difference" | "rewrite";

/** A load of a crossbar; `written` says whether any time is given to writing. */
export interface Visit {
  readonly content: Content;
  readonly written: boolean;
}

/**
 * Runs the loads of one crossbar on its cells, over and over: it begins with the cells that its last load leaves.
 *
 * @param fired called when a load fires, with the cells as they are.
 */
export function runCrossbar(
  visits: readonly Visit[],
  sheets: readonly Sheet[],
  rig: Rig,
  manner: Manner,
  fired?: (visit: number, sheet: Sheet, bundles: readonly Standing[], cells: Uint8Array) => void,
): readonly Taken[] {
  const { machine, cells, next, used, wear } = rig;
  const way = visits.length === 1 ? "difference" : manner; // what stays for ever is not written again
  cells.fill(0);
  wear.fill(0);
  // What the table never writes was put there before; then come the cells that it writes, as its last writes leave them.
  const last = visits.slice(lastOfEach(visits, sheets));
  for (const again of [false, true])
    for (const { content, written } of again ? last : visits) {
      const sheet = sheets[content.layer]!;
      if (written === again) imprint(sheet, standings(sheet, content, machine), machine, cells, used);
    }
  return visits.map(({ content, written }, visit) => {
    const sheet = sheets[content.layer]!;
    const bundles = standings(sheet, content, machine);
    next.set(cells);
    imprint(sheet, bundles, machine, next, used);
    const counted = write(rig, sheet, bundles, way);
    const fetched = fetchOf(sheet, bundles, rig, way, counted.writes > 0);
    const right = written || counted.writes === 0;
    if (written) cells.set(next);
    fired?.(visit, sheet, bundles, cells);
    const firing = firingOf(sheet, bundles, rig);
    const { setEnergy, resetEnergy, stepEnergy } = machine.programming;
    return {
      program: counted.time,
      writes: counted.writes,
      ...fetched,
      fire: firing.fire,
      partialBytes: firing.partialBytes,
      energy:
        counted.up * setEnergy +
        counted.down * resetEnergy +
        counted.steps * stepEnergy +
        firing.activations * machine.unitEnergy +
        (fetched.weightBytes + fetched.indexBytes + firing.partialBytes) * machine.offChipEnergy,
      right,
    };
  });
}

/** From where on every content that is written at all is written once more. */
function lastOfEach(visits: readonly Visit[], sheets: readonly Sheet[]): number {
  const seen = new Set<string>();
  let from = visits.length;
  visits.forEach((_, k) => {
    const at = visits.length - 1 - k;
    const { content, written } = visits[at]!;
    const key = `${content.layer} ${placeOf(sheets[content.layer]!, content)}`;
    if (!written || seen.has(key)) return;
    seen.add(key);
    from = at;
  });
  return from;
}

/** Takes `cells` to `next`. */
function write({ machine, cells, next, blank, used, wear }: Rig, sheet: Sheet, bundles: readonly Standing[], manner: Manner): Writing {
  const { programming } = machine;
  if (manner === "difference") return writing(cells, { levels: next, used }, machine, programming, wear);
  blank.set(cells);
  for (const { left, top, lines } of bundles)
    for (let line = 0; line < lines; line++)
      if (used[top + line])
        blank.fill(0, (top + line) * machine.columns + left, (top + line) * machine.columns + left + sheet.geometry.width);
  const erased = writing(cells, { levels: blank, used }, machine, programming, wear);
  const written = writing(blank, { levels: next, used }, machine, programming, wear);
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
  { layer, mapping, geometry, table, idle, ordered }: Sheet,
  bundles: readonly Standing[],
  rig: Rig,
  manner: Manner,
  written: boolean,
) {
  if (!written) return { fetch: 0, weightBytes: 0, indexBytes: 0 };
  const { machine, cells, next } = rig;
  let [changed, entries] = [0, 0];
  const words = geometry.width % 4 === 0 && machine.columns % 4 === 0;
  const [was, is, cell] = words ? [rig.cellWords, rig.nextWords, 4] : [cells, next, 1];
  const width = geometry.width / cell;
  for (const { left, top, from, lines } of bundles)
    for (let line = 0; line < lines; line++) {
      if (table[from + line] === idle) continue;
      entries++;
      const row = ((top + line) * machine.columns + left) / cell;
      if (manner === "rewrite" || differ(was, is, row, row + width)) changed++;
    }
  const entry = entryBits(layer.inputs, ordered, Number(mapping.encoding === "magnitude"));
  const { weights, index } = fetchBytes(changed, mapping.sharing, layer.bits, entries, entry);
  return { fetch: (weights + index) / machine.offChipRate, weightBytes: weights, indexBytes: index };
}

function differ(a: Uint8Array | Uint32Array, b: Uint8Array | Uint32Array, from: number, to: number): boolean {
  for (let k = from; k < to; k++) if (a[k] !== b[k]) return true;
  return false;
}

function firingOf({ layer, mapping, geometry, weights, table, idle }: Sheet, bundles: readonly Standing[], { machine, batch, lines }: Rig) {
  let [units, outputs] = [0, 0];
  for (const { group, first, from, lines: count, outputs: held } of bundles) {
    for (let line = 0; line < count; line++) {
      const input = table[from + line]!;
      lines[line] = input === idle ? -1 : input;
    }
    const base = group * layer.inputs * layer.outputs + first;
    const negative = mapping.encoding === "magnitude" ? (k: number) => weights[base + k * layer.outputs]! < 0 : undefined;
    units += activations(lines.subarray(0, count), geometry.width, machine.unit, negative);
    outputs += held;
  }
  const vectors = layer.vectors * batch;
  const perVector = inputCycles(layer.inputBits, machine.inputBits) * units;
  const out = sharedOut(layer, mapping.spread * mapping.rounds, batch, machine.buffer);
  const partialBytes = 2 * out * SUM_BYTES * vectors * outputs;
  const busy = vectors * Math.ceil(perVector / machine.converters) * machine.cycle;
  return { fire: Math.max(busy, partialBytes / machine.offChipRate), activations: vectors * perVector, partialBytes };
}
