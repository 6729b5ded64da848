import { describe, expect, test } from "vitest";
import { presetTarget } from "../target/presets.js";
import { type FrontDocument, frontDocument } from "./document.js";
import { crossbarFront, pipelineFront } from "./fronts.js";
import { type Front, figuresOf, type Point, vectorOf } from "./point.js";
import { frontSheet } from "./sheet.js";

const target = presetTarget("zcu102", []);
if (!target.ok) throw new Error("no preset zcu102");
const point = (id: number): Point => ({
  id,
  base: "zcu102",
  settings: [`goal.objective=${id}`],
  target: target.value,
  goal: {},
  hardware: { bandwidthBytesPerSecond: 1e9 },
});

/** A front over made-up plans: their metrics in the order of the objectives. */
function made({ objectives, beside, pictures }: Front, runs: readonly (readonly number[])[]): FrontDocument {
  const points = runs.map((_, id) => point(id));
  const results = new Map(
    runs.map((run, id) => [
      id,
      { status: "planned" as const, metrics: Object.fromEntries(objectives.map(({ key }, o) => [key, run[o]!])), optimal: true },
    ]),
  );
  const manifest = { stowage: "0", model: "m", space: "s", goal: "g", seed: 1, budget: {} };
  const space = { points, objectives, beside, pictures };
  return frontDocument({
    model: "net",
    planned: "throughput",
    space,
    results,
    epsilon: 0,
    assumptions: ["Noted."],
    warnings: [],
    manifest,
  });
}

describe("a front of pipelines", () => {
  // Frames per second, DSPs, bytes of block memory, bytes per second, seconds.
  const front = made(pipelineFront, [
    [100, 10, 500, 1e6, 0.01],
    [400, 40, 500, 1e6, 0.01],
    [90, 10, 500, 1e6, 0.01], // slower than the first, and no smaller
    [200, 15, 500, 1e6, 0.01],
  ]);
  const sheet = frontSheet(front);

  test("holds more frames per second for better", () => {
    expect(front.front.toSorted()).toEqual([0, 1, 3]);
    expect(sheet.figures[0]).toMatchObject({ label: "Most throughput", value: 400, unit: "frame/s" });
    expect(sheet.figures[1]).toMatchObject({ label: "Least DSPs", value: 10 });
  });

  test("draws pairs of its own objectives, their fronts and knees as they are told", () => {
    const [first] = sheet.charts;
    expect(first).toMatchObject({ kind: "scatter", title: "Throughput against DSPs", x: { label: "DSPs" }, y: { unit: "frame/s" } });
    expect(first!.kind === "scatter" && first!.points.map(({ x, y, front: on }) => [x, y, on === true])).toEqual([
      [10, 100, true],
      [40, 400, true],
      [10, 90, false],
      [15, 200, true],
    ]);
    // On logarithmic scales 200 of 100 ... 400 lies half way up, 15 of 10 ... 40 less than a third of the way across.
    expect(front.knees.find(({ objectives }) => objectives.join() === "framesPerSecond,dsp")?.point).toBe(3);
    expect(sheet.tables[0]!.rows.find(({ id }) => id === 3)!.knee).toContain("throughput and DSPs");
    expect(sheet.charts.length).toBe(pipelineFront.pictures.filter((pair) => !pair.includes("bandwidthBytesPerSecond")).length);
    expect(sheet.assumptions).toContain("Noted.");
    expect(sheet.assumptions.join(" ")).not.toContain("Area");
  });
});

describe("a front of crossbars", () => {
  const shown = { ...crossbarFront, objectives: [...crossbarFront.objectives, ...crossbarFront.beside] };
  const runs = [
    [0.01, 5, 3, 0, 8, 0.5, 1e6],
    [0.02, 4, 1, 800, 8, 0.1, 1e6],
    [0.01, 5, 3, 0, 8, 0.5, 1e6], // as the first
  ];

  test("has a column for each objective, and the writes in the long run beside them", () => {
    const [table] = frontSheet(made(crossbarFront, runs)).tables;
    expect(table!.columns.map(({ key }) => key)).toEqual(
      expect.arrayContaining(["latencySeconds", "energyPicojoules", "maxCellWrites", "indexBits", "crossbars", "longRunMaxCellWrites"]),
    );
  });

  test("draws all its pairs where it is over all of them", () => {
    expect(frontSheet(made(shown, runs)).charts.length).toBe(crossbarFront.pictures.length);
  });

  test("has one row for points that are alike", () => {
    const document = made(shown, runs);
    expect(document.front).toEqual([0, 2, 1]);
    const { rows } = frontSheet(document).tables[0]!;
    expect(rows.map(({ id, alike }) => [id, alike])).toEqual([
      [0, "2"],
      [1, ""],
    ]);
    expect(frontSheet(made(shown, runs.slice(0, 2))).tables[0]!.columns.map(({ key }) => key)).not.toContain("alike");
  });
});

describe("figures of a plan", () => {
  test("are its metrics, or sums of these; those of the hardware are none", () => {
    const metrics = { framesPerSecond: 5, dsp: 6, bram18: 10, uram: 1, offChipBytesPerSecond: 7, latencySeconds: 8 };
    expect(figuresOf(pipelineFront.objectives, metrics as never)).toEqual({
      framesPerSecond: 5,
      dsp: 6,
      blockMemoryBytes: 10 * 2304 + 36_864,
      offChipBytesPerSecond: 7,
      latencySeconds: 8,
    });
    expect(figuresOf([{ key: "bandwidthBytesPerSecond", label: "", unit: "B/s" }], metrics as never)).toEqual({});
  });

  test("weigh less where they are better, and nothing where nothing is known", () => {
    const { objectives } = pipelineFront;
    const hardware = { bandwidthBytesPerSecond: 1 };
    expect(vectorOf(objectives, hardware, { framesPerSecond: 4, dsp: 2 })).toEqual([0.25, 2, 0, 0, 0]);
    expect(vectorOf(objectives, hardware, {})).toEqual([0, 0, 0, 0, 0]);
  });
});
