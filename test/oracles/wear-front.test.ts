import { beforeAll, describe, expect, test } from "vitest";
import { evaluate, frontDocument, type Goal, importModel, modelWeights, parseSpace, type Result, searchPoints } from "../../src/api.js";
import { lenet } from "../rtl/lenet.js";

/** How often a cell may be written, against all that it costs. */
const SPACE = `
base: reram-ou
axes:
  crossbars: [20%]
  mostCellWrites: [0.5, 1, 2, 4, 16]
  sharing: [1, 8]
  goal.objective: [latency, energy, endurance]
front: [latencySeconds, energyPicojoules, maxCellWrites, indexBits]
`;
const LIMITS = [0.5, 1, 2, 4, 16];
const KEYS = ["latencySeconds", "energyPicojoules", "maxCellWrites", "indexBits"] as const;

const model = { name: "lenet", bytes: lenet() };
const goal: Goal = { solver: "search", split: "auto", bindings: [] };

describe("crossbars with a limit on the writes of a cell", () => {
  const space = parseSpace(SPACE, "space.yaml");
  const graph = importModel(model, []);
  if (!space.ok || !graph.ok) throw new Error("the case cannot be read");
  const { points, objectives } = space.value;
  const results = new Map<number, Result>();
  const planned = () =>
    points.flatMap(({ id, target }) => {
      const result = results.get(id)!;
      const limit = target.kind === "crossbar" ? target.mostCellWrites! : 0;
      return result.status === "planned" ? [{ id, limit, metrics: result.metrics as Readonly<Record<string, number>> }] : [];
    });
  beforeAll(async () => {
    const surroundings = {
      budget: { seed: 1, nodes: 100_000, stop: () => false, progress: () => {} },
      mip: async () => ({ status: "failed" as const, reason: "not needed here" }),
      weights: () => modelWeights(model, undefined),
    };
    const run = (point: (typeof points)[number], rivals: Parameters<typeof evaluate>[4]) =>
      evaluate(graph.value, point, goal, objectives, rivals, surroundings);
    const found = await searchPoints({ points, objectives, known: new Map(), run, lanes: 1, stop: () => false, found: () => {} });
    for (const [id, result] of found) results.set(id, result);
  }, 120_000);

  test("every plan keeps to it, and turns so that cells wear less in the long run", () => {
    expect(planned().length).toBeGreaterThan(6);
    for (const { limit, metrics } of planned()) {
      expect(metrics.maxCellWrites).toBeLessThanOrEqual(limit);
      expect(metrics.longRunMaxCellWrites).toBeLessThanOrEqual(metrics.maxCellWrites!);
    }
    expect(planned().some(({ metrics }) => metrics.longRunMaxCellWrites! < metrics.maxCellWrites!)).toBe(true);
  });

  test("where there is no plan, the reason names the limit", () => {
    for (const { id, settings } of points) {
      const result = results.get(id)!;
      if (result.status === "planned" || result.status === "pruned") continue;
      expect(result.status).toBe("undecided");
      expect(result.reason.message).toContain(`mostCellWrites ${settings.find((s) => s.startsWith("mostCellWrites"))!.split("=")[1]}`);
    }
    expect(points.length).toBe(LIMITS.length * 6);
  });

  test("no point of the front is beaten, and every other one is, one by one", () => {
    const manifest = { stowage: "0", model: "m", space: "s", goal: "g", seed: 1, budget: {} };
    const { front, beside } = frontDocument({
      model: "lenet",
      planned: "",
      space: space.value,
      results,
      epsilon: 0,
      assumptions: [],
      warnings: [],
      manifest,
    });
    const all = planned();
    for (const { id, metrics } of all) {
      const beaten = all.some(
        ({ metrics: other }) => KEYS.every((key) => other[key]! <= metrics[key]!) && KEYS.some((key) => other[key]! < metrics[key]!),
      );
      expect([id, front.includes(id)]).toEqual([id, !beaten]);
    }
    expect(beside.map(({ key }) => key)).toContain("longRunMaxCellWrites");
  });
});
