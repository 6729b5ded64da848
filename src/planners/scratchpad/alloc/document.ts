import type { Outcome } from "../../../base/outcome.js";
import type { Accepted } from "../../../base/verdict.js";
import type { AllocBuffer, AllocPlan } from "./buffers.js";

/** What `alloc --json` prints. Without an accepted plan there are no offsets and no peak. */
export interface AllocDocument {
  readonly schema: "stowage/alloc/1";
  readonly status: "optimal" | "feasible" | "infeasible" | "unknown";
  readonly capacityBytes: number;
  /** Highest byte used, as the judge counted it. */
  readonly peakBytes?: number;
  /** No packing of these lifetimes has a lower peak. */
  readonly boundBytes?: number;
  /** `(peak - bound) / max(1, peak)`. */
  readonly gap?: number;
  readonly proof?: string;
  readonly verified: boolean;
  readonly conflict?: {
    readonly code: string;
    readonly message: string;
    readonly where: string;
    readonly fix: string;
    readonly figures: Readonly<Record<string, number>>;
  };
  readonly reason?: string;
  readonly buffers: readonly {
    readonly id: string;
    readonly lower: number;
    readonly upper: number;
    readonly sizeBytes: number;
    readonly offset?: number;
  }[];
}

/** @param accepted the judge's word on the outcome's plan; absent when there is no plan or the judge refused it. */
export function allocDocument(
  buffers: readonly AllocBuffer[],
  capacity: number,
  outcome: Outcome<AllocPlan>,
  accepted: Accepted<AllocPlan> | undefined,
): AllocDocument {
  const rows = buffers.map(({ id, lifetime, size }) => ({ id, lower: lifetime.start, upper: lifetime.end, sizeBytes: size }));
  const common = { schema: "stowage/alloc/1", status: outcome.status, capacityBytes: capacity, verified: accepted !== undefined } as const;
  if (outcome.status === "infeasible") return { ...common, conflict: outcome.conflict, buffers: rows };
  if (outcome.status === "unknown") return { ...common, reason: outcome.reason, buffers: rows };
  const { bound, proof } = outcome;
  if (accepted === undefined) return { ...common, boundBytes: bound, proof, buffers: rows };
  const peak: number = accepted.replay.totals.peak[0]!;
  return {
    ...common,
    peakBytes: peak,
    boundBytes: bound,
    gap: (peak - bound) / Math.max(1, peak),
    proof,
    buffers: rows.map((row, i) => ({ ...row, offset: accepted.plan.offsets[i]! })),
  };
}
