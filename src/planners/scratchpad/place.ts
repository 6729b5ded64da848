import { bytes } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { type PackingResult, pack } from "../../search/packing/pack.js";
import type { PackingItem } from "../../search/packing/problem.js";
import type { Episode } from "./episodes.js";
import type { ScratchpadProblem } from "./plan.js";
import type { PlacedEpisode } from "./programme.js";

export type Placing =
  | { readonly status: "placed"; readonly episodes: readonly PlacedEpisode[] }
  /** `hot[t]`: how much position t takes part in what goes wrong. `proved`: no addresses exist for these episodes. */
  | { readonly status: "crowded"; readonly proved: boolean; readonly hot: Float64Array };

/** Gives every episode an address, reserved ranges being obstacles that are always there. */
export function place(problem: ScratchpadProblem, positions: number, episodes: readonly Episode[], nodes: number, budget: Budget): Placing {
  const { machine, buffers } = problem;
  const items: PackingItem[] = [
    ...episodes.map((e) => ({
      size: buffers[e.buffer]!.footprint,
      spans: [{ start: e.from, end: e.to + 1 }],
      alignment: machine.alignment,
    })),
    ...obstacles(problem, positions),
  ];
  const result = pack({ capacity: machine.capacity, items }, { seed: budget.seed, nodes, stop: budget.stop });
  if (result.status === "packed")
    return { status: "placed", episodes: episodes.map((e, i) => ({ ...e, offset: bytes(result.offsets[i]!) })) };
  return { status: "crowded", proved: result.status === "infeasible", hot: heat(result, episodes, positions) };
}

/** Whether the operands of one step have a place beside the reserved ranges: the smallest question of its kind, so it is decided. */
export function fitsAlone(problem: ScratchpadProblem, footprints: readonly number[], budget: Budget): boolean {
  const items = footprints.map((size): PackingItem => ({ size, spans: [{ start: 0, end: 1 }], alignment: problem.machine.alignment }));
  const all = [...items, ...obstacles(problem, 1)];
  return (
    pack({ capacity: problem.machine.capacity, items: all }, { seed: budget.seed, nodes: budget.nodes, stop: () => false }).status !==
    "infeasible"
  );
}

const obstacles = ({ machine }: ScratchpadProblem, positions: number): PackingItem[] =>
  machine.reserved
    .filter((r) => r.start < machine.capacity)
    .map((r) => ({ size: Math.min(r.end, machine.capacity) - r.start, spans: [{ start: 0, end: positions }], fixed: r.start }));

function heat(result: Exclude<PackingResult, { status: "packed" }>, episodes: readonly Episode[], positions: number): Float64Array {
  const hot = new Float64Array(positions);
  const weight = (i: number) => (result.status === "undecided" ? result.activity[i]! : 1);
  const involved = result.status === "undecided" ? episodes.map((_, i) => i) : result.core.filter((i) => i < episodes.length);
  let most = 0;
  for (const i of involved) most = Math.max(most, weight(i));
  for (const i of involved) for (let t = episodes[i]!.from; t <= episodes[i]!.to; t++) hot[t]! += most > 0 ? weight(i) / most : 1;
  return hot;
}
