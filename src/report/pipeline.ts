import type { PipelineRun } from "../base/replay.js";
import type { Engine, PipelinePlan, PipelineProblem } from "../planners/pipeline/plan.js";
import { bounded, type Claimed, type Facts, type Figure, type Given, type Goal } from "./facts.js";
import { bytesText, grouped, percentText, secondsText } from "./format.js";
import { commonMetrics, counts, type Json, type Metrics } from "./metrics.js";
import { pipelineCharts } from "./pipeline-charts.js";
import { pipelineTables } from "./pipeline-tables.js";

/** What facts, tables and charts of a pipeline are made of. */
export interface Seen {
  readonly problem: PipelineProblem;
  readonly plan: PipelinePlan;
  readonly run: PipelineRun;
  /** Engines in the order of the steps. */
  readonly engines: readonly Engine[];
  /** No plan takes fewer cycles per frame. */
  readonly bound: number | undefined;
  /** Bytes that cross the link per frame. */
  readonly bytesPerFrame: { readonly input: number; readonly output: number; readonly weights: number };
}

export function pipelineFacts({ problem, accepted, outcome }: Given<PipelineProblem, PipelinePlan>): Facts {
  const { plan, replay } = accepted;
  const run = replay.pipeline!;
  const sum = (key: "input" | "output" | "streamed"): number => run.partitions.reduce((n, part) => n + part[key], 0);
  const seen: Seen = {
    problem,
    plan,
    run,
    engines: plan.partitions.flatMap(({ engines }) => engines),
    bound: problem.objective === "throughput" ? Math.min(outcome.bound, run.cyclesPerFrame) : undefined,
    bytesPerFrame: { input: sum("input"), output: sum("output"), weights: sum("streamed") },
  };
  const common = commonMetrics(replay, counts(replay), problem.device.clock);
  const metrics = pipelineMetrics(seen, common);
  const objective = goal(seen, replay.totals.latency);
  return {
    objective,
    clockHertz: problem.device.clock,
    figures: figures(seen, metrics, objective, outcome),
    metrics,
    causes: ["input", "weight-stream", "output"],
    steps: seen.engines.map(({ layer }) => {
      const { type, inputs, weights } = problem.layers[layer]!;
      const names = inputs.map((id) => problem.streams[id]!.name);
      const written = problem.streams.filter(({ from }) => from === layer).map(({ name }) => name);
      return { type, needBytes: 0, reads: weights ? [...names, weights.tensor] : names, writes: [...new Set(written)] };
    }),
    assumptions: assumptions(seen),
    tables: pipelineTables(seen),
    charts: pipelineCharts(seen, replay),
  };
}

/** What the device's busiest configuration takes. */
export const mostOf = ({ partitions }: PipelineRun, key: keyof PipelineRun["partitions"][number]["resources"]): number =>
  Math.max(...partitions.map(({ resources }) => resources[key]));

/** LUTs with those that stand in for block RAMs, and block RAMs without. */
export function takenOf({ partitions }: PipelineRun, { lutPerBram18 }: PipelineProblem["device"]) {
  return {
    lut: Math.max(...partitions.map(({ resources, replaced }) => resources.lut + (lutPerBram18 > 0 ? replaced * lutPerBram18 : 0))),
    bram18: Math.max(...partitions.map(({ resources, replaced }) => resources.bram18 - replaced)),
  };
}

function pipelineMetrics(seen: Seen, common: ReturnType<typeof commonMetrics>): Metrics {
  const { problem, plan, run, engines, bytesPerFrame } = seen;
  const { clock, lutPerBram18 } = problem.device;
  const crossing = bytesPerFrame.input + bytesPerFrame.output + bytesPerFrame.weights;
  const taken = takenOf(run, problem.device);
  return {
    ...common,
    cyclesPerFrame: run.cyclesPerFrame,
    framesPerSecond: clock / run.cyclesPerFrame,
    dsp: mostOf(run, "dsp"),
    lut: taken.lut,
    ff: mostOf(run, "ff"),
    bram18: taken.bram18,
    uram: mostOf(run, "uram"),
    bram18InLuts: Math.max(...run.partitions.map(({ replaced }) => replaced)),
    lutPerBram18,
    weightBytesPerFrame: bytesPerFrame.weights,
    onChipWeightBytes: Math.ceil(run.stages.reduce((bits, { residentBits }) => bits + residentBits, 0) / 8),
    offChipBytesPerSecond: (crossing * clock) / run.cyclesPerFrame,
    stallCycles: run.stages.reduce((n, { stalls }) => n + stalls, 0),
    warmUpCycles: Math.max(...run.partitions.map(({ warmUp }) => warmUp)),
    baselines: { vanillaCyclesPerFrame: plan.baselines.vanilla ?? null, greedyCyclesPerFrame: plan.baselines.greedy ?? null },
    certificate:
      plan.certificate === undefined
        ? null
        : { cycles: plan.certificate.cycles, multipliers: plan.certificate.multipliers, value: finite(plan.certificate.value) },
    partitions: run.partitions.length,
    layers: engines.map((engine, i): Json => {
      const { name, type } = problem.layers[engine.layer]!;
      const stage = run.stages[i]!;
      return {
        name,
        type,
        partition: stage.partition,
        unroll: { ...engine.unroll },
        memory: engine.memory === undefined ? null : { ...engine.memory },
        intervalCycles: stage.interval,
        stallCycles: stage.stalls,
        ...stage.resources,
        weightBytes: Math.ceil(stage.weightBits / 8),
        onChipWeightBytes: Math.ceil(stage.residentBits / 8),
        weightBytesPerFrame: stage.streamed,
      };
    }),
  };
}

/** JSON knows no infinity: a certificate that leaves no choice at all. */
const finite = (n: number): number | null => (n <= SAYABLE ? n : null);

function goal(seen: Seen, latency: number): Goal {
  const { problem, run } = seen;
  const { clock } = problem.device;
  const introduction = comparison(seen);
  if (problem.objective === "latency")
    return {
      name: "latencyCycles",
      label: "Latency",
      unit: "cycle",
      value: latency,
      verb: "Takes",
      beside: "from a frame's first element to its last result",
      introduction,
    };
  return {
    name: "cyclesPerFrame",
    label: "Cycles per frame",
    unit: "cycle",
    value: run.cyclesPerFrame,
    verb: "Takes",
    beside: `per frame (${framesText(clock / run.cyclesPerFrame)} frames per second)`,
    introduction,
  };
}

const framesText = (n: number): string => grouped(n >= 100 ? Math.round(n) : Number(n.toPrecision(3)));

/** What streaming buys, and the way to plan that came before. */
function comparison({ plan: { baselines }, run, problem }: Seen): string {
  const seconds = (n: number): string => secondsText(n / problem.device.clock);
  const { vanilla, greedy } = baselines;
  const streams = run.stages.some(({ streamed }) => streamed > 0);
  const published =
    greedy === undefined || greedy <= run.cyclesPerFrame ? "" : ` The published greedy search comes to ${seconds(greedy)} per frame.`;
  const { batch } = problem;
  if (run.partitions.length > 1)
    return `The device is configured ${run.partitions.length} times in turn, for ${grouped(batch)} ${batch === 1 ? "frame" : "frames"} each.`;
  if (greedy === run.cyclesPerFrame && vanilla === undefined) return "This is the plan that the published greedy search comes to.";
  if (!streams) return `Every layer has an engine of its own, and all weights are on chip.${published}`;
  if (vanilla === undefined) return `With all weights on chip the network does not fit; this plan streams some of them.${published}`;
  const gain = percentText(vanilla / run.cyclesPerFrame - 1);
  return vanilla > run.cyclesPerFrame
    ? `Streaming some of the weights gives ${gain} more frames per second than all of them on chip (${seconds(vanilla)} per frame).${published}`
    : `All weights on chip would be as fast.${published}`;
}

function figures(seen: Seen, m: Metrics, objective: Goal, outcome: Claimed): Figure[] {
  const { problem, run, bytesPerFrame } = seen;
  const { resources, clock, bitsPerCycle } = problem.device;
  const claimed = { bound: outcome.bound, boundNote: `${outcome.scope}: ${outcome.proof}` };
  const slowest = run.stages.reduce((a, b) => (b.interval > a.interval ? b : a));
  const own = (key: string, label: string, value: number, unit: Figure["unit"], source: string, note: string): Figure =>
    objective.name === key
      ? bounded({ key, label, value, unit, source, ...claimed })
      : { key, label, value, unit, source, boundNote: note };
  const taken = takenOf(run, problem.device);
  const part = (key: string, label: string, value: number, of: number, note: string): Figure => ({
    key,
    label,
    value,
    unit: "",
    of,
    boundNote: `${percentText(of === 0 ? 0 : value / of)} of the device${note}`,
    source: "engines and streams, added up by the judge",
  });
  const inLuts = Number(m.bram18InLuts);
  const link = (bitsPerCycle * clock) / 8;
  return [
    own(
      "cyclesPerFrame",
      "Cycles per frame",
      run.cyclesPerFrame,
      "cycle",
      "frames through all engines, and the weight stream, as replayed",
      `the slowest engine needs ${grouped(slowest.interval)}`,
    ),
    {
      key: "framesPerSecond",
      label: "Frames per second",
      value: Number(m.framesPerSecond),
      unit: "",
      boundNote: "one after the other, once the pipeline is full",
      source: "clock over cycles per frame",
    },
    own(
      "latencyCycles",
      "Latency",
      Number(m.latencyCycles),
      "cycle",
      "first element in to last result out, as replayed",
      "from a frame's first element to its last result",
    ),
    part("dsp", "DSPs", Number(m.dsp), resources.dsp, ""),
    part("bram18", "Block RAMs", taken.bram18, resources.bram18, inLuts > 0 ? `; ${grouped(inLuts)} more lie in LUTs` : ""),
    {
      key: "offChipBytesPerSecond",
      label: "Off chip",
      value: Math.round(Number(m.offChipBytesPerSecond)),
      unit: "B/s",
      of: Math.round(link),
      boundNote: `${percentText(Number(m.offChipBytesPerSecond) / link)} of what the link carries; ${bytesPerFrame.weights > 0 ? `${bytesText(bytesPerFrame.weights)} of weights per frame` : "inputs and outputs alone"}`,
      source: "sum of the replay's ledger over cycles per frame",
    },
  ];
}

function assumptions({ problem, plan, run }: Seen): string[] {
  const { device, model } = problem;
  const stalls = run.stages.filter(({ stalls: n }) => n > 0).length;
  const replaced = Math.max(...run.partitions.map((part) => part.replaced));
  return [
    ...(model === "autows"
      ? ["Costs are those of AutoWS's own model, for comparison; the hardware of this plan is not ours and was not run."]
      : []),
    ...(plan.certificate === undefined ? [] : [certificateText(plan.certificate)]),
    ...(stalls === 0
      ? []
      : [
          `${stalls} ${stalls === 1 ? "engine waits" : "engines wait"} for streamed weights at times, and still ${stalls === 1 ? "keeps" : "keep"} up.`,
        ]),
    ...(replaced === 0 ? [] : [`${grouped(replaced)} block RAMs are missing; ${grouped(device.lutPerBram18)} LUTs stand in for each.`]),
    "Look-up tables and flip-flops are estimates, fitted to synthesis runs; multipliers and memories are counted.",
    "Weights that stay on chip come with the configuration of the device and cross no link.",
    "Not modelled: refresh and turn-around of the off-chip memory beyond the stated efficiency, and what routing does to the clock.",
    ...problem.assumptions.map((sentence) => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${sentence.endsWith(".") ? "" : "."}`),
  ];
}

function certificateText({ cycles, multipliers, value }: NonNullable<PipelinePlan["certificate"]>): string {
  const few = `at most ${grouped(Math.floor(cycles))} cycles per frame`;
  if (value > SAYABLE) return `Certificate: some layer has no engine that takes ${few}.`;
  const weights = multipliers.map((x) => Number(x.toPrecision(3))).join(", ");
  return `Certificate: with the device's resources and the link weighed by ${weights}, every choice of engines of ${few} takes ${Number(value.toPrecision(7))} times what there is.`;
}

/** Beyond it a sum is as good as infinite. */
const SAYABLE = 1e9;
