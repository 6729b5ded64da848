import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Picojoules, Seconds } from "../../base/units.js";
import type { Programming } from "../../target/crossbar-target.js";
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
const grid = { rows: 2, columns: 4, unit: { rows: 1, columns: 2 } };
const old = Uint8Array.of(0, 1, 3, 3, 2, 2, 2, 2);
const next = { levels: Uint8Array.of(2, 0, 3, 0, 2, 2, 2, 2), used: Uint8Array.of(1, 1) };
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

  test("one-bit cells counted four at a time come to the same", () => {
    const image = fc.uint8Array({ min: 0, max: 1, minLength: 48, maxLength: 48 });
    const wide = { rows: 3, columns: 16, unit: { rows: 1, columns: 4 } };
    fc.assert(
      fc.property(image, image, fc.constantFrom("row", "driver", "unit"), fc.constantFrom(4, 8, 12, 64), (from, levels, model, drivers) => {
        const wear = [new Uint32Array(48), new Uint32Array(48)];
        const cells = { levels, used: Uint8Array.of(1, 1, 1) };
        const one = writing(from, cells, wide, programming({ model, drivers }), wear[0]);
        const words = writing(from, cells, { ...wide, cellBits: 1 }, programming({ model, drivers }), wear[1]);
        expect(words).toEqual(one);
        expect(wear[1]).toEqual(wear[0]);
      }),
    );
  });

  test("nothing to write takes nothing; the groups of a driver never take less than the row", () => {
    const image = fc.uint8Array({ min: 0, max: 3, minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(image, image, fc.constantFrom("row", "driver", "erase", "fixed", "unit"), (from, to, model) => {
        const cells = { levels: to, used: Uint8Array.of(1, 1) };
        const same = { levels: from, used: Uint8Array.of(1, 1) };
        expect(writing(from, same, grid, programming({ model }))).toEqual({ time: 0, up: 0, down: 0, steps: 0, writes: 0 });
        const byRow = writing(from, cells, grid, programming());
        const byDriver = writing(from, cells, grid, programming({ model: "driver" }));
        expect(byDriver.time).toBeGreaterThanOrEqual(byRow.time);
        expect({ ...byDriver, time: 0, steps: 0 }).toEqual({ ...byRow, time: 0, steps: 0 });
      }),
    );
  });
});
