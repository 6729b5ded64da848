import { rng } from "../../base/rng.js";
import { type Choice, judged, NEGLIGIBLE, weightsAround } from "./attempt.js";
import { capsAt, type Dual, MARGIN, spent, weigh } from "./dual.js";
import { label, type Quest } from "./labels.js";
import { strike, type Tables } from "./passes.js";
import type { Selection } from "./problem.js";

/**
 * A faster choice near `from`, or `from` itself: again and again a few runs of nodes choose anew while all others keep what they have.
 * So few are free that the search sees nearly all there is to see. Ends after as many turns without success.
 *
 * @param bound no choice is faster.
 * @param asked columns that count whatever their multipliers.
 */
export function improve(selection: Selection, dual: Dual, from: Choice, bound: number, asked: ReadonlySet<number>): Choice {
  const { instance, tables, effort } = dual;
  const { steps } = tables.frontier;
  const nodes = steps.flatMap(({ factor }, k) => (factor < instance.nodes ? [k] : []));
  const random = rng(effort.budget.seed);
  let best = from;
  let quest: Quest | undefined;
  let all: Live | undefined;
  let share = HALF; // of the way to the bound
  let aim = best.time;
  for (let failed = 0; failed < PATIENCE && best.time > bound * (1 + STEP) && !spent(effort); failed++) {
    if (failed === BOLD && share > 0) {
      share = 0;
      failed = 0;
      quest = undefined;
    }
    if (quest === undefined || all === undefined) {
      aim = Math.min(best.time * (1 - STEP), best.time - share * (best.time - bound));
      quest = questAt(dual, aim, asked);
      if (quest === undefined && share === 0) return best;
      if (quest === undefined) {
        failed = BOLD - 1;
        continue;
      }
      all = copied(tables);
    }
    const free = new Uint8Array(steps.length);
    const runs = 1 + Math.floor(random() * MOST_RUNS);
    for (let run = 0; run < runs; run++) {
      const at = Math.floor(random() * nodes.length);
      for (let n = 0; n < FREE / runs; n++) free[nodes[(at + n) % nodes.length]!] = 1;
    }
    for (const k of nodes) if (instance.time[best.steps[k]!]! > aim) free[k] = 1;
    for (const [k, { factor }] of steps.entries())
      letIn(tables, all, k, factor < instance.nodes && free[k] === 0 ? best.steps[k] : undefined);
    const plan = judged(selection, dual, label(tables, quest, effort).found).find(({ broken }) => broken.length === 0);
    if (plan === undefined || plan.time >= best.time) continue;
    best = plan;
    quest = undefined;
    failed = 0;
  }
  return best;
}

/** Nodes that choose anew, in so many runs at most; turns without success; the least gain that counts, as a share. */
const FREE = 24;
const MOST_RUNS = 3;
const PATIENCE = 40;
/** The first turns aim half way to the bound, until so many fail. */
const HALF = 0.5;
const BOLD = 6;
const STEP = 1e-5;
const WIDTH = 400;
const WEIGHTS = 8;

/** What is sought at `time`; in the tables the choices that may be part of it. `undefined`: there is nothing. */
function questAt(dual: Dual, time: number, asked: ReadonlySet<number>): Quest | undefined {
  const { instance, tables } = dual;
  const { value, multipliers } = weigh(dual, time, true);
  if (value > 1 + MARGIN) return undefined;
  const load = instance.columns - 1;
  const columns = [...multipliers.keys()].filter((c) => c === load || multipliers[c]! > NEGLIGIBLE || asked.has(c));
  const caps = capsAt(instance, time);
  const weights = weightsAround(multipliers, columns, caps, tables.frontier.states).slice(0, WEIGHTS);
  for (const w of weights) if (strike(tables, w, 1 + MARGIN) > 1 + MARGIN) return undefined;
  return { columns, caps, width: WIDTH, weights };
}

type Live = Pick<Tables, "first" | "live">;

const copied = ({ first, live }: Tables): Live => ({
  first: first.map((list) => list.slice()),
  live: live.map((list, k) => list.slice(0, first[k]!.at(-1)!)),
});

/** The choices of step `k`: `only` that one, or all. */
function letIn({ frontier, first, live }: Tables, all: Live, k: number, only: number | undefined): void {
  if (only === undefined) {
    first[k]!.set(all.first[k]!);
    live[k]!.set(all.live[k]!);
    return;
  }
  const { from, to } = frontier.steps[k]!;
  live[k]![0] = only;
  for (let m = 0, count = 0; m < from.length; m++) {
    if (from[m]! <= only && only < to[m]!) count = 1;
    first[k]![m + 1] = count;
  }
}
