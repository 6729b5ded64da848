import { describe, expect, test } from "vitest";
import { buildExample, evaluate, type Goal, importModel, modelWeights, parseSpace, type Result, searchPoints } from "../../src/api.js";
import { dominates, frontOf } from "../../src/explore/front.js";
import { vectorOf } from "../../src/explore/point.js";
import { lenet } from "../rtl/lenet.js";

/** Machines that starve and machines that are fed too much, so that floors are reached and points are pruned. */
const FUSION = `
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

/** Memories that hold all there is, and links that nothing waits for, by figures that are counted: a plan may be as good as a floor. */
const SCRATCHPADS = `
base: ethos-u55-128-like
axes:
  memory.size: { from: 8KiB, to: 128KiB, factor: 2 }
  offChip.bandwidth: [0.5GB/s, 8GB/s]
  goal.objective: [traffic, latency]
front: [offChipBytes, capacityBytes, latencyCycles]
`;

/** Of energy alone, in which one device takes more for every activation than another in all. */
const CROSSBARS = `
bases: [reram-ou, isaac-like, mnsim-like, neurram-like, puma-like]
axes: { crossbars: [50%, 100%], goal.objective: [energy] }
front: [energyPicojoules, bandwidthBytesPerSecond]
`;

/** Of throughput alone: a device whose link carries no more frames than another plan has. */
const PIPELINES = `
base: zcu102
axes:
  offChip.bandwidth: [0.001GB/s, 0.01GB/s, 19.2GB/s]
  precision.activation: [8, 16]
  precision.weight: [8]
front: [framesPerSecond]
`;

const goal: Goal = { solver: "search", split: "auto", bindings: [] };
const small = { name: "lenet", bytes: lenet() };
const resnet8 = { name: "resnet8", bytes: buildExample("resnet8")!, weightsAbsent: true };

describe.each([
  ["fusion", FUSION, resnet8],
  ["scratchpads", SCRATCHPADS, small],
  ["crossbars", CROSSBARS, small],
  ["pipelines", PIPELINES, small],
])("%s", (_, yaml, model) => {
  const surroundings = {
    budget: { seed: 1, nodes: 100_000, stop: () => false, progress: () => {} },
    mip: async () => ({ status: "failed" as const, reason: "not needed here" }),
    weights: () => modelWeights(model, undefined),
  };
  const space = parseSpace(yaml, "space.yaml");
  const graph = importModel(model, []);
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
});
