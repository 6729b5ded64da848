import type { Cycles, Hertz, Seconds } from "../../base/units.js";
import type { FabricResources, PipelineTarget } from "../../target/pipeline-target.js";

/** Index into `PipelineProblem.layers`. */
export type LayerId = number;
/** Index into `PipelineProblem.streams`. */
export type StreamId = number;

/** A feature map on its way: pixels in raster order, channels innermost. A vector is a map of one pixel. */
export interface StreamedMap {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Width of one element. */
  readonly bits: number;
}

/** Rows and columns a kernel looks at. */
export interface Kernel {
  readonly height: number;
  readonly width: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
}

/**
 * What an engine computes.
 * `convolution`: also depth-wise, grouped, and Gemm or MatMul by constants (a 1 x 1 kernel; the input flattened to one
 * pixel where the operator flattens). `transposed`: transposed convolution. `pooling`: largest or mean over a window. `globalPooling`: over the whole map.
 * `elementwise`: one operand, element by element. `combine`: two or more operands, element by element; an operand of one pixel is
 * broadcast. `concatenation`: along channels. `resize`: nearest neighbour by whole factors. `rearrange`: elements in another order,
 * which takes the whole map in memory.
 */
export type LayerKind =
  | "convolution"
  | "transposed"
  | "pooling"
  | "globalPooling"
  | "elementwise"
  | "combine"
  | "concatenation"
  | "resize"
  | "rearrange";

/** One engine of the pipeline. */
export interface Layer {
  readonly name: string;
  /** ONNX type of the operator that names it. */
  readonly type: string;
  readonly kind: LayerKind;
  /** Names of the operators folded into it, itself first. */
  readonly operators: readonly string[];
  /** Streams it reads, in the operator's order, and the map that arrives on each (their shapes may differ). */
  readonly inputs: readonly StreamId[];
  readonly output: StreamedMap;
  /**
   * Of convolutions and poolings; `resize` keeps its factors in the strides. `rearrange` has one of a single pixel where
   * each result pixel is made of one pixel of the input: its channels in another order, some of them, rows and columns left
   * out (strides, negative padding) or zeros around the map (padding). Without one it needs the whole map.
   */
  readonly kernel: Kernel | undefined;
  /** 1 unless grouped; the channels where depth-wise. */
  readonly groups: number;
  /** Of convolutions: constants they multiply by. */
  readonly weights:
    | {
        /** Name of the weight in the model. */
        readonly tensor: string;
        readonly bits: number;
        readonly biased: boolean;
        /** Width of a sum that cannot overflow. */
        readonly accumulatorBits: number;
      }
    | undefined;
}

/** What flows from one layer (or the network's input) to one layer (or the network's output). A map read twice is two streams. */
export interface Stream {
  /** Name of the tensor. */
  readonly name: string;
  /** `undefined`: the network's input. */
  readonly from: LayerId | undefined;
  /** `undefined`: the network's output. */
  readonly to: LayerId | undefined;
  /** As its reader takes it: flattened to one pixel where the reader flattens. */
  readonly map: StreamedMap;
  /**
   * Elements that must wait in it because another way to the same layer is longer (skip connections), beyond the few
   * that every stream holds. Derived from how many rows each layer needs before its first result.
   */
  readonly waiting: number;
}

/** The device as the cost formulas see it. */
export interface Device {
  readonly clock: Hertz;
  readonly fabric: PipelineTarget["fabric"];
  readonly resources: FabricResources;
  readonly lutPerBram18: number;
  /** What the link off chip carries, both directions together: bandwidth x efficiency / clock. */
  readonly bitsPerCycle: number;
  /** Shortest burst, in bits. */
  readonly burstBits: number;
}

export const OBJECTIVES = ["throughput", "latency"] as const;

/** Self-contained: all that solver and judge need. Which options a layer has follows from it (options.ts). */
export interface PipelineProblem {
  readonly kind: "pipeline";
  /** `throughput`: fewest cycles per frame. `latency`: fewest cycles from a frame's first element to its last result. */
  readonly objective: (typeof OBJECTIVES)[number];
  readonly device: Device;
  readonly model: PipelineTarget["model"];
  readonly streaming: PipelineTarget["streaming"];
  readonly buffers: number;
  readonly reuse: number;
  readonly partitions: number;
  readonly reconfiguration: Seconds;
  readonly batch: number;
  /** In topological order. */
  readonly layers: readonly Layer[];
  readonly streams: readonly Stream[];
  /** Cycles of a frame for which the queues around poolings are made, if that is more than their own; absent where a plan does not say so. */
  readonly evenedOver?: number | undefined;
  readonly assumptions: readonly string[];
}

/** How many copies of its arithmetic an engine has. Products: `in` x `out` x `group` x `kernel` per cycle. */
export interface Unroll {
  /** Input channels of a group side by side; divides channels / groups. The only factor of layers without weights, which is also their streams. */
  readonly in: number;
  /** Output channels of a group side by side; divides filters / groups. */
  readonly out: number;
  /** Groups side by side; divides groups. */
  readonly group: number;
  /** Kernel positions side by side; divides height x width of the kernel. */
  readonly kernel: number;
}

/**
 * Where the weights of an engine lie. It sweeps `depth` words of `width` bits for every `reuse` output pixels. The sweep
 * is cut into `fragments` equal periods; the last `streamed` words of each come from off chip through `buffers` buffers of
 * that length, the others are static. `fragments` 0: all static.
 */
export interface WeightMemory {
  readonly fragments: number;
  /** Words of a fragment; 0 where `fragments` is 0. */
  readonly streamed: number;
  readonly buffers: 0 | 1 | 2 | 3;
  /** Output pixels of a row that share a sweep; each word is held that many cycles. */
  readonly reuse: number;
  /** What the static words lie in, and what the buffers lie in. */
  readonly static: MemoryStyle;
  readonly buffer: MemoryStyle;
}
export type MemoryStyle = "bram" | "uram" | "lutram" | "none";

/** How one layer is built. */
export interface Engine {
  readonly layer: LayerId;
  readonly unroll: Unroll;
  /** Of layers with weights. */
  readonly memory: WeightMemory | undefined;
}

/** A transfer of the cyclic table: `beats` words of the bus (1 to 16) for the streamed layer `port` (index into `Dma.ports`). */
export interface Slot {
  readonly port: number;
  readonly beats: number;
}

/**
 * The static schedule of the weight stream. The table is walked cyclically; a port's data follow one another in its own
 * order, so that no slot needs an address. docs/math/pipeline.md says cycle by cycle what happens.
 */
export interface Dma {
  /** Width of the bus: a power of two, at least what the link carries per cycle. A beat is sent when the link has that many bits of credit. */
  readonly busBits: number;
  /** Credit per cycle, in 1/65536 of a bit: what inputs and outputs of the network leave. */
  readonly rate: number;
  /** Streamed layers. */
  readonly ports: readonly LayerId[];
  readonly slots: readonly Slot[];
  /** Rounds of the table that serve one frame. */
  readonly rounds: number;
  /** Cycles the stream runs ahead of the first frame. */
  readonly warmUp: Cycles;
  /** Per port: cycles in which its engine waits for a fragment, over the first four frames. */
  readonly stalls: readonly number[];
}

/** What a stream holds, if less than what the problem says that it may have to. */
export interface Queue {
  readonly stream: StreamId;
  /** Elements; as `Stream.waiting`. */
  readonly waiting: number;
}

/** Layers that are on the device at the same time. */
export interface Partition {
  /** In the problem's order; together the partitions hold every layer once, and streams only lead forward. */
  readonly engines: readonly Engine[];
  /** A frame enters every that many cycles. */
  readonly cyclesPerFrame: Cycles;
  readonly dma: Dma | undefined;
  /** Streams that these engines read and that hold less than the problem says; the others hold that. */
  readonly queues?: readonly Queue[];
  /** As of the problem, at most `cyclesPerFrame`; of a plan of one partition. */
  readonly evenedOver?: number | undefined;
}

/** Multipliers that prove a bound: every choice of options with intervals of at most `cycles` breaks their weighted sum of the budgets. */
export interface Certificate {
  readonly cycles: number;
  /** Per resource row of the selection, in its order, then one for the load; they add up to 1. */
  readonly multipliers: readonly number[];
  /** Least weighted sum over all choices; above 1. */
  readonly value: number;
  /** Edges whose converters the sum leaves out, where the graph is too wide to count them all. */
  readonly omitted?: readonly number[];
}

export interface PipelinePlan {
  readonly kind: "pipeline";
  readonly partitions: readonly Partition[];
  /** Of a plan of one partition. */
  readonly certificate: Certificate | undefined;
  /** The best plan without streaming, and the published greedy one, where there is one: cycles per frame. */
  readonly baselines: { readonly vanilla: number | undefined; readonly greedy: number | undefined };
  /** The solver's own count, checked by the judge. */
  readonly claims: { readonly cyclesPerFrame: number; readonly latency: number; readonly resources: FabricResources };
}

/** The problem with streams that hold what the plan says where that is less than what they may have to hold. */
export function asBuilt(problem: PipelineProblem, partitions: readonly Pick<Partition, "queues" | "evenedOver">[]): PipelineProblem {
  const held = new Map(partitions.flatMap(({ queues }) => (queues ?? []).map(({ stream, waiting }) => [stream, waiting] as const)));
  const evenedOver = partitions[0]?.evenedOver;
  const built = evenedOver === undefined ? problem : { ...problem, evenedOver };
  if (held.size === 0) return built;
  return { ...built, streams: problem.streams.map((stream, id) => ({ ...stream, waiting: held.get(id) ?? stream.waiting })) };
}
