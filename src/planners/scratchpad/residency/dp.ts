import type { Accesses } from "../accesses.js";
import { sumOver } from "../masks.js";
import { type ResidencyAnswer, residencyOf } from "./residency.js";
import { dominant, type Layer, makeLayer, push } from "./states.js";

/** Slots of live buffers: one bit each in two 32-bit words. */
const WIDTH = 64;

/** States made at one position, as a multiple of those kept, before the rest is left out. */
const LAYER = 16;

export interface DpLimits {
  /** States kept per position; beyond it the cheapest stay and the answer carries a bound instead of a proof. */
  readonly states: number;
  /** Eviction sets tried per state; beyond it likewise. */
  readonly branches: number;
  /** Steps of the search for eviction sets, in all positions together: the work. */
  readonly total: number;
  /** Only residencies that move fewer bytes are sought. */
  readonly below: number;
  readonly stop: () => boolean;
}

/**
 * The least spilled and re-fetched bytes for one operator order, by dynamic programming over what is resident
 * and what has a copy off chip. Exact as long as no limit is hit; then `bound` is the cheapest dropped state.
 *
 * A state's value counts what is paid plus one fetch for every live absent buffer, so it never overstates the
 * final cost. Where buffers are short, every inclusion-minimal eviction set is tried.
 *
 * @param capacity bytes that may be occupied at each position
 * @see docs/math/scratchpad.md, section 4
 */
export function exactResidency(accesses: Accesses, capacity: Float64Array, limits: DpLimits): ResidencyAnswer {
  const { touches, first, last, gaps, need, writeCost } = accesses;
  const n = need.length;
  const slotOf = new Int32Array(first.length).fill(-1);
  const freeSlots = Array.from({ length: WIDTH }, (_, i) => WIDTH - 1 - i);
  const footprint = new Float64Array(WIDTH);
  const size = new Float64Array(WIDTH);
  const write = new Float64Array(WIDTH); // cost of the first absence in the current version
  const next = new Int32Array(WIDTH);
  const nextEnds = new Uint8Array(WIDTH);
  const sizeOf = new Float64Array(first.length);
  const footprintOf = new Float64Array(first.length);
  for (let g = 0; g < gaps.count; g++) {
    sizeOf[gaps.buffer[g]!] = gaps.size[g]!;
    footprintOf[gaps.buffer[g]!] = gaps.footprint[g]!;
  }

  // One record per kept state, for walking back: what was resident, and where the state came from.
  let resident0 = new Int32Array(1024);
  let resident1 = new Int32Array(1024);
  let parent = new Int32Array(1024);
  let records = 0;

  let now: Layer = makeLayer(1);
  push(now, 0, 0, 0, 0, 0, 0, -1);
  let dropped = Number.POSITIVE_INFINITY;
  let work = 0; // sets looked at
  const chosen = new Int32Array(WIDTH);
  const candidates = new Int32Array(WIDTH);
  const suffix = new Float64Array(WIDTH + 1);

  for (let t = 0; t < n; t++) {
    // Buffers that are accessed once, or only at neighbouring positions, have no gap and never need a slot.
    let operand0 = 0;
    let operand1 = 0;
    let fixed = 0; // bytes of operands without a slot
    let fresh0 = 0;
    let fresh1 = 0;
    let copied0 = 0;
    let copied1 = 0;
    let dead0 = 0;
    let dead1 = 0;
    const ending: number[] = [];
    let slotted = 0;
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
      const b = touches.buffer[k]!;
      if (footprintOf[b] === 0) continue;
      slotted += footprintOf[b]!;
      if (first[b] === t) {
        const free = freeSlots.pop();
        if (free === undefined) return { residency: undefined, bound: 0, exact: false };
        slotOf[b] = free;
        footprint[free] = footprintOf[b]!;
        size[free] = sizeOf[b]!;
      }
      const s = slotOf[b]!;
      const low = s < 32 ? 1 << s : 0;
      const high = s < 32 ? 0 : 1 << (s - 32);
      operand0 |= low;
      operand1 |= high;
      next[s] = touches.next[k]!;
      nextEnds[s] = touches.nextEnds[k]!;
      if (touches.fresh[k]) {
        write[s] = writeCost[touches.version[k]!]!;
        fresh0 |= low;
        fresh1 |= high;
        if (write[s] === 0) {
          copied0 |= low;
          copied1 |= high;
        }
      }
      if (last[b] === t) {
        dead0 |= low;
        dead1 |= high;
        ending.push(s);
      }
    }
    fixed = need[t]! - slotted;

    const then = makeLayer(now.count);
    const settle = (x: number, evict0: number, evict1: number, paid: number, occupied: number) => {
      const value = now.value[x]! + paid;
      if (value >= limits.below) return;
      const r0 = (now.r0[x]! | operand0) & ~evict0;
      const r1 = (now.r1[x]! | operand1) & ~evict1;
      const c0 = ((now.c0[x]! | evict0) & ~fresh0) | copied0;
      const c1 = ((now.c1[x]! | evict1) & ~fresh1) | copied1;
      push(then, r0 & ~dead0, r1 & ~dead1, c0 & ~dead0, c1 & ~dead1, value, occupied, now.record[x]!);
    };

    for (let x = 0; x < now.count; x++) {
      const r0 = now.r0[x]!;
      const r1 = now.r1[x]!;
      const c0 = now.c0[x]!;
      const c1 = now.c1[x]!;
      let occupied = now.occupied[x]! + sumOver(operand0 & ~r0, operand1 & ~r1, footprint);
      const short = occupied + fixed - capacity[t]!;
      const gone = sumOver(dead0, dead1, footprint);
      if (short <= 0) {
        settle(x, 0, 0, 0, occupied - gone);
        continue;
      }
      let count = 0;
      let e0 = r0 & ~operand0;
      let e1 = r1 & ~operand1;
      for (; e0 !== 0; e0 &= e0 - 1) candidates[count++] = 31 - Math.clz32(e0 & -e0);
      for (; e1 !== 0; e1 &= e1 - 1) candidates[count++] = 63 - Math.clz32(e1 & -e1);
      sortByNextUse(candidates, count, next);
      suffix[count] = 0;
      for (let i = count - 1; i >= 0; i--) suffix[i] = suffix[i + 1]! + footprint[candidates[i]!]!;
      if (suffix[0]! < short) continue; // cannot happen where the operands alone fit
      occupied -= gone;

      // Depth first over the candidates, furthest next use first: take or leave, as long as the rest can still make room.
      let budget = limits.branches;
      const bit = (mask0: number, mask1: number, s: number) => (s < 32 ? (mask0 >>> s) & 1 : (mask1 >>> (s - 32)) & 1);
      const descend = (i: number, missing: number, evict0: number, evict1: number, paid: number, smallest: number, freed: number) => {
        work++;
        if (now.value[x]! + paid >= limits.below) return;
        if (missing <= 0) {
          if (missing + smallest <= 0) return; // not minimal: without its smallest member it would still do
          if (budget-- <= 0) {
            dropped = Math.min(dropped, now.value[x]!);
            return;
          }
          settle(x, evict0, evict1, paid, occupied - freed);
          return;
        }
        if (i === count || suffix[i]! < missing) return;
        if (budget <= 0 || work > limits.total) {
          dropped = Math.min(dropped, now.value[x]!);
          return;
        }
        const s = candidates[i]!;
        const clean = bit(c0, c1, s) === 1;
        // Leaving `s` and taking an equal buffer needed sooner is never better, see docs/math/scratchpad.md, rule (E).
        let excused = false;
        for (let j = 0; j < i && !excused; j++) {
          const o = candidates[j]!;
          excused =
            chosen[o] === 0 &&
            footprint[o] === footprint[s] &&
            size[o] === size[s] &&
            (bit(c0, c1, o) === 1) === clean &&
            write[o] === write[s] &&
            (clean || nextEnds[s] === 1);
        }
        if (!excused) {
          chosen[s] = 1;
          const cost = size[s]! + (clean ? 0 : write[s]!);
          const low = s < 32 ? 1 << s : 0;
          const high = s < 32 ? 0 : 1 << (s - 32);
          descend(
            i + 1,
            missing - footprint[s]!,
            evict0 | low,
            evict1 | high,
            paid + cost,
            Math.min(smallest, footprint[s]!),
            freed + footprint[s]!,
          );
          chosen[s] = 0;
        }
        descend(i + 1, missing, evict0, evict1, paid, smallest, freed);
      };
      for (let i = 0; i < count; i++) chosen[candidates[i]!] = 0;
      descend(0, short, 0, 0, 0, Number.POSITIVE_INFINITY, 0);
      if (then.count > LAYER * limits.states || work > limits.total) {
        if (x + 1 < now.count) dropped = Math.min(dropped, now.value[x + 1]!); // layers are sorted by value
        break;
      }
    }

    const { layer, cheapestDropped } = dominant(then, limits.states, size, write);
    dropped = Math.min(dropped, cheapestDropped);
    if (work > limits.total) return { residency: undefined, bound: Math.min(dropped, least(layer)), exact: false };
    for (let x = 0; x < layer.count; x++) {
      if (records === parent.length) {
        resident0 = grown(resident0);
        resident1 = grown(resident1);
        parent = grown(parent);
      }
      resident0[records] = layer.r0[x]!;
      resident1[records] = layer.r1[x]!;
      parent[records] = layer.record[x]!;
      layer.record[x] = records++;
    }
    for (const s of ending) freeSlots.push(s);
    now = layer;
    if (now.count === 0) return { residency: undefined, bound: Math.min(dropped, limits.below), exact: dropped >= limits.below };
    if (limits.stop()) return { residency: undefined, bound: Math.min(dropped, least(now)), exact: false };
  }

  let best = 0;
  for (let x = 1; x < now.count; x++) if (now.value[x]! < now.value[best]!) best = x;
  const path = new Int32Array(n);
  for (let t = n - 1, at = now.record[best]!; t >= 0; t--) {
    path[t] = at;
    at = parent[at]!;
  }
  const absent = new Uint8Array(gaps.count);
  for (let g = 0; g < gaps.count; g++) {
    const s = slotOf[gaps.buffer[g]!]!;
    for (let t = gaps.from[g]! + 1; t < gaps.to[g]!; t++) {
      const word = s < 32 ? resident0[path[t]!]! >>> s : resident1[path[t]!]! >>> (s - 32);
      if ((word & 1) === 0) absent[g] = 1;
    }
  }
  const residency = residencyOf(accesses, absent);
  const bound = Math.min(residency.traffic, dropped);
  return { residency, bound, exact: bound === residency.traffic };
}

/** Furthest next use first; equal ones by slot, so that results do not depend on history. */
function sortByNextUse(slots: Int32Array, count: number, next: Int32Array): void {
  for (let i = 1; i < count; i++) {
    const s = slots[i]!;
    let j = i - 1;
    while (j >= 0 && (next[slots[j]!]! < next[s]! || (next[slots[j]!] === next[s] && slots[j]! > s))) {
      slots[j + 1] = slots[j]!;
      j--;
    }
    slots[j + 1] = s;
  }
}

function least(layer: Layer): number {
  let value = Number.POSITIVE_INFINITY;
  for (let x = 0; x < layer.count; x++) value = Math.min(value, layer.value[x]!);
  return value;
}

function grown(a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const b = new Int32Array(2 * a.length);
  b.set(a);
  return b;
}
