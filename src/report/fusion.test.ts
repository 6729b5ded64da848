import { describe, expect, test } from "vitest";
import { planned, posedExample } from "../../test/fusion-sample.js";
import { randomFusion } from "../../test/random-fusion.js";
import { bytes, hertz } from "../base/units.js";
import { type FusionProblem, OBJECTIVES } from "../planners/fusion/plan.js";
import type { Bars, Brackets } from "./chart.js";
import { csv, csvTables } from "./csv.js";
import { headline } from "./headline.js";
import { type Report, report } from "./report.js";
import { CSV_TABLES } from "./table.js";
import { text } from "./text.js";

const real = report(planned(posedExample("mobilenetv2", "vwa", { objective: "balanced" }), "mobilenetv2"));

/** Random networks on a machine where some of the layers fuse, for each objective in turn. */
const made = Array.from({ length: 12 }, (_, seed) => {
  const problem = randomFusion(seed, 7);
  const buffers = { arrangement: "unified", size: bytes(1200), staging: bytes(40) } as const;
  return report(
    planned({ ...problem, objective: OBJECTIVES[seed % 4]!, machine: { ...problem.machine, clock: hertz(1e6), buffers } } as FusionProblem),
  );
});
const all = [real, ...made];

type Figures = { offChipBytes: number; latencyCycles: number; energyPicojoules: number };
const figures = (r: Report, key: string) => r.metrics[key] as unknown as Figures;
const table = (r: Report, key: string) => r.tables.find((t) => t.key === key)!;
const column = (r: Report, key: string, name: string): number[] => table(r, key).rows.map((row) => Number(row[name]));
const sum = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0);
const KEYS = ["offChipBytes", "latencyCycles", "energyPicojoules"] as const;

describe("the figures", () => {
  test("are the replay's, and a reduction is what fused and layer by layer come to", () => {
    for (const r of all) {
      const [fused, alone, less] = [figures(r, "fused"), figures(r, "layerByLayer"), figures(r, "reduction")];
      for (const key of KEYS) {
        expect(fused[key]).toBe(r.metrics[key]);
        expect(less[key]).toBeCloseTo(1 - fused[key] / alone[key], 12);
      }
      expect(r.metrics.offChipBytes).toBe(sum(r.ledger.map((l) => l.sizeBytes)));
    }
  });

  test("none lies below its floor, and the objective's has the outcome's bound", () => {
    for (const r of all) {
      for (const { key, value, bound = 0 } of r.figures) expect(value, key).toBeGreaterThanOrEqual(bound);
      const own = r.figures.find(({ key }) => key === r.objective.name)!;
      expect(own).toMatchObject({ value: r.objective.value, bound: r.objective.bound });
      expect(r.objective.scope).toBe("all groupings");
    }
  });

  test("groups add up to the fused run, layers to the other, and groups of one cost what their layer costs", () => {
    for (const r of all) {
      for (const key of ["offChipBytes", "latencyCycles"] as const) {
        expect(sum(column(r, "groups", key))).toBe(figures(r, "fused")[key]);
        expect(sum(column(r, "layers", key))).toBe(figures(r, "layerByLayer")[key]);
      }
      expect(sum(column(r, "groups", "energyPicojoules"))).toBeCloseTo(figures(r, "fused").energyPicojoules, 0);
      expect(sum(column(r, "layers", "energyPicojoules"))).toBeCloseTo(figures(r, "layerByLayer").energyPicojoules, 0);
      expect(sum(column(r, "groups", "layers"))).toBe(r.steps.length);
      expect(sum(column(r, "groups", "layerByLayerOffChipBytes"))).toBe(figures(r, "layerByLayer").offChipBytes);
      expect((r.metrics.groups as unknown[]).length).toBe(table(r, "groups").rows.length);
    }
  });

  test("the machine stands among them in base units", () => {
    expect(real.metrics.hardware).toMatchObject({
      array: { template: "vwa", blocks: 8, rows: 7, columns: 3 },
      macsPerCycle: 168,
      clockHertz: 500e6,
      buffers: { arrangement: "unified", sizeBytes: 191 * 1024, stagingBytes: 8192 },
      offChipBytesPerSecond: 1e9,
      offChipPicojoulesPerBit: 70,
    });
  });
});

describe("the bands", () => {
  test("at the target's own price and bandwidth they say what the figures say", () => {
    const own = (key: string) => table(real, key).rows.find(({ note }) => note === "this target")!;
    expect(own("energy-band")).toMatchObject({ picojoulesPerBit: 70 });
    expect(own("energy-band").fusedPicojoules).toBeCloseTo(real.metrics.energyPicojoules, 0);
    expect(own("bandwidth-band")).toMatchObject({
      bytesPerSecond: 1e9,
      fusedCycles: real.metrics.latencyCycles,
      layerByLayerCycles: figures(real, "layerByLayer").latencyCycles,
    });
  });

  test("cheaper bits and more bandwidth leave less to save; no row is slower than one with less bandwidth", () => {
    const rising = (list: readonly number[]) => expect(list).toEqual([...list].sort((a, b) => a - b));
    rising(column(real, "energy-band", "saved"));
    rising(column(real, "bandwidth-band", "fusedCycles").toReversed());
    rising(column(real, "bandwidth-band", "layerByLayerCycles").toReversed());
    rising(column(real, "bandwidth-band", "latencySaved").toReversed());
  });
});

describe("the pictures", () => {
  test("brackets cover the layers once, and the heights above them are all bytes moved", () => {
    for (const r of all) {
      const { groups, operators, heights } = r.charts.find((c): c is Brackets => c.kind === "brackets")!;
      expect(groups.map(({ start }) => start)).toEqual([0, ...groups.slice(0, -1).map(({ end }) => end)]);
      expect(groups.at(-1)!.end).toBe(operators.length);
      expect(sum(heights!.values)).toBe(r.metrics.offChipBytes);
      expect(sum(heights!.outline!.values)).toBe(figures(r, "layerByLayer").offChipBytes);
    }
  });

  test("the parts of the energy are all of it", () => {
    for (const r of all) {
      const byGroup = r.charts.find((c): c is Bars => c.title === "Energy of each group")!;
      expect(sum(byGroup.groups.flatMap(({ values }) => values)) / r.metrics.energyPicojoules).toBeCloseTo(1, 9);
    }
  });

  test("no chart holds a number that is none", () => {
    for (const r of all) expect(JSON.stringify(r.charts)).not.toContain("null");
  });
});

describe("the words", () => {
  test("the headline says bytes, time and energy of both runs, and what is proven", () => {
    expect(headline(real)).toMatch(
      /^Against layer by layer, [\d.]+ % less crosses the chip boundary \([\d.]+ MiB of [\d.]+ MiB\), it takes [\d.]+ % less time .* Costs 0\.\d+ .*; at least 0\.\d+ of that are unavoidable in any grouping\.$/,
    );
  });

  test("a plan that fuses nothing is not praised", () => {
    const tight = report(planned(posedExample("mobilenetv2", "vwa", { objective: "balanced" }, ["buffers.size=9KiB"])));
    expect(headline(tight)).toMatch(/^Every layer runs by itself: no group that was found costs less\./);
  });

  test("every table is known to the command line, and stands in the terminal within 150 columns", () => {
    expect(csvTables(real).filter((key) => !CSV_TABLES.includes(key))).toEqual([]);
    for (const key of csvTables(real)) expect(csv(real, key)!.split("\r\n").length).toBeGreaterThan(2);
    const lines = text(real).split("\n");
    expect(lines.filter((line) => line.length > 150 && !line.startsWith("Bound on"))).toEqual([]);
    for (const { title } of real.tables) expect(lines.some((line) => line.startsWith(title))).toBe(true);
  });

  test("which order won each layer is told", () => {
    expect(real.assumptions.join(" ")).toMatch(/cheapest of the orders and tiles tried, for the same objective: \d+ weights resident/);
  });

  test("a plan that changes results says so first", () => {
    const problem = posedExample("mobilenetv2", "vwa", { objective: "traffic", overlap: "any" });
    expect(problem.modes).toContain("nonOverlapped");
    const input = planned(problem);
    const cut = input.accepted.plan.groups.filter(({ overlap }) => overlap === "nonOverlapped").length;
    const [first] = report(input).assumptions;
    expect(first!.startsWith("Other results at tile edges")).toBe(cut > 0);
  });
});
