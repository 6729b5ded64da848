import { capsAt, type Dual, MARGIN, weigh } from "./dual.js";
import { ROUNDING } from "./instance.js";
import { label, type Quest } from "./labels.js";
import type { Selection } from "./problem.js";

export interface Choice {
  /** Option of each node. */
  readonly choice: readonly number[];
  readonly time: number;
  /** Choice of the instance at each step of the frontier. */
  readonly steps: Int32Array;
}

/**
 * What a search at one time shows. `none`: no choice is that fast; `columns` are those that rule it out. `least`: no choice is
 * faster than that, though `plan`, the fastest met, may be slower. `open`: labels were thrown away, so nothing is shown beyond `plan`.
 */
export type Attempt =
  | { readonly kind: "none"; readonly columns: readonly number[] }
  | { readonly kind: "least"; readonly least: number; readonly plan: Choice | undefined }
  | { readonly kind: "open"; readonly plan: Choice | undefined };

/**
 * Looks for the choice of least load among those of time at most `time`. Columns without a multiplier are left out of
 * account, which makes for far fewer labels; where a choice breaks one of them it joins `asked`, and the search runs again.
 *
 * @param asked columns that count whatever their multipliers; grows.
 */
export function attempt(selection: Selection, dual: Dual, time: number, width: number, asked: Set<number>): Attempt {
  const { instance, tables, effort } = dual;
  const load = instance.columns - 1;
  for (;;) {
    const { value, multipliers } = weigh(dual, time, true);
    if (value > 1 + MARGIN) return { kind: "none", columns: [...multipliers.keys()].filter((c) => multipliers[c]! > NEGLIGIBLE) };
    const columns = [...multipliers.keys()].filter((c) => c === load || multipliers[c]! > NEGLIGIBLE || asked.has(c));
    const caps = capsAt(instance, time);
    const quest: Quest = { columns, caps, width, weights: weightsAround(multipliers, columns, caps, tables.frontier.states) };
    const { found, complete } = label(tables, quest, effort);
    if (found.length === 0) return complete ? { kind: "none", columns } : { kind: "open", plan: undefined };

    const all = judged(selection, dual, found);
    const plan = all.find(({ broken }) => broken.length === 0);
    const broken = all[0]!.broken.map((row) => instance.rowOf.indexOf(row)).filter((c) => !asked.has(c));
    for (const c of broken) asked.add(c);
    if (plan === undefined && broken.length > 0) continue;
    if (!complete || plan === undefined) return { kind: "open", plan };
    return { kind: "least", least: Math.min(time, loadTime(selection, all[0]!.load)), plan };
  }
}

/** A multiplier below it is as good as none. */
export const NEGLIGIBLE = 1e-6;
const MOST_WEIGHTS = 16;
/** Completion bounds kept for all weights together. */
const MOST_BOUNDS = 8_000_000;
const SKEWS = [2, 0.5, 1.3, 0.77, 4, 0.25, 1.1, 0.9];

/** The multipliers without the columns left out, each counting column by itself, and copies that lean towards or away from a column. */
export function weightsAround(multipliers: Float64Array, columns: readonly number[], caps: Float64Array, states: number): Float64Array[] {
  const most = Math.max(2, Math.min(MOST_WEIGHTS, Math.floor(MOST_BOUNDS / states)));
  const sum = columns.reduce((total, c) => total + multipliers[c]!, 0);
  const base = multipliers.map((x, c) => (columns.includes(c) ? (sum > 0 ? x / sum : 1 / columns.length) : 0));
  const skewed = SKEWS.flatMap((by) => columns.map((c) => base.with(c, Math.max(base[c]!, 0.01) * by)));
  const alone = columns.map((c) => new Float64Array(base.length).with(c, 1));
  return [base, ...alone, ...skewed].slice(0, most).map((list) => {
    const total = list.reduce((a, b) => a + b, 0);
    return list.map((x, c) => x / total / caps[c]!);
  });
}

/** A choice added up anew, from the selection itself. `broken`: rows over their budgets. */
export interface Judged extends Choice {
  readonly load: number;
  readonly broken: readonly number[];
}

/** @param found choices of the instance per step of the frontier. */
export function judged(selection: Selection, { instance, tables }: Dual, found: readonly Int32Array[]): readonly Judged[] {
  return found.map((steps) => {
    const options = new Array<number>(instance.nodes).fill(-1);
    tables.frontier.steps.forEach(({ factor }, k) => {
      if (factor < instance.nodes) options[factor] = instance.option[steps[k]!]!;
    });
    return { steps, ...judge(selection, options) };
  });
}

function judge({ nodes, edges, budgets, rate, fixedLoad }: Selection, choice: readonly number[]): Omit<Judged, "steps"> {
  const options = nodes.map((node, v) => node.options[choice[v]!]!);
  const sums = budgets.map((_, row) => options.reduce((sum, { costs }) => sum + costs[row]!, 0));
  let load = options.reduce((sum, option) => sum + option.load, 0);
  for (const { from, to, converters } of edges) {
    const pair = converters.find((c) => c.out === options[from]!.out && c.in === options[to]!.in);
    pair?.costs.forEach((cost, row) => {
      sums[row]! += cost;
    });
    load += pair?.load ?? 0;
  }
  const time = options.reduce((most, option) => Math.max(most, option.time), loadTime({ rate, fixedLoad }, load));
  const broken = [...budgets.keys()].filter((row) => sums[row]! > budgets[row]! * (1 + ROUNDING));
  return { choice, time, load, broken };
}

/** What carrying the load takes. */
export function loadTime({ rate, fixedLoad }: Pick<Selection, "rate" | "fixedLoad">, load: number): number {
  const carried = load + fixedLoad;
  if (carried <= 0) return 0;
  return carried / rate;
}
