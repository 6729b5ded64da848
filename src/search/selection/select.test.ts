import { describe, expect, test } from "vitest";
import type { Budget } from "../budget.js";
import type { Selected, Selection, SelectionOption } from "./problem.js";
import { select } from "./select.js";

const budget: Budget = { seed: 1, nodes: 100_000, stop: () => false, progress: () => {} };

const option = (time: number, cost: number, load = 0, lanes = 1): SelectionOption => ({ time, costs: [cost], load, in: lanes, out: lanes });

/** Nodes in a row, one row of costs; a converter between 1 and 2 lanes costs 3. */
function chain(nodes: readonly (readonly SelectionOption[])[], most: number, others: Partial<Selection> = {}): Selection {
  const converters = [
    { out: 1, in: 2, costs: [3] },
    { out: 2, in: 1, costs: [3] },
  ];
  return {
    rows: ["lut"],
    budgets: [most],
    rate: 1,
    fixedLoad: 0,
    nodes: nodes.map((options) => ({ options })),
    edges: nodes.slice(1).map((_, v) => ({ from: v, to: v + 1, converters })),
    ...others,
  };
}

/** The one place that knows the shape of an answer. */
function check(found: Selected, expected: { readonly time: number; readonly choice: readonly number[] }): void {
  expect(found).toMatchObject({ status: "optimal", ...expected, bound: expected.time });
}

describe("select", () => {
  test("spends the budget on the slowest node", () => {
    // 5 units: the second node's fast option costs 4 and the first's would cost 4 as well.
    const found = select(
      chain(
        [
          [option(10, 1), option(5, 4)],
          [option(12, 1), option(6, 4)],
        ],
        5,
      ),
      budget,
    );
    check(found, { time: 10, choice: [0, 1] });
  });

  test("pays for converters between unequal classes", () => {
    // Two lanes on one side only: 2 + 2 + 3 = 7; on both: 2 + 2.
    const nodes = [
      [option(8, 1, 0, 1), option(4, 2, 0, 2)],
      [option(8, 1, 0, 1), option(4, 2, 0, 2)],
    ];
    check(select(chain(nodes, 4), budget), { time: 4, choice: [1, 1] });
    check(select(chain([nodes[0]!, [option(4, 2, 0, 1)]], 6), budget), { time: 8, choice: [0, 0] });
    check(select(chain([nodes[0]!, [option(4, 2, 0, 1)]], 7), budget), { time: 4, choice: [1, 0] });
  });

  test("counts equal classes where the edge says what they cost", () => {
    const edges = [{ from: 0, to: 1, converters: [{ out: 1, in: 1, costs: [5] }] }];
    check(select(chain([[option(1, 1)], [option(1, 1)]], 7, { edges }), budget), { time: 1, choice: [0, 0] });
    expect(select(chain([[option(1, 1)], [option(1, 1)]], 6, { edges }), budget).status).toBe("infeasible");
  });

  test("takes as long as the load needs", () => {
    // Load 30 and 4 that is always there, 2 per cycle: 17 cycles. Without the load the row would need 10 of 6.
    const nodes = [
      [option(3, 5), option(3, 1, 10)],
      [option(3, 5), option(3, 1, 30)],
    ];
    check(select(chain(nodes, 6, { rate: 2, fixedLoad: 4 }), budget), { time: 7, choice: [1, 0] });
    check(select(chain(nodes, 5, { rate: 2, fixedLoad: 4 }), budget), { time: 22, choice: [1, 1] });
  });

  test("without a link, only what carries nothing is chosen", () => {
    const nodes = [[option(3, 5), option(3, 1, 10)]];
    check(select(chain(nodes, 5, { rate: 0 }), budget), { time: 3, choice: [0] });
    expect(select(chain(nodes, 4, { rate: 0 }), budget).status).toBe("infeasible");
  });

  test("a pair that is missing is not chosen", () => {
    const edges = [{ from: 0, to: 1, converters: [] }];
    const nodes = [[option(1, 1, 0, 1), option(9, 1, 0, 2)], [option(1, 1, 0, 2)]];
    check(select(chain(nodes, 9, { edges }), budget), { time: 9, choice: [1, 0] });
    expect(select(chain([nodes[0]!.slice(0, 1), nodes[1]!], 9, { edges }), budget)).toMatchObject({ status: "infeasible", rows: [] });
  });

  test("names the rows that no choice satisfies", () => {
    expect(select(chain([[option(1, 2)], [option(1, 2)]], 3), budget)).toMatchObject({ status: "infeasible", rows: [0] });
    expect(select(chain([[option(1, 9)]], 3), budget)).toMatchObject({ status: "infeasible", rows: [0] });
  });

  test("no nodes are a choice", () => {
    check(select(chain([], 3, { rate: 2, fixedLoad: 4 }), budget), { time: 2, choice: [] });
  });

  test("stopped at once, claims nothing", () => {
    const found = select(
      chain(
        [
          [option(10, 1), option(5, 4)],
          [option(12, 1), option(6, 4)],
        ],
        5,
      ),
      { ...budget, stop: () => true },
    );
    expect(["unknown", "feasible"]).toContain(found.status);
    if (found.status !== "infeasible") expect(found.bound).toBeLessThanOrEqual(10);
  });
});
