import { describe, expect, it } from "vitest";
import { bytes, bytesPerSecond, hertz, seconds } from "../../src/base/units.js";
import type { Graph, Operator } from "../../src/graph/graph.js";
import { layersOf } from "../../src/planners/pipeline/layers.js";
import type { PipelineProblem } from "../../src/planners/pipeline/plan.js";
import { pose } from "../../src/planners/pipeline/pose.js";
import { readProblem } from "../../src/planners/pipeline/read.js";
import type { PipelineTarget } from "../../src/target/pipeline-target.js";
import { modelFiles, modelGraph } from "./folders.js";

const target: PipelineTarget = {
  kind: "pipeline",
  name: "zcu102",
  summary: "",
  clock: hertz(200e6),
  fabric: "ultrascale+",
  resources: { lut: 274_080, ff: 548_160, dsp: 2520, bram18: 1824, uram: 0 },
  lutPerBram18: 0,
  offChip: { bandwidth: bytesPerSecond(19.2e9), efficiency: 1, burst: bytes(64) },
  streaming: "allowed",
  buffers: 2,
  reuse: 4,
  model: "stowage",
  partitions: 1,
  reconfiguration: seconds(0),
  batch: 1,
  precision: { weightBits: 4, activationBits: 5 },
  sources: {},
};

const files = modelFiles();

describe.skipIf(files.length === 0)("the reference models as pipelines", () => {
  it.each(files)("%s: every operator in an engine, every MAC counted, or a reason", (file) => {
    const graph = modelGraph(file);
    const posed = pose(graph, target, { objective: "throughput" });
    if (!posed.ok) {
      expect(graph.operators.some((op) => isBeyond(graph, op))).toBe(true);
      for (const { code, where } of posed.errors) {
        expect(code).toMatch(/^PIP-[4567]$/);
        expect(graph.operators.some(({ name }) => where.includes(name))).toBe(true);
      }
      return;
    }
    expect(macsOf(posed.value)).toBe(graph.operators.reduce((n, { macs }) => n + macs, 0));
    const again = readProblem(JSON.parse(JSON.stringify(posed.value)), file);
    expect(again.ok ? [] : again.errors).toEqual([]);

    const { scene, before, after } = layersOf(graph, target.precision);
    const taken = [...scene.drafts.flatMap(({ operator, folded }) => [operator.id, ...folded]), ...scene.views, ...before, ...after];
    const padded = [...scene.padded.values()].map(({ operator }) => operator.id);
    const alive = graph.operators.filter(({ outputs }) =>
      outputs.some((t) => graph.outputs.includes(t) || graph.operators.some(({ inputs }) => inputs.includes(t))),
    );
    expect([...new Set([...taken, ...padded])].toSorted((a, b) => a - b)).toEqual(alive.map(({ id }) => id));
    for (const [s, { waiting, map, from, to }] of posed.value.streams.entries()) {
      expect([s, Number.isSafeInteger(waiting / map.channels)]).toEqual([s, true]);
      const uneven = from !== undefined && posed.value.layers[from]!.kind === "rearrange";
      const joins = to !== undefined && posed.value.layers[to]!.inputs.length > 1;
      if (!uneven && !joins) expect([s, waiting]).toEqual([s, 0]);
    }
  });
});

/** Whether the pipeline has, by its documentation, no engine for the operator. */
const isBeyond = (graph: Graph, { type, inputs, macs, weights, attributes }: Operator): boolean =>
  /^(LSTM|GRU|RNN|LRN|Softmax|LayerNormalization|InstanceNormalization|GroupNormalization)$/.test(type) ||
  (macs > 0 && weights.length === 0) ||
  inputs.some((t) => graph.tensors[t]!.shape.length > 4 && macs > 0) ||
  (type === "Resize" && attributes.mode !== "nearest");

/** Multiply-accumulates as the engines count them. */
const macsOf = ({ layers, streams }: PipelineProblem): number =>
  layers.reduce((sum, { kind, weights, inputs, output, kernel, groups }) => {
    if (weights === undefined || kernel === undefined) return sum;
    const { map } = streams[inputs[0]!]!;
    const positions = kind === "transposed" ? map : output;
    const each = (map.channels / groups) * output.channels * kernel.height * kernel.width;
    return sum + each * positions.height * positions.width;
  }, 0);
