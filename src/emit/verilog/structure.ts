import { productsPerDsp } from "../../cost/fpga/dsp.js";
import { type Rooms, roomsOver } from "../../cost/fpga/queues.js";
import { SHORTEST_QUEUE } from "../../cost/fpga/stream.js";
import { windowOf } from "../../cost/fpga/window.js";
import { PIXELS_BEHIND, queueDepth } from "../../planners/pipeline/options.js";
import type {
  Engine,
  Kernel,
  Layer,
  LayerId,
  PipelineProblem,
  Stream,
  StreamedMap,
  StreamId,
  Unroll,
} from "../../planners/pipeline/plan.js";
import type { IntegerLayer, IntegerNetwork, Scaling } from "../integer/network.js";
import { identifiers } from "./names.js";
import type { ConvolutionShape } from "./sums.js";
import { positionsOf, type WindowShape } from "./window.js";

/** The parts of an accelerator and how they are joined: what its Verilog and its clockwork are both made from. */
export interface Structure {
  /** By layer. */
  readonly stages: readonly Stage[];
  /** By stream. */
  readonly channels: readonly Channel[];
}

/** The hardware of a layer. */
export type Stage = {
  readonly layer: LayerId;
  readonly name: string;
  readonly title: string;
  /** Streams it reads, in the operator's order. */
  readonly inputs: readonly StreamId[];
  readonly lanesIn: number;
  readonly lanesOut: number;
  /** Of a pixel of its result. */
  readonly channels: number;
} & (
  | { readonly kind: "convolution"; readonly window: WindowShape; readonly shape: ConvolutionShape }
  | {
      readonly kind: "pooling";
      readonly window: WindowShape;
      readonly bitsOut: number;
      readonly arithmetic: Pool;
      /** Cycles of a frame for which its queues are made; 0: its own. */
      readonly evenedOver: number;
    }
  | { readonly kind: "globalPooling"; readonly map: StreamedMap; readonly bitsOut: number; readonly arithmetic: Pool }
  | {
      readonly kind: "resize";
      readonly map: StreamedMap;
      readonly rowTimes: number;
      readonly columnTimes: number;
      readonly bitsOut: number;
      readonly scaling: Scaling;
    }
  | {
      readonly kind: "addition";
      readonly bitsIn: readonly number[];
      readonly bitsOut: number;
      readonly factors: readonly number[];
      readonly scaling: Scaling;
    }
  | {
      readonly kind: "concatenation";
      readonly words: readonly number[];
      readonly bitsIn: readonly number[];
      readonly bitsOut: number;
      readonly factors: readonly number[];
      readonly scaling: Scaling;
    }
);
type Pool = Extract<IntegerLayer, { kind: "maximum" | "mean" }>;

/** A stream: a converter where its ends differ in lanes, then a queue. */
export interface Channel {
  readonly stream: StreamId;
  readonly name: string;
  readonly from: LayerId | undefined;
  readonly to: LayerId | undefined;
  readonly bits: number;
  readonly lanesOut: number;
  readonly lanesIn: number;
  /** Words of the queue, of the reader's lanes. */
  readonly depth: number;
  /** Words per frame, of the reader's lanes. */
  readonly words: number;
}

const WHOLE: Kernel = { height: 1, width: 1, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, bottom: 0, right: 0 };

/** The map as the layer reads it: one pixel where the operator flattens. */
export function mapInto({ streams, layers }: PipelineProblem, id: LayerId, operand = 0): StreamedMap {
  const layer = layers[id]!;
  const { map } = streams[layer.inputs[operand]!]!;
  const { height, width } = layer.kernel ?? WHOLE;
  const flat = layer.kind === "convolution" && height * width === 1 && layer.output.height * layer.output.width === 1;
  return flat ? { ...map, channels: map.channels * map.height * map.width, height: 1, width: 1 } : map;
}

/** The structure of the layers that run at once, or why there is none. */
export function structureOf(
  problem: PipelineProblem,
  engines: readonly Engine[],
  network: IntegerNetwork,
): { readonly structure: Structure } | { readonly missing: IntegerNetwork["missing"] } {
  const names = namesOf(problem, engines);
  const engineOf = new Map(engines.map((engine) => [engine.layer, engine]));
  const missing = [...network.missing];
  const stages = problem.layers.flatMap((layer, id): readonly Stage[] => {
    const engine = engineOf.get(id);
    if (engine === undefined) {
      missing.push({ layer: id, reason: "it is on the device at another time" });
      return [];
    }
    if (missing.some((m) => m.layer === id)) return [];
    const stage = stageOf(problem, layer, engine, network.layers[id]!, names[id]!);
    if (typeof stage !== "string") return [stage];
    missing.push({ layer: id, reason: stage });
    return [];
  });
  if (missing.length > 0) return { missing };
  return { structure: { stages, channels: problem.streams.map((stream, id) => channelOf(problem, stages, stream, id)) } };
}

/** Identifiers by layer: those with weights first, as the weight path names them. */
function namesOf({ layers }: PipelineProblem, engines: readonly Engine[]): readonly string[] {
  const weighted = engines.filter(({ memory }) => memory !== undefined).map(({ layer }) => layer);
  const order = [...weighted, ...layers.flatMap((_, id) => (weighted.includes(id) ? [] : [id]))];
  const names = identifiers(order.map((id) => layers[id]!.name));
  return layers.map((_, id) => names[order.indexOf(id)]!);
}

function stageOf(problem: PipelineProblem, layer: Layer, engine: Engine, arithmetic: IntegerLayer, name: string): Stage | string {
  const id = engine.layer;
  const { unroll } = engine;
  const map = mapInto(problem, id);
  const kernel = layer.kernel ?? WHOLE;
  const bitsIn = layer.inputs.map((s) => problem.streams[s]!.map.bits);
  const weighted = layer.kind === "convolution";
  const common = {
    layer: id,
    name,
    title: layer.name,
    inputs: layer.inputs,
    channels: layer.output.channels,
    lanesIn: weighted ? unroll.in * unroll.group : unroll.in,
    lanesOut: weighted ? unroll.out * unroll.group : unroll.in,
  };
  const window = (padding: WindowShape["padding"]): WindowShape => ({
    map,
    kernel,
    lanes: common.lanesIn,
    rows: layer.output.height,
    columns: layer.output.width,
    padding,
  });
  const bitsOut = layer.output.bits;
  switch (arithmetic.kind) {
    case "convolution": {
      const perGroup = { channels: map.channels / layer.groups, filters: layer.output.channels / layer.groups };
      if (unroll.group > 1 && (unroll.in < perGroup.channels || unroll.out < perGroup.filters))
        return "it works on parts of several groups at a time";
      return {
        ...common,
        kind: "convolution",
        window: window("zero"),
        shape: {
          unroll,
          steps: stepsOf(layer, unroll, perGroup),
          positions: positionsOf(kernel),
          reuse: engine.memory?.reuse ?? 1,
          columns: layer.output.width,
          bits: { in: map.bits, weight: layer.weights?.bits ?? 0, out: bitsOut },
          perMultiplier: productsPerDsp(problem.device.fabric, layer.weights?.bits ?? 0, map.bits),
          // What the plan counts, and more where a bias needs it.
          arithmetic: { ...arithmetic, sumBits: Math.max(arithmetic.sumBits, layer.weights?.accumulatorBits ?? 0) },
        },
      };
    }
    case "maximum":
    case "mean":
      return layer.kind === "globalPooling"
        ? { ...common, kind: "globalPooling", map, bitsOut, arithmetic }
        : {
            ...common,
            kind: "pooling",
            window: window(arithmetic.kind === "maximum" ? "least" : "zero"),
            bitsOut,
            arithmetic,
            evenedOver: problem.evenedOver ?? 0,
          };
    case "resize": {
      const [rowTimes, columnTimes] = [layer.output.height / map.height, layer.output.width / map.width];
      return { ...common, kind: "resize", map, rowTimes, columnTimes, bitsOut, scaling: arithmetic.scaling };
    }
    case "elementwise":
      return { ...common, kind: "addition", bitsIn, bitsOut, factors: [1], scaling: arithmetic.scaling };
    case "addition":
      return { ...common, kind: "addition", bitsIn, bitsOut, factors: arithmetic.factors, scaling: arithmetic.scaling };
    case "concatenation": {
      const words = layer.inputs.map((s) => problem.streams[s]!.map.channels / unroll.in);
      if (words.some((n) => !Number.isInteger(n))) return `its lanes, ${unroll.in}, do not divide the channels of each operand`;
      return { ...common, kind: "concatenation", words, bitsIn, bitsOut, factors: arithmetic.factors, scaling: arithmetic.scaling };
    }
  }
}

const stepsOf = (layer: Layer, unroll: Unroll, { channels, filters }: { channels: number; filters: number }) => ({
  group: layer.groups / unroll.group,
  channel: channels / unroll.in,
  filter: filters / unroll.out,
  kernel: positionsOf(layer.kernel ?? WHOLE) / unroll.kernel,
});

function channelOf(problem: PipelineProblem, stages: readonly Stage[], map: Stream, stream: StreamId): Channel {
  const { from, to } = map;
  const consumer = to === undefined ? undefined : stages[to];
  const lanesOut = from === undefined ? undefined : stages[from]!.lanesOut;
  const lanesIn = consumer?.lanesIn ?? lanesOut ?? 1;
  return {
    stream,
    name: `stream_${stream}`,
    from,
    to,
    bits: map.map.bits,
    lanesOut: lanesOut ?? lanesIn,
    lanesIn,
    depth: queueDepth(problem, map, lanesIn, consumer === undefined ? 0 : waitsBefore(consumer)),
    words: (map.map.channels * map.map.height * map.map.width) / lanesIn,
  };
}

/** Cycles an engine needs for each window, or for those that share a sweep. */
function busyOf(stage: Stage): number {
  if (stage.kind !== "convolution") return 1;
  const { steps, reuse } = stage.shape;
  return steps.filter * steps.kernel * (reuse === 1 ? 1 : reuse * steps.channel * steps.group);
}

/** Output pixels that share a sweep. */
const reuseOf = (stage: Stage): number => (stage.kind === "convolution" ? stage.shape.reuse : 1);

/** Words in front of a stage, so that they may come evenly. */
const waitsBefore = (stage: Stage): number => ("window" in stage ? roomsOf(stage).before : 0);

function roomsOf(stage: Extract<Stage, { readonly window: WindowShape }>): Rooms {
  const { map, kernel, lanes, rows, columns } = stage.window;
  const window = windowOf(kernel, map, { height: rows, width: columns });
  return roomsOver(window, map.channels / lanes, busyOf(stage), reuseOf(stage), stage.kind === "pooling" ? stage.evenedOver : 0);
}

/** Words that wait in a stage's queue of results, so that they may leave evenly: a pixel, and what the streams behind have no room for. */
export function keptBy(stage: Stage): number {
  if (stage.kind === "globalPooling") return stage.channels / stage.lanesOut;
  if (!("window" in stage)) return 1;
  const more = Math.max(0, roomsOf(stage).after - PIXELS_BEHIND) * (stage.channels / stage.lanesOut);
  if (reuseOf(stage) > 1) return more + SHORTEST_QUEUE;
  return (stage.kind === "convolution" ? stage.shape.steps.filter : 1) + more;
}
