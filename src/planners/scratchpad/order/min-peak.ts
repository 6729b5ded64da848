import { rng } from "../../../base/rng.js";
import { type Network, needOf } from "./network.js";
import { segments } from "./parts.js";
import { positionOf } from "./position.js";
import { mirrored, reversed } from "./reversed.js";
import { growable } from "./states.js";

export interface MinPeak {
  /** No order occupies fewer bytes at its fullest moment, nothing being sent away. */
  readonly bound: number;
  /** An order that occupies just `bound`; undefined where the search was cut off. */
  readonly order: readonly number[] | undefined;
}

/** Sets of operators that one direction looks at before it is the other one's turn. */
const TURN = 500;

/**
 * The least peak over all orders, stretch by stretch between series cuts. It is the same from the end to the
 * beginning, and often only one direction has few sets of operators below the peak: both search in turns until one
 * has the answer.
 *
 * @param states sets of operators looked at in all before the search is cut off; `bound` is then the threshold reached.
 * @see docs/math/scratchpad.md, section 9
 */
export function minPeak(network: Network, states: number, stop: () => boolean): MinPeak {
  let bound = network.ops.reduce((most, _, v) => Math.max(most, needOf(network, v)), 0);
  let left = states;
  const order: number[] = [];
  let complete = true;
  for (const { network: part, ops } of segments(network)) {
    const backward = thresholdSearch(reversed(part), bound);
    const forward = thresholdSearch(part, bound);
    let found: readonly number[] | undefined;
    for (; found === undefined && left > 0 && !stop(); left -= 2 * TURN) {
      const back = backward.advance(TURN);
      bound = Math.max(bound, back.bound);
      found = back.order && mirrored(back.order);
      if (found !== undefined) break;
      const straight = forward.advance(TURN);
      bound = Math.max(bound, straight.bound);
      found = straight.order;
    }
    complete &&= found !== undefined;
    for (const v of found ?? []) if (ops[v]! >= 0) order.push(ops[v]!);
  }
  return { bound, order: complete ? order : undefined };
}

/**
 * Raises a threshold, at first no less than the largest need, until some order stays below it. Sets of operators reached under the
 * threshold are visited once; an operator that fits and leaves no more waiting than before is run at once, as
 * delaying it never helps.
 */
function thresholdSearch(network: Network, from: number): { advance(states: number): MinPeak } {
  const n = network.ops.length;
  const random = rng(331);
  const position = positionOf(
    network,
    Int32Array.from({ length: n }, () => Math.floor(random() * 2 ** 32)),
  );
  const width = position.done.length;
  const sets = setsOf(width);
  // Per set, how it was reached: from which set, by which operators (a stretch of `path`).
  const parent = growable();
  const begin = growable();
  const path = growable();
  const trail: number[] = [];
  let threshold = from;

  const run = (v: number) => {
    position.run(v);
    trail.push(v);
  };
  const { ready } = position;
  const settle = () => {
    for (let v = anySafe(); v >= 0; v = anySafe()) run(v);
  };
  const anySafe = (): number => {
    for (let w = 0; w < width; w++)
      for (let b = ready[w]!; b !== 0; b &= b - 1) {
        const v = 32 * w + 31 - Math.clz32(b & -b);
        if (isSafe(v)) return v;
      }
    return -1;
  };
  const isSafe = (v: number): boolean => {
    if (position.during(v) > threshold) return false;
    const before = position.waiting();
    position.run(v);
    const after = position.waiting();
    position.undo(v);
    return after <= before;
  };
  const record = (from: number): boolean => {
    if (!sets.add(position.done, position.hash())) return false;
    parent.push(from);
    begin.push(path.count());
    for (const v of trail) path.push(v);
    return true;
  };
  const orderTo = (last: number): number[] => {
    const parts: number[][] = [];
    for (let at = last, end = path.count(); at >= 0; at = parent.at(at)) {
      end = at + 1 < begin.count() ? begin.at(at + 1) : end;
      parts.push(Array.from({ length: end - begin.at(at) }, (_, i) => path.at(begin.at(at) + i)));
    }
    return parts.reverse().flat();
  };

  settle();
  record(-1);
  trail.length = 0;
  /** Sets to look at, each with the threshold up to which its moves have been tried. */
  const open: { set: number; tried: number }[] = [{ set: 0, tried: Number.NEGATIVE_INFINITY }];
  /** Sets with moves above the threshold, by the least that such a move needs. */
  const blocked = new Map<number, { set: number; tried: number }[]>();

  return {
    advance(states) {
      for (let visited = 0; visited < states; ) {
        const next = open.pop();
        if (next === undefined) {
          threshold = [...blocked.keys()].reduce((least, need) => Math.min(least, need), Number.POSITIVE_INFINITY);
          for (const set of blocked.get(threshold)!) open.push(set);
          blocked.delete(threshold);
          continue;
        }
        visited++;
        const { set, tried } = next;
        position.load(sets.words(), set * width);
        if (position.count() === n) return { bound: threshold, order: orderTo(set) };
        let least = Number.POSITIVE_INFINITY;
        for (let w = 0; w < width; w++)
          for (let b = ready[w]!; b !== 0; b &= b - 1) {
            const v = 32 * w + 31 - Math.clz32(b & -b);
            const needed = position.during(v);
            if (needed > threshold) least = Math.min(least, needed);
            if (needed > threshold || needed <= tried) continue;
            run(v);
            settle();
            if (record(set)) open.push({ set: sets.count() - 1, tried: Number.NEGATIVE_INFINITY });
            while (trail.length > 0) position.undo(trail.pop()!);
          }
        if (least === Number.POSITIVE_INFINITY) continue;
        const waiting = blocked.get(least);
        if (waiting === undefined) blocked.set(least, [{ set, tried: threshold }]);
        else waiting.push({ set, tried: threshold });
      }
      return { bound: threshold, order: undefined };
    },
  };
}

/** Bit sets of `width` words, each kept once, one after the other. */
function setsOf(width: number) {
  let words = new Int32Array(1024 * width);
  let hashes = new Int32Array(1024);
  let table = new Int32Array(4096).fill(-1);
  let count = 0;
  const slotOf = (hash: number) => (hash ^ (hash >>> 15)) & (table.length - 1);
  return {
    words: () => words,
    count: () => count,
    /** Whether it was new. */
    add(set: Int32Array, hash: number): boolean {
      let at = slotOf(hash);
      for (; table[at] !== -1; at = (at + 1) & (table.length - 1)) {
        const known = table[at]!;
        if (hashes[known] !== hash) continue;
        let w = 0;
        while (w < width && words[known * width + w] === set[w]) w++;
        if (w === width) return false;
      }
      if (count === hashes.length) {
        words = doubled(words);
        hashes = doubled(hashes);
      }
      words.set(set, count * width);
      hashes[count] = hash;
      table[at] = count++;
      if (2 * count > table.length) {
        table = new Int32Array(2 * table.length).fill(-1);
        for (let i = 0; i < count; i++) {
          let free = slotOf(hashes[i]!);
          while (table[free] !== -1) free = (free + 1) & (table.length - 1);
          table[free] = i;
        }
      }
      return true;
    },
  };
}

function doubled(a: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const longer = new Int32Array(2 * a.length);
  longer.set(a);
  return longer;
}

/**
 * Bytes that any order must spill and re-fetch because its peak is at least `peak`: at its fullest moment that much
 * more than `capacity` is born, still wanted, and away. Each such byte is fetched again, and written unless it lies
 * off chip anyway. Source: docs/math/scratchpad.md, bound (P).
 */
export function peakBound({ tensors }: Network, peak: number, capacity: number): number {
  const short = peak - capacity;
  if (short <= 0) return 0;
  // Footprints are what is short, sizes are what moves: no tensor moves less per byte short than this.
  const share = tensors.reduce((least, t) => Math.min(least, t.size / t.footprint), 1);
  const clean = tensors.reduce((sum, t) => (t.write === 0 ? sum + t.footprint : sum), 0);
  return Math.ceil(share * (short + Math.max(0, short - clean)) - 1e-6);
}
