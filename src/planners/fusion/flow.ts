import { eachPair, firstPair, lastPair, type Tiling } from "./axis.js";
import type { GroupMembers } from "./members.js";
import type { Pricing } from "./pricing.js";

/**
 * How long a group takes tile by tile: the channel loads ahead of the array as far as there is room, and the array waits
 * where it does not keep up. The pairs of tile classes have been walked. Source: docs/math/fusion.md, section 5.
 */

/**
 * Weights stay: they come once, ahead of the first tile's layers. Tiles and results have two places each, so a tile is
 * loaded once the tile before the last is computed, whose results then leave. Of the last tile, each result leaves once it
 * is there. Eq. (7).
 */
export function residentFlow(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, room: number): number {
  const { cycles, loads, stores } = pricing.pairs;
  const rate = pricing.prepared.problem.machine.offChipRate;
  const n = y.tiles * x.tiles;
  const pair = (i: number) => y.order[Math.floor(i / x.tiles)]! * x.classes + x.order[i % x.tiles]!;
  const first = firstPair(y, x);
  let computed = firstTile(pricing, members, y, x, room, Number.POSITIVE_INFINITY);
  let channel = computed - (pricing.tank.ahead + stores[first]!) / rate;
  if (n > MOST_TILES)
    return (
      computed +
      eachPair(y, x, (at) => Math.max(cycles[at]!, (loads[at]! + stores[at]!) / rate)) -
      cycles[first]! +
      stores[lastPair(y, x)]! / rate
    );
  let before = 0;
  let leaving = 0;
  let next = stores[first]! / rate;
  for (let i = 1; i < n; i++) {
    const at = pair(i);
    channel = Math.max(channel, before) + loads[at]! / rate + leaving;
    before = computed;
    leaving = next;
    next = stores[at]! / rate;
    computed = Math.max(computed, channel) + cycles[at]!;
  }
  if (n > 1) {
    channel = Math.max(channel, before) + leaving;
    endLayers(pricing, members, y, x, computed);
  }
  return lastStores(pricing, members, y, x, channel, computed);
}

/** Ends of the layers of the last tile, which has no more to wait for, from the end of its last layer backwards. */
function endLayers({ costs, ends }: Pricing, { layers }: GroupMembers, y: Tiling, x: Tiling, computed: number): void {
  const a = y.order[y.tiles - 1]! * layers.length;
  const b = x.order[x.tiles - 1]! * layers.length;
  let end = computed;
  for (let k = layers.length - 1; k >= 0; k--) {
    ends[k] = end;
    end -= costs.cycles(layers[k]!, y.computed[a + k]!, x.computed[b + k]!);
  }
}

/** When the results of the last tile have left over a channel that is free from `channel` on, each once its layer has ended. */
function lastStores({ prepared, ends }: Pricing, members: GroupMembers, y: Tiling, x: Tiling, channel: number, computed: number): number {
  const { layers, maps, externals, isOutput } = members;
  const a = y.order[y.tiles - 1]! * maps.length;
  const b = x.order[x.tiles - 1]! * maps.length;
  let free = channel;
  for (let k = 0; k < layers.length; k++) {
    const q = externals + k;
    if (isOutput[q] === 0) continue;
    const size = Math.ceil((prepared.mapBits[maps[q]!]! * y.stored[a + q]! * x.stored[b + q]!) / 8);
    if (size > 0) free = Math.max(free, ends[k]!) + size / prepared.problem.machine.offChipRate;
  }
  return Math.max(free, computed);
}

/** Walks of more tiles are summed up by classes. */
const MOST_TILES = 4096;

/** Weights come once per tile, through the room that is left for them. Eq. (7). */
export function streamedFlow(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, room: number): number {
  const { stores } = pricing.pairs;
  const rate = pricing.prepared.problem.machine.offChipRate;
  let sum = firstTile(pricing, members, y, x, room, room) + stores[lastPair(y, x)]! / rate;
  for (let a = 0; a < y.classes; a++)
    for (let b = 0; b < x.classes; b++) {
      const count = y.counts[a]! * x.counts[b]! - Number(a === y.order[0] && b === x.order[0]);
      if (count === 0) continue;
      // After one tile like it, the channel is as far ahead as it comes to be.
      pass(pricing, members, y, x, a, b, room, room);
      sum += count * pass(pricing, members, y, x, a, b, room, room);
    }
  return sum;
}

/** Until the first tile is computed. */
function firstTile(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, room: number, most: number): number {
  pricing.tank.ahead = 0;
  return pass(pricing, members, y, x, y.order[0]!, x.order[0]!, room, most);
}

/** Weights that come at a time: half of what is set aside for them, or a share of a buffer of their own, and there is room for two. */
export const pieceOf = ({ staging }: Pricing, room: number): number =>
  Math.max(1, Math.floor(Math.min(room / 2, staging > 0 ? staging / 2 : room / 16)));

/**
 * Cycles of one tile of classes `a`, `b`, layer by layer; moves `pricing.tank` and sets `pricing.ends`. A layer computes while
 * its weights come, piece by piece, but what it reads and the first piece are there before it, and the last piece before the
 * last part of its cycles.
 *
 * @param most bytes that the channel can be ahead
 */
function pass(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, a: number, b: number, room: number, most: number): number {
  const { prepared, costs, pairs, ends } = pricing;
  const { layers, externals, firstReader } = members;
  const rate = prepared.problem.machine.offChipRate;
  const piece = pieceOf(pricing, room);
  const N = layers.length;
  let time = 0;
  let { ahead } = pricing.tank;
  for (let k = 0; k < N; k++) {
    const computing = costs.cycles(layers[k]!, y.computed[a * N + k]!, x.computed[b * N + k]!);
    const weights = prepared.weights[layers[k]!]!;
    const pieces = Math.max(1, Math.ceil(weights / piece));
    let maps = 0;
    for (let q = 0; q < externals; q++) if (firstReader[q] === k) maps += loadOf(pricing, members, y, x, q, a, b);
    const waits = maps + weights > 0;
    const begun = Math.min(most, maps + weights / pieces);
    if (waits && ahead < begun) {
      time += (begun - ahead) / rate;
      ahead = begun;
    }
    ahead = Math.min(most, ahead + computing * rate - maps - weights);
    time += computing;
    const ended = (computing * rate) / pieces;
    if (waits && ahead < ended && ended <= most) {
      time += (ended - ahead) / rate;
      ahead = ended;
    }
    ends[k] = time;
  }
  pricing.tank.ahead = ahead - pairs.stores[a * x.classes + b]!;
  return time;
}

function loadOf({ prepared }: Pricing, { maps }: GroupMembers, y: Tiling, x: Tiling, q: number, a: number, b: number): number {
  const M = maps.length;
  return Math.ceil((prepared.mapBits[maps[q]!]! * y.fresh[a * M + q]! * x.fresh[b * M + q]!) / 8);
}
