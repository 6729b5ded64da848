import { describe, expect, it } from "vitest";
import { leastLatency } from "../../../../test/oracles/least-latency.js";
import { randomProblem } from "../../../../test/random-problem.js";
import { rng } from "../../../base/rng.js";
import { bytes, bytesPerCycle } from "../../../base/units.js";
import { buildExample, examples } from "../../../onnx/examples/index.js";
import { importOnnx } from "../../../onnx/import.js";
import type { Budget } from "../../../search/budget.js";
import { presetTarget } from "../../../target/presets.js";
import { accessesOf, fileOrder } from "../accesses.js";
import { firstFit } from "../first-fit.js";
import type { Action, ScratchpadProblem } from "../plan.js";
import { pose } from "../pose.js";
import { programme } from "../programme.js";
import { replay } from "../replay.js";
import { solve } from "../solve.js";
import { verify } from "../verify.js";
import { latencyFloor } from "./floor.js";
import { fastest } from "./solve.js";
import { latencyOf } from "./timing.js";

const budget: Budget = { seed: 1, nodes: 20_000, stop: () => false, progress: () => {} };
const noMip = async () => ({ status: "failed" as const, reason: "not asked" });

/** Cycles that the judge measures; throws where it refuses. */
function judged(problem: ScratchpadProblem, plan: Parameters<typeof verify>[1]): number {
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  return verdict.accepted.replay.totals.latency;
}

/** The oracle tries every address. */
const MOST_BYTES = 5;

const orderOf = (actions: readonly Action[]) => actions.flatMap((a) => (a.kind === "run" ? [a.step] : []));

const withRate = (problem: ScratchpadProblem, rate: number): ScratchpadProblem => ({
  ...problem,
  machine: { ...problem.machine, offChipRate: bytesPerCycle(rate) },
});

async function solved(problem: ScratchpadProblem) {
  const outcome = await solve(problem, budget, noMip);
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  return outcome;
}

describe("the solver's clock", () => {
  it("agrees with the judge on random programmes", () => {
    const random = rng(5);
    for (let seed = 1; seed <= 300; seed++) {
      const shape = { steps: 3 + (seed % 25), largest: 1 + (seed % 30), alignment: 1 + (seed % 3), tightness: (seed % 5) / 5 };
      const problem = withRate(randomProblem(seed, shape), [0.5, 1, 3, 10][seed % 4]!);
      const accesses = accessesOf(problem, fileOrder(problem.steps));
      const share = random();
      const absent = Uint8Array.from({ length: accesses.gaps.count }, () => (random() < share ? 1 : 0));
      const plan = programme(problem, accesses, firstFit(problem, accesses, absent));
      expect([seed, latencyOf(problem, plan.actions)]).toEqual([seed, judged(problem, plan)]);
    }
  });

  it("agrees with the judge on every bundled example", () => {
    let compared = 0;
    for (const { name } of examples) {
      const graph = importOnnx(buildExample(name)!, { name, bindings: [] });
      if (!graph.ok) continue; // needs a binding
      const target = presetTarget("gemmini-like", ["memory.size=mid"]);
      if (!target.ok || target.value.kind !== "scratchpad") throw new Error(name);
      const problem = pose(graph.value, target.value, { objective: "latency" });
      if (!problem.ok) throw new Error(name);
      const accesses = accessesOf(problem.value, fileOrder(problem.value.steps));
      const plan = programme(problem.value, accesses, firstFit(problem.value, accesses, new Uint8Array(accesses.gaps.count)));
      expect([name, latencyOf(problem.value, plan.actions)]).toEqual([name, judged(problem.value, plan)]);
      const sooner = fastest(problem.value, plan, [], 0, { ...budget, nodes: 2_000 });
      expect([name, latencyOf(problem.value, sooner.actions)]).toEqual([name, judged(problem.value, sooner)]);
      compared++;
    }
    expect(compared).toBeGreaterThan(examples.length / 2);
  });
});

describe("plans for latency", () => {
  it("are accepted, take what is claimed, and never longer than the plan for traffic", async () => {
    let faster = 0;
    let proved = 0;
    for (let seed = 1; seed <= 150; seed++) {
      const shape = { steps: 4 + (seed % 20), largest: 1 + (seed % 30), alignment: 1 + (seed % 3), tightness: (seed % 5) / 5 };
      const problem = withRate(randomProblem(seed, shape), [1, 3, 10][seed % 3]!);
      const before = judged(problem, (await solved(problem)).plan);
      const outcome = await solved({ ...problem, objective: "latency" });
      expect([seed, outcome.value]).toEqual([seed, judged(problem, outcome.plan)]);
      expect(outcome.value).toBeLessThanOrEqual(before);
      expect(outcome.bound).toBeLessThanOrEqual(outcome.orderBound!);
      expect([seed, outcome.orderBound! <= outcome.value]).toEqual([seed, true]);
      expect(outcome.status === "optimal").toBe(outcome.value === outcome.bound);
      if (outcome.value < before) faster++;
      if (outcome.status === "optimal") proved++;
    }
    expect(faster).toBeGreaterThan(30);
    expect(proved).toBeGreaterThan(25);
  });

  it("never undercut the bound, whatever their order, addresses and queues: brute force", async () => {
    let least = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const problem = withRate(
        randomProblem(seed, { steps: 2 + (seed % 2), largest: 2, tightness: (seed % 3) / 2 }),
        [1, 0.5, 2][seed % 3]!,
      );
      if (problem.machine.capacity > MOST_BYTES) continue;
      const { value, plan, bound, orderBound } = await solved({ ...problem, objective: "latency" });
      const best = leastLatency(problem, value);
      if (best === undefined) {
        least++;
        continue;
      }
      const { violations, replay: seen } = replay(problem, best.actions);
      expect([seed, violations, seen.totals.latency]).toEqual([seed, [], best.cycles]);
      expect([seed, bound <= best.cycles]).toEqual([seed, true]);
      if (orderOf(best.actions).every((s, t) => s === orderOf(plan.actions)[t]))
        expect([seed, orderBound! <= best.cycles]).toEqual([seed, true]);
    }
    expect(least).toBeGreaterThan(25);
  });

  it("are the same for the same seed", async () => {
    const problem: ScratchpadProblem = { ...randomProblem(11, { steps: 40, largest: 60 }), objective: "latency" };
    expect(JSON.stringify(await solved(problem))).toBe(JSON.stringify(await solved(problem)));
  });
});

describe("the bound", () => {
  it("for one order is no less than for all", () => {
    for (let seed = 1; seed <= 100; seed++) {
      const problem = randomProblem(seed, { steps: 3 + (seed % 30), largest: 20, tightness: (seed % 4) / 4 });
      const all = latencyFloor(problem, bytes(0)).cycles;
      expect([seed, all <= Math.max(all, latencyFloor(problem, bytes(0), fileOrder(problem.steps)).cycles)]).toEqual([seed, true]);
    }
  });
});
