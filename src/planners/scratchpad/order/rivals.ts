import { type Done, isDone } from "./done.js";
import type { Network } from "./network.js";
import { type Bits, hasBit } from "./slots.js";

/**
 * Which tensors of a node should be sent away before which, as masks over slots: of two of equal bytes, the one whose next reader runs later in
 * every order. Between two that have copies off chip always; between two that have none, only where the one
 * needed sooner has no other reader left.
 *
 * @see docs/math/scratchpad.md, section 8, rule (E)
 */
export interface Rivals {
  /** Per slot, those to send away first: where both have copies, and where neither has. */
  readonly copied0: Int32Array;
  readonly copied1: Int32Array;
  readonly bare0: Int32Array;
  readonly bare1: Int32Array;
  /** Per slot, how many go first; ascending by it, they come before those they go before. */
  readonly count: Int32Array;
}

export function makeRivals(slots: number): Rivals {
  const words = () => new Int32Array(slots);
  return { copied0: words(), copied1: words(), bare0: words(), bare1: words(), count: words() };
}

/** Fills `rivals` for a node. */
export function rate(
  rivals: Rivals,
  { tensors }: Network,
  before: readonly Bits[],
  done: Done,
  waiting: readonly number[],
  slot: Int32Array,
): void {
  const left = waiting.map((t) => tensors[t]!.consumers.filter((c) => !isDone(done, c)));
  /** Whether in every order `i` is read again no later than `j`. */
  const sooner = (i: number, j: number) => left[i]!.some((c) => left[j]!.every((d) => c === d || hasBit(before[d]!, c)));
  for (const [i, t] of waiting.entries()) {
    const s = slot[t]!;
    rivals.copied0[s] = rivals.copied1[s] = rivals.bare0[s] = rivals.bare1[s] = rivals.count[s] = 0;
    const mine = tensors[t]!;
    for (const [j, other] of waiting.entries()) {
      const theirs = tensors[other]!;
      if (i === j || theirs.footprint !== mine.footprint || theirs.size !== mine.size || theirs.write !== mine.write) continue;
      if (!sooner(i, j) || (sooner(j, i) && slot[other]! > s)) continue;
      const o = slot[other]!;
      rivals.count[s]! += 1;
      if (o < 32) rivals.copied0[s]! |= 1 << o;
      else rivals.copied1[s]! |= 1 << (o - 32);
      if (left[i]!.length > 1) continue;
      if (o < 32) rivals.bare0[s]! |= 1 << o;
      else rivals.bare1[s]! |= 1 << (o - 32);
    }
  }
}
