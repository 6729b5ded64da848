import { describe, expect, test } from "vitest";
import { layersOf } from "../../src/planners/fusion/layers.js";
import type { Layer } from "../../src/planners/fusion/plan.js";
import { pose } from "../../src/planners/fusion/pose.js";
import { readProblem } from "../../src/planners/fusion/read.js";
import { modelFiles, modelGraph } from "./folders.js";
import { vwa } from "./fusion-case.js";

const files = modelFiles();

describe.skipIf(files.length === 0)("layers of every model", () => {
  test.each(files)("%s", (file) => {
    const graph = modelGraph(file);
    const { layers, operators, views, maps } = layersOf(graph, {});
    const macs = layers.reduce((sum, l) => sum + macsOf(l), 0);
    expect(macs).toBe(graph.operators.reduce((n, op) => n + op.macs, 0));
    const met = [...operators.flat(), ...views].toSorted((a, b) => a - b);
    expect(met).toEqual(graph.operators.map(({ id }) => id));
    const problem = pose(graph, vwa(1), { objective: "traffic" });
    expect(problem.ok).toBe(true);
    if (problem.ok) expect(readProblem(JSON.parse(JSON.stringify(problem.value)), "problem")).toMatchObject({ ok: true });
    const outputs = graph.outputs.reduce((n, t) => n + graph.tensors[t]!.shape.reduce((p, d) => p * d, 1), 0);
    const leaving = maps.reduce((n, m) => (m.kind === "output" ? n + m.channels * m.height * m.width : n), 0);
    expect(leaving).toBeGreaterThanOrEqual(outputs);
  });
});

const macsOf = ({ kind, shape, computed }: Layer): number =>
  kind === "mac"
    ? ((shape.outputs * shape.inputs) / shape.groups) * shape.kernel.height * shape.kernel.width * computed.height * computed.width
    : 0;
