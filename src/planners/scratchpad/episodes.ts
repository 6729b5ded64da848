import type { Accesses } from "./accesses.js";
import type { BufferId } from "./plan.js";

/** A stay of a buffer in the scratchpad: it is there while the positions `from` to `to`, both included, run. */
export interface Episode {
  readonly buffer: BufferId;
  readonly from: number;
  readonly to: number;
}

/** The stays of every buffer, ordered by their begin, when the gaps with `absent[g] !== 0` are left empty. */
export function episodesOf({ first, last, gaps }: Accesses, absent: Uint8Array): readonly Episode[] {
  const from = Int32Array.from(first);
  const episodes: Episode[] = [];
  for (let g = 0; g < gaps.count; g++) {
    if (!absent[g]) continue;
    const buffer = gaps.buffer[g]!;
    episodes.push({ buffer, from: from[buffer]!, to: gaps.from[g]! });
    from[buffer] = gaps.to[g]!;
  }
  last.forEach((to, buffer) => {
    if (to >= 0) episodes.push({ buffer, from: from[buffer]!, to });
  });
  return episodes.sort((a, b) => a.from - b.from || a.buffer - b.buffer);
}
