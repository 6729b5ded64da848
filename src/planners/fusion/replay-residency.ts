import type { Interval } from "../../base/interval.js";
import type { Residency } from "../../base/replay.js";
import { bytes, cycles } from "../../base/units.js";
import type { FusionProblem } from "./plan.js";
import type { Region, Regions } from "./replay-buffers.js";
import type { Cast } from "./replay-tiles.js";
import { weightsName } from "./replay-work.js";

/** Where a group stands among the steps and in time. */
export interface Place {
  /** Step of its first layer. */
  readonly step: number;
  readonly cycles: Interval<number>;
  /** Share of the group's time that has gone by when each layer begins, and 1 at the end. */
  readonly shares: readonly number[];
}

/**
 * Which bytes hold what while a group runs. Regions that stay lie at the bottom, those of inner maps and partial sums above
 * them in the holes that others leave, weights on top. Of a group with several tiles one pass is shown, drawn out over the
 * group's time with each layer's share of it: what passes is there once in every tile.
 */
export function residencyOf(
  problem: FusionProblem,
  cast: Cast,
  { fixed, passing, features, weights, exit }: Regions,
  place: Place,
): Residency[] {
  const split = problem.machine.buffers.arrangement === "split";
  const length = place.cycles.end - place.cycles.start;
  const when = (k: number) => cycles(place.cycles.start + Math.round(place.shares[k]! * length));
  const rows: Residency[] = [];
  const put = (memory: number, { name, kind }: Region, offset: number, size: number, from: number, to: number) => {
    rows.push({
      memory,
      name,
      kind,
      offset: bytes(offset),
      size: bytes(size),
      cycles: { start: when(from), end: when(to) },
      steps: { start: place.step + from, end: place.step + to },
    });
  };
  const N = cast.layers.length;
  let top = 0;
  for (const region of fixed) {
    put(0, region, top, region.size, 0, N);
    top += region.size;
  }

  let holes: Interval<number>[] = [{ start: top, end: features }];
  const guests: { readonly to: number; readonly places: readonly Interval<number>[] }[] = [];
  for (let k = 0; k < N; k++) {
    const gone = guests.filter(({ to }) => to === k).flatMap(({ places }) => places);
    if (gone.length > 0) holes = merged([...holes, ...gone]);
    for (const region of passing.filter(({ from }) => from === k)) {
      const { taken, left } = take(holes, region.size);
      holes = left;
      guests.push({ to: region.to, places: taken });
      for (const { start, end } of taken) put(0, region, start, end - start, k, region.to);
    }
  }

  if (exit !== undefined) put(0, exit, features, exit.size, 0, N);
  const sizes = cast.layers.map((l) => problem.layers[l]!.weights);
  const all = sizes.reduce((sum, n) => sum + n, 0);
  let base = split ? 0 : features + (exit?.size ?? 0);
  if (weights >= all)
    cast.layers.forEach((l, k) => {
      const size = sizes[k]!;
      if (size > 0) put(split ? 1 : 0, { name: weightsName(problem.layers[l]!), kind: "weight", size }, base, size, 0, N);
      base += size;
    });
  else if (weights > 0) {
    const name = N === 1 ? weightsName(problem.layers[cast.layers[0]!]!) : "weights in passing";
    put(split ? 1 : 0, { name, kind: "weight", size: weights }, base, weights, 0, N);
  }
  return rows;
}

/** `size` bytes out of `holes`, lowest first, in as many pieces as that takes. */
function take(holes: readonly Interval<number>[], size: number): { readonly taken: Interval<number>[]; readonly left: Interval<number>[] } {
  const taken: Interval<number>[] = [];
  const left: Interval<number>[] = [];
  let missing = size;
  for (const { start, end } of holes) {
    const piece = Math.min(missing, end - start);
    if (piece > 0) taken.push({ start, end: start + piece });
    if (start + piece < end) left.push({ start: start + piece, end });
    missing -= piece;
  }
  return { taken, left };
}

/** Neighbours in one. */
function merged(list: readonly Interval<number>[]): Interval<number>[] {
  const out: { start: number; end: number }[] = [];
  for (const { start, end } of [...list].sort((a, b) => a.start - b.start)) {
    const last = out.at(-1);
    if (last !== undefined && last.end === start) last.end = end;
    else out.push({ start, end });
  }
  return out;
}
