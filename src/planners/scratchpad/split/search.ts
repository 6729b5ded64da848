import type { Lay } from "./flat.js";
import { appendGroup, BY_ROWS, type Group, stepsByLayer, type Traversal } from "./groups.js";
import { likenessOf } from "./likeness.js";
import { POLICIES, type Pricer, pricer } from "./price.js";

export interface Grouping {
  readonly groups: readonly Group[];
  readonly order: Int32Array;
  /** Bytes spilled and re-fetched; infinite where some operator does not fit. */
  readonly cost: number;
  readonly evictions: ReturnType<Pricer["evictions"]>;
}

/** Layers of one group at most; of a range whose costs are kept. */
const LONGEST = 24;
const REMEMBERED = 60;
/** Layers up to which a group is also traversed in bands. */
const SHORT = 4;
/** Longer groups are given up after so many failures in a row. */
const PATIENCE = 6;
/** Share of the accesses after which longer groups are no longer tried, and after which no other sweep is begun. */
const INTERVALS = 0.6;
/** Sweeps with the whole order priced for which there must be accesses left. */
const WHOLE_SWEEPS = 3;
/** Ways to traverse a group where weights do not stay, of layers for which none was settled. */
const BY_CHANNELS: Traversal = { rows: 1, channels: 1, along: "channels" };
const BANDED: readonly Traversal[] = [
  BY_ROWS,
  BY_CHANNELS,
  ...[2, 3, 4, 6].map((rows): Traversal => ({ rows, channels: 1, along: "channels" })),
  ...[2, 3, 4, 6, 8, 12, 16].map((channels): Traversal => ({ rows: 1, channels, along: "rows" })),
];

export interface SearchLimits {
  /** Accesses simulated, over all orders priced. */
  readonly accesses: number;
  readonly banded: boolean;
  readonly stop: () => boolean;
}

/**
 * Cuts the layers into groups, each run depth first, for the fewest spilled and re-fetched bytes: the cheapest
 * sequence of groups priced alone, then moves of single cuts, priced with the groups beside them.
 */
export function searchGroups(lay: Lay, capacity: number, limits: SearchLimits): Grouping {
  const { layers } = lay.site;
  const { steps } = lay.flat;
  const byLayer = stepsByLayer(lay);
  const { price, spent, evictions } = pricer(lay.flat, capacity);
  const likeness = likenessOf(lay, byLayer, REMEMBERED);
  const spentShare = () => spent() / limits.accesses;

  const remembered = new Map<string, { readonly cost: number; readonly exact: boolean }>();
  const segments = new Map<string, Int32Array>();
  const done = new Uint8Array(steps);
  const segment = (group: Group): Int32Array => {
    const key = `${group.from} ${group.to} ${nameOf(group.traversal)}`;
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
  const arrange = (groups: readonly Group[]): number => {
    let n = 0;
    for (const g of groups) {
      const s = segment(g);
      order.set(s, n);
      n += s.length;
    }
    return n;
  };
  const evaluate = (groups: readonly Group[], limit: number): { readonly cost: number; readonly policy: number } => {
    arrange(groups);
    let best = { cost: limit, policy: 0 };
    for (let policy = 0; policy < POLICIES && best.cost > 0; policy++) {
      const cost = price(order, steps, policy, best.cost, 0, layers);
      if (cost < best.cost) best = { cost, policy };
    }
    return best;
  };

  const single = Array.from({ length: layers }, (_, l): Group => ({ from: l, to: l, traversal: BY_ROWS }));
  let best: readonly Group[] = single;
  let { cost, policy } = evaluate(single, Number.POSITIVE_INFINITY);
  const consider = (groups: readonly Group[]): boolean => {
    const found = evaluate(groups, cost);
    if (found.cost >= cost) return false;
    ({ cost, policy } = found);
    best = groups;
    return true;
  };
  consider([{ from: 0, to: layers - 1, traversal: BY_ROWS }]);
  if (cost > 0 && cost < Number.POSITIVE_INFINITY) consider(byIntervals());
  if (cost > 0 && cost < Number.POSITIVE_INFINITY) climb();
  if (cost < Number.POSITIVE_INFINITY && limits.accesses - spent() > WHOLE_SWEEPS * layers * lay.flat.operand.length) climbWhole();
  arrange(best);
  if (cost < Number.POSITIVE_INFINITY) price(order, steps, policy, Number.POSITIVE_INFINITY, 0, layers);
  return { groups: best, order: Int32Array.from(order), cost, evictions: evictions() };

  function traversals(from: number, to: number): readonly Traversal[] {
    if (!limits.banded || to - from >= SHORT) return [BY_ROWS];
    const settled = new Map(lay.tilings.slice(from, to + 1).flatMap((t) => (t === undefined ? [] : [[nameOf(t), t]])));
    return settled.size === 0 ? BANDED : [BY_ROWS, BY_CHANNELS, ...settled.values()];
  }

  /** Cheapest sequence of groups when each takes all it needs from off chip and leaves all that is wanted there. */
  function byIntervals(): readonly Group[] {
    const value = new Float64Array(layers + 1);
    const last: Group[] = [];
    const alone = single.map((group) => cheapest(group, Number.POSITIVE_INFINITY));
    alone.forEach(({ group, cost: c }, l) => {
      value[l + 1] = value[l]! + c;
      last[l + 1] = group;
    });
    for (let from = 0; from < layers; from++) {
      if (spentShare() > INTERVALS || limits.stop()) break;
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
        const { group, cost: c } = cheapest({ from, to, traversal: BY_ROWS }, limit);
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

  function cheapest(group: Group, limit: number): { readonly group: Group; readonly cost: number } {
    let found = { group, cost: limit };
    for (const traversal of traversals(group.from, group.to)) {
      const candidate = { ...group, traversal };
      const c = together([candidate], found.cost);
      if (c < found.cost) found = { group: candidate, cost: c };
    }
    return found;
  }

  /** What a few groups cost that take all they need from off chip and leave all that is wanted there. At least `limit` where infinite. */
  function together(groups: readonly Group[], limit: number): number {
    const { from } = groups[0]!;
    const { to } = groups.at(-1)!;
    const key = `${likeness(from, to)} ${groups.map((g) => `${g.to - from} ${nameOf(g.traversal)}`).join()}`;
    const known = remembered.get(key);
    if (known !== undefined && (known.exact || known.cost >= limit)) return known.cost < limit ? known.cost : Number.POSITIVE_INFINITY;
    const c = price(order, arrange(groups), limits.banded ? 1 : 0, limit, from, to);
    remembered.set(key, c < Number.POSITIVE_INFINITY ? { cost: c, exact: true } : { cost: limit, exact: false });
    return c;
  }

  /** The same moves with the whole order priced, where that is affordable. */
  function climbWhole(): void {
    for (let moved = true; moved && cost > 0; ) {
      moved = false;
      for (let l = 0; l < layers && cost > 0; l++)
        for (const { at, remove, by } of moves(best, l)) {
          if (spentShare() > 1 || limits.stop()) return;
          if (!consider([...best.slice(0, at), ...by, ...best.slice(at + remove)])) continue;
          moved = true;
          break;
        }
    }
  }

  /** Sweeps along the network; a move counts if it pays with the groups beside it, and a sweep if it pays as a whole. */
  function climb(): void {
    for (;;) {
      let groups = best;
      let moved = false;
      for (let l = 0; l < layers; l++) {
        for (const move of moves(groups, l)) {
          if (spentShare() > 1 || limits.stop()) {
            consider(groups);
            return;
          }
          const before = groups.slice(Math.max(0, move.at - 1), move.at + move.remove + 1);
          const after = [
            ...groups.slice(Math.max(0, move.at - 1), move.at),
            ...move.by,
            ...groups.slice(move.at + move.remove, move.at + move.remove + 1),
          ];
          const now = together(before, Number.POSITIVE_INFINITY);
          if (together(after, now) >= now) continue;
          groups = [...groups.slice(0, move.at), ...move.by, ...groups.slice(move.at + move.remove)];
          moved = true;
          break;
        }
      }
      if (!moved || !consider(groups)) return;
    }
  }

  /** Groupings that differ around the end of layer l. */
  function* moves(
    groups: readonly Group[],
    l: number,
  ): Generator<{ readonly at: number; readonly remove: number; readonly by: readonly Group[] }> {
    const at = groups.findIndex((g) => g.from <= l && l <= g.to);
    const g = groups[at]!;
    const next = groups[at + 1];
    if (l < g.to) {
      yield {
        at,
        remove: 1,
        by: [
          { ...g, to: l },
          { ...g, from: l + 1 },
        ],
      };
      return;
    }
    for (const traversal of traversals(g.from, g.to))
      if (nameOf(traversal) !== nameOf(g.traversal)) yield { at, remove: 1, by: [{ ...g, traversal }] };
    if (next === undefined) return;
    for (const traversal of traversals(g.from, next.to)) yield { at, remove: 2, by: [{ ...g, to: next.to, traversal }] };
    if (next.to > next.from)
      yield {
        at,
        remove: 2,
        by: [
          { ...g, to: l + 1 },
          { ...next, from: l + 2 },
        ],
      };
    if (g.to > g.from)
      yield {
        at,
        remove: 2,
        by: [
          { ...g, to: l - 1 },
          { ...next, from: l },
        ],
      };
  }
}

const nameOf = ({ rows, channels, along }: Traversal): string => `${rows} ${channels} ${along}`;
