import { rng } from "../../src/base/rng.js";
import { cycles } from "../../src/base/units.js";
import type { ScratchpadPlan, ScratchpadProblem } from "../../src/planners/scratchpad/plan.js";
import type { Chart } from "../../src/report/chart.js";
import { type Report, type ReportInput, report } from "../../src/report/report.js";
import { sample } from "./sample.js";

/** One chart of every kind, of made-up numbers. `names` stand where names of a model would. */
export function everyChart(names: readonly string[] = []): readonly Chart[] {
  const random = rng(7);
  const name = (i: number, plain: string): string => names[i % Math.max(1, names.length)] ?? plain;
  const operators = Array.from({ length: 48 }, (_, i) => name(i, `/features/${i}/conv`));
  const cuts = [0, 5, 9, 16, 17, 24, 33, 40, 46];
  const points = Array.from({ length: 160 }, () => {
    const x = 0.002 + 0.03 * random();
    return { x, y: 4e8 + 3e6 / x + 2e9 * random() };
  });
  const front = points.filter((p) => !points.some((q) => q.x <= p.x && q.y <= p.y && q !== p));
  return [
    {
      kind: "brackets",
      title: "Fusion groups",
      note: "Operators of one group run tile by tile; what lies between them stays on chip.",
      operators,
      groups: cuts.slice(1).map((end, i) => ({ label: `group ${i}`, start: cuts[i]!, end, note: i % 2 ? "H-cached" : "recompute" })),
      heights: { label: "off-chip bytes", unit: "B", values: operators.map(() => Math.round(900_000 * random() ** 2)) },
    },
    {
      kind: "scatter",
      title: "Hardware points",
      x: { label: "latency", unit: "s", spacing: "linear" },
      y: { label: "energy", unit: "pJ", spacing: "linear" },
      points: points.map((p, i) => ({
        ...p,
        label: name(i, `16x${i} PEs`),
        front: front.includes(p),
        knee: p === front[Math.floor(front.length / 2)],
      })),
    },
    {
      kind: "roofline",
      title: "Roofline",
      peaks: [{ label: "168 MACs at 500 MHz", macsPerSecond: 84e9 }],
      links: [
        { label: "DRAM", bytesPerSecond: 1e9 },
        { label: "global buffer", bytesPerSecond: 16e9 },
      ],
      points: operators.flatMap((label, i) => {
        const macsPerByte = 3 * 10 ** (2.2 * random());
        return ["layer by layer", "fused"].map((series, f) => ({
          label: name(i, label),
          series,
          macsPerByte: macsPerByte * (1 + 1.6 * f),
          macsPerSecond: Math.min(80e9, macsPerByte * (1 + 1.6 * f) * 0.9e9),
        }));
      }),
    },
    {
      kind: "bars",
      title: "Energy by level",
      unit: "pJ",
      series: ["MAC", "register file", "global buffer", "DRAM"],
      groups: cuts
        .slice(1)
        .map((_, i) => ({ label: name(i, `group ${i}`), values: [1, 2, 4, 9].map((w) => Math.round(w * 1e8 * random())) })),
    },
    {
      kind: "bars",
      title: "Stages against the slowest",
      unit: "cycle",
      series: ["cycles"],
      groups: operators.map((label) => ({ label, values: [Math.round(400_000 + 400_000 * random())] })),
      mark: { label: "T", value: 812_000 },
    },
    {
      kind: "histogram",
      title: "Writes per cell",
      x: { label: "writes", unit: "", spacing: "linear" },
      counted: "cells",
      bins: Array.from({ length: 24 }, (_, i) => ({
        start: i * 4,
        end: i * 4 + 4,
        count: Math.round(5000 * Math.exp(-((i - 9) ** 2) / 20)),
      })),
    },
    {
      kind: "heat",
      title: "Wear of crossbar 0",
      unit: "",
      label: "writes",
      rows: { label: "wordline", count: 32 },
      columns: { label: "bitline", count: 64 },
      values: Array.from({ length: 32 * 64 }, (_, i) => Math.round(60 * Math.abs(Math.sin(i / 41)) * (0.6 + 0.4 * random()))),
    },
  ];
}

export interface SyntheticOptions {
  readonly steps?: number;
  /** Engines that the computations are dealt out to. */
  readonly lanes?: number;
  /** Events that each computation is cut into. */
  readonly beats?: number;
  readonly names?: readonly string[];
}

/** A report as a family with several memories, many resources, own tables and charts would make it, from the sample's plan. */
export function synthetic({ steps = 120, lanes = 1, beats = 1, names = [] }: SyntheticOptions = {}): Report {
  const made = report(spread(sample({ steps, names }), lanes, beats));
  return {
    ...made,
    figures: [
      ...made.figures,
      {
        key: "framesPerSecond",
        label: "Throughput",
        value: 246.3,
        unit: "frame/s",
        boundNote: "what the slowest stage allows",
        source: "cycles per frame of the replay",
      },
    ],
    tables: [
      {
        key: "groups",
        title: "Groups",
        columns: [
          { key: "group", label: "group" },
          { key: "first", label: "first step", refers: "step" },
          { key: "offChipBytes", label: "off-chip", unit: "B" },
          { key: "share", label: "share", unit: "share" },
          { key: "operators", label: "operators" },
        ],
        rows: Array.from({ length: 20 }, (_, i) => ({
          group: names[i] ?? `group ${i}`,
          first: i * 2,
          offChipBytes: 4096 * (i + 1),
          share: i / 19,
          operators: i + 1,
        })),
      },
    ],
    charts: everyChart(names),
  };
}

/** The same plan with the weights in a memory of their own and its computations cut up and dealt out. */
function spread(
  input: ReportInput<ScratchpadProblem, ScratchpadPlan>,
  lanes: number,
  beats: number,
): ReportInput<ScratchpadProblem, ScratchpadPlan> {
  const { replay } = input.accepted;
  const [memory] = replay.memories;
  const [, ...channels] = replay.resources;
  const engines = Array.from({ length: lanes }, (_, i) => ({ name: `Stage ${i}`, role: "engine" as const }));
  const events = replay.events.flatMap((event) => {
    if (event.kind !== "compute") return [{ ...event, resource: event.resource - 1 }];
    const at = (beat: number) => cycles(Math.round(event.start + ((event.end - event.start) * beat) / beats));
    const resource = channels.length + (event.step % lanes);
    return Array.from({ length: beats }, (_, beat) => ({ ...event, resource, start: at(beat), end: at(beat + 1) }));
  });
  return {
    ...input,
    accepted: {
      ...input.accepted,
      replay: {
        ...replay,
        memories: [memory!, { ...memory!, name: "Weight buffer", reserved: [] }],
        resources: [...channels, ...engines],
        events,
        residency: replay.residency.map((r) => ({ ...r, memory: r.kind === "weight" ? 1 : 0 })),
        totals: { ...replay.totals, peak: [replay.totals.peak[0]!, replay.totals.peak[0]!] },
      },
    },
  };
}
