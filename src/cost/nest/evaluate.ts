import { instancesOf } from "../../target/hierarchy.js";
import { BOUNDARIES, LINKS, type NestCost, type Tiles } from "./cost.js";
import { cycles } from "./cycles.js";
import type { FlatMapping } from "./mapping.js";
import type { Prepared } from "./prepare.js";
import { elementBits, heldBits, tileSizes, timeline } from "./tiles.js";

/**
 * Accesses, energy and cycles of one mapping, into `cost`. Allocates nothing, so that a search may call it for every
 * candidate. `mapping` must have passed `checkMapping`, or been made by code that keeps its rules.
 *
 * @see docs/math/fusion.md, section 10
 */
export function evaluate(p: Prepared, mapping: FlatMapping, cost: NestCost): NestCost {
  const moved = measure(p, mapping, cost);
  elements(p, moved, cost);
  accesses(p, moved, cost);
  occupancy(p, moved, cost);
  cycles(p, mapping, moved, cost);
  energy(p, cost);
  return cost;
}

/** The first half of `evaluate`: tile sizes, and what passes every boundary. Returns the tiles that occupy the memories. */
export function measure(p: Prepared, mapping: FlatMapping, cost: NestCost): Tiles {
  const { scratch } = cost;
  timeline(p, mapping, scratch);
  const averaged = lanes(p, mapping, cost);
  tileSizes(p, mapping, scratch.factors, scratch.tiles, cost);
  if (averaged) tileSizes(p, mapping, scratch.averagedFactors, scratch.averaged, cost);
  return averaged ? scratch.averaged : scratch.tiles;
}

/**
 * Lanes per entry of the mapping. ZigZag counts energy with the average of busy lanes and time with its whole part: 1000
 * iterations over 32 lanes are 31.25 or 31 lanes. It does so on the axis that unrolls the loop most.
 *
 * @returns whether the two differ
 */
function lanes(p: Prepared, m: FlatMapping, { scratch: { factors, averagedFactors } }: NestCost): boolean {
  for (let i = 0; i < m.laneCount; i++) factors[i] = m.laneFactor[i]!;
  if (p.conventions.tiles !== "uniform") return false;
  let differ = false;
  for (let i = 0; i < m.laneCount; i++) {
    averagedFactors[i] = factors[i]!;
    const loop = m.laneLoop[i]!;
    let others = 1;
    let steps = 1;
    let widest = true;
    for (let k = 0; k < m.laneCount; k++) {
      if (m.laneLoop[k] !== loop || k === i) continue;
      others *= m.laneFactor[k]!;
      if (m.laneFactor[k]! > m.laneFactor[i]! || (k < i && m.laneFactor[k] === m.laneFactor[i])) widest = false;
    }
    if (!widest) continue;
    for (let k = 0; k < m.temporalCount; k++) if (m.temporalLoop[k] === loop) steps *= m.temporalSize[k]!;
    averagedFactors[i] = p.loopSizes[loop]! / steps / others;
    factors[i] = Math.trunc(averagedFactors[i]!);
    if (factors[i] !== averagedFactors[i]) differ = true;
  }
  return differ;
}

/** Elements per link. Source: docs/math/fusion.md, eq. (N5)-(N7). */
function elements(p: Prepared, { below, above }: Tiles, { elements: moved, scratch }: NestCost): void {
  moved.fill(0);
  const { partialSums } = p.conventions;
  for (let o = 0; o < p.operands.length; o++) {
    const { levels, isOutput } = p.operands[o]!;
    const base = o * BOUNDARIES;
    // Results that a memory takes in without reading them first: all of them once at the outermost.
    let fromNothing = below[base + levels]!;
    for (let b = levels - 1; b >= 0; b--) {
      const up = o * LINKS + b * 4;
      const low = up - 4;
      if (!isOutput) {
        moved[up] = above[base + b]!;
        if (b > 0) moved[low + 3] = below[base + b]!;
        continue;
      }
      moved[up + 1] = above[base + b]!;
      const back =
        partialSums === "always" ? (scratch.partial[base + b]! > 0 ? above[base + b]! : 0) : Math.max(0, above[base + b]! - fromNothing);
      moved[up] = back;
      if (b === 0) continue;
      moved[low + 2] = below[base + b]!;
      const share = partialSums === "one-lane" ? 1 : below[base + b]! / above[base + b]!;
      moved[low + 3] = back * share;
      fromNothing = below[base + b]! - moved[low + 3]!;
    }
  }
}

/** Accesses per link. Source: docs/math/fusion.md, eq. (N8). */
function accesses(p: Prepared, tiles: Tiles, cost: NestCost): void {
  const { elements: moved, accesses: words } = cost;
  const { tiles: convention, drains } = p.conventions;
  words.fill(0);
  for (let o = 0; o < p.operands.length; o++) {
    const { levels, port, memory } = p.operands[o]!;
    for (let m = 0; m < levels; m++) {
      for (let d = 0; d < 4; d++) {
        const link = o * LINKS + m * 4 + d;
        const amount = moved[link]!;
        if (amount === 0 || (d === 2 && !drains)) continue;
        const { min, max } = p.ports[port[m * 4 + d]!]!;
        const perAccess = p.accessBits[memory[m]!]! || max;
        const at = o * BOUNDARIES + m + (d >> 1);
        const bits = elementBits(p, o, at, cost.scratch);
        if (convention === "delta") {
          const instances = tiles.units[o * BOUNDARIES + m + 1]!;
          words[link] = Math.ceil((amount / instances) * (bits / perAccess) - 1e-9) * instances;
          continue;
        }
        const tile = d < 2 ? tiles.union[at]! : tiles.unit[at]!;
        const perTile = Math.ceil((tile * bits) / min) * (min / perAccess);
        words[link] =
          convention === "uniform"
            ? Math.trunc(perTile * cost.scratch.count[at]! * tiles.units[o * BOUNDARIES + m + 1]!)
            : (amount / tile) * perTile;
      }
    }
  }
}

/** How full every memory is. */
function occupancy(p: Prepared, { unit }: Tiles, cost: NestCost): void {
  const { utilisation } = cost;
  utilisation.fill(0);
  for (let o = 0; o < p.operands.length; o++) {
    const { levels, memory } = p.operands[o]!;
    for (let m = 0; m < levels; m++) {
      const at = o * BOUNDARIES + m + 1;
      utilisation[memory[m]!]! += (unit[at]! * heldBits(p, o, m, cost.scratch)) / p.memorySize[memory[m]!]!;
    }
  }
  cost.fits = true;
  for (let i = 0; i < utilisation.length; i++) if (utilisation[i]! > 1) cost.fits = false;
}

/** Source: docs/math/fusion.md, eq. (N9). */
function energy(p: Prepared, cost: NestCost): void {
  const { accesses: words, energyOf } = cost;
  let memory = 0;
  for (let o = 0; o < p.operands.length; o++) {
    const { levels, memory: at } = p.operands[o]!;
    for (let i = 0; i < levels * 4; i++) {
      const link = o * LINKS + i;
      const spent = words[link]! * (i & 1 ? p.writeEnergy : p.readEnergy)[at[i >> 2]!]!;
      energyOf[link] = spent;
      memory += spent;
    }
  }
  let leakage = 0;
  for (let i = 0; i < p.leakage.length; i++) {
    if (p.leakage[i]! > 0) leakage += p.leakage[i]! * instancesOf(p.hierarchy, p.hierarchy.memories[i]!) * cost.latency;
  }
  cost.macEnergy = p.iterations * p.hierarchy.macEnergy;
  cost.memoryEnergy = memory;
  cost.leakageEnergy = leakage;
  cost.energy = cost.macEnergy + memory + leakage;
}
