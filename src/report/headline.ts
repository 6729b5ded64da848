import type { BoundScope } from "../base/outcome.js";
import { clockedText, exactText } from "./quantity.js";
import type { Report } from "./report.js";

const SCOPES: Readonly<Record<BoundScope, string>> = {
  "this order": "in this order of steps",
  "all orders": "in any order",
  "all groupings": "in any grouping",
  "all configurations": "in any configuration",
};

/** What the plan costs in what it was made to lower and what is proven about it, in one sentence; before it what a family says first. */
export function headline(report: Report): string {
  const { introduction } = report.objective;
  return introduction === undefined ? proven(report) : `${introduction} ${proven(report)}`;
}

function proven({ objective: o, status, clockHertz }: Report): string {
  if (o.value === 0 && o.nothing !== undefined) return o.nothing;
  const say = (n: number): string => clockedText(n, o.unit, clockHertz);
  // Two figures that round alike are told apart by all their digits.
  const bound = o.bound !== o.value && say(o.bound) === say(o.value) ? exactText(o.bound, o.unit) : say(o.bound);
  const spent = `${o.verb} ${say(o.value)}${o.beside === "" ? "" : ` ${o.beside}`}`;
  if (status === "optimal") return `${spent}, and no plan ${SCOPES[o.scope]} ${o.verb.toLowerCase()} less.`;
  return o.bound > 0
    ? `${spent}; at least ${bound} of that are unavoidable ${SCOPES[o.scope]}.`
    : `${spent}; none of it is proven unavoidable.`;
}
