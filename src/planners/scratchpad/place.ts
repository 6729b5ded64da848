import type { Interval } from "../../base/interval.js";
import { type Bytes, bytes } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { type PackingResult, pack } from "../../search/packing/pack.js";
import type { PackingItem } from "../../search/packing/problem.js";
import type { Episode } from "./episodes.js";
import type { ScratchpadProblem } from "./plan.js";

export type Placing =
  /** `offsets[i]` of `episodes[i]`. */
  | { readonly status: "placed"; readonly offsets: readonly Bytes[] }
  /** `hot[t]`: how much position t takes part in what goes wrong. */
  | { readonly status: "crowded"; readonly hot: Float64Array };

/**
 * Gives every episode an address for the positions of `window`, reserved ranges being obstacles that are always
 * there.
 *
 * @param episodes all of them overlap the window
 * @param fixed `fixed[i]`: the offset that episode i must have
 */
export function place(
  problem: ScratchpadProblem,
  window: Interval,
  episodes: readonly Episode[],
  fixed: readonly (Bytes | undefined)[],
  nodes: number,
  budget: Budget,
): Placing {
  const { machine, buffers } = problem;
  const items = episodes.map((e, i): PackingItem => {
    const spans = [{ start: Math.max(e.from, window.start), end: Math.min(e.to + 1, window.end) }];
    const item = { size: buffers[e.buffer]!.footprint, spans, alignment: machine.alignment };
    return fixed[i] === undefined ? item : { ...item, fixed: fixed[i] };
  });
  const all = [...items, ...obstacles(problem, window)];
  const result = pack({ capacity: machine.capacity, items: all }, { seed: budget.seed, nodes, stop: budget.stop });
  if (result.status === "packed") return { status: "placed", offsets: episodes.map((_, i) => bytes(result.offsets[i]!)) };
  return { status: "crowded", hot: heat(result, episodes, window) };
}

/** Whether the operands of one step have a place beside the reserved ranges: the smallest question of its kind, so it is decided. */
export function fitsAlone(problem: ScratchpadProblem, footprints: readonly number[], budget: Budget): boolean {
  const items = footprints.map((size): PackingItem => ({ size, spans: [{ start: 0, end: 1 }], alignment: problem.machine.alignment }));
  const all = [...items, ...obstacles(problem, { start: 0, end: 1 })];
  return (
    pack({ capacity: problem.machine.capacity, items: all }, { seed: budget.seed, nodes: budget.nodes, stop: () => false }).status !==
    "infeasible"
  );
}

const obstacles = ({ machine }: ScratchpadProblem, window: Interval): PackingItem[] =>
  machine.reserved
    .filter((r) => r.start < machine.capacity)
    .map((r) => ({ size: Math.min(r.end, machine.capacity) - r.start, spans: [window], fixed: r.start }));

function heat(result: Exclude<PackingResult, { status: "packed" }>, episodes: readonly Episode[], window: Interval): Float64Array {
  const hot = new Float64Array(window.end);
  const weight = (i: number) => (result.status === "undecided" ? result.activity[i]! : 1);
  const involved = result.status === "undecided" ? episodes.map((_, i) => i) : result.core.filter((i) => i < episodes.length);
  let most = 0;
  for (const i of involved) most = Math.max(most, weight(i));
  for (const i of involved) {
    const { from, to } = episodes[i]!;
    for (let t = Math.max(from, window.start); t <= Math.min(to, window.end - 1); t++) hot[t]! += most > 0 ? weight(i) / most : 1;
  }
  return hot;
}
