import { describe, expect, it } from "vitest";
import { mapOf, network, POINT, window3 } from "../../../test/small-pipeline.js";
import { rng } from "../../base/rng.js";
import { seconds } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { optionsOf } from "./choices.js";
import { configure, engineOf, resourcesOf } from "./configure.js";
import { earliest } from "./earliest.js";
import { leastLatency } from "./latency.js";
import { ioBits, type Option } from "./options.js";
import { partOf } from "./part.js";
import type { Engine, PipelinePlan, PipelineProblem } from "./plan.js";
import { solve, solveGreedy, solveVanilla } from "./solve.js";
import { verify } from "./verify.js";

const budget: Budget = { seed: 1, nodes: 1e7, stop: () => false, progress: () => {} };
const ALL = { slowest: Number.POSITIVE_INFINITY, steps: Number.POSITIVE_INFINITY };

/** Three small layers on a device that is sometimes too small for them. */
function small(seed: number): PipelineProblem {
  const random = rng(seed);
  const among = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const conv = (channels: number, size: number, kernel = among([POINT, POINT, window3()])) =>
    ({ kind: "convolution", kernel, output: mapOf(channels, size, size, 4) }) as const;
  const size = among([3, 4]);
  const problem = network(mapOf(2, size, size, 4), [conv(among([2, 3]), size), conv(2, size), conv(among([1, 4]), size, POINT)]);
  const { device } = problem;
  const resources = { lut: among([350, 500, 700, 1500, 6000]), ff: 8000, dsp: among([8, 16, 40]), bram18: among([0, 2, 4]), uram: 0 };
  return { ...problem, reuse: 1, device: { ...device, resources, bitsPerCycle: among([1, 4, 64]), burstBits: 8 } };
}

/** Every choice of engines that fits, with the time that its engines and the link need. */
function choices(problem: PipelineProblem): readonly { readonly engines: readonly Engine[]; readonly time: number }[] {
  const { resources, bitsPerCycle } = problem.device;
  const options = problem.layers.map((_, l) => optionsOf(problem, l, ALL));
  const all: { engines: readonly Engine[]; time: number }[] = [];
  const go = (chosen: readonly Option[]): void => {
    if (chosen.length < options.length) {
      for (const option of options[chosen.length]!) go([...chosen, option]);
      return;
    }
    const engines = chosen.map((option, l) => engineOf(l, option));
    const used = resourcesOf(problem, engines);
    const load = ioBits(problem) + chosen.reduce((bits, { weightBits }) => bits + weightBits, 0);
    if (Object.entries(resources).every(([key, given]) => used[key as keyof typeof used] <= given))
      all.push({ engines, time: Math.max(...chosen.map(({ interval }) => interval), load / bitsPerCycle) });
  };
  go([]);
  return all;
}

/** The least time of all choices, one by one. */
function least(problem: PipelineProblem): number {
  const { resources, bitsPerCycle } = problem.device;
  const options = problem.layers.map((_, l) => optionsOf(problem, l, ALL));
  const io = ioBits(problem);
  let best = Number.POSITIVE_INFINITY;
  const go = (chosen: readonly Option[]): void => {
    const time = Math.max(
      ...chosen.map(({ interval }) => interval),
      (io + chosen.reduce((bits, { weightBits }) => bits + weightBits, 0)) / bitsPerCycle,
    );
    if (time >= best) return;
    if (chosen.length < options.length) {
      for (const option of options[chosen.length]!) go([...chosen, option]);
      return;
    }
    const used = resourcesOf(
      problem,
      chosen.map((option, l) => engineOf(l, option)),
    );
    if (Object.entries(resources).every(([key, given]) => used[key as keyof typeof used] <= given)) best = time;
  };
  go([]);
  return best;
}

const accepted = (problem: PipelineProblem, plan: PipelinePlan) => {
  const verdict = verify(problem, plan);
  return verdict.ok ? [] : verdict.violations;
};

describe("solve", () => {
  it("finds what trying every choice finds", () => {
    let [planned, impossible] = [0, 0];
    for (let seed = 1; seed <= 16; seed++) {
      const problem = small(seed);
      const best = least(problem);
      const outcome = solve(problem, budget);
      if (best === Number.POSITIVE_INFINITY) {
        expect(outcome.status, `seed ${seed}`).toBe("infeasible");
        impossible++;
        continue;
      }
      if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(`seed ${seed}: ${outcome.status}`);
      planned++;
      expect(outcome.bound, `seed ${seed}`).toBe(Math.ceil(best - 1e-6));
      // The link's schedule may take a little longer than its capacity says.
      expect(outcome.value, `seed ${seed}`).toBeLessThanOrEqual(Math.ceil(best * 1.05) + 2);
      expect(accepted(problem, outcome.plan), `seed ${seed}`).toEqual([]);
    }
    expect(planned).toBeGreaterThan(5);
    expect(impossible).toBeGreaterThan(1);
  });

  it("is never slower than the baselines, which are plans as well", () => {
    for (let seed = 1; seed <= 8; seed++) {
      const problem = small(seed);
      const outcome = solve(problem, budget);
      for (const other of [solveVanilla(problem, budget), solveGreedy(problem, budget)]) {
        if (!("plan" in other)) continue;
        if (!("plan" in outcome)) throw new Error(`seed ${seed}: ${outcome.status}`);
        expect(outcome.value, `seed ${seed}`).toBeLessThanOrEqual(other.value);
        expect(other.bound, `seed ${seed}`).toBeLessThanOrEqual(other.value);
        expect(accepted(problem, other.plan), `seed ${seed}`).toEqual([]);
      }
    }
  });

  it("has a frame through about as soon as any choice does, and no choice sooner than its bound", () => {
    let sooner = 0;
    for (let seed = 1; seed <= 16; seed++) {
      const problem: PipelineProblem = { ...small(seed), objective: "latency" };
      const outcome = solve(problem, budget);
      if (!("plan" in outcome)) {
        expect(least(problem), `seed ${seed}`).toBe(Number.POSITIVE_INFINITY);
        continue;
      }
      const best = Math.min(...choices(problem).map(({ engines, time }) => earliest(problem, engines, time).latency));
      const latencyIn = (plan: PipelinePlan): number => {
        const verdict = verify(problem, plan);
        if (!verdict.ok) throw new Error(`seed ${seed}: ${JSON.stringify(verdict.violations)}`);
        return verdict.accepted.replay.totals.latency;
      };
      const seen = latencyIn(outcome.plan);
      expect(outcome.bound, `seed ${seed}`).toBeLessThanOrEqual(best + 1e-6);
      expect(outcome.value, `seed ${seed}`).toBeGreaterThanOrEqual(seen);
      expect(seen, `seed ${seed}`).toBeLessThanOrEqual(1.3 * best + 30);
      const fastest = solve({ ...problem, objective: "throughput" }, budget);
      if ("plan" in fastest && seen < latencyIn(fastest.plan)) sooner++;
    }
    expect(sooner).toBeGreaterThan(2);
  });

  it("says what is missing where nothing fits", () => {
    const problem = small(1);
    const outcome = solve({ ...problem, device: { ...problem.device, resources: { ...problem.device.resources, dsp: 2 } } }, budget);
    if (outcome.status !== "infeasible") throw new Error(outcome.status);
    expect(outcome.conflict.message).toContain("DSPs of 2");
    expect(outcome.conflict.figures.availableDsp).toBe(2);
    expect(outcome.conflict.figures.neededDsp).toBeGreaterThan(2);
  });

  it("cuts the network where that is cheapest", () => {
    let cut = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const problem: PipelineProblem = { ...small(seed), partitions: 3, reconfiguration: seconds(20), batch: 50 };
      const outcome = solve(problem, budget);
      if (!("plan" in outcome)) continue;
      expect(accepted(problem, outcome.plan), `seed ${seed}`).toEqual([]);
      const once = configure({ ...problem, partitions: 1 }, budget);
      // Every way to cut three layers, each part as good as it gets.
      const bounds = [[1], [2], [1, 2]].map((ends) => {
        const parts = [...ends, 3].map((end, p) => partOf(problem, p === 0 ? 0 : ends[p - 1]!, end));
        return parts.reduce((sum, part) => {
          const found = configure(part, budget);
          return sum + (20 + (found.kind === "configured" ? 49 * found.bound + leastLatency(part) : Number.POSITIVE_INFINITY)) / 50;
        }, 0);
      });
      const most = Math.min(...bounds, once.kind === "configured" ? once.bound : Number.POSITIVE_INFINITY);
      expect(outcome.bound, `seed ${seed}`).toBeLessThanOrEqual(most + 1e-6);
      expect(outcome.value, `seed ${seed}`).toBeGreaterThanOrEqual(most - 1e-6);
      if (outcome.plan.partitions.length > 1) cut++;
    }
    expect(cut).toBeGreaterThan(0);
  });
});
