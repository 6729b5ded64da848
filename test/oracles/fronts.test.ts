import { expect, test } from "vitest";
import { buildExample, evaluate, type Goal, importModel, parseSpace, type Result, searchPoints } from "../../src/api.js";
import { dominates, frontOf } from "../../src/explore/front.js";
import { vectorOf } from "../../src/explore/point.js";

/** Machines that starve and machines that are fed too much, so that floors are reached and points are pruned. */
const SPACE = `
bases:
  - base: vwa
    axes:
      array.blocks: [1, 4]
      buffers.size: [16KiB, 512KiB]
  - base: systolic-ws
    axes: { buffers: [{ arrangement: unified, size: 64KiB }, { arrangement: split, features: 64KiB, weights: 96KiB }] }
axes:
  offChip.bandwidth: { from: 0.25GB/s, to: 64GB/s, factor: 4 }
`;

const goal: Goal = { solver: "search", split: "auto", bindings: [] };
const surroundings = {
  budget: { seed: 1, nodes: 1_000_000, stop: () => false, progress: () => {} },
  mip: async () => ({ status: "failed" as const, reason: "not needed here" }),
};

const space = parseSpace(SPACE, "space.yaml");
const graph = importModel({ name: "resnet8", bytes: buildExample("resnet8")!, weightsAbsent: true }, []);
if (!space.ok || !graph.ok) throw new Error("the case cannot be read");
const { points, objectives } = space.value;

const planned = (results: ReadonlyMap<number, Result>) =>
  points.flatMap(({ id, hardware }) => {
    const result = results.get(id);
    return result?.status === "planned" ? [{ id, vector: vectorOf(objectives, hardware, result.metrics) }] : [];
  });
const frontIds = (results: ReadonlyMap<number, Result>) => {
  const all = planned(results);
  return frontOf(all.map(({ vector }) => vector)).map((i) => all[i]!.id);
};

test("what is pruned on a floor is dominated once it is planned, and the front is that of planning everything", async () => {
  const everything = new Map<number, Result>();
  for (const point of points) everything.set(point.id, await evaluate(graph.value, point, goal, objectives, [], surroundings));
  const all = planned(everything);
  const vectors = new Map(all.map(({ id, vector }) => [id, vector]));

  let pruned = 0;
  for (const point of points) {
    const rivals = all.filter(({ id }) => id !== point.id);
    const result = await evaluate(graph.value, point, goal, objectives, rivals, surroundings);
    if (result.status !== "pruned") {
      expect(result).toEqual(everything.get(point.id));
      continue;
    }
    pruned++;
    const own = vectors.get(point.id);
    if (own !== undefined) expect(dominates(vectors.get(result.by)!, own)).toBe(true);
  }
  expect(pruned).toBeGreaterThan(0);

  const found = await searchPoints({
    points,
    objectives,
    known: new Map(),
    run: (point, rivals) => evaluate(graph.value, point, goal, objectives, rivals, surroundings),
    lanes: 2,
    stop: () => false,
    found: () => {},
  });
  expect(frontIds(found)).toEqual(frontIds(everything));
});

test("no plan goes below the floor of its point", async () => {
  for (const point of points) {
    // A rival that nothing can beat shows the floor.
    const unbeatable = [{ id: -1, vector: objectives.map(() => 0) }];
    const floor = await evaluate(graph.value, point, goal, objectives, unbeatable, surroundings);
    const plan = await evaluate(graph.value, point, goal, objectives, [], surroundings);
    if (floor.status !== "pruned" || plan.status !== "planned") continue;
    expect(plan.metrics.latencySeconds).toBeGreaterThanOrEqual(floor.floor.latencySeconds);
    expect(plan.metrics.energyPicojoules).toBeGreaterThanOrEqual(floor.floor.energyPicojoules);
  }
});
