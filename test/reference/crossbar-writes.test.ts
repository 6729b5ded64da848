import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Picojoules, Seconds } from "../../src/base/units.js";
import { packCells } from "../../src/cost/crossbar/cells.js";
import { writing } from "../../src/cost/crossbar/writing.js";
import { assign } from "../../src/search/assignment.js";
import { pathCost, shortestPath } from "../../src/search/path.js";
import type { Programming } from "../../src/target/crossbar-target.js";

const reference = process.env.STOWAGE_REFERENCE ?? "../shared/reference";

const programming = (set: number, reset: number): Programming => ({
  model: "row",
  set: set as Seconds,
  reset: reset as Seconds,
  pulses: "difference",
  attempts: 1,
  verifyRead: 0 as Seconds,
  drivers: 1,
  writers: 1,
  row: 0 as Seconds,
  setEnergy: 0 as Picojoules,
  resetEnergy: 0 as Picojoules,
  stepEnergy: 0 as Picojoules,
  endurance: 1,
});

/** Every JSON file of a folder of the reference data that holds what `has` asks for. */
function files<T>(folder: string, has: (data: unknown) => data is T): readonly { readonly file: string; readonly data: T }[] {
  const path = join(reference, folder);
  if (!existsSync(path)) return [];
  return readdirSync(path)
    .filter((file) => file.endsWith(".json"))
    .map((file) => ({ file, data: JSON.parse(readFileSync(join(path, file), "utf8")) as unknown }))
    .filter((entry): entry is { file: string; data: T } => has(entry.data));
}

interface Pulses {
  readonly rows: number;
  readonly cols: number;
  readonly levels: number;
  readonly totalNumWritePulse: number;
  /** A row as one character per cell (up to base 36) or as a list of levels. */
  readonly old: readonly (string | readonly number[])[];
  readonly new: readonly (string | readonly number[])[];
}
const levels = (rows: Pulses["old"]) =>
  Uint8Array.from(rows.flatMap((row) => (typeof row === "string" ? [...row].map((digit) => Number.parseInt(digit, 36)) : [...row])));

const pulses = files("neurosim", (data): data is readonly Pulses[] => Array.isArray(data) && "totalNumWritePulse" in (data[0] ?? {}));

describe.skipIf(pulses.length === 0)("NeuroSim's counts of write pulses", () => {
  for (const { file, data } of pulses)
    test.each(data.map((entry, k) => ({ k, ...entry })))(`${file} $k: $rows x $cols cells of $levels levels`, (entry) => {
      const { rows, cols: columns } = entry;
      const grid = { rows, columns, cellBits: Math.ceil(Math.log2(entry.levels)), unit: { rows, columns } };
      const [old, cells] = [entry.old, entry.new].map((image) => packCells(levels(image), rows, columns, grid.cellBits));
      const next = { cells: cells!, used: new Uint8Array(rows).fill(1) };
      expect(writing(old!, next, grid, programming(1, 1)).time).toBe(entry.totalNumWritePulse);
    });
});

/** Tiles of rows of 8 one-bit cells, each row a byte. */
interface Tiles {
  readonly rows: number;
  readonly tiles: readonly (readonly number[])[];
  readonly start: readonly number[];
  readonly tSet: number;
  readonly tReset: number;
  readonly inorder: number;
}
interface Small {
  readonly order: readonly (Tiles & { readonly optimal: number })[];
  readonly orderPlusPerm: readonly (Tiles & { readonly optimalOrderOnly: number; readonly optimalOrderAndRowPerm: number })[];
}
const small = files("crossbar-exact", (data): data is Small => typeof data === "object" && data !== null && "order" in data);

const bits = (rows: readonly number[]) => Uint8Array.from(rows.flatMap((row) => Array.from({ length: 8 }, (_, j) => (row >> j) & 1)));

function time(from: readonly number[], to: readonly number[], { tSet, tReset }: Tiles): number {
  const grid = { rows: to.length, columns: 8, cellBits: 1, unit: { rows: to.length, columns: 8 } };
  const [old, cells] = [from, to].map((rows) => packCells(bits(rows), rows.length, 8, 1));
  return writing(old!, { cells: cells!, used: new Uint8Array(to.length).fill(1) }, grid, programming(tSet, tReset)).time;
}

function ordered(entry: Tiles, cost: (from: readonly number[], to: readonly number[]) => number) {
  const { tiles, start } = entry;
  const arcs = tiles.flatMap((from) => tiles.map((to) => cost(from, to)));
  const first = tiles.map((to) => cost(start, to));
  const inOrder = pathCost(
    tiles.length,
    first,
    arcs,
    tiles.map((_, k) => k),
  );
  return { inOrder, ...shortestPath(tiles.length, first, arcs) };
}

describe.skipIf(small.length === 0)("orders of tiles with known optimum", () => {
  for (const { file, data } of small) {
    test.each(data.order.map((entry, k) => ({ k, ...entry })))(`${file} order $k`, (entry) => {
      const { inOrder, cost, bound } = ordered(entry, (from, to) => time(from, to, entry));
      expect({ inOrder, cost, bound }).toEqual({ inOrder: entry.inorder, cost: entry.optimal, bound: entry.optimal });
    });

    test.each(data.orderPlusPerm.map((entry, k) => ({ k, ...entry })))(`${file} order and rows $k`, (entry) => {
      const alone = ordered(entry, (from, to) => time(from, to, entry));
      expect([alone.inOrder, alone.cost]).toEqual([entry.inorder, entry.optimalOrderOnly]);
      const permuted = ordered(entry, (from, to) => {
        const pairs = to.flatMap((row) => from.map((was) => time([was], [row], entry)));
        return assign(pairs, to.length).cost;
      });
      expect(permuted.cost).toBe(entry.optimalOrderAndRowPerm);
    });
  }
});
