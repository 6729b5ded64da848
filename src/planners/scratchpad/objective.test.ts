import { describe, expect, it } from "vitest";
import { randomProblem } from "../../../test/random-problem.js";
import { unitTarget } from "../../../test/unit-target.js";
import { bytes, picojoulesPerByte } from "../../base/units.js";
import { buildExample } from "../../onnx/examples/index.js";
import { importOnnx } from "../../onnx/import.js";
import type { Budget } from "../../search/budget.js";
import { highsSolver } from "../../solvers/highs.js";
import { solveByIlp, solveFixedByIlp } from "./ilp/solve.js";
import { OBJECTIVES, type ScratchpadProblem } from "./plan.js";
import { pose } from "./pose.js";
import { readProblem } from "./read.js";
import { solve } from "./solve.js";
import { rewritten } from "./split/rewrite.js";
import { verify } from "./verify.js";

const budget: Budget = { seed: 1, nodes: 20_000, stop: () => false, progress: () => {} };
const mip = highsSolver();

async function solved(problem: ScratchpadProblem, by: typeof solve = solve) {
  const outcome = await by(problem, budget, mip);
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  const verdict = verify(problem, outcome.plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  return { ...outcome, totals: verdict.accepted.replay.totals };
}

function small() {
  const graph = importOnnx(buildExample("resnet8")!, { name: "resnet8", bindings: [] });
  if (!graph.ok) throw new Error(graph.errors[0].message);
  return graph.value;
}

describe("energy", () => {
  it("is what the judge counts, and least where the fewest bytes move", async () => {
    for (let seed = 1; seed <= 60; seed++) {
      const plain = randomProblem(seed, { steps: 4 + (seed % 12), largest: 20, tightness: (seed % 4) / 4 });
      const machine = { ...plain.machine, offChipEnergy: picojoulesPerByte(3.7), memoryEnergy: picojoulesPerByte(0.3) };
      const traffic = await solved({ ...plain, machine });
      const energy = await solved({ ...plain, machine, objective: "energy" });
      expect([seed, energy.plan]).toEqual([seed, traffic.plan]);
      expect(energy.value).toBe(energy.totals.energy); // to the last bit: the report calls a plan optimal by comparing them
      expect(energy.status).toBe(traffic.status);
      // Each byte beyond the bound costs 3.7 pJ + 0.3 pJ.
      expect(energy.value - energy.bound).toBeCloseTo(4 * (traffic.value - traffic.bound), 6);
      if (energy.status === "optimal") expect(energy.bound).toBe(energy.value);
    }
  });
});

describe("objectives", () => {
  it("are posed, survive a plan file, and an unknown one is refused with the names of those there are", () => {
    const graph = small();
    for (const objective of OBJECTIVES) {
      const posed = pose(graph, { ...unitTarget, memory: { ...unitTarget.memory, size: "min" } }, { objective });
      if (!posed.ok) throw new Error(posed.errors[0].message);
      const read = readProblem(JSON.parse(JSON.stringify(posed.value)), "plan.json");
      expect(read.ok && read.value.objective).toBe(objective);
    }
    const refused = pose(graph, unitTarget, { objective: "throughput" });
    expect(!refused.ok && refused.errors[0].code).toBe("SPM-22");
    expect(!refused.ok && refused.errors[0].message).toMatch(/traffic, latency, energy/);
  });

  it("are answered in their unit by COSMA's programme, too", async () => {
    for (const by of [solveByIlp, solveFixedByIlp]) {
      const problem = randomProblem(4, { steps: 5, largest: 6 });
      const bytes = await solved(problem, by);
      const energy = await solved({ ...problem, objective: "energy" }, by);
      expect([energy.value, energy.scope]).toEqual([energy.totals.energy, bytes.scope]);
      const latency = await solved({ ...problem, objective: "latency" }, by);
      expect(latency.value).toBe(latency.totals.latency);
      expect(latency.value).toBeLessThanOrEqual(bytes.totals.latency);
      expect(latency.bound).toBeLessThanOrEqual(latency.value);
    }
  });

  it("hold for a network cut to fit, and no figure of a cut is called optimal", async () => {
    const graph = small();
    const target = { ...unitTarget, memory: { ...unitTarget.memory, size: bytes(98_304) } };
    for (const objective of ["latency", "energy"] as const) {
      const posed = pose(graph, target, { objective });
      if (!posed.ok) throw new Error(posed.errors[0].message);
      const cut = rewritten(graph, target, posed.value, budget);
      if (cut.kind !== "cut") throw new Error(cut.kind);
      expect(cut.problem.objective).toBe(objective);
      const outcome = await solved(cut.problem);
      const traffic = await solved({ ...cut.problem, objective: "traffic" });
      expect(outcome.value).toBe(outcome.totals[objective]);
      expect(outcome.value).toBeLessThanOrEqual(traffic.totals[objective]);
      expect(outcome.bound).toBeLessThanOrEqual(outcome.value);
      expect(outcome.status).toBe("feasible");
    }
  });
});
