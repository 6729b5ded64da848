import { type Checked, good } from "../base/diagnostic.js";
import type { PipelineStage } from "../base/replay.js";
import type { Accepted } from "../base/verdict.js";
import { autowsBlock } from "../cost/fpga/autows.js";
import { busBitsOf, lanesOf } from "../planners/pipeline/options.js";
import type { Engine, Layer, LayerId, PipelinePlan, PipelineProblem, Stream } from "../planners/pipeline/plan.js";
import { type EmittedFile, jsonFile } from "./file.js";

/**
 * A plan in the form of AutoWS's own output: `config.json`, how each layer is built, and `report.json`, what that comes to.
 * Where streams part or change their number of lanes stand SPLIT and SQUEEZE layers, as there. Figures are those of the
 * Replay; `fragments`, `buffers` and `reuse` say what AutoWS's hardware does not have.
 * Source: Yu, Bouganis, arXiv 2311.04764, github.com/Yu-Zhewen/AutoWS, `output/resnet18`.
 */
export function autowsFiles(problem: PipelineProblem, accepted: Accepted<PipelinePlan>): Checked<readonly EmittedFile[]> {
  return good([jsonFile("config.json", configOf(problem, accepted.plan)), jsonFile("report.json", reportOf(problem, accepted))]);
}

/** What stands between two layers, or at the edge of the network. */
interface Wire {
  readonly stream: Stream;
  /** Layers on the way, from the sender's to the reader's name. */
  readonly path: readonly string[];
  readonly lanesOut: number;
  readonly lanesIn: number;
}

interface Wiring {
  readonly names: readonly string[];
  readonly wires: readonly Wire[];
  readonly engines: ReadonlyMap<LayerId, Engine>;
}

function wiringOf({ layers, streams }: PipelineProblem, { partitions }: PipelinePlan): Wiring {
  const engines = new Map(partitions.flatMap(({ engines: all }) => all.map((engine) => [engine.layer, engine] as const)));
  const seen = new Map<string, number>();
  const names = layers.map(({ name }) => {
    const plain = name.replace(/[^A-Za-z0-9_.]+/g, "_").replace(/^_/, "") || "layer";
    const before = seen.get(plain) ?? 0;
    seen.set(plain, before + 1);
    return before === 0 ? plain : `${plain}_${before}`;
  });
  const lanes = (layer: LayerId | undefined, side: "in" | "out") =>
    layer === undefined ? undefined : lanesOf(layers[layer]!, engines.get(layer)!.unroll)[side];
  const wires = streams.map((stream): Wire => {
    const { from, to } = stream;
    const lanesOut = lanes(from, "out") ?? lanes(to, "in") ?? 1;
    const lanesIn = lanes(to, "in") ?? lanesOut;
    const sender = from === undefined ? "in" : names[from]!;
    const reader = to === undefined ? "out" : names[to]!;
    const splits = from !== undefined && streams.filter((s) => s.from === from).length > 1;
    const last = splits ? `${sender}_split` : sender;
    const path = [sender, ...(splits ? [last] : []), ...(lanesOut === lanesIn ? [] : [`${last}_squeeze_${reader}`]), reader];
    return { stream, path, lanesOut, lanesIn };
  });
  return { names, wires, engines };
}

function configOf(problem: PipelineProblem, plan: PipelinePlan): object {
  const wiring = wiringOf(problem, plan);
  const { wires, names } = wiring;
  return {
    partition: plan.partitions.map(({ engines }, id) => {
      const inside = new Set(engines.map(({ layer }) => layer));
      const edge = (side: "from" | "to", other: "from" | "to") =>
        problem.streams
          .filter((s) => s[other] !== undefined && inside.has(s[other]) && (s[side] === undefined || !inside.has(s[side])))
          .map(({ name }) => name);
      return {
        id,
        ports: 1,
        batch_size: problem.batch,
        input_nodes: [...new Set(edge("from", "to"))],
        output_nodes: [...new Set(edge("to", "from"))],
        weights_reloading_factor: 1,
        weights_reloading_layer: "None",
        layers: engines.flatMap((engine) => {
          const own = wires.filter(({ stream }) => stream.from === engine.layer);
          return [layerOf(problem, wiring, engine), ...splitOf(problem, names[engine.layer]!, own), ...own.flatMap(squeezeOf)];
        }),
      };
    }),
  };
}

/** A neighbour on a stream: `a_b` is the name of what flows from `a` to `b`. */
const link = (a: string, b: string, coarse: number, depth: number | undefined, node: string) => ({
  name: a === "in" || b === "out" ? (a === "in" ? "in" : "out") : `${a}_${b}`,
  coarse,
  ...(depth === undefined ? {} : { buffer_depth: depth }),
  node,
});

const SHORT = 2;

function layerOf(problem: PipelineProblem, { names, wires, engines }: Wiring, { layer: id, unroll, memory }: Engine): object {
  const layer = problem.layers[id]!;
  const name = names[id]!;
  const entering = layer.inputs.map((s) => wires[s]!);
  const leaving = wires.filter(({ stream }) => stream.from === id);
  const [first] = leaving;
  const next = first?.path[1] ?? "out";
  const { map } = entering[0]!.stream;
  const lanes = lanesOf(layer, engines.get(id)!.unroll);
  const shape = {
    batch_size: 1,
    rows_in: map.height,
    cols_in: map.width,
    channels_in: map.channels,
    rows_out: layer.output.height,
    cols_out: layer.output.width,
    channels_out: layer.output.channels,
  };
  const streams = {
    streams_in: entering.map(({ stream, path, lanesIn }) =>
      link(path.at(-2)!, name, lanesIn, Math.max(SHORT, Math.ceil(stream.waiting / lanesIn)), path.at(-2)! === "in" ? name : path.at(-2)!),
    ),
    streams_out: [link(name, next, lanes.out, undefined, next === "out" ? name : next)],
  };
  const window = layer.kernel && {
    pad_top: layer.kernel.top,
    pad_right: layer.kernel.right,
    pad_bottom: layer.kernel.bottom,
    pad_left: layer.kernel.left,
    kernel_rows: layer.kernel.height,
    kernel_cols: layer.kernel.width,
    kernel_size: [layer.kernel.height, layer.kernel.width],
    stride_rows: layer.kernel.strideY,
    stride_cols: layer.kernel.strideX,
    stride: [layer.kernel.strideY, layer.kernel.strideX],
  };
  const whole = { name, onnx_node: layer.name, type: TYPES[layer.kind], ...streams };
  if (layer.weights === undefined)
    return {
      ...whole,
      op_type: operationOf(layer),
      parameters: {
        ...shape,
        coarse_in: lanes.in,
        coarse_out: lanes.out,
        coarse: lanes.in,
        ...window,
        ...(layer.inputs.length > 1 ? { ports_in: layer.inputs.length, ports_out: 1 } : {}),
        data_t: { width: layer.output.bits },
      },
    };
  const gemm = isGemm(layer);
  const depth = (map.channels * layer.output.channels * layer.kernel!.height * layer.kernel!.width) / layer.groups / products(unroll);
  const width = layer.weights.bits * products(unroll);
  const block = autowsBlock({ width, depth }, memory?.static ?? "none");
  const off = memory === undefined ? 0 : Math.min(depth, memory.fragments * memory.streamed);
  return {
    ...whole,
    type: gemm ? "INNER_PRODUCT" : TYPES[layer.kind],
    parameters: {
      ...shape,
      coarse_in: unroll.in,
      coarse_out: unroll.out,
      ...(gemm ? {} : { coarse_group: unroll.group, groups: layer.groups, fine: unroll.kernel }),
      filters: layer.output.channels,
      ...(gemm ? {} : window),
      weight_t: { width: layer.weights.bits },
      acc_t: { width: layer.weights.accumulatorBits },
      input_t: { width: map.bits },
      output_t: { width: layer.output.bits },
      has_bias: Number(layer.weights.biased),
      block_floating_point: false,
      use_uram: memory?.static === "uram",
      on_chip_addr_range: depth - off,
      off_chip_buffer_size: memory?.streamed ?? 0,
      off_chip_interval: off === 0 || memory === undefined ? -1 : Math.ceil((depth - off) / memory.fragments),
      stream_weights: memory === undefined ? 0 : Math.ceil(off / block.depth) * Math.ceil(width / block.width),
      fragments: memory?.fragments ?? 0,
      buffers: memory?.buffers ?? 0,
      reuse: memory?.reuse ?? 1,
    },
    weights_path: layer.weights.tensor,
  };
}

const products = (unroll: Engine["unroll"]): number => unroll.in * unroll.out * unroll.group * unroll.kernel;

const isGemm = ({ type, kind }: Layer): boolean => kind === "convolution" && /Gemm|MatMul/.test(type);

const TYPES: Readonly<Record<Layer["kind"], string>> = {
  convolution: "CONVOLUTION",
  transposed: "CONVOLUTION_TRANSPOSE",
  pooling: "POOLING",
  globalPooling: "AVERAGE_POOLING",
  elementwise: "ACTIVATION",
  combine: "ELTWISE",
  concatenation: "CONCAT",
  resize: "RESIZE",
  rearrange: "RESHAPE",
};

const operationOf = ({ kind, type }: Layer): string =>
  kind === "pooling" || kind === "globalPooling" ? (/Max/.test(type) ? "max" : "avg") : type.toLowerCase();

/** Between a layer whose result several take and these. */
function splitOf({ layers }: PipelineProblem, sender: string, wires: readonly Wire[]): readonly object[] {
  const [first] = wires;
  if (first === undefined || wires.length < 2) return [];
  const name = `${sender}_split`;
  const { output } = layers[first.stream.from!]!;
  const next = wires.map(({ path }) => path[2] ?? "out");
  return [
    {
      name,
      onnx_node: layers[first.stream.from!]!.name,
      type: "SPLIT",
      streams_in: [link(sender, name, first.lanesOut, SHORT, sender)],
      streams_out: next.map((reader) => link(name, reader, first.lanesOut, undefined, reader === "out" ? name : reader)),
      parameters: {
        ...shapeOf(output),
        coarse_in: first.lanesOut,
        coarse_out: first.lanesOut,
        coarse: first.lanesOut,
        ports_in: 1,
        ports_out: wires.length,
        data_t: { width: output.bits },
      },
    },
  ];
}

/** Between layers that take another number of channels at a time. */
function squeezeOf({ stream, path, lanesOut, lanesIn }: Wire): readonly object[] {
  if (lanesOut === lanesIn) return [];
  const [before, name, after] = path.slice(-3) as [string, string, string];
  return [
    {
      name,
      onnx_node: before,
      type: "SQUEEZE",
      streams_in: [link(before, name, lanesOut, SHORT, before)],
      streams_out: [link(name, after, lanesIn, undefined, after === "out" ? name : after)],
      parameters: { ...shapeOf(stream.map), coarse_in: lanesOut, coarse_out: lanesIn, data_t: { width: stream.map.bits } },
    },
  ];
}

const shapeOf = ({ height, width, channels }: Stream["map"]) => ({
  batch_size: 1,
  rows_in: height,
  cols_in: width,
  channels_in: channels,
  rows_out: height,
  cols_out: width,
  channels_out: channels,
});

function reportOf(problem: PipelineProblem, { plan, replay }: Accepted<PipelinePlan>): object {
  const { device, layers, streams } = problem;
  const run = replay.pipeline!;
  const { names } = wiringOf(problem, plan);
  const latency = replay.totals.latency / device.clock;
  const most = (key: keyof PipelineStage["resources"]) => Math.max(...run.partitions.map(({ resources }) => resources[key]));
  const usage = (of: Readonly<Record<keyof PipelineStage["resources"], number>>) => ({
    LUT: of.lut,
    FF: of.ff,
    BRAM: of.bram18,
    DSP: of.dsp,
    URAM: of.uram,
  });
  const gigabits = (bytes: number, cycles: number) => (8 * bytes * device.clock) / cycles / 1e9;
  const total = usage({ lut: most("lut"), ff: most("ff"), bram18: most("bram18"), dsp: most("dsp"), uram: most("uram") });
  const operations = layers.reduce((sum, { weights, inputs, output, groups, kernel, kind }) => {
    if (weights === undefined || kernel === undefined) return sum;
    const { map } = streams[inputs[0]!]!;
    const pixels = kind === "transposed" ? map.height * map.width : output.height * output.width;
    return sum + (pixels * map.channels * output.channels * kernel.height * kernel.width) / groups;
  }, 0);
  const framesPerSecond = device.clock / run.cyclesPerFrame;
  let stage = 0;
  return {
    name: "stowage",
    platform: {
      resources: usage(device.resources),
      board_freq: device.clock / 1e6,
      mem_bw: (device.bitsPerCycle * device.clock) / 1e9,
      reconf_time: problem.reconfiguration,
      port_width: busBitsOf(device),
    },
    total_operations: operations,
    network: {
      multi_fpga: false,
      performance: {
        "latency (s)": latency,
        "throughput (FPS)": framesPerSecond,
        "performance (OP/s)": operations * framesPerSecond,
        cycles: replay.totals.latency,
        "delays between partitions (s)": problem.reconfiguration,
      },
      num_partitions: run.partitions.length,
      max_resource_usage: total,
      sum_resource_usage: total,
    },
    partitions: Object.fromEntries(
      plan.partitions.map(({ engines }, id) => {
        const part = run.partitions[id]!;
        const entries = engines.map(({ layer }) => {
          const { interval, resources, streamed } = run.stages[stage++]!;
          const weights = layers[layer]!.weights && { "BW(weight)": gigabits(streamed, part.cyclesPerFrame) };
          const type = `LAYER_TYPE.${REPORTED[layers[layer]!.kind]}`;
          const reported = isGemm(layers[layer]!) ? "LAYER_TYPE.InnerProduct" : type;
          return [names[layer]!, { type: reported, interval, cycle: interval, resource_usage: { ...usage(resources), ...weights } }];
        });
        return [
          id,
          {
            partition_index: id,
            batch_size: problem.batch,
            num_layers: engines.length,
            latency: part.latency / device.clock,
            cycles: part.latency,
            interval: part.cyclesPerFrame,
            slowdown: 1,
            weights_reloading_factor: 1,
            weights_reloading_layer: "None",
            resource_usage: usage(part.resources),
            bandwidth: {
              "in (Gbps)": gigabits(part.input, part.cyclesPerFrame),
              "out (Gbps)": gigabits(part.output, part.cyclesPerFrame),
              "weight (Gbps)": gigabits(part.streamed, part.cyclesPerFrame),
            },
            layers: Object.fromEntries(entries),
          },
        ];
      }),
    ),
  };
}

const REPORTED: Readonly<Record<Layer["kind"], string>> = {
  convolution: "Convolution",
  transposed: "ConvolutionTranspose",
  pooling: "Pooling",
  globalPooling: "GlobalPooling",
  elementwise: "Activation",
  combine: "EltWise",
  concatenation: "Concat",
  resize: "Resize",
  rearrange: "Reshape",
};
