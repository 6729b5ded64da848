import { describe, expect, test } from "vitest";
import { randomFusion } from "../../../test/random-fusion.js";
import { chain, groupOf, honest } from "../../../test/small-fusion.js";
import { bytes, cycles, picojoules } from "../../base/units.js";
import type { FusionPlan, FusionProblem, Group } from "./plan.js";
import { verify } from "./verify.js";

const problem = chain(3, { height: 8, width: 8, channels: 2 });
const alone = [groupOf([0], 4, 8), groupOf([1], 8, 8), groupOf([2], 8, 8)];
const fused = [groupOf([0, 1], 4, 8, { overlap: "fullyCached" }), groupOf([2], 8, 8)];
const plan = honest(problem, fused, alone);

const codes = (of: FusionProblem, claim: unknown): readonly string[] => {
  const verdict = verify(of, claim as FusionPlan);
  return verdict.ok ? [] : [...new Set(verdict.violations.map(({ code }) => code))];
};
const withGroups = (...groups: Group[]): FusionPlan => ({ ...plan, groups });
const sized = (of: FusionProblem, size: number): FusionProblem => ({
  ...of,
  machine: { ...of.machine, buffers: { arrangement: "unified", size: bytes(size), staging: bytes(0) } },
});

test("a sound plan is accepted, with the plan without fusion beside it", () => {
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  const { replay } = verdict.accepted;
  expect(replay.steps).toEqual(["layer 0", "layer 1", "layer 2"]);
  expect(replay.totals.latency).toBe(plan.claims.latency);
  expect(replay.baseline?.totals.latency).toBe(plan.claims.layerByLayer.latency);
  expect(replay.baseline?.stretches.length).toBe(3);
});

describe("one rule broken, one code", () => {
  const [first, second] = fused as [Group, Group];

  test.each<[string, unknown]>([
    ["no plan", 7],
    ["no groups", { ...plan, groups: undefined }],
    ["a layer that does not exist", withGroups(first, groupOf([9], 8, 8))],
    ["layers out of order", withGroups(groupOf([1, 0], 4, 8), second)],
    ["an empty group", withGroups(groupOf([], 4, 8), first, second)],
    ["a tile of no rows", withGroups(groupOf([0, 1], 0, 8), second)],
    ["a tile beyond the map", withGroups(groupOf([0, 1], 4, 9), second)],
    ["an unknown overlap", withGroups({ ...first, overlap: "none" as never }, second)],
    ["an unknown order", withGroups({ ...first, traversal: { kind: "rows" } as never }, second)],
    ["unknown weights", withGroups({ ...first, traversal: { kind: "tiles", weights: "gone" } as never }, second)],
    ["half a group of weights", withGroups(first, { ...second, traversal: { kind: "weightGroups", count: 0.5 } })],
    ["no block of outputs", withGroups(first, { ...second, traversal: { kind: "outputBlocks", channels: 0 } })],
    ["no claims", { ...plan, claims: undefined }],
    ["a claim that is no number", { ...plan, claims: { ...plan.claims, energy: "much" } }],
  ])("FUS-1: %s", (_, claim) => {
    expect(codes(problem, claim)).toEqual(["FUS-1"]);
  });

  test("FUS-2: a layer left out, a layer run twice", () => {
    expect(codes(problem, withGroups(first))).toEqual(["FUS-2"]);
    expect(codes(problem, withGroups(first, groupOf([1], 8, 8), second))).toContain("FUS-2");
    expect(codes(problem, { ...plan, layerByLayer: alone.slice(0, 2) })).toContain("FUS-2");
  });

  test("FUS-3: groups in an order in which a map is missing", () => {
    expect(codes(problem, withGroups(second, first))).toEqual(["FUS-3"]);
  });

  test("FUS-3: a group around another", () => {
    expect(codes(problem, withGroups(groupOf([0, 2], 4, 8), groupOf([1], 8, 8)))).toContain("FUS-3");
    expect(codes(problem, withGroups(groupOf([1], 8, 8), groupOf([0, 2], 4, 8)))).toContain("FUS-3");
  });

  test("FUS-4: a mode that the problem does not allow, or that a layer cannot bear", () => {
    const cut = withGroups({ ...first, overlap: "nonOverlapped" }, second);
    expect(codes(problem, cut)).toEqual(["FUS-4"]);
    const allowed: FusionProblem = { ...problem, modes: ["nonOverlapped", "recompute", "fullyCached"] };
    expect(codes(allowed, honest(allowed, cut.groups, alone))).toEqual([]);
    const whole = { stride: 0, extent: 8, before: 0, repeat: 1 };
    const needy = { ...allowed, layers: allowed.layers.map((l) => ({ ...l, reads: l.reads.map((r) => ({ ...r, y: whole })) })) };
    expect(codes(needy, honest(needy, cut.groups, alone))).toEqual(["FUS-4"]);
  });

  test("FUS-5: an order that the layers cannot run in", () => {
    const groups = { kind: "weightGroups", count: 2 } as const;
    const blocks = { kind: "outputBlocks", channels: 1 } as const;
    expect(codes(problem, withGroups({ ...first, traversal: groups }, second))).toEqual(["FUS-5"]);
    expect(codes(problem, withGroups(first, { ...second, traversal: { ...groups, count: 3 } }))).toEqual(["FUS-5"]);
    expect(codes(problem, withGroups(first, { ...second, traversal: { ...blocks, channels: 3 } }))).toEqual(["FUS-5"]);
    expect(codes(problem, withGroups(first, { ...second, overlap: "hCached", traversal: blocks }))).toEqual(["FUS-5"]);
    const vector = { ...problem, layers: problem.layers.map((l) => ({ ...l, kind: "vector" as const })) };
    expect(codes(vector, withGroups(first, { ...second, traversal: groups }))).toContain("FUS-5");
  });

  test("FUS-6: feature maps beyond the buffer", () => {
    const { peak } = peaks(problem, plan);
    expect(codes(sized(problem, peak), plan)).toEqual([]);
    expect(codes(sized(problem, peak - 1), plan)).not.toEqual([]);
    expect(codes(sized(problem, 200), plan)).toEqual(["FUS-6"]);
  });

  test("FUS-7: weights beyond what feature maps leave", () => {
    const heavy = { ...problem, layers: problem.layers.map((l) => ({ ...l, weights: bytes(400) })) };
    const streamed = fused.map((g) => ({ ...g, traversal: { kind: "tiles", weights: "streamed" } as const }));
    const apart = alone.map((g) => ({ ...g, traversal: { kind: "tiles", weights: "streamed" } as const }));
    expect(codes(heavy, honest(heavy, streamed, apart))).toEqual([]);
    expect(codes(heavy, honest(heavy, fused, apart))).toEqual(["FUS-7"]);
    const oneGroup = [streamed[0]!, { ...second, tile: { rows: 4, columns: 8 }, traversal: { kind: "weightGroups", count: 1 } as const }];
    expect(codes(sized(heavy, 600), honest(heavy, oneGroup, apart))).toContain("FUS-7");
  });

  test("FUS-10: more tiles than anybody walks", () => {
    const huge = sized(chain(1, { height: 2049, width: 2048 }), 10_000);
    const group = [groupOf([0], 1, 1)];
    expect(codes(huge, { ...plan, groups: group, layerByLayer: group })).toEqual(["FUS-10"]);
    const long = sized(chain(1, { height: 2 ** 23, width: 1 }), 10_000);
    expect(codes(long, { ...plan, groups: group, layerByLayer: group })).toEqual(["FUS-10"]);
  });

  test("FUS-11: a plan without fusion that fuses", () => {
    expect(codes(problem, honest(problem, fused, fused))).toEqual(["FUS-11"]);
  });

  test("FUS-12: claims that the replay does not bear out", () => {
    const { claims } = plan;
    const claiming = (change: Partial<typeof claims>) => codes(problem, { ...plan, claims: { ...claims, ...change } });
    expect(claiming({ offChip: bytes(claims.offChip + 1) })).toEqual(["FUS-12"]);
    expect(claiming({ latency: cycles(Math.floor(claims.latency * 1.04)) })).toEqual([]);
    expect(claiming({ latency: cycles(Math.ceil(claims.latency * 1.06)) })).toEqual(["FUS-12"]);
    expect(claiming({ energy: picojoules(claims.energy * 0.94) })).toEqual(["FUS-12"]);
    expect(claiming({ energy: picojoules(claims.energy * 0.94), because: "weights are not there in time" })).toEqual([]);
    expect(claiming({ offChip: bytes(claims.offChip - 1), because: "bytes are counted" })).toEqual(["FUS-12"]);
    const other = { ...claims.layerByLayer, latency: cycles(2 * claims.layerByLayer.latency) };
    expect(claiming({ layerByLayer: other })).toEqual(["FUS-12"]);
  });
});

test("no plan, however odd, makes the judge throw", () => {
  for (let seed = 0; seed < 12; seed++) {
    const odd = randomFusion(seed, 3);
    const traversals = [
      { kind: "tiles", weights: "resident" },
      { kind: "tiles", weights: "streamed" },
      { kind: "weightGroups", count: 2 },
      { kind: "outputBlocks", channels: 1 },
    ] as const;
    for (const traversal of traversals)
      for (const size of [1, 300, 5000])
        for (const layers of [[0], [0, 2], [1, 2], [0, 1, 2]]) {
          const groups = [groupOf(layers, 1 + (seed % 2), 1, { traversal })];
          expect(() => verify(sized(odd, size), { ...plan, groups, layerByLayer: groups })).not.toThrow();
        }
  }
});

function peaks(of: FusionProblem, claim: FusionPlan): { readonly peak: number } {
  const verdict = verify(of, claim);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  const { stretches, baseline } = verdict.accepted.replay;
  return { peak: Math.max(...[...stretches!, ...baseline!.stretches].map(({ peak }) => peak[0]!)) };
}
