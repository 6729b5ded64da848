import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathCost, shortestPath } from "./path.js";

function cheapest(n: number, start: readonly number[], arcs: readonly number[]): number {
  const best = (at: number, seen: number): number => {
    if (seen === (1 << n) - 1) return 0;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < n; j++)
      if (!(seen & (1 << j))) least = Math.min(least, (at < 0 ? start[j]! : arcs[at * n + j]!) + best(j, seen | (1 << j)));
    return least;
  };
  return best(-1, 0);
}

const costs = (n: number, most: number) => fc.array(fc.integer({ min: 0, max: most }), { minLength: n * (n + 1), maxLength: n * (n + 1) });

describe("shortestPath", () => {
  test("finds what trying every order finds", () => {
    const cases = fc
      .integer({ min: 1, max: 7 })
      .chain((n) => costs(n, 30).map((list) => ({ n, start: list.slice(0, n), arcs: list.slice(n) })));
    fc.assert(
      fc.property(cases, ({ n, start, arcs }) => {
        const { order, cost, bound } = shortestPath(n, start, arcs);
        expect(cost).toBe(cheapest(n, start, arcs));
        expect(bound).toBe(cost);
        expect(pathCost(n, start, arcs, order)).toBe(cost);
        expect(new Set(order).size).toBe(n);
      }),
    );
  });

  test("visits many nodes once, at a cost that the bound does not pass", () => {
    const n = 40;
    fc.assert(
      fc.property(costs(n, 1000), (list) => {
        const start = list.slice(0, n);
        const arcs = list.slice(n);
        const { order, cost, bound } = shortestPath(n, start, arcs);
        expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
        expect(pathCost(n, start, arcs, order)).toBe(cost);
        expect(bound).toBeLessThanOrEqual(cost);
        expect(bound).toBeGreaterThan(0);
      }),
      { numRuns: 20 },
    );
  });

  test("proves a path that follows a ring", () => {
    const n = 30;
    const arcs = Array.from({ length: n * n }, (_, k) => (k % n === (((k / n) | 0) + 7) % n ? 1 : 50));
    const start = Array.from({ length: n }, (_, j) => (j === 3 ? 1 : 50));
    expect(shortestPath(n, start, arcs)).toMatchObject({ cost: n, bound: n });
  });
});
