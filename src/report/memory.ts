import type { Cause, Replay, Residency } from "../base/replay.js";

/** How bytes came into a memory: made there by a step, or fetched for a cause. */
export type Arrival = "made" | Cause;
/** How they left: forgotten, or written off chip on the way. */
export type Departure = "dropped" | Cause;

/** Arrival and departure of each residency, from the transfers that fall into it. */
export function journeys(replay: Replay): { readonly arrival: Arrival; readonly departure: Departure }[] {
  const journeys: { arrival: Arrival; departure: Departure }[] = replay.residency.map(() => ({ arrival: "made", departure: "dropped" }));
  const byName = new Map<string, number[]>();
  replay.residency.forEach((r, i) => {
    const own = byName.get(r.name);
    if (own) own.push(i);
    else byName.set(r.name, [i]);
  });
  for (const own of byName.values()) own.sort((a, b) => start(replay, a) - start(replay, b));

  for (const { kind, cause, name, start: from, end } of replay.events) {
    const own = byName.get(name);
    if (own === undefined || cause === undefined) continue;
    // One tensor's residencies are disjoint in time: a fetch fills the first that outlives it, a store empties the last begun before it.
    if (kind === "fetch") {
      const journey = journeys[own[firstWhere(own, (i) => (replay.residency[i]?.cycles.end ?? 0) >= end)] ?? -1];
      if (journey) journey.arrival = cause;
    } else if (kind === "store") {
      const journey = journeys[own[firstWhere(own, (i) => start(replay, i) > from) - 1] ?? -1];
      if (journey) journey.departure = cause;
    }
  }
  return journeys;
}

const start = (replay: Replay, i: number): number => replay.residency[i]?.cycles.start ?? 0;

/** Position of the first of `list` for which `holds`, which is false before it and true after; the length where there is none. */
function firstWhere<T>(list: readonly T[], holds: (item: T) => boolean): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(list[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The moment when the highest byte of a memory is in use and most bytes are live. */
export interface Peak {
  /** Highest byte in use, exclusive. */
  readonly bytes: number;
  /** Sum of what is live then; the rest up to `bytes` is free or reserved. */
  readonly liveBytes: number;
  readonly cycle: number;
  readonly step: number;
  /** Indices into `replay.residency`, largest first. */
  readonly live: readonly number[];
}

export function peakOf(replay: Replay, memory: number): Peak {
  const own = replay.residency.map((r, i) => ({ r, i })).filter(({ r }) => r.memory === memory && r.size > 0);
  const top = own.reduce((highest, { r }) => Math.max(highest, r.offset + r.size), 0);
  let best = { live: -1, cycle: 0 };
  let holders = 0;
  let live = 0;
  // Ends come before starts at one moment, except of a residency that takes no time.
  const edges = own.flatMap(({ r }) => [
    { at: r.cycles.start, rank: 1, r, sign: 1 },
    { at: r.cycles.end, rank: r.cycles.end > r.cycles.start ? 0 : 2, r, sign: -1 },
  ]);
  for (const edge of edges.sort((a, b) => a.at - b.at || a.rank - b.rank)) {
    live += edge.sign * edge.r.size;
    if (edge.r.offset + edge.r.size === top) holders += edge.sign;
    if (holders > 0 && live > best.live) best = { live, cycle: edge.at };
  }
  const at = own.filter(({ r }) => covers(r, best.cycle)).sort((a, b) => b.r.size - a.r.size || a.i - b.i);
  const step = at.reduce((latest, { r }) => Math.max(latest, r.steps.start), 0);
  return { bytes: top, liveBytes: Math.max(0, best.live), cycle: best.cycle, step, live: at.map(({ i }) => i) };
}

const covers = ({ cycles }: Residency, at: number): boolean =>
  cycles.start <= at && (at < cycles.end || (at === cycles.start && cycles.end === cycles.start));

/** A step function: `bytes[i]` from `at[i]` until `at[i + 1]`. */
export interface Curve {
  readonly at: readonly number[];
  readonly bytes: readonly number[];
}

/** Live bytes over time. `spans` are half-open; empty ones are not seen. */
export function occupancy(spans: readonly { readonly start: number; readonly end: number; readonly size: number }[]): Curve {
  const change = new Map<number, number>([[0, 0]]);
  for (const { start, end, size } of spans) {
    change.set(start, (change.get(start) ?? 0) + size);
    change.set(end, (change.get(end) ?? 0) - size);
  }
  const at = [...change.keys()].sort((a, b) => a - b);
  let live = 0;
  return {
    at,
    bytes: at.map((t) => {
      live += change.get(t) ?? 0;
      return live;
    }),
  };
}

/** Bytes live while each step runs. */
export function liveBySteps(replay: Replay): number[] {
  const live = new Array<number>(replay.steps.length + 1).fill(0);
  for (const { steps, size } of replay.residency) {
    live[steps.start] = (live[steps.start] ?? 0) + size;
    if (steps.end <= replay.steps.length) live[steps.end] = (live[steps.end] ?? 0) - size;
  }
  let sum = 0;
  return live.slice(0, -1).map((change) => {
    sum += change;
    return sum;
  });
}
