import { expect, test } from "vitest";
import { dspsOfActivation, dspsPerProduct, productsPerDsp } from "./dsp.js";

const signed = (value: bigint, bits: number): bigint => BigInt.asIntN(bits, value);

/** Multiplies as the hardware does: weights added up in the wide port, half of a field added to each field of the product. */
function packed(weights: readonly number[], activation: number, bits: { readonly weight: number; readonly activation: number }) {
  const width = bits.weight + bits.activation;
  const half = 1n << BigInt(width - 1);
  const port = weights.reduce((sum, w, j) => sum + (BigInt(w) << BigInt(j * width)), 0n);
  const raised = port * BigInt(activation) + weights.reduce((sum, _, j) => sum + (half << BigInt(j * width)), 0n);
  const fields = weights.map((_, j) => Number(BigInt.asUintN(width, raised >> BigInt(j * width)) - half));
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
      for (const a of [0, 1, -1, 2 ** (activation - 1) - 1, -(2 ** (activation - 1))])
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

test("all products of 8 x 8 bits, two at a time: no field reaches into the next", () => {
  const field = 2 ** 16;
  let wrong = 0;
  for (let a = -128; a < 128; a++)
    for (let w0 = -128; w0 < 128; w0++)
      for (let w1 = -128; w1 < 128; w1++) {
        const raised = (w0 + w1 * field) * a + field / 2 + (field * field) / 2;
        const [low, high] = [raised % field, Math.floor(raised / field)];
        if (raised < 0 || low - field / 2 !== w0 * a || high - field / 2 !== w1 * a) wrong++;
      }
  expect(wrong).toBe(0);
});

test("filters that leave a multiplier half empty, and depth-wise ones, which share nothing", () => {
  expect([1, 2, 3, 4, 7].map((filters) => dspsOfActivation("ultrascale+", 4, 5, filters))).toEqual([1, 1, 1, 2, 3]);
  expect([1, 2, 3].map((filters) => dspsOfActivation("7series", 8, 8, filters))).toEqual([1, 1, 2]);
  expect([1, 2].map((filters) => dspsOfActivation("ultrascale+", 24, 20, filters))).toEqual([2, 4]);
});

test("wide operands take several multipliers", () => {
  expect(dspsPerProduct("ultrascale+", 27, 18)).toBe(1);
  expect(dspsPerProduct("ultrascale+", 28, 18)).toBe(2);
  expect(dspsPerProduct("7series", 26, 18)).toBe(2);
  // 32 bits: 27 and 17 for the one port, 18 and 17 for the other.
  expect(dspsPerProduct("ultrascale+", 32, 32)).toBe(4);
  // Sums that a factor scales: a second multiplier takes 17 bits more, not another port's.
  expect([27, 28, 44, 45].map((sum) => dspsPerProduct("ultrascale+", sum, 17))).toEqual([1, 2, 2, 3]);
});
