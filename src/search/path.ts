import { assign } from "./assignment.js";

/** An order in which to visit all nodes once. */
export interface Path {
  readonly order: Int32Array;
  readonly cost: number;
  /** No order costs less; equal to the cost where every order was weighed. */
  readonly bound: number;
}

/** Up to so many nodes every order is weighed. */
const EXACT = 14;
/** Nodes from which nearest-neighbour walks begin, besides the nearest to the start. */
const WALKS = 8;

/**
 * Looks for the cheapest order from the start through all `n` nodes; costs may differ by direction. Exact for up to 14 nodes (dynamic
 * programming over subsets, Held and Karp, J. SIAM 10, 1962); beyond that nearest neighbour, improved by moving runs of up to three nodes, with the bound that
 * assigns every node a predecessor of its own.
 *
 * @param start cost from the start to each node.
 * @param arcs row-major: cost from node i to node j; the diagonal is not read.
 */
export function shortestPath(n: number, start: ArrayLike<number>, arcs: ArrayLike<number>): Path {
  if (n === 0) return { order: new Int32Array(0), cost: 0, bound: 0 };
  if (n <= EXACT) return exactly(n, start, arcs);
  let best = improved(
    n,
    start,
    arcs,
    walk(
      n,
      arcs,
      nearestTo(n, (j) => start[j]!),
    ),
  );
  const step = Math.max(1, Math.floor(n / WALKS));
  for (let first = 0; first < n; first += step) {
    const other = improved(n, start, arcs, walk(n, arcs, first));
    if (other.cost < best.cost) best = other;
  }
  return { ...best, bound: Math.min(best.cost, predecessorBound(n, start, arcs)) };
}

/** Cost of visiting the nodes in this order. */
export function pathCost(n: number, start: ArrayLike<number>, arcs: ArrayLike<number>, order: ArrayLike<number>): number {
  let cost = n === 0 ? 0 : start[order[0]!]!;
  for (let i = 1; i < n; i++) cost += arcs[order[i - 1]! * n + order[i]!]!;
  return cost;
}

function exactly(n: number, start: ArrayLike<number>, arcs: ArrayLike<number>): Path {
  const { ends, orderTo } = endings(n, start, (i, j) => arcs[i * n + j]!);
  const last = nearestTo(n, (i) => ends[i]!);
  return { order: orderTo(last), cost: ends[last]!, bound: ends[last]! };
}

/** Of every node, the cheapest order from the start through all nodes that ends there. */
function endings(n: number, start: ArrayLike<number>, arc: (i: number, j: number) => number) {
  const subsets = 1 << n;
  const least = new Float64Array(subsets * n).fill(Number.POSITIVE_INFINITY);
  const before = new Int8Array(subsets * n).fill(-1);
  for (let i = 0; i < n; i++) least[(1 << i) * n + i] = start[i]!;
  for (let set = 1; set < subsets; set++)
    for (let i = 0; i < n; i++) {
      const here = least[set * n + i]!;
      if (here === Number.POSITIVE_INFINITY) continue;
      for (let j = 0; j < n; j++) {
        if (set & (1 << j)) continue;
        const to = (set | (1 << j)) * n + j;
        const cost = here + arc(i, j);
        if (cost < least[to]!) {
          least[to] = cost;
          before[to] = i;
        }
      }
    }
  const orderTo = (end: number): Int32Array => {
    const order = new Int32Array(n);
    for (let k = n - 1, set = subsets - 1, last = end; k >= 0; k--) {
      order[k] = last;
      const previous = before[set * n + last]!;
      set &= ~(1 << last);
      last = previous;
    }
    return order;
  };
  return { ends: least.subarray((subsets - 1) * n), orderTo };
}

/**
 * Looks for the cheapest order through all nodes, stage after stage: all of a stage in any order before the first of the next. Exact where no stage
 * has more than 14 nodes.
 *
 * @param sizes nodes of each stage; those of a stage are neighbours in `arcs`.
 * @param arcs row-major: cost from node i to node j; read within stages and from one to the next.
 */
export function stagedPath(sizes: readonly number[], arcs: ArrayLike<number>): Path {
  const n = sizes.reduce((sum, size) => sum + size, 0);
  const found = throughStages(sizes, n, arcs, (size, start, arc) => {
    const { order, cost } = shortestPath(size, start, matrixOf(size, arc));
    return {
      ends: Float64Array.from({ length: size }, (_, i) => (i === order[size - 1] ? cost : Number.POSITIVE_INFINITY)),
      orderTo: () => order,
    };
  });
  if (sizes.every((size) => size <= EXACT)) return { ...found, bound: found.cost };
  const least = throughStages(sizes, n, arcs, (size, start, arc) => ({
    ends: new Float64Array(size).fill(shortestPath(size, start, matrixOf(size, arc)).bound),
    orderTo: () => new Int32Array(size),
  }));
  return { ...found, bound: Math.min(found.cost, least.cost) };
}

/** @param long does for stages of many nodes what `endings` does for those of few. */
function throughStages(sizes: readonly number[], n: number, arcs: ArrayLike<number>, long: typeof endings): Omit<Path, "bound"> {
  const order = new Int32Array(n);
  const stages: { readonly from: number; readonly orderTo: (end: number) => Int32Array; readonly before: Int32Array }[] = [];
  let ends: Float64Array = new Float64Array(0);
  let from = 0;
  for (const size of sizes) {
    const start = new Float64Array(size);
    const before = new Int32Array(size);
    const last = from - ends.length;
    for (let j = 0; j < size && ends.length > 0; j++) {
      const through = (i: number) => ends[i]! + arcs[(last + i) * n + from + j]!;
      before[j] = nearestTo(ends.length, through);
      start[j] = through(before[j]!);
    }
    const at = from;
    const stage = (size <= EXACT ? endings : long)(size, start, (i, j) => arcs[(at + i) * n + at + j]!);
    stages.push({ from, orderTo: stage.orderTo, before });
    ends = stage.ends;
    from += size;
  }
  if (n === 0) return { order, cost: 0 };
  let end = nearestTo(ends.length, (i) => ends[i]!);
  const cost = ends[end]!;
  for (const { from: at, orderTo, before } of stages.reverse()) {
    const mine = orderTo(end);
    for (let k = 0; k < mine.length; k++) order[at + k] = at + mine[k]!;
    end = before[mine[0]!]!;
  }
  return { order, cost };
}

const matrixOf = (n: number, arc: (i: number, j: number) => number): Float64Array =>
  Float64Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 0 : arc(Math.floor(k / n), k % n)));

function walk(n: number, arcs: ArrayLike<number>, first: number): Int32Array {
  const order = new Int32Array(n);
  const seen = new Uint8Array(n);
  for (let k = 0, at = first; k < n; k++) {
    order[k] = at;
    seen[at] = 1;
    const from = at * n;
    at = nearestTo(n, (j) => (seen[j] ? Number.POSITIVE_INFINITY : arcs[from + j]!));
  }
  return order;
}

/** Moves runs of nodes elsewhere while that saves something. */
function improved(n: number, start: ArrayLike<number>, arcs: ArrayLike<number>, order: Int32Array): { order: Int32Array; cost: number } {
  const arc = (i: number, j: number) => (j < 0 ? 0 : i < 0 ? start[j]! : arcs[i * n + j]!);
  const at = (k: number) => (k < 0 || k >= n ? -1 : order[k]!);
  for (let found = true; found; ) {
    found = false;
    for (let length = 1; length <= 3; length++)
      for (let from = 0; from + length <= n; from++) {
        const a = order[from]!;
        const z = order[from + length - 1]!;
        const freed = arc(at(from - 1), a) + arc(z, at(from + length)) - arc(at(from - 1), at(from + length));
        for (let to = -1; to < n; to++) {
          if (to >= from - 1 && to < from + length) continue;
          const spent = arc(at(to), a) + arc(z, at(to + 1)) - arc(at(to), at(to + 1));
          if (spent >= freed - 1e-9) continue;
          const run = order.slice(from, from + length);
          if (to < from) {
            order.copyWithin(to + 1 + length, to + 1, from);
            order.set(run, to + 1);
          } else {
            order.copyWithin(from, from + length, to + 1);
            order.set(run, to + 1 - length);
          }
          found = true;
          break;
        }
      }
  }
  return { order, cost: pathCost(n, start, arcs, order) };
}

/** Every node has a predecessor of its own: the start or another node. */
function predecessorBound(n: number, start: ArrayLike<number>, arcs: ArrayLike<number>): number {
  const columns = n + 1;
  const costs = new Float64Array(n * columns);
  let dearest = 0;
  for (let j = 0; j < n; j++) {
    costs[j * columns + n] = start[j]!;
    for (let i = 0; i < n; i++) if (i !== j) costs[j * columns + i] = arcs[i * n + j]!;
    for (let i = 0; i < columns; i++) if (i !== j) dearest = Math.max(dearest, Math.abs(costs[j * columns + i]!));
  }
  for (let j = 0; j < n; j++) costs[j * columns + j] = (dearest + 1) * (n + 1);
  return assign(costs, n, columns).cost;
}

function nearestTo(n: number, cost: (j: number) => number): number {
  let best = 0;
  for (let j = 1; j < n; j++) if (cost(j) < cost(best)) best = j;
  return best;
}
