import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assign } from "./assignment.js";

function cheapest(costs: readonly number[], rows: number, columns: number): number {
  const best = (row: number, used: number): number => {
    if (row === rows) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < columns; j++)
      if (!(used & (1 << j))) least = Math.min(least, costs[row * columns + j]! + best(row + 1, used | (1 << j)));
    return least;
  };
  return best(0, 0);
}

const square = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 2 }))
  .chain(([rows, more]) =>
    fc
      .array(fc.integer({ min: -20, max: 20 }), { minLength: rows * (rows + more), maxLength: rows * (rows + more) })
      .map((costs) => ({ costs, rows, columns: rows + more })),
  );

describe("assign", () => {
  test("finds what trying everything finds, and prices that prove it", () => {
    fc.assert(
      fc.property(square, ({ costs, rows, columns }) => {
        const { column, cost, rowPrice, columnPrice } = assign(costs, rows, columns);
        expect(cost).toBe(cheapest(costs, rows, columns));
        expect(new Set(column).size).toBe(rows);
        for (let i = 0; i < rows; i++)
          for (let j = 0; j < columns; j++) expect(rowPrice[i]! + columnPrice[j]!).toBeLessThanOrEqual(costs[i * columns + j]! + 1e-9);
        const prices = rowPrice.reduce((a, b) => a + b, 0) + columnPrice.reduce((a, b) => a + b, 0);
        expect(prices).toBeCloseTo(cost, 9);
      }),
    );
  });

  test("takes the identity where it is free", () => {
    const n = 128;
    const costs = new Int32Array(n * n).map((_, k) => ((k / n) | 0) ^ (k % n));
    expect(assign(costs, n).cost).toBe(0);
  });
});
