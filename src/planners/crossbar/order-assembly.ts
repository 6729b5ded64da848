import type { Budget } from "../../search/budget.js";
import { type Assembly, INFERENCES, type Priced, priced } from "./assembly.js";
import type { Choice } from "./choice.js";
import type { Loads } from "./loads.js";
import { type Reordered, reordered } from "./order-layers.js";
import type { CrossbarProblem, LayerId } from "./plan.js";
import { shopOf, worth } from "./schedule.js";

/**
 * Puts the contents of layers in an order, and on lines, that change fewer cells: of each layer where that costs less by the objective,
 * tables of inputs that have to be fetched
 * included, and of all only where the plan is no worse by it.
 */
export function inBetterOrder(problem: CrossbarProblem, choice: Choice, given: Assembly, budget: Budget): Assembly {
  const lanes = choice.options.map((option) => option.lanes);
  const tried = reordered(given.layers, lanes, budget, problem.sharing);
  const still = { ...given, order: levelOf(tried, new Set()) };
  const changed = given.layers.flatMap((p, l): readonly LayerId[] => (tried.layers[l] === p ? [] : [l]));
  if (changed.length === 0) return still;
  const all = assembled(problem, choice, given, tried, new Set(changed), []);
  const [before, after] = [given, all].map(({ loads }) => costsOf(problem, loads));
  const worn = problem.objective === "endurance" ? onWorn(all, given.maxCellWrites) : new Set<LayerId>();
  const kept = new Set(changed.filter((l) => after![l]! <= before![l]! && !worn.has(l)));
  const dropped = { priced: all, changed: new Set(changed.filter((l) => !kept.has(l))) };
  const better = kept.size === changed.length ? all : assembled(problem, choice, given, tried, kept, [dropped]);
  const fits = keepsLimit(problem, better) || !keepsLimit(problem, given);
  return fits && worthOf(problem, better) <= worthOf(problem, given) ? better : still;
}

/** Whether no cell is written more often than the problem allows. */
export const keepsLimit = (
  { mostCellWrites = Number.POSITIVE_INFINITY }: CrossbarProblem,
  { maxCellWrites }: Pick<Priced, "maxCellWrites">,
): boolean => maxCellWrites <= mostCellWrites * INFERENCES;

/** The assembly with some layers in their new order; `known` what else crossbars are known to take. */
function assembled(
  problem: CrossbarProblem,
  choice: Choice,
  given: Assembly,
  tried: Reordered,
  taken: ReadonlySet<LayerId>,
  known: readonly { readonly priced: Priced; readonly changed: ReadonlySet<LayerId> }[],
): Assembly {
  const layers = given.layers.map((p, l) => (taken.has(l) ? tried.layers[l]! : p));
  const turns = given.turns.map((mine, l) => (taken.has(l) ? tried.turns[l]! : mine));
  return {
    ...given,
    layers,
    turns,
    ...priced(problem, layers, turns, choice, { priced: given, changed: taken }, ...known),
    order: levelOf(tried, taken),
  };
}

/** Cells that change in one pass with these layers in their new order. */
const levelOf = ({ counts }: Reordered, taken: ReadonlySet<LayerId>): { readonly value: number; readonly bound: number } =>
  counts.reduce((sum, { value, before, bound }, l) => ({ value: sum.value + (taken.has(l) ? value : before), bound: sum.bound + bound }), {
    value: 0,
    bound: 0,
  });

/** Layers on crossbars of which a cell is written more often than `most` times. */
const onWorn = ({ loads: { begins, layer }, tallies }: Assembly, most: number): ReadonlySet<LayerId> =>
  new Set(tallies.flatMap(({ maxCellWrites }, x) => (maxCellWrites > most ? [...layer.subarray(begins[x]!, begins[x + 1]!)] : [])));

/** What each layer's loads take of what the objective counts. */
function costsOf({ machine, layers, objective }: CrossbarProblem, { layer, fetch, program, fire, energy, writes }: Loads): Float64Array {
  const sums = new Float64Array(layers.length);
  const taking = (at: number) => Math.max(program[at]!, fetch[at]! * machine.programming.writers) + fire[at]!;
  const cost = {
    programming: taking,
    latency: taking,
    energy: (at: number) => energy[at]!,
    endurance: (at: number) => writes[at]!,
  }[objective];
  for (let at = 0; at < layer.length; at++) sums[layer[at]!] = sums[layer[at]!]! + cost(at);
  return sums;
}

/** What the objective counts in one run of the table. */
export function worthOf(problem: CrossbarProblem, { loads, energy, maxCellWrites }: Assembly): number {
  const { objective } = problem;
  if (objective === "energy") return energy;
  if (objective === "endurance") return maxCellWrites;
  const { length, waiting } = worth(loads, INFERENCES, shopOf(problem));
  return objective === "latency" ? length : waiting;
}
