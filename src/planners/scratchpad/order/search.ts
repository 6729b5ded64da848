import { rng } from "../../../base/rng.js";
import type { Network } from "./network.js";
import { type Bits, hasBit, wordsFor } from "./slots.js";

export interface SearchLimits {
  /** States kept per layer (operators run so far); the rest are dropped by rank. Infinity: exact. */
  readonly width: number;
  /** Rank of a state = value + `crowding` x bytes waiting. */
  readonly crowding: number;
  /** Eviction sets tried per state and operator. */
  readonly branches: number;
  /** States made in one layer, and in all; beyond it the search ends with the bound it has. */
  readonly layer: number;
  readonly total: number;
  /** Only orders that move fewer bytes are sought. */
  readonly below: number;
  readonly stop: () => boolean;
}

export interface SearchAnswer {
  /** Operators in the order found; undefined when none below `below` was. */
  readonly order: readonly number[] | undefined;
  readonly value: number;
  /** No order moves fewer bytes; at most `below`. */
  readonly bound: number;
}

/** Operators already run, and the states in which that may have happened. */
interface Node {
  readonly done: Bits;
  readonly hash: number;
  readonly ready: readonly number[];
  /** Tensors born and still to be read. */
  readonly waiting: readonly number[];
  readonly waitingBytes: number;
}

/** A layer: states in parallel arrays, each of one node. Residents and copies are masks over slots, two words each. */
interface States {
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

/** Slots fit in two words. */
export const SLOTS = 64;
const COMPARED = 400;

/**
 * The order and residency that move the fewest bytes, searched layer by layer over (operators run, residents,
 * copies). Exact while nothing is dropped; else `bound` is the cheapest state dropped or left.
 *
 * A state's value counts bytes paid plus one fetch per waiting tensor that is absent, so it never overstates.
 *
 * @param slot from `slotsOf`; `capacity` in bytes.
 * @see docs/math/scratchpad.md, section 8
 */
export function searchOrder(network: Network, slot: Int32Array, capacity: number, limits: SearchLimits): SearchAnswer {
  const { ops, tensors } = network;
  const n = ops.length;
  const random = rng(20_231_118);
  const key = Int32Array.from({ length: n }, () => Math.floor(random() * 2 ** 32));
  const low = Int32Array.from(slot, (s) => (s < 32 ? 1 << s : 0));
  const high = Int32Array.from(slot, (s) => (s < 32 ? 0 : 1 << (s - 32)));
  // Per slot, of the tensor waiting there in the node at hand.
  const footprint = new Float64Array(SLOTS);
  const size = new Float64Array(SLOTS);
  const write = new Float64Array(SLOTS);
  const occupy = (waiting: readonly number[]) => {
    for (const t of waiting) {
      const s = slot[t]!;
      footprint[s] = tensors[t]!.footprint;
      size[s] = tensors[t]!.size;
      write[s] = tensors[t]!.write;
    }
  };

  const parents = growable();
  const choices = growable();
  let made = 0;
  let dropped = Number.POSITIVE_INFINITY;

  const sources = ops.map((op) => [...op.ins.map((t) => tensors[t]!.producer).filter((p) => p >= 0), ...op.after]);
  const followers: number[][] = ops.map(() => []);
  sources.forEach((list, v) => {
    for (const p of list) followers[p]!.push(v);
  });
  const isReady = (done: Bits, v: number) => !hasBit(done, v) && sources[v]!.every((p) => hasBit(done, p));
  const none = new Uint32Array(wordsFor(n));
  let nodes: Node[] = [{ done: none, hash: 0, ready: ops.flatMap((_, v) => (isReady(none, v) ? [v] : [])), waiting: [], waitingBytes: 0 }];
  let now = makeStates(1);
  pushState(now, 0, 0, 0, 0, 0, 0, -1, -1);

  for (let k = 0; k < n; k++) {
    const children = new Map<number, number[]>();
    const nextNodes: Node[] = [];
    const next = makeStates(now.count * 2);
    const index = makeIndex(now.count * 4);

    for (let x = 0; x < now.count; ) {
      const nodeId = now.node[x]!;
      const node = nodes[nodeId]!;
      let end = x;
      while (end < now.count && now.node[end] === nodeId) end++;
      occupy(node.waiting);
      const moves = node.ready.map((v) => moveOf(network, node, v, low, high));
      for (const m of moves) occupy(m.freshIns);

      for (; x < end; x++) {
        const r0 = now.r0[x]!;
        const r1 = now.r1[x]!;
        const w0 = now.w0[x]!;
        const w1 = now.w1[x]!;
        const value = now.value[x]!;
        const occupied = sum(r0, r1, footprint);
        // A safe move is never worse at once than later, so nothing else need be tried.
        const safe = moves.length > 1 ? moves.find((m) => isSafe(m, r0, r1, w0, w1, occupied)) : undefined;
        for (const m of safe === undefined ? moves : [safe]) {
          const short = occupied + sum(m.in0 & ~r0, m.in1 & ~r1, footprint) + m.grow - capacity;
          if (short <= 0) settle(x, m, 0, 0, value);
          else evict(x, m, short);
        }
      }

      function isSafe(m: Move, r0: number, r1: number, w0: number, w1: number, occupied: number): boolean {
        if ((m.in0 & ~r0) !== 0 || (m.in1 & ~r1) !== 0 || occupied + m.grow > capacity) return false;
        if (m.outBytes === 0) return true;
        let atLeast = 0;
        for (const t of m.dying) {
          const { footprint: f, size: s } = tensors[t]!;
          if (f < m.outBytes || s < m.outSize) continue;
          if ((w0 & low[t]!) === 0 && (w1 & high[t]!) === 0) return true;
          if (++atLeast === 2) return true;
        }
        return false;
      }

      function settle(from: number, m: Move, e0: number, e1: number, paid: number): void {
        if (paid >= limits.below) return;
        if (m.child === -1) m.child = childOf(node, m);
        const r0 = (((now.r0[from]! | m.in0) & ~e0 & ~m.dead0) | m.out0) >> 0;
        const r1 = (((now.r1[from]! | m.in1) & ~e1 & ~m.dead1) | m.out1) >> 0;
        const w0 = ((now.w0[from]! | m.freshIn0 | e0) & ~m.dead0 & ~m.out0) | m.copied0;
        const w1 = ((now.w1[from]! | m.freshIn1 | e1) & ~m.dead1 & ~m.out1) | m.copied1;
        const known = index.find(next, m.child, r0, r1, w0, w1);
        if (known === -1) {
          pushState(next, m.child, r0, r1, w0, w1, paid, now.record[from]!, m.v);
          index.add(next, next.count - 1);
          made++;
        } else if (next.value[known]! > paid) {
          next.value[known] = paid;
          next.record[known] = now.record[from]!;
          next.op[known] = m.v;
        }
      }

      function evict(from: number, m: Move, short: number): void {
        const candidates: number[] = [];
        const r0 = now.r0[from]! & ~m.in0;
        const r1 = now.r1[from]! & ~m.in1;
        for (let b = r0; b !== 0; b &= b - 1) candidates.push(31 - Math.clz32(b & -b));
        for (let b = r1; b !== 0; b &= b - 1) candidates.push(63 - Math.clz32(b & -b));
        candidates.sort((a, b) => footprint[b]! - footprint[a]! || a - b);
        const rest = new Float64Array(candidates.length + 1);
        for (let i = candidates.length - 1; i >= 0; i--) rest[i] = rest[i + 1]! + footprint[candidates[i]!]!;
        const w0 = now.w0[from]!;
        const w1 = now.w1[from]!;
        let left = limits.branches;
        const descend = (i: number, missing: number, e0: number, e1: number, paid: number, smallest: number): void => {
          if (paid >= limits.below) return;
          if (missing <= 0) {
            if (missing + smallest <= 0) return;
            if (left-- > 0) settle(from, m, e0, e1, paid);
            else dropped = Math.min(dropped, now.value[from]!);
            return;
          }
          if (i === candidates.length || rest[i]! < missing) return;
          if (left <= 0) {
            dropped = Math.min(dropped, now.value[from]!);
            return;
          }
          const s = candidates[i]!;
          const b0 = s < 32 ? 1 << s : 0;
          const b1 = s < 32 ? 0 : 1 << (s - 32);
          const copied = (w0 & b0) !== 0 || (w1 & b1) !== 0;
          descend(
            i + 1,
            missing - footprint[s]!,
            e0 | b0,
            e1 | b1,
            paid + size[s]! + (copied ? 0 : write[s]!),
            Math.min(smallest, footprint[s]!),
          );
          descend(i + 1, missing, e0, e1, paid, smallest);
        };
        descend(0, short, 0, 0, now.value[from]!, Number.POSITIVE_INFINITY);
      }

      if (next.count > limits.layer || made > limits.total || limits.stop())
        return { order: undefined, value: Number.POSITIVE_INFINITY, bound: Math.min(limits.below, dropped, least(now)) };
    }

    function childOf(node: Node, m: Move): number {
      const done = node.done.slice();
      done[m.v >>> 5]! |= 1 << (m.v & 31);
      const hash = node.hash ^ key[m.v]!;
      const same = children.get(hash)?.find((c) => nextNodes[c]!.done.every((word, i) => word === done[i]));
      if (same !== undefined) return same;
      const ready = node.ready.filter((v) => v !== m.v);
      for (const c of followers[m.v]!) if (!ready.includes(c) && isReady(done, c)) ready.push(c);
      ready.sort((a, b) => a - b);
      const gone = new Set(m.dying);
      const waiting = [...node.waiting, ...m.freshIns, ...ops[m.v]!.outs].filter((t) => !gone.has(t));
      const id = nextNodes.push({ done, hash, ready, waiting, waitingBytes: waiting.reduce((s, t) => s + tensors[t]!.size, 0) }) - 1;
      const list = children.get(hash);
      if (list === undefined) children.set(hash, [id]);
      else list.push(id);
      return id;
    }

    const { kept, cheapestDropped } = select(next, nextNodes, limits, (node) => occupy(node.waiting), size, write);
    dropped = Math.min(dropped, cheapestDropped);
    if (kept.count === 0) return { order: undefined, value: Number.POSITIVE_INFINITY, bound: Math.min(limits.below, dropped) };
    for (let x = 0; x < kept.count; x++) {
      parents.push(kept.record[x]!);
      kept.record[x] = choices.push(kept.op[x]!);
    }
    nodes = nextNodes;
    now = kept;
  }

  let best = 0;
  for (let x = 1; x < now.count; x++) if (now.value[x]! < now.value[best]!) best = x;
  const order: number[] = [];
  for (let at = now.record[best]!; at >= 0; at = parents.at(at)) order.push(choices.at(at));
  return { order: order.reverse(), value: now.value[best]!, bound: Math.min(now.value[best]!, dropped) };
}

/** Running operator `v` in a node: what it needs, bears and ends, as slot masks. */
interface Move {
  readonly v: number;
  readonly in0: number;
  readonly in1: number;
  readonly out0: number;
  readonly out1: number;
  /** Results with a copy off chip from the start. */
  readonly copied0: number;
  readonly copied1: number;
  /** Operands that lie off chip and are born here. */
  readonly freshIn0: number;
  readonly freshIn1: number;
  readonly dead0: number;
  readonly dead1: number;
  readonly dying: readonly number[];
  /** Operands that were not waiting before, because they lie off chip. */
  readonly freshIns: readonly number[];
  readonly grow: number;
  readonly outBytes: number;
  readonly outSize: number;
  child: number;
}

function moveOf({ ops, tensors }: Network, node: Node, v: number, low: Int32Array, high: Int32Array): Move {
  const op = ops[v]!;
  const mask = (ids: readonly number[], of: Int32Array) => ids.reduce((m, t) => m | of[t]!, 0);
  const freshIns = op.ins.filter((t) => tensors[t]!.producer < 0 && !tensors[t]!.consumers.some((c) => hasBit(node.done, c)));
  const dying = op.ins.filter((t) => tensors[t]!.consumers.every((c) => c === v || hasBit(node.done, c)));
  const copied = op.outs.filter((t) => tensors[t]!.write === 0);
  return {
    v,
    in0: mask(op.ins, low),
    in1: mask(op.ins, high),
    out0: mask(op.outs, low),
    out1: mask(op.outs, high),
    copied0: mask(copied, low),
    copied1: mask(copied, high),
    freshIn0: mask(freshIns, low),
    freshIn1: mask(freshIns, high),
    dead0: mask(dying, low),
    dead1: mask(dying, high),
    dying,
    freshIns,
    grow: op.grow,
    outBytes: op.outs.reduce((s, t) => s + tensors[t]!.footprint, 0),
    outSize: op.outs.reduce((s, t) => s + tensors[t]!.size, 0),
    child: -1,
  };
}

/** The states worth keeping: per node none dominated (rule (D)), over all nodes at most `width`, the best by rank. */
function select(
  from: States,
  nodes: readonly Node[],
  { width, crowding }: SearchLimits,
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
        allowance -= sum(alive.r0[y]! & ~from.r0[x]!, alive.r1[y]! & ~from.r1[x]!, size);
        dominated = allowance >= 0 && sum(from.w0[x]! & ~alive.w0[y]!, from.w1[x]! & ~alive.w1[y]!, write) <= allowance;
      }
      if (!dominated) pushState(alive, node, from.r0[x]!, from.r1[x]!, from.w0[x]!, from.w1[x]!, value, from.record[x]!, from.op[x]!);
    }
  }
  if (alive.count <= width) return { kept: alive, cheapestDropped: Number.POSITIVE_INFINITY };
  const rank = Float64Array.from({ length: alive.count }, (_, x) => alive.value[x]! + crowding * nodes[alive.node[x]!]!.waitingBytes);
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
  for (const x of ranked.subarray(width)) cheapestDropped = Math.min(cheapestDropped, alive.value[x]!);
  return { kept, cheapestDropped };
}

function sum(mask0: number, mask1: number, of: Float64Array): number {
  let total = 0;
  for (let m = mask0; m !== 0; m &= m - 1) total += of[31 - Math.clz32(m & -m)]!;
  for (let m = mask1; m !== 0; m &= m - 1) total += of[63 - Math.clz32(m & -m)]!;
  return total;
}

function least(states: States): number {
  let value = Number.POSITIVE_INFINITY;
  for (let x = 0; x < states.count; x++) value = Math.min(value, states.value[x]!);
  return value;
}

function makeStates(room: number): States {
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

function pushState(
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
function makeIndex(expected: number) {
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
function growable() {
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
  };
}
