import type { Budget } from "../budget.js";
import type { Selected, Selection } from "./problem.js";
import { select } from "./select.js";

/**
 * Of the choices of time at most `time` the one that costs least: what rows cost, each times its weight, added up. It is a
 * selection itself: the load becomes one more row, and the weighted costs become the load.
 *
 * @param weights per row of the selection; none negative.
 * @returns an answer whose `time` and `bound` are weighted costs. Its certificate speaks of that other selection.
 */
export function leanest(selection: Selection, time: number, weights: readonly number[], budget: Budget): Selected {
  const { rows, budgets, rate, fixedLoad, nodes, edges } = selection;
  const weigh = (costs: readonly number[]) => costs.reduce((sum, cost, row) => sum + weights[row]! * cost, 0);
  const numbers = nodes.map(({ options }) => [...options.keys()].filter((o) => options[o]!.time <= time));
  const found = select(
    {
      rows: [...rows, "load"],
      budgets: [...budgets, rate * time - fixedLoad],
      rate: 1,
      fixedLoad: 0,
      nodes: nodes.map(({ options }, v) => ({
        options: numbers[v]!.map((o) => {
          const option = options[o]!;
          return { ...option, time: 0, costs: [...option.costs, option.load], load: weigh(option.costs) };
        }),
      })),
      edges: edges.map((edge) => ({
        ...edge,
        converters: edge.converters.map((c) => ({ ...c, costs: [...c.costs, c.load ?? 0], load: weigh(c.costs) })),
      })),
    },
    budget,
  );
  return "choice" in found ? { ...found, choice: found.choice.map((o, v) => numbers[v]![o]!) } : found;
}
