import { describe, expect, test } from "vitest";
import { enginesOf, honest, residual, streaming } from "../../test/small-pipeline.js";
import type { Engine, PipelinePlan, PipelineProblem } from "../planners/pipeline/plan.js";
import { verify } from "../planners/pipeline/verify.js";
import type { Bars, Heat } from "./chart.js";
import { csv, csvTables } from "./csv.js";
import { headline } from "./headline.js";
import { type Report, report } from "./report.js";
import { CSV_TABLES } from "./table.js";
import { text } from "./text.js";

function reported(problem: PipelineProblem, engines: readonly Engine[], baselines: PipelinePlan["baselines"], share = 1): Report {
  const plan = { ...honest(problem, engines), baselines };
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  const bound = Math.floor(share * plan.claims.cyclesPerFrame);
  return report({
    model: "sample",
    target: "device",
    problem,
    accepted: verdict.accepted,
    outcome: { status: share === 1 ? "optimal" : "feasible", bound, scope: "all configurations", proof: "made up" },
    coverage: { macs: 1, activationBytes: 1, notModelled: [] },
    warnings: [],
    seconds: {},
    manifest: { stowage: "0", model: "", target: "", seed: 1, budget: {} },
  });
}

const problem = residual();
const nothing = { vanilla: undefined, greedy: undefined };
const still = reported(problem, enginesOf(problem), nothing);
const streamed = reported(problem, streaming(problem), { vanilla: 200_000, greedy: 300_000 }, 0.5);
const only = reported(problem, streaming(problem), nothing);
const all = [still, streamed, only];

const table = (r: Report, key: string) => r.tables.find((t) => t.key === key)!;
const chart = <T>(r: Report, title: string): T => r.charts.find((c) => c.title === title) as unknown as T;
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);

describe("the figures", () => {
  test("hang together: cycles, seconds, bytes and shares of the link", () => {
    for (const { metrics: m } of all) {
      expect(m.framesPerSecond).toBeCloseTo(1 / Number(m.cyclesPerFrame), 12); // one cycle per second
      expect(m.offChipBytes).toBe(Number(m.compulsoryBytes) + Number(m.weightBytesPerFrame));
      expect(m.offChipBytesPerSecond).toBeCloseTo(Number(m.offChipBytes) / Number(m.cyclesPerFrame), 12);
      const layers = m.layers as unknown as { dsp: number; weightBytesPerFrame: number; onChipWeightBytes: number; weightBytes: number }[];
      expect(sum(layers.map(({ weightBytesPerFrame }) => weightBytesPerFrame))).toBe(m.weightBytesPerFrame);
      expect(sum(layers.map(({ dsp }) => dsp))).toBe(m.dsp);
      expect(sum(layers.map(({ onChipWeightBytes }) => onChipWeightBytes))).toBe(m.onChipWeightBytes);
    }
    expect(still.metrics.weightBytesPerFrame).toBe(0);
    expect(streamed.metrics.weightBytesPerFrame).toBe(2 * 64 * 16 * 72);
  });

  test("cycles per frame carry the bound; what is part of the device says so", () => {
    const [first] = streamed.figures;
    expect(first).toMatchObject({ key: "cyclesPerFrame", bound: streamed.objective.bound, gap: streamed.objective.gap });
    expect(streamed.status).toBe("feasible");
    expect(still.status).toBe("optimal");
    for (const key of ["dsp", "bram18"]) expect(streamed.figures.find((f) => f.key === key)?.of).toBe(1e6);
  });

  test("the sentence says what streaming buys", () => {
    expect(headline(still)).toMatch(/^Every layer has an engine of its own, and all weights are on chip\. Takes .* per frame/);
    expect(headline(streamed)).toMatch(/^Streaming some of the weights gives 35\.4 % more frames per second .* published greedy search/);
    expect(headline(only)).toMatch(/^With all weights on chip the network does not fit/);
  });
});

describe("tables and charts", () => {
  test("every row has every key, and CSV knows each table", () => {
    for (const r of all)
      for (const { key, columns, rows } of r.tables) {
        expect(CSV_TABLES).toContain(key);
        for (const row of rows) expect(Object.keys(row)).toEqual(expect.arrayContaining(columns.map((column) => column.key)));
      }
    for (const key of ["comparison", "device", "stages", "weights"]) expect(csvTables(streamed)).toContain(key);
    expect(csv(streamed, "stages")?.split("\n")[1]).toContain("layer 0");
  });

  test("weights on chip and off chip add up to the weights", () => {
    const rows = table(streamed, "weights").rows as unknown as { weightBytes: number; onChipBytes: number; onChip: number }[];
    expect(rows.map(({ onChip }) => onChip)).toEqual([1, 0, 0.5, 1]);
    const bars = chart<Bars>(streamed, "Where weights are");
    expect(bars.groups.map(({ values }) => sum(values))).toEqual(rows.map(({ weightBytes }) => weightBytes));
  });

  test("no stage goes over the line, and the link carries what the ledger says", () => {
    const stages = chart<Bars>(streamed, "Stages against the frame");
    for (const { values } of stages.groups) expect(values[0]).toBeLessThanOrEqual(stages.mark!.value);
    const link = chart<Bars>(streamed, "The link off chip");
    expect(sum(link.groups[0]?.values ?? [])).toBeCloseTo(Number(streamed.metrics.offChipBytesPerSecond), 9);
    expect(sum(link.groups[0]?.values ?? [])).toBeLessThanOrEqual(link.mark!.value);
  });

  test("the picture of the weight stream has a row for each layer that streams, and only then", () => {
    expect(chart<Heat>(streamed, "The weight stream").rows.names).toEqual(["layer 2", "layer 3"]);
    expect(chart(still, "The weight stream")).toBeUndefined();
  });

  test("the terminal shows it on a screen", () => {
    const shown = text(streamed);
    for (const word of ["Cycles per frame", "DSPs", "Weights", "Stages"]) expect(shown).toContain(word);
    expect(shown.split("\n").length).toBeLessThan(100);
  });
});
