import fc from "fast-check";
import { expect, test } from "vitest";
import { integersOf } from "./products.js";

test("integers lie in the bits that they are said to have, one bit as well", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -9, max: 9, noNaN: true }), { minLength: 6, maxLength: 6 }),
      fc.integer({ min: 1, max: 8 }),
      fc.constantFrom("tensor" as const, "channel" as const),
      fc.boolean(),
      (reals, bits, scales, whole) => {
        const values = Float64Array.from(reals, (w) => (whole ? Math.round(w) : w));
        const form = { groups: 1, inputs: 3, outputs: 2, vectors: 1, at: (_: number, k: number, n: number) => 2 * k + n };
        const made = integersOf({ values, shape: [3, 2], ...(whole ? { integers: values } : {}) }, form, bits, scales);
        for (const w of made.values) {
          expect(w).toBeGreaterThanOrEqual(-(2 ** (made.bits - 1)));
          expect(w).toBeLessThan(2 ** (made.bits - 1));
        }
      },
    ),
  );
});
