import { describe, expect, test } from "vitest";
import { accepted, type GraphInit, modelBytes, node, value, zeros } from "../../test/onnx-model.js";
import { bytes, bytesPerSecond, hertz, seconds } from "../base/units.js";
import type { Accepted } from "../base/verdict.js";
import { costOf } from "../planners/pipeline/options.js";
import type { PipelinePlan, PipelineProblem } from "../planners/pipeline/plan.js";
import { pose } from "../planners/pipeline/pose.js";
import { solve } from "../planners/pipeline/solve.js";
import { verify } from "../planners/pipeline/verify.js";
import type { PipelineTarget } from "../target/pipeline-target.js";
import { autowsFiles } from "./autows.js";
import { finnFiles } from "./finn.js";

const board: PipelineTarget = {
  kind: "pipeline",
  name: "board",
  summary: "",
  clock: hertz(200e6),
  fabric: "ultrascale+",
  resources: { lut: 60_000, ff: 120_000, dsp: 120, bram18: 40, uram: 0 },
  lutPerBram18: 0,
  offChip: { bandwidth: bytesPerSecond(4e9), efficiency: 0.8, burst: bytes(64) },
  streaming: "allowed",
  buffers: 2,
  reuse: 1,
  model: "stowage",
  partitions: 1,
  reconfiguration: seconds(0),
  batch: 1,
  precision: { weightBits: 4, activationBits: 4 },
  sources: {},
};

/** A residual network with a depth-wise layer, planned and accepted. */
function planned(target: PipelineTarget): { readonly problem: PipelineProblem; readonly plan: Accepted<PipelinePlan> } {
  const same = { pads: [1n, 1n, 1n, 1n] };
  const nodes = [
    node("Conv", "x w0", "a", { ...same, strides: [2n, 2n] }),
    node("Relu", "a", "b"),
    node("Conv", "b w1", "c", { ...same, group: 16n }),
    node("Conv", "c w2", "d"),
    node("Add", "d b", "e"),
    node("MaxPool", "e", "f", { kernel_shape: [2n, 2n], strides: [2n, 2n] }),
    node("GlobalAveragePool", "f", "g"),
    node("Flatten", "g", "h"),
    node("Gemm", "h w3", "y", { transB: 1n }),
  ].map((n, i) => ({ ...n, name: `n${i}` }));
  const graph = accepted(
    modelBytes({
      node: nodes,
      initializer: [zeros("w0", [16, 3, 3, 3]), zeros("w1", [16, 1, 3, 3]), zeros("w2", [16, 16, 1, 1]), zeros("w3", [10, 16])],
      input: [value("x", [1, 3, 16, 16])],
      output: [value("y", undefined)],
    } as GraphInit),
  );
  const problem = pose(graph, target, { objective: "throughput" });
  if (!problem.ok) throw new Error(problem.errors[0].message);
  const outcome = solve(problem.value, { seed: 1, nodes: 100_000, stop: () => false, progress: () => {} });
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  const verdict = verify(problem.value, outcome.plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  return { problem: problem.value, plan: verdict.accepted };
}

const { problem, plan } = planned(board);
const engines = plan.plan.partitions.flatMap((part) => part.engines);
const engineOf = (name: string) => engines.find(({ layer }) => problem.layers[layer]!.name === name)!;

describe("FINN", () => {
  const files = finnFiles(problem, plan);
  if (!files.ok) throw new Error(files.errors[0].message);
  const [folding, backends] = files.value.map(({ text }) => JSON.parse(text));

  test("names every node as its backend makes it", () => {
    expect(files.value.map(({ path }) => path)).toEqual(["folding_config.json", "specialize_layers_config.json"]);
    const { Defaults: _, ...styles } = backends as Record<string, { preferred_impl_style: string }>;
    const names = Object.entries(styles).map(([name, { preferred_impl_style }]) => name.replace(/_(\d+)$/, `_${preferred_impl_style}_$1`));
    expect(["Defaults", ...names]).toEqual(Object.keys(folding));
    expect(names).toEqual([
      "FMPadding_rtl_0",
      "ConvolutionInputGenerator_rtl_0",
      "MVAU_hls_0",
      "DuplicateStreams_hls_0",
      "FMPadding_rtl_1",
      "ConvolutionInputGenerator_rtl_1",
      "VVAU_hls_0",
      "MVAU_hls_1",
      "AddStreams_hls_0",
      "Thresholding_rtl_0",
      "StreamingMaxPool_hls_0",
      "GlobalAccPool_hls_0",
      "MVAU_hls_2",
    ]);
    expect(files.warnings).toEqual([]);
  });

  test("folds as the plan unrolls: a unit takes the cycles that its engine sweeps", () => {
    const first = engineOf("n0");
    const { PE, SIMD } = folding.MVAU_hls_0;
    expect([16 % PE, 27 % SIMD]).toEqual([0, 0]);
    expect((27 / SIMD) * (16 / PE)).toBe((16 * 27) / (first.unroll.in * first.unroll.out * first.unroll.kernel));
    const depthwise = engineOf("n2");
    expect(folding.VVAU_hls_0).toMatchObject({ PE: depthwise.unroll.group, SIMD: depthwise.unroll.kernel });
    expect(folding.MVAU_hls_1.mem_mode).toBe("internal_decoupled");
  });

  test("weights that are partly streamed are streamed whole, and it says so", () => {
    const memory = { fragments: 2, streamed: 1, buffers: 2, reuse: 1, static: "bram", buffer: "lutram" } as const;
    const streaming = {
      ...plan,
      plan: { ...plan.plan, partitions: [{ ...plan.plan.partitions[0]!, engines: engines.map((e) => (e.memory ? { ...e, memory } : e)) }] },
    };
    const other = finnFiles(problem, streaming as never);
    if (!other.ok) throw new Error(other.errors[0].message);
    expect(JSON.parse(other.value[0]!.text).MVAU_hls_0).toMatchObject({ mem_mode: "external" });
    expect(other.warnings.map(({ code, where }) => `${code} ${where}`)).toEqual(["EXP-45 n0, n2, n3, n8"]);
  });
});

describe("AutoWS", () => {
  const files = autowsFiles(problem, plan);
  if (!files.ok) throw new Error(files.errors[0].message);
  const [config, report] = files.value.map(({ text }) => JSON.parse(text));
  const [{ layers }] = config.partition;
  type Node = { name: string; type: string; streams_in: Flow[]; streams_out: Flow[]; parameters: Record<string, number> };
  type Flow = { name: string; node: string; coarse: number };

  test("what one layer sends another takes, lane for lane", () => {
    const sent = layers.flatMap((l: Node) => l.streams_out.map((s) => [s.name, l.name, s.node, s.coarse]));
    const taken = layers.flatMap((l: Node) => l.streams_in.map((s) => [s.name, s.node, l.name, s.coarse]));
    const inner = (flows: unknown[][]) =>
      flows
        .filter(([name]) => name !== "in" && name !== "out")
        .map((f) => f.join(" "))
        .toSorted();
    expect(inner(sent)).toEqual(inner(taken));
    expect(new Set(layers.map((l: Node) => l.name)).size).toBe(layers.length);
    expect(layers.filter((l: Node) => l.type === "SPLIT")).toHaveLength(1);
  });

  test("holds the unrolling of every layer", () => {
    const { unroll } = engineOf("n0");
    expect(layers.find((l: Node) => l.name === "n0")).toMatchObject({
      type: "CONVOLUTION",
      parameters: {
        coarse_in: unroll.in,
        coarse_out: unroll.out,
        coarse_group: 1,
        fine: unroll.kernel,
        groups: 1,
        pad_top: 1,
        stride: [2, 2],
      },
    });
    expect(layers.find((l: Node) => l.name === "n2").parameters).toMatchObject({ groups: 16, coarse_group: engineOf("n2").unroll.group });
    expect(layers.find((l: Node) => l.name === "n8")).toMatchObject({ type: "INNER_PRODUCT", parameters: { filters: 10 } });
  });

  test("reports what the judge saw", () => {
    const run = plan.replay.pipeline!;
    expect(report.network.performance["throughput (FPS)"]).toBeCloseTo(200e6 / run.cyclesPerFrame, 6);
    expect(report.partitions[0].layers.n0).toMatchObject({
      type: "LAYER_TYPE.Convolution",
      interval: costOf(problem, engineOf("n0")).interval,
    });
    expect(Object.keys(report.partitions[0].layers)).toEqual(problem.layers.map(({ name }) => name));
    expect(report.total_operations).toBe(64 * 16 * 27 + 64 * 16 * 9 + 64 * 16 * 16 + 160);
  });
});
