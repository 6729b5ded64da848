import type { Diagnostic } from "./diagnostic.js";
import type { Replay } from "./replay.js";

declare const accepted: unique symbol;

/** A plan that the judge replayed without a violation. Only `conclude` makes one; only such a plan is reported, emitted or merged. */
export interface Accepted<Plan> {
  readonly [accepted]: true;
  readonly plan: Plan;
  readonly replay: Replay;
}

export type Verdict<Plan> =
  | { readonly ok: true; readonly accepted: Accepted<Plan> }
  | { readonly ok: false; readonly violations: readonly [Diagnostic, ...Diagnostic[]] };

/** The judge's last word: accepted when there is no violation. */
export function conclude<Plan>(plan: Plan, replay: Replay, violations: readonly Diagnostic[]): Verdict<Plan> {
  const [first, ...rest] = violations;
  return first === undefined ? { ok: true, accepted: { plan, replay } as Accepted<Plan> } : { ok: false, violations: [first, ...rest] };
}
