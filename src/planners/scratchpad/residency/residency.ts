import { type Accesses, loadOf, trafficOf } from "../accesses.js";

/** Which gaps a buffer spends off chip: `absent[g]` is 1 or 0 for each gap of `Accesses`. */
export interface Residency {
  readonly absent: Uint8Array;
  /** Bytes spilled and re-fetched. */
  readonly traffic: number;
}

/** What a residency solver found within the capacities given. No bound above `bound` was proved; `exact` when it equals the traffic. */
export interface ResidencyAnswer {
  readonly residency: Residency | undefined;
  readonly bound: number;
  readonly exact: boolean;
}

export const residencyOf = (accesses: Accesses, absent: Uint8Array): Residency => ({ absent, traffic: trafficOf(accesses, absent) });

/** Whether every position's bytes stay within its capacity. */
export const fits = (accesses: Accesses, absent: Uint8Array, capacity: Float64Array): boolean =>
  loadOf(accesses, absent).every((load, t) => load <= capacity[t]!);

/** Brings back what need not be away: in order of bytes saved, each absence that still fits is undone. */
export function improve(accesses: Accesses, { absent }: Residency, capacity: Float64Array): Residency {
  const { gaps } = accesses;
  const kept = Uint8Array.from(absent);
  const load = loadOf(accesses, kept);
  const away = Array.from({ length: gaps.count }, (_, g) => g).filter((g) => kept[g]);
  away.sort((x, y) => gaps.size[y]! - gaps.size[x]! || gaps.to[x]! - gaps.from[x]! - (gaps.to[y]! - gaps.from[y]!) || x - y);
  for (const g of away) {
    let room = true;
    for (let t = gaps.from[g]! + 1; t < gaps.to[g]! && room; t++) room = load[t]! + gaps.footprint[g]! <= capacity[t]!;
    if (!room) continue;
    kept[g] = 0;
    for (let t = gaps.from[g]! + 1; t < gaps.to[g]!; t++) load[t]! += gaps.footprint[g]!;
  }
  return residencyOf(accesses, kept);
}
