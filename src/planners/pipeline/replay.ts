import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import {
  type FabricResource,
  type LedgerRow,
  type PipelineRun,
  type PipelineStage,
  type Replay,
  type ReplayEvent,
  type Residency,
  trafficByCause,
} from "../../base/replay.js";
import { bytes, cycles, picojoules } from "../../base/units.js";
import { NOTHING, sum } from "../../cost/fpga/resources.js";
import type { FabricResources } from "../../target/pipeline-target.js";
import { converterOf, costOf, engineCost, type Option, storeCost } from "./options.js";
import type { Engine, Partition, PipelinePlan, PipelineProblem, Stream } from "./plan.js";
import { dmaEvents, engineEvents } from "./replay-events.js";
import { type Flow, flow } from "./replay-flow.js";
import { memoriesOf, type Room, residencyOf } from "./replay-memory.js";
import { SHOWN_FRAMES } from "./replay-stream.js";
import { type Streamed, streamOf } from "./replay-weights.js";

export interface Run {
  readonly replay: Replay;
  readonly violations: readonly Diagnostic[];
}

/** What a partition was seen to do and to take. */
interface Seen {
  readonly partition: Partition;
  readonly options: readonly Option[];
  /** Of the streams between its engines. */
  readonly converters: readonly { readonly stream: Stream; readonly resources: FabricResources }[];
  readonly resources: FabricResources;
  readonly replaced: number;
  readonly streamed: Streamed | undefined;
  readonly flow: Flow | undefined;
  /** Cycles by which weights that come late put the last result off. */
  readonly late: number;
  readonly input: readonly Stream[];
  readonly output: readonly Stream[];
}

/**
 * Runs a plan whose engines can be built: what each partition takes of the device and of the link, the weight stream in its
 * own clock, and frames through all engines. A partition runs after the one before it.
 */
export function replay(problem: PipelineProblem, { partitions }: Pick<PipelinePlan, "partitions">): Run {
  const violations: Diagnostic[] = [];
  const seen = partitions.map((partition, p) => look(problem, partition, `plan.partitions[${p}]`, violations));
  return { replay: told(problem, seen), violations };
}

export const RESOURCES: readonly FabricResource[] = ["lut", "ff", "dsp", "bram18", "uram"];

function look(problem: PipelineProblem, partition: Partition, where: string, violations: Diagnostic[]): Seen {
  const { device } = problem;
  const { engines, cyclesPerFrame: interval } = partition;
  const say = (code: Code, place: string, message: string, fix: string) => {
    violations.push(fail(code, place, message, fix));
  };
  const at = new Map(engines.map(({ layer }, e) => [layer, e]));
  const inside = (layer: number | undefined): number | undefined => (layer === undefined ? undefined : at.get(layer));
  const options = engines.map((engine) => costOf(problem, engine));
  const converters = problem.streams.flatMap((stream) => {
    const [from, to] = [inside(stream.from), inside(stream.to)];
    if (from === undefined || to === undefined) return [];
    return [{ stream, resources: converterOf(stream, options[from]!.lanesOut, options[to]!.lanesIn) }];
  });
  const resources = sum([...options, ...converters].map((part) => part.resources));
  const replaced = Math.max(0, resources.bram18 - device.resources.bram18);
  for (const key of RESOURCES) {
    const stands = key === "lut" ? replaced * device.lutPerBram18 : 0;
    const used = key === "bram18" && device.lutPerBram18 > 0 ? resources[key] - replaced : resources[key] + stands;
    if (used > device.resources[key] + SLACK) {
      const of = stands > 0 ? `, ${stands} of them for ${replaced} block RAMs` : "";
      say(
        "PIP-23",
        where,
        `takes ${Math.ceil(used)} ${WORDS[key]}${of}; the device has ${device.resources[key]}`,
        "unroll less, or stream more weights",
      );
    }
  }
  options.forEach(({ interval: own }, e) => {
    if (own > interval + SLACK)
      say(
        "PIP-24",
        `${where}.engines[${e}] (${nameOf(problem, engines[e]!)})`,
        `needs ${own} cycles per frame, one enters every ${interval}`,
        "unroll more",
      );
  });

  const crossing = problem.streams.filter(({ from, to }) => (inside(from) === undefined) !== (inside(to) === undefined));
  const input = crossing.filter(({ from }) => inside(from) === undefined);
  const output = crossing.filter(({ to }) => inside(to) === undefined);
  const io = crossing.reduce((bits, stream) => bits + mapBits(stream), 0);
  const load = options.reduce((bits, option) => bits + option.weightBits, 0);
  const carried = device.bitsPerCycle * interval;
  if (load + io > carried * (1 + SLACK))
    say(
      "PIP-25",
      where,
      `${Math.ceil(load + io)} bits cross the link per frame, it carries ${Math.floor(carried)} meanwhile`,
      "allow more cycles per frame",
    );

  const ours = problem.model === "stowage";
  const streamed = ours ? streamOf(problem, partition, io, where, violations) : undefined;
  const ran = ours ? flow(problem, engines, interval) : undefined;
  if (ran !== undefined && ran.stuck.length > 0)
    say(
      "PIP-29",
      where,
      `engines wait for one another for ever, first ${problem.layers[ran.stuck[0]!]!.name}`,
      "let more elements wait in the shorter of joining ways",
    );
  else if (ran !== undefined && ran.period > interval)
    say("PIP-30", where, `frames leave every ${ran.period} cycles and enter every ${interval}`, "let more elements wait in streams");
  return {
    partition,
    options,
    converters,
    resources,
    replaced,
    streamed,
    flow: ran,
    late: lateness(problem, engines, streamed),
    input,
    output,
  };
}

/** Rounding of sums. */
const SLACK = 1e-6;

const WORDS: Readonly<Record<FabricResource, string>> = {
  lut: "LUTs",
  ff: "flip-flops",
  dsp: "DSPs",
  bram18: "block RAMs of 18 Kbit",
  uram: "URAMs",
};

export const mapBits = ({ map }: Stream): number => map.channels * map.height * map.width * map.bits;

const bytesOf = (streams: readonly Stream[]): number => streams.reduce((size, stream) => size + Math.ceil(mapBits(stream) / 8), 0);

const nameOf = ({ layers }: PipelineProblem, { layer }: Engine): string => layers[layer]!.name;

/** Where frames do not flow, or flow as another tool says, a frame takes what enters. */
const latencyOf = ({ flow: ran, partition, late }: Seen): number =>
  ran === undefined || ran.left.length === 0
    ? partition.cyclesPerFrame
    : Math.ceil(ran.left.at(-1)! - (ran.left.length - 1) * partition.cyclesPerFrame) + late;

/** Frames flow as if weights came evenly; by how much weights that come late put a result off, along the way where that adds up to most. */
function lateness({ layers, streams }: PipelineProblem, engines: readonly Engine[], streamed: Streamed | undefined): number {
  const late = new Map<number, number>();
  for (const { layer } of engines) {
    const before = layers[layer]!.inputs.map((id) => late.get(streams[id]!.from ?? -1) ?? 0);
    const port = streamed?.layers.indexOf(layer) ?? -1;
    late.set(layer, Math.max(0, ...before) + (streamed?.ports[port]?.late ?? 0));
  }
  return Math.max(0, ...late.values());
}

function told(problem: PipelineProblem, seen: readonly Seen[]): Replay {
  const { layers, device } = problem;
  const steps: string[] = [];
  const events: ReplayEvent[] = [];
  const residency: Residency[] = [];
  const ledger: LedgerRow[] = [];
  const stages: PipelineStage[] = [];
  const memories = memoriesOf(device, Math.max(0, ...seen.map(({ replaced }) => replaced)));
  const streaming = seen.some(({ partition }) => partition.dma !== undefined);
  const resources = [
    ...(streaming ? [{ name: "Weight stream", role: "dma" as const }] : []),
    ...layers.map(({ name }) => ({ name, role: "engine" as const })),
  ];
  let now = 0;

  seen.forEach((part, p) => {
    const { partition, options, converters, streamed, flow: ran } = part;
    const { engines, dma, cyclesPerFrame } = partition;
    const first = steps.length;
    const start = now + (dma?.warmUp ?? 0);
    const stays: Room[] = [];
    engines.forEach((engine, e) => {
      const layer = layers[engine.layer]!;
      const option = options[e]!;
      const before = converters.filter(({ stream }) => stream.to === engine.layer);
      const port = streamed?.layers.indexOf(engine.layer) ?? -1;
      const run = port < 0 ? undefined : streamed!.ports[port]!;
      steps.push(layer.name);
      stages.push({
        partition: p,
        interval: cycles(Math.ceil(option.interval - SLACK)),
        stalls: cycles(run?.stalls ?? 0),
        ...weightsOf(problem, engine),
        streamed: bytes(Math.ceil(option.weightBits / 8)),
        resources: sum([option, ...before].map((x) => x.resources)),
      });
      stays.push(...roomsOf(problem, engine, option));
      if (option.weightBits > 0)
        ledger.push({
          operator: layer.name,
          tensor: layer.weights!.tensor,
          link: "off-chip",
          direction: "in",
          cause: "weight-stream",
          size: bytes(Math.ceil(option.weightBits / 8)),
        });
    });
    const edge = (stream: Stream, direction: "in" | "out"): LedgerRow => ({
      operator: layers[direction === "in" ? stream.to! : stream.from!]!.name,
      tensor: stream.name,
      link: "off-chip",
      direction,
      cause: direction === "in" ? "input" : "output",
      size: bytes(Math.ceil(mapBits(stream) / 8)),
    });
    ledger.push(...part.input.map((stream) => edge(stream, "in")), ...part.output.map((stream) => edge(stream, "out")));

    if (streamed?.run !== undefined && dma !== undefined)
      events.push(...dmaEvents(problem, dma, streamed.run, cyclesPerFrame, now, first, engines));
    events.push(...engineEvents(problem, engines, ran, cyclesPerFrame, start, first, streaming ? 1 : 0));
    const end = start + latencyOf(part) + (SHOWN_FRAMES - 1) * cyclesPerFrame;
    residency.push(...residencyOf(memories, stays, { start: now, end }, { start: first, end: steps.length }));
    now = end;
  });

  const perPartition = seen.map(({ partition, resources: used, replaced, input, output, options }, p) => ({
    cyclesPerFrame: partition.cyclesPerFrame,
    latency: cycles(latencyOf(seen[p]!)),
    warmUp: partition.dma?.warmUp ?? cycles(0),
    input: bytes(bytesOf(input)),
    output: bytes(bytesOf(output)),
    streamed: bytes(options.reduce((size, { weightBits }) => size + Math.ceil(weightBits / 8), 0)),
    resources: used,
    replaced,
  }));
  const pipeline: PipelineRun = { stages, partitions: perPartition, cyclesPerFrame: meanCycles(problem, perPartition) };
  return {
    resources,
    memories: memories.map(({ name, capacity }) => ({ name, capacity, reserved: [] })),
    steps,
    events: events.sort((a, b) => a.start - b.start || a.resource - b.resource),
    residency,
    ledger,
    totals: {
      latency: cycles(Math.ceil(wholeLatency(problem, perPartition))),
      energy: picojoules(0),
      peak: memories.map((_, m) =>
        bytes(Math.max(0, ...residency.filter(({ memory }) => memory === m).map(({ offset, size }) => offset + size))),
      ),
      trafficByCause: trafficByCause(ledger),
    },
    pipeline,
  };
}

/** Cycles of a frame on average: a batch goes through one configuration after the other, each loaded first if there are several. */
function meanCycles(
  { batch, reconfiguration, device }: PipelineProblem,
  parts: readonly { readonly cyclesPerFrame: number; readonly latency: number }[],
): number {
  if (parts.length === 1) return parts[0]!.cyclesPerFrame;
  return wholeBatch(parts, batch, reconfiguration * device.clock) / batch;
}

const wholeBatch = (parts: readonly { readonly cyclesPerFrame: number; readonly latency: number }[], batch: number, load: number): number =>
  parts.reduce((time, { cyclesPerFrame, latency }) => time + load + latency + (batch - 1) * cyclesPerFrame, 0);

/** From a frame's first element to its last result; where the device is configured again and again, of a whole batch. */
const wholeLatency = (
  { batch, reconfiguration, device }: PipelineProblem,
  parts: readonly { readonly cyclesPerFrame: number; readonly latency: number }[],
): number => (parts.length === 1 ? parts[0]!.latency : wholeBatch(parts, batch, reconfiguration * device.clock));

/** Bits of an engine's weights, and those of them that stay on chip. */
function weightsOf(
  { layers, streams }: PipelineProblem,
  { layer, memory, unroll }: Engine,
): { readonly weightBits: number; readonly residentBits: number } {
  const { weights, inputs, output, groups, kernel } = layers[layer]!;
  if (!weights || memory === undefined) return { weightBits: 0, residentBits: 0 };
  const positions = kernel ? kernel.height * kernel.width : 1;
  const weightBits = weights.bits * (streams[inputs[0]!]!.map.channels / groups) * output.channels * positions;
  const width = weights.bits * unroll.in * unroll.out * unroll.group * unroll.kernel;
  return { weightBits, residentBits: Math.max(0, weightBits - memory.fragments * memory.streamed * width) };
}

/** What lies in RAM for an engine: its weights with the buffers of their fragments, and its window, queues and what waits in them. */
function roomsOf(problem: PipelineProblem, engine: Engine, { resources }: Option): Room[] {
  const layer = problem.layers[engine.layer]!;
  const { unroll, memory } = engine;
  const uses = memory === undefined ? NOTHING : storeCost(problem, engineCost(problem, layer, unroll, memory.reuse), memory).resources;
  const rest = { bram18: resources.bram18 - uses.bram18, uram: resources.uram - uses.uram };
  return [
    ...(layer.weights ? [{ name: layer.weights.tensor, kind: "weight" as const, bram18: uses.bram18, uram: uses.uram }] : []),
    { name: `${layer.name}: window, sums and queues`, kind: "activation" as const, ...rest },
  ].filter(({ bram18, uram }) => bram18 + uram > 0);
}
