import type { Prepared } from "./prepare.js";

/** The layers of a problem as a graph, one bit per layer, `words` words per set. */
export interface LayerGraph {
  readonly count: number;
  readonly words: number;
  /** Per layer: those whose maps it reads. */
  readonly needs: Int32Array;
  /** Per layer: those that share a map with it, as writer and reader or as readers of the same. */
  readonly near: Int32Array;
}

export function layerGraph({ problem, reads, readMap, writer, readers }: Prepared): LayerGraph {
  const count = problem.layers.length;
  const words = Math.max(1, (count + 31) >>> 5);
  const needs = new Int32Array(count * words);
  const near = new Int32Array(count * words);
  for (let l = 0; l < count; l++)
    for (let r = reads[l]!; r < reads[l + 1]!; r++) {
      const map = readMap[r]!;
      const from = writer[map]!;
      if (from >= 0) {
        put(needs, l * words, from);
        put(near, l * words, from);
        put(near, from * words, l);
      }
      for (const other of readers[map]!) if (other !== l) put(near, l * words, other);
    }
  return { count, words, needs, near };
}

export const put = (set: Int32Array, at: number, i: number): void => {
  set[at + (i >>> 5)]! |= 1 << (i & 31);
};

export const has = (set: Int32Array, at: number, i: number): boolean => ((set[at + (i >>> 5)]! >>> (i & 31)) & 1) === 1;

/** Down-sets: sets of layers with everything they need, by size, the empty one first and the full one last. */
export interface Family {
  readonly sets: Int32Array;
  readonly count: number;
  /** Whether these are all down-sets of the graph. */
  readonly complete: boolean;
}

/** All down-sets, or where there are more than `limit` the prefixes of some orders and, along one, some of what lies between near ones. */
export function downSets(graph: LayerGraph, limit: number): Family {
  return everyDownSet(graph, limit) ?? someDownSets(graph);
}

function everyDownSet({ count, words, needs }: LayerGraph, limit: number): Family | undefined {
  const table = makeTable(words);
  table.add(new Int32Array(words), 0);
  const next = new Int32Array(words);
  for (let s = 0; s < table.count(); s++) {
    if (table.count() > limit) return undefined;
    for (let i = 0; i < count; i++) {
      const sets = table.sets();
      if (has(sets, s * words, i) || !covers(sets, s * words, needs, i * words, words)) continue;
      for (let w = 0; w < words; w++) next[w] = sets[s * words + w]!;
      put(next, 0, i);
      table.add(next, 0);
    }
  }
  return { sets: table.sets().slice(0, table.count() * words), count: table.count(), complete: true };
}

/** Layers of a stretch of an order within which all down-sets count, and most of those. */
const STRETCH = 12;
const MOST_BETWEEN = 16;

function someDownSets(graph: LayerGraph): Family {
  const { count, words, needs } = graph;
  const table = makeTable(words);
  const prefix = new Int32Array(words);
  const next = new Int32Array(words);
  for (const order of ORDERS) {
    const list = order(graph);
    const dense = order === depthFirst;
    prefix.fill(0);
    table.add(prefix, 0);
    for (let i = 0; i < count; i++) {
      if (dense && i % (STRETCH / 2) === 0) between(list.slice(i, i + STRETCH));
      put(prefix, 0, list[i]!);
      table.add(prefix, 0);
    }
  }
  const sets = table.sets();
  const size = (s: number) => membersIn(sets, s * words, words).length;
  const bySize = Array.from({ length: table.count() }, (_, s) => [size(s), s] as const).sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const sorted = new Int32Array(table.count() * words);
  bySize.forEach(([, s], i) => {
    sorted.set(sets.subarray(s * words, (s + 1) * words), i * words);
  });
  return { sets: sorted, count: table.count(), complete: false };

  /** All down-sets of `prefix` and some of `layers`, in the order of their size until there are enough. */
  function between(layers: readonly number[]): void {
    const found = makeTable(words);
    found.add(prefix, 0);
    for (let s = 0; s < found.count() && found.count() < MOST_BETWEEN; s++)
      for (const l of layers) {
        const sets = found.sets();
        if (has(sets, s * words, l) || !covers(sets, s * words, needs, l * words, words)) continue;
        for (let w = 0; w < words; w++) next[w] = sets[s * words + w]!;
        put(next, 0, l);
        found.add(next, 0);
      }
    for (let s = 0; s < found.count(); s++) table.add(found.sets(), s * words);
  }
}

type Order = (graph: LayerGraph) => readonly number[];

/** Finishes a branch before it begins the next. */
const depthFirst: Order = (graph) => byRank(graph, (ready) => ready.length - 1);

/** The model's own order, depth first and breadth first. */
const ORDERS: readonly Order[] = [({ count }) => Array.from({ length: count }, (_, i) => i), depthFirst, (graph) => byRank(graph, () => 0)];

/** Runs what is ready: `choose` picks from the ready layers, those that became ready last standing last. */
function byRank({ count, words, needs }: LayerGraph, choose: (ready: readonly number[]) => number): readonly number[] {
  const left = new Int32Array(count);
  const users: number[][] = Array.from({ length: count }, () => []);
  for (let l = 0; l < count; l++)
    for (let i = 0; i < count; i++)
      if (has(needs, l * words, i)) {
        left[l]!++;
        users[i]!.push(l);
      }
  const ready = Array.from({ length: count }, (_, i) => i).filter((i) => left[i] === 0);
  const order: number[] = [];
  while (ready.length > 0) {
    const [l] = ready.splice(choose(ready), 1) as [number];
    order.push(l);
    for (const user of users[l]!) if (--left[user]! === 0) ready.push(user);
  }
  return order;
}

/** Whether set `a` holds all of set `b`. */
export function covers(a: Int32Array, i: number, b: Int32Array, j: number, words: number): boolean {
  for (let w = 0; w < words; w++) if ((b[j + w]! & ~a[i + w]!) !== 0) return false;
  return true;
}

/** Sets by content: each gets a number, counted from 0. */
export interface Table {
  /** Its number; the next one if it is new. */
  readonly add: (set: Int32Array, at: number) => number;
  readonly count: () => number;
  readonly sets: () => Int32Array;
}

export function makeTable(words: number): Table {
  let sets = new Int32Array(256 * words);
  let index = new Int32Array(1024).fill(-1);
  let count = 0;
  const hash = (set: Int32Array, at: number): number => {
    let h = 0x9e3779b9;
    for (let w = 0; w < words; w++) h = Math.imul(h ^ set[at + w]! ^ (h >>> 15), 0x85ebca6b);
    return (h ^ (h >>> 13)) >>> 0;
  };
  const equal = (i: number, set: Int32Array, at: number): boolean => {
    for (let w = 0; w < words; w++) if (sets[i * words + w] !== set[at + w]) return false;
    return true;
  };
  const slot = (set: Int32Array, at: number): number => {
    let place = hash(set, at) & (index.length - 1);
    while (index[place] !== -1 && !equal(index[place]!, set, at)) place = (place + 1) & (index.length - 1);
    return place;
  };
  return {
    add(set, at) {
      const place = slot(set, at);
      if (index[place] !== -1) return index[place]!;
      if ((count + 1) * words > sets.length) {
        const longer = new Int32Array(2 * sets.length);
        longer.set(sets);
        sets = longer;
      }
      for (let w = 0; w < words; w++) sets[count * words + w] = set[at + w]!;
      index[place] = count;
      if (2 * ++count > index.length) {
        index = new Int32Array(2 * index.length).fill(-1);
        for (let i = 0; i < count; i++) index[slot(sets, i * words)] = i;
      }
      return count - 1;
    },
    count: () => count,
    sets: () => sets,
  };
}

/** The members of a set, ascending. */
export function membersIn(set: Int32Array, at: number, words: number): Int32Array {
  const list: number[] = [];
  for (let w = 0; w < words; w++)
    for (let bits = set[at + w]!; bits !== 0; bits &= bits - 1) list.push(32 * w + 31 - Math.clz32(bits & -bits));
  return Int32Array.from(list);
}

/** Whether `layers` hang together by shared maps. */
export function hangTogether(graph: LayerGraph, layers: readonly number[]): boolean {
  const set = new Int32Array(graph.words);
  for (const l of layers) put(set, 0, l);
  return isConnected(graph, set, new Int32Array(2 * graph.words));
}

/** Whether all members of a set hang together by shared maps. `scratch` has room for two sets. */
export function isConnected({ words, near }: LayerGraph, set: Int32Array, scratch: Int32Array): boolean {
  let first = -1;
  for (let w = 0; w < words && first < 0; w++) if (set[w] !== 0) first = 32 * w + 31 - Math.clz32(set[w]! & -set[w]!);
  scratch.fill(0, 0, 2 * words);
  put(scratch, 0, first); // found
  put(scratch, words, first); // found and not yet looked at
  for (;;) {
    let i = -1;
    for (let w = 0; w < words && i < 0; w++) {
      const bits = scratch[words + w]!;
      if (bits !== 0) i = 32 * w + 31 - Math.clz32(bits & -bits);
    }
    if (i < 0) break;
    scratch[words + (i >>> 5)]! &= ~(1 << (i & 31));
    for (let w = 0; w < words; w++) {
      const more = near[i * words + w]! & set[w]! & ~scratch[w]!;
      scratch[w]! |= more;
      scratch[words + w]! |= more;
    }
  }
  for (let w = 0; w < words; w++) if (scratch[w] !== set[w]) return false;
  return true;
}
