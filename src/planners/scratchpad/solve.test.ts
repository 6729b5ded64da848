import { describe, expect, it } from "vitest";
import { runsOnBytes } from "../../../test/oracles/byte-machine.js";
import { leastTraffic } from "../../../test/oracles/least-traffic.js";
import { randomProblem } from "../../../test/random-problem.js";
import { bytes } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { highsSolver } from "../../solvers/highs.js";
import { accessesOf, fileOrder, loadOf } from "./accesses.js";
import { exactResidency } from "./residency/dp.js";
import { gapMip } from "./residency/gap-mip.js";
import { belady, costGreedy, replace } from "./residency/replacement.js";
import { fits } from "./residency/residency.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";

const budget: Budget = { seed: 1, nodes: 200_000, stop: () => false, progress: () => {} };
const noMip = async () => ({ status: "failed" as const, reason: "not asked" });
const limits = { states: 20_000, branches: 4_096, total: 1_000_000, below: Number.POSITIVE_INFINITY, stop: () => false };

describe("residency for the model's order", () => {
  it("equals brute force, in every way it can be computed", async () => {
    const mip = highsSolver();
    let withTraffic = 0;
    for (let seed = 1; seed <= 300; seed++) {
      const problem = randomProblem(seed, { steps: 3 + (seed % 8), largest: 1 + (seed % 7), tightness: (seed % 4) / 4 });
      const accesses = accessesOf(problem, fileOrder(problem.steps));
      const capacity = new Float64Array(problem.steps.length).fill(problem.machine.capacity);
      const least = leastTraffic(problem);
      const dp = exactResidency(accesses, capacity, limits);
      expect([seed, dp.residency?.traffic, dp.exact]).toEqual([seed, least, true]);
      expect(fits(accesses, dp.residency!.absent, capacity)).toBe(true);
      if (seed % 10 === 0) expect((await gapMip(accesses, capacity, mip, { seconds: 10, nodes: 10_000 })).residency?.traffic).toBe(least);
      const beam = exactResidency(accesses, capacity, { ...limits, states: 2, branches: 2 });
      expect(beam.bound).toBeLessThanOrEqual(least);
      for (const rule of [belady, costGreedy]) expect(replace(accesses, capacity, rule)!.traffic).toBeGreaterThanOrEqual(least);
      if (least > 0) withTraffic++;
    }
    expect(withTraffic).toBeGreaterThan(100); // the generator must not make the question easy
  });

  it("moves nothing when nothing needs to leave", async () => {
    for (let seed = 1; seed <= 30; seed++) {
      const problem = randomProblem(seed, { steps: 20, largest: 50, tightness: 1 });
      const accesses = accessesOf(problem, fileOrder(problem.steps));
      expect(loadOf(accesses).reduce((a, b) => Math.max(a, b))).toBe(problem.machine.capacity);
      const outcome = await solve(problem, budget, noMip);
      expect(outcome.status === "optimal" && outcome.value).toBe(0);
    }
  });
});

describe("plans", () => {
  it("are accepted by the judge and by the byte machine, and never beat the bound", async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const problem = randomProblem(seed, {
        steps: 4 + (seed % 20),
        largest: 1 + (seed % 30),
        alignment: 1 + (seed % 3),
        tightness: (seed % 5) / 5,
      });
      const outcome = await solve(problem, budget, noMip);
      if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(`seed ${seed}: ${outcome.status}`);
      const verdict = verify(problem, outcome.plan);
      expect([seed, verdict.ok ? [] : verdict.violations]).toEqual([seed, []]);
      expect(runsOnBytes(problem, outcome.plan.actions)).toBe(true);
      expect(outcome.value).toBeGreaterThanOrEqual(outcome.bound);
      expect(outcome.fragmentationBytes).toBeGreaterThanOrEqual(0);
      expect(outcome.value - outcome.fragmentationBytes!).toBeGreaterThanOrEqual(outcome.orderBound!);
      if (outcome.status === "optimal") expect(outcome.value).toBe(outcome.bound);
    }
  });

  it("respect reserved ranges", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const plain = randomProblem(seed, { steps: 4 + (seed % 12), largest: 20, tightness: 0.5 });
      const at = seed % plain.machine.capacity;
      const machine = {
        ...plain.machine,
        capacity: bytes(plain.machine.capacity + 10),
        reserved: [{ start: bytes(at), end: bytes(at + 10) }],
      };
      const problem = { ...plain, machine };
      const outcome = await solve(problem, budget, noMip);
      if (outcome.status === "infeasible") continue; // cut into pieces too small
      if (outcome.status === "unknown") throw new Error(outcome.reason);
      const verdict = verify(problem, outcome.plan);
      expect([seed, verdict.ok ? [] : verdict.violations]).toEqual([seed, []]);
      expect(runsOnBytes(problem, outcome.plan.actions)).toBe(true);
    }
  });

  it("say which operator needs how much when none exists", async () => {
    const problem = randomProblem(3, { steps: 10, largest: 40 });
    const machine = { ...problem.machine, capacity: bytes(problem.sizes.min - 1) };
    const outcome = await solve({ ...problem, machine }, budget, noMip);
    expect(outcome.status === "infeasible" && outcome.conflict.figures).toEqual({
      neededBytes: problem.sizes.min,
      availableBytes: problem.sizes.min - 1,
      missingBytes: 1,
      smallestWorkingBytes: problem.sizes.min,
    });
  });

  it("are the same, byte for byte, for the same seed and nodes, under a clock that does not run out", async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const problem = randomProblem(seed, { steps: 20 + 3 * seed, largest: 60, tightness: (seed % 3) / 6 });
      const begun = Date.now();
      const clocked: Budget = { ...budget, stop: () => Date.now() - begun > 3_600_000 };
      const first = JSON.stringify(await solve(problem, budget, highsSolver()));
      expect(JSON.stringify(await solve(problem, clocked, highsSolver()))).toBe(first);
    }
  });
});
