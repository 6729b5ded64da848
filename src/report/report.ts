import type { Diagnostic } from "../base/diagnostic.js";
import type { BoundScope } from "../base/outcome.js";
import { type Cause, COMPULSORY, type Replay, type Role } from "../base/replay.js";
import type { Coverage } from "../graph/graph.js";
import type { Chart } from "./chart.js";
import { beyondBytes, worst } from "./culprits.js";
import { type Facts, type Figure, type Given, type Goal, gapOf } from "./facts.js";
import { factsOf, type Kind, type Plan, type Problem } from "./families.js";
import { peakOf } from "./memory.js";
import type { Metrics } from "./metrics.js";
import type { Unit } from "./quantity.js";
import {
  type LedgerLine,
  type LifeRow,
  ledgerLines,
  lifeRows,
  type SliceRow,
  type StepRow,
  sliceRows,
  stepRows,
  type TensorRow,
  tensorRows,
} from "./rows.js";
import type { Table } from "./table.js";

/** What a plan was made from, so that it can be made again. */
export interface Manifest {
  readonly stowage: string;
  /** SHA-256 of the model file and of the target. */
  readonly model: string;
  readonly target: string;
  readonly seed: number;
  readonly budget: Readonly<Record<string, string | number>>;
}

export interface ReportInput<P = Problem, Q = Plan> extends Given<P, Q> {
  /** Names for people; any text. */
  readonly model: string;
  readonly target: string;
  readonly coverage: Coverage;
  readonly warnings: readonly Diagnostic[];
  /** Wall seconds by phase. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly manifest: Manifest;
}

/** The figure a plan was made to lower. `gap` is `(value - bound) / max(1, |value|)`. */
export interface Objective {
  readonly name: string;
  readonly value: number;
  readonly bound: number;
  readonly gap: number;
  readonly scope: BoundScope;
  readonly proof: string;
  /** No plan that runs the operators in this plan's order costs less. Never to be confused with `bound`. */
  readonly orderBound?: number;
  /** Bytes of the value that only the search for addresses added. The solver's word, as the bound is. */
  readonly fragmentationBytes?: number;
}

export interface TrafficRow {
  readonly cause: Cause;
  readonly direction: "in" | "out";
  readonly compulsory: boolean;
  readonly sizeBytes: number;
}

export interface MemoryReport {
  readonly name: string;
  readonly capacityBytes: number;
  readonly reserved: readonly { readonly startByte: number; readonly endByte: number }[];
  readonly peakBytes: number;
  readonly peakStep: number;
  readonly peakCycle: number;
  /** Bytes live at that moment; up to `peakBytes` the rest is free or reserved. */
  readonly liveAtPeakBytes: number;
  /** Indices into `Report.lives` of what is live at that moment, largest first. */
  readonly liveAtPeak: readonly number[];
}

export interface ResourceReport {
  readonly name: string;
  readonly role: Role;
  readonly busyCycles: number;
}

/** All that people read about one accepted plan, as plain JSON. Steps, tensors, memories and resources are indices into their tables. */
export interface Report {
  readonly schema: "stowage/report/1";
  readonly kind: Kind;
  readonly model: string;
  readonly target: string;
  readonly status: "optimal" | "feasible";
  /** Nothing else can be reported: the judge replayed this plan without a violation. */
  readonly verified: true;
  readonly objective: Objective & Goal;
  readonly metrics: Metrics;
  readonly figures: readonly Figure[];
  readonly traffic: readonly TrafficRow[];
  readonly clockHertz: number;
  readonly memories: readonly MemoryReport[];
  readonly resources: readonly ResourceReport[];
  readonly tensors: readonly TensorRow[];
  readonly steps: readonly StepRow[];
  readonly lives: readonly LifeRow[];
  readonly slices: readonly SliceRow[];
  readonly ledger: readonly LedgerLine[];
  /** For each step the tensors it reads and writes. */
  readonly operands: readonly { readonly reads: readonly number[]; readonly writes: readonly number[] }[];
  /** `tensors` by bytes beyond the compulsory, `steps` by the room their operands leave; worst first, at most ten. */
  readonly culprits: { readonly tensors: readonly number[]; readonly steps: readonly number[] };
  /** What the family adds. */
  readonly tables: readonly Table[];
  readonly charts: readonly Chart[];
  readonly coverage: Coverage;
  readonly warnings: readonly Diagnostic[];
  readonly assumptions: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly manifest: Manifest;
}

/** Turns an accepted plan into data for people. Every figure comes from the Replay; the outcome adds the bound alone. */
export function report(input: ReportInput): Report {
  const { problem, outcome } = input;
  const { replay } = input.accepted;
  const facts = factsOf(input);
  const objective = weighed(facts, outcome);
  const tensors = tensorRows(replay, facts.steps);
  const tensorOf = new Map(tensors.map(({ name }, i) => [name, i]));
  const ids = (names: readonly string[]): number[] => names.flatMap((name) => tensorOf.get(name) ?? []);
  const ledger = ledgerLines(replay, tensorOf);
  const steps = stepRows(replay, facts.steps, ledger);

  return {
    schema: "stowage/report/1",
    kind: problem.kind,
    model: input.model,
    target: input.target,
    verified: true,
    status: objective.value <= objective.bound ? outcome.status : "feasible",
    objective,
    metrics: facts.metrics,
    // The objective's figure says what the objective says.
    figures: facts.figures.map((f) => (f.key === objective.name ? { ...f, bound: objective.bound, gap: objective.gap } : f)),
    traffic: traffic(facts, replay),
    clockHertz: facts.clockHertz,
    memories: memories(replay),
    resources: resources(replay),
    tensors,
    steps,
    lives: lifeRows(replay, tensorOf),
    slices: sliceRows(replay, tensorOf),
    ledger,
    operands: facts.steps.map(({ reads, writes }) => ({ reads: ids(reads), writes: ids(writes) })),
    culprits: { tensors: worst(tensors, beyondBytes), steps: worst(steps, ({ needBytes }) => needBytes) },
    tables: facts.tables,
    charts: facts.charts,
    coverage: input.coverage,
    warnings: input.warnings,
    assumptions: facts.assumptions,
    seconds: input.seconds,
    manifest: input.manifest,
  };
}

/** The outcome's bound against the judge's count. An optimal claim stands only when the judge counts what the bound says. */
function weighed({ objective }: Facts, outcome: Given<Problem, Plan>["outcome"]): Report["objective"] {
  const { value, unit } = objective;
  const { scope, proof, orderBound, fragmentationBytes } = outcome;
  const bound = sameSum(value, outcome.bound, unit) ? value : outcome.bound;
  return {
    ...objective,
    bound,
    gap: gapOf(value, bound),
    scope,
    proof,
    ...(orderBound === undefined ? {} : { orderBound }),
    ...(fragmentationBytes === undefined ? {} : { fragmentationBytes }),
  };
}

/** Bytes and cycles are counted; of energies and weighed sums, solver and judge may add the same terms in another order. */
const sameSum = (a: number, b: number, unit: Unit): boolean => (unit === "pJ" || unit === "") && Math.abs(a - b) <= 1e-9 * Math.abs(a);

/** Bytes by cause and direction: the causes that the family names, each at least once, then whatever else was moved. */
function traffic({ causes }: Facts, { ledger }: Replay): TrafficRow[] {
  const sums = new Map<Cause, { in: number; out: number }>(causes.map((cause) => [cause, { in: 0, out: 0 }]));
  for (const { cause, direction, size } of ledger) {
    const sum = sums.get(cause) ?? { in: 0, out: 0 };
    sum[direction] += size;
    sums.set(cause, sum);
  }
  return [...sums].flatMap(([cause, sum]) => {
    const directions = (["in", "out"] as const).filter((direction) => sum[direction] > 0);
    const shown = directions.length > 0 ? directions : [cause === "output" || cause === "spill" ? ("out" as const) : ("in" as const)];
    return shown.map((direction) => ({ cause, direction, compulsory: COMPULSORY.includes(cause), sizeBytes: sum[direction] }));
  });
}

const memories = (replay: Replay): MemoryReport[] =>
  replay.memories.map((memory, i) => {
    const peak = peakOf(replay, i);
    return {
      name: memory.name,
      capacityBytes: memory.capacity,
      reserved: memory.reserved.map(({ start, end }) => ({ startByte: start, endByte: end })),
      peakBytes: replay.totals.peak[i] ?? peak.bytes,
      peakStep: peak.step,
      peakCycle: peak.cycle,
      liveAtPeakBytes: peak.liveBytes,
      liveAtPeak: peak.live,
    };
  });

function resources(replay: Replay): ResourceReport[] {
  const busy = replay.resources.map(() => 0);
  for (const { resource, start, end } of replay.events) busy[resource] = (busy[resource] ?? 0) + (end - start);
  return replay.resources.map(({ name, role }, i) => ({ name, role, busyCycles: busy[i] ?? 0 }));
}
