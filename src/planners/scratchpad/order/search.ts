import { rng } from "../../../base/rng.js";
import { type Done, isDone, nothingDone, sameDone, withDone } from "./done.js";
import type { Network } from "./network.js";
import { growable, least, makeIndex, makeStates, type Node, pushState, rankBeyond, rankOf, select, sum } from "./states.js";

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
  readonly foresight?: Foresight;
}

/** What is known to lie ahead: with everything run within the first `k` positions, at least `value[k]` more bytes move. */
export interface Foresight {
  /** Position of each operator in the order that the prefixes are taken of. */
  readonly position: Int32Array;
  /** By prefix length, falling. */
  readonly value: Float64Array;
  /** Positions that count as run before the search begins. */
  readonly begun: number;
}

export interface SearchAnswer {
  /** Operators in the order found; undefined when none below `below` was. */
  readonly order: readonly number[] | undefined;
  readonly value: number;
  /** No order moves fewer bytes. */
  readonly bound: number;
  /** States made. */
  readonly made: number;
}

/** Slots fit in two words. */
export const SLOTS = 64;

/** A beam of `width` states makes `SPARE` times as many before it cuts, and then keeps to the best `KEPT` times as many, as some are equal or dominated. */
const SPARE = 4;
const KEPT = 2;

/**
 * The order and residency that move the fewest bytes, searched layer by layer over (operators run, residents,
 * copies). Exact while nothing is dropped; else `bound` is the cheapest state dropped, left, or not below `below`.
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
  let dropped = Number.POSITIVE_INFINITY; // least value, with what lies ahead, of a state not followed
  const drop = (value: number) => {
    if (value < dropped) dropped = value;
  };
  const { foresight } = limits;
  const position = (v: number) => foresight?.position[v] ?? 0;
  const aheadOf = (reach: number) => foresight?.value[reach] ?? 0;

  const sources = ops.map((op) => [...op.ins.map((t) => tensors[t]!.producer).filter((p) => p >= 0), ...op.after]);
  const followers: number[][] = ops.map(() => []);
  sources.forEach((list, v) => {
    for (const p of list) followers[p]!.push(v);
  });
  const isReady = (done: Done, v: number) => !isDone(done, v) && sources[v]!.every((p) => isDone(done, p));
  let nodes: Node[] = [
    {
      done: nothingDone,
      hash: 0,
      ready: ops.flatMap((_, v) => (isReady(nothingDone, v) ? [v] : [])),
      waiting: [],
      waitingBytes: 0,
      reach: foresight?.begun ?? 0,
      ahead: aheadOf(foresight?.begun ?? 0),
    },
  ];
  let now = makeStates(1);
  pushState(now, 0, 0, 0, 0, 0, 0, -1, -1);

  for (let k = 0; k < n; k++) {
    const children = new Map<number, number[]>();
    const nextNodes: Node[] = [];
    const next = makeStates(now.count * 2);
    const index = makeIndex(now.count * 4);
    // A beam need not make states that it will not keep: it learns where it will be cut while it grows.
    let cut = Number.POSITIVE_INFINITY;
    let full = SPARE * limits.width;

    for (let x = 0; x < now.count; ) {
      const nodeId = now.node[x]!;
      const node = nodes[nodeId]!;
      let end = x;
      while (end < now.count && now.node[end] === nodeId) end++;
      occupy(node.waiting);
      const moves = node.ready.map((v) =>
        moveOf(network, node, v, low, high, aheadOf(Math.max(node.reach, position(v) + 1)), limits.crowding),
      );
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
        if (paid + m.ahead >= limits.below) return drop(paid + m.ahead);
        if (paid + m.beyond > cut) return drop(paid + m.ahead);
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
          if (next.count >= full) {
            cut = Math.min(cut, rankOf(KEPT * limits.width, next, nextNodes, limits.crowding));
            full = next.count + limits.width;
          }
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
          if (paid + m.ahead >= limits.below) return drop(paid + m.ahead);
          if (missing <= 0) {
            if (missing + smallest <= 0) return;
            if (left-- > 0) settle(from, m, e0, e1, paid);
            else drop(now.value[from]! + m.ahead);
            return;
          }
          if (i === candidates.length || rest[i]! < missing) return;
          if (left <= 0) {
            drop(now.value[from]! + m.ahead);
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
        return { order: undefined, value: Number.POSITIVE_INFINITY, bound: Math.min(dropped, least(now, nodes)), made };
    }

    function childOf(node: Node, m: Move): number {
      const done = withDone(node.done, m.v);
      const hash = node.hash ^ key[m.v]!;
      const same = children.get(hash)?.find((c) => sameDone(nextNodes[c]!.done, done));
      if (same !== undefined) return same;
      const ready = node.ready.filter((v) => v !== m.v);
      for (const c of followers[m.v]!) if (!ready.includes(c) && isReady(done, c)) ready.push(c);
      ready.sort((a, b) => a - b);
      const gone = new Set(m.dying);
      const waiting = [...node.waiting, ...m.freshIns, ...ops[m.v]!.outs].filter((t) => !gone.has(t));
      const id =
        nextNodes.push({
          done,
          hash,
          ready,
          waiting,
          waitingBytes: waiting.reduce((s, t) => s + tensors[t]!.size, 0),
          reach: Math.max(node.reach, position(m.v) + 1),
          ahead: m.ahead,
        }) - 1;
      const list = children.get(hash);
      if (list === undefined) children.set(hash, [id]);
      else list.push(id);
      return id;
    }

    const { kept, cheapestDropped } = select(next, nextNodes, limits, (node) => occupy(node.waiting), size, write);
    drop(cheapestDropped);
    if (kept.count === 0) return { order: undefined, value: Number.POSITIVE_INFINITY, bound: dropped, made };
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
  return { order: order.reverse(), value: now.value[best]!, bound: Math.min(now.value[best]!, dropped), made };
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
  /** What at least moves after it. */
  readonly ahead: number;
  /** Rank beyond value of the states it leads to. */
  readonly beyond: number;
  child: number;
}

function moveOf(
  { ops, tensors }: Network,
  node: Node,
  v: number,
  low: Int32Array,
  high: Int32Array,
  ahead: number,
  crowding: number,
): Move {
  const op = ops[v]!;
  const mask = (ids: readonly number[], of: Int32Array) => ids.reduce((m, t) => m | of[t]!, 0);
  const freshIns = op.ins.filter((t) => tensors[t]!.producer < 0 && !tensors[t]!.consumers.some((c) => isDone(node.done, c)));
  const dying = op.ins.filter((t) => tensors[t]!.consumers.every((c) => c === v || isDone(node.done, c)));
  const bytesOf = (ids: readonly number[]) => ids.reduce((s, t) => s + tensors[t]!.size, 0);
  const outSize = bytesOf(op.outs);
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
    outSize,
    ahead,
    beyond: rankBeyond({ ahead, waitingBytes: node.waitingBytes + bytesOf(freshIns) + outSize - bytesOf(dying) }, crowding),
    child: -1,
  };
}
