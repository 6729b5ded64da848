import { describe, expect, test } from "vitest";
import { byPartitions } from "../../../test/oracles/groupings.js";
import { randomFusion, smallMachine } from "../../../test/random-fusion.js";
import { chain } from "../../../test/small-fusion.js";
import { bytes } from "../../base/units.js";
import { compulsory } from "./bounds.js";
import type { FusionProblem, Group } from "./plan.js";
import { makePricing } from "./pricing.js";
import { replay } from "./replay.js";
import { figuresOf, solve } from "./solve.js";
import { verify } from "./verify.js";

const budget = { seed: 1, nodes: Number.POSITIVE_INFINITY, stop: () => false, progress: () => {} };
const OBJECTIVES = ["traffic", "latency", "energy"] as const;

/** The plan of a problem that has one. */
function planned(problem: FusionProblem) {
  const outcome = solve(problem, budget);
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  return outcome;
}

const withBuffer = (problem: FusionProblem, size: number): FusionProblem => ({
  ...problem,
  machine: { ...problem.machine, buffers: { arrangement: "unified", size: bytes(size), staging: bytes(40) } },
});

describe("groupings", () => {
  test("the cheapest is that of all set partitions", () => {
    for (let seed = 0; seed < 42; seed++) {
      const objective = OBJECTIVES[seed % 3]!;
      const problem = { ...withBuffer(randomFusion(seed, 2 + (seed % 7)), 300 + 100 * (seed % 7)), objective };
      const outcome = solve(problem, budget);
      const least = byPartitions(problem);
      if (outcome.status === "infeasible" || outcome.status === "unknown") continue;
      expect(outcome.value, `seed ${seed}`).toBeCloseTo(least, 6);
      expect(outcome.bound).toBeLessThanOrEqual(outcome.value);
      if (objective === "traffic") expect(outcome.status).toBe("optimal");
    }
  });
});

describe("laws", () => {
  const seeds = Array.from({ length: 24 }, (_, i) => 100 + i);

  test("nothing goes below what every plan needs", () => {
    for (const seed of seeds) {
      const problem = withBuffer(randomFusion(seed, 7), 1200);
      const { plan } = planned(problem);
      const { traffic, macs } = compulsory(makePricing(problem));
      const { offChip, latency, energy } = plan.claims;
      expect(offChip).toBeGreaterThanOrEqual(traffic);
      expect(latency).toBeGreaterThanOrEqual(Math.max(macs / 24, offChip / smallMachine.offChipRate) - 1e-6);
      const alone = figuresOf(problem, plan.layerByLayer);
      expect(offChip).toBeLessThanOrEqual(alone.traffic);
      expect(energy).toBeGreaterThan(0);
    }
  });

  test("a larger buffer never moves more", () => {
    for (const seed of seeds.slice(0, 10)) {
      let last = Number.POSITIVE_INFINITY;
      for (const size of [400, 600, 900, 1400, 2400, 5000, 20_000]) {
        const outcome = solve(withBuffer(randomFusion(seed, 6), size), budget);
        if (outcome.status === "infeasible" || outcome.status === "unknown") continue;
        expect(outcome.value, `seed ${seed}, ${size} B`).toBeLessThanOrEqual(last);
        last = outcome.value;
      }
      expect(last).toBeLessThan(Number.POSITIVE_INFINITY);
    }
  });

  // Rows that a stride skips need not be loaded, so a plan may move less than all of an input.
  test("with room for everything, no byte moves twice", () => {
    for (const seed of seeds.slice(0, 10)) {
      const problem = withBuffer(randomFusion(seed, 6), 1_000_000);
      const { value } = planned(problem);
      const maps = problem.maps.filter(({ kind }) => kind !== "activation");
      const once = maps.reduce((n, m) => n + Math.ceil((m.channels * m.height * m.width * m.bits) / 8), 0);
      expect(value).toBeLessThanOrEqual(once + problem.layers.reduce((n, { weights }) => n + weights, 0));
      expect(value).toBeGreaterThanOrEqual(compulsory(makePricing(problem)).traffic);
    }
  });

  test("a group of one is layer by layer", () => {
    for (const seed of seeds) {
      const { plan } = planned({ ...withBuffer(randomFusion(seed, 1), 900), objective: "balanced" });
      expect(plan.groups).toEqual(plan.layerByLayer);
    }
  });

  test("claims are the sums over groups", () => {
    for (const seed of seeds.slice(0, 8)) {
      const problem = { ...withBuffer(randomFusion(seed, 7), 900), objective: "balanced" as const };
      const { plan } = planned(problem);
      const { traffic, latency, energy } = figuresOf(problem, plan.groups);
      expect(plan.claims.offChip).toBe(traffic);
      expect(plan.claims.latency).toBe(Math.ceil(latency));
      expect(plan.claims.energy).toBeCloseTo(energy, 6);
      expect(plan.groups.flatMap(({ layers }) => layers).toSorted((a, b) => a - b)).toEqual(problem.layers.map((_, l) => l));
    }
  });

  test("the judge accepts every plan, also where maps leave the chip midway and little room is left for weights", () => {
    for (let seed = 200; seed < 260; seed++) {
      const random = randomFusion(seed, 3 + (seed % 6));
      const often = 2 + (seed % 3);
      const maps = random.maps.map((map, m) => (map.kind === "activation" && m % often === 0 ? { ...map, kind: "output" as const } : map));
      const size = [500, 900, 2000, 20_000][seed % 4]!;
      const layered = { ...withBuffer({ ...random, maps }, size), objective: (["balanced", "latency", "energy"] as const)[seed % 3]! };
      const split = { arrangement: "split", features: bytes(size), weights: bytes(1 + (seed % 5)) } as const;
      for (const problem of [layered, { ...layered, machine: { ...layered.machine, buffers: split } }]) {
        const outcome = solve(problem, budget);
        if (outcome.status === "infeasible" || outcome.status === "unknown") continue;
        const verdict = verify(problem, outcome.plan);
        expect(verdict.ok ? [] : verdict.violations, `seed ${seed}`).toEqual([]);
      }
    }
  });

  // In blocks of one channel a group would have 16 slabs for each of 400,000 channels, more than the judge counts.
  test("no way is taken that the judge could not count", () => {
    const channels = 400_000;
    const problem = chain(1, { height: 1, width: 1, channels, kernel: 1 });
    const layers = problem.layers.map((layer) => ({ ...layer, kind: "vector" as const, weights: bytes(0) }));
    for (const size of [100, 1000, 10_000, 3_000_000]) {
      const wide = withBuffer({ ...problem, layers }, size);
      const outcome = solve(wide, budget);
      if (outcome.status === "infeasible" || outcome.status === "unknown") continue;
      expect(verify(wide, outcome.plan).ok, `${size} B`).toBe(true);
      expect(outcome.value).toBe(2 * channels);
    }
  });

  // The channel loads layer after layer, weights in one piece, and each result leaves once it is there and all is loaded.
  test("a group of one tile takes the cycles that are claimed", () => {
    for (let seed = 300; seed < 330; seed++) {
      const random = randomFusion(seed, 6);
      const maps = random.maps.map((map, m) => (map.kind === "activation" && m % 2 === 0 ? { ...map, kind: "output" as const } : map));
      const buffers = { arrangement: "unified", size: bytes(100_000), staging: bytes(50_000) } as const;
      const problem: FusionProblem = { ...random, maps, machine: { ...random.machine, buffers } };
      const left = problem.layers.map(({ writes }) => maps[writes]!).filter(({ kind }) => kind !== "activation");
      const tile = { rows: Math.max(...left.map(({ height }) => height)), columns: Math.max(...left.map(({ width }) => width)) };
      const whole: Group = {
        layers: problem.layers.map((_, l) => l),
        tile,
        overlap: "recompute",
        traversal: { kind: "tiles", weights: "resident" },
      };
      const { violations, replay: run } = replay(problem, [whole], "groups");
      expect(violations).toEqual([]);
      expect(figuresOf(problem, [whole]).latency, `seed ${seed}`).toBe(run.totals.latency);
    }
  });

  test("a layer that fits in no way is named, with the buffer that it takes", () => {
    const problem = randomFusion(5, 1);
    const outcome = solve(withBuffer(problem, 41), budget);
    if (outcome.status !== "infeasible") throw new Error(outcome.status);
    const { neededBytes = 0, missingBytes } = outcome.conflict.figures;
    expect(missingBytes).toBe(neededBytes - 41);
    expect(outcome.conflict).toMatchObject({ code: "FUS-20", where: "l0", figures: { availableBytes: 41 } });
    expect(solve(withBuffer(problem, neededBytes - 1), budget).status).toBe("infeasible");
    expect(solve(withBuffer(problem, neededBytes), budget).status).not.toBe("infeasible");
  });

  test("a stopped search still hands over a plan", () => {
    const problem = withBuffer(randomFusion(7, 8), 900);
    const outcome = solve(problem, { ...budget, stop: () => true });
    expect(outcome).toMatchObject({ status: "feasible" });
  });
});
