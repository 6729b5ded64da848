import type { Bytes } from "../../../base/units.js";
import type { Budget } from "../../../search/budget.js";
import { place } from "../place.js";
import type { ScratchpadProblem } from "../plan.js";
import type { PlacedEpisode } from "../programme.js";
import type { Schedule } from "./schedule.js";

/** Positions packed together when the whole does not pack; the addresses of the first half are then settled. */
const WINDOW = 240;
/** Windows that did not pack, in all (beyond so many positions fewer), and of one before its predecessor is packed anew. */
const MOST_FAILURES = 60;
const USUAL_STEPS = 600;
const PATIENCE = 8;
/** Share of the budget's nodes for one packing; a node costs in proportion to the items, so beyond so many there are fewer. */
const SHARE = 200;
const USUAL_ITEMS = 300;
/** Positions of at least this share of the greatest heat are cut off together. */
const NEARLY = 0.9;

export type Addresses =
  /** Stays in the order in which the programme lists their fetches. */
  | { readonly status: "placed"; readonly episodes: readonly PlacedEpisode[] }
  /** What must be there at the same time was not packed; `hot[t]`: how much position t takes part in what goes wrong. */
  | { readonly status: "crowded"; readonly hot: Float64Array };

/**
 * Gives the stays of a schedule addresses that are theirs for as long as the schedule says. Where that many do not pack,
 * stays give up the time before their first access or after their last where it is tightest: a transfer may then have to
 * wait for an earlier tenant.
 */
export function addressesFor(
  problem: ScratchpadProblem,
  { count, length, buffer, from, to, listed, fetched, ...schedule }: Schedule,
  budget: Budget,
): Addresses {
  const begin = Int32Array.from(schedule.begin);
  const end = Int32Array.from(schedule.end);
  const offsets: (Bytes | undefined)[] = new Array(count).fill(undefined);
  const all = Array.from({ length: count }, (_, i) => i);

  const pack = (start: number, stop: number) => {
    const inside = all.filter((i) => begin[i]! < stop && end[i]! >= start);
    const stays = inside.map((i) => ({ buffer: buffer[i]!, from: begin[i]!, to: end[i]! }));
    const fixed = inside.map((i) => offsets[i]);
    const nodes = Math.ceil((budget.nodes / SHARE) * Math.min(1, USUAL_ITEMS / stays.length));
    return { inside, placing: place(problem, { start, end: stop }, stays, fixed, nodes, budget) };
  };
  /** Cuts the hottest positions off the largest stay without an address that can spare them; false where none can. */
  const trim = (inside: readonly number[], hot: Float64Array): boolean => {
    let heat = 0;
    let chosen = -1;
    for (const i of inside) {
      if (offsets[i] !== undefined) continue;
      let spared = 0;
      for (let t = begin[i]!; t < Math.min(listed[i]!, hot.length); t++) spared = Math.max(spared, hot[t]!);
      for (let t = to[i]! + 1; t <= Math.min(end[i]!, hot.length - 1); t++) spared = Math.max(spared, hot[t]!);
      if (spared === 0 || spared < heat) continue;
      if (spared === heat && footprintOf(chosen) >= footprintOf(i)) continue;
      heat = spared;
      chosen = i;
    }
    if (chosen < 0) return false;
    const most = Math.min(listed[chosen]!, hot.length);
    for (let t = begin[chosen]!; t < most; t++) if (hot[t]! >= NEARLY * heat) begin[chosen] = t + 1;
    for (let t = end[chosen]!; t > to[chosen]!; t--) if (t < hot.length && hot[t]! >= NEARLY * heat) end[chosen] = t - 1;
    return true;
  };
  const footprintOf = (i: number): number => problem.buffers[buffer[i]!]!.footprint;

  const whole = pack(0, length);
  if (whole.placing.status === "placed") for (const i of all) offsets[i] = whole.placing.offsets[i]!;
  const stride = Math.ceil(Math.min(WINDOW, length / 2) / 2);
  const most = MOST_FAILURES * Math.min(1, USUAL_STEPS / length);
  for (let start = 0, failures = 0, here = 0; whole.placing.status !== "placed" && start < length; ) {
    const stop = Math.min(length, start + 2 * stride);
    const { inside, placing } = pack(start, stop);
    if (placing.status === "placed") {
      const kept = stop === length ? length : start + stride;
      inside.forEach((i, k) => {
        if (begin[i]! < kept) offsets[i] = placing.offsets[k]!;
      });
      start = kept;
      here = 0;
      continue;
    }
    if (++failures > most || budget.stop()) return placing;
    if (trim(inside, placing.hot) && ++here < PATIENCE) continue;
    if (start === 0) {
      if (here < PATIENCE) return placing;
      here = 0;
      continue;
    }
    here = 0;
    start = Math.max(0, start - stride); // what was settled may be what stands in the way
    for (const i of all) if (begin[i]! >= start) offsets[i] = undefined;
  }
  const created = new Set(all);
  for (const i of fetched) created.delete(i);
  const episodes = [...fetched, ...created].map(
    (i): PlacedEpisode => ({ buffer: buffer[i]!, from: from[i]!, to: to[i]!, listed: listed[i]!, offset: offsets[i]! }),
  );
  return { status: "placed", episodes };
}
