import { describe, expect, test } from "vitest";
import { sample } from "../../test/browser/sample.js";
import type { ScratchpadProblem } from "../planners/scratchpad/plan.js";
import { headline } from "./headline.js";
import { type Report, report } from "./report.js";
import { text } from "./text.js";

const input = sample({ steps: 150 });
const traffic = report(input);

/** The sample's plan as one that was made for another objective, with a bound on it. */
function planned(objective: ScratchpadProblem["objective"], bound: number, status: Report["status"] = "feasible"): Report {
  return report({ ...input, problem: { ...input.problem, objective }, outcome: { ...input.outcome, status, bound } });
}

const figure = (made: Report, key: string) => made.figures.find((f) => f.key === key)!;

describe("the objective is the problem's", () => {
  test.each([
    ["traffic", "nonCompulsoryBytes", "B"],
    ["latency", "latencyCycles", "cycle"],
    ["energy", "energyPicojoules", "pJ"],
  ] as const)("%s is counted in %s, and that figure alone has the outcome's bound", (objective, name, unit) => {
    const value = Number(traffic.metrics[name]);
    const made = planned(objective, Math.floor(value * 0.9));
    expect(made.objective).toMatchObject({ name, unit, value, bound: Math.floor(value * 0.9) });
    expect(figure(made, name)).toMatchObject({ value, bound: made.objective.bound, gap: made.objective.gap });
    expect(figure(made, name).boundNote).toContain(made.objective.proof);
    for (const other of made.figures.filter((f) => f.key !== name && f.key !== "offChipBytes" && objective !== "traffic"))
      expect(other.boundNote).not.toContain(made.objective.proof);
    expect(made.metrics).toEqual(traffic.metrics);
  });

  test("where it is not traffic, only the compulsory bytes are proven", () => {
    const made = planned("latency", 1000);
    expect(figure(made, "offChipBytes").bound).toBe(made.metrics.compulsoryBytes);
    expect(figure(made, "nonCompulsoryBytes").bound).toBe(0);
    expect(figure(made, "energyPicojoules").bound).toBeLessThan(figure(traffic, "energyPicojoules").bound!);
  });

  test("the headline says it in its own unit", () => {
    const { latencyCycles, energyPicojoules } = traffic.metrics;
    expect(headline(planned("latency", latencyCycles, "optimal"))).toBe("Takes 1.57 ms, and no plan in this order of steps takes less.");
    expect(headline(planned("latency", 1_000_000))).toBe("Takes 1.57 ms; at least 1 ms of that are unavoidable in this order of steps.");
    expect(headline(planned("energy", energyPicojoules / 2))).toMatch(/^Spends \S+ µJ; at least \S+ µJ of that/);
  });

  test("sums that differ in their last digit are the same sum, bytes that differ by one are not", () => {
    const { energyPicojoules, nonCompulsoryBytes } = traffic.metrics;
    const energy = planned("energy", energyPicojoules * (1 - 1e-13), "optimal");
    expect(energy.status).toBe("optimal");
    expect(energy.objective.gap).toBe(0);
    expect(figure(energy, "energyPicojoules").gap).toBe(0);
    expect(planned("traffic", Number(nonCompulsoryBytes) - 1, "optimal").status).toBe("feasible");
  });

  test("the terminal shows the bound beside its figure", () => {
    const lines = text(planned("latency", 1_234_567)).split("\n");
    expect(lines.find((l) => l.startsWith("Latency"))).toContain("≥ 1,234,567 cycles");
    expect(lines.find((l) => l.startsWith("Bound on latency: "))).toBeDefined();
  });
});

test("what fragmentation costs is shown where the solver says it, and nowhere else", () => {
  const made = report({ ...input, outcome: { ...input.outcome, fragmentationBytes: 4096 } });
  expect(made.objective.fragmentationBytes).toBe(4096);
  expect(text(made)).toMatch(/of it by fragmentation +4 KiB +4,096 B/);
  expect(traffic.objective).not.toHaveProperty("fragmentationBytes");
  expect(text(traffic)).not.toContain("fragmentation");
});
