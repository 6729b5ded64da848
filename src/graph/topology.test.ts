import fc from "fast-check";
import { expect, test } from "vitest";
import { topologicalOrder } from "./topology.js";

const order = (edges: readonly (readonly number[])[]) => topologicalOrder(edges.length, (n) => edges[n] ?? []);

test("an order that is one already is kept", () => {
  expect(order([[], [0], [0], [2, 1]])).toEqual({ kind: "order", order: [0, 1, 2, 3] });
});

test("needs are pulled forward, the rest stays", () => {
  expect(order([[], [3], [0], [0]])).toEqual({ kind: "order", order: [0, 3, 1, 2] });
});

test("a cycle is told in the order of its needs", () => {
  expect(order([[], [2], [3], [1]])).toEqual({ kind: "cycle", cycle: [1, 2, 3] });
  expect(order([[0]])).toEqual({ kind: "cycle", cycle: [0] });
});

test("a reversed chain of 200,000 neither recurses nor lasts", () => {
  const n = 200_000;
  const result = topologicalOrder(n, (i) => (i + 1 < n ? [i + 1] : []));
  expect(result.kind === "order" && result.order[0]).toBe(n - 1);
});

test("law: every order has each node once and after its needs; every cycle is one", () => {
  const graphs = fc
    .integer({ min: 1, max: 12 })
    .chain((n) => fc.array(fc.array(fc.integer({ min: 0, max: n - 1 }), { maxLength: 3 }), { minLength: n, maxLength: n }));
  fc.assert(
    fc.property(graphs, (edges) => {
      const result = order(edges);
      if (result.kind === "cycle")
        return result.cycle.every((node, i) => edges[node]?.includes(result.cycle[(i + 1) % result.cycle.length] ?? -1));
      const place = new Map(result.order.map((node, i) => [node, i]));
      return (
        place.size === edges.length && edges.every((needs, node) => needs.every((need) => (place.get(need) ?? 0) < (place.get(node) ?? 0)))
      );
    }),
  );
});
