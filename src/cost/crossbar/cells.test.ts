import fc from "fast-check";
import { expect, test } from "vitest";
import { clear, differ, filled, ones, putBits } from "./cells.js";

const BITS = 96;
const bitsOf = (words: Uint32Array) => Array.from({ length: BITS }, (_, bit) => (words[bit >> 5]! >>> (bit & 31)) & 1);
const words = fc.uint32Array({ minLength: BITS / 32, maxLength: BITS / 32 });
const span = fc
  .record({ bit: fc.integer({ min: 0, max: BITS - 1 }), width: fc.integer({ min: 1, max: BITS }) })
  .filter(({ bit, width }) => bit + width <= BITS);

test("puts and clears bits where they are asked to, and nowhere else", () => {
  fc.assert(
    fc.property(words, span, fc.nat(), (given, { bit, width }, seed) => {
      const before = bitsOf(given);
      const cleared = given.slice();
      clear(cleared, bit, width);
      expect(bitsOf(cleared)).toEqual(before.map((one, k) => (k >= bit && k < bit + width ? 0 : one)));
      const narrow = Math.min(32, width);
      const value = (Math.imul(seed, 0x9e3779b1) >>> 0) >>> (32 - narrow);
      const put = given.slice();
      putBits(put, bit, narrow, value);
      expect(bitsOf(put)).toEqual(before.map((one, k) => (k >= bit && k < bit + narrow ? (value >>> (k - bit)) & 1 : one)));
    }),
  );
});

test("sees whether bits differ, and only those", () => {
  fc.assert(
    fc.property(words, fc.array(fc.integer({ min: 0, max: BITS - 1 }), { maxLength: 3 }), span, (given, flipped, { bit, width }) => {
      const other = given.slice();
      for (const at of flipped) other[at >> 5]! ^= 1 << (at & 31);
      const [a, b] = [bitsOf(given), bitsOf(other)];
      expect(differ(given, other, bit, width)).toBe(a.some((one, k) => k >= bit && k < bit + width && one !== b[k]));
    }),
  );
});

test("counts ones and cells that are not 0", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constantFrom(1, 2, 4, 8), (x, bits) => {
      const cells = Array.from({ length: 32 / bits }, (_, k) => (x >>> (k * bits)) & (2 ** bits - 1));
      expect(ones(x)).toBe(bitsOf(Uint32Array.of(x, 0, 0)).reduce((sum, one) => sum + one, 0));
      expect(ones(filled(x, bits))).toBe(cells.filter((level) => level > 0).length);
    }),
  );
});
