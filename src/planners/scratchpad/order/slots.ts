import type { Network } from "./network.js";

/** A set of operators as bits of 32-bit words. */
export type Bits = Uint32Array<ArrayBuffer>;

export const wordsFor = (n: number): number => (n + 31) >>> 5;
export const hasBit = (bits: ArrayLike<number>, i: number): boolean => ((bits[i >>> 5]! >>> (i & 31)) & 1) === 1;

/** For each operator, the operators that must run before it. */
export function ancestors({ ops, tensors }: Network): readonly Bits[] {
  const words = wordsFor(ops.length);
  const out: Bits[] = [];
  for (const [v, op] of ops.entries()) {
    const mine = new Uint32Array(words);
    for (const p of [...op.ins.map((t) => tensors[t]!.producer), ...op.after]) {
      if (p < 0) continue;
      mine[p >>> 5]! |= 1 << (p & 31);
      const theirs = out[p]!;
      for (let w = 0; w < words; w++) mine[w]! |= theirs[w]!;
    }
    out[v] = mine;
  }
  return out;
}

/**
 * Gives every tensor a slot such that two tensors that could wait at the same time, in any order, have
 * different ones. Tensors that can never meet form chains (a dies before b is born, b before c ...), so comparing
 * with the newest tensor of a slot suffices.
 *
 * @returns slot per tensor, or undefined where more than `most` would be needed.
 */
export function slotsOf(network: Network, before: readonly Bits[], most: number): Int32Array | undefined {
  const { tensors } = network;
  const birth = (t: number) => (tensors[t]!.producer >= 0 ? tensors[t]!.producer : Math.min(...tensors[t]!.consumers));
  const order = tensors.map((_, t) => t).sort((a, b) => birth(a) - birth(b) || a - b);
  const slot = new Int32Array(tensors.length);
  const newest: number[] = [];
  for (const t of order) {
    let s = 0;
    while (s < newest.length && !diesBefore(network, before, newest[s]!, t)) s++;
    if (s === most) return undefined;
    slot[t] = s;
    newest[s] = t;
  }
  return slot;
}

/** Whether in every order the last reader of `a` runs before `b` is born; the operator that bears `b` may itself be that reader. */
function diesBefore({ tensors }: Network, before: readonly Bits[], a: number, b: number): boolean {
  const { producer, consumers } = tensors[b]!;
  if (producer >= 0) return tensors[a]!.consumers.every((c) => c === producer || hasBit(before[producer]!, c));
  return tensors[a]!.consumers.every((c) => consumers.every((p) => hasBit(before[p]!, c)));
}
