import { describe, expect, test } from "vitest";
import { posedExample } from "../../../test/fusion-sample.js";
import { randomFusion } from "../../../test/random-fusion.js";
import { bytes, picojoulesPerByte } from "../../base/units.js";
import type { PeArray } from "../../target/fusion-target.js";
import type { FusionPlan, FusionProblem } from "./plan.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";

const budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => {} };

/** Feature maps and weights in memories of their own, on other arrays than the one preset that has them apart. */
const ARRAYS: readonly PeArray[] = [
  { template: "nvdla", outputs: 4, inputs: 2 },
  { template: "systolic", rows: 4, columns: 4, dataflow: "weight-stationary" },
  { template: "vwa", blocks: 2, rows: 4, columns: 3 },
];

function apart(problem: FusionProblem, features: number, weights: number, array = problem.machine.array): FusionProblem {
  const { machine } = problem;
  return {
    ...problem,
    machine: {
      ...machine,
      array,
      buffers: { arrangement: "split", features: bytes(features), weights: bytes(weights) },
      energy: { ...machine.energy, buffer: picojoulesPerByte(0.5) },
    },
  };
}

/** Networks of few elements: what the search rounds away may be more than 5 %. */
const excused = (plan: FusionPlan): FusionPlan => {
  const because = "the network is small";
  return { ...plan, claims: { ...plan.claims, because, layerByLayer: { ...plan.claims.layerByLayer, because } } };
};

function accepted(problem: FusionProblem) {
  const outcome = solve(problem, budget);
  if (outcome.status !== "optimal" && outcome.status !== "feasible") return undefined;
  const plan = excused(outcome.plan);
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.violations.slice(0, 3)));
  return { plan, value: outcome.value, replay: verdict.accepted.replay };
}

describe.each(ARRAYS)("split buffers on $template", (array) => {
  test("plans are accepted, and neither part is used beyond its size", () => {
    let planned = 0;
    for (let seed = 200; seed < 216; seed++) {
      const found = accepted(apart({ ...randomFusion(seed, 6), objective: "balanced" }, 700, 160, array));
      if (found === undefined) continue;
      planned++;
      const [features, weights] = found.replay.totals.peak;
      expect(features).toBeLessThanOrEqual(700);
      expect(weights).toBeLessThanOrEqual(160);
    }
    expect(planned).toBeGreaterThan(8);
  });

  test("traffic does not rise when either part grows", () => {
    for (let seed = 220; seed < 226; seed++) {
      const problem = randomFusion(seed, 5);
      const value = (features: number, weights: number) =>
        accepted(apart(problem, features, weights, array))?.value ?? Number.POSITIVE_INFINITY;
      const least = value(600, 120);
      for (const more of [value(1200, 120), value(600, 480)]) expect(more).toBeLessThanOrEqual(least);
      expect(value(1200, 480)).toBeLessThanOrEqual(Math.min(value(1200, 120), value(600, 480)));
    }
  });

  test("a group of one is layer by layer", () => {
    for (let seed = 230; seed < 242; seed++) {
      const found = accepted(apart({ ...randomFusion(seed, 1), objective: "balanced" }, 700, 160, array));
      if (found !== undefined) expect(found.plan.groups).toEqual(found.plan.layerByLayer);
    }
  });

  test("each part is refused by its own rule when it shrinks under a plan", () => {
    const refusals = { features: 0, weights: 0 };
    for (let seed = 250; seed < 262; seed++) {
      const problem = apart({ ...randomFusion(seed, 5), objective: "balanced" }, 900, 200, array);
      const found = accepted(problem);
      if (found === undefined) continue;
      const [features = 0, weights = 0] = found.replay.totals.peak;
      const codes = (f: number, w: number) => {
        const verdict = verify(apart(problem, f, w), found.plan);
        return verdict.ok ? [] : verdict.violations.map(({ code }) => code);
      };
      refusals.features += Number(codes(Math.max(1, features - 1), 200).includes("FUS-6"));
      refusals.weights += Number(codes(900, Math.max(1, Math.floor(weights / 4))).includes("FUS-7"));
    }
    expect(refusals.features).toBeGreaterThan(0);
    expect(refusals.weights).toBeGreaterThan(0);
  });
});

test("a real network on NVDLA with its convolution buffer in two halves", () => {
  const posed = posedExample("resnet8", "nvdla-fused", { objective: "balanced" });
  const problem = apart(posed, 24 * 1024, 16 * 1024);
  const outcome = solve(problem, budget);
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  const verdict = verify(problem, outcome.plan);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.violations.slice(0, 3)));
  const { totals, baseline } = verdict.accepted.replay;
  expect(totals.energy).toBeLessThan(baseline?.totals.energy ?? 0);
  expect(outcome.plan.groups.some(({ layers }) => layers.length > 1)).toBe(true);
});
