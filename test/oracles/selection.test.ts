import { describe, expect, test } from "vitest";
import { rng } from "../../src/base/rng.js";
import { verifyBound } from "../../src/planners/pipeline/verify-bound.js";
import type { Budget } from "../../src/search/budget.js";
import type { Mip } from "../../src/search/mip.js";
import { frontierOf } from "../../src/search/selection/frontier.js";
import { layOut } from "../../src/search/selection/instance.js";
import { leanest } from "../../src/search/selection/leanest.js";
import type { Selected, Selection } from "../../src/search/selection/problem.js";
import { select, selectAlong } from "../../src/search/selection/select.js";
import { highsSolver } from "../../src/solvers/highs.js";
import { randomSelection } from "../random-selection.js";

const budget: Budget = { seed: 1, nodes: 1_000_000, stop: () => false, progress: () => {} };
const CASES = 400;
const seeds = Array.from({ length: CASES }, (_, seed) => seed + 1);

describe("select against enumeration", () => {
  test(`${CASES} random selections: the same least time, or none`, () => {
    let solved = 0;
    for (const seed of seeds) {
      const selection = randomSelection(seed);
      solved += agrees(selection, select(selection, budget), `seed ${seed}`) ? 1 : 0;
    }
    expect(solved).toBeGreaterThan(CASES / 4);
    expect(solved).toBeLessThan((CASES * 3) / 4);
  });

  test("the same where edges had to be left out of the frontier", () => {
    let narrow = 0;
    for (const seed of seeds) {
      const selection = randomSelection(seed);
      const instance = layOut(selection);
      if (instance.factors.some(({ start }) => start.length === 1)) continue; // a node or an edge without a choice
      const frontier = frontierOf(instance, 1 + (seed % 6));
      narrow += frontier.omitted.length > 0 ? 1 : 0;
      agrees(selection, selectAlong(selection, instance, frontier, budget), `seed ${seed}`);
    }
    expect(narrow).toBeGreaterThan(CASES / 10);
  });

  test("stopped early, it never claims more than is so", () => {
    for (const seed of seeds) {
      const selection = randomSelection(seed);
      const nodes = 1 + (seed % 40);
      const found = select(selection, { ...budget, nodes });
      const best = enumerate(selection, timeOf);
      if (found.status === "infeasible") expect(best, `seed ${seed}`).toBe(Number.POSITIVE_INFINITY);
      else expect(found.bound, `seed ${seed}`).toBeLessThanOrEqual(best * (1 + 1e-9));
      if (found.status === "optimal" || found.status === "feasible") expect(timeOf(selection, found.choice)).toBeCloseTo(found.time, 9);
    }
  });
});

describe("leanest against enumeration", () => {
  test("the least weighted costs among choices of at most a time", () => {
    for (const seed of seeds.slice(0, CASES / 2)) {
      const selection = randomSelection(seed);
      const random = rng(seed);
      const weights = selection.rows.map(() => Math.round(random() * 3));
      const time = enumerate(selection, timeOf) * (1 + Math.round(random() * 3) / 4);
      if (time === Number.POSITIVE_INFINITY) continue;
      const costOf = (s: Selection, choice: readonly number[]) =>
        timeOf(s, choice) <= time
          ? weights.reduce((sum, weight, row) => sum + weight * sumsOf(s, choice)![row]!, 0)
          : Number.POSITIVE_INFINITY;
      const found = leanest(selection, time, weights, budget);
      if (found.status !== "optimal") throw new Error(`seed ${seed}: ${found.status}`);
      expect(found.time, `seed ${seed}`).toBeCloseTo(enumerate(selection, costOf), 9);
      expect(costOf(selection, found.choice), `seed ${seed}`).toBeCloseTo(found.time, 9);
    }
  });
});

describe("select against an integer programme", () => {
  test("the least time is that of HiGHS", async () => {
    const mip = highsSolver();
    for (const seed of seeds.slice(0, 60)) {
      const selection = randomSelection(seed);
      const answer = await mip(programmeOf(selection), { seconds: 60, nodes: 1_000_000 });
      const found = select(selection, budget);
      if (answer.status === "infeasible") expect(found.status, `seed ${seed}`).toBe("infeasible");
      else if (answer.status !== "optimal" || found.status !== "optimal")
        throw new Error(`seed ${seed}: ${answer.status}, ${found.status}`);
      else expect(found.time, `seed ${seed}`).toBeCloseTo(answer.value, 6);
    }
  });
});

describe("certificates", () => {
  test("the judge confirms every one, and no choice is as fast as it excludes", () => {
    let judged = 0;
    for (const seed of seeds) {
      const selection = randomSelection(seed);
      const { certificate } = select(selection, budget);
      if (certificate === undefined) continue;
      const check = verifyBound(selection, certificate);
      expect(check, `seed ${seed}`).toMatchObject({ proven: true });
      expect(check.value, `seed ${seed}`).toBeGreaterThanOrEqual(certificate.value * (1 - 1e-9));
      expect(enumerate(selection, timeOf), `seed ${seed}`).toBeGreaterThan(certificate.cycles);
      judged++;
    }
    expect(judged).toBeGreaterThan(CASES / 2);
  });

  test("the judge's least weighted sum is that of enumeration, so a false one is refused", () => {
    for (const seed of seeds) {
      const selection = randomSelection(seed);
      const random = rng(seed);
      const raw = [...selection.rows, "load"].map(() => random());
      const multipliers = raw.map((x) => x / raw.reduce((a, b) => a + b, 0));
      const cycles = 2 + random() * 30;
      const least = enumerate(selection, (s, choice) => weighted(s, choice, multipliers, cycles));
      const check = verifyBound(selection, { cycles, multipliers, value: 2 });
      expect(check.proven, `seed ${seed}`).toBe(least > 1 + 1e-10);
      if (Number.isFinite(least)) expect(check.value, `seed ${seed}`).toBeCloseTo(least, 9);
    }
  });

  test("one that is malformed or breaks its own rules is refused", () => {
    const selection = randomSelection(3);
    const { certificate } = select(selection, budget);
    if (certificate === undefined) throw new Error("no certificate");
    const { multipliers } = certificate;
    expect(verifyBound(selection, { ...certificate, multipliers: multipliers.slice(1) }).proven).toBe(false);
    expect(verifyBound(selection, { ...certificate, multipliers: multipliers.map((x) => -x) }).proven).toBe(false);
    expect(verifyBound(selection, { ...certificate, multipliers: multipliers.map(() => Number.NaN) }).proven).toBe(false);
    expect(verifyBound(selection, { ...certificate, cycles: 1e9 }).proven).toBe(false);
  });
});

/** Holds `found` against all choices. @returns whether there is one. */
function agrees(selection: Selection, found: Selected, label: string): boolean {
  const best = enumerate(selection, timeOf);
  if (best === Number.POSITIVE_INFINITY) {
    expect(found.status, label).toBe("infeasible");
    return false;
  }
  if (found.status !== "optimal") throw new Error(`${label}: ${found.status}, but ${best} can be reached`);
  expect(found.time, label).toBeCloseTo(best, 9);
  expect(timeOf(selection, found.choice), label).toBeCloseTo(best, 9);
  return true;
}

/** The least of `value` over all choices. */
function enumerate(selection: Selection, value: (selection: Selection, choice: readonly number[]) => number): number {
  let best = Number.POSITIVE_INFINITY;
  const choice: number[] = [];
  const go = (v: number): void => {
    if (v === selection.nodes.length) {
      best = Math.min(best, value(selection, choice));
      return;
    }
    for (let o = 0; o < selection.nodes[v]!.options.length; o++) {
      choice[v] = o;
      go(v + 1);
    }
  };
  go(0);
  return best;
}

/** What a choice costs per row, in that order, then its load; `undefined` where a pair of classes is not allowed. */
function sumsOf({ rows, nodes, edges }: Selection, choice: readonly number[]): readonly number[] | undefined {
  const sums = [...rows, "load"].map(() => 0);
  const add = (costs: readonly number[]) => {
    for (const [row, cost] of costs.entries()) sums[row]! += cost;
  };
  const options = nodes.map(({ options }, v) => options[choice[v]!]!);
  for (const { costs, load } of options) add([...costs, load]);
  for (const { from, to, converters } of edges) {
    const [a, b] = [options[from]!.out, options[to]!.in];
    const converter = converters.find((c) => c.out === a && c.in === b);
    if (converter === undefined && a !== b) return undefined;
    add(converter?.costs ?? []);
  }
  return sums;
}

function timeOf(selection: Selection, choice: readonly number[]): number {
  const { budgets, rate, fixedLoad, nodes } = selection;
  const sums = sumsOf(selection, choice);
  if (sums === undefined || budgets.some((budget, row) => sums[row]! > budget * (1 + 1e-12))) return Number.POSITIVE_INFINITY;
  return Math.max((sums.at(-1)! + fixedLoad) / rate, ...nodes.map(({ options }, v) => options[choice[v]!]!.time));
}

function weighted(selection: Selection, choice: readonly number[], multipliers: readonly number[], cycles: number): number {
  const caps = [...selection.budgets, selection.rate * cycles - selection.fixedLoad];
  const sums = sumsOf(selection, choice);
  const options = selection.nodes.map(({ options }, v) => options[choice[v]!]!);
  if (caps.at(-1)! < 0 || sums === undefined || options.some(({ time }) => time > cycles)) return Number.POSITIVE_INFINITY;
  const parts = [...options.map(({ costs, load }) => [...costs, load]), ...convertersOf(selection, options)];
  if (parts.some((costs) => costs.some((cost, c) => cost > caps[c]! * (1 + 1e-12)))) return Number.POSITIVE_INFINITY;
  return sums.reduce((total, sum, c) => (sum === 0 ? total : total + (multipliers[c]! * sum) / caps[c]!), 0);
}

const convertersOf = (
  { edges }: Selection,
  options: readonly { readonly out: number; readonly in: number }[],
): readonly (readonly number[])[] =>
  edges.flatMap(({ from, to, converters }) =>
    converters.filter((c) => c.out === options[from]!.out && c.in === options[to]!.in).map((c) => c.costs),
  );

/**
 * The selection as a programme: a column for T, one per option, and per edge one for each allowed pair of classes, which
 * carries what the options of that class carry (a transport problem, whole where the options are).
 */
function programmeOf({ budgets, rate, fixedLoad, nodes, edges }: Selection): Mip {
  const rows: { readonly lower: number; readonly upper: number; readonly terms: Map<number, number> }[] = [];
  const row = (lower: number, upper: number): Map<number, number> => {
    const terms = new Map<number, number>();
    rows.push({ lower, upper, terms });
    return terms;
  };
  const none = Number.NEGATIVE_INFINITY;
  const sums = budgets.map((budget) => row(none, budget));
  const load = row(none, -fixedLoad).set(0, -rate);
  let columns = 1;
  const options = nodes.map((node) => node.options.map(() => columns++));
  nodes.forEach((node, v) => {
    const once = row(1, 1);
    const slow = row(none, 0).set(0, -1);
    node.options.forEach((option, o) => {
      const x = options[v]![o]!;
      once.set(x, 1);
      slow.set(x, option.time);
      load.set(x, option.load);
      for (const [r, cost] of option.costs.entries()) sums[r]!.set(x, cost);
    });
  });
  const choices = columns;
  for (const { from, to, converters } of edges) {
    const outs = [...new Set(nodes[from]!.options.map((o) => o.out))];
    const ins = [...new Set(nodes[to]!.options.map((o) => o.in))];
    const leaving = new Map(outs.map((a) => [a, row(0, 0)]));
    const entering = new Map(ins.map((b) => [b, row(0, 0)]));
    for (const [i, o] of nodes[from]!.options.entries()) leaving.get(o.out)!.set(options[from]![i]!, -1);
    for (const [i, o] of nodes[to]!.options.entries()) entering.get(o.in)!.set(options[to]![i]!, -1);
    for (const a of outs)
      for (const b of ins) {
        const converter = converters.find((c) => c.out === a && c.in === b);
        if (converter === undefined && a !== b) continue;
        const z = columns++;
        leaving.get(a)!.set(z, 1);
        entering.get(b)!.set(z, 1);
        for (const [r, cost] of (converter?.costs ?? []).entries()) sums[r]!.set(z, cost);
      }
  }
  const entries = rows.map(({ terms }) => [...terms].sort(([a], [b]) => a - b));
  const rowStart = [0];
  for (const list of entries) rowStart.push(rowStart.at(-1)! + list.length);
  return {
    columns,
    cost: Float64Array.from({ length: columns }, (_, c) => (c === 0 ? 1 : 0)),
    columnLower: new Float64Array(columns),
    columnUpper: new Float64Array(columns).fill(1).fill(1e6, 0, 1),
    integer: new Uint8Array(columns).fill(1, 1, choices),
    rowStart: Int32Array.from(rowStart),
    index: Int32Array.from(entries.flat(), ([column]) => column),
    value: Float64Array.from(entries.flat(), ([, value]) => value),
    rowLower: Float64Array.from(rows, ({ lower }) => lower),
    rowUpper: Float64Array.from(rows, ({ upper }) => upper),
  };
}
