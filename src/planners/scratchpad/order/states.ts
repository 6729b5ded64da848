import { sumWithin } from "../masks.js";
import type { Done } from "./done.js";

/** Operators already run, and what that leaves waiting. */
export interface Node {
  readonly done: Done;
  readonly hash: number;
  readonly ready: readonly number[];
  /** Tensors born and still to be read. */
  readonly waiting: readonly number[];
  readonly waitingBytes: number;
  /** Positions of a given order that cover everything run. */
  readonly reach: number;
  /** No state of this node can end for less than this much more. */
  readonly ahead: number;
}

/** A layer: states in parallel arrays, each of one node. Residents and copies are masks over slots, two words each. */
export interface States {
  count: number;
  node: Int32Array<ArrayBuffer>;
  r0: Int32Array<ArrayBuffer>;
  r1: Int32Array<ArrayBuffer>;
  w0: Int32Array<ArrayBuffer>;
  w1: Int32Array<ArrayBuffer>;
  value: Float64Array<ArrayBuffer>;
  /** Record of the state it came from; once kept, its own. */
  record: Int32Array<ArrayBuffer>;
  op: Int32Array<ArrayBuffer>;
}

/** How many of the cheapest kept states of a node a state is compared with. */
const COMPARED = 400;

/** The states worth keeping: per node none dominated (rule (D)), over all nodes at most `width`, the best by rank. */
export function select(
  from: States,
  nodes: readonly Node[],
  { width, crowding }: { readonly width: number; readonly crowding: number },
  occupy: (node: Node) => void,
  size: Float64Array,
  write: Float64Array,
): { kept: States; cheapestDropped: number } {
  const order = Int32Array.from({ length: from.count }, (_, i) => i);
  order.sort((a, b) => from.node[a]! - from.node[b]! || from.value[a]! - from.value[b]! || a - b);
  const alive = makeStates(Math.min(from.count, width));
  for (let i = 0; i < order.length; ) {
    const node = from.node[order[i]!]!;
    const first = alive.count;
    occupy(nodes[node]!);
    for (; i < order.length && from.node[order[i]!] === node; i++) {
      const x = order[i]!;
      const value = from.value[x]!;
      let dominated = false;
      const last = Math.min(alive.count, first + COMPARED);
      for (let y = first; y < last && !dominated; y++) {
        let allowance = value - alive.value[y]!;
        allowance -= sumWithin(alive.r0[y]! & ~from.r0[x]!, alive.r1[y]! & ~from.r1[x]!, size, allowance);
        dominated = allowance >= 0 && sumWithin(from.w0[x]! & ~alive.w0[y]!, from.w1[x]! & ~alive.w1[y]!, write, allowance) <= allowance;
      }
      if (!dominated) pushState(alive, node, from.r0[x]!, from.r1[x]!, from.w0[x]!, from.w1[x]!, value, from.record[x]!, from.op[x]!);
    }
  }
  if (alive.count <= width) return { kept: alive, cheapestDropped: Number.POSITIVE_INFINITY };
  const rank = ranks(alive, nodes, crowding);
  const ranked = Int32Array.from(rank, (_, x) => x).sort((a, b) => rank[a]! - rank[b]! || a - b);
  const chosen = ranked.slice(0, width).sort(); // back in node order
  const kept = makeStates(width);
  for (const x of chosen)
    pushState(
      kept,
      alive.node[x]!,
      alive.r0[x]!,
      alive.r1[x]!,
      alive.w0[x]!,
      alive.w1[x]!,
      alive.value[x]!,
      alive.record[x]!,
      alive.op[x]!,
    );
  let cheapestDropped = Number.POSITIVE_INFINITY;
  for (const x of ranked.subarray(width)) cheapestDropped = Math.min(cheapestDropped, alive.value[x]! + nodes[alive.node[x]!]!.ahead);
  return { kept, cheapestDropped };
}

/** Which states a beam keeps: value, what lies ahead, and a price on the bytes waiting. */
const ranks = (states: States, nodes: readonly Node[], crowding: number): Float64Array<ArrayBuffer> =>
  Float64Array.from({ length: states.count }, (_, x) => states.value[x]! + rankBeyond(nodes[states.node[x]!]!, crowding));

export const rankBeyond = ({ ahead, waitingBytes }: Pick<Node, "ahead" | "waitingBytes">, crowding: number): number =>
  ahead + crowding * waitingBytes;

/** The rank that `count` states of a layer do not exceed. */
export const rankOf = (count: number, states: States, nodes: readonly Node[], crowding: number): number =>
  ranks(states, nodes, crowding).sort()[count - 1]!;

/** The least value of a layer, with what lies ahead. */
export function least(states: States, nodes: readonly Node[]): number {
  let value = Number.POSITIVE_INFINITY;
  for (let x = 0; x < states.count; x++) value = Math.min(value, states.value[x]! + nodes[states.node[x]!]!.ahead);
  return value;
}

export function makeStates(room: number): States {
  const n = Math.max(64, Math.min(room, 1 << 20));
  const words = () => new Int32Array(n);
  return {
    count: 0,
    node: words(),
    r0: words(),
    r1: words(),
    w0: words(),
    w1: words(),
    value: new Float64Array(n),
    record: words(),
    op: words(),
  };
}

export function pushState(
  s: States,
  node: number,
  r0: number,
  r1: number,
  w0: number,
  w1: number,
  value: number,
  record: number,
  op: number,
): void {
  const i = s.count;
  if (i === s.node.length) {
    const longer = <A extends Int32Array<ArrayBuffer> | Float64Array<ArrayBuffer>>(a: A, b: A): A => {
      b.set(a);
      return b;
    };
    for (const field of ["node", "r0", "r1", "w0", "w1", "record", "op"] as const) s[field] = longer(s[field], new Int32Array(2 * i));
    s.value = longer(s.value, new Float64Array(2 * i));
  }
  s.node[i] = node;
  s.r0[i] = r0;
  s.r1[i] = r1;
  s.w0[i] = w0;
  s.w1[i] = w1;
  s.value[i] = value;
  s.record[i] = record;
  s.op[i] = op;
  s.count = i + 1;
}

/** Finds equal states of a growing layer: open addressing over their hashes, compared in full. */
export function makeIndex(expected: number) {
  let capacity = 1024;
  while (capacity < 2 * expected && capacity < 1 << 22) capacity *= 2;
  let table = new Int32Array(capacity).fill(-1);
  const hash = (node: number, r0: number, r1: number, w0: number, w1: number) => {
    let h = Math.imul(node ^ 0x9e3779b9, 0x85ebca6b);
    for (const word of [r0, r1, w0, w1]) h = Math.imul(h ^ word ^ (h >>> 15), 0xc2b2ae35);
    return (h ^ (h >>> 13)) >>> 0;
  };
  const place = (s: States, i: number) => {
    let at = hash(s.node[i]!, s.r0[i]!, s.r1[i]!, s.w0[i]!, s.w1[i]!) & (table.length - 1);
    while (table[at] !== -1) at = (at + 1) & (table.length - 1);
    table[at] = i;
  };
  return {
    find(s: States, node: number, r0: number, r1: number, w0: number, w1: number): number {
      for (let at = hash(node, r0, r1, w0, w1) & (table.length - 1); ; at = (at + 1) & (table.length - 1)) {
        const i = table[at]!;
        if (i === -1) return -1;
        if (s.node[i] === node && s.r0[i] === r0 && s.r1[i] === r1 && s.w0[i] === w0 && s.w1[i] === w1) return i;
      }
    },
    add(s: States, i: number): void {
      if (2 * s.count > table.length) {
        table = new Int32Array(2 * table.length).fill(-1);
        for (let j = 0; j < s.count; j++) place(s, j);
      } else place(s, i);
    },
  };
}

/** A list of whole numbers that grows without boxing. `push` returns the index. */
export function growable() {
  let data = new Int32Array(1 << 14);
  let count = 0;
  return {
    push(x: number): number {
      if (count === data.length) {
        const longer = new Int32Array(2 * count);
        longer.set(data);
        data = longer;
      }
      data[count] = x;
      return count++;
    },
    at: (i: number): number => data[i]!,
    count: (): number => count,
  };
}
