import { describe, expect, test } from "vitest";
import { rng } from "../base/rng.js";
import { presetTarget } from "../target/presets.js";
import { frontOf } from "./front.js";
import { fusionFront } from "./fronts.js";
import { type Figures, type Point, type Result, vectorOf } from "./point.js";
import { LAG, type Rival, rivalOf, searchPoints } from "./search.js";

const { objectives } = fusionFront;
const vwa = presetTarget("vwa");
if (!vwa.ok) throw new Error("no preset vwa");

/** Made-up machines: figures with many ties, and floors below them. */
function machines(seed: number, count: number) {
  const random = rng(seed);
  const pick = (n: number) => 1 + Math.floor(n * random());
  const points = Array.from(
    { length: count },
    (_, id): Point => ({
      id,
      base: "vwa",
      settings: [`vector=${id}`],
      target: vwa.ok ? vwa.value : (undefined as never),
      goal: {},
      hardware: { areaSquareMillimetres: pick(6), bandwidthBytesPerSecond: pick(4) },
    }),
  );
  const runs = points.map(() => ({ latencySeconds: pick(40), energyPicojoules: pick(40) }));
  const floors = runs.map(
    (run): Figures => ({ latencySeconds: run.latencySeconds * random(), energyPicojoules: run.energyPicojoules * random() }),
  );
  return { points, runs, floors };
}

/** Looks at a machine after a while that only chance knows. */
function looker({ runs, floors }: ReturnType<typeof machines>, seed: number, asked: number[] = []) {
  const random = rng(seed);
  return async ({ id, hardware }: Point, rivals: readonly Rival[]): Promise<Result> => {
    asked.push(id);
    for (let turns = Math.floor(20 * random()); turns > 0; turns--) await Promise.resolve();
    const floor = floors[id]!;
    const rival = rivalOf(rivals, objectives, hardware, floor);
    if (rival !== undefined) return { status: "pruned", by: rival.id, floor };
    if (id % 17 === 0) return { status: "infeasible", reason: { code: "FUS-20", where: "x", message: "x", fix: "x" } };
    return { status: "planned", metrics: { ...runs[id]!, latencyCycles: 1, offChipBytes: 1 }, optimal: true };
  };
}

const never = () => false;
const nothing = () => {};
const frontIds = (points: readonly Point[], results: ReadonlyMap<number, Result>): readonly number[] => {
  const planned = points.flatMap(({ id, hardware }) => {
    const result = results.get(id);
    return result?.status === "planned" ? [{ id, vector: vectorOf(objectives, hardware, result.metrics) }] : [];
  });
  return frontOf(planned.map(({ vector }) => vector)).map((i) => planned[i]!.id);
};

describe("a search", () => {
  test.each([1, 2, 3])("finds the front of planning every point, whatever it prunes (seed %i)", async (seed) => {
    const made = machines(seed, 400);
    const run = looker(made, seed);
    const all = new Map(await Promise.all(made.points.map(async (p) => [p.id, await run(p, [])] as const)));
    const found = await searchPoints({ points: made.points, objectives, known: new Map(), run, lanes: 3, stop: never, found: nothing });
    expect(frontIds(made.points, found)).toEqual(frontIds(made.points, all));
    expect([...found.values()].filter(({ status }) => status === "pruned").length).toBeGreaterThan(20);
  });

  test("comes to the same results for any number of lanes, however long each point takes", async () => {
    const made = machines(5, 300);
    const results = await Promise.all(
      [1, 2, 7, LAG, 3 * LAG].map(async (lanes, i) => {
        const found = await searchPoints({
          points: made.points,
          objectives,
          known: new Map(),
          run: looker(made, i),
          lanes,
          stop: never,
          found: nothing,
        });
        return [...found].sort(([a], [b]) => a - b);
      }),
    );
    for (const other of results) expect(other).toEqual(results[0]);
  });

  test("stopped anywhere and gone on with, comes to the same results and asks for no point twice", async () => {
    const made = machines(6, 300);
    const whole = await searchPoints({
      points: made.points,
      objectives,
      known: new Map(),
      run: looker(made, 1),
      lanes: 2,
      stop: never,
      found: nothing,
    });
    for (const after of [0, 1, 40, 173, 299]) {
      const asked: number[] = [];
      const kept = new Map<number, Result>();
      let stopped = false;
      const look = looker(made, after, asked);
      await searchPoints({
        points: made.points,
        objectives,
        known: new Map(),
        // What is under way when the search is stopped is lost.
        run: async (point, rivals) => {
          const result = await look(point, rivals);
          if (!stopped) return result;
          asked.splice(asked.indexOf(point.id), 1);
          return undefined;
        },
        lanes: 4,
        stop: () => stopped,
        found: (id, result) => {
          kept.set(id, result);
          stopped = kept.size >= after;
        },
      });
      const found = await searchPoints({ points: made.points, objectives, known: kept, run: look, lanes: 3, stop: never, found: nothing });
      expect([...found].sort(([a], [b]) => a - b)).toEqual([...whole].sort(([a], [b]) => a - b));
      expect(asked.length).toBe(new Set(asked).size);
    }
  });
});
