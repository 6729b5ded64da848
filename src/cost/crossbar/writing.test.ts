import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Picojoules, Seconds } from "../../base/units.js";
import type { Programming } from "../../target/crossbar-target.js";
import { formatOf, mostWorn, packCells, type Wear, wearOf, wornCells } from "./cells.js";
import { writing } from "./writing.js";

const second = (n: number) => n as Seconds;
const programming = (change: Partial<Programming> = {}): Programming => ({
  model: "row",
  set: second(1),
  reset: second(10),
  pulses: "difference",
  attempts: 1,
  verifyRead: second(0),
  drivers: 2,
  writers: 1,
  row: second(100),
  setEnergy: 1 as Picojoules,
  resetEnergy: 1 as Picojoules,
  stepEnergy: 0 as Picojoules,
  endurance: 1e9,
  ...change,
});
const grid = { rows: 2, columns: 4, cellBits: 2, unit: { rows: 1, columns: 2 } };
const packed = (levels: Uint8Array, { rows, columns, cellBits } = grid) => packCells(levels, rows, columns, cellBits);
const old = packed(Uint8Array.of(0, 1, 3, 3, 2, 2, 2, 2));
const next = { cells: packed(Uint8Array.of(2, 0, 3, 0, 2, 2, 2, 2)), used: Uint8Array.of(1, 1) };
const write = (change: Partial<Programming>) => writing(old, next, grid, programming(change));

describe("writing", () => {
  test("row: the longest SET and the longest RESET of each row", () => {
    expect(write({})).toEqual({ time: 2 + 30, up: 2, down: 4, steps: 2, writes: 3 });
  });
  test("driver: the same for each group of cells", () => {
    expect(write({ model: "driver" })).toEqual({ time: 2 + 10 + 30, up: 2, down: 4, steps: 3, writes: 3 });
  });
  test("single pulses whatever the change", () => {
    expect(write({ pulses: "single" })).toEqual({ time: 1 + 10, up: 1, down: 2, steps: 2, writes: 3 });
  });
  test("verification repeats and reads", () => {
    expect(write({ attempts: 3, verifyRead: second(0.5) })).toEqual({
      time: 3 * (2 * 1.5 + 3 * 10.5),
      up: 6,
      down: 12,
      steps: 2,
      writes: 3,
    });
  });
  test("erase: rows that change are reset, then set", () => {
    expect(write({ model: "erase" })).toEqual({ time: 30 + 3, up: 5, down: 7, steps: 2, writes: 5 });
  });
  test("fixed: the used rows, whatever the data", () => {
    expect(write({ model: "fixed" }).time).toBe(200);
  });
  test("unit: also each operation unit with a change", () => {
    expect(write({ model: "unit" }).time).toBe(2 + 10 + 30 + 2 * 100);
  });

  test("one-bit cells counted a word at a time come to the same as cell by cell", () => {
    const wide = { rows: 3, columns: 80, cellBits: 1, unit: { rows: 2, columns: 24 } };
    const image = fc.uint8Array({ min: 0, max: 1, minLength: 240, maxLength: 240 });
    const worn = (wear: Wear, columns: number) => {
      const cells = new Uint32Array(240);
      wornCells(wear, columns, cells);
      return cells;
    };
    fc.assert(
      fc.property(
        image,
        image,
        fc.constantFrom("row", "driver", "unit"),
        fc.constantFrom(1, 2, 8, 12, 16, 32, 64, 128),
        (from, to, model, drivers) => {
          // The same levels in cells of two bits are counted one by one.
          const [one, two] = [1, 2].map((cellBits) => {
            const cells = { ...wide, cellBits };
            const wear = wearOf(formatOf(wide.rows, wide.columns, cellBits));
            const written = { cells: packed(to, cells), used: Uint8Array.of(1, 1, 1) };
            return {
              ...writing(packed(from, cells), written, cells, programming({ model, drivers }), wear),
              worn: worn(wear, wide.columns),
            };
          });
          expect(one).toEqual(two);
        },
      ),
    );
  });

  test("wear adds up over many writes", () => {
    const wide = { rows: 1, columns: 40, cellBits: 1, unit: { rows: 1, columns: 8 } };
    const images = fc.array(fc.uint8Array({ min: 0, max: 1, minLength: 40, maxLength: 40 }), { minLength: 2, maxLength: 20 });
    fc.assert(
      fc.property(images, (levels) => {
        const wear = wearOf(formatOf(1, 40, 1));
        const expected = new Uint32Array(40);
        levels.slice(1).forEach((to, k) => {
          writing(packed(levels[k]!, wide), { cells: packed(to, wide), used: Uint8Array.of(1) }, wide, programming(), wear);
          to.forEach((level, cell) => {
            expected[cell]! += Number(level !== levels[k]![cell]);
          });
        });
        const cells = new Uint32Array(40);
        wornCells(wear, 40, cells);
        expect(cells).toEqual(expected);
        expect(mostWorn(wear)).toBe(Math.max(...expected));
      }),
    );
  });

  test("nothing to write takes nothing; the groups of a driver never take less than the row", () => {
    const image = fc.uint8Array({ min: 0, max: 3, minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(image, image, fc.constantFrom("row", "driver", "erase", "fixed", "unit"), (from, to, model) => {
        const [was, is] = [packed(from), packed(to)];
        const cells = { cells: is, used: Uint8Array.of(1, 1) };
        const same = { cells: was, used: Uint8Array.of(1, 1) };
        expect(writing(was, same, grid, programming({ model }))).toEqual({ time: 0, up: 0, down: 0, steps: 0, writes: 0 });
        const byRow = writing(was, cells, grid, programming());
        const byDriver = writing(was, cells, grid, programming({ model: "driver" }));
        expect(byDriver.time).toBeGreaterThanOrEqual(byRow.time);
        expect({ ...byDriver, time: 0, steps: 0 }).toEqual({ ...byRow, time: 0, steps: 0 });
      }),
    );
  });
});
