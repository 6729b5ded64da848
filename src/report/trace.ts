import { cycles, hertz } from "../base/units.js";
import { secondsOf } from "../cost/latency.js";
import { printable } from "./format.js";
import { occupancy } from "./memory.js";
import type { Report } from "./report.js";

/**
 * The timeline as Chrome trace JSON, which ui.perfetto.dev opens: one track per resource, one counter per memory.
 * `ts` and `dur` are microseconds of the machine's clock; `args` keep the exact cycles and bytes.
 * Format: "Trace Event Format", Google, 2016 (phases M, X and C).
 */
export function trace(report: Report): string {
  const micros = (count: number): number => secondsOf(cycles(count), hertz(report.clockHertz)) * 1e6;
  const stepName = (step: number): string => printable(report.steps[step]?.name ?? "");
  const tensorName = (tensor: number): string => printable(report.tensors[tensor]?.name ?? "");

  const metadata = [
    { ph: "M", pid: 1, name: "process_name", args: { name: printable(`${report.model} on ${report.target}`) } },
    ...report.resources.flatMap(({ name }, i) => [
      { ph: "M", pid: 1, tid: i + 1, name: "thread_name", args: { name: printable(name) } },
      { ph: "M", pid: 1, tid: i + 1, name: "thread_sort_index", args: { sort_index: i } },
    ]),
  ];
  const slices = report.slices.map((s) => ({
    ph: "X",
    pid: 1,
    tid: s.resource + 1,
    ts: micros(s.startCycle),
    dur: micros(s.endCycle - s.startCycle),
    name: s.kind === "compute" ? stepName(s.step) : tensorName(s.tensor),
    cat: s.cause === "" ? s.kind : s.cause,
    args: {
      step: s.step,
      operator: stepName(s.step),
      startCycle: s.startCycle,
      endCycle: s.endCycle,
      ...(s.kind === "compute" ? { type: printable(report.steps[s.step]?.type ?? "") } : { sizeBytes: s.sizeBytes, cause: s.cause }),
    },
  }));
  const counters = report.memories.flatMap(({ name }, memory) => {
    const own = report.lives.filter((life) => life.memory === memory);
    const { at, bytes } = occupancy(own.map((l) => ({ start: l.startCycle, end: l.endCycle, size: l.sizeBytes })));
    return at.map((t, i) => ({ ph: "C", pid: 1, ts: micros(t), name: `${printable(name)} bytes`, args: { live: bytes[i] } }));
  });
  return JSON.stringify({ displayTimeUnit: "ns", traceEvents: [...metadata, ...slices, ...counters] });
}
