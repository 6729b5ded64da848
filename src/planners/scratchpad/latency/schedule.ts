import { transferCycles } from "../../../cost/traffic.js";
import { type Accesses, loadOf } from "../accesses.js";
import type { ScratchpadProblem } from "../plan.js";

/** An order with what timing it takes, in flat arrays. */
export interface Course {
  readonly accesses: Accesses;
  readonly duration: Float64Array;
  /** Cycles of a transfer, and bytes occupied, per buffer. */
  readonly transfer: Float64Array;
  readonly footprint: Float64Array;
  readonly offChip: Uint8Array;
  /** Per touch: 2 where the step writes the last content of a network output, 1 where it writes another, 0 where it reads. */
  readonly writes: Uint8Array;
}

/** When the stays of buffers begin and end, so that their addresses are their own while a transfer needs them. */
export interface Schedule {
  readonly latency: number;
  /** Positions of the order, and stays. */
  readonly length: number;
  readonly count: number;
  readonly buffer: Int32Array;
  /** First and last access, as positions of the order. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  /** Positions, `from` and earlier, `to` and later, between which nothing else may have the addresses. */
  readonly begin: Int32Array;
  readonly end: Int32Array;
  /** Of a fetched stay: the position before which the programme lists its fetch. */
  readonly listed: Int32Array;
  /** The fetched stays in the order of their fetches. */
  readonly fetched: readonly number[];
  /** Cycles for which the engine stands still before each position. */
  readonly wait: Float64Array;
}

/** `early`: a fetch starts as soon as there is room; `late`: as late as keeps no step waiting. */
export type Haste = "early" | "late";

export function courseOf(problem: ScratchpadProblem, accesses: Accesses): Course {
  const { buffers, steps, machine } = problem;
  const { order, touches } = accesses;
  const left = new Int32Array(buffers.length);
  for (const s of steps) for (const b of s.writes) left[b]! += 1;
  const writes = new Uint8Array(touches.buffer.length);
  order.forEach((s, t) => {
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
      const b = touches.buffer[k]!;
      if (steps[s]!.writes.includes(b)) writes[k] = --left[b]! === 0 && buffers[b]!.keep ? 2 : 1;
    }
  });
  return {
    accesses,
    duration: Float64Array.from(order, (s) => steps[s]!.duration),
    transfer: Float64Array.from(buffers, (b) => transferCycles(b.size, machine.offChipRate)),
    footprint: Float64Array.from(buffers, (b) => b.footprint),
    offChip: Uint8Array.from(buffers, (b) => (b.offChip ? 1 : 0)),
    writes,
  };
}

/** Transfers that a fetch may overtake, and positions that it may begin ahead of its step to do so. */
const MOST_SLOTS = 64;
const FARTHEST = 300;

/**
 * Times a residency on a machine whose free bytes are all as good as one another, and decides when each fetch begins:
 * fetches are dealt with in the order in which their steps run, each takes the first free time of the channel for which
 * there is room from then on, and may slip in before one that has to wait for room. Addresses that keep to the `begin`
 * and `end` found take no more cycles.
 *
 * @param absent gaps spent off chip
 * @param room bytes that there are
 */
export function scheduleOf(course: Course, absent: Uint8Array, haste: Haste, room: number): Schedule {
  const { accesses, duration, transfer, footprint, offChip, writes } = course;
  const { first, last, gaps, touches } = accesses;
  const n = duration.length;
  const load = loadOf(accesses, absent);

  // Stays by first access, and the gaps that cut them.
  let count = 0;
  for (let b = 0; b < first.length; b++) if (first[b]! >= 0) count++;
  const stored = new Uint8Array(accesses.writeCost.length);
  for (let g = 0; g < gaps.count; g++) {
    if (!absent[g]) continue;
    count++;
    stored[gaps.version[g]!] = 1;
  }
  const buffer = new Int32Array(count);
  const from = new Int32Array(count);
  const to = new Int32Array(count);
  const begins = new Int32Array(n + 1);
  const open = Int32Array.from(first); // where the latest stay of each buffer begins
  {
    let i = 0;
    const stay = (b: number, start: number, end: number) => {
      buffer[i] = b;
      from[i] = start;
      to[i++] = end;
      begins[start + 1]! += 1;
    };
    for (let g = 0; g < gaps.count; g++) {
      if (!absent[g]) continue;
      const b = gaps.buffer[g]!;
      stay(b, open[b]!, gaps.from[g]!);
      open[b] = gaps.to[g]!;
    }
    for (let b = 0; b < first.length; b++) if (first[b]! >= 0) stay(b, open[b]!, last[b]!);
  }
  for (let t = 0; t < n; t++) begins[t + 1]! += begins[t]!;
  const byBegin = new Int32Array(count);
  {
    const at = begins.slice();
    for (let i = 0; i < count; i++) byBegin[at[from[i]!]!++] = i;
  }
  const begin = Int32Array.from(from);
  const end = Int32Array.from(to);
  const listed = Int32Array.from(from);

  const wait = new Float64Array(n);
  const runEnd = new Float64Array(n);
  const vacant = new Float64Array(n); // when what is over before a position has left
  const copied = new Float64Array(first.length);
  const lastStay = new Int32Array(first.length).fill(-1);
  const lingering: number[] = []; // stays that are over but for their store
  let outward = 0;
  // The channel in: its transfers in the order in which they start.
  const starts: number[] = [];
  const ends: number[] = [];
  const whose: number[] = [];

  /** Index of the transfer before which one of `length` cycles can start, not before `release`. */
  const slotFor = (release: number, length: number): number => {
    let at = 0;
    for (let high = ends.length; at < high; ) {
      const middle = (at + high) >> 1;
      if (ends[middle]! <= release) at = middle + 1;
      else high = middle;
    }
    for (const farthest = at + MOST_SLOTS; at < starts.length; at++) {
      if (at === farthest) return starts.length;
      if (Math.max(release, at > 0 ? ends[at - 1]! : 0) + length <= starts[at]!) return at;
    }
    return at;
  };
  const startIn = (slot: number, release: number) => Math.max(release, slot > 0 ? ends[slot - 1]! : 0);

  function fetch(i: number, t: number, target: number): number {
    const b = buffer[i]!;
    const before = lastStay[b]!;
    const limit = before >= 0 ? end[before]! + 1 : 0;
    const copy = copied[b]!;
    const bytes = footprint[b]!;
    const length = transfer[b]!;
    const releaseAt = (p: number) => Math.max(copy, vacant[p]!);
    const soonest = Math.max(copy, ends.at(-1) ?? 0); // without overtaking
    let p = t;
    let slot = starts.length;
    let start = haste === "early" ? Math.max(releaseAt(t), soonest) : Number.POSITIVE_INFINITY;
    const roomFrom = (q: number) => q >= limit && load[q]! + bytes <= room;
    if (haste === "early")
      for (let q = t - 1; start > soonest && roomFrom(q); q--) {
        const other = Math.max(releaseAt(q), soonest);
        if (other < start) [p, start] = [q, other];
      }
    // The latest start by which the step waits least, before other fetches if need be.
    if (start + length > target)
      for (let q = t; q === t || (q > t - FARTHEST && roomFrom(q)); q--) {
        const other = slotFor(releaseAt(q), length);
        const sooner = startIn(other, releaseAt(q));
        if (sooner < start) [p, slot, start] = [q, other, sooner];
        if (start + length <= target || start <= copy) break;
      }
    for (let q = p; q < t; q++) load[q]! += bytes;
    begin[i] = p;
    starts.splice(slot, 0, start);
    ends.splice(slot, 0, start + length);
    whose.splice(slot, 0, i);
    return start + length;
  }

  for (let t = 0; t < n; t++) {
    let now = t > 0 ? runEnd[t - 1]! : 0;
    // Stays whose store is still under way keep their bytes; where there is no room for them, the step waits for the store.
    lingering.sort((x, y) => copied[buffer[y]!]! - copied[buffer[x]!]!);
    let held = 0;
    for (const i of lingering) held += footprint[buffer[i]!]!;
    let free = now;
    while (lingering.length > 0) {
      const i = lingering.at(-1)!;
      const done = copied[buffer[i]!]!;
      if (done > now && load[t]! + held <= room) break;
      free = Math.max(free, done);
      held -= footprint[buffer[i]!]!;
      lingering.pop();
    }
    vacant[t] = free;
    now = free;
    for (let x = begins[t]!; x < begins[t + 1]!; x++) {
      const i = byBegin[x]!;
      const b = buffer[i]!;
      if (lastStay[b]! >= 0 || offChip[b]!) now = Math.max(now, fetch(i, t, free));
      lastStay[b] = i;
    }
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) if (writes[k]) now = Math.max(now, copied[touches.buffer[k]!]!);
    wait[t] = now - (t > 0 ? runEnd[t - 1]! : 0);
    runEnd[t] = now + duration[t]!;
    for (const i of lingering) {
      if (copied[buffer[i]!]! <= free) continue;
      end[i] = t;
      load[t]! += footprint[buffer[i]!]!;
    }
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
      const b = touches.buffer[k]!;
      if (writes[k] === 2 || (writes[k] === 1 && stored[touches.version[k]!])) {
        outward = Math.max(outward, runEnd[t]!) + transfer[b]!;
        copied[b] = outward;
      }
      const stay = lastStay[b]!;
      if (to[stay] === t && copied[b]! > runEnd[t]!) lingering.push(stay);
    }
  }

  // Backward: each fetch as late as keeps its step and the next fetch from waiting, so that it holds its place no longer
  // than it must; and listed before every later one, and before its own step.
  for (let x = starts.length - 1, bar = n, next = Number.POSITIVE_INFINITY; x >= 0; x--) {
    const i = whose[x]!;
    const t = from[i]!;
    bar = Math.min(bar, t);
    listed[i] = bar;
    next = Math.max(starts[x]!, Math.min(next, runEnd[t]! - duration[t]!) - transfer[buffer[i]!]!);
    let p = begin[i]!;
    while (p < bar && vacant[p + 1]! <= next) p++;
    begin[i] = p;
  }
  const latency = Math.max(n > 0 ? runEnd[n - 1]! : 0, outward, ends.at(-1) ?? 0);
  return { latency, length: n, count, buffer, from, to, begin, end, listed, fetched: whose, wait };
}
