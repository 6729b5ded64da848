import type { Budget } from "../budget.js";
import { attempt, type Choice, loadTime, NEGLIGIBLE } from "./attempt.js";
import { type Bound, boundOf, slowest } from "./bound.js";
import { type Dual, dualOf, spent } from "./dual.js";
import { type Frontier, frontierOf } from "./frontier.js";
import { improve } from "./improve.js";
import { type Instance, layOut, ROUNDING } from "./instance.js";
import { countedBound } from "./portions.js";
import type { Selected, Selection } from "./problem.js";

/**
 * The least time of a selection: a bound from multipliers first, then searches at times from there upwards, each of which
 * finds the least load or proves that nothing is that fast. A search that had to throw labels away proves nothing; it is
 * repeated with more of them while the budget lasts.
 *
 * @see docs/math/pipeline.md, "Choice"
 */
export function select(selection: Selection, budget: Budget): Selected {
  if (selection.nodes.length === 0) {
    const time = loadTime(selection, 0);
    return { status: "optimal", choice: [], time, bound: time, certificate: undefined };
  }
  const instance = layOut(selection);
  if (selection.rate <= 0 && selection.fixedLoad > 0) return { status: "infeasible", rows: [], certificate: undefined };
  const rows = rowsThatEmpty(selection, instance);
  if (rows !== undefined) return { status: "infeasible", rows, certificate: undefined };
  return selectAlong(selection, instance, frontierOf(instance), budget);
}

/** The same along a given frontier of the selection's instance. */
export function selectAlong(selection: Selection, instance: Instance, frontier: Frontier, budget: Budget): Selected {
  const dual = dualOf(instance, frontier, budget);
  const bound = boundOf(dual);
  if (bound.time === Number.POSITIVE_INFINITY) {
    const multipliers = bound.proof?.multipliers ?? [];
    return {
      status: "infeasible",
      rows: [...selection.rows.keys()].filter((row) => multipliers[row]! > NEGLIGIBLE),
      certificate: bound.proof,
    };
  }
  return close(selection, dual, bound);
}

/** Labels per step of the first searches, and by how much more the next ones may keep. */
const WIDTH = 400;
const WIDER = 6;
const WIDEST = 300_000;
/** Labels kept over all steps. */
const MOST_LABELS = 40_000_000;
/** Plan and bound as close as this are not worth more labels. */
const NEAR = 2e-4;
const NEAR_WIDTH = 2400;
/** First step upwards from the bound, and its growth after a proof and after a search without one. */
const STRIDE = 1e-3;
const LONGER = 1.6;
const MUCH_LONGER = 6;
/** Bound and plan, or bound and a time too hard to decide, are this close: do not halve what lies between any further. */
const CLOSE = 5e-4;

function close(selection: Selection, dual: Dual, from: Bound): Selected {
  const { instance, effort } = dual;
  const { budget } = effort;
  const last = slowest(instance);
  const widest = Math.min(WIDEST, Math.floor(MOST_LABELS / dual.tables.frontier.steps.length));
  const asked = new Set<number>();
  let bound = from.time;
  let best: Choice | undefined;
  let width = WIDTH;
  let stride = STRIDE;
  let open = Number.POSITIVE_INFINITY; // the least time that this width could not decide
  let polished: Choice | undefined; // the plan for which all was tried but more labels
  const proven = () => best !== undefined && best.time <= bound * (1 + 3 * ROUNDING);
  let time = Math.min(last, bound * (1 + 1e-9));
  const tell = () => budget.progress({ phase: "choice", bound, ...(best && { incumbent: best.time }) });
  while (!spent(effort)) {
    tell();
    const answer = attempt(selection, dual, time, width, asked);
    if (answer.kind === "none") bound = Math.max(bound, Math.min(time, best?.time ?? time));
    if (answer.kind === "least") bound = Math.max(bound, answer.least);
    if (answer.kind !== "none" && answer.plan !== undefined && !(best !== undefined && best.time <= answer.plan.time)) best = answer.plan;
    if (proven()) break;

    if (best === undefined) {
      if (answer.kind === "none" && time >= last)
        return { status: "infeasible", rows: rowsOf(instance, answer.columns), certificate: undefined };
      if (answer.kind === "open" && time >= last) {
        if (width >= widest) break;
        width = Math.min(widest, width * WIDER);
        continue;
      }
      stride *= answer.kind === "none" ? LONGER : MUCH_LONGER;
      time = Math.min(last, Math.max(time, bound) * (1 + stride));
      continue;
    }
    if (answer.kind === "open" && best !== polished) {
      tell();
      best = improve(selection, dual, best, bound, asked);
      polished = best;
      bound = countedBound(dual, bound, best.time);
      open = Number.POSITIVE_INFINITY;
      if (proven()) break;
    } else if (answer.kind === "open") {
      open = Math.min(open, time);
      if (open <= bound * (1 + CLOSE)) {
        if (width >= (best.time <= bound * (1 + NEAR) ? NEAR_WIDTH : widest)) break;
        width = Math.min(widest, width * WIDER);
        open = Number.POSITIVE_INFINITY;
      }
    }
    const justBelow = best.time * (1 - ROUNDING);
    const until = Math.min(open, best.time);
    time =
      answer.kind === "least" || until <= bound * (1 + CLOSE) ? Math.min(justBelow, open) : Math.min(justBelow, Math.sqrt(bound * until));
  }
  const certificate = from.proof;
  if (best === undefined) return { status: "unknown", bound, certificate };
  const { choice } = best;
  return proven()
    ? { status: "optimal", choice, time: best.time, bound: best.time, certificate }
    : { status: "feasible", choice, time: best.time, bound, certificate };
}

const rowsOf = ({ rowOf, columns }: Instance, list: readonly number[]): readonly number[] =>
  list.filter((c) => c < columns - 1).map((c) => rowOf[c]!);

/** Where a node or an edge is left without a choice: the rows that took them all; `undefined` where each has one. */
function rowsThatEmpty({ nodes, budgets }: Selection, { factors }: Instance): readonly number[] | undefined {
  const empty = factors.findIndex(({ start }) => start.length === 1);
  if (empty < 0) return undefined;
  const options = nodes[empty]?.options ?? [];
  return [...budgets.keys()].filter((row) => options.some(({ costs }) => costs[row]! > budgets[row]!));
}
