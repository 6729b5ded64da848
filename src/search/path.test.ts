import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathCost, shortestPath, stagedPath } from "./path.js";

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

describe("stagedPath", () => {
  /** All orders of the nodes from `from` on, one stage after the other. */
  const orders = (sizes: readonly number[], from = 0): readonly (readonly number[])[] => {
    const [size, ...rest] = sizes;
    if (size === undefined) return [[]];
    const permuted = (left: readonly number[]): readonly (readonly number[])[] =>
      left.length === 0 ? [[]] : left.flatMap((node) => permuted(left.filter((other) => other !== node)).map((tail) => [node, ...tail]));
    const tails = orders(rest, from + size);
    return permuted(Array.from({ length: size }, (_, k) => from + k)).flatMap((head) => tails.map((tail) => [...head, ...tail]));
  };
  const staged = (most: number) =>
    fc.array(fc.integer({ min: 1, max: most }), { minLength: 1, maxLength: 3 }).chain((sizes) =>
      costs(
        sizes.reduce((a, b) => a + b),
        30,
      ).map((arcs) => ({ sizes, arcs })),
    );

  test("finds what trying every order of every stage finds", () => {
    fc.assert(
      fc.property(staged(3), ({ sizes, arcs }) => {
        const n = sizes.reduce((a, b) => a + b);
        const free = new Float64Array(n);
        const { order, cost, bound } = stagedPath(sizes, arcs);
        expect(cost).toBe(Math.min(...orders(sizes).map((each) => pathCost(n, free, arcs, each))));
        expect(bound).toBe(cost);
        expect(pathCost(n, free, arcs, order)).toBe(cost);
        expect(orders(sizes)).toContainEqual([...order]);
      }),
    );
  });

  test("keeps stages of many nodes apart, at a cost that the bound does not pass", () => {
    fc.assert(
      fc.property(costs(34, 1000), (arcs) => {
        const sizes = [3, 16, 15];
        const { order, cost, bound } = stagedPath(sizes, arcs);
        expect([...order.subarray(0, 3)].sort((a, b) => a - b)).toEqual([0, 1, 2]);
        expect(Math.max(...order.subarray(0, 19))).toBe(18);
        expect(new Set(order).size).toBe(34);
        expect(pathCost(34, new Float64Array(34), arcs, order)).toBeCloseTo(cost, 9);
        expect(bound).toBeLessThanOrEqual(cost);
        expect(bound).toBeGreaterThan(0);
      }),
      { numRuns: 10 },
    );
  });
});
