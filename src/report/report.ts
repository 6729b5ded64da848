import type { Diagnostic } from "../base/diagnostic.js";
import type { BoundScope, Outcome } from "../base/outcome.js";
import { type Cause, COMPULSORY } from "../base/replay.js";
import type { Accepted } from "../base/verdict.js";
import type { Coverage } from "../graph/graph.js";
import type { ScratchpadPlan, ScratchpadProblem } from "../planners/scratchpad/plan.js";
import { peakOf } from "./memory.js";
import { type Metrics, metrics } from "./metrics.js";
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
import { energyFloor, latencyFloor, scratchpadFacts } from "./scratchpad.js";

/** What a plan was made from, so that it can be made again. */
export interface Manifest {
  readonly stowage: string;
  /** SHA-256 of the model file and of the target. */
  readonly model: string;
  readonly target: string;
  readonly seed: number;
  readonly budget: Readonly<Record<string, string | number>>;
}

export interface ReportInput {
  /** Names for people; any text. */
  readonly model: string;
  readonly target: string;
  readonly problem: ScratchpadProblem;
  readonly accepted: Accepted<ScratchpadPlan>;
  /** An outcome that carries a plan. Only its bound is believed; value and status are weighed against the Replay. */
  readonly outcome: Pick<
    Extract<Outcome<ScratchpadPlan>, { status: "optimal" | "feasible" }>,
    "status" | "bound" | "scope" | "proof" | "orderBound"
  >;
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
}

/** One headline number, with what is proven about it. */
export interface Figure {
  readonly key: keyof Metrics;
  readonly label: string;
  readonly value: number;
  readonly unit: "B" | "cycle" | "s" | "pJ";
  readonly bound: number;
  readonly gap: number;
  /** What the bound covers and why it holds. */
  readonly boundNote: string;
  /** Where the value was counted. */
  readonly source: string;
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
  readonly role: "engine" | "dma";
  readonly busyCycles: number;
}

/** All that people read about one accepted plan, as plain JSON. Steps, tensors, memories and resources are indices into their tables. */
export interface Report {
  readonly schema: "stowage/report/1";
  readonly kind: "scratchpad";
  readonly model: string;
  readonly target: string;
  readonly status: "optimal" | "feasible";
  /** Nothing else can be reported: the judge replayed this plan without a violation. */
  readonly verified: true;
  readonly objective: Objective;
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
  readonly coverage: Coverage;
  readonly warnings: readonly Diagnostic[];
  readonly assumptions: readonly string[];
  readonly seconds: Readonly<Record<string, number>>;
  readonly manifest: Manifest;
}

/** Turns an accepted plan into data for people. Every figure comes from the Replay; the outcome adds the bound alone. */
export function report(input: ReportInput): Report {
  const { problem, accepted, outcome } = input;
  const { plan, replay } = accepted;
  const facts = scratchpadFacts(problem, plan);
  const counted = metrics(replay, problem);
  const tensors = tensorRows(replay, facts.producers);
  const tensorOf = new Map(tensors.map(({ name }, i) => [name, i]));
  const ledger = ledgerLines(replay, tensorOf);
  const steps = stepRows(replay, facts, ledger);
  const value = counted.nonCompulsoryBytes;
  const reserved = problem.machine.reserved.reduce((sum, { start, end }) => sum + (end - start), 0);

  return {
    schema: "stowage/report/1",
    kind: problem.kind,
    model: input.model,
    target: input.target,
    // An optimal claim stands only when the judge counts what the bound says.
    status: value <= outcome.bound ? outcome.status : "feasible",
    verified: true,
    objective: {
      name: "nonCompulsoryBytes",
      value,
      bound: outcome.bound,
      gap: gap(value, outcome.bound),
      scope: outcome.scope,
      proof: outcome.proof,
      ...(outcome.orderBound === undefined ? {} : { orderBound: outcome.orderBound }),
    },
    metrics: counted,
    figures: figures(input, counted),
    traffic: traffic(counted),
    clockHertz: problem.machine.clock,
    memories: replay.memories.map((memory, i) => {
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
    }),
    resources: replay.resources.map(({ name, role }, i) => ({
      name,
      role,
      busyCycles: replay.events.reduce((sum, e) => sum + (e.resource === i ? e.end - e.start : 0), 0),
    })),
    tensors,
    steps,
    lives: lifeRows(replay, tensorOf),
    slices: sliceRows(replay, tensorOf),
    ledger,
    operands: facts.operands.map(({ reads, writes }) => ({
      reads: reads.flatMap((name) => tensorOf.get(name) ?? []),
      writes: writes.flatMap((name) => tensorOf.get(name) ?? []),
    })),
    culprits: {
      tensors: worst(tensors, (t) => t.spillBytes + t.refetchBytes).filter((i) => beyond(tensors[i]) > 0),
      steps: worst(steps, (s) => s.needBytes - (problem.machine.capacity - reserved)),
    },
    coverage: input.coverage,
    warnings: input.warnings,
    assumptions: facts.assumptions,
    seconds: input.seconds,
    manifest: input.manifest,
  };
}

const gap = (value: number, bound: number): number => (value - bound) / Math.max(1, Math.abs(value));

const beyond = (t: TensorRow | undefined): number => (t ? t.spillBytes + t.refetchBytes : 0);

function figures({ problem, accepted, outcome }: ReportInput, m: Metrics): Figure[] {
  const floor = latencyFloor(accepted.replay);
  const bounded = (key: keyof Metrics, label: string, unit: Figure["unit"], bound: number, boundNote: string, source: string): Figure => ({
    key,
    label,
    value: m[key],
    unit,
    bound,
    gap: gap(m[key], bound),
    boundNote,
    source,
  });
  return [
    bounded(
      "offChipBytes",
      "Off-chip traffic",
      "B",
      m.compulsoryBytes + outcome.bound,
      `compulsory bytes and the bound on the rest, ${outcome.scope}`,
      "sum of the replay's ledger",
    ),
    bounded(
      "nonCompulsoryBytes",
      "Beyond compulsory",
      "B",
      outcome.bound,
      `${outcome.scope}: ${outcome.proof}`,
      "spill and refetch rows of the replay's ledger",
    ),
    bounded(
      "peakBytes",
      "Scratchpad peak",
      "B",
      Math.min(m.peakBytes, problem.sizes.min),
      "the operands of the largest single operator, all orders",
      "highest byte in use in the replay",
    ),
    bounded("latencyCycles", "Latency", "cycle", floor.cycles, `${floor.why}, all orders`, "end of the replay's last event"),
    bounded(
      "energyPicojoules",
      "Energy",
      "pJ",
      energyFloor(accepted.replay, problem, outcome.bound),
      `computation and the bound on traffic, ${outcome.scope}`,
      "computation and transfers of the replay",
    ),
  ];
}

function traffic(m: Metrics): TrafficRow[] {
  const row = (cause: Cause, direction: "in" | "out", sizeBytes: number): TrafficRow => ({
    cause,
    direction,
    compulsory: COMPULSORY.includes(cause),
    sizeBytes,
  });
  return [
    row("input", "in", m.inputBytes),
    row("weight", "in", m.weightBytes),
    row("output", "out", m.outputBytes),
    row("spill", "out", m.spillBytes),
    row("refetch", "in", m.refetchBytes),
  ];
}

/** Indices of the ten rows with the highest score, highest first. */
function worst<T>(rows: readonly T[], score: (row: T) => number): number[] {
  return rows
    .map((row, i) => ({ i, score: score(row) }))
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .slice(0, 10)
    .map(({ i }) => i);
}
