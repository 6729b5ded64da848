import type { Budget } from "../../search/budget.js";
import { type Floor, groupFloor } from "./bounds.js";
import { covers, type Family, has, isConnected, layerGraph, makeTable, membersIn } from "./down-sets.js";
import { explore } from "./group.js";
import { cheapest, type Weights, weighed } from "./objective.js";
import type { Candidate, Pricing } from "./pricing.js";

/** A grouping: groups in the order they run, each with the way it runs. */
export interface Grouping {
  readonly groups: readonly { readonly layers: readonly number[]; readonly way: Candidate }[];
  /** No grouping of the family into connected groups weighs less; 0 where the search was cut short. */
  readonly bound: number;
  readonly finished: boolean;
  /** Different groups met, and those priced. */
  readonly met: number;
  readonly priced: number;
}

/** What is known of a group. */
interface Known {
  readonly layers: Int32Array;
  /** No way to run it weighs less. */
  floor: number;
  /** The cheapest way, once priced without a limit in the way. */
  best: Candidate | undefined;
  /** No way weighs this or less unless `best` does. */
  limit: number;
}

/**
 * The cheapest grouping whose every stage is a set of `family`: dynamic programming over down-sets. A group that cannot
 * beat what is known already, by its floor, is not priced.
 *
 * @param singles the cheapest way to run each layer alone
 * @param leastTraffic the fewest bytes that each layer moves alone
 * @param mostLayers of one group
 */
export function bestGrouping(
  pricing: Pricing,
  family: Family,
  singles: readonly Candidate[],
  leastTraffic: readonly number[],
  weights: Weights,
  mostLayers: number,
  budget: Budget,
): Grouping {
  const graph = layerGraph(pricing.prepared);
  const { words } = graph;
  const { count, sets } = family;
  const groups = makeTable(words);
  const known: (Known | undefined)[] = [];
  const single = singles.map((way) => weighed(weights, way));
  const value = new Float64Array(count);
  const second = new Float64Array(count);
  const floor = new Float64Array(count).fill(Number.POSITIVE_INFINITY);
  const from = new Int32Array(count).fill(-1);
  const by: (Known | undefined)[] = new Array(count);
  const alone = new Float64Array(count);
  for (let t = 1; t < count; t++) for (const l of membersIn(sets, t * words, words)) alone[t]! += single[l]!;
  const seeker = cheapest(weights);
  const scratch = new Int32Array(3 * words);
  const set = new Int32Array(words);
  floor[0] = 0;
  let priced = 0;
  let finished = true;

  for (let t = 1; t < count; t++) {
    finished &&= !budget.stop() && priced <= budget.nodes;
    value[t] = Number.POSITIVE_INFINITY;
    for (let s = t - 1; s >= 0; s--) {
      if (!covers(sets, t * words, sets, s * words, words)) continue;
      let size = 0;
      for (let w = 0; w < words; w++) {
        set[w] = sets[t * words + w]! & ~sets[s * words + w]!;
        size += ones(set[w]!);
      }
      if (size === 0 || size > mostLayers) continue;
      const id = groups.add(set, 0);
      if (id === known.length) known.push(isConnected(graph, set, scratch) ? introduce(set) : undefined);
      const group = known[id];
      if (group === undefined) continue;
      const limit = Math.min(value[t]!, alone[t]! * (1 + 1e-12)) - value[s]!;
      const cheap = group.floor <= limit && (finished || group.best !== undefined) && price(group, limit);
      floor[t] = Math.min(floor[t]!, floor[s]! + group.floor);
      if (!cheap) continue;
      const best = group.best!;
      const sum = value[s]! + weighed(weights, best);
      const rest = second[s]! + best.latency;
      if (sum > value[t]! || (sum === value[t]! && rest >= second[t]!)) continue;
      value[t] = sum;
      second[t] = rest;
      from[t] = s;
      by[t] = group;
    }
    if (t % 64 === 0) budget.progress({ phase: "groups", incumbent: value[t]! });
  }
  const list: { layers: readonly number[]; way: Candidate }[] = [];
  for (let t = count - 1; t > 0; t = from[t]!) list.unshift({ layers: [...by[t]!.layers], way: by[t]!.best! });
  return { groups: list, bound: finished ? floor[count - 1]! : 0, finished, met: groups.count(), priced };

  function introduce(members: Int32Array): Known {
    const layers = membersIn(members, 0, words);
    const mask = members.slice();
    const least = groupFloor(pricing, layers, (l) => has(mask, 0, l));
    const alone = layers.length === 1 ? singles[layers[0]!]! : undefined;
    const traffic = Math.max(least.traffic, alone === undefined ? 0 : leastTraffic[layers[0]!]!);
    return {
      layers,
      floor: weighedFloor(pricing, weights, { ...least, traffic }),
      best: alone,
      limit: alone === undefined ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY,
    };
  }

  /** Whether the group has a way of at most `limit`. */
  function price(group: Known, limit: number): boolean {
    if (group.best !== undefined) return weighed(weights, group.best) <= limit;
    if (limit <= group.limit) return false;
    seeker.start(limit);
    explore(pricing, group.layers, seeker);
    priced++;
    group.limit = limit;
    group.best = seeker.best;
    const least = groupFloor(pricing, group.layers, (l) => group.layers.includes(l));
    group.floor = Math.max(group.floor, weighedFloor(pricing, weights, { ...least, traffic: seeker.leastTraffic }));
    return group.best !== undefined;
  }
}

/** What a floor weighs at least: computing and transfers hidden behind each other as far as can be. */
export function weighedFloor({ costs, prepared }: Pricing, weights: Weights, { traffic, macs, cycles, exchange }: Floor): number {
  if (traffic === Number.POSITIVE_INFINITY) return traffic;
  const latency = Math.max(cycles, traffic / prepared.problem.machine.offChipRate);
  return weighed(weights, { traffic, latency, energy: costs.leastEnergy(latency, cycles, macs, traffic, exchange) });
}

function ones(bits: number): number {
  let n = bits - ((bits >>> 1) & 0x55555555);
  n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
  return Math.imul((n + (n >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
