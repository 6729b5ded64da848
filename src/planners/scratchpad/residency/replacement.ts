import type { Accesses } from "../accesses.js";
import { type Residency, residencyOf } from "./residency.js";

/** Chooses which of the resident, unneeded buffers go. Each candidate is the gap its buffer is in. */
export type Replacement = (candidates: readonly Candidate[], missing: number) => readonly Candidate[];

export interface Candidate {
  readonly gap: number;
  readonly footprint: number;
  /** Position of the buffer's next access. */
  readonly next: number;
  /** Bytes moved if it goes: the fetch, and the write where no copy is off chip yet. */
  readonly cost: number;
}

/** Belady's rule: the furthest next use goes first (optimal for equal sizes and no write-back). */
export const belady: Replacement = (candidates, missing) =>
  takeUntil(
    [...candidates].sort((a, b) => b.next - a.next || a.gap - b.gap),
    missing,
  );

/** Up to here the cheapest set is found exactly; beyond it by cost per byte. */
const EXACT_CANDIDATES = 22;

/** COSMA's greedy baseline: each time space is short, the set that costs least now. */
export const costGreedy: Replacement = (candidates, missing) => {
  if (candidates.length > EXACT_CANDIDATES)
    return takeUntil(
      [...candidates].sort((a, b) => a.cost / a.footprint - b.cost / b.footprint || b.footprint - a.footprint || a.gap - b.gap),
      missing,
    );
  const sorted = [...candidates].sort((a, b) => b.footprint - a.footprint || a.gap - b.gap);
  const rest = new Float64Array(sorted.length + 1);
  for (let i = sorted.length - 1; i >= 0; i--) rest[i] = rest[i + 1]! + sorted[i]!.footprint;
  let best: readonly Candidate[] = sorted;
  let bestCost = Number.POSITIVE_INFINITY;
  const chosen: Candidate[] = [];
  const descend = (i: number, short: number, cost: number) => {
    if (short <= 0) {
      if (cost < bestCost) {
        bestCost = cost;
        best = [...chosen];
      }
      return;
    }
    if (i === sorted.length || cost >= bestCost || rest[i]! < short) return;
    const c = sorted[i]!;
    chosen.push(c);
    descend(i + 1, short - c.footprint, cost + c.cost);
    chosen.pop();
    descend(i + 1, short, cost);
  };
  descend(0, missing, 0);
  return best;
};

/**
 * Runs a replacement rule along the order. Undefined where an operator alone exceeds the capacity.
 * Source: docs/math/scratchpad.md, section 5 (baselines B1 and B2 of COSMA's evaluation).
 */
export function replace(accesses: Accesses, capacity: Float64Array, rule: Replacement): Residency | undefined {
  const { gaps, need, writeCost } = accesses;
  const absent = new Uint8Array(gaps.count);
  const written = new Uint8Array(writeCost.length);
  let open: number[] = []; // gaps under way whose buffer is resident
  let kept = 0;
  for (let t = 0, g = 0; t < need.length; t++) {
    for (; g < gaps.count && gaps.from[g]! < t; g++) {
      open.push(g);
      kept += gaps.footprint[g]!;
    }
    open = open.filter((x) => {
      if (gaps.to[x]! > t) return true;
      kept -= gaps.footprint[x]!;
      return false;
    });
    const missing = need[t]! + kept - capacity[t]!;
    if (missing <= 0) continue;
    const candidates = open.map((x) => ({
      gap: x,
      footprint: gaps.footprint[x]!,
      next: gaps.to[x]!,
      cost: gaps.size[x]! + (written[gaps.version[x]!] ? 0 : writeCost[gaps.version[x]!]!),
    }));
    const gone = new Set<number>();
    for (const { gap, footprint } of rule(candidates, missing)) {
      gone.add(gap);
      absent[gap] = 1;
      written[gaps.version[gap]!] = 1;
      kept -= footprint;
    }
    open = open.filter((x) => !gone.has(x));
    if (need[t]! + kept > capacity[t]!) return undefined;
  }
  return residencyOf(accesses, absent);
}

function takeUntil(sorted: readonly Candidate[], missing: number): readonly Candidate[] {
  const chosen: Candidate[] = [];
  for (const c of sorted) {
    if (missing <= 0) break;
    chosen.push(c);
    missing -= c.footprint;
  }
  return chosen;
}
