import type { Budget } from "../budget.js";
import type { Frontier } from "./frontier.js";
import { solveGame } from "./game.js";
import { type Instance, ROUNDING } from "./instance.js";
import { admit, comeThrough, priceMoves, type Tables, tablesOf, traced } from "./passes.js";

/** What a search over one instance keeps: its tables, the plans met so far, and how much work was done. */
export interface Dual {
  readonly instance: Instance;
  readonly tables: Tables;
  readonly effort: Effort;
  /** What plans cost per column, and their time: columns of the game at every time from theirs on. */
  readonly plans: Plan[];
  multipliers: Float64Array;
}

export interface Effort {
  readonly budget: Budget;
  nodes: number;
}

interface Plan {
  readonly sums: Float64Array;
  readonly time: number;
}

/** Multipliers per column (they add up to 1) and the least weighted sum of shares of the caps; no multipliers reach more than `most`. */
export interface Weighing {
  readonly multipliers: Float64Array;
  readonly value: number;
  readonly most: number;
}

export function dualOf(instance: Instance, frontier: Frontier, budget: Budget): Dual {
  const multipliers = new Float64Array(instance.columns).fill(1 / instance.columns);
  return { instance, tables: tablesOf(instance, frontier), effort: { budget, nodes: 0 }, plans: [], multipliers };
}

export const spent = ({ budget, nodes }: Effort): boolean => nodes >= budget.nodes || budget.stop();

/** A weighted sum above 1 by this much is above 1 whatever the order of adding up. */
export const MARGIN = 1e-9;

/** What each column may sum up to at `time`. Of the load at least a trace, so that shares of it stay finite. */
export function capsAt({ budgets, rate, fixedLoad, mostLoad }: Instance, time: number): Float64Array {
  return Float64Array.from([...budgets, Math.max(rate * time - fixedLoad, (1 + mostLoad) * ROUNDING)]);
}

/**
 * The multipliers at which the cheapest plan among options of time at most `time` costs most: column generation, each
 * round a game over the plans met so far and a pass for the cheapest plan at a point between its multipliers and the best so far.
 *
 * @param settle false: stops as soon as it is clear on which side of 1 the value lies.
 */
export function weigh(dual: Dual, time: number, settle: boolean): Weighing {
  const { instance, tables, effort, plans } = dual;
  const caps = capsAt(instance, time);
  admit(tables, time);
  const points = plans.filter((plan) => plan.time <= time).map(({ sums }) => sums.map((sum, c) => sum / caps[c]!));
  let best = { value: Number.NEGATIVE_INFINITY, multipliers: dual.multipliers };
  let most = Number.POSITIVE_INFINITY;

  const tryAt = (multipliers: Float64Array): void => {
    priceMoves(
      tables,
      multipliers.map((x, c) => x / caps[c]!),
    );
    const value = comeThrough(tables);
    effort.nodes++;
    if (value > best.value) best = { value, multipliers };
    if (value === Number.POSITIVE_INFINITY) return;
    const plan = planOf(instance, traced(tables));
    plans.push(plan);
    points.push(plan.sums.map((sum, c) => sum / caps[c]!));
  };

  tryAt(dual.multipliers);
  for (let round = 0; round < MOST_ROUNDS && best.value < Number.POSITIVE_INFINITY; round++) {
    if (!settle && best.value > 1 + MARGIN) break;
    if (points.at(-1)!.every((share) => share <= 0)) {
      most = 0;
      break;
    }
    const game = solveGame(points, instance.columns);
    most = game.value;
    if (most - best.value < TOLERANCE || (!settle && most < 1) || spent(effort)) break;
    const towards = round % 4 === 3 ? 1 : 0.5;
    tryAt(game.multipliers.map((x, c) => towards * x + (1 - towards) * best.multipliers[c]!));
  }
  if (plans.length > MOST_PLANS) plans.splice(0, plans.length - MOST_PLANS);
  if (best.value < Number.POSITIVE_INFINITY) dual.multipliers = best.multipliers;
  return { ...best, most };
}

const MOST_ROUNDS = 120;
const MOST_PLANS = 200;
const TOLERANCE = 1e-6;

function planOf({ columns, cost, time }: Instance, choices: Int32Array): Plan {
  const sums = new Float64Array(columns);
  let slowest = 0;
  for (const choice of choices) {
    for (let c = 0; c < columns; c++) sums[c]! += cost[choice * columns + c]!;
    slowest = Math.max(slowest, time[choice]!);
  }
  return { sums, time: slowest };
}
