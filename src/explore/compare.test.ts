import { describe, expect, test } from "vitest";
import { COMPARED, type CompareDocument, type Contender, compareSheet, contended } from "./compare.js";
import { crossbarFront, fusionFront, pipelineFront } from "./fronts.js";

const known = ({ objectives, others }: typeof fusionFront) => [...objectives, ...others];

describe("compared figures", () => {
  // What every judge writes down, pipelines with an energy that nobody counted.
  const metrics = { latencySeconds: 0.004, energyPicojoules: 0, offChipBytes: 100 };

  test("leave out what a family does not count", () => {
    expect(contended({ ...metrics, framesPerSecond: 1000 }, known(pipelineFront))).toEqual({
      latencySeconds: 0.004,
      inferencesPerSecond: 1000,
      energyPicojoules: null,
      offChipBytes: 100,
    });
    expect(contended({ ...metrics, energyPicojoules: 5 }, known(fusionFront)).energyPicojoules).toBe(5);
  });

  test("throughput is one inference after another, or one batch", () => {
    expect(contended(metrics, known(fusionFront)).inferencesPerSecond).toBe(250);
    expect(contended({ ...metrics, batch: 4 }, known(crossbarFront)).inferencesPerSecond).toBe(1000);
    expect(contended({}, known(fusionFront)).inferencesPerSecond).toBeNull();
  });
});

describe("a comparison", () => {
  const contender = (target: string, kind: string, told: readonly (number | null)[], more: Partial<Contender> = {}): Contender => ({
    target,
    settings: [],
    kind,
    status: "feasible",
    metrics: Object.fromEntries(COMPARED.map(({ key }, i) => [key, told[i] ?? null])),
    objective: { name: "latencyCycles", value: 8, bound: 4, gap: 0.5, scope: "all", proof: "work" },
    ...more,
  });
  const sheetOf = (targets: readonly Contender[]) => {
    const document: CompareDocument = {
      schema: "stowage/compare/1",
      model: "net",
      figures: COMPARED,
      targets,
      assumptions: [],
      warnings: [],
      manifest: { seed: 1 },
    };
    return compareSheet(document);
  };
  const reason = { code: "PIP-40", where: "the device", message: "too small", fix: "a larger one" } as const;
  const sheet = sheetOf([
    contender("array", "fusion", [0.002, 500, 3e9, 4096]),
    contender("device", "pipeline", [0.001, 4000, null, 4096]),
    contender("small", "pipeline", [], { status: "infeasible", reason, objective: undefined as never }),
  ]);

  test("has a row for each figure and a column for each target, n/a where there is nothing to tell", () => {
    const [table] = sheet.tables;
    expect(table!.columns.map(({ label }) => label)).toEqual(["", "array", "device", "small"]);
    expect(table!.rows.map(({ figure, t0, t1, t2 }) => [figure, t0, t1, t2])).toEqual([
      ["family", "fusion", "pipeline", "pipeline"],
      ["latency", "2 ms", "1 ms", "n/a"],
      ["throughput", "500 frames/s", "4 kframes/s", "n/a"],
      ["energy", "3 mJ", "n/a", "n/a"],
      ["off-chip traffic", "4 KiB", "4 KiB", "n/a"],
      ["status", "feasible", "feasible", "infeasible"],
      ["plan lowers", "latencyCycles", "latencyCycles", "n/a"],
      ["above its bound", "50 %", "50 %", "n/a"],
    ]);
    expect(sheet.tables.find(({ key }) => key === "without")!.rows).toMatchObject([{ target: "small", code: "PIP-40" }]);
  });

  test("names who is best in what all are measured by, and only then", () => {
    expect(sheet.lead).toBe("device is best in all that every target is measured by (latency, throughput, off-chip traffic).");
    const split = sheetOf([contender("a", "fusion", [1, 1, 5, 7]), contender("b", "fusion", [2, 0.5, 4, 7])]);
    expect(split.lead).toMatch(/^No target is best/);
    expect(sheetOf([contender("a", "fusion", [1, 1, 5, 7])]).lead).toBe("a alone has a plan.");
    expect(sheetOf([]).lead).toBe("No target has an accepted plan.");
  });

  test("draws targets that have both figures, and tells settings only where names are equal", () => {
    expect(sheet.charts.map((chart) => chart.kind === "scatter" && chart.points.map(({ label }) => label))).toEqual([["array", "device"]]);
    const twice = sheetOf([
      contender("a", "fusion", [1, 1, 5, 7], { settings: ["x=1"] }),
      contender("a", "fusion", [2, 2, 4, 7], { settings: ["x=2"] }),
      contender("b", "fusion", [2, 2, 4, 7], { settings: ["x=2"] }),
    ]);
    expect(twice.tables[0]!.columns.slice(1).map(({ label }) => label)).toEqual(["a (x=1)", "a (x=2)", "b"]);
  });
});
