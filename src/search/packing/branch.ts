import { fits, raiseTwins, settle } from "./bounds.js";
import { lowestLegal } from "./instance.js";
import type { State } from "./state.js";
import { addLevel, explain, raise } from "./trail.js";

/** How the next item is picked among those that nothing unplaced can be under. */
export interface Mode {
  /** Work inside the independent stretch of time where the last failures were. */
  readonly regional: boolean;
  /** Prefer items seen in failures over low ones. */
  readonly active: boolean;
  /** Consider every item that starts below the earliest end, not only the lowest. */
  readonly wide: boolean;
}

/**
 * Decision `level`: `item` stands at its lowest height. It was picked so that no unplaced item can be under it; so
 * all that it meets goes on top. False, with `blame`, when that cannot be completed.
 */
export function place(s: State, item: number, level: number): boolean {
  const { instance, trail, at } = s;
  const { size, neighbours } = instance;
  const height = trail.low[item]!;
  const top = height + size[item]!;
  at[item] = height;
  s.level[item] = level;
  s.involved[item] = 1;
  markDirty(s, item);
  const met = neighbours[item]!;
  for (let q = 0; q < met.length; q++) {
    const m = met[q]!;
    if (at[m]! >= 0) continue;
    const low = trail.low[m]!;
    if (low > top && trail.rests[m] === 1) continue;
    const above = lowestLegal(instance, m, top);
    if (low > above || (low === above && trail.rests[m] === 1)) continue;
    const older = trail.newest[m]!;
    const reason = raise(trail, instance, m, above, 1);
    const { pool } = trail;
    if (low === above) {
      // Not higher than before, but at rest now: the height keeps its old reason.
      if (older >= 0) for (let k = trail.reason[older]!, end = trail.reason[older + 1]!, w = reason; k < end; k++) pool[w++] = pool[k]!;
      continue;
    }
    addLevel(pool, reason, level);
    explain(trail, item, height, pool, reason, -1);
    explain(trail, m, height - size[m]! + 1, pool, reason, trail.newest[m]!);
    raiseTwins(instance, trail, at, m);
  }
  return settle(s) && fits(s);
}

/** Decision `level`, other branch: `item` stands higher than its lowest height. */
export function postpone(s: State, item: number, level: number): boolean {
  const { instance, trail } = s;
  const height = trail.low[item]!;
  markDirty(s, item);
  const reason = raise(trail, instance, item, lowestLegal(instance, item, height + 1), 0);
  addLevel(trail.pool, reason, level);
  explain(trail, item, height, trail.pool, reason, trail.newest[item]!);
  raiseTwins(instance, trail, s.at, item);
  return settle(s) && fits(s);
}

function markDirty({ instance, trail }: State, item: number): void {
  trail.dirtyFrom = instance.from[instance.first[item]!]!;
  trail.dirtyTo = instance.to[instance.first[item + 1]! - 1]!;
}

/** Scratch of `regionOf`, one per search. */
export interface RegionScratch {
  readonly border: Int32Array;
  readonly heat: Float64Array;
  readonly floor: Int32Array;
  readonly remaining: Int32Array;
}

export const regionScratch = (sections: number): RegionScratch => ({
  border: new Int32Array(sections + 1),
  heat: new Float64Array(sections),
  floor: new Int32Array(sections),
  remaining: new Int32Array(sections),
});

/**
 * The item to decide on next, or -1 when all are placed. Only items that start below the end of every unplaced item
 * of the region qualify: nothing can be under them, which is what `place` relies on. `preference[i]` is the rank of
 * item `i`, the smallest winning.
 */
export function select(s: State, mode: Mode, preference: Int32Array, scratch: RegionScratch): number {
  const { instance, trail, at } = s;
  const { free, size, first, from, to, sections } = instance;
  const { low } = trail;
  const { activity } = s.experience;
  const region = mode.regional ? regionOf(s, mode, scratch) : 0;
  const left = mode.regional ? Math.floor(region / (sections + 1)) : 0;
  const right = mode.regional ? region % (sections + 1) : sections;
  let ceiling = 0x7fffffff;
  for (let i = 0; i < free; i++) {
    if (at[i]! >= 0 || from[first[i]!]! < left || to[first[i + 1]! - 1]! > right) continue;
    const end = mode.wide ? low[i]! + size[i]! : low[i]! + 1;
    if (end < ceiling) ceiling = end;
  }
  let best = -1;
  let bestActivity = -1;
  let bestLow = 0;
  for (let i = 0; i < free; i++) {
    const height = low[i]!;
    if (at[i]! >= 0 || height >= ceiling || from[first[i]!]! < left || to[first[i + 1]! - 1]! > right) continue;
    const active = mode.active ? activity[i]! : 0;
    if (
      active > bestActivity ||
      (active === bestActivity && (height < bestLow || (height === bestLow && preference[i]! < preference[best]!)))
    ) {
      best = i;
      bestActivity = active;
      bestLow = height;
    }
  }
  return best;
}

/** The independent stretch of sections that holds the most critical item, coded as `left * (sections + 1) + right`. */
function regionOf({ instance, trail, at, experience }: State, mode: Mode, { border, heat, floor, remaining }: RegionScratch): number {
  const { free, sections, size, first, from, to, capacity } = instance;
  const { low } = trail;
  const { activity, failures } = experience;
  border.fill(0);
  heat.fill(-1);
  remaining.fill(0);
  floor.fill(0x3fffffff);
  for (let i = 0; i < free; i++) {
    if (at[i]! >= 0) continue;
    const a = from[first[i]!]!;
    border[a + 1]!++;
    border[to[first[i + 1]! - 1]!]!--;
    if (activity[i]! > heat[a]!) heat[a] = activity[i]!;
    if (mode.active) continue;
    for (let k = first[i]!; k < first[i + 1]!; k++)
      for (let section = from[k]!; section < to[k]!; section++) {
        remaining[section]! += size[i]!;
        if (low[i]! < floor[section]!) floor[section] = low[i]!;
      }
  }
  let hottest = Number.NEGATIVE_INFINITY;
  let region = 0;
  for (let section = 0, open = 0; section < sections; ) {
    const left = section;
    let degree = Number.NEGATIVE_INFINITY;
    let inhabited = false;
    do {
      if (heat[section]! >= 0) inhabited = true;
      // By failures, and among equals by how little room is left.
      const own = mode.active
        ? heat[section]!
        : remaining[section]! > 0
          ? failures[section]! - (capacity - floor[section]! - remaining[section]!) * 1e-4
          : Number.NEGATIVE_INFINITY;
      if (own > degree) degree = own;
      section++;
      open += border[section]!;
    } while (section < sections && open > 0);
    if (inhabited && degree > hottest) {
      hottest = degree;
      region = left * (sections + 1) + section;
    }
  }
  return region;
}
