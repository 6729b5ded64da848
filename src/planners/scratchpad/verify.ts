import { type Diagnostic, fail } from "../../base/diagnostic.js";
import type { Replay } from "../../base/replay.js";
import { add } from "../../base/units.js";
import { conclude, type Verdict } from "../../base/verdict.js";
import type { Action, ScratchpadPlan, ScratchpadProblem } from "./plan.js";
import { replay } from "./replay.js";
import { splitViolations } from "./verify-split.js";

/**
 * Decides whether `plan` may run on the machine that `problem` describes, by running it: one engine, one
 * DMA channel in and one out, each working through its actions in the plan's order. A fetch starts when the
 * channel is free, its addresses are free and the data is off chip; a step starts when the engine is free,
 * its operands have arrived and its results have a place. Where the network was cut, it also has to be the network that
 * the steps compute.
 *
 * @param plan offsets in bytes from the scratchpad base; a claim, whoever made it.
 * @returns the accepted plan with its Replay, or every violation (codes SPM-1 to SPM-15). Never throws.
 * @see docs/math/scratchpad.md, section 3
 */
export function verify(problem: ScratchpadProblem, plan: ScratchpadPlan): Verdict<ScratchpadPlan> {
  const malformed = formViolations(problem, plan);
  if (malformed.length > 0) return conclude(plan, replay(problem, []).replay, malformed);
  const { violations, replay: seen } = replay(problem, plan.actions);
  return conclude(plan, seen, [...splitViolations(problem), ...violations, ...claimViolations(plan, seen)]);
}

function claimViolations({ claims }: ScratchpadPlan, { totals }: Replay): Diagnostic[] {
  const moved = add(totals.trafficByCause.spill, totals.trafficByCause.refetch);
  const peak = totals.peak[0]!;
  const differs = (key: string, claimed: number, measured: number, what: string) =>
    claimed === measured
      ? []
      : [
          fail(
            "SPM-11",
            `plan.claims.${key}`,
            `plan claims ${claimed} B ${what}, replay measures ${measured} B`,
            "report this: the planner miscounts",
          ),
        ];
  return [
    ...differs("nonCompulsory", claims.nonCompulsory, moved, "spilled and re-fetched"),
    ...differs("peak", claims.peak, peak, "at the peak"),
  ];
}

/** What cannot even be replayed: actions that are not actions, and ids out of range. */
function formViolations({ buffers, steps }: ScratchpadProblem, plan: ScratchpadPlan): Diagnostic[] {
  const wrong = (where: string, message: string) =>
    fail("SPM-1", where, message, "plan again; a plan belongs to the problem stored beside it");
  if (!isObject(plan) || !Array.isArray(plan.actions)) return [wrong("plan.actions", "is not a list")];
  if (!isObject(plan.claims)) return [wrong("plan.claims", "is missing")];
  return plan.actions.flatMap((action: Action, i): Diagnostic[] => {
    const place = `actions[${i}]`;
    if (!isObject(action)) return [wrong(place, "is not an action")];
    const buffer = (id: unknown) =>
      isIndex(id, buffers.length) ? [] : [wrong(place, `names buffer ${String(id)}, there are ${buffers.length}`)];
    switch (action.kind) {
      case "run":
        return isIndex(action.step, steps.length) ? [] : [wrong(place, `names step ${String(action.step)}, there are ${steps.length}`)];
      case "fetch":
      case "create":
        return isIndex(action.offset, Number.MAX_SAFE_INTEGER)
          ? buffer(action.buffer)
          : [wrong(place, `offset ${String(action.offset)} is not a whole number of bytes`)];
      case "store":
      case "evict":
        return buffer(action.buffer);
      default:
        return [wrong(place, `is of the unknown kind ${String((action as { kind: unknown }).kind)}`)];
    }
  });
}

const isObject = (x: unknown): x is object => typeof x === "object" && x !== null;

const isIndex = (n: unknown, length: number): boolean => typeof n === "number" && Number.isInteger(n) && n >= 0 && n < length;
