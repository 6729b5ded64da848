import { expect, test } from "vitest";
import { rng } from "../../base/rng.js";
import type { Budget } from "../budget.js";
import { attempt } from "./attempt.js";
import { boundOf, slowest } from "./bound.js";
import { dualOf } from "./dual.js";
import { frontierOf } from "./frontier.js";
import { improve } from "./improve.js";
import { layOut } from "./instance.js";
import { countedBound } from "./portions.js";
import type { Selection, SelectionOption } from "./problem.js";
import { select } from "./select.js";

const budget: Budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => {} };
const PORTION = 100;

/** A chain with a skip, whose loads are whole portions but for a little of one node. */
function random(seed: number): Selection {
  const next = rng(seed);
  const whole = (n: number) => Math.floor(next() * n);
  const count = 4 + whole(3);
  const option = (v: number): SelectionOption => {
    const portions = whole(4);
    const lanes = 1 + whole(2);
    // What is carried need not be kept.
    const costs = [2 + 3 * (3 - portions) + whole(4), 1 + whole(6)];
    return { time: 10 + whole(40), costs, load: portions * PORTION + (v === 0 ? whole(3) : 0), in: lanes, out: lanes };
  };
  const nodes = Array.from({ length: count }, (_, v) => ({ options: Array.from({ length: 3 + whole(3) }, () => option(v)) }));
  const converters = [
    { out: 1, in: 2, costs: [1, 0] },
    { out: 2, in: 1, costs: [0, 1] },
  ];
  const edges = [...nodes.keys()].slice(1).map((to) => ({ from: to - 1, to, converters }));
  return {
    rows: ["ram", "lut"],
    budgets: [count * (5 + whole(5)), count * (3 + whole(4))],
    rate: 1 + whole(8),
    fixedLoad: whole(50),
    nodes,
    edges: [...edges, { from: 0, to: 2, converters }],
  };
}

/** The least time of all choices, one by one; infinite where none fits. */
function least({ nodes, edges, budgets, rate, fixedLoad }: Selection): number {
  let best = Number.POSITIVE_INFINITY;
  const go = (chosen: readonly SelectionOption[]): void => {
    if (chosen.length < nodes.length) {
      for (const option of nodes[chosen.length]!.options) go([...chosen, option]);
      return;
    }
    const between = edges.map(({ from, to, converters }) => converters.find((c) => c.out === chosen[from]!.out && c.in === chosen[to]!.in));
    const fits = budgets.every(
      (most, r) => chosen.reduce((sum, o) => sum + o.costs[r]!, 0) + between.reduce((sum, c) => sum + (c?.costs[r] ?? 0), 0) <= most,
    );
    const carried = (fixedLoad + chosen.reduce((sum, { load }) => sum + load, 0)) / rate;
    if (fits)
      best = Math.min(
        best,
        chosen.reduce((most, { time }) => Math.max(most, time), carried),
      );
  };
  go([]);
  return best;
}

const dualIn = (selection: Selection) => {
  const instance = layOut(selection);
  return dualOf(instance, frontierOf(instance), budget);
};

test("bounds that count portions, and choices made better, keep on either side of the least time", () => {
  let [raised, found] = [0, 0];
  for (let seed = 0; seed < 150; seed++) {
    const selection = random(seed);
    const truth = least(selection);
    const answer = select(selection, budget);
    expect(answer.status === "infeasible" ? Number.POSITIVE_INFINITY : "time" in answer && answer.time, `seed ${seed}`).toBeCloseTo(
      truth,
      9,
    );
    if (truth === Number.POSITIVE_INFINITY) continue;

    const dual = dualIn(selection);
    const { time: bound } = boundOf(dual);
    const last = slowest(dual.instance);
    const counted = countedBound(dual, bound, last);
    expect(counted, `seed ${seed}`).toBeGreaterThanOrEqual(bound);
    expect(counted, `seed ${seed}`).toBeLessThanOrEqual(truth * (1 + 1e-9));
    if (counted > bound * (1 + 1e-6)) raised++;

    const first = attempt(selection, dual, last, 2, new Set());
    if (first.kind === "none" || first.plan === undefined) continue;
    const better = improve(selection, dual, first.plan, bound, new Set());
    expect(better.time, `seed ${seed}`).toBeLessThanOrEqual(first.plan.time);
    expect(better.time, `seed ${seed}`).toBeGreaterThanOrEqual(truth * (1 - 1e-9));
    found++;
  }
  expect(raised).toBeGreaterThan(5);
  expect(found).toBeGreaterThan(20);
});

test("sees that portions cannot be shared out", () => {
  // Four nodes keep their weights in RAM (6) or carry a portion; RAM holds two of them and a half. Multipliers would carry one and a half portions.
  const options: readonly SelectionOption[] = [
    { time: 1, costs: [6], load: 0, in: 0, out: 0 },
    { time: 1, costs: [0], load: PORTION, in: 0, out: 0 },
  ];
  const selection: Selection = { rows: ["ram"], budgets: [15], rate: 1, fixedLoad: 0, nodes: Array(4).fill({ options }), edges: [] };
  const dual = dualIn(selection);
  const { time } = boundOf(dual);
  expect(time).toBeCloseTo(1.5 * PORTION, 3);
  expect(countedBound(dual, time, 3 * PORTION)).toBeCloseTo(2 * PORTION, 6);
});
