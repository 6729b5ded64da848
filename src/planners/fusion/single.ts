import { eachPair, firstPair, lastPair, type Tiling } from "./axis.js";
import type { GroupMembers } from "./members.js";
import { MOST_JOBS, type Overlap } from "./plan.js";
import type { Prepared } from "./prepare.js";
import type { Pricing, Visitor } from "./pricing.js";
import { crossing, featureBytes, walk, wholeCycles } from "./tiles.js";

/** Channels of a slab in which inputs and weights stream past a block of results. */
export const SLAB = 4;

/** Prices one layer whose weights come in groups, with all tiles for each. Eq. (8). */
export function priceWeightGroups(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, overlap: Overlap, visitor: Visitor): void {
  const { prepared, costs } = pricing;
  const layer = prepared.problem.layers[members.layers[0]!]!;
  const tiles = y.tiles * x.tiles;
  if (layer.kind !== "mac" || tiles === 1) return;
  const used = featureBytes(prepared, members, y, x, pricing.features);
  const room = pricing.room(used);
  const { weights } = members;
  if (used > pricing.features || weights <= room || room < 2) return;
  const count = Math.ceil(weights / Math.floor(room / 2));
  if (count > layer.shape.outputs || count * tiles > MOST_JOBS) return;
  pricing.looked++;
  const traffic = crossing(prepared, members, y, x, count) + weights;
  const rate = prepared.problem.machine.offChipRate;
  const soonest = Math.max(members.leastCycles, traffic / rate);
  if (
    !visitor.wants(
      used,
      traffic,
      soonest,
      costs.leastEnergy(soonest, members.leastCycles, members.leastMacs, traffic, members.leastExchange),
    )
  )
    return;

  const { cycles, macs, exchanged } = walk(pricing, members, y, x);
  const { pairs } = pricing;
  const pass = (prefetched: number) =>
    eachPair(y, x, (at) =>
      Math.max(pairs.cycles[at]! / count, (pairs.loads[at]! + (pairs.stores[at]! + prefetched / tiles) / count) / rate),
    );
  const first = firstPair(y, x);
  const last = lastPair(y, x);
  const edges = (pairs.loads[first]! + (weights + pairs.stores[last]!) / count) / rate;
  const flow = edges + (count - 1) * pass(weights) + pass(0) - pairs.loads[first]! / rate;
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
    traversal: { kind: "weightGroups", count },
  });
}

/** Prices one layer whose results accumulate in blocks of channels while inputs and weights stream. Eq. (5), (6) and (9). */
export function priceOutputBlocks(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, visitor: Visitor): void {
  const { prepared, costs } = pricing;
  const l = members.layers[0]!;
  const { shape, kind } = prepared.problem.layers[l]!;
  const { accumulatorBits, buffers, offChipRate: rate } = prepared.problem.machine;
  const { weights } = members;
  const tiles = y.tiles * x.tiles;
  const written = members.externals;
  const area = kind === "mac" ? y.mostComputed[0]! * x.mostComputed[0]! : y.mostFresh[written]! * x.mostFresh[written]!;
  const slabs = slabBytes(prepared, members, y, x);
  const perChannel = weights / (shape.outputs * (shape.inputs / shape.groups));
  const pieces = Math.min(MOST_SLABS, Math.ceil(shape.inputs / shape.groups / SLAB));
  for (const channels of blockSizes(shape.outputs, shape.groups)) {
    const blocks = Math.ceil(shape.outputs / channels);
    if (blocks * pieces * tiles > MOST_JOBS) continue;
    const used = slabs + Math.ceil((accumulatorBits * channels * area) / 8);
    const slab = 2 * Math.ceil(Math.min(SLAB, shape.inputs / shape.groups) * channels * perChannel);
    if (buffers.arrangement === "unified" ? used + slab > buffers.size : used > buffers.features || slab > buffers.weights) continue;
    pricing.looked++;
    const passes = Math.ceil(shape.outputs / shape.groups / channels);
    const once = tiles === 1 || weights <= pricing.room(used);
    const traffic = crossing(prepared, members, y, x, passes) + weights * (once ? 1 : tiles);
    const soonest = Math.max(members.leastCycles, traffic / rate);
    if (
      !visitor.wants(
        used,
        traffic,
        soonest,
        costs.leastEnergy(soonest, members.leastCycles, members.leastMacs, traffic, members.leastExchange),
      )
    )
      continue;

    const { cycles, macs, exchanged } = walk(pricing, members, y, x);
    const apart = waitsApart(pricing, members, y, x, channels, used, slab);
    const tile = (at: number, streamed: number) => blocksOf(pricing.pairs, at, passes, streamed, rate, blocks, pieces, apart);
    const first = firstPair(y, x);
    const last = lastPair(y, x);
    const { loads, stores } = pricing.pairs;
    const edges = ((passes * loads[first]! + weights) / pieces + stores[last]!) / blocks / rate;
    const sum = eachPair(y, x, (at) => tile(at, once ? 0 : weights)) + (once ? tile(first, weights) - tile(first, 0) : 0);
    const latency = wholeCycles(Math.max(cycles, traffic / rate, edges + sum));
    const energy = costs.energy(latency, cycles, macs, traffic, exchanged);
    visitor.offer({
      buffer: used,
      traffic,
      latency,
      energy,
      rows: y.tile,
      columns: x.tile,
      overlap: "recompute",
      traversal: { kind: "outputBlocks", channels },
    });
  }
}

/** Slabs of one block that are told apart; of more, several go at a time. */
const MOST_SLABS = 16;

/** Whether finished results have a place of their own, so that the sums of the next block can begin. */
function waitsApart(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, channels: number, used: number, slab: number): boolean {
  const { problem } = pricing.prepared;
  const { buffers } = problem.machine;
  const { writes } = problem.layers[members.layers[0]!]!;
  const { externals, weights } = members;
  const place = Math.ceil((problem.maps[writes]!.bits * channels * y.mostFresh[externals]! * x.mostFresh[externals]!) / 8);
  if (buffers.arrangement === "split") return used + place <= buffers.features;
  const room = buffers.size - used;
  const held = y.tiles * x.tiles > 1 && weights <= room ? Math.max(weights, slab) : slab;
  return held + place <= room;
}

/** Cycles of a tile in blocks of results and slabs of channels; two slabs are on chip, and a store is not interrupted. Eq. (9). */
function blocksOf(
  { cycles, loads, stores }: Pricing["pairs"],
  at: number,
  passes: number,
  streamed: number,
  rate: number,
  blocks: number,
  slabs: number,
  apart: boolean,
): number {
  const computing = cycles[at]! / blocks / slabs;
  const loading = (passes * loads[at]! + streamed) / rate / blocks / slabs;
  const storing = stores[at]! / rate / blocks;
  const slower = Math.max(computing, loading);
  const channel = slabs * loading + storing;
  if (slabs === 1 && !apart) return blocks * (storing + slower);
  // While results leave, the array has as many slabs as are on chip, or may begin no more than one.
  const meanwhile = apart ? Math.min(2, slabs) : 1;
  return (
    blocks *
    Math.max(channel, slabs * computing, Math.max(storing, meanwhile * computing) + (slabs - meanwhile) * (apart ? computing : slower))
  );
}

/** Input slabs, two of each: where the layer needs an axis whole, elements are used as they come. */
function slabBytes({ problem, y: down, x: across, readMap, mapBits }: Prepared, members: GroupMembers, y: Tiling, x: Tiling): number {
  const { layers, maps, externals, readId } = members;
  let sum = 0;
  for (let r = 0; r < readId.length; r++) {
    const id = readId[r]!;
    const q = members.readMap[r]!;
    if (q >= externals) continue;
    const { channels } = problem.maps[readMap[id]!]!;
    const comes = (axis: typeof down) => axis.window.stride[id] === 0 || axis.pooling.stride[layers[0]!] === 0;
    const rows = comes(down) ? Math.min(1, y.mostFresh[q]!) : y.mostFresh[q]!;
    const columns = comes(across) ? Math.min(1, x.mostFresh[q]!) : x.mostFresh[q]!;
    const bits = (mapBits[maps[q]!]! / channels) * Math.min(SLAB, channels);
    sum += 2 * Math.ceil((bits * rows * columns) / 8);
  }
  return sum;
}

/** Shares of a group's channels, and whole groups. */
function blockSizes(outputs: number, groups: number): readonly number[] {
  const own = outputs / groups;
  const sizes = new Set<number>();
  for (const z of SHARES) {
    if (z <= own) sizes.add(Math.ceil(own / z));
    if (z <= groups) sizes.add(own * Math.ceil(groups / z));
  }
  return [...sizes, 1].sort((a, b) => b - a);
}

const SHARES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64];
