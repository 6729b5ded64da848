import { type Cause, COMPULSORY, type Replay } from "../base/replay.js";
import type { Hertz } from "../base/units.js";
import { secondsOf } from "../cost/latency.js";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** The figures of `plan --json`: those of every family, and the family's own beside them. The key carries the unit. */
export type Metrics = CommonMetrics & { readonly [key: string]: Json };

/** Each counted from the Replay. */
export type CommonMetrics = {
  readonly offChipBytes: number;
  readonly compulsoryBytes: number;
  readonly latencyCycles: number;
  readonly latencySeconds: number;
  readonly energyPicojoules: number;
  /** Highest byte in use in the first memory. */
  readonly peakBytes: number;
};

/** What the ledger and the events add up to. */
export interface Counts {
  readonly byCause: Readonly<Partial<Record<Cause, number>>>;
  readonly byDirection: { readonly in: number; readonly out: number };
  readonly compulsoryBytes: number;
  /** Busy cycles by what was done. */
  readonly busy: { readonly compute: number; readonly fetch: number; readonly store: number; readonly program: number };
  readonly transfers: number;
}

export function counts({ ledger, events }: Replay): Counts {
  const byCause: Partial<Record<Cause, number>> = {};
  const byDirection = { in: 0, out: 0 };
  for (const { cause, direction, size } of ledger) {
    byCause[cause] = (byCause[cause] ?? 0) + size;
    byDirection[direction] += size;
  }
  const busy = { compute: 0, fetch: 0, store: 0, program: 0 };
  let transfers = 0;
  for (const { kind, start, end } of events) {
    busy[kind] += end - start;
    if (kind === "fetch" || kind === "store") transfers++;
  }
  const compulsoryBytes = COMPULSORY.reduce((sum, cause) => sum + (byCause[cause] ?? 0), 0);
  return { byCause, byDirection, compulsoryBytes, busy, transfers };
}

/** Counts traffic anew from the ledger; latency, energy and peak are the judge's own totals. */
export function commonMetrics({ totals: { latency, energy, peak } }: Replay, counted: Counts, clock: Hertz): CommonMetrics {
  return {
    offChipBytes: counted.byDirection.in + counted.byDirection.out,
    compulsoryBytes: counted.compulsoryBytes,
    latencyCycles: latency,
    latencySeconds: secondsOf(latency, clock),
    energyPicojoules: energy,
    peakBytes: peak[0] ?? 0,
  };
}
