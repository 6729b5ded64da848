import { describe, expect, it } from "vitest";
import { bytes } from "../../src/base/units.js";
import { accessesOf, fileOrder } from "../../src/planners/scratchpad/accesses.js";
import { pose } from "../../src/planners/scratchpad/pose.js";
import { belady, costGreedy, replace } from "../../src/planners/scratchpad/residency/replacement.js";
import { solve } from "../../src/planners/scratchpad/solve.js";
import { verify } from "../../src/planners/scratchpad/verify.js";
import { highsSolver } from "../../src/solvers/highs.js";
import { unitTarget } from "../unit-target.js";
import { modelFiles, modelGraph } from "./folders.js";

/** A small share of the default: enough for every bar checked here. */
const budget = { seed: 1, nodes: 50_000, stop: () => false, progress: () => {} };
const mip = highsSolver();
const files = modelFiles();

describe.skipIf(files.length === 0)("plans of the reference models", () => {
  it.each(files)("%s: verified at every size, never above a baseline, nothing moved at the peak", async (file) => {
    const graph = modelGraph(file);
    for (const weights of ["outside", "planned"] as const)
      for (const size of ["min", "mid", "peak"] as const) {
        const target = {
          ...unitTarget,
          weights,
          precision: { activation: "int8", weight: "int8" } as const,
          memory: { ...unitTarget.memory, size, alignment: bytes(16) },
        };
        const problem = pose(graph, target, { objective: "traffic" });
        if (!problem.ok) throw new Error(problem.errors[0].message);
        const outcome = await solve(problem.value, budget, mip);
        if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(`${weights} ${size}: ${outcome.status}`);
        const verdict = verify(problem.value, outcome.plan);
        expect([weights, size, verdict.ok ? [] : verdict.violations]).toEqual([weights, size, []]);
        const accesses = accessesOf(problem.value, fileOrder(problem.value.steps));
        const capacity = new Float64Array(accesses.need.length).fill(problem.value.machine.capacity);
        for (const rule of [belady, costGreedy]) expect(outcome.value).toBeLessThanOrEqual(replace(accesses, capacity, rule)!.traffic);
        expect(outcome.bound).toBeLessThanOrEqual(outcome.value);
        if (size === "peak") expect([weights, outcome.value]).toEqual([weights, 0]);
      }
  });
});
