import { fits } from "./bounds.js";
import { type Mode, place, postpone, regionScratch, select } from "./branch.js";
import { mostLevels, type State } from "./state.js";
import { overgrown, rewind, undo } from "./trail.js";

/** Nodes between two looks at the clock. */
const PATIENCE = 255;

/**
 * One run of the tree search from the empty path: each decision puts an item at its lowest height or keeps it off that
 * height. Bottom-up, so every left-justified packing is reached once. A failure returns to the latest decision that is
 * to blame for it and jumps over the innocent ones between (conflict-directed backjumping).
 *
 * @returns `packed` (heights in `state.at`), `infeasible` (a refutation, its items in `state.involved`) or `limit`.
 */
export function search(
  s: State,
  mode: Mode,
  preference: Int32Array,
  nodes: number,
  stop: () => boolean,
): "packed" | "infeasible" | "limit" {
  const { instance, trail, at, blame } = s;
  const most = mostLevels(instance);
  const scratch = regionScratch(instance.sections);
  const item = new Int32Array(most);
  const second = new Uint8Array(most); // 1 where the first branch is refuted
  const mark = new Int32Array(most); // raises before the decision
  const refuted: Int32Array[] = []; // per level, the decisions that refuted its first branch
  rewind(trail, instance);
  at.fill(-1);
  blame.fill(0);
  s.involved.fill(0);
  const end = s.nodes + nodes;
  let depth = 0;
  let sound = fits(s);
  for (;;) {
    if (sound) {
      if (s.nodes >= end || depth >= most - 1 || overgrown(trail) || ((s.nodes & PATIENCE) === PATIENCE && stop())) return "limit";
      s.nodes++;
      const next = select(s, mode, preference, scratch);
      if (next < 0) return "packed";
      const level = depth++;
      trail.words = (level >> 5) + 1;
      item[level] = next;
      second[level] = 0;
      mark[level] = trail.entries;
      blame.fill(0, 0, trail.words);
      sound = place(s, next, level);
      continue;
    }
    while (!sound && depth > 0) {
      const level = depth - 1;
      const words = (level >> 5) + 1;
      undo(trail, mark[level]!);
      if (second[level] === 0) at[item[level]!] = -1;
      const bit = 1 << (level & 31);
      if ((blame[level >> 5]! & bit) === 0) {
        depth--;
        continue;
      }
      blame[level >> 5]! &= ~bit;
      if (second[level] === 1) {
        const other = refuted[level]!;
        for (let w = 0; w < words; w++) blame[w]! |= other[w]!;
        depth--;
        continue;
      }
      second[level] = 1;
      refuted[level] ??= new Int32Array(words);
      refuted[level].set(blame.subarray(0, words));
      blame.fill(0, 0, words);
      trail.words = words;
      sound = postpone(s, item[level]!, level);
      if (!sound) continue;
    }
    if (!sound) return "infeasible";
  }
}
