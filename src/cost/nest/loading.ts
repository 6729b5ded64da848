import { BOUNDARIES, LINKS, type NestCost } from "./cost.js";
import type { Prepared } from "./prepare.js";
import { linkOf } from "./stalls.js";
import { elementBits } from "./tiles.js";

/**
 * On- and off-loading. Before the first iteration its operands come down level by level, and after the last one its
 * results go up. What moves only once in a run streams in the cycles that its ports have free, each before the array
 * needs it; what does not fit there delays the start. The order in which ports list their links plays no part.
 * Source: docs/math/fusion.md, eq. (N12)-(N14).
 */
export function loadingByDeadline(p: Prepared, cost: NestCost): void {
  for (let o = 0; o < p.operands.length; o++) exposedParts(p, o, cost);
  cost.onLoading = earliestStart(p, cost) + Math.ceil(delay(p, cost) - 1e-9);
  let off = 0;
  for (let m = 0; m < p.operands[p.output]!.levels - 1; m++) off += hop(p.output, m, cost, 2, 1);
  cost.offLoading = off;
}

/** `exposed`: cycles of each link's first or last transfer that cannot overlap the computation. */
function exposedParts(p: Prepared, o: number, cost: NestCost): void {
  const { scratch: s } = cost;
  const { levels, isOutput, port } = p.operands[o]!;
  const base = o * BOUNDARIES;
  const innermost = s.tiles.unit[base + 1]!;
  let copies = 1;
  for (let b = 1; b < levels; b++) {
    for (let d = 0; d < 4; d++) {
      const link = o * LINKS + (d < 2 ? b : b - 1) * 4 + d;
      s.exposed[link] = 0;
      if (s.linkCount[link] === 0 || (isOutput && (d === 0 || d === 3))) continue;
      const whole = s.real[link]!;
      s.exposed[link] = whole;
      if (s.linkCount[link]! > 1) continue;
      const { max } = p.ports[port[link - o * LINKS]!]!;
      // The first innermost tiles of all lanes behind this port must be there at the start; of a result, all that the
      // outermost loops complete last is still to go at the end.
      const lanes = d < 2 ? (copies * s.tiles.union[base + b]!) / s.tiles.unit[base + b]! : copies;
      const least = Math.ceil((innermost * lanes * elementBits(p, o, base + b, s)) / max);
      const last = isOutput ? Math.ceil(whole / s.topRelevant[base + b]!) : 0;
      s.exposed[link] = Math.min(whole, Math.max(least, last));
    }
    copies *= s.tiles.union[base + b]! / s.tiles.unit[base + b]!;
  }
}

/** Cycles from the level above `m` into it or back: the slower of the two ports. */
const hop = (o: number, m: number, { scratch: s }: NestCost, low: number, high: number): number =>
  Math.max(s.exposed[o * LINKS + m * 4 + low]!, s.exposed[o * LINKS + (m + 1) * 4 + high]!);

/** Cycles until every input has its first tile, over both orders in which two inputs may take turns on a port. */
function earliestStart(p: Prepared, cost: NestCost): number {
  const last = p.operands.length - 1;
  let least = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 2; turn++) {
    cost.scratch.free.fill(0);
    let end = 0;
    for (let i = 0; i <= last; i++) {
      const o = turn === 0 ? i : last - i;
      if (!p.operands[o]!.isOutput) end = Math.max(end, comeDown(p, o, cost));
    }
    least = Math.min(least, end);
  }
  return least;
}

/** Books the hops of one input on the ports they take, from the top; when it is in. */
function comeDown(p: Prepared, o: number, cost: NestCost): number {
  const { free } = cost.scratch;
  const { levels, port } = p.operands[o]!;
  let now = 0;
  for (let m = levels - 2; m >= 0; m--) {
    const low = port[m * 4 + 3]!;
    const high = port[(m + 1) * 4]!;
    now = Math.max(now, free[low]!, free[high]!) + hop(o, m, cost, 3, 0);
    free[low] = now;
    free[high] = now;
  }
  return now;
}

/**
 * Cycles by which the start must wait so that every port meets its deadlines: what moves once and is used up to the end
 * has all the run, an input swept over several times only its first sweep.
 */
function delay(p: Prepared, cost: NestCost): number {
  const { scratch: s } = cost;
  const run = cost.temporal + cost.stall;
  let worst = 0;
  for (let i = 0; i < p.ports.length; i++) {
    const { links } = p.ports[i]!;
    const free = 1 - s.busy[i]! / run;
    let all = 0;
    for (let k = 0; k < links.length; k++) {
      const link = linkOf(links[k]!);
      if (!streams(p, link, s)) continue;
      const deadline = deadlineOf(p, link, run, s);
      let due = 0;
      for (let j = 0; j < links.length; j++) {
        const other = linkOf(links[j]!);
        if (streams(p, other, s) && deadlineOf(p, other, run, s) <= deadline) due += s.real[other]! - s.exposed[other]!;
      }
      worst = Math.max(worst, due - deadline * free);
      all += s.real[link]! - s.exposed[link]!;
    }
    worst = Math.max(worst, all - run * free);
  }
  return worst;
}

/** Whether the link moves once and part of that may overlap the computation. */
function streams(p: Prepared, link: number, s: NestCost["scratch"]): boolean {
  const o = Math.floor(link / LINKS);
  const { isOutput } = p.operands[o]!;
  const direction = link & 3;
  // What the array itself reads and writes belongs to the computation.
  const atArray = link - o * LINKS < 2;
  return s.linkCount[link] === 1 && !atArray && (isOutput ? direction === 1 || direction === 2 : true);
}

function deadlineOf(p: Prepared, link: number, run: number, s: NestCost["scratch"]): number {
  const o = Math.floor(link / LINKS);
  if (p.operands[o]!.isOutput) return run;
  const inOperand = link - o * LINKS;
  return run / s.topIrrelevant[o * BOUNDARIES + (inOperand >> 2) + ((inOperand & 3) >> 1)]!;
}
