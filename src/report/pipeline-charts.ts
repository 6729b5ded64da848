import type { Replay } from "../base/replay.js";
import type { Bars, Chart, Heat } from "./chart.js";
import { mostOf, type Seen, takenOf } from "./pipeline.js";

export const pipelineCharts = (seen: Seen, replay: Replay): readonly Chart[] => [
  ways(seen),
  device(seen),
  stages(seen),
  ...(seen.bytesPerFrame.weights > 0 ? [weights(seen), link(seen), timeline(seen, replay)] : [weights(seen), link(seen)]),
];

/** The plan between what no plan undercuts and the other ways to build the network. */
function ways({ problem, plan, run, bound }: Seen): Bars {
  const bar = (label: string, cycles: number | undefined) =>
    cycles === undefined || cycles <= 0 ? [] : [{ label, values: [cycles / problem.device.clock] }];
  return {
    kind: "bars",
    title: "Time per frame",
    note: "The line: no plan takes less. Without streaming, all weights have to be on chip; where no bar is shown the network does not fit so.",
    unit: "s",
    series: ["time per frame"],
    groups: [
      ...bar("this plan", run.cyclesPerFrame),
      ...bar("all weights on chip", plan.baselines.vanilla),
      ...bar("published greedy search", plan.baselines.greedy),
    ],
    ...(bound !== undefined && bound > 0 && { mark: { label: "bound", value: bound / problem.device.clock } }),
  };
}

function device({ problem, run }: Seen): Bars {
  const { resources, lutPerBram18 } = problem.device;
  const taken = takenOf(run, problem.device);
  const own = mostOf(run, "lut");
  const part = (used: number, of: number): number => (of === 0 ? 0 : used / of);
  const inLuts = Math.max(0, taken.lut - own);
  return {
    kind: "bars",
    title: "The device",
    note: lutPerBram18 > 0 ? "Where block RAMs run out, LUTs stand in for them." : "What all engines and streams take together.",
    unit: "share",
    series: inLuts > 0 ? ["used", "in place of block RAM"] : ["used"],
    groups: [
      { label: "DSPs", values: [part(mostOf(run, "dsp"), resources.dsp)] },
      { label: "LUTs", values: inLuts > 0 ? [part(own, resources.lut), part(inLuts, resources.lut)] : [part(own, resources.lut)] },
      { label: "flip-flops", values: [part(mostOf(run, "ff"), resources.ff)] },
      { label: "block RAMs", values: [part(taken.bram18, resources.bram18)] },
      ...(resources.uram > 0 ? [{ label: "UltraRAMs", values: [part(mostOf(run, "uram"), resources.uram)] }] : []),
    ],
    mark: { label: "all there is:", value: 1 },
  };
}

/** Of each engine, against the frame. */
function stages({ problem, run, engines }: Seen): Bars {
  return {
    kind: "bars",
    title: "Stages against the frame",
    note: "Cycles of each frame in which an engine is at work. Frames enter at the pace of the line; an engine that reaches it never rests.",
    unit: "cycle",
    series: ["at work", "waiting for streamed weights"],
    groups: engines.map(({ layer }, i) => ({
      label: problem.layers[layer]!.name,
      values: [run.stages[i]!.interval, run.stages[i]!.stalls],
    })),
    ...(run.partitions.length === 1 && { mark: { label: "frame", value: run.cyclesPerFrame } }),
  };
}

function weights({ problem, run, engines }: Seen): Bars {
  return {
    kind: "bars",
    title: "Where weights are",
    note: "Of each layer, the weights that stay on chip and those that come from off chip, as often as they are used.",
    unit: "B",
    series: ["on chip", "off chip"],
    groups: engines.flatMap(({ layer, memory }, i) => {
      const { weightBits, residentBits } = run.stages[i]!;
      return memory === undefined
        ? []
        : [{ label: problem.layers[layer]!.name, values: [residentBits / 8, (weightBits - residentBits) / 8] }];
    }),
  };
}

/** What crosses the link, against what it carries. */
function link({ problem, run, bytesPerFrame }: Seen): Bars {
  const { clock, bitsPerCycle } = problem.device;
  const rate = (bytes: number): number => (bytes * clock) / run.cyclesPerFrame;
  return {
    kind: "bars",
    title: "The link off chip",
    note: "Bytes per second in both directions, padding of bursts included; the line is bandwidth times efficiency.",
    unit: "B/s",
    series: ["weights", "inputs", "outputs"],
    groups: [{ label: "off chip", values: [rate(bytesPerFrame.weights), rate(bytesPerFrame.input), rate(bytesPerFrame.output)] }],
    mark: { label: "link", value: (bitsPerCycle * clock) / 8 },
  };
}

/** Columns of the picture of the weight stream, and most of its rows. */
const COLUMNS = 120;
const MOST_ROWS = 80;

/** Which layer's weights the stream brings when, from its start to the end of the frames that were replayed. */
function timeline({ run, engines, problem }: Seen, { events }: Replay): Heat {
  const sent = events.filter(({ cause, step }) => cause === "weight-stream" && run.stages[step]?.partition === 0);
  const end = sent.reduce((latest, event) => Math.max(latest, event.end), 1);
  const rows = engines.flatMap((_, i) => (run.stages[i]!.streamed > 0 && run.stages[i]!.partition === 0 ? [i] : [])).slice(0, MOST_ROWS);
  const values = new Array<number>(rows.length * COLUMNS).fill(0);
  const width = end / COLUMNS;
  for (const { start, end: until, step, size = 0 } of sent) {
    const row = rows.indexOf(step);
    if (row < 0) continue;
    // An event lies in a few columns; its bytes are spread over them.
    for (let c = Math.floor(start / width); c <= Math.min(COLUMNS - 1, Math.floor((until - 1) / width)); c++) {
      const part = Math.min(until, (c + 1) * width) - Math.max(start, c * width);
      values[row * COLUMNS + c]! += ((size * part) / (until - start) / width) * problem.device.clock;
    }
  }
  return {
    kind: "heat",
    title: "The weight stream",
    note: "Bytes per second that each layer gets, from the start of the stream over its first frames: the warm-up fills all buffers.",
    unit: "B/s",
    label: "rate",
    rows: { label: "layer", count: rows.length, names: rows.map((i) => problem.layers[engines[i]!.layer]!.name) },
    columns: { label: "time", count: COLUMNS },
    values: values.map((v) => Math.round(v)),
  };
}
