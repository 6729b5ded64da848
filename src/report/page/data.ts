import { type Embedded, unembed } from "../embedded.js";
import { printable } from "../format.js";
import type { Report } from "../report.js";

/** Names fit to be shown, of what tables refer to. */
export interface Names {
  readonly stepNames: readonly string[];
}

/** The report and what the views look up in it all the time. */
export interface Data extends Names {
  readonly report: Report;
  readonly tensorNames: readonly string[];
  /** Indices into `lives`, `slices` and `ledger` of each tensor, and into `slices` and `ledger` of each step. */
  readonly livesOf: readonly (readonly number[])[];
  readonly transfersOf: readonly (readonly number[])[];
  readonly transfersAt: readonly (readonly number[])[];
  readonly computesAt: readonly (readonly number[])[];
  readonly readersOf: readonly (readonly number[])[];
  /** Cycles at which each step's column of the step axis begins, and the end of all that is shown. */
  readonly stepCycles: Float64Array;
  /** Of all memories. */
  readonly capacityBytes: number;
}

export function read(): Data {
  const text = document.getElementById("report")?.textContent ?? "";
  const report = unembed(JSON.parse(text) as Embedded);
  const { tensors, steps, lives, slices, operands } = report;
  const livesOf = tensors.map((): number[] => []);
  lives.forEach((life, i) => {
    livesOf[life.tensor]?.push(i);
  });
  const transfersOf = tensors.map((): number[] => []);
  const transfersAt = steps.map((): number[] => []);
  const computesAt = steps.map((): number[] => []);
  slices.forEach((slice, i) => {
    if (slice.kind === "compute") computesAt[slice.step]?.push(i);
    else {
      transfersOf[slice.tensor]?.push(i);
      transfersAt[slice.step]?.push(i);
    }
  });
  const readersOf = tensors.map((): number[] => []);
  operands.forEach(({ reads }, step) => {
    for (const tensor of reads) readersOf[tensor]?.push(step);
  });
  const stepCycles = new Float64Array(steps.length + 1);
  steps.forEach((step, i) => {
    stepCycles[i] = i === 0 ? 0 : Math.max(step.startCycle, stepCycles[i - 1]!);
  });
  // Where frames follow one another, more is shown than one takes.
  const last = slices.reduce((end, { endCycle }) => Math.max(end, endCycle), report.metrics.latencyCycles);
  stepCycles[steps.length] = Math.max(last, stepCycles[steps.length - 1] ?? 0);
  return {
    report,
    tensorNames: tensors.map((t) => printable(t.name)),
    stepNames: steps.map((s) => printable(s.name)),
    livesOf,
    transfersOf,
    transfersAt,
    computesAt,
    readersOf,
    stepCycles,
    capacityBytes: report.memories.reduce((sum, memory) => sum + memory.capacityBytes, 0),
  };
}

/** Cycles -> the step axis: each step's column is as wide as any, so time is stretched within it. */
export function stepAt({ stepCycles }: Data, cycle: number): number {
  let low = 0;
  let high = stepCycles.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (stepCycles[middle]! <= cycle) low = middle;
    else high = middle;
  }
  const span = stepCycles[low + 1]! - stepCycles[low]!;
  return low + (span > 0 ? Math.min(1, (cycle - stepCycles[low]!) / span) : 0);
}
