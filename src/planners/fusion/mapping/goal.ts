import { BOUNDARIES, type NestCost, type Scratch } from "../../../cost/nest/cost.js";
import type { Link, Prepared } from "../../../cost/nest/prepare.js";
import { linkOf } from "../../../cost/nest/stalls.js";

/** What a mapping is chosen for: picojoules, cycles, or their product. */
export type MappingGoal = "energy" | "latency" | "energyDelay";

export const merit = (goal: MappingGoal, energy: number, latency: number): number =>
  goal === "energy" ? energy : goal === "latency" ? latency : energy * latency;

/**
 * Cycles that no mapping with at least this traffic undercuts: the steps themselves, and the work of the busiest port.
 * ZigZag's loading can hide one transfer of each link without a trace, so under its conventions that does not count: as
 * much as the memories below can hold.
 */
export function leastLatency(p: Prepared, { temporal, scratch }: NestCost): number {
  let most = temporal;
  for (let i = 0; i < p.ports.length; i++) {
    const { links, max } = p.ports[i]!;
    let work = 0;
    for (let k = 0; k < links.length; k++) {
      const { operand, level, direction } = links[k]!;
      // How many sums the array reads back may fall as they start from nothing more often.
      if (operand === p.output && level === 0 && direction === 0) continue;
      const link = linkOf(links[k]!);
      const count = scratch.linkCount[link]!;
      work += scratch.real[link]! * count;
      if (count > 0 && p.conventions.loading === "portOrder") work -= Math.min(scratch.real[link]!, largest(p, links[k]!, max, scratch));
    }
    if (work > most) most = work;
  }
  return most;
}

/** Cycles of the largest transfer that the memories below a link can take. */
function largest(p: Prepared, { operand, level, direction }: Link, bandwidth: number, { tiles }: Scratch): number {
  const { memory } = p.operands[operand]!;
  const below = level - 1 + (direction >> 1);
  if (below < 0) return Number.POSITIVE_INFINITY;
  const at = operand * BOUNDARIES + below + 1;
  const copies = direction < 2 ? tiles.union[at]! / tiles.unit[at]! : 1;
  return Math.ceil((p.memorySize[memory[below]!]! * copies) / bandwidth);
}
