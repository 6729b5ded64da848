import { type Checked, fail, good } from "../base/diagnostic.js";
import type { Accepted } from "../base/verdict.js";
import { lanesOf } from "../planners/pipeline/options.js";
import type { Engine, Layer, MemoryStyle, PipelinePlan, PipelineProblem, StreamedMap } from "../planners/pipeline/plan.js";
import { type EmittedFile, jsonFile } from "./file.js";

/**
 * A plan as FINN takes it: `folding_config.json` for ApplyConfig, and `specialize_layers_config.json`, which settles by which
 * backend each node is built and so how it is called.
 *
 * Nodes are named by type and counted in the order of the layers, as FINN does after it has sorted the graph. A layer with
 * weights that are partly streamed keeps none on chip, because FINN streams whole tensors.
 * Source: FINN 0.10, docs/finn/internals.rst ("Constraints to folding factors per layer", "mem_mode") and the node
 * attributes in src/finn/custom_op/fpgadataflow.
 *
 * @returns the files, with a warning that names the layers for which FINN has no node (EXP-44) and those whose weights it
 *   would stream whole (EXP-45).
 */
export function finnFiles(problem: PipelineProblem, { plan }: Accepted<PipelinePlan>): Checked<readonly EmittedFile[]> {
  const nodes: Node[] = [];
  const missing: string[] = [];
  const whole: string[] = [];
  const streamed = new Set(problem.streams.map(({ from }) => from));
  for (const engine of plan.partitions.flatMap(({ engines }) => engines)) {
    const layer = problem.layers[engine.layer]!;
    const made = nodesOf(problem, layer, engine);
    if (made === undefined) missing.push(layer.name);
    if (engine.memory !== undefined && engine.memory.fragments > 0 && engine.memory.static !== "none") whole.push(layer.name);
    nodes.push(...(made ?? []));
    const readers = problem.streams.filter(({ from, to }) => from === engine.layer && to !== undefined);
    if (streamed.has(engine.layer) && readers.length > 1)
      nodes.push({ type: "DuplicateStreams", backend: "hls", attributes: { PE: lanesOf(layer, engine.unroll).out } });
  }
  const counts = new Map<string, number>();
  const numbered = nodes.map((node) => {
    const index = counts.get(node.type) ?? 0;
    counts.set(node.type, index + 1);
    return { ...node, index };
  });
  const warn = (code: "EXP-44" | "EXP-45", names: readonly string[], message: string, fix: string) =>
    names.length === 0 ? [] : [fail(code, names.join(", "), message, fix)];
  return good(
    [
      jsonFile("folding_config.json", {
        Defaults: {},
        ...Object.fromEntries(numbered.map(({ type, backend, index, attributes }) => [`${type}_${backend}_${index}`, attributes])),
      }),
      jsonFile("specialize_layers_config.json", {
        Defaults: {},
        ...Object.fromEntries(numbered.map(({ type, backend, index }) => [`${type}_${index}`, { preferred_impl_style: backend }])),
      }),
    ],
    [
      ...warn("EXP-44", missing, "FINN 0.10 has no node for these layers; they are left out", "replace them before you build with FINN"),
      ...warn(
        "EXP-45",
        whole,
        "part of the weights of these layers is streamed, which FINN cannot do; it would stream all of them",
        "plan with --set streaming=never for a folding that FINN can build as planned",
      ),
    ],
  );
}

interface Node {
  readonly type: string;
  readonly backend: "hls" | "rtl";
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** The nodes that FINN makes of a layer; `undefined` where it makes none. */
function nodesOf({ streams }: PipelineProblem, layer: Layer, engine: Engine): readonly Node[] | undefined {
  const { kind, type, groups, output, operators } = layer;
  const { map } = streams[layer.inputs[0]!]!;
  const lanes = engine.unroll.in;
  const one = (name: string, attributes: Node["attributes"], backend: Node["backend"] = "hls"): Node => ({
    type: name,
    backend,
    attributes,
  });
  const rescaled = one("Thresholding", { PE: lanes }, "rtl");
  switch (kind) {
    case "convolution":
      if (groups !== 1 && (groups !== map.channels || groups !== output.channels)) return undefined;
      return product(layer, map, engine);
    case "pooling": {
      const { height, width, strideY, strideX } = layer.kernel!;
      const tiles = height === strideY && width === strideX && !isPadded(layer);
      if (tiles && type === "MaxPool") return [one("StreamingMaxPool", {})];
      return [...windowed(layer, map, lanes, lanes, 0), one("Pool", { PE: lanes })];
    }
    case "globalPooling":
      return /Max|Min/.test(type) ? undefined : [one("GlobalAccPool", { PE: lanes })];
    case "elementwise":
      return MONOTONE.test(type) && operators.length === 1 ? [rescaled] : undefined;
    case "combine":
      return /Add|Sum/.test(type) && layer.inputs.length === 2 ? [one("AddStreams", { PE: lanes }), rescaled] : undefined;
    case "concatenation":
      return [one("StreamingConcat", {})];
    case "resize":
      return [one("UpsampleNearestNeighbour", {})];
    case "transposed":
    case "rearrange":
      return undefined;
  }
}

/** What a table of thresholds can compute: functions that never fall. */
const MONOTONE = /^(Relu|LeakyRelu|Clip|Tanh|Sigmoid|HardSigmoid|Elu|Selu|Softplus|Sign|MultiThreshold|BatchNormalization|Add|Mul)$/;

/** A matrix-vector unit, or for depth-wise layers a vector-vector unit, behind what makes its windows. */
function product(layer: Layer, map: StreamedMap, { unroll, memory }: Engine): readonly Node[] {
  const kernel = layer.kernel!;
  const depthwise = layer.groups > 1;
  const SIMD = depthwise ? unroll.kernel : unroll.in * unroll.kernel;
  const attributes = { PE: depthwise ? unroll.group : unroll.out, SIMD, ...kept(memory) };
  const unit: Node = { type: depthwise ? "VVAU" : "MVAU", backend: "hls", attributes };
  const point = kernel.height * kernel.width === 1 && kernel.strideY === 1 && kernel.strideX === 1 && !isPadded(layer);
  if (point && !depthwise) return [unit];
  // The window hands on as much as the unit takes; where a pixel's channels are fewer, whole windows at a time.
  const needed = depthwise ? unroll.group : SIMD;
  const wide = divisors(map.channels).find((d) => d >= needed) ?? map.channels;
  return [...windowed(layer, map, unroll.in * unroll.group, wide, Number(depthwise ? unroll.kernel > 1 : wide < needed)), unit];
}

function windowed(layer: Layer, map: StreamedMap, lanes: number, SIMD: number, parallel: number): readonly Node[] {
  const { height, width } = layer.kernel!;
  const padding: Node = { type: "FMPadding", backend: "rtl", attributes: { SIMD: lanes } };
  const isPoint = height * width === 1 && map.height * map.width > 1;
  const window: Node = isPoint
    ? { type: "DownSampler", backend: "hls", attributes: { SIMD } }
    : { type: "ConvolutionInputGenerator", backend: "rtl", attributes: { SIMD, ram_style: "auto", parallel_window: parallel } };
  return isPadded(layer) ? [padding, window] : [window];
}

const isPadded = ({ kernel }: Layer): boolean =>
  kernel !== undefined && [kernel.top, kernel.left, kernel.bottom, kernel.right].some((rows) => rows > 0);

function kept(memory: Engine["memory"]): Readonly<Record<string, string | number>> {
  if (memory !== undefined && memory.fragments > 0) return { mem_mode: "external" };
  const style = memory?.static ?? "none";
  // UltraRAMs have no content at start, so they are written through a register interface.
  return { mem_mode: "internal_decoupled", ram_style: RAM_STYLES[style], runtime_writeable_weights: Number(style === "uram") };
}

const RAM_STYLES: Readonly<Record<MemoryStyle, string>> = { bram: "block", uram: "ultra", lutram: "distributed", none: "auto" };

const divisors = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
