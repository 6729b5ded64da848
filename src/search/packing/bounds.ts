import { lowestLegal, NOWHERE } from "./instance.js";
import type { State } from "./state.js";
import { addLevel, explain, raise } from "./trail.js";

/** How fast old failures fade from an item's activity. */
const FADE = 1.07;

/**
 * The capacity bound on every section touched since the last call: for every height h, h plus the sizes of the
 * unplaced items that cannot start below h must not exceed the capacity. One pass over the items from the highest
 * lowest height down. On failure the decisions behind it stand in `blame`.
 */
export function fits(s: State): boolean {
  const { instance, trail, at, descending, stacked } = s;
  const { count, size, first, from, to, capacity } = instance;
  const { low, dirtyFrom, dirtyTo } = trail;
  for (let q = 1; q < count; q++) {
    const item = descending[q]!;
    const height = low[item]!;
    let k = q - 1;
    for (; k >= 0 && low[descending[k]!]! < height; k--) descending[k + 1] = descending[k]!;
    descending[k + 1] = item;
  }
  stacked.fill(0, dirtyFrom, dirtyTo);
  for (let q = 0; q < count; q++) {
    const item = descending[q]!;
    if (at[item]! >= 0) continue;
    const own = size[item]!;
    const room = capacity - low[item]!;
    for (let k = first[item]!, last = first[item + 1]!; k < last; k++) {
      const a = Math.max(from[k]!, dirtyFrom);
      const b = Math.min(to[k]!, dirtyTo);
      for (let section = a; section < b; section++) {
        const sum = stacked[section]! + own;
        stacked[section] = sum;
        if (sum > room) {
          blameSection(s, section, low[item]!);
          return false;
        }
      }
    }
  }
  return true;
}

/**
 * `section` overflows with the items that cannot start below `height`. The same sum fails at a lower height
 * already, so each item is blamed only for being above that one.
 */
function blameSection({ instance, trail, at, blame, involved, experience }: State, section: number, height: number): void {
  const { size, members, capacity } = instance;
  const { activity } = experience;
  const items = members[section]!;
  let sum = 0;
  for (let q = 0; q < items.length; q++) {
    const i = items[q]!;
    if (at[i]! >= 0 || trail.low[i]! < height) continue;
    sum += size[i]!;
    activity[i]! += experience.weight;
    involved[i] = 1;
  }
  experience.failures[section]!++;
  experience.weight *= FADE;
  if (experience.weight > 1e100) {
    for (let i = 0; i < activity.length; i++) activity[i]! *= 1e-100;
    experience.weight *= 1e-100;
  }
  const enough = capacity - sum + 1;
  for (let q = 0; q < items.length; q++) {
    const i = items[q]!;
    if (at[i]! < 0 && trail.low[i]! >= height) explain(trail, i, enough, blame, 0, -1);
  }
}

/**
 * Every packing can be pushed down until each item stands on the ground, on a fixed item or on another item. So an
 * item that would rest on nothing placed so far must rest on something still to be placed, and is raised to the lowest
 * such top. Three rounds catch nearly all; more would only cost time. False, with `blame`, when nothing is left to rest on.
 */
export function settle(s: State): boolean {
  const { instance, trail, at } = s;
  const { free, size, neighbours } = instance;
  const { low, rests } = trail;
  for (let round = 0, changed = true; changed && round < 3; round++) {
    changed = false;
    for (let i = 0; i < free; i++) {
      if (at[i]! >= 0 || rests[i] === 1) continue;
      const met = neighbours[i]!;
      const height = low[i]!;
      let top = NOWHERE;
      for (let q = 0; q < met.length; q++) {
        const m = met[q]!;
        if (at[m]! >= 0) continue;
        const end = low[m]! + size[m]!;
        if (end < top) {
          top = end;
          if (top <= height) break;
        }
      }
      if (top <= height) continue;
      if (top >= NOWHERE) {
        blameFloating(s, i);
        return false;
      }
      liftOnto(s, i, top);
      changed = true;
    }
  }
  return true;
}

/** All that `item` could rest on is placed, and none of it ends where the item would stand. */
function blameFloating({ instance, trail, level, at, blame, involved }: State, item: number): void {
  const met = instance.neighbours[item]!;
  involved[item] = 1;
  explain(trail, item, trail.low[item]!, blame, 0, -1);
  for (let q = 0; q < met.length; q++) {
    const m = met[q]!;
    if (at[m]! >= 0) addLevel(blame, 0, level[m]!);
    else explain(trail, m, NOWHERE - instance.size[m]!, blame, 0, -1);
  }
}

/** Raises `item` onto `top`, the lowest end of any unplaced item it meets. */
function liftOnto({ instance, trail, level, at }: State, item: number, top: number): void {
  const { neighbours, size } = instance;
  const height = trail.low[item]!;
  const reason = raise(trail, instance, item, lowestLegal(instance, item, top), 0);
  const entry = trail.newest[item]!;
  const { pool } = trail;
  explain(trail, item, height, pool, reason, entry);
  const met = neighbours[item]!;
  for (let q = 0; q < met.length; q++) {
    const m = met[q]!;
    if (at[m]! >= 0) addLevel(pool, reason, level[m]!);
    else explain(trail, m, top - size[m]!, pool, reason, -1);
  }
  raiseTwins(instance, trail, at, item);
}

/** Twins stand in order of index: whoever follows `item` stands above it. */
export function raiseTwins(instance: State["instance"], trail: State["trail"], at: Int32Array, item: number): void {
  const { twinAfter, size } = instance;
  for (let below = item, twin = twinAfter[item]!; twin >= 0; below = twin, twin = twinAfter[twin]!) {
    const height = lowestLegal(instance, twin, trail.low[below]! + size[below]!);
    if (at[twin]! >= 0 || trail.low[twin]! >= height) return;
    const reason = raise(trail, instance, twin, height, 0);
    explain(trail, below, trail.low[below]!, trail.pool, reason, -1);
  }
}
