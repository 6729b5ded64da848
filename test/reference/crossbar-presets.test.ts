import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readWeights } from "../../src/onnx/weight-values.js";
import { type CrossbarProblem, OBJECTIVES } from "../../src/planners/crossbar/plan.js";
import { pose } from "../../src/planners/crossbar/pose.js";
import { solve } from "../../src/planners/crossbar/solve.js";
import { verify } from "../../src/planners/crossbar/verify.js";
import type { CrossbarTarget } from "../../src/target/crossbar-target.js";
import { presetNames, presetTarget } from "../../src/target/presets.js";
import { modelFiles, modelGraph } from "./folders.js";

const MODELS = process.env.STOWAGE_MODELS ?? "../shared/models";
const budget = { seed: 1, nodes: 1e5, stop: () => false, progress: () => undefined };

/** Crossbars for a quarter of the weights, on every preset. */
const targets = presetNames.flatMap((name) => {
  const target = presetTarget(name, []);
  if (!target.ok || target.value.kind !== "crossbar") return [];
  const scarce = presetTarget(name, ["crossbars=25%"]);
  return scarce.ok ? [scarce.value as CrossbarTarget] : [];
});

function posed(file: string, target: CrossbarTarget, objective: string): CrossbarProblem | undefined {
  try {
    const bytes = readFileSync(join(MODELS, file));
    const problem = pose(modelGraph(file), target, { objective }, () => readWeights(bytes, file, undefined));
    return problem.ok ? problem.value : undefined;
  } catch {
    return undefined; // models of the folder that are not to be read are another test's matter
  }
}

/** Of the small models with so many weights of their own the first and the last. */
const [FEWEST, MOST] = [20_000, 120_000];
const small = modelFiles()
  .filter((file) => statSync(join(MODELS, file)).size < 10 * MOST)
  .filter((file) => {
    const problem = posed(file, targets[0]!, "latency");
    const weights = problem?.layers.reduce((sum, { groups, inputs, outputs }) => sum + groups * inputs * outputs, 0) ?? 0;
    return weights >= FEWEST && weights <= MOST;
  });
const models = [...new Set([...small.slice(0, 1), ...small.slice(-1)])];

describe.skipIf(models.length === 0)("with crossbars for a quarter of the weights", () => {
  for (const file of models)
    for (const target of targets)
      test.each(OBJECTIVES)(
        `${file} on ${target.name}, %s: no slower than writing what differs in order, no cell written more often`,
        (objective) => {
          const problem = posed(file, target, objective)!;
          const found = solve(problem, budget);
          if (found.status !== "feasible") throw new Error(found.status);
          const verdict = verify(problem, found.plan);
          if (!verdict.ok) throw new Error(verdict.violations[0].message);
          const { totals, baselines, ways } = verdict.accepted.replay.crossbar!;
          const delta = Math.min(...baselines.filter(({ name }) => name === "difference").map(({ latency }) => latency));
          expect(totals.latency).toBeLessThanOrEqual(delta * (1 + 1e-9));
          const plain = ways.find(({ name }) => name === "difference")!;
          expect(totals.maxCellWrites).toBeLessThanOrEqual(plain.maxCellWrites);
          expect(totals.cellWrites).toBeLessThanOrEqual(plain.cellWrites);
        },
        60_000,
      );
});
