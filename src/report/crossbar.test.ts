import { describe, expect, test } from "vitest";
import { randomMapping, slowPlan, smallLayer, smallProblem } from "../../test/small-crossbar.js";
import type { CrossbarPlan, CrossbarProblem, Machine } from "../planners/crossbar/plan.js";
import { solve } from "../planners/crossbar/solve.js";
import { verify } from "../planners/crossbar/verify.js";
import type { Bars, Heat, Histogram } from "./chart.js";
import { csv, csvTables } from "./csv.js";
import { headline } from "./headline.js";
import { type Report, report } from "./report.js";
import { CSV_TABLES } from "./table.js";
import { text } from "./text.js";

const layers = [smallLayer(1), smallLayer(2, { after: [0], inputs: 9, outputs: 4 })];

function reported(machine: Partial<Machine>, objective: CrossbarProblem["objective"] = "latency"): Report {
  const problem = { ...smallProblem(layers, machine), objective };
  const mappings = layers.map((layer, l) =>
    randomMapping(layer, { encoding: "offset", layout: "outputs", sharing: 1, spread: 1, rounds: 4 }, problem.machine, l),
  );
  return reportOf(problem, slowPlan(problem, mappings, 2));
}

function reportOf(problem: CrossbarProblem, plan: CrossbarPlan): Report {
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  return report({
    model: "sample",
    target: "crossbars",
    problem,
    accepted: verdict.accepted,
    outcome: { status: "feasible", bound: 0, scope: "all configurations", proof: "made up" },
    coverage: { macs: 1, activationBytes: 1, notModelled: [] },
    warnings: [],
    seconds: {},
    manifest: { stowage: "0", model: "", target: "", seed: 1, budget: {} },
  });
}

const scarce = reported({ crossbars: 2 });
const roomy = reported({ crossbars: 30 });
const rows = reported({ crossbars: 2, programming: { ...smallProblem([]).machine.programming, model: "row" } });

const table = (r: Report, key: string) => r.tables.find((t) => t.key === key)!;
const chart = <T>(r: Report, title: string): T => r.charts.find((c) => c.title === title) as unknown as T;
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const column = (r: Report, key: string, name: string) => table(r, key).rows.map((row) => Number(row[name]));

describe("the figures", () => {
  test("hang together: layers add up to the whole, in time, energy, writes and bytes", () => {
    for (const r of [scarce, roomy, rows]) {
      const m = r.metrics;
      expect(sum(column(r, "layers", "programmingSeconds"))).toBeCloseTo(Number(m.programmingSeconds), 9);
      expect(sum(column(r, "layers", "computeSeconds"))).toBeCloseTo(Number(m.computeSeconds), 9);
      expect(sum(column(r, "layers", "cellWrites"))).toBeCloseTo(Number(m.cellWrites), 9);
      expect(sum(column(r, "layers", "energyPicojoules"))).toBeCloseTo(Number(m.energyPicojoules), 9);
      expect(sum(column(r, "mappings", "indexBits"))).toBe(m.indexBits);
      expect(Number(m.latencySeconds)).toBeGreaterThanOrEqual(Number(m.waitingSeconds));
      expect(m.rounds).toBe(4);
    }
    expect(roomy.metrics).toMatchObject({
      programmingSeconds: 0,
      cellWrites: 0,
      maxCellWrites: 0,
      fetchedBytes: 0,
      inferencesUntilWornOut: null,
    });
    expect(scarce.metrics.inferencesUntilWornOut).toBe(1e6 / Number(scarce.metrics.maxCellWrites));
  });

  test("the histogram counts every cell once, and its last bin holds the cell written most", () => {
    const { bins } = chart<Histogram>(scarce, "Wear");
    expect(sum(bins.map(({ count }) => count))).toBe(2 * 8 * 16);
    expect(bins.at(-1)!.end).toBeGreaterThan(Number(scarce.metrics.maxCellWrites));
    expect(bins.at(-1)!.count).toBeGreaterThan(0);
  });
});

describe("the comparison", () => {
  test("goes from rewriting all to the plan; only what differs is never more than all", () => {
    const [rewritten, differing] = column(scarce, "ways", "cellWrites");
    expect(differing).toBeLessThan(rewritten!);
    expect(column(scarce, "ways", "latencySeconds").at(-1)).toBe(scarce.metrics.latencySeconds);
    expect(column(scarce, "ways", "against")[0]).toBe(1);
    expect(chart<Bars>(scarce, "What each idea gains").groups).toHaveLength(6);
    expect(headline(scarce)).toMatch(/as fast as rewriting all|as long as rewriting all/);
  });

  test("holds the plan against plain ways that write meanwhile, the faster of each kind", () => {
    const { baselines, latencySeconds, timesRewriting, timesDifference } = scarce.metrics as unknown as {
      readonly baselines: readonly { readonly name: string; readonly latencySeconds: number }[];
      readonly latencySeconds: number;
      readonly timesRewriting: number;
      readonly timesDifference: number;
    };
    expect(baselines).toHaveLength(4);
    const fastest = (name: string) => Math.min(...baselines.filter((r) => r.name === name).map((r) => r.latencySeconds));
    expect(timesRewriting).toBeCloseTo(fastest("rewrite") / latencySeconds, 9);
    expect(timesDifference).toBeCloseTo(fastest("difference") / latencySeconds, 9);
    expect(column(scarce, "baselines", "times").at(-1)).toBe(1);
    // Writing meanwhile never takes longer than writing while nothing fires.
    const [rewriting] = column(scarce, "ways", "latencySeconds");
    expect(baselines[0]!.latencySeconds).toBeLessThanOrEqual(rewriting!);
  });

  test("says where a trick does nothing, and that nothing is written where all fits", () => {
    expect(rows.assumptions.join(" ")).toContain("All columns of a row are written at once");
    expect(scarce.assumptions.join(" ")).not.toContain("All columns of a row are written at once");
    expect(headline(roomy)).toContain("nothing is written while the network runs");
    expect(roomy.assumptions.join(" ")).toContain("the link limits nothing");
  });

  test("a slower link limits at last", () => {
    const { rows: rates } = table(scarce, "link");
    expect(rates[0]!.limit).toBe("link");
    expect(rates.map(({ fetchSeconds }) => Number(fetchSeconds))).toEqual(rates.map((_, k) => Number(rates[0]!.fetchSeconds) / 2 ** k));
  });
});

test("a plan that turns says how, what that adds and how long cells last then", () => {
  const problem = {
    ...smallProblem([smallLayer(1, { inputs: 40, outputs: 9 })], { crossbars: 3, firing: 3 }),
    objective: "endurance" as const,
  };
  const found = solve(problem, { seed: 1, nodes: 1e6, stop: () => false, progress: () => undefined });
  if (found.status !== "feasible") throw new Error("no plan");
  const { metrics, assumptions } = reportOf(problem, found.plan);
  const { claims, ...rotation } = found.plan.rotation!;
  expect(metrics.rotation).toMatchObject({
    everyInferences: rotation.every,
    rows: rotation.rows,
    crossbars: rotation.crossbars,
    ...claims,
  });
  expect(Number(metrics.inferencesUntilWornOut)).toBeGreaterThan(1e6 / Number(metrics.maxCellWrites));
  expect(assumptions.join(" ")).toContain("So that cells wear alike");
  expect(scarce.metrics.rotation).toBe(null);
});

describe("what is shown", () => {
  test("crossbars fire as long as the layers say", () => {
    const heat = chart<Heat>(scarce, "Crossbars that fire");
    const length = Number(scarce.metrics.latencySeconds) * 2;
    expect((sum(heat.values) * length) / heat.columns.count).toBeCloseTo(Number(scarce.metrics.computeSeconds) * 2, 0);
  });

  test("the goal follows the objective", () => {
    const names = (["latency", "programming", "energy", "endurance"] as const).map((objective) => reported({}, objective).objective.name);
    expect(names).toEqual(["latencyCycles", "waitingCycles", "energyPicojoules", "maxCellWrites"]);
    for (const objective of ["programming", "endurance"] as const)
      expect(headline(reported({ crossbars: 30 }, objective))).toMatch(/Nothing waits|No cell is written/);
  });

  test("all tables as text and as CSV", () => {
    for (const key of ["ways", "baselines", "levels", "layers", "mappings", "link"]) {
      expect(CSV_TABLES).toContain(key);
      expect(csvTables(scarce)).toContain(key);
      expect(csv(scarce, key)!.split("\n").length).toBeGreaterThan(1);
    }
    expect(text(scarce)).toContain("What each idea gains");
  });
});
