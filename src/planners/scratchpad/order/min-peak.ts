import { rng } from "../../../base/rng.js";
import { type Done, isDone, nothingDone, sameDone, withDone } from "./done.js";
import { type Network, needOf } from "./network.js";

export interface MinPeak {
  /** No order occupies fewer bytes at its fullest moment, nothing being sent away. */
  readonly bound: number;
  /** An order that occupies just `bound`; undefined where the search was cut off. */
  readonly order: readonly number[] | undefined;
}

interface State {
  readonly done: Done;
  readonly hash: number;
  readonly count: number;
  readonly ready: readonly number[];
  /** Bytes of the tensors born and still to be read. */
  readonly waiting: number;
  readonly parent: State | undefined;
  readonly op: number;
}

/**
 * The least peak over all orders: raises a threshold from the largest need until some order stays below it. Down-sets
 * reached under the threshold are visited once; an operator that fits and leaves no more waiting than before is run
 * at once, as delaying it never helps.
 *
 * @param states down-sets visited before the search is cut off; the threshold reached is then the bound.
 * @see docs/math/scratchpad.md, section 9
 */
export function minPeak(network: Network, states: number, stop: () => boolean): MinPeak {
  const { ops, tensors } = network;
  const n = ops.length;
  const random = rng(331);
  const key = Int32Array.from({ length: n }, () => Math.floor(random() * 2 ** 32));
  const sources = ops.map((op) => [...op.ins.map((t) => tensors[t]!.producer).filter((p) => p >= 0), ...op.after]);
  const followers: number[][] = ops.map(() => []);
  sources.forEach((list, v) => {
    for (const p of new Set(list)) followers[p]!.push(v);
  });
  const isReady = (done: Done, v: number) => !isDone(done, v) && sources[v]!.every((p) => isDone(done, p));
  /** Bytes while `v` runs, and what waits afterwards. */
  const effect = ({ done, waiting }: State, v: number): { during: number; after: number } => {
    let fresh = 0;
    let dying = 0;
    for (const t of ops[v]!.ins) {
      const { producer, consumers, footprint } = tensors[t]!;
      if (producer < 0 && !consumers.some((c) => isDone(done, c))) fresh += footprint;
      if (consumers.every((c) => c === v || isDone(done, c))) dying += footprint;
    }
    const born = ops[v]!.outs.reduce((sum, t) => sum + tensors[t]!.footprint, 0);
    return { during: waiting + fresh + ops[v]!.grow, after: waiting + fresh - dying + born };
  };
  const step = (from: State, v: number, waiting: number): State => {
    const done = withDone(from.done, v);
    const ready = from.ready.filter((r) => r !== v);
    for (const f of followers[v]!) if (isReady(done, f)) ready.push(f);
    return { done, hash: from.hash ^ key[v]!, count: from.count + 1, ready, waiting, parent: from, op: v };
  };

  let threshold = ops.reduce((most, _, v) => Math.max(most, needOf(network, v)), 0);
  /** Runs safe operators until there is none. */
  const settled = (state: State): State => {
    let now = state;
    for (;;) {
      const safe = now.ready.find((v) => {
        const { during, after } = effect(now, v);
        return during <= threshold && after <= now.waiting;
      });
      if (safe === undefined) return now;
      now = step(now, safe, effect(now, safe).after);
    }
  };

  const seen = new Map<number, State[]>();
  const isNew = (state: State): boolean => {
    const same = seen.get(state.hash);
    if (same === undefined) seen.set(state.hash, [state]);
    else if (same.some((s) => sameDone(s.done, state.done))) return false;
    else same.push(state);
    return true;
  };

  const start: State = {
    done: nothingDone,
    hash: 0,
    count: 0,
    ready: ops.flatMap((_, v) => (isReady(nothingDone, v) ? [v] : [])),
    waiting: 0,
    parent: undefined,
    op: -1,
  };
  let stack = [settled(start)];
  let blocked: State[] = [];
  let next = Number.POSITIVE_INFINITY;
  let visited = 0;
  for (;;) {
    const state = stack.pop();
    if (state === undefined) {
      if (next === Number.POSITIVE_INFINITY) return { bound: threshold, order: undefined };
      threshold = next;
      next = Number.POSITIVE_INFINITY;
      stack = blocked;
      blocked = [];
      continue;
    }
    if (state.count === n) return { bound: threshold, order: orderOf(state) };
    if (++visited > states || ((visited & 255) === 0 && stop())) return { bound: threshold, order: undefined };
    let stuck = false;
    for (const v of state.ready) {
      const { during, after } = effect(state, v);
      if (during > threshold) {
        stuck = true;
        next = Math.min(next, during);
        continue;
      }
      const child = settled(step(state, v, after));
      if (isNew(child)) stack.push(child);
    }
    if (stuck) blocked.push(state);
  }
}

function orderOf(last: State): readonly number[] {
  const order: number[] = [];
  for (let s: State | undefined = last; s !== undefined && s.op >= 0; s = s.parent) order.push(s.op);
  return order.reverse();
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
