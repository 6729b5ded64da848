import type { Engine, WeightMemory } from "../planners/pipeline/plan.js";
import { mostOf, type Seen, takenOf } from "./pipeline.js";
import type { Column, Table } from "./table.js";

export const pipelineTables = (seen: Seen): readonly Table[] => [
  comparison(seen),
  device(seen),
  stages(seen),
  weights(seen),
  ...(seen.run.partitions.length > 1 ? [partitions(seen)] : []),
];

const plain = (key: string, label: string): Column => ({ key, label });
const byte = (key: string, label: string): Column => ({ key, label, unit: "B" });
const share = (key: string, label: string): Column => ({ key, label, unit: "share" });
const detail = (column: Column): Column => ({ ...column, detail: true });

/** The plan, its bound, and the other ways to build the network. */
function comparison({ problem, plan, run, bound }: Seen): Table {
  const row = (way: string, cycles: number | undefined) =>
    cycles === undefined || cycles <= 0
      ? []
      : [{ way, cyclesPerFrame: cycles, framesPerSecond: problem.device.clock / cycles, against: cycles / run.cyclesPerFrame }];
  return {
    key: "comparison",
    title: "Comparison",
    columns: [
      plain("way", ""),
      plain("cyclesPerFrame", "cycles per frame"),
      { key: "framesPerSecond", label: "throughput", unit: "frame/s" },
      share("against", "of this plan's time"),
    ],
    rows: [
      ...row("no plan is faster", bound),
      ...row("this plan", run.cyclesPerFrame),
      ...row("all weights on chip", plan.baselines.vanilla),
      ...row("published greedy search", plan.baselines.greedy),
    ],
  };
}

/** What engines and streams take of the device; where it is configured several times, the most. */
function device({ problem, run }: Seen): Table {
  const { resources } = problem.device;
  const taken = takenOf(run, problem.device);
  const row = (resource: string, used: number, of: number) => ({ resource, used, of, share: of === 0 ? 0 : used / of });
  return {
    key: "device",
    title: "Device",
    columns: [plain("resource", ""), plain("used", "used"), plain("of", "of"), share("share", "share")],
    rows: [
      row("DSPs", mostOf(run, "dsp"), resources.dsp),
      row("LUTs", taken.lut, resources.lut),
      row("flip-flops", mostOf(run, "ff"), resources.ff),
      row("block RAMs of 18 Kbit", taken.bram18, resources.bram18),
      ...(resources.uram > 0 ? [row("UltraRAMs", mostOf(run, "uram"), resources.uram)] : []),
    ],
  };
}

function stages({ problem, run, engines }: Seen): Table {
  return {
    key: "stages",
    title: "Stages",
    columns: [
      { key: "layer", label: "layer", refers: "step" },
      plain("type", "type"),
      plain("unroll", "copies"),
      plain("intervalCycles", "cycles"),
      share("busy", "of a frame"),
      plain("stallCycles", "waiting"),
      plain("dsp", "DSPs"),
      plain("bram18", "block RAMs"),
      detail(plain("uram", "UltraRAMs")),
      detail(plain("lut", "LUTs")),
      detail(plain("ff", "flip-flops")),
      detail(plain("partition", "partition")),
    ],
    rows: engines.map((engine, i) => {
      const stage = run.stages[i]!;
      return {
        layer: i,
        type: problem.layers[engine.layer]!.type,
        unroll: unrollText(engine),
        intervalCycles: stage.interval,
        busy: stage.interval / run.partitions[stage.partition]!.cyclesPerFrame,
        stallCycles: stage.stalls,
        ...stage.resources,
        partition: stage.partition,
      };
    }),
  };
}

/** Only layers that have weights. */
function weights({ run, engines }: Seen): Table {
  return {
    key: "weights",
    title: "Weights",
    columns: [
      { key: "layer", label: "layer", refers: "step" },
      byte("weightBytes", "weights"),
      byte("onChipBytes", "on chip"),
      share("onChip", "share"),
      byte("bytesPerFrame", "streamed per frame"),
      plain("memory", "memory"),
    ],
    rows: engines.flatMap((engine, i) => {
      const { weightBits, residentBits, streamed } = run.stages[i]!;
      if (engine.memory === undefined) return [];
      return [
        {
          layer: i,
          weightBytes: Math.ceil(weightBits / 8),
          onChipBytes: Math.ceil(residentBits / 8),
          onChip: weightBits === 0 ? 1 : residentBits / weightBits,
          bytesPerFrame: streamed,
          memory: memoryText(engine.memory),
        },
      ];
    }),
  };
}

function partitions({ run }: Seen): Table {
  return {
    key: "partitions",
    title: "Partitions",
    columns: [
      plain("partition", ""),
      plain("layers", "layers"),
      plain("cyclesPerFrame", "cycles per frame"),
      plain("latencyCycles", "latency, cycles"),
      plain("dsp", "DSPs"),
      plain("bram18", "block RAMs"),
      byte("weightBytesPerFrame", "weights per frame"),
    ],
    rows: run.partitions.map(({ cyclesPerFrame, latency, resources, streamed }, p) => ({
      partition: p,
      layers: run.stages.filter(({ partition }) => partition === p).length,
      cyclesPerFrame,
      latencyCycles: latency,
      dsp: resources.dsp,
      bram18: resources.bram18,
      weightBytesPerFrame: streamed,
    })),
  };
}

/** `4 in x 8 out x 3 kernel`. */
function unrollText({ unroll }: Engine): string {
  const parts = (["in", "out", "group", "kernel"] as const).flatMap((key) => (unroll[key] > 1 ? [`${unroll[key]} ${key}`] : []));
  return parts.length === 0 ? "1" : parts.join(" x ");
}

/** `16 fragments of 72 words, 2 buffers; 4 pixels per sweep`. */
function memoryText({ fragments, streamed, buffers, reuse, static: kept, buffer }: WeightMemory): string {
  const pixels = reuse > 1 ? `; ${reuse} pixels share a sweep` : "";
  if (fragments === 0) return `on chip, ${STYLES[kept]}${pixels}`;
  const rest = kept === "none" ? "" : `; the rest in ${STYLES[kept]}`;
  return `${fragments} x ${streamed} words, ${buffers} ${buffers === 1 ? "buffer" : "buffers"} in ${STYLES[buffer]}${rest}${pixels}`;
}

const STYLES: Readonly<Record<WeightMemory["static"], string>> = { bram: "block RAM", uram: "UltraRAM", lutram: "LUTs", none: "none" };
