import type { Lay } from "./flat.js";
import { appendGroup, type Group, stepsByLayer } from "./groups.js";
import { POLICIES, type Pricer, pricer } from "./price.js";

export interface Grouping {
  readonly groups: readonly Group[];
  readonly order: Int32Array;
  /** Bytes spilled and re-fetched; infinite where some operator does not fit. */
  readonly cost: number;
  readonly evictions: ReturnType<Pricer["evictions"]>;
}

/** Layers of one group at most. */
const LONGEST = 24;
/** Layers up to which a group is also traversed in bands. */
const SHORT = 4;
/** Longer groups are given up after so many failures in a row. */
const PATIENCE = 6;
/** Ways to traverse a group; the banded ones pay where weights do not stay. */
const BANDS = [0, 1, 2, 3, 4, 6, -2, -3, -4, -6, -8, -12, -16] as const;

export interface SearchLimits {
  /** Steps simulated, over all orders priced. */
  readonly steps: number;
  readonly banded: boolean;
  readonly stop: () => boolean;
}

/**
 * Cuts the layers into groups, each run depth first, for the fewest spilled and re-fetched bytes: the cheapest
 * sequence of groups priced alone, then moves of single cuts with the whole order priced.
 */
export function searchGroups(lay: Lay, capacity: number, limits: SearchLimits): Grouping {
  const { layers } = lay.site;
  const { steps } = lay.flat;
  const byLayer = stepsByLayer(lay);
  const { price, spent, evictions } = pricer(lay.flat, capacity);
  const traversals = limits.banded ? BANDS : ([0] as const);
  const left = () => limits.steps - spent();

  const segments = new Map<string, Int32Array>();
  const done = new Uint8Array(steps);
  const segment = (group: Group): Int32Array => {
    const key = `${group.from} ${group.to} ${group.bands}`;
    let s = segments.get(key);
    if (s === undefined) {
      let count = 0;
      for (let l = group.from; l <= group.to; l++) count += byLayer[l]!.length;
      for (let i = 0; i < steps; i++) done[i] = lay.site.layer[i]! < group.from ? 1 : 0;
      s = new Int32Array(count);
      appendGroup(lay, byLayer, group, done, s, 0);
      segments.set(key, s);
    }
    return s;
  };
  const order = new Int32Array(steps);
  const arrange = (groups: readonly Group[]) => {
    let n = 0;
    for (const g of groups) {
      const s = segment(g);
      order.set(s, n);
      n += s.length;
    }
  };
  let favourite = 0;
  const evaluate = (groups: readonly Group[], limit: number): number => {
    arrange(groups);
    let best = limit;
    for (let i = 0; i < POLICIES && best > 0; i++) {
      const policy = (favourite + i) % POLICIES;
      const c = price(order, steps, policy, best, 0, layers);
      if (c < best) {
        best = c;
        favourite = policy;
      }
      // A rule that is far off will not be saved by another one.
      if (i === 0 && c === Number.POSITIVE_INFINITY && limit < Number.POSITIVE_INFINITY && left() < limits.steps / 2) break;
    }
    return best;
  };

  const whole = (bands: number): Group[] => [{ from: 0, to: layers - 1, bands }];
  const single = Array.from({ length: layers }, (_, l): Group => ({ from: l, to: l, bands: 0 }));
  let best: readonly Group[] = single;
  let cost = evaluate(single, Number.POSITIVE_INFINITY);
  const consider = (groups: readonly Group[]): boolean => {
    const c = evaluate(groups, cost);
    if (c >= cost) return false;
    cost = c;
    best = groups;
    return true;
  };
  consider(whole(0));
  if (cost > 0 && cost < Number.POSITIVE_INFINITY) consider(byIntervals());
  if (cost > 0 && cost < Number.POSITIVE_INFINITY) climb();
  arrange(best);
  if (cost < Number.POSITIVE_INFINITY)
    for (let policy = 0; policy < POLICIES && price(order, steps, policy, cost + 1, 0, layers) !== cost; ) policy++;
  return { groups: best, order: Int32Array.from(order), cost, evictions: evictions() };

  /** Cheapest sequence of groups when each takes all it needs from off chip and leaves all that is wanted there. */
  function byIntervals(): readonly Group[] {
    const value = new Float64Array(layers + 1);
    const last: Group[] = [];
    const rule = limits.banded ? 1 : 0;
    const alone = single.map((group) => cheapest(group, Number.POSITIVE_INFINITY, rule));
    alone.forEach(({ group, cost: c }, l) => {
      value[l + 1] = value[l]! + c;
      last[l + 1] = group;
    });
    for (let from = 0; from < layers; from++) {
      if (left() < limits.steps / 2 || limits.stop()) break;
      // A cheaper way to get here makes everything after it cheaper.
      const reached = value[from + 1]!;
      if (value[from]! + alone[from]!.cost < reached) {
        value[from + 1] = value[from]! + alone[from]!.cost;
        last[from + 1] = alone[from]!.group;
      }
      let failed = 0;
      let rest = value[from + 1]!;
      for (let to = from + 1; to < Math.min(layers, from + LONGEST) && failed < PATIENCE; to++) {
        rest += alone[to]!.cost;
        const limit = Math.min(value[to + 1]!, rest) - value[from]!;
        const { group, cost: c } = cheapest({ from, to, bands: 0 }, limit, rule);
        if (c < limit) {
          value[to + 1] = value[from]! + c;
          last[to + 1] = group;
          failed = 0;
        } else {
          failed++;
          if (rest < value[to + 1]!) {
            value[to + 1] = rest;
            last[to + 1] = alone[to]!.group;
          }
        }
      }
    }
    const groups: Group[] = [];
    for (let to = layers; to > 0; to = groups[0]!.from) groups.unshift(last[to]!);
    return groups;
  }

  function cheapest(group: Group, limit: number, rule: number): { readonly group: Group; readonly cost: number } {
    let found = { group, cost: limit };
    for (const bands of group.to - group.from < SHORT ? traversals : ([0] as const)) {
      const candidate = { ...group, bands };
      const s = segment(candidate);
      const c = price(s, s.length, rule, found.cost, group.from, group.to);
      if (c < found.cost) found = { group: candidate, cost: c };
    }
    return found;
  }

  function climb(): void {
    for (let improved = true; improved && cost > 0; ) {
      improved = false;
      for (let l = 0; l < layers && cost > 0; l++) {
        for (const move of moves(l)) {
          if (left() < 0 || limits.stop()) return;
          if (consider(move)) {
            improved = true;
            break;
          }
        }
      }
    }
  }

  /** Groupings that differ from the best around the end of layer l. */
  function* moves(l: number): Generator<readonly Group[]> {
    const i = best.findIndex((g) => g.from <= l && l <= g.to);
    const g = best[i]!;
    const next = best[i + 1];
    const swap = (many: number, ...by: readonly Group[]) => [...best.slice(0, i), ...by, ...best.slice(i + many)];
    if (l < g.to) {
      yield swap(1, { ...g, to: l }, { ...g, from: l + 1 });
      return;
    }
    for (const bands of traversals) if (bands !== g.bands) yield swap(1, { ...g, bands });
    if (next === undefined) return;
    yield swap(2, { ...g, to: next.to });
    if (next.to > next.from) yield swap(2, { ...g, to: l + 1 }, { ...next, from: l + 2 });
    if (g.to > g.from) yield swap(2, { ...g, to: l - 1 }, { ...next, from: l });
  }
}
