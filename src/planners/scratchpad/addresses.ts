import type { Bytes } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { type Accesses, loadOf } from "./accesses.js";
import { type Episode, episodesOf } from "./episodes.js";
import { firstFit } from "./first-fit.js";
import { place } from "./place.js";
import type { ScratchpadPlan, ScratchpadProblem } from "./plan.js";
import { type PlacedEpisode, programme } from "./programme.js";
import { belady, replace } from "./residency/replacement.js";
import { improve, type Residency } from "./residency/residency.js";
import { solveResidency } from "./residency/solve.js";

/** Positions packed together when the whole does not pack, and those of them whose addresses are then settled. */
const WINDOW = 240;
const STRIDE = 120;
/** Windows relieved in all; failures of one window before its predecessor is packed anew. */
const MOST_RELIEFS = 150;
const PATIENCE = 5;
/** Longer orders are not packed by windows: the residency would be solved anew too often. */
const MOST_IN_WINDOWS = 6_000;
/** A packing node costs in proportion to the items; beyond this many there are fewer nodes. */
const USUAL_ITEMS = 300;

/**
 * Gives a residency addresses. If it does not pack as a whole, it is packed window by window along the order, what
 * reaches into the next window keeping its place; where a window does not pack, its tightest positions are given
 * less room and the residency is solved anew. If that ends nowhere, or the order is very long, `firstFit` remains, along
 * residencies that leave some room.
 *
 * @param capacity bytes that may be occupied at each position
 */
export async function addressed(
  problem: ScratchpadProblem,
  accesses: Accesses,
  residency: Residency,
  capacity: Float64Array,
  budget: Budget,
): Promise<ScratchpadPlan> {
  const length = accesses.order.length;
  const episodes = episodesOf(accesses, residency.absent);
  const nodes = Math.ceil((budget.nodes / 10) * Math.min(1, USUAL_ITEMS / length));
  const whole = place(problem, { start: 0, end: length }, episodes, [], nodes, budget);
  if (whole.status === "placed") return programme(problem, accesses, withOffsets(episodes, whole.offsets));

  const relaxed = loosely(problem, accesses, residency, capacity);
  // Of a network cut to fit no plan is proved the best; a little is not worth the time.
  const enough = problem.split === undefined ? residency.traffic : (1 + LITTLE) * residency.traffic;
  if (length > MOST_IN_WINDOWS || relaxed.claims.nonCompulsory <= enough) return relaxed;
  const placed = await byWindows(problem, accesses, residency, Float64Array.from(capacity), relaxed.claims.nonCompulsory, budget);
  if (placed === undefined) return relaxed;
  const plan = programme(problem, accesses, placed);
  return plan.claims.nonCompulsory < relaxed.claims.nonCompulsory ? plan : relaxed;
}

/** Shares of the room that a residency may fill, so that addresses are easier to find. */
const SHARES = [0.98, 0.95];
/** What addresses may cost, as a share of the traffic, before others are tried. */
const LITTLE = 0.01;

/** The best of some residencies along the order that leave more and more room for what addresses cost. */
function loosely(problem: ScratchpadProblem, accesses: Accesses, residency: Residency, capacity: Float64Array): ScratchpadPlan {
  let best = programme(problem, accesses, firstFit(problem, accesses, residency.absent));
  for (const share of SHARES) {
    if (best.claims.nonCompulsory <= (1 + LITTLE) * residency.traffic) break;
    const room = capacity.map((bytes, t) => Math.max(accesses.need[t]!, Math.floor(share * bytes)));
    const tighter = replace(accesses, room, belady);
    if (tighter === undefined) continue;
    const { absent, traffic } = improve(accesses, tighter, room);
    if (traffic >= best.claims.nonCompulsory) continue;
    const plan = programme(problem, accesses, firstFit(problem, accesses, absent));
    if (plan.claims.nonCompulsory < best.claims.nonCompulsory) best = plan;
  }
  return best;
}

/** @param below gives up once the residency moves as much as this. */
async function byWindows(
  problem: ScratchpadProblem,
  accesses: Accesses,
  first: Residency,
  room: Float64Array,
  below: number,
  budget: Budget,
): Promise<readonly PlacedEpisode[] | undefined> {
  const length = accesses.order.length;
  const light: Budget = { ...budget, nodes: Math.ceil(budget.nodes / 20) };
  let residency = first;
  let episodes = episodesOf(accesses, residency.absent);
  let settled = new Map<string, Bytes>();
  const failures = new Map<number, number>();
  for (let start = 0, reliefs = 0; ; ) {
    const window = { start, end: Math.min(length, start + WINDOW) };
    const inside = episodes.filter((e) => e.from < window.end && e.to >= window.start);
    const placing = place(
      problem,
      window,
      inside,
      inside.map((e) => settled.get(idOf(e))),
      Math.ceil(budget.nodes / 200),
      budget,
    );
    if (placing.status === "placed") {
      const kept = window.end === length ? length : start + STRIDE;
      inside.forEach((e, i) => {
        if (e.from < kept) settled.set(idOf(e), placing.offsets[i]!);
      });
      if (kept === length) return episodes.map((e) => ({ ...e, offset: settled.get(idOf(e))! }));
      start = kept;
      continue;
    }
    if (++reliefs > MOST_RELIEFS || budget.stop()) return undefined;
    const failed = (failures.get(start) ?? 0) + 1;
    failures.set(start, failed % PATIENCE);
    let from = failed === PATIENCE ? Math.max(0, start - STRIDE) : start; // what was settled may be what stands in the way
    if (relieve(accesses, residency.absent, room, placing.hot)) {
      residency = (await solveResidency(accesses, room, light)).residency;
      if (residency.traffic >= below) return undefined;
      const next = episodesOf(accesses, residency.absent);
      const ids = new Set(next.map(idOf));
      for (const e of episodes) if (settled.has(idOf(e)) && !ids.has(idOf(e))) from = Math.min(from, Math.floor(e.from / STRIDE) * STRIDE);
      episodes = next;
    } else if (failed < PATIENCE) from = Math.max(0, start - STRIDE);
    settled = new Map(episodes.flatMap((e) => (e.from < from && settled.has(idOf(e)) ? [[idOf(e), settled.get(idOf(e))!] as const] : [])));
    // Episodes newly made of settled ones have no place yet: begin where the first of them does.
    for (const e of episodes) if (e.from < from && !settled.has(idOf(e))) from = Math.min(from, Math.floor(e.from / STRIDE) * STRIDE);
    for (const e of episodes) if (e.from >= from) settled.delete(idOf(e));
    start = from;
  }
}

const idOf = (e: Episode): string => `${e.buffer}:${e.from}:${e.to}`;

/** `offsets[i]` is the place of `episodes[i]`. */
export const withOffsets = (episodes: readonly Episode[], offsets: readonly Bytes[]): readonly PlacedEpisode[] =>
  episodes.map((e, i) => ({ ...e, offset: offsets[i]! }));

/** Takes one kept buffer's worth of room from the hottest positions that still keep anything; false when there is none. */
function relieve(accesses: Accesses, absent: Uint8Array, room: Float64Array, hot: Float64Array): boolean {
  const { gaps, need } = accesses;
  const load = loadOf(accesses, absent);
  let hottest = -1;
  for (let t = 0; t < hot.length; t++) if (load[t]! > need[t]! && hot[t]! > (hottest < 0 ? 0 : hot[hottest]!)) hottest = t;
  if (hottest < 0) return false;
  const limit = 0.999 * hot[hottest]!;
  for (let t = 0; t < hot.length; t++) {
    if (hot[t]! < limit || load[t]! <= need[t]!) continue;
    let smallest = Number.POSITIVE_INFINITY;
    for (let g = 0; g < gaps.count && gaps.from[g]! < t; g++)
      if (!absent[g] && t < gaps.to[g]!) smallest = Math.min(smallest, gaps.footprint[g]!);
    room[t] = Math.max(need[t]!, load[t]! - smallest);
  }
  return true;
}
