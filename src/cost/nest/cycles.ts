import { BOUNDARIES, LINKS, type NestCost, type Tiles } from "./cost.js";
import { loadingByDeadline } from "./loading.js";
import { loadingByPortOrder } from "./loading-zigzag.js";
import type { FlatMapping } from "./mapping.js";
import type { Prepared } from "./prepare.js";
import { stalls } from "./stalls.js";
import { elementBits, heldBits } from "./tiles.js";

/** Fills the times of `cost`. `moved`: the tiles that occupy the memories. Source: docs/math/fusion.md, eq. (N10)-(N14). */
export function cycles(p: Prepared, m: FlatMapping, moved: Tiles, cost: NestCost): void {
  cost.temporal = cost.scratch.prefix[m.temporalCount]!;
  cost.onLoading = 0;
  cost.offLoading = 0;
  if (p.conventions.loading === "throughput") {
    throughput(p, cost);
  } else {
    transfers(p, moved, cost);
    stalls(p, cost);
    if (p.conventions.loading === "deadline") loadingByDeadline(p, cost);
    else loadingByPortOrder(p, cost);
  }
  cost.latency = cost.temporal + cost.stall + cost.onLoading + cost.offLoading;
}

/** Every port works without pause: the busiest decides. */
function throughput(p: Prepared, cost: NestCost): void {
  const { elements, portStall, scratch } = cost;
  cost.stall = 0;
  cost.limitingPort = -1;
  for (let i = 0; i < p.ports.length; i++) {
    const { links, max } = p.ports[i]!;
    let busy = 0;
    for (let k = 0; k < links.length; k++) {
      const { operand, level, direction } = links[k]!;
      if (direction === 2 && !p.conventions.drains) continue;
      const at = operand * BOUNDARIES + level + 1;
      const bits = elementBits(p, operand, at - 1 + (direction >> 1), scratch);
      busy += ((elements[operand * LINKS + level * 4 + direction]! / scratch.tiles.units[at]!) * bits) / max;
    }
    portStall[i] = Math.ceil(busy - 1e-9) - cost.temporal;
    if (portStall[i]! > cost.stall) {
      cost.stall = portStall[i]!;
      cost.limitingPort = i;
    }
  }
}

/** Per link: how long one transfer takes, how often it comes, and how much of its period it may fill unnoticed. */
function transfers(p: Prepared, moved: Tiles, cost: NestCost): void {
  const { scratch: s, elements } = cost;
  const { tiles } = s;
  doubleBuffers(p, moved, cost);
  s.linkCount.fill(0);
  for (let o = 0; o < p.operands.length; o++) {
    const { levels, port, isOutput } = p.operands[o]!;
    for (let m = 0; m < levels; m++) {
      for (let d = 0; d < 4; d++) {
        const link = o * LINKS + m * 4 + d;
        if (elements[link] === 0) continue;
        const at = o * BOUNDARIES + m + (d >> 1);
        const amount = d < 2 ? tiles.union[at]! : tiles.unit[at]!;
        const period = s.period[at]!;
        const window = Math.trunc(period / s.topIrrelevant[at]!);
        const { max } = p.ports[port[m * 4 + d]!]!;
        s.real[link] = Math.ceil((amount * elementBits(p, o, at, s)) / max);
        s.linkPeriod[link] = period;
        s.allowed[link] = s.doubleBuffered[at] ? period : window;
        // Partial sums come back on all visits but the first of each tile.
        const above = o * LINKS + (m + (d >> 1)) * 4;
        const comesBack = isOutput && (d === 0 || d === 3) && p.conventions.partialSums === "one-lane";
        s.linkCount[link] = comesBack ? Math.ceil((s.count[at]! * elements[above]!) / elements[above + 1]!) : s.count[at]!;
      }
    }
  }
}

/**
 * Which tiles have a second place to be filled while the first is used: where the parts in use take at most half of the
 * memory, or the rest of it has room. ZigZag asks in the order of operands, we from the smallest.
 */
function doubleBuffers(p: Prepared, moved: Tiles, cost: NestCost): void {
  const { scratch: s } = cost;
  const { held, order, doubleBuffered } = s;
  const { unit } = moved;
  held.fill(0);
  doubleBuffered.fill(0);
  let tiles = 0;
  for (let o = 0; o < p.operands.length; o++) {
    const { levels, memory } = p.operands[o]!;
    for (let m = 0; m < levels; m++) {
      const at = o * BOUNDARIES + m + 1;
      s.share[o * LINKS + m] = Math.floor((unit[at]! * heldBits(p, o, m, s)) / s.topRelevant[at]!) / p.memorySize[memory[m]!]!;
      held[memory[m]!]! += s.share[o * LINKS + m]!;
      let place = tiles++;
      if (p.conventions.loading === "deadline")
        for (; place > 0 && s.share[order[place - 1]!]! > s.share[o * LINKS + m]!; place--) order[place] = order[place - 1]!;
      order[place] = o * LINKS + m;
    }
  }
  for (let i = 0; i < tiles; i++) {
    const o = Math.floor(order[i]! / LINKS);
    const m = order[i]! % LINKS;
    const memory = p.operands[o]!.memory[m]!;
    const own = s.share[order[i]!]!;
    // Of equal ones none goes before another.
    let asking = 1;
    if (p.conventions.loading === "deadline")
      for (let k = 0; k < tiles; k++) {
        const other = Math.floor(order[k]! / LINKS);
        const level = order[k]! % LINKS;
        const waits = k !== i && doubleBuffered[other * BOUNDARIES + level + 1] === 0;
        if (waits && s.share[order[k]!] === own && p.operands[other]!.memory[level] === memory) asking++;
      }
    if (held[memory]! <= 0.5) doubleBuffered[o * BOUNDARIES + m + 1] = 1;
    else if (own * asking <= 1 - held[memory]!) {
      doubleBuffered[o * BOUNDARIES + m + 1] = 1;
      held[memory]! += own;
    }
  }
}
