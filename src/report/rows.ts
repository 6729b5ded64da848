import { type Cause, COMPULSORY, type Replay, type ReplayEvent } from "../base/replay.js";
import type { StepFacts } from "./facts.js";
import { type Arrival, type Departure, journeys, liveBySteps } from "./memory.js";

export type TensorRow = {
  readonly name: string;
  readonly kind: string;
  readonly sizeBytes: number;
  /** The step that first writes it; -1 for what comes from outside. */
  readonly producer: number;
  readonly compulsoryBytes: number;
  readonly spillBytes: number;
  readonly refetchBytes: number;
  /** Beyond the compulsory for any other cause; the ledger says which. */
  readonly otherBytes: number;
};

export type StepRow = {
  readonly name: string;
  readonly type: string;
  readonly startCycle: number;
  readonly endCycle: number;
  /** Cycles before this step in which no engine ran. */
  readonly stallCycles: number;
  /** Cause of the transfer it waited for; empty when it did not wait for one. */
  readonly waitsFor: Cause | "";
  /** Bytes of its operands, which must all be resident. */
  readonly needBytes: number;
  /** Bytes resident while it runs. */
  readonly liveBytes: number;
  readonly inBytes: number;
  readonly outBytes: number;
};

/** One rectangle of the memory map: bytes `[offset, offset + size)` during half-open steps and cycles. */
export type LifeRow = {
  readonly memory: number;
  readonly tensor: number;
  readonly kind: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly startStep: number;
  readonly endStep: number;
  readonly startCycle: number;
  readonly endCycle: number;
  readonly arrival: Arrival;
  readonly departure: Departure;
};

/** One slice of the timeline. `tensor` is -1 for a computation, and `cause` empty where nothing is moved. */
export type SliceRow = {
  readonly resource: number;
  readonly step: number;
  readonly tensor: number;
  readonly kind: ReplayEvent["kind"];
  readonly cause: Cause | "";
  readonly startCycle: number;
  readonly endCycle: number;
  readonly sizeBytes: number;
};

/** Bytes moved for one step and tensor, for one cause. */
export type LedgerLine = {
  /** -1 when no step bears the operator's name. */
  readonly step: number;
  readonly operator: string;
  readonly tensor: number;
  readonly link: string;
  readonly direction: "in" | "out";
  readonly cause: Cause;
  readonly sizeBytes: number;
};

/** One row per name in the residency, the events and the ledger, in the order first seen. */
export function tensorRows(replay: Replay, facts: readonly StepFacts[]): TensorRow[] {
  const producers = new Map<string, number>();
  facts.forEach(({ writes }, step) => {
    for (const name of writes) if (!producers.has(name)) producers.set(name, step);
  });
  const rows = new Map<string, { -readonly [K in keyof TensorRow]: TensorRow[K] }>();
  const row = (name: string, kind: string, sizeBytes: number) => {
    const known = rows.get(name);
    if (known) return known;
    const producer = producers.get(name) ?? -1;
    const made = { name, kind, sizeBytes, producer, compulsoryBytes: 0, spillBytes: 0, refetchBytes: 0, otherBytes: 0 };
    rows.set(name, made);
    return made;
  };
  for (const r of replay.residency) row(r.name, r.kind, r.size);
  for (const e of replay.events) if (e.kind !== "compute") row(e.name, "activation", e.size ?? 0);
  for (const line of replay.ledger) {
    const r = row(line.tensor, "activation", line.size);
    if (line.cause === "spill") r.spillBytes += line.size;
    else if (line.cause === "refetch") r.refetchBytes += line.size;
    else if (COMPULSORY.includes(line.cause)) r.compulsoryBytes += line.size;
    else r.otherBytes += line.size;
  }
  return [...rows.values()];
}

export function stepRows(replay: Replay, facts: readonly StepFacts[], ledger: readonly LedgerLine[]): StepRow[] {
  const live = liveBySteps(replay);
  const rows = replay.steps.map((name, i) => ({
    name,
    type: facts[i]?.type ?? "",
    startCycle: -1,
    endCycle: -1,
    stallCycles: 0,
    waitsFor: "" as Cause | "",
    needBytes: facts[i]?.needBytes ?? 0,
    liveBytes: live[i] ?? 0,
    inBytes: 0,
    outBytes: 0,
  }));
  const fetches = replay.steps.map(() => ({ end: -1, cause: "" as Cause | "" }));
  for (const e of replay.events) {
    const row = rows[e.step];
    const fetch = fetches[e.step];
    if (!row || !fetch) continue;
    if (e.kind === "compute") {
      row.startCycle = row.startCycle < 0 ? e.start : Math.min(row.startCycle, e.start);
      row.endCycle = Math.max(row.endCycle, e.end);
    } else if (e.kind === "fetch" && e.end >= fetch.end) {
      fetches[e.step] = { end: e.end, cause: e.cause ?? "" };
    }
  }
  for (const line of ledger) {
    const row = rows[line.step];
    if (row) row[line.direction === "in" ? "inBytes" : "outBytes"] += line.sizeBytes;
  }
  let free = 0;
  rows.forEach((row, i) => {
    // A step that takes no time on the engine stands where the one before it ended.
    if (row.startCycle < 0) row.startCycle = row.endCycle = free;
    row.stallCycles = Math.max(0, row.startCycle - free);
    const fetch = fetches[i];
    if (row.stallCycles > 0 && fetch && fetch.end > free) row.waitsFor = fetch.cause;
    free = Math.max(free, row.endCycle);
  });
  return rows;
}

export function lifeRows(replay: Replay, tensorOf: ReadonlyMap<string, number>): LifeRow[] {
  const trips = journeys(replay);
  return replay.residency.map((r, i) => ({
    memory: r.memory,
    tensor: tensorOf.get(r.name) ?? -1,
    kind: r.kind,
    offsetBytes: r.offset,
    sizeBytes: r.size,
    startStep: r.steps.start,
    endStep: r.steps.end,
    startCycle: r.cycles.start,
    endCycle: r.cycles.end,
    arrival: trips[i]?.arrival ?? "made",
    departure: trips[i]?.departure ?? "dropped",
  }));
}

export function sliceRows(replay: Replay, tensorOf: ReadonlyMap<string, number>): SliceRow[] {
  return replay.events.map((e) => ({
    resource: e.resource,
    // What is stored after the last step counts to it.
    step: Math.min(e.step, replay.steps.length - 1),
    tensor: e.kind === "compute" ? -1 : (tensorOf.get(e.name) ?? -1),
    kind: e.kind,
    cause: e.cause ?? (e.kind === "program" ? "programming" : ""),
    startCycle: e.start,
    endCycle: e.end,
    sizeBytes: e.size ?? 0,
  }));
}

/** Two operators may share a name, so the step is the one whose transfer the row counts, and by name only failing that. */
export function ledgerLines(replay: Replay, tensorOf: ReadonlyMap<string, number>): LedgerLine[] {
  const byTransfer = new Map<string, number>();
  for (const e of replay.events) {
    // A store belongs to the step that ran before it, though it stands at the next.
    for (const step of e.kind === "store" ? [e.step - 1, e.step] : [e.step]) {
      const key = JSON.stringify([replay.steps[step], e.name, e.cause]);
      if (!byTransfer.has(key)) byTransfer.set(key, step);
    }
  }
  const byName = new Map<string, number>();
  replay.steps.forEach((name, i) => {
    if (!byName.has(name)) byName.set(name, i);
  });
  return replay.ledger.map((line) => ({
    step: byTransfer.get(JSON.stringify([line.operator, line.tensor, line.cause])) ?? byName.get(line.operator) ?? -1,
    operator: line.operator,
    tensor: tensorOf.get(line.tensor) ?? -1,
    link: line.link,
    direction: line.direction,
    cause: line.cause,
    sizeBytes: line.size,
  }));
}
