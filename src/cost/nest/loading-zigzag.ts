import { BOUNDARIES, LINKS, type NestCost, type Scratch } from "./cost.js";
import type { Prepared, PreparedPort } from "./prepare.js";
import { linkOf } from "./stalls.js";
import { elementBits } from "./tiles.js";

/**
 * On- and off-loading as ZigZag 3.8 computes it, for comparison. Transfers that happen once give up cycles to the spare
 * bandwidth of their port, largest first, which can take one of them below its least (its issue 125), and equal ones in
 * the order in which the port lists them.
 */
export function loadingByPortOrder(p: Prepared, cost: NestCost): void {
  for (let i = 0; i < p.ports.length; i++) reduce(p, p.ports[i]!, cost);
  let off = 0;
  const { levels } = p.operands[p.output]!;
  for (let m = 0; m < levels - 1; m++) {
    const link = p.output * LINKS + m * 4;
    off += Math.max(cost.scratch.exposed[link + 2]!, cost.scratch.exposed[link + 5]!);
  }
  cost.onLoading = onLoading(p, cost.scratch);
  cost.offLoading = off;
}

/** Fills `exposed` for the links of one port. */
function reduce(p: Prepared, { links, max }: PreparedPort, cost: NestCost): void {
  const { scratch: s } = cost;
  const { order } = s;
  let once = 0;
  let needed = 0;
  for (let k = 0; k < links.length; k++) {
    const { operand, level, direction } = links[k]!;
    const link = linkOf(links[k]!);
    s.exposed[link] = 0;
    if (s.linkCount[link] === 0 || (p.operands[operand]!.isOutput && (direction === 0 || direction === 3))) continue;
    s.exposed[link] = s.real[link]!;
    if (s.linkCount[link]! > 1) {
      const at = operand * BOUNDARIES + level + (direction >> 1);
      const amount = direction < 2 ? s.tiles.union[at]! : s.tiles.unit[at]!;
      needed += Math.trunc((amount * elementBits(p, operand, at, s)) / s.linkPeriod[link]!);
      continue;
    }
    let place = once++;
    for (; place > 0 && s.exposed[order[place - 1]!]! < s.exposed[link]!; place--) order[place] = order[place - 1]!;
    order[place] = link;
  }
  let spare = Math.max(0, ((max - needed) / max) * (cost.temporal + cost.stall));
  for (let i = 0; i < once && spare > 0; i++) {
    const o = Math.floor(order[i]! / LINKS);
    const at = o * BOUNDARIES + 1;
    const least = Math.ceil((s.tiles.unit[at]! * elementBits(p, o, at, s)) / max);
    const most = (s.exposed[order[i]!]! - least) * (i + 1);
    const cut = spare >= most ? s.exposed[order[i]!]! - least : spare / (i + 1);
    for (let j = 0; j <= i; j++) s.exposed[order[j]!]! -= cut;
    if (spare < most) break;
    spare -= most;
  }
}

/** Inputs come down level by level; those on a port that both inputs share wait for each other. */
function onLoading(p: Prepared, s: Scratch): number {
  let inputs = 0;
  // Cycles of the first input: all of them, and those on shared ports.
  let before = 0;
  let beforeShared = 0;
  let cycles = 0;
  for (let o = 0; o < p.operands.length; o++) {
    const { isOutput, levels, port } = p.operands[o]!;
    if (isOutput) continue;
    let apart = 0;
    let half = 0;
    let shared = 0;
    for (let m = 0; m < levels - 1; m++) {
      const link = o * LINKS + m * 4;
      const longest = Math.max(s.exposed[link + 3]!, s.exposed[link + 4]!);
      const low = p.ports[port[m * 4 + 3]!]!.servesBothInputs;
      const high = p.ports[port[m * 4 + 4]!]!.servesBothInputs;
      if (low && high) shared += longest;
      else if (!low && !high) apart += longest;
      else half = longest;
    }
    const all = shared + half + apart;
    inputs++;
    if (inputs === 1) cycles = apart;
    else cycles = Math.min(beforeShared + Math.max(all, before - beforeShared), shared + Math.max(before, half + apart));
    before = all;
    beforeShared = shared;
  }
  return cycles;
}
