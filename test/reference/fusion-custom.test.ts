import { describe, expect, test } from "vitest";
import { pose } from "../../src/planners/fusion/pose.js";
import { readProblem } from "../../src/planners/fusion/read.js";
import { presetTarget } from "../../src/target/presets.js";
import { modelGraph } from "./folders.js";
import { has, reductions } from "./fusion-case.js";

const MODELS = ["resnet18.onnx", "mobilenetv2.onnx", "yolov5n_640.onnx"];

/** Networks on an array that is drawn in YAML: the judge replays the mapping of every tile by the cost engine. */
describe.skipIf(!has(...MODELS))("a hierarchy drawn in YAML", () => {
  const target = presetTarget("custom-three-level");
  if (!target.ok || target.value.kind !== "fusion") throw new Error("no such preset");
  const custom = target.value;

  test.each(MODELS)("%s is planned and verified", (file) => {
    const problem = pose(modelGraph(file), custom, { objective: "balanced" });
    if (!problem.ok) throw new Error(problem.errors[0].message);
    expect(readProblem(JSON.parse(JSON.stringify(problem.value)), "problem").ok).toBe(true);
    const { fused, alone } = reductions(problem.value);
    expect(fused.traffic).toBeLessThanOrEqual(alone.traffic);
    expect(fused.energy / alone.energy + fused.latency / alone.latency).toBeLessThanOrEqual(2);
  });
});
