import { LINKS, type NestCost } from "./cost.js";
import type { Link, Prepared } from "./prepare.js";

/**
 * Cycles for which the array waits in the steady state: ports work in parallel, the slowest decides. The links of one port
 * share it, so what they need beyond the union of the windows in which they may work is waiting.
 * Source: docs/math/fusion.md, eq. (N11).
 */
export function stalls(p: Prepared, cost: NestCost): void {
  const { scratch: s, portStall } = cost;
  cost.stall = 0;
  cost.limitingPort = -1;
  for (let i = 0; i < p.ports.length; i++) {
    const { links } = p.ports[i]!;
    let late = 0;
    let slack = 0;
    let windows = 0;
    let active = 0;
    let busy = 0;
    for (let k = 0; k < links.length; k++) {
      const link = linkOf(links[k]!);
      const again = s.linkCount[link]! - repeatsFrom(p, links[k]!);
      if (s.linkCount[link] === 0) continue;
      active++;
      const over = (s.real[link]! - s.allowed[link]!) * again;
      if (over > 0) late += over;
      else slack += over;
      windows += s.allowed[link]! * again;
      busy += s.real[link]! * again;
    }
    let stall = 0;
    if (active === 1) stall = late + slack;
    else if (active > 1) stall = late + Math.max(0, slack + windows - unionOfWindows(links, cost));
    if (p.conventions.loading === "deadline") stall = Math.max(stall, busy - cost.temporal);
    s.busy[i] = busy;
    portStall[i] = stall;
    if (stall > cost.stall) {
      cost.stall = stall;
      cost.limitingPort = i;
    }
  }
}

export const linkOf = ({ operand, level, direction }: Link): number => operand * LINKS + level * 4 + direction;

/**
 * Transfers outside the steady state: the first in, the last out. Partial sums that come back, and what the array itself
 * reads and writes, are all inside; ZigZag leaves one of each out.
 */
const repeatsFrom = (p: Prepared, { operand, level, direction }: Link): number =>
  p.conventions.loading === "deadline" && ((level === 0 && direction < 2) || (p.operands[operand]!.isOutput && direction % 3 === 0))
    ? 0
    : 1;

/** Cycles of a run that lie in the window of at least one link. Windows open at the start of their periods. */
function unionOfWindows(links: readonly Link[], { scratch: s, temporal }: NestCost): number {
  const { order } = s;
  let n = 0;
  for (let k = 0; k < links.length; k++) {
    const link = linkOf(links[k]!);
    if (s.linkCount[link] === 0) continue;
    if (s.linkPeriod[link] === s.allowed[link]) return temporal;
    let place = n++;
    for (; place > 0 && s.linkPeriod[order[place - 1]!]! > s.linkPeriod[link]!; place--) order[place] = order[place - 1]!;
    order[place] = link;
  }
  return covered(n - 1, temporal, s);
}

/** Cycles below `end` that the links `order[0..last]` cover; periods divide each other, as all are of one nest. */
function covered(last: number, end: number, s: NestCost["scratch"]): number {
  if (last < 0) return 0;
  const link = s.order[last]!;
  const period = s.linkPeriod[link]!;
  const allowed = s.allowed[link]!;
  const rounds = Math.floor(end / period);
  const rest = end - rounds * period;
  const whole = rounds === 0 ? 0 : rounds * (allowed + covered(last - 1, period, s) - covered(last - 1, allowed, s));
  if (rest <= allowed) return whole + rest;
  return whole + allowed + covered(last - 1, rest, s) - covered(last - 1, allowed, s);
}
