import type { Tiling } from "./axis.js";
import { pieceOf, residentFlow, streamedFlow } from "./flow.js";
import type { GroupMembers } from "./members.js";
import { MOST_JOBS, type Overlap } from "./plan.js";
import type { Prepared } from "./prepare.js";
import type { Pricing, Visitor } from "./pricing.js";

/** Prices a group that runs tile by tile through all of its layers. Source: docs/math/fusion.md, sections 3 to 5. */
export function priceTiles(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, overlap: Overlap, visitor: Visitor): void {
  const { prepared, costs } = pricing;
  pricing.looked++;
  const used = featureBytes(prepared, members, y, x, pricing.features);
  if (used > pricing.features) return;
  const { weights } = members;
  const room = pricing.room(used);
  const tiles = y.tiles * x.tiles;
  const resident = weights <= room;
  if (!resident && room < 2) return; // one piece is used while the next comes
  const streamed = resident ? 0 : weights;
  const traffic = crossing(prepared, members, y, x, 1) + weights + streamed * (tiles - 1);
  const rate = prepared.problem.machine.offChipRate;
  const least = members.leastCycles;
  const soonest = Math.max(least, traffic / rate);
  if (!visitor.wants(used, traffic, soonest, costs.leastEnergy(soonest, least, members.leastMacs, traffic, members.leastExchange))) return;
  if (jobsOf(pricing, members, tiles, resident, room) > MOST_JOBS) return;

  const { cycles, macs, exchanged } = walk(pricing, members, y, x);
  const flow = resident ? residentFlow(pricing, members, y, x, room) : streamedFlow(pricing, members, y, x, room);
  const latency = wholeCycles(Math.max(cycles, traffic / rate, flow));
  const energy = costs.energy(latency, cycles, macs, traffic, exchanged);
  visitor.offer({
    buffer: used,
    traffic,
    latency,
    energy,
    rows: y.tile,
    columns: x.tile,
    overlap,
    traversal: { kind: "tiles", weights: resident ? "resident" : "streamed" },
  });
}

/** Pieces of weights, of every tile where they do not stay, and tiles of layers. */
function jobsOf(pricing: Pricing, { layers }: GroupMembers, tiles: number, resident: boolean, room: number): number {
  const { weights } = pricing.prepared;
  const piece = pieceOf(pricing, room);
  let pieces = 0;
  for (const l of layers) pieces += Math.max(1, Math.ceil(weights[l]! / piece));
  return pieces + (tiles - 1) * (resident ? layers.length : pieces);
}

/** A group begins in the cycle after the one in which the group before it ended; sums of fractions may be a little late. */
export const wholeCycles = (latency: number): number => Math.ceil(latency - 1e-6);

/** Bytes of feature maps on chip: eq. (3) and (4). Ends early, with less than the whole, once beyond `most`. */
export function featureBytes(prepared: Prepared, members: GroupMembers, y: Tiling, x: Tiling, most: number): number {
  const { mapBits, computedBits, isMac } = prepared;
  const { accumulatorBits } = prepared.problem.machine;
  const { layers, maps, externals, isOutput, freed, freedMap } = members;
  // One tile: what crosses the chip boundary is there as long as it is used. More: it is loaded and stored beside the others.
  const many = y.tiles * x.tiles > 1;
  let fixed = 0;
  for (let q = 0; q < maps.length; q++) {
    const bits = mapBits[maps[q]!]!;
    const wy = y.mostFresh[q]!;
    if (many && (q < externals || isOutput[q] === 1)) fixed += 2 * Math.ceil((bits * wy * x.mostFresh[q]!) / 8);
    const ky = y.kept[q]!;
    const kx = x.kept[q]!;
    if (ky > 0) fixed += Math.ceil((bits * ky * prepared.x.length[maps[q]!]!) / 8);
    if (kx > 0) fixed += Math.ceil((bits * kx * (wy + ky)) / 8);
  }
  for (let k = 0; k < layers.length; k++) {
    const ky = y.keptComputed[k]!;
    const kx = x.keptComputed[k]!;
    const bits = computedBits[layers[k]!]!;
    if (ky > 0) fixed += Math.ceil((bits * ky * prepared.x.computed[layers[k]!]!) / 8);
    if (kx > 0) fixed += Math.ceil((bits * kx * (y.mostComputed[k]! + ky)) / 8);
  }
  if (fixed > most) return fixed;
  const size = (q: number) => Math.ceil((mapBits[maps[q]!]! * y.mostFresh[q]! * x.mostFresh[q]!) / 8);
  let live = 0;
  if (!many) for (let q = 0; q < externals; q++) live += size(q);
  let peak = 0;
  for (let k = 0; k < layers.length; k++) {
    const q = externals + k;
    if (!many || isOutput[q] === 0) live += size(q);
    const sums = isMac[layers[k]!] === 1 ? Math.ceil((accumulatorBits * y.mostComputed[k]! * x.mostComputed[k]!) / 8) : 0;
    if (live + sums > peak) peak = live + sums;
    for (let i = freed[k]!; i < freed[k + 1]!; i++) if (!many || freedMap[i]! >= externals) live -= size(freedMap[i]!);
  }
  return fixed + peak;
}

/** Bytes of feature maps across the chip boundary when all tiles run and external maps are loaded `passes` times. */
export function crossing(prepared: Prepared, { maps, externals, isOutput }: GroupMembers, y: Tiling, x: Tiling, passes: number): number {
  let sum = 0;
  for (let q = 0; q < maps.length; q++) {
    const out = q >= externals;
    if (out && isOutput[q] === 0) continue;
    const map = maps[q]!;
    const bits = prepared.mapBits[map]!;
    let size = 0;
    if (bits % 8 === 0) size = (bits / 8) * (out ? prepared.y.length[map]! * prepared.x.length[map]! : y.sumFresh[q]! * x.sumFresh[q]!);
    else
      for (let a = 0; a < y.classes; a++)
        for (let b = 0; b < x.classes; b++) {
          const rows = (out ? y.stored : y.fresh)[a * maps.length + q]!;
          const columns = (out ? x.stored : x.fresh)[b * maps.length + q]!;
          size += y.counts[a]! * x.counts[b]! * Math.ceil((bits * rows * columns) / 8);
        }
    sum += out ? size : passes * size;
  }
  return sum;
}

/** Of all tiles: cycles, multiply-accumulates, picojoules of what passes between array and buffer. */
interface Sums {
  readonly cycles: number;
  readonly macs: number;
  readonly exchanged: number;
}

/** Fills `pricing.pairs` and sums what all tiles compute. */
export function walk(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling): Sums {
  const { prepared, costs, pairs } = pricing;
  const { layers, maps, externals, isOutput } = members;
  const N = layers.length;
  const M = maps.length;
  const count = y.classes * x.classes;
  if (pairs.cycles.length < count) for (const field of ["cycles", "loads", "stores"] as const) pairs[field] = new Float64Array(2 * count);
  let total = 0;
  let exchanged = 0;
  for (let a = 0; a < y.classes; a++)
    for (let b = 0; b < x.classes; b++) {
      let cycles = 0;
      let picojoules = 0;
      for (let k = 0; k < N; k++) {
        const rows = y.computed[a * N + k]!;
        const columns = x.computed[b * N + k]!;
        cycles += costs.cycles(layers[k]!, rows, columns);
        picojoules += costs.exchange(layers[k]!, rows, columns);
      }
      let loads = 0;
      let stores = 0;
      for (let q = 0; q < M; q++) {
        const bits = prepared.mapBits[maps[q]!]!;
        if (q < externals) loads += Math.ceil((bits * y.fresh[a * M + q]! * x.fresh[b * M + q]!) / 8);
        else if (isOutput[q] === 1) stores += Math.ceil((bits * y.stored[a * M + q]! * x.stored[b * M + q]!) / 8);
      }
      const at = a * x.classes + b;
      pairs.cycles[at] = cycles;
      pairs.loads[at] = loads;
      pairs.stores[at] = stores;
      total += y.counts[a]! * x.counts[b]! * cycles;
      exchanged += y.counts[a]! * x.counts[b]! * picojoules;
    }
  let macs = 0;
  for (let k = 0; k < N; k++) macs += prepared.macs[layers[k]!]! * y.sumComputed[k]! * x.sumComputed[k]!;
  return { cycles: total, macs, exchanged };
}
