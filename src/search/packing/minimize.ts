import { descent, type Lead } from "./descent.js";
import { unitOf } from "./instance.js";
import { contradiction, greedyOffsets, type Layout, layOut, loadBound } from "./layout.js";
import { broadSearch, type Restarts } from "./orders.js";
import { packLayout } from "./pack.js";
import type { PackingBudget, PackingProblem, PackingResult } from "./problem.js";

/** What `minimize` found below the problem's capacity. No packing is lower than `bound`. */
export type Minimized =
  | {
      /** `optimal` when `height` equals `bound`. */
      readonly status: "optimal" | "feasible";
      readonly height: number;
      readonly bound: number;
      readonly offsets: number[];
      readonly nodes: number;
    }
  | Extract<PackingResult, { status: "infeasible" }>
  | { readonly status: "unknown"; readonly bound: number; readonly nodes: number };

/** Nodes of one attempt at a height, per item. */
const SLICE = 60;
/**
 * The lowest height at which the items pack, as far as the budget reaches. Starts from the greedy packings and the
 * load bound, tries the bound itself, then steps down from the lowest packing known, twice as far after a success and
 * half as far after a failure. Two ways of searching share the nodes by what
 * they have achieved: short runs near the lowest packing, and the broad search, which at the smallest step runs longer
 * and longer until it refutes a height; that raises the bound.
 *
 * @param report told of the first packing and of every improvement of height or bound.
 */
export function minimize(
  { capacity, items }: PackingProblem,
  budget: PackingBudget,
  report: (height: number, bound: number) => void = () => {},
): Minimized {
  const layout = layOut(items);
  const refused = contradiction(layout, capacity);
  if (refused !== undefined) return refused;
  let { height: bound } = loadBound(layout);
  const greedy = [...greedyOffsets(layout, bound)];
  let best = lowestGreedy(layout, greedy);
  let nodes = 0;
  let attempt = 0;
  const packBelow = (height: number, most: number, restarts: Restarts) => {
    const slice = { ...budget, seed: budget.seed + attempt++, nodes: Math.min(most, budget.nodes - nodes) };
    const answer = packLayout(layout, height, slice, [best, ...greedy], restarts);
    nodes += answer.nodes;
    return answer;
  };

  let height = heightOf(layout, best);
  if (height > capacity) {
    const answer = packBelow(capacity, Number.POSITIVE_INFINITY, broadSearch);
    if (answer.status === "infeasible") return answer;
    if (answer.status === "undecided") return { status: "unknown", bound, nodes };
    best = answer.offsets;
    height = heightOf(layout, best);
  }

  report(height, bound);
  const grid = unitOf(items, 1); // every height is a multiple of it
  const lead: Lead = { blur: new Float64Array(items.length), offsets: Float64Array.from(best) };
  const slice = SLICE * Math.max(100, items.length);
  let longer = slice;
  const near = { restarts: descent(lead), nodes: 0, packings: 0 };
  const broad = { restarts: broadSearch, nodes: 0, packings: 0 };
  for (let step = height - bound; height > bound && nodes < budget.nodes && !budget.stop(); ) {
    step = Math.min(step, height - bound);
    const target = height - step;
    const way = broad.nodes * (near.packings + 1) <= near.nodes * (broad.packings + 1) ? broad : near;
    const answer = packBelow(target, way === broad && step <= grid ? longer : slice, way.restarts);
    way.nodes += answer.nodes;
    if (answer.status === "packed") {
      best = answer.offsets;
      lead.offsets.set(best);
      height = heightOf(layout, best);
      way.packings++;
      step *= 2;
      report(height, bound);
    } else if (answer.status === "infeasible") {
      bound = Math.max(bound, (Math.floor(target / grid) + 1) * grid);
      report(height, bound);
    } else if (answer.nodes === 0) {
      break; // beyond the tree search
    } else if (step > grid) {
      step = Math.max(1, Math.floor(step / 2 / grid)) * grid;
    } else if (way === broad) {
      longer *= 2;
    }
  }
  return { status: height <= bound ? "optimal" : "feasible", height, bound, offsets: [...best], nodes };
}

/** Each component from the greedy packing that keeps it lowest. */
function lowestGreedy({ items, parts }: Layout, greedy: readonly (readonly number[])[]): number[] {
  const offsets = items.map((item) => item.fixed ?? 0);
  for (const part of parts) {
    const top = (tried: readonly number[]) => part.items.reduce((most, i) => Math.max(most, tried[i]! + items[i]!.size), 0);
    const lowest = greedy.reduce((a, b) => (top(b) < top(a) ? b : a));
    for (const i of part.items) offsets[i] = lowest[i]!;
  }
  return offsets;
}

const heightOf = ({ items, time: { first } }: Layout, offsets: readonly number[]): number =>
  items.reduce((top, item, i) => (first[i]! < first[i + 1]! ? Math.max(top, offsets[i]! + item.size) : top), 0);
