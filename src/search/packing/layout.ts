import { bestFit, bothEnds, placedItems } from "./arena.js";
import { grainOf } from "./instance.js";
import { alignmentOf, type PackingItem, type PackingResult, roundUp } from "./problem.js";
import { type Component, components, type Timeline, timeline } from "./timeline.js";

/** A problem's items with their time axis; items of size 0 or without life are left out of it. */
export interface Layout {
  readonly items: readonly PackingItem[];
  readonly time: Timeline;
  readonly parts: readonly Component[];
}

export function layOut(items: readonly PackingItem[]): Layout {
  items.forEach(check);
  const time = timeline(items.map((item) => (item.size > 0 ? item.spans : [])));
  return { items, time, parts: components(time, (i) => items[i]!.fixed !== undefined) };
}

function check({ size, alignment = 1, fixed = 0 }: PackingItem, i: number): void {
  const whole = [size, alignment, fixed].every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!whole || alignment < 1)
    throw new RangeError(`item ${i}: size ${size}, alignment ${alignment}, fixed ${fixed} are not whole numbers in range`);
}

/** Greedy packings meant for `capacity`, best hope first, made one at a time. */
export function* greedyOffsets({ items, time }: Layout, capacity: number): Generator<readonly number[]> {
  const { first, from, to } = time;
  const begin = (i: number) => from[first[i]!] ?? 0;
  const size = (i: number) => items[i]!.size;
  const inOrder = (...by: readonly ((a: number, b: number) => number)[]) => {
    const order = Int32Array.from(items.keys()).sort((a, b) => by.reduce((sign, compare) => sign || compare(a, b), 0) || a - b);
    return bestFit(items, time, order);
  };
  const largest = (a: number, b: number) => size(b) - size(a);
  const earliest = (a: number, b: number) => begin(a) - begin(b);
  yield inOrder(largest, earliest);
  yield bothEnds(items, time, capacity);

  const lifetime = items.map((item) => item.spans.reduce((sum, { start, end }) => sum + Math.max(0, end - start), 0));
  const load = sectionLoads(items, time, 1);
  const heaviest = items.map((_, i) => {
    let most = 0;
    for (let k = first[i]!; k < first[i + 1]!; k++) for (let s = from[k]!; s < to[k]!; s++) most = Math.max(most, load[s]!);
    return most;
  });
  const crowded = (a: number, b: number) => heaviest[b]! - heaviest[a]!;
  const longest = (a: number, b: number) => lifetime[b]! - lifetime[a]!;
  yield inOrder((a, b) => size(b) * lifetime[b]! - size(a) * lifetime[a]!);
  yield inOrder(crowded, longest, largest);
  yield inOrder(longest, largest);
  yield inOrder(crowded, largest);
  yield inOrder(earliest, largest);
}

/** Sum of sizes, rounded up to `grain`, alive in each section. */
function sectionLoads(items: readonly PackingItem[], { sections, first, from, to }: Timeline, grain: number): Float64Array {
  const load = new Float64Array(sections + 1);
  items.forEach((item, i) => {
    for (let k = first[i]!; k < first[i + 1]!; k++) {
      load[from[k]!]! += roundUp(item.size, grain);
      load[to[k]!]! -= roundUp(item.size, grain);
    }
  });
  for (let s = 1; s <= sections; s++) load[s]! += load[s - 1]!;
  return load.subarray(0, sections);
}

/** The least height any packing needs because of what is alive at one time, and the section that proves it (-1: a fixed item does). */
export function loadBound({ items, time }: Layout): { readonly height: number; readonly section: number } {
  const { sections, first, from, to } = time;
  const grain = grainOf(items.filter((_, i) => first[i]! < first[i + 1]!));
  const load = sectionLoads(items, time, grain);
  // Only the topmost item of a section may end off the grain.
  const slack = new Float64Array(sections);
  let height = 0;
  let section = -1;
  items.forEach((item, i) => {
    if (item.fixed !== undefined && first[i]! < first[i + 1]!) height = Math.max(height, item.fixed + item.size);
    const own = roundUp(item.size, grain) - item.size;
    if (own > 0)
      for (let k = first[i]!; k < first[i + 1]!; k++) for (let s = from[k]!; s < to[k]!; s++) slack[s] = Math.max(slack[s]!, own);
  });
  for (let s = 0; s < sections; s++)
    if (load[s]! - slack[s]! > height) {
      height = load[s]! - slack[s]!;
      section = s;
    }
  return { height, section };
}

/** What makes a packing impossible before any search: offsets given wrongly, or too much alive at one time. */
export function contradiction(layout: Layout, capacity: number): Extract<PackingResult, { status: "infeasible" }> | undefined {
  const { items, time } = layout;
  const { first, from, to } = time;
  const alive = (i: number) => first[i]! < first[i + 1]!;
  const refuse = (proof: "load" | "fixed", core: number[], bound: number) =>
    ({ status: "infeasible", proof, core, bound, nodes: 0 }) as const;
  const placed = placedItems(time, (i) => items[i]!.fixed ?? 0);
  for (let i = 0; i < items.length; i++) {
    const item = items[i]!;
    if (item.fixed === undefined || !alive(i)) continue;
    if (item.fixed % alignmentOf(item) !== 0) return refuse("fixed", [i], Number.POSITIVE_INFINITY);
    if (item.fixed + item.size > capacity) return refuse("fixed", [i], item.fixed + item.size);
    for (const other of placed.meeting(i)) {
      const { fixed = 0, size } = items[other]!;
      if (fixed < item.fixed + item.size && item.fixed < fixed + size) return refuse("fixed", [other, i], Number.POSITIVE_INFINITY);
    }
    placed.add(i);
  }
  const { height, section } = loadBound(layout);
  if (height <= capacity) return undefined;
  const core: number[] = [];
  for (let i = 0; i < items.length; i++)
    for (let k = first[i]!; k < first[i + 1]!; k++) if (from[k]! <= section && section < to[k]!) core.push(i);
  return refuse("load", core, height);
}
