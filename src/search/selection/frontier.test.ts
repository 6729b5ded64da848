import { expect, test } from "vitest";
import { frontierOf } from "./frontier.js";
import { layOut } from "./instance.js";
import type { Selection } from "./problem.js";

const CLASSES = 6;

/** Every node has the same classes, and any may follow any. */
function graph(count: number, edges: readonly (readonly [number, number])[]): Selection {
  const classes = Array.from({ length: CLASSES }, (_, c) => c);
  const pairs = classes.flatMap((a) => classes.map((b) => ({ in: a, out: b })));
  return {
    rows: ["lut"],
    budgets: [1],
    rate: 1,
    fixedLoad: 0,
    nodes: Array.from({ length: count }, () => ({ options: pairs.map((pair) => ({ time: 1, costs: [1], load: 0, ...pair })) })),
    edges: edges.map(([from, to]) => ({ from, to, converters: pairs.map((pair) => ({ ...pair, costs: [1] })) })),
  };
}

function widest(count: number, edges: readonly (readonly [number, number])[]): number {
  const { steps, omitted } = frontierOf(layOut(graph(count, edges)));
  expect(omitted).toEqual([]);
  return Math.max(...steps.map(({ states }) => states));
}

const chain = (count: number) => Array.from({ length: count - 1 }, (_, v) => [v, v + 1] as const);

test("a chain has one class open at a time", () => {
  expect(widest(40, chain(40))).toBe(CLASSES);
});

test("a skip connection opens a second one", () => {
  const skips = [0, 4, 8, 12].map((v) => [v, v + 4] as const);
  expect(widest(20, [...chain(20), ...skips])).toBe(CLASSES ** 2);
});

test("a U is walked from both sides", () => {
  const skips = Array.from({ length: 8 }, (_, level) => [level, 19 - level] as const);
  expect(widest(20, [...chain(20), ...skips])).toBeLessThanOrEqual(CLASSES ** 3);
});

test("branches that join are closed one by one", () => {
  const block = (head: number) =>
    [0, 1, 2, 3].flatMap((branch) => [[head, head + 1 + branch] as const, [head + 1 + branch, head + 5] as const]);
  expect(widest(16, [...block(0), ...block(5), ...block(10)])).toBeLessThanOrEqual(CLASSES ** 3);
});

test("of a graph that is too wide, edges are left out until it is narrow", () => {
  const edges = Array.from({ length: 14 }, (_, from) => Array.from({ length: 13 - from }, (_, k) => [from, from + 1 + k] as const)).flat();
  const { steps, omitted } = frontierOf(layOut(graph(14, edges)), 2000);
  expect(omitted.length).toBeGreaterThan(0);
  expect(omitted.length).toBeLessThan(edges.length);
  expect(steps.length).toBe(14 + edges.length - omitted.length);
  expect(Math.max(...steps.map(({ states }) => states))).toBeLessThanOrEqual(2000);
});
