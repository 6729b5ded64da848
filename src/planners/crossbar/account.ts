import { differ, formatOf, type Wear } from "../../cost/crossbar/cells.js";
import { entryBits, fetchBytes } from "../../cost/crossbar/fetching.js";
import { activations, inputCycles, SUM_BYTES, sharedOut } from "../../cost/crossbar/firing.js";
import { bundleAt, leftOf, topOf } from "../../cost/crossbar/geometry.js";
import { type Writing, writing } from "../../cost/crossbar/writing.js";
import { type Content, type Image, type Placed, putContent } from "./images.js";
import type { LayerId, Machine } from "./plan.js";

/** A load of a crossbar before it has a time. */
export interface Visit extends Content {
  readonly layer: LayerId;
}

/** What it takes until a load holds what it shall. Times in seconds, sizes in bytes. */
export interface LoadCost {
  readonly writing: Writing;
  readonly fetch: number;
  readonly fetched: { readonly weights: number; readonly index: number };
}

/** What it takes to fire a content for all vectors. */
export interface FireCost {
  /** Seconds. */
  readonly fire: number;
  /** Activations of operation units. */
  readonly fired: number;
  /** Bytes of partial sums moved off chip and back. */
  readonly partial: number;
}

/** Reusable cells of one crossbar. */
export interface Bench extends Image {
  /** As they were before a load. */
  readonly old: Uint32Array;
}
export function benchOf({ rows, columns, cellBits }: Machine): Bench {
  const format = formatOf(rows, columns, cellBits);
  return { format, old: new Uint32Array(format.words), cells: new Uint32Array(format.words), used: new Uint8Array(rows) };
}

/**
 * Prices the visits of one crossbar in their order, from and to the cells that the last of them leaves.
 *
 * @param note told what each of them takes.
 * @param wear raised by one for every write of a cell.
 */
export function account(
  visits: readonly Visit[],
  layers: readonly Placed[],
  machine: Machine,
  bench: Bench,
  note: (cost: LoadCost, visit: number) => void,
  wear?: Wear,
): void {
  const { old, cells } = bench;
  cells.fill(0);
  for (let k = lastOfEach(visits, layers); k < visits.length; k++) putContent(layers[visits[k]!.layer]!, visits[k]!, bench);
  visits.forEach((visit, k) => {
    const p = layers[visit.layer]!;
    old.set(cells);
    putContent(p, visit, bench);
    const counted = writing(old, bench, machine, machine.programming, wear);
    note({ writing: counted, ...fetchOf(p, visit, machine, bench, counted.writes > 0) }, k);
  });
}

/** From where on every content comes once more. */
function lastOfEach(visits: readonly Visit[], layers: readonly Placed[]): number {
  const seen = new Set<number>();
  let from = visits.length;
  for (let k = visits.length - 1; k >= 0; k--) {
    const place = placeOf(visits[k]!, layers);
    if (seen.has(place)) continue;
    seen.add(place);
    from = k;
  }
  return from;
}

/** Numbers the contents of all layers. */
export function placeOf({ layer, strip, part, round }: Visit, layers: readonly Placed[]): number {
  const { spread, rounds } = layers[layer]!;
  return ((strip * spread + part) * rounds + round) * layers.length + layer;
}

function fetchOf(p: Placed, visit: Content, { offChipRate }: Machine, { format, old, cells }: Bench, written: boolean) {
  if (!written) return { fetch: 0, fetched: { weights: 0, index: 0 } };
  const { geometry, matrix, sharing, table, encoding, ordered } = p;
  const { bits, rowWords } = format;
  const [column, row] = [leftOf(geometry, visit.strip, visit.part), topOf(geometry, visit.strip, visit.part)];
  let [changed, entries] = [0, 0];
  eachBundle(p, visit, (b, from) => {
    const { left, top } = bundleAt(geometry, matrix, sharing, b);
    for (let line = 0; line < geometry.deep; line++) {
      if (table[from + line]! < 0) continue;
      entries++;
      if (differ(old, cells, (row + top + line) * rowWords * 32 + (column + left) * bits, geometry.width * bits)) changed++;
    }
  });
  const fetched = fetchBytes(changed, sharing, matrix.bits, entries, entryBits(matrix.inputs, ordered, Number(encoding === "magnitude")));
  return { fetch: (fetched.weights + fetched.index) / offChipRate, fetched };
}

/** Prices the firing of a content. */
export function firingOf(p: Placed, visit: Content, machine: Machine, batch: number): FireCost {
  const { geometry, matrix, sharing, spread, rounds, table, encoding } = p;
  let [blocks, outputs] = [0, 0];
  eachBundle(p, visit, (b, from) => {
    const place = bundleAt(geometry, matrix, sharing, b);
    const base = (place.group * matrix.outputs + place.first) * matrix.inputs;
    const signs = encoding === "magnitude" ? { weights: matrix.values, base } : undefined;
    blocks += activations({ table, idle: -1, from, count: geometry.deep }, geometry.width, machine.unit, signs);
    outputs += place.outputs;
  });
  const vectors = matrix.vectors * batch;
  const perVector = inputCycles(matrix.inputBits, machine.inputBits) * blocks;
  const partial = 2 * sharedOut(matrix, spread * rounds, batch, machine.buffer) * SUM_BYTES * vectors * outputs;
  const firing = vectors * Math.ceil(perVector / machine.converters) * machine.cycle;
  return { fire: Math.max(firing, partial / machine.offChipRate), fired: vectors * perVector, partial };
}

/** Calls `visit` with each bundle of a content and where its lines begin in the table. */
function eachBundle({ geometry, rounds }: Placed, { strip, part, round }: Content, visit: (bundle: number, from: number) => void): void {
  const { across, high, bundles, lines, deep } = geometry;
  const end = Math.min(bundles, (strip + 1) * across * high);
  for (let b = strip * across * high; b < end; b++) visit(b, (b * rounds + round) * lines + part * deep);
}
