import { eachPair, firstPair, lastPair, type Tiling } from "./axis.js";
import type { GroupMembers } from "./members.js";
import type { Pricing } from "./pricing.js";

/**
 * How long a group takes tile by tile: the channel loads ahead of the array as far as there is room, and the array waits
 * where it does not keep up. The pairs of tile classes have been walked. Source: docs/math/fusion.md, section 5.
 */

/**
 * Weights stay: they come once, ahead of the first tile's layers. Tiles and results have two places each, so a tile is
 * loaded once the tile before the last is computed, whose results then leave. Eq. (7).
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
  if (n > 1) channel = Math.max(channel, before) + leaving;
  return Math.max(channel, computed) + next;
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
  const { prepared } = pricing;
  const a = y.order[0]!;
  const b = x.order[0]!;
  let loads = 0;
  for (let q = 0; q < members.externals; q++) if (members.firstReader[q] === 0) loads += loadOf(pricing, members, y, x, q, a, b);
  pricing.tank.ahead = loads + Math.min(prepared.weights[members.layers[0]!]!, pieceOf(pricing, room));
  return pricing.tank.ahead / prepared.problem.machine.offChipRate + pass(pricing, members, y, x, a, b, room, most);
}

/** Weights that come at a time: half the room is for the next ones, and no more than what is set aside for them. */
const pieceOf = ({ staging }: Pricing, room: number): number => Math.max(1, Math.min(room / 2, staging > 0 ? staging : room / 16));

/**
 * Cycles of one tile of classes `a`, `b`, layer by layer; moves `pricing.tank`. A layer computes while its weights come, piece by
 * piece, but its last piece is there before the last part of its cycles.
 *
 * @param most bytes that the channel can be ahead
 */
function pass(pricing: Pricing, members: GroupMembers, y: Tiling, x: Tiling, a: number, b: number, room: number, most: number): number {
  const { prepared, costs, pairs } = pricing;
  const { layers, externals, firstReader } = members;
  const rate = prepared.problem.machine.offChipRate;
  const piece = pieceOf(pricing, room);
  const N = layers.length;
  let time = 0;
  let { ahead } = pricing.tank;
  for (let k = 0; k < N; k++) {
    const computing = costs.cycles(layers[k]!, y.computed[a * N + k]!, x.computed[b * N + k]!);
    const weights = prepared.weights[layers[k]!]!;
    let need = weights;
    for (let q = 0; q < externals; q++) if (firstReader[q] === k) need += loadOf(pricing, members, y, x, q, a, b);
    ahead += computing * rate - need;
    time += computing;
    if (ahead > most) ahead = most;
    const least = need === 0 ? Number.NEGATIVE_INFINITY : (computing * rate) / Math.max(1, Math.ceil(weights / piece));
    if (ahead < least && least <= most) {
      time += (least - ahead) / rate;
      ahead = least;
    }
  }
  pricing.tank.ahead = ahead - pairs.stores[a * x.classes + b]!;
  return time;
}

function loadOf({ prepared }: Pricing, { maps }: GroupMembers, y: Tiling, x: Tiling, q: number, a: number, b: number): number {
  const M = maps.length;
  return Math.ceil((prepared.mapBits[maps[q]!]! * y.fresh[a * M + q]! * x.fresh[b * M + q]!) / 8);
}
