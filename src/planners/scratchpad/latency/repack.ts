import { type Bytes, bytes } from "../../../base/units.js";
import type { Budget } from "../../../search/budget.js";
import { place } from "../place.js";
import type { ScratchpadPlan, ScratchpadProblem } from "../plan.js";
import type { PlacedEpisode } from "../programme.js";
import type { Schedule } from "./schedule.js";

/** Positions packed anew together, and the step from one window to the next. */
const WINDOW = 32;
const STRIDE = 16;
/** Windows packed for one node of the budget, and nodes for each. */
const WINDOWS_PER_NODE = 1 / 200;
const NODES = 100;
/** What is tried of the time that a schedule gives a stay beyond its accesses. */
const SHARES = [1, 0.5];

/**
 * Gives the stays of a plan more of the time that a schedule of the same residency wants for them, a few positions at a
 * time: what lies within a window is packed anew for longer stays, everything else keeps its place. Each stay has an
 * address all along, so this works where packing the whole does not.
 *
 * @param schedule of the residency of `plan`
 * @returns stays in the order in which the programme lists their fetches; undefined where the plan moves buffers between neighbouring steps
 */
export function repacked(
  problem: ScratchpadProblem,
  plan: ScratchpadPlan,
  { length, count, buffer, from, to, begin, end, listed, fetched }: Schedule,
  budget: Budget,
): readonly PlacedEpisode[] | undefined {
  const known = offsetsIn(plan);
  if (known.size !== count) return undefined;
  const offsets: Bytes[] = [];
  for (let i = 0; i < count; i++) {
    const offset = known.get(`${buffer[i]}:${from[i]}`);
    if (offset === undefined) return undefined;
    offsets.push(offset);
  }
  // What each stay has so far.
  const since = Int32Array.from(from);
  const until = Int32Array.from(to);
  const byBegin = Array.from({ length: count }, (_, i) => i).sort((a, b) => begin[a]! - begin[b]! || a - b);
  let next = 0;
  let near: number[] = [];
  let windows = budget.nodes * WINDOWS_PER_NODE;
  for (let start = 0; start < length && windows > 0 && !budget.stop(); start += STRIDE) {
    const stop = Math.min(length, start + WINDOW);
    while (next < count && begin[byBegin[next]!]! < stop) near.push(byBegin[next++]!);
    near = near.filter((i) => end[i]! >= start);
    const inside = near.filter((i) => begin[i]! >= start && end[i]! < stop);
    if (!inside.some((i) => begin[i]! < since[i]! || end[i]! > until[i]!)) continue;
    const movable = new Set(inside);
    const others = near.filter((i) => !movable.has(i) && until[i]! >= start && since[i]! < stop);
    for (const share of SHARES) {
      const wanted = inside.map((i) => ({
        buffer: buffer[i]!,
        from: Math.min(since[i]!, from[i]! - Math.ceil(share * (from[i]! - begin[i]!))),
        to: Math.max(until[i]!, to[i]! + Math.ceil(share * (end[i]! - to[i]!))),
      }));
      const kept = others.map((i) => ({ buffer: buffer[i]!, from: since[i]!, to: until[i]! }));
      const fixed = [...inside.map(() => undefined), ...others.map((i) => offsets[i])];
      windows--;
      const placing = place(problem, { start, end: stop }, [...wanted, ...kept], fixed, NODES, budget);
      if (placing.status !== "placed") continue;
      inside.forEach((i, k) => {
        offsets[i] = placing.offsets[k]!;
        since[i] = wanted[k]!.from;
        until[i] = wanted[k]!.to;
      });
      break;
    }
  }
  const created = new Set(Array.from({ length: count }, (_, i) => i));
  for (const i of fetched) created.delete(i);
  return [...fetched, ...created].map((i) => ({
    buffer: buffer[i]!,
    from: from[i]!,
    to: to[i]!,
    listed: Math.max(listed[i]!, since[i]!),
    offset: offsets[i]!,
  }));
}

/** `buffer:position` of each stay's first access -> its offset. */
function offsetsIn({ actions }: ScratchpadPlan): ReadonlyMap<string, Bytes> {
  const known = new Map<string, Bytes>();
  let t = 0;
  for (const action of actions) {
    if (action.kind === "run") t++;
    else if (action.kind === "fetch" || action.kind === "create") known.set(`${action.buffer}:${t}`, bytes(action.offset));
  }
  return known;
}
