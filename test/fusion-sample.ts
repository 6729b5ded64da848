import type { Outcome } from "../src/base/outcome.js";
import { buildExample } from "../src/onnx/examples/index.js";
import { importOnnx } from "../src/onnx/import.js";
import type { FusionPlan, FusionProblem } from "../src/planners/fusion/plan.js";
import { pose } from "../src/planners/fusion/pose.js";
import { solve } from "../src/planners/fusion/solve.js";
import { verify } from "../src/planners/fusion/verify.js";
import type { ReportInput } from "../src/report/report.js";
import { presetTarget } from "../src/target/presets.js";

/** A bundled network posed for a preset. */
export function posedExample(model: string, preset: string, goal: Parameters<typeof pose>[2], settings: readonly string[] = []) {
  const graph = importOnnx(buildExample(model)!, { name: model, bindings: [] });
  const target = presetTarget(preset, settings);
  if (!graph.ok || !target.ok || target.value.kind !== "fusion") throw new Error(`${model} on ${preset} cannot be posed`);
  const posed = pose(graph.value, target.value, goal);
  if (!posed.ok) throw new Error(posed.errors[0].message);
  return posed.value;
}

/** What a report is made of: the problem, its plan, replayed by the judge, and the solver's outcome. */
export function planned(problem: FusionProblem, model = "sample", target = "vwa"): ReportInput<FusionProblem, FusionPlan> {
  const outcome: Outcome<FusionPlan> = solve(problem, { seed: 1, nodes: 1e6, stop: () => false, progress: () => {} });
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  // In networks of a few elements, what the search rounds away is more than 5 %.
  const because = "the sample may be small";
  const { claims } = outcome.plan;
  const verdict = verify(problem, { ...outcome.plan, claims: { ...claims, because, layerByLayer: { ...claims.layerByLayer, because } } });
  if (!verdict.ok) throw new Error(`the plan is wrong: ${JSON.stringify(verdict.violations.slice(0, 3))}`);
  return {
    model,
    target,
    problem,
    accepted: verdict.accepted,
    outcome,
    coverage: { macs: 1, activationBytes: 1, notModelled: [] },
    warnings: [],
    seconds: { import: 0.01, pose: 0.01, solve: 0.9, verify: 0.3 },
    manifest: { stowage: "0.1.0", model: "9f2c".repeat(16), target: "41be".repeat(16), seed: 1, budget: { nodes: 1e6 } },
  };
}
