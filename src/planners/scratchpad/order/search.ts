import { rng } from "../../../base/rng.js";
import { sumOver } from "../masks.js";
import { type Done, isDone, nothingDone, sameDone, withDone } from "./done.js";
import { effectsOf, type Move, moveOf } from "./moves.js";
import type { Network } from "./network.js";
import { makeRivals, rate } from "./rivals.js";
import { ancestors } from "./slots.js";
import { growable, least, makeIndex, makeStates, type Node, pushState, rankOf, select } from "./states.js";

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

/** Ways to go on that may be tried per state allowed; most lead to states known already, or nowhere. */
const TRIES = 16;
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

  const before = ancestors(network);
  /** No tensor moves fewer bytes per byte of room. */
  const share = tensors.reduce((least, t) => Math.min(least, t.size / t.footprint), 1);
  const rivals = makeRivals(SLOTS);
  const effects = effectsOf(network, low, high);
  const parents = growable();
  const choices = growable();
  let made = 0;
  let tried = 0;
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
        moveOf(effects[v]!, network, node, low, high, aheadOf(Math.max(node.reach, position(v) + 1)), limits.crowding),
      );
      for (const m of moves) occupy(m.freshIns);
      let rated = false;

      for (; x < end; x++) {
        const r0 = now.r0[x]!;
        const r1 = now.r1[x]!;
        const w0 = now.w0[x]!;
        const w1 = now.w1[x]!;
        const value = now.value[x]!;
        const occupied = sumOver(r0, r1, footprint);
        // A safe move is never worse at once than later, so nothing else need be tried.
        const safe = moves.length > 1 ? moves.find((m) => isSafe(m, r0, r1, w0, w1, occupied)) : undefined;
        for (const m of safe === undefined ? moves : [safe]) {
          const short = occupied + sumOver(m.effect.in0 & ~r0, m.effect.in1 & ~r1, footprint) + m.effect.grow - capacity;
          if (short <= 0) settle(x, m, 0, 0, value);
          else evict(x, m, short);
        }
      }

      function isSafe(m: Move, r0: number, r1: number, w0: number, w1: number, occupied: number): boolean {
        if ((m.effect.in0 & ~r0 & ~m.fresh0) !== 0 || (m.effect.in1 & ~r1 & ~m.fresh1) !== 0) return false;
        if (occupied + (m.bornBytes - m.effect.outBytes) + m.effect.grow > capacity) return false;
        if (m.bornBytes === 0) return true;
        let atLeast = 0;
        for (const t of m.dying) {
          const { footprint: f, size: s } = tensors[t]!;
          if (f < m.bornBytes || s < m.bornSize) continue;
          if ((w0 & low[t]!) === 0 && (w1 & high[t]!) === 0) return true;
          if (++atLeast === 2) return true;
        }
        return false;
      }

      function settle(from: number, m: Move, e0: number, e1: number, paid: number): void {
        tried++;
        if (paid + m.ahead >= limits.below) return drop(paid + m.ahead);
        if (paid + m.beyond > cut) return drop(paid + m.ahead);
        if (m.child === -1) m.child = childOf(node, m);
        const r0 = (((now.r0[from]! | m.effect.in0) & ~e0 & ~m.dead0) | m.effect.out0) >> 0;
        const r1 = (((now.r1[from]! | m.effect.in1) & ~e1 & ~m.dead1) | m.effect.out1) >> 0;
        const w0 = ((now.w0[from]! | m.copied0 | e0) & ~m.dead0 & ~m.effect.out0) | m.effect.copied0;
        const w1 = ((now.w1[from]! | m.copied1 | e1) & ~m.dead1 & ~m.effect.out1) | m.effect.copied1;
        const known = index.find(next, m.child, r0, r1, w0, w1);
        if (known === -1) {
          pushState(next, m.child, r0, r1, w0, w1, paid, now.record[from]!, m.effect.v);
          index.add(next, next.count - 1);
          made++;
          if (next.count >= full) {
            cut = Math.min(cut, rankOf(KEPT * limits.width, next, nextNodes, limits.crowding));
            full = next.count + limits.width;
          }
        } else if (next.value[known]! > paid) {
          next.value[known] = paid;
          next.record[known] = now.record[from]!;
          next.op[known] = m.effect.v;
        }
      }

      function evict(from: number, m: Move, short: number): void {
        if (!rated) rate(rivals, network, before, node.done, node.waiting, slot);
        rated = true;
        const candidates: number[] = [];
        const r0 = now.r0[from]! & ~m.effect.in0;
        const r1 = now.r1[from]! & ~m.effect.in1;
        for (let b = r0; b !== 0; b &= b - 1) candidates.push(31 - Math.clz32(b & -b));
        for (let b = r1; b !== 0; b &= b - 1) candidates.push(63 - Math.clz32(b & -b));
        candidates.sort((a, b) => footprint[b]! - footprint[a]! || rivals.count[a]! - rivals.count[b]! || a - b);
        const rest = new Float64Array(candidates.length + 1);
        for (let i = candidates.length - 1; i >= 0; i--) rest[i] = rest[i + 1]! + footprint[candidates[i]!]!;
        const w0 = now.w0[from]!;
        const w1 = now.w1[from]!;
        /** Whether something stays that should go before slot `s` does. */
        const outlived = (s: number, copied: boolean, e0: number, e1: number): boolean =>
          copied
            ? (rivals.copied0[s]! & w0 & r0 & ~e0) !== 0 || (rivals.copied1[s]! & w1 & r1 & ~e1) !== 0
            : (rivals.bare0[s]! & ~w0 & r0 & ~e0) !== 0 || (rivals.bare1[s]! & ~w1 & r1 & ~e1) !== 0;
        let left = limits.branches;
        const descend = (i: number, missing: number, e0: number, e1: number, paid: number, smallest: number): void => {
          tried++;
          const least = paid + Math.floor(share * Math.max(0, missing)) + m.ahead;
          if (least >= limits.below) return drop(least);
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
          if (!outlived(s, copied, e0, e1))
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

      if (next.count > limits.layer || made > limits.total || tried > TRIES * limits.total || limits.stop())
        return { order: undefined, value: Number.POSITIVE_INFINITY, bound: Math.min(dropped, least(now, nodes)), made };
    }

    function childOf(node: Node, m: Move): number {
      const done = withDone(node.done, m.effect.v);
      const hash = node.hash ^ key[m.effect.v]!;
      const same = children.get(hash)?.find((c) => sameDone(nextNodes[c]!.done, done));
      if (same !== undefined) return same;
      const ready = node.ready.filter((v) => v !== m.effect.v);
      for (const c of followers[m.effect.v]!) if (!ready.includes(c) && isReady(done, c)) ready.push(c);
      ready.sort((a, b) => a - b);
      const gone = new Set(m.dying);
      const waiting = [...node.waiting, ...m.freshIns, ...ops[m.effect.v]!.outs].filter((t) => !gone.has(t));
      const id =
        nextNodes.push({
          done,
          hash,
          ready,
          waiting,
          waitingBytes: waiting.reduce((s, t) => s + tensors[t]!.size, 0),
          reach: Math.max(node.reach, position(m.effect.v) + 1),
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
