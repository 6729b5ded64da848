import { expect, test } from "vitest";
import { dspsPerProduct, productsPerDsp } from "./dsp.js";

const signed = (value: bigint, bits: number): bigint => BigInt.asIntN(bits, value);

/** Multiplies as the hardware does: weights added up in the wide port, fields of the product taken apart. */
function packed(weights: readonly number[], activation: number, bits: { readonly weight: number; readonly activation: number }) {
  const field = bits.weight + bits.activation;
  const port = weights.reduce((sum, w, j) => sum + (BigInt(w) << BigInt(j * field)), 0n);
  const product = port * BigInt(activation);
  const fields = weights.map((_, j) => {
    const borrow = j === 0 ? 0n : (product >> BigInt(j * field - 1)) & 1n;
    return Number(signed((product >> BigInt(j * field)) + borrow, field));
  });
  return { port, fields };
}

test("packed products come apart again, and fit the port", () => {
  for (const [fabric, wide] of [["7series", 25] as const, ["ultrascale+", 27] as const])
    for (const [weight, activation] of [
      [2, 2],
      [4, 4],
      [4, 5],
      [5, 3],
      [8, 8],
      [6, 6],
    ] as const) {
      const count = productsPerDsp(fabric, weight, activation);
      const [least, most] = [-(2 ** (weight - 1)), 2 ** (weight - 1) - 1];
      // Unsigned activations reach further than signed ones.
      for (const a of [0, 1, 2 ** activation - 1, 2 ** (activation - 1)])
        for (const pattern of [
          [least, most],
          [most, least],
          [least, least],
          [most, most],
          [-1, 0],
          [0, -1],
        ]) {
          const weights = Array.from({ length: count }, (_, j) => pattern[j % 2]!);
          const { port, fields } = packed(weights, a, { weight, activation });
          expect(signed(port, wide), `${weight} x ${activation}`).toBe(port);
          expect(fields, `${weight} x ${activation}`).toEqual(weights.map((w) => w * a + 0));
        }
    }
});

test("two products of 8 x 8 bits, three of 4 x 4 and 4 x 5, one of 16 x 16", () => {
  const of = (w: number, a: number) => [productsPerDsp("7series", w, a), productsPerDsp("ultrascale+", w, a)];
  expect([of(8, 8), of(4, 4), of(4, 5), of(16, 16)]).toEqual([
    [2, 2],
    [3, 3],
    [3, 3],
    [1, 1],
  ]);
});

test("wide operands take several multipliers", () => {
  // 32 bits: two parts of 26 and of 17 bits each.
  expect(dspsPerProduct("ultrascale+", 27, 18)).toBe(1);
  expect(dspsPerProduct("ultrascale+", 28, 18)).toBe(2);
  expect(dspsPerProduct("7series", 26, 18)).toBe(2);
  expect(dspsPerProduct("ultrascale+", 32, 32)).toBe(4);
});
