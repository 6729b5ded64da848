import type { Network } from "./network.js";
import { wordsFor } from "./slots.js";

/** A set of operators run, moved about in place: what waits, and who may run next. Nothing is ever away. */
export interface Position {
  /** Bit set of the operators run, and a hash of it. */
  readonly done: Int32Array;
  hash(): number;
  /** How many operators have run. */
  count(): number;
  /** Bytes of the tensors born and still to be read. */
  waiting(): number;
  /** Bit set of those that may run next. */
  readonly ready: Int32Array;
  /** Bytes occupied while `v` runs. */
  during(v: number): number;
  run(v: number): void;
  /** Takes back `v`, one of the last operators run. */
  undo(v: number): void;
  /** Moves to the set whose words begin at `at`. */
  load(words: Int32Array, at: number): void;
}

/** @param key one random word per operator. */
export function positionOf({ ops, tensors }: Network, key: Int32Array): Position {
  const n = ops.length;
  const footprint = Float64Array.from(tensors, (t) => t.footprint);
  const readers = Int32Array.from(tensors, (t) => t.consumers.length);
  const arrives = Uint8Array.from(tensors, (t) => (t.producer < 0 ? 1 : 0));
  const sources = ops.map((op) => [...new Set([...op.ins.map((t) => tensors[t]!.producer).filter((p) => p >= 0), ...op.after])]);
  const followers: number[][] = ops.map(() => []);
  sources.forEach((list, v) => {
    for (const p of list) followers[p]!.push(v);
  });
  const ins = ops.map((op) => op.ins);
  const outs = ops.map((op) => op.outs);
  const grow = Float64Array.from(ops, (op) => op.grow);

  const done = new Int32Array(wordsFor(n));
  const ready = new Int32Array(wordsFor(n));
  const pending = Int32Array.from(sources, (list) => list.length);
  const left = readers.slice(); // readers still to run
  let waiting = 0;
  let hash = 0;
  let count = 0;
  sources.forEach((list, v) => {
    if (list.length === 0) ready[v >>> 5]! |= 1 << (v & 31);
  });
  const unborn = (t: number) => arrives[t] === 1 && left[t] === readers[t];

  return {
    done,
    ready,
    hash: () => hash,
    count: () => count,
    waiting: () => waiting,
    during(v) {
      let bytes = waiting + grow[v]!;
      for (const t of ins[v]!) if (unborn(t)) bytes += footprint[t]!;
      return bytes;
    },
    run(v) {
      for (const t of ins[v]!) {
        if (unborn(t)) waiting += footprint[t]!;
        left[t]! -= 1;
        if (left[t] === 0) waiting -= footprint[t]!;
      }
      for (const t of outs[v]!) waiting += footprint[t]!;
      for (const f of followers[v]!) {
        pending[f]! -= 1;
        if (pending[f] === 0) ready[f >>> 5]! |= 1 << (f & 31);
      }
      done[v >>> 5]! |= 1 << (v & 31);
      ready[v >>> 5]! &= ~(1 << (v & 31));
      hash ^= key[v]!;
      count++;
    },
    undo(v) {
      for (const t of outs[v]!) waiting -= footprint[t]!;
      for (const t of ins[v]!) {
        if (left[t] === 0) waiting += footprint[t]!;
        left[t]! += 1;
        if (unborn(t)) waiting -= footprint[t]!;
      }
      for (const f of followers[v]!) {
        if (pending[f] === 0) ready[f >>> 5]! &= ~(1 << (f & 31));
        pending[f]! += 1;
      }
      done[v >>> 5]! &= ~(1 << (v & 31));
      if (pending[v] === 0) ready[v >>> 5]! |= 1 << (v & 31);
      hash ^= key[v]!;
      count--;
    },
    load(words, at) {
      // The last first, then the first first, so that what is ready stays right in between.
      for (let w = done.length - 1; w >= 0; w--)
        for (let b = done[w]! & ~words[at + w]!; b !== 0; ) {
          const high = 31 - Math.clz32(b);
          this.undo(32 * w + high);
          b &= ~(1 << high);
        }
      for (let w = 0; w < done.length; w++)
        for (let b = words[at + w]! & ~done[w]!; b !== 0; b &= b - 1) this.run(32 * w + 31 - Math.clz32(b & -b));
    },
  };
}
