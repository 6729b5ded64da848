import { rng } from "../../base/rng.js";
import type { PipelinePlan, PipelineProblem, StreamId } from "../../planners/pipeline/plan.js";
import { type EmittedFile, jsonFile } from "../file.js";
import { randomInput } from "../integer/integers.js";
import type { IntegerNetwork } from "../integer/network.js";
import { type Elements, runIntegers } from "../integer/run.js";
import { acceleratorModules } from "./accelerator.js";
import { run } from "./clockwork.js";
import { framesBench, framesClock, framesFile } from "./frames-bench.js";
import { print } from "./print.js";
import { type Channel, type Structure, structureOf } from "./structure.js";
import { link, verilatorMain } from "./testbench.js";
import { weightClock } from "./weight-clock.js";
import type { WeightFiles } from "./weight-files.js";
import { linkSide } from "./weight-path.js";

/** What simulation of the whole machine must show. Cycles are counted from the first in which an input is on offer. */
export interface ExpectedFrames {
  readonly schema: "stowage/expected-frames/1";
  readonly cyclesPerFrame: number;
  readonly warmUpCycles: number;
  readonly frames: number;
  /** When the first frame's last result leaves, and all frames'. */
  readonly firstFrameCycles: number;
  readonly endCycles: readonly number[];
  /** The same where every frame is on offer as soon as the one before is taken. */
  readonly eagerEndCycles: readonly number[];
  /** By layer with weights: cycles in which its engine waits for a word, in all frames. */
  readonly stallCycles: readonly { readonly layer: string; readonly cycles: number }[];
  /** Streams of the network's inputs and outputs: an element's value is its integer times the scale. */
  readonly streams: readonly {
    readonly name: string;
    readonly tensor: string;
    readonly direction: "input" | "output";
    readonly lanes: number;
    readonly bits: number;
    readonly scale: number;
  }[];
}

export interface MachineFiles {
  readonly files: readonly EmittedFile[];
  readonly expected: ExpectedFrames;
  readonly structure: Structure;
}

/** Frames of the testbench where the network is small enough, and products that its reference may take. */
const FRAMES = 12;
const PRODUCTS = 2e9;
const SEED = 2;

/**
 * The engines of one partition, joined to the weight path `path`: Verilog, a testbench with random frames and their results on integers,
 * and what it must show. Where a layer has no hardware here, which and why.
 */
export function machineFiles(
  problem: PipelineProblem,
  plan: PipelinePlan,
  partition: number,
  network: IntegerNetwork,
  path: WeightFiles,
): MachineFiles | { readonly missing: IntegerNetwork["missing"] } {
  const { engines, cyclesPerFrame, dma } = plan.partitions[partition]!;
  const built = structureOf(problem, engines, network);
  if ("missing" in built) return built;
  const { structure } = built;
  const frames = Math.max(2, Math.min(FRAMES, Math.floor(PRODUCTS / Math.max(1, productsOf(problem, network)))));
  const { table } = path.hardware;
  const weights = () => (dma && table ? weightClock(streamedStages(structure, plan, partition), dma) : undefined);
  const warmUp = dma?.warmUp ?? 0;
  const limit = 100 * frames * cyclesPerFrame;
  const { ends, stalls } = run(structure, { frames, period: cyclesPerFrame, limit }, weights());
  const eager = run(structure, { frames, period: 0, limit }, weights());
  const outer = structure.channels.filter(({ from, to }) => from === undefined || to === undefined);
  const expected: ExpectedFrames = {
    schema: "stowage/expected-frames/1",
    cyclesPerFrame,
    warmUpCycles: warmUp,
    frames,
    firstFrameCycles: ends[0]! + 1,
    endCycles: ends,
    eagerEndCycles: eager.ends,
    stallCycles: structure.stages.flatMap(({ kind, title }, i) => (kind === "convolution" ? [{ layer: title, cycles: stalls[i]! }] : [])),
    streams: outer.map(({ stream, name, from, bits, lanesIn }) => ({
      name,
      tensor: problem.streams[stream]!.name,
      direction: from === undefined ? "input" : "output",
      lanes: lanesIn,
      bits,
      scale: network.scales[stream]!,
    })),
  };
  const bench = framesBench({
    structure,
    frames,
    cyclesPerFrame,
    limit: limit + warmUp,
    warmUp,
    loaded: path.hardware.loaded,
    link: table && dma && { ports: linkSide(table), rate: dma.rate },
  });
  return {
    structure,
    expected,
    files: [
      ...acceleratorModules(structure).map(({ file, modules }) => ({ path: file, text: print(modules) })),
      ...framesOf(problem, network, outer, frames),
      { path: "frames/testbench.v", text: print([bench, ...(table ? [link(table)] : [])]) },
      { path: "frames/simulation.v", text: print([framesClock]) },
      { path: "frames/main.cpp", text: verilatorMain("frames_testbench") },
      jsonFile("expected-frames.json", expected),
    ],
  };
}

const productsOf = ({ layers }: PipelineProblem, network: IntegerNetwork): number =>
  network.layers.reduce((sum, layer, id) => {
    const { channels, height, width } = layers[id]!.output;
    return sum + (layer.kind === "convolution" ? height * width * layer.weights.length : channels * height * width);
  }, 0);

function streamedStages({ stages }: Structure, plan: PipelinePlan, partition: number) {
  const { engines, dma } = plan.partitions[partition]!;
  return dma!.ports.flatMap((layer) => {
    const stage = stages.findIndex((s) => s.layer === layer);
    const found = stages[stage];
    const memory = engines.find((engine) => engine.layer === layer)?.memory;
    if (found?.kind !== "convolution" || memory === undefined) return [];
    const { steps, unroll, bits } = found.shape;
    const depth = steps.group * steps.channel * steps.filter * steps.kernel;
    return [
      {
        stage,
        width: bits.weight * unroll.in * unroll.out * unroll.group * unroll.kernel,
        period: { length: depth / memory.fragments, streamed: memory.streamed },
        buffers: memory.buffers,
      },
    ];
  });
}

/** The words of random frames and of their results, stream by stream. */
function framesOf(problem: PipelineProblem, network: IntegerNetwork, outer: readonly Channel[], frames: number): readonly EmittedFile[] {
  const random = rng(SEED);
  const lines = new Map<StreamId, string[]>(outer.map(({ stream }) => [stream, []]));
  for (let f = 0; f < frames; f++) {
    const byTensor = new Map<string, Elements>();
    const inputs = new Map<StreamId, Elements>();
    problem.streams.forEach((stream, id) => {
      if (stream.from !== undefined) return;
      const elements = byTensor.get(stream.name) ?? randomInput(stream, random);
      byTensor.set(stream.name, elements);
      inputs.set(id, elements);
    });
    const values = runIntegers(problem, network, inputs);
    for (const { stream, lanesIn, words, bits } of outer)
      for (let w = 0; w < words; w++) lines.get(stream)!.push(word(values[stream]!, w * lanesIn, lanesIn, bits));
  }
  return outer.map((channel) => ({ path: framesFile(channel), text: `${lines.get(channel.stream)!.join("\n")}\n` }));
}

/** `lanes` elements of `bits` in hexadecimal, the first in the lowest bits. */
function word(values: Elements, first: number, lanes: number, bits: number): string {
  let all = 0n;
  for (let lane = lanes - 1; lane >= 0; lane--) all = (all << BigInt(bits)) | BigInt.asUintN(bits, BigInt(values[first + lane]!));
  return all.toString(16);
}
