import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Jobs, run } from "../../src/planners/fusion/events.js";

/** RTL cycle counts of GEMMs, single and two fused, on a 16 x 16 systolic array; published with TileFlow (MICRO 2023). */
const FOLDER = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "tileflow");
const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((f) => f.endsWith(".json")) : [];
if (files.length === 0) console.warn(`skipped: no TileFlow results in ${FOLDER} (set STOWAGE_REFERENCE)`);

// The machine; words of 16 bit. One set of numbers for all cases.
const WORDS_PER_CYCLE = 4; // the architecture file of the reference, loads and stores each
const MACS_PER_CYCLE = 256;
const STREAM_START = 6; // address set-up of one load or store
const FILL_AND_DRAIN = 55; // 3 x 16 + 7: operands in, results out of the array
const FINISH = 1;
const QUEUE = 4;
const RESTART = 18; // 3 x STREAM_START

interface Tile {
  readonly a: number;
  readonly b: number;
  readonly macs: number;
  /** Words of a finished result. */
  readonly result: number;
  /** The first tile of its result. */
  readonly first: boolean;
}

/** Columns M, N, K, then the tile's. Rows outside, then columns, then the summation. */
function single([M, N, K, m, n, k]: readonly number[]): Tile[] {
  const tiles: Tile[] = [];
  for (let i = 0; i < M! / m!; i++)
    for (let j = 0; j < N! / n!; j++)
      for (let p = 1; p <= K! / k!; p++)
        tiles.push({ a: m! * k!, b: k! * n!, macs: m! * n! * k!, result: p === K! / k! ? m! * n! : 0, first: p === 1 });
  return tiles;
}

/** Columns of both GEMMs one after the other. A tile of rows of the first result stays on chip as an operand of the second. */
function fused(row: readonly number[]): Tile[] {
  const [, N1, K1, m1, n1, k1] = row;
  const [M2, N2, K2, m2, n2, k2] = row.slice(6);
  const tiles: Tile[] = [];
  for (let i = 0; i < M2! / m2!; i++) {
    tiles.push(...single([m1!, N1!, K1!, m1!, n1!, k1!]).map((tile) => ({ ...tile, result: 0 })));
    tiles.push(...single([m2!, N2!, K2!, m2!, n2!, k2!]).map((tile) => ({ ...tile, a: 0 })));
  }
  return tiles;
}

function jobsOf(tiles: readonly Tile[]): Jobs {
  const stores: number[] = [];
  const after = tiles.map(({ first, result }, i) => {
    // Both halves of the result buffer are in use until the store before last, or the last, is over.
    const gate = stores.at(first ? -2 : -1) ?? -1;
    if (result > 0) stores.push(i);
    return gate;
  });
  const stream = (words: number) => (words > 0 ? words / WORDS_PER_CYCLE + STREAM_START : 0);
  const buffer = (operand: "a" | "b") => {
    const words = Float64Array.from(tiles, (tile) => tile[operand]);
    return { size: 2 * Math.max(...words), taken: words, given: words };
  };
  return {
    count: tiles.length,
    load: Float64Array.from(tiles, ({ a, b }) => stream(a) + stream(b)),
    compute: Float64Array.from(tiles, ({ macs }) => macs / MACS_PER_CYCLE + FILL_AND_DRAIN),
    store: Float64Array.from(tiles, ({ result }) => stream(result)),
    after: Int32Array.from(after),
    buffers: [buffer("a"), buffer("b")],
    depth: QUEUE,
    restart: RESTART,
    shared: false,
  };
}

const eventDriven = (tiles: readonly Tile[]): number => run(jobsOf(tiles))!.end + FINISH;

/** Loads as early as the buffers have room: no queue to fill up, nothing lost on the way. */
const unhindered = (tiles: readonly Tile[]): number => run({ ...jobsOf(tiles), depth: tiles.length, restart: 0 })!.end + FINISH;

/** The same machine with a barrier: a step computes one tile and loads the next, and ends with the slower of both. */
function lockStep(tiles: readonly Tile[]): number {
  const { count, load, compute, store, after } = jobsOf(tiles);
  const stored = new Float64Array(count);
  let now = load[0]!;
  let storer = 0;
  for (let i = 0; i < count; i++) {
    if (after[i]! >= 0) now = Math.max(now, stored[after[i]!]!);
    now += Math.max(compute[i]!, load[i + 1] ?? 0);
    if (store[i]! > 0) stored[i] = storer = Math.max(storer, now) + store[i]!;
  }
  return storer + FINISH;
}

describe.runIf(files.length > 0).each(files)("%s", (file) => {
  const { columns, rows, io_columns, io_rows } = JSON.parse(readFileSync(join(FOLDER, file), "utf8")) as {
    columns: string[];
    rows: number[][];
    io_columns?: string[];
    io_rows?: number[][];
  };
  const isFused = columns.includes("K2");
  const tilesOf = isFused ? fused : single;
  const cycles = columns.indexOf("rtl_cycles");

  test(`mean error at most ${isFused ? "2 %, greatest 17 %" : "1 %, greatest 14 %"}`, () => {
    const errors = rows.map((row) => Math.abs(eventDriven(tilesOf(row)) / row[cycles]! - 1));
    const mean = errors.reduce((sum, e) => sum + e, 0) / errors.length;
    expect(mean).toBeLessThanOrEqual(isFused ? 0.02 : 0.01);
    expect(Math.max(...errors)).toBeLessThanOrEqual(isFused ? 0.17 : 0.14);
  });

  test(`the RTL lies between unhindered and lock-step ${isFused ? "in at least 85 % of the cases" : "always"}`, () => {
    const inside = rows.filter((row) => {
      const tiles = tilesOf(row);
      return unhindered(tiles) <= row[cycles]! + 1 && row[cycles]! <= lockStep(tiles) + 1;
    });
    expect(inside.length / rows.length).toBeGreaterThanOrEqual(isFused ? 0.85 : 1);
  });

  test.runIf(io_rows !== undefined)("the words moved are those of a published case", () => {
    const at = io_columns!.indexOf("mem_to_buf");
    const published = new Set(io_rows!.map((row) => row[at]! / 16));
    const moved = rows.map((row) => tilesOf(row).reduce((sum, { a, b }) => sum + a + b, 0));
    expect(moved.filter((words) => !published.has(words))).toEqual([]);
  });
});
