import { type Bytes, bytes } from "../../base/units.js";
import type { ScratchpadProblem, Step, StepId } from "./plan.js";

/** The part of a problem that order and residency depend on. */
export type Workload = Pick<ScratchpadProblem, "buffers" | "steps">;

export const fileOrder = (steps: readonly Step[]): readonly StepId[] => steps.map((_, i) => i);

/**
 * What one operator order does to the buffers, in flat arrays. Positions count 0, 1, ... along the order.
 *
 * A *version* is the content of a buffer between two writes. Between two accesses of a buffer with at least
 * one step in between lies a *gap*: there, and only there, being absent from the scratchpad can help. Gaps
 * of one version share one write to off-chip memory. Source: docs/math/scratchpad.md, section 2.
 */
export interface Accesses {
  readonly order: readonly StepId[];
  /** Bytes occupied by the operands of each position. */
  readonly need: Float64Array;
  /** First and last position that accesses a buffer; -1 where none does. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  /** The accesses `start[t] .. start[t + 1]` of each position `t`, one per operand. */
  readonly touches: {
    readonly start: Int32Array;
    readonly buffer: Int32Array;
    /** Version that the buffer holds after the step. */
    readonly version: Int32Array;
    /** 1 where the step begins that version: the first access, or a write. */
    readonly fresh: Uint8Array;
    /** Position of the buffer's next access; -1 after its last. */
    readonly next: Int32Array;
    /** 1 where the next access ends the version's usefulness off chip: it is the last, or a write. */
    readonly nextEnds: Uint8Array;
  };
  /** Per gap, sorted by `from`: its buffer, the accesses that bound it, the bytes freed, the bytes moved. */
  readonly gaps: {
    readonly count: number;
    readonly buffer: Int32Array;
    readonly from: Int32Array;
    readonly to: Int32Array;
    readonly footprint: Float64Array;
    readonly size: Float64Array;
    readonly version: Int32Array;
  };
  /** Per version: bytes to write once before the first absence; 0 where a valid copy is off chip anyway. */
  readonly writeCost: Float64Array;
}

export function accessesOf({ buffers, steps }: Workload, order: readonly StepId[]): Accesses {
  const n = order.length;
  const operands = order.map((s) => operandsOf(steps[s]!));
  const total = operands.reduce((sum, list) => sum + list.length, 0);
  const writesLeft = new Int32Array(buffers.length);
  for (const s of steps) for (const b of s.writes) writesLeft[b]! += 1;

  const need = new Float64Array(n);
  const first = new Int32Array(buffers.length).fill(-1);
  const last = new Int32Array(buffers.length).fill(-1);
  const lastTouch = new Int32Array(buffers.length).fill(-1);
  const touches = {
    start: new Int32Array(n + 1),
    buffer: new Int32Array(total),
    version: new Int32Array(total),
    fresh: new Uint8Array(total),
    next: new Int32Array(total).fill(-1),
    nextEnds: new Uint8Array(total),
  };
  const writeCost: number[] = [];
  const gapTouches: number[] = []; // the access before each gap
  for (let t = 0, k = 0; t < n; t++) {
    const written = new Set(steps[order[t]!]!.writes);
    for (const b of operands[t]!) {
      const buffer = buffers[b]!;
      const before = lastTouch[b]!;
      need[t]! += buffer.footprint;
      touches.buffer[k] = b;
      if (written.has(b)) {
        writesLeft[b]! -= 1;
        // The last content of a network output is written off chip in any case.
        const free = buffer.keep && writesLeft[b] === 0;
        touches.version[k] = writeCost.push(free ? 0 : buffer.size) - 1;
        touches.fresh[k] = 1;
      } else if (before === -1) {
        touches.version[k] = writeCost.push(0) - 1; // read before any write: it lies off chip
        touches.fresh[k] = 1;
      } else touches.version[k] = touches.version[before]!;
      if (before === -1) first[b] = t;
      else {
        touches.next[before] = t;
        touches.nextEnds[before] = touches.fresh[k]!;
        if (t > last[b]! + 1) gapTouches.push(before);
      }
      last[b] = t;
      lastTouch[b] = k++;
    }
    touches.start[t + 1] = k;
  }
  for (let k = 0; k < total; k++) if (touches.next[k]! >= 0 && last[touches.buffer[k]!] === touches.next[k]) touches.nextEnds[k] = 1;

  gapTouches.sort((a, b) => a - b); // touches are numbered along the order
  const position = new Int32Array(total);
  for (let t = 0; t < n; t++) position.fill(t, touches.start[t]!, touches.start[t + 1]!);
  const buffer = Int32Array.from(gapTouches, (k) => touches.buffer[k]!);
  const gaps = {
    count: gapTouches.length,
    buffer,
    from: Int32Array.from(gapTouches, (k) => position[k]!),
    to: Int32Array.from(gapTouches, (k) => touches.next[k]!),
    footprint: Float64Array.from(buffer, (b) => buffers[b]!.footprint),
    size: Float64Array.from(buffer, (b) => buffers[b]!.size),
    version: Int32Array.from(gapTouches, (k) => touches.version[k]!),
  };
  return { order, need, first, last, touches, gaps, writeCost: Float64Array.from(writeCost) };
}

/** The buffers a step needs resident, each once. */
export const operandsOf = (step: Step): readonly number[] => [...new Set([...step.reads, ...step.writes])];

/** Bytes occupied at each position when the gaps with `absent[g] !== 0` are left empty. */
export function loadOf({ need, gaps }: Accesses, absent?: Uint8Array): Float64Array {
  const delta = new Float64Array(need.length + 1);
  for (let g = 0; g < gaps.count; g++) {
    if (absent?.[g]) continue;
    delta[gaps.from[g]! + 1]! += gaps.footprint[g]!;
    delta[gaps.to[g]!]! -= gaps.footprint[g]!;
  }
  const load = new Float64Array(need.length);
  for (let t = 0, kept = 0; t < need.length; t++) {
    kept += delta[t]!;
    load[t] = need[t]! + kept;
  }
  return load;
}

/** Bytes spilled and re-fetched when the gaps with `absent[g] !== 0` are left empty. */
export function trafficOf({ gaps, writeCost }: Accesses, absent: Uint8Array): number {
  const written = new Uint8Array(writeCost.length);
  let sum = 0;
  for (let g = 0; g < gaps.count; g++) {
    if (!absent[g]) continue;
    sum += gaps.size[g]!;
    const v = gaps.version[g]!;
    if (!written[v]) {
      written[v] = 1;
      sum += writeCost[v]!;
    }
  }
  return sum;
}

/** The most bytes occupied at once along an order when nothing is sent away. */
export const peakOf = (accesses: Accesses): Bytes => bytes(loadOf(accesses).reduce((a, b) => Math.max(a, b), 0));
