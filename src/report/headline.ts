import { bytesText, grouped } from "./format.js";
import type { Report } from "./report.js";

/** The plan's traffic and what is proven about it, in one sentence. */
export function headline({ metrics: m, objective: o, status }: Report): string {
  const order = o.scope === "all orders" ? "in any order" : "in this order of steps";
  // Two figures that round alike are told apart by their bytes.
  const say = (n: number): string => (n !== o.value && bytesText(n) === bytesText(o.value) ? `${grouped(n)} B` : bytesText(n));
  if (o.value === 0)
    return `Only the compulsory ${bytesText(m.compulsoryBytes)} cross the chip boundary: nothing is spilled, nothing is read twice.`;
  const moved = `Moves ${bytesText(o.value)} beyond the compulsory ${bytesText(m.compulsoryBytes)}`;
  if (status === "optimal") return `${moved}, and no plan ${order} moves less.`;
  return o.bound > 0
    ? `${moved}; at least ${say(o.bound)} of that are unavoidable ${order}.`
    : `${moved}; none of it is proven unavoidable.`;
}
