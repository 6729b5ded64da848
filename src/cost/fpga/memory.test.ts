import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BLOCK_RAM, blockRamBanks, memoryCost, queueStyle, styleOf } from "./memory.js";

const sizes = fc.record({ width: fc.integer({ min: 1, max: 400 }), depth: fc.integer({ min: 1, max: 40_000 }) });

describe("banks of block RAMs", () => {
  test("hold all words, and no grid of one shape holds them in fewer", () => {
    fc.assert(
      fc.property(sizes, (words) => {
        const { shape, columns, rows } = blockRamBanks(words);
        expect(columns * shape.width).toBeGreaterThanOrEqual(words.width);
        expect(rows * shape.depth).toBeGreaterThanOrEqual(words.depth);
        for (const other of BLOCK_RAM) {
          const count = Math.ceil(words.width / other.width) * Math.ceil(words.depth / other.depth);
          expect(count).toBeGreaterThanOrEqual(columns * rows);
          // Among equals the deepest: fewer rows to choose from.
          if (count === columns * rows) expect(Math.ceil(words.depth / other.depth)).toBeGreaterThanOrEqual(rows);
        }
      }),
    );
  });

  test("a word or a bit more never takes fewer", () => {
    fc.assert(
      fc.property(sizes, ({ width, depth }) => {
        const count = (w: number, d: number) => memoryCost("ultrascale+", { width: w, depth: d }, "bram", "ram").bram18;
        expect(count(width + 1, depth)).toBeGreaterThanOrEqual(count(width, depth));
        expect(count(width, depth + 1)).toBeGreaterThanOrEqual(count(width, depth));
      }),
    );
  });

  test("36 bits x 6,144 words and two buffers of 512 are 14 of 18 Kbit", () => {
    // 6,144 / 512 rows of one column; 1,024 / 512 rows of one column.
    const of = (depth: number) => memoryCost("ultrascale+", { width: 36, depth }, "bram", "rom").bram18;
    expect([of(6144), of(2 * 512)]).toEqual([12, 2]);
  });
});

test("a memory of 1,024 bits lies in LUTs, one of 1,025 where it was put", () => {
  expect(styleOf({ width: 32, depth: 32 }, "bram")).toBe("lutram");
  expect(styleOf({ width: 41, depth: 25 }, "bram")).toBe("bram");
  expect(styleOf({ width: 41, depth: 25 }, "uram")).toBe("uram");
  expect(styleOf({ width: 41, depth: 0 }, "uram")).toBe("none");
});

test("queues of 64 words lie in LUTs, however wide", () => {
  expect([queueStyle({ width: 500, depth: 64 }), queueStyle({ width: 500, depth: 65 }), queueStyle({ width: 4, depth: 256 })]).toEqual([
    "lutram",
    "bram",
    "lutram",
  ]);
});

test("LUTs of memories", () => {
  const luts = (fabric: "7series" | "ultrascale+", width: number, depth: number, access: "rom" | "ram") =>
    memoryCost(fabric, { width, depth }, "lutram", access).lut;
  // 14 bits x 32 words in 8 LUTs, 7 bits x 64 words in 8; 7 series: 6 and 3 bits in 4.
  expect([luts("ultrascale+", 15, 32, "ram"), luts("ultrascale+", 15, 64, "ram")]).toEqual([16, 24]);
  expect([luts("7series", 12, 32, "ram"), luts("7series", 12, 64, "ram")]).toEqual([8, 16]);
  // 64 bits each; four are joined without LUTs, five blocks of 256 words take two more per bit.
  expect([luts("7series", 10, 64, "rom"), luts("7series", 10, 256, "rom"), luts("7series", 10, 1280, "rom")]).toEqual([10, 40, 220]);
});

test("URAM: 72 bits x 4,096 words", () => {
  expect(memoryCost("ultrascale+", { width: 144, depth: 4096 }, "uram", "rom").uram).toBe(2);
  expect(memoryCost("ultrascale+", { width: 145, depth: 4097 }, "uram", "rom").uram).toBe(6);
});
