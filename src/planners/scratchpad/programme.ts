import { add, type Bytes, bytes, max } from "../../base/units.js";
import type { Accesses } from "./accesses.js";
import type { Episode } from "./episodes.js";
import type { Action, ScratchpadPlan, ScratchpadProblem } from "./plan.js";

/** An episode with its place. */
export interface PlacedEpisode extends Episode {
  readonly offset: Bytes;
  /** The position before which its fetch stands in the programme, where that is not `from`; its addresses are free from there on. */
  readonly listed?: number;
}

/**
 * Writes the static programme for placed episodes. A content that is needed again after its episode, and the
 * last content of a network output, is stored as soon as it is complete, so that the write overlaps with
 * computation; every episode but a created one begins with a fetch. Fetches before one position keep the order of
 * `episodes`.
 *
 * @param episodes cover every access of `accesses`, those of one buffer do not overlap
 */
export function programme(problem: ScratchpadProblem, accesses: Accesses, episodes: readonly PlacedEpisode[]): ScratchpadPlan {
  const { buffers, steps } = problem;
  const { order, touches, writeCost, first } = accesses;
  const beginning: PlacedEpisode[][] = order.map(() => []);
  const listed: PlacedEpisode[][] = order.map(() => []);
  const ending: PlacedEpisode[][] = order.map(() => []);
  for (const e of episodes) {
    beginning[e.from]!.push(e);
    listed[e.listed ?? e.from]!.push(e);
    ending[e.to]!.push(e);
  }

  // A version is stored where it is still wanted in an episode other than the one it was made in.
  const stored = new Uint8Array(writeCost.length);
  const endOf = new Int32Array(buffers.length).fill(-1);
  for (let t = 0; t < order.length; t++) {
    for (const e of beginning[t]!) endOf[e.buffer] = e.to;
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
      const wantedLater = touches.next[k]! > endOf[touches.buffer[k]!]!;
      if (wantedLater) stored[touches.version[k]!] = 1;
    }
  }

  const writesLeft = new Int32Array(buffers.length);
  for (const s of steps) for (const b of s.writes) writesLeft[b]! += 1;
  const actions: Action[] = [];
  let moved = bytes(0);
  let peak = bytes(0);
  order.forEach((id, t) => {
    const step = steps[id]!;
    for (const { buffer, offset, from } of listed[t]!) {
      const { size, footprint, offChip } = buffers[buffer]!;
      const again = first[buffer]! < from;
      if (again) moved = add(moved, size);
      actions.push({ kind: again || offChip ? "fetch" : "create", buffer, offset });
      peak = max(peak, add(offset, footprint));
    }
    actions.push({ kind: "run", step: id });
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
      const buffer = touches.buffer[k]!;
      if (!step.writes.includes(buffer)) continue;
      writesLeft[buffer]! -= 1;
      const delivered = buffers[buffer]!.keep && writesLeft[buffer] === 0;
      if (!delivered && !stored[touches.version[k]!]) continue;
      actions.push({ kind: "store", buffer });
      if (!delivered) moved = add(moved, buffers[buffer]!.size);
    }
    for (const { buffer } of ending[t]!) actions.push({ kind: "evict", buffer });
  });
  return { kind: "scratchpad", actions, claims: { nonCompulsory: moved, peak } };
}
