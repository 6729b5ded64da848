import { describe, expect, test } from "vitest";
import { ENCODINGS } from "../../target/crossbar-target.js";
import { codeOf, holds, slicesOf } from "./encoding.js";

describe("codeOf", () => {
  for (const encoding of ENCODINGS)
    for (const bits of [2, 4, 5, 8])
      for (const cellBits of [1, 2, 3, 4])
        test(`${encoding}, ${bits} bits in cells of ${cellBits}: levels fit and add up to the weight`, () => {
          const { slices, levels, scale, shift } = codeOf(encoding, bits, cellBits);
          expect(slices).toBe(slicesOf(encoding, bits, cellBits));
          const values = 2 ** bits;
          for (let w = -values / 2; w < values / 2; w++) {
            if (!holds(encoding, w, bits)) continue;
            const cells = [...levels.subarray((w & (values - 1)) * slices, ((w & (values - 1)) + 1) * slices)];
            expect(Math.max(...cells)).toBeLessThan(2 ** cellBits);
            const sum = cells.reduce((total, level, j) => total + level * scale[j]!, 0);
            expect(sum - shift).toBe(encoding === "magnitude" ? Math.abs(w) : w);
          }
        });

  test("8 bits in cells of one: as many cells as the encodings are known to take", () => {
    expect(ENCODINGS.map((encoding) => slicesOf(encoding, 8, 1))).toEqual([8, 8, 7, 14]);
  });
});
