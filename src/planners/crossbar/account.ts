import { entryBits, fetchBytes } from "../../cost/crossbar/fetching.js";
import { activations, inputCycles, SUM_BYTES, sharedOut } from "../../cost/crossbar/firing.js";
import { bundleAt } from "../../cost/crossbar/geometry.js";
import { type Writing, writing } from "../../cost/crossbar/writing.js";
import { type Content, type Placed, putContent } from "./images.js";
import type { LayerId, Machine } from "./plan.js";

/** A load of a crossbar before it has a time. */
export interface Visit extends Content {
  readonly layer: LayerId;
}

/** What a load takes. Times in seconds. */
export interface LoadCost {
  readonly writing: Writing;
  readonly fetch: number;
  readonly fetched: { readonly weights: number; readonly index: number };
  readonly fire: number;
  /** Activations of operation units, all vectors. */
  readonly fired: number;
  /** Partial sums moved off chip and back. */
  readonly partial: number;
}

/** Reusable cells of one crossbar, and what each was written. */
export interface Bench {
  readonly old: Uint8Array;
  readonly cells: Uint8Array;
  readonly used: Uint8Array;
}
export const benchOf = ({ rows, columns }: Machine): Bench => ({
  old: new Uint8Array(rows * columns),
  cells: new Uint8Array(rows * columns),
  used: new Uint8Array(rows),
});

/**
 * Prices the visits of one crossbar in their order, from and to the cells that the last of them leaves.
 *
 * @param wear per cell, raised by one for every write.
 */
export function account(
  visits: readonly Visit[],
  layers: readonly Placed[],
  machine: Machine,
  batch: number,
  bench: Bench,
  wear?: Uint32Array,
): readonly LoadCost[] {
  const { old, cells, used } = bench;
  cells.fill(0);
  for (const visit of visits) putContent(layers[visit.layer]!, visit, machine, cells, used);
  return visits.map((visit) => {
    const p = layers[visit.layer]!;
    old.set(cells);
    putContent(p, visit, machine, cells, used);
    const counted = writing(old, { levels: cells, used }, machine, machine.programming, wear);
    return { writing: counted, ...fetchOf(p, visit, machine, bench, counted.writes > 0), ...firingOf(p, visit, machine, batch) };
  });
}

function fetchOf(p: Placed, visit: Content, { rows, columns, offChipRate }: Machine, { old, cells }: Bench, written: boolean) {
  if (!written) return { fetch: 0, fetched: { weights: 0, index: 0 } };
  const { geometry, matrix, sharing, table, encoding, ordered } = p;
  let [changed, entries] = [0, 0];
  eachBundle(p, visit, (b, from) => {
    const { left, top } = bundleAt(geometry, matrix, sharing, b);
    for (let line = 0; line < Math.min(rows, geometry.lines); line++) {
      if (table[from + line]! < 0) continue;
      entries++;
      const at = (top + line) * columns + left;
      for (let k = at; k < at + geometry.width; k++)
        if (old[k] !== cells[k]) {
          changed++;
          break;
        }
    }
  });
  const fetched = fetchBytes(changed, sharing, matrix.bits, entries, entryBits(matrix.inputs, ordered, Number(encoding === "magnitude")));
  return { fetch: (fetched.weights + fetched.index) / offChipRate, fetched };
}

function firingOf(p: Placed, visit: Content, machine: Machine, batch: number) {
  const { geometry, matrix, sharing, spread, rounds, table, encoding } = p;
  let [blocks, outputs] = [0, 0];
  eachBundle(p, visit, (b, from) => {
    const place = bundleAt(geometry, matrix, sharing, b);
    const base = place.group * matrix.inputs * matrix.outputs + place.first;
    const negative = encoding === "magnitude" ? (k: number) => matrix.values[base + k * matrix.outputs]! < 0 : undefined;
    blocks += activations(table.subarray(from, from + Math.min(machine.rows, geometry.lines)), geometry.width, machine.unit, negative);
    outputs += place.outputs;
  });
  const vectors = matrix.vectors * batch;
  const perVector = inputCycles(matrix.inputBits, machine.inputBits) * blocks;
  const partial = 2 * sharedOut(matrix, spread * rounds, batch, machine.buffer) * SUM_BYTES * vectors * outputs;
  const firing = vectors * Math.ceil(perVector / machine.converters) * machine.cycle;
  return { fire: Math.max(firing, partial / machine.offChipRate), fired: vectors * perVector, partial };
}

/** Calls `visit` with each bundle of a content and where its lines begin in the table. */
function eachBundle(
  { geometry, rounds, spread }: Placed,
  { strip, part, round }: Content,
  visit: (bundle: number, from: number) => void,
): void {
  const { across, high, bundles, lines } = geometry;
  const end = Math.min(bundles, (strip + 1) * across * high);
  for (let b = strip * across * high; b < end; b++) visit(b, (b * rounds + round) * lines + (part * lines) / spread);
}
