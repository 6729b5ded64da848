import { autowsConvolution, autowsPooling, autowsStoreCost, autowsTraffic } from "../../cost/fpga/autows.js";
import { type Convolution, convolutionCost, type EngineCost, poolingCost, weightStoreCost, weightTraffic } from "../../cost/fpga/engine.js";
import { moverCost } from "../../cost/fpga/movers.js";
import { sum } from "../../cost/fpga/resources.js";
import { converterCost, queueCost, SHORTEST_QUEUE } from "../../cost/fpga/stream.js";
import { transposedWindowOf, type Window, windowOf } from "../../cost/fpga/window.js";
import type { FabricResources } from "../../target/pipeline-target.js";
import type { Device, Engine, Layer, PipelineProblem, Stream, Unroll, WeightMemory } from "./plan.js";

/** One way to build a layer, with all that a choice between ways depends on. */
export interface Option {
  readonly unroll: Unroll;
  readonly memory: WeightMemory | undefined;
  /** Cycles per frame when nothing else slows it down. */
  readonly interval: number;
  /** Of the engine, its weights and the queues of the streams it reads. Converters are counted by `converterOf`. */
  readonly resources: FabricResources;
  /** Off chip per frame, fragments padded to whole beats of the bus. */
  readonly weightBits: number;
  readonly lanesIn: number;
  readonly lanesOut: number;
}

/** What one engine takes, with its weights and the queues of the streams it reads, and how long. `engine` is legal. */
export function costOf(problem: PipelineProblem, { layer, unroll, memory }: Engine): Option {
  const own = problem.layers[layer]!;
  const cost = engineCost(problem, own, unroll, memory?.reuse ?? 1);
  return optionWith(own, cost, unroll, memory && { memory, ...storeCost(problem, cost, memory) });
}

/** The option that an engine and the keeping of its weights are together. */
export function optionWith(layer: Layer, engine: EngineCost, unroll: Unroll, store: Store | undefined): Option {
  const lanes = lanesOf(layer, unroll);
  return {
    unroll,
    memory: store?.memory,
    interval: engine.interval,
    resources: store ? sum([engine.resources, store.resources]) : engine.resources,
    weightBits: store?.weightBits ?? 0,
    lanesIn: lanes.in,
    lanesOut: lanes.out,
  };
}

/** The converter of a stream whose producer and reader differ in lanes; its queue is counted with the reader, by `costOf`. */
export const converterOf = (stream: Stream, lanesOut: number, lanesIn: number): FabricResources =>
  converterCost(lanesOut, lanesIn, stream.map.bits);

/** Width of the bus of the weight stream: the smallest power of two that carries a cycle's share of the link. */
export const busBitsOf = ({ bitsPerCycle }: Device): number => 2 ** Math.ceil(Math.log2(Math.max(1, bitsPerCycle)));

/** Bits of the network's inputs and outputs per frame. */
export const ioBits = ({ streams }: PipelineProblem): number =>
  streams
    .filter(({ from, to }) => from === undefined || to === undefined)
    .reduce((bits, { map }) => bits + map.channels * map.height * map.width * map.bits, 0);

/** Channels side by side in the streams of a layer. */
export const lanesOf = ({ weights }: Layer, unroll: Unroll): { readonly in: number; readonly out: number } =>
  weights === undefined ? { in: unroll.in, out: unroll.in } : { in: unroll.in * unroll.group, out: unroll.out * unroll.group };

/** A layer with weights as the cost formulas see it. */
export function convolutionOf({ streams }: PipelineProblem, layer: Layer): Convolution {
  const { map } = streams[layer.inputs[0]!]!;
  return {
    window: layerWindow(layer, map),
    channels: map.channels,
    filters: layer.output.channels,
    groups: layer.groups,
    inputBits: map.bits,
    outputBits: layer.output.bits,
    weightBits: layer.weights!.bits,
    accumulatorBits: layer.weights!.accumulatorBits,
  };
}

/** The engine with the queues of the streams it reads, without what keeps its weights. */
export function engineCost(problem: PipelineProblem, layer: Layer, unroll: Unroll, reuse: number): EngineCost {
  const bare = bareCost(problem, layer, unroll, reuse);
  if (problem.model === "autows") return bare;
  const lanes = lanesOf(layer, unroll);
  const queues = layer.inputs.map((id) => queueOf(problem, problem.streams[id]!, lanes.in, bare.before));
  const behind = Math.max(0, bare.after - PIXELS_BEHIND) * (layer.output.channels / lanes.out);
  const more =
    behind === 0 ? [] : [queueCost(problem.device.fabric, { width: lanes.out * layer.output.bits, depth: behind + SHORTEST_QUEUE })];
  return { ...bare, resources: sum([bare.resources, ...queues, ...more]) };
}

/** Pixels of a producer that every queue has room for; what more it needs it has behind it. */
export const PIXELS_BEHIND = 2;
/** Words that cover what engines and queues hold back for some cycles. */
const SLACK = 8;

const queueOf = (problem: PipelineProblem, stream: Stream, lanes: number, before: number): FabricResources =>
  queueCost(problem.device.fabric, { width: lanes * stream.map.bits, depth: queueDepth(problem, stream, lanes, before) });

/** Words of the queue of a stream, of its reader's lanes: what must wait, what evens out its ends (`before` the reader), and some slack. */
export function queueDepth(
  { layers }: Pick<PipelineProblem, "layers">,
  { from, map, waiting }: Stream,
  lanes: number,
  before: number,
): number {
  const needed = Math.ceil((waiting + behindOf(layers, from)) / lanes) + before;
  const frames = Math.ceil((2 * map.channels * map.height * map.width) / lanes);
  return needed === 0 ? SHORTEST_QUEUE : Math.max(SHORTEST_QUEUE, Math.min(needed + SLACK, frames));
}

/** Elements that a queue has room for because its producer makes them unevenly. */
export function behindOf(layers: readonly Layer[], from: Stream["from"]): number {
  const producer = from === undefined ? undefined : layers[from]!;
  return producer?.kernel === undefined || producer.kind === "resize" ? 0 : PIXELS_BEHIND * producer.output.channels;
}

function bareCost(problem: PipelineProblem, layer: Layer, unroll: Unroll, reuse: number): EngineCost {
  const { device, model, streams } = problem;
  const { fabric } = device;
  if (layer.weights !== undefined) {
    const shape = convolutionOf(problem, layer);
    return model === "autows" ? autowsConvolution(shape, unroll, fabric) : convolutionCost(fabric, shape, unroll, reuse);
  }
  const inputs = layer.inputs.map((id) => streams[id]!.map);
  const input = inputs[0]!;
  const lanes = unroll.in;
  if (layer.kind === "pooling") {
    const window = layerWindow(layer, input);
    const mean = /average/i.test(layer.type);
    return model === "autows"
      ? autowsPooling(fabric, window, input, lanes, layer.output.bits, mean)
      : poolingCost(fabric, window, input.channels, lanes, [input.bits, layer.output.bits], mean, problem.evenedOver ?? 0);
  }
  return moverCost(fabric, { ...layer, kind: layer.kind as "elementwise" }, inputs, lanes);
}

const KERNEL_OF_ONE = { height: 1, width: 1, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, bottom: 0, right: 0 };

function layerWindow({ kernel, kind, output }: Layer, input: { readonly height: number; readonly width: number }): Window {
  return kind === "transposed" ? transposedWindowOf(kernel!, input, output) : windowOf(kernel ?? KERNEL_OF_ONE, input, output);
}

/** How the weights of an engine are kept, what that takes, and bits off chip per frame. */
export interface Store {
  readonly memory: WeightMemory;
  readonly resources: FabricResources;
  readonly weightBits: number;
}

/** What keeps the weights of `engine`, and how many bits of them come from off chip per frame. */
export function storeCost(problem: PipelineProblem, engine: EngineCost, memory: WeightMemory): Omit<Store, "memory"> {
  const { device, model } = problem;
  const { weights } = engine;
  const resources =
    model === "autows"
      ? autowsStoreCost(weights, memory.fragments, memory.static)
      : weightStoreCost(device.fabric, weights, memory, busBitsOf(device));
  return { resources, weightBits: trafficOf(problem, engine, memory) };
}

/** Bits of weights from off chip per frame. */
export const trafficOf = ({ device, model }: PipelineProblem, { weights, sweeps, interval }: EngineCost, memory: WeightMemory): number =>
  model === "autows"
    ? autowsTraffic(weights, memory.fragments, memory.static, interval)
    : weightTraffic(memory, weights.width, sweeps, busBitsOf(device));
