import { packExactly } from "./exact.js";
import { instance } from "./instance.js";
import { contradiction, greedyOffsets, type Layout, layOut, loadBound } from "./layout.js";
import { broadSearch, type Restarts } from "./orders.js";
import type { PackingBudget, PackingItem, PackingProblem, PackingResult } from "./problem.js";

export { arena } from "./arena.js";
export type { PackingBudget, PackingItem, PackingProblem, PackingResult } from "./problem.js";

/**
 * Packs `items` below `capacity`, or proves that it cannot be done. Greedy orders first, which settle most real
 * cases; then, for each stretch of time that is independent of the rest, an exact tree search with restarts.
 *
 * @returns offsets in the order of `items`; a refutation with its conflicting items; or `undecided` when the nodes ran
 *   out or the instance is beyond the search (heights of more than 29 bits after scaling, 16.7 million meeting pairs).
 * @throws RangeError when a size, alignment or fixed offset is not a whole number in its range: a bug of the caller.
 */
export function pack(problem: PackingProblem, budget: PackingBudget): PackingResult {
  const { capacity, items } = problem;
  const layout = layOut(items);
  return contradiction(layout, capacity) ?? packLayout(layout, capacity, budget, greedyOffsets(layout, capacity), broadSearch);
}

/** The least height any packing of `items` needs because of what is alive at one time. O(n log n). */
export const lowerBound = (items: readonly PackingItem[]): number => loadBound(layOut(items)).height;

/** Packs a layout that `contradiction` let pass, taking each component from the first greedy packing in which it fits. */
export function packLayout(
  { items, time, parts }: Layout,
  capacity: number,
  budget: PackingBudget,
  greedy: Iterable<readonly number[]>,
  restarts: Restarts,
): PackingResult {
  const offsets = items.map((item) => item.fixed ?? 0);
  let open = parts;
  if (open.length > 0)
    for (const tried of greedy) {
      open = open.filter((part) => {
        if (!part.items.every((i) => tried[i]! + items[i]!.size <= capacity)) return true;
        for (const i of part.items) offsets[i] = tried[i]!;
        return false;
      });
      if (open.length === 0 || budget.stop()) break;
    }
  const activity = new Float64Array(items.length);
  let nodes = 0;
  let undecided = false;
  // Small ones first: a refutation of any of them settles the whole.
  for (const part of open.toSorted((a, b) => a.items.length - b.items.length)) {
    const exact = instance(items, time, part, capacity);
    const answer = exact && packExactly(exact, { ...budget, nodes: budget.nodes - nodes }, restarts);
    if (exact === undefined || answer === undefined) {
      undecided = true;
      continue;
    }
    nodes += answer.nodes;
    if (answer.status === "infeasible") {
      const core = answer.core.map((i) => exact.origin[i]!).sort((a, b) => a - b);
      return { status: "infeasible", proof: "search", core, bound: capacity + 1, nodes };
    }
    if (answer.status === "undecided") {
      undecided = true;
      for (let i = 0; i < exact.free; i++) activity[exact.origin[i]!] = answer.activity[i]!;
    } else {
      for (let i = 0; i < exact.free; i++) offsets[exact.origin[i]!] = answer.heights[i]! * exact.unit;
    }
  }
  return undecided ? { status: "undecided", nodes, activity } : { status: "packed", offsets, nodes };
}
