import type { Network } from "./network.js";

/**
 * The same question from the end to the beginning: an order is as good here as its mirror image is there, for
 * traffic and for peak. Backwards, a tensor is born of whichever reader runs last and dies with its producer;
 * sending it away stands for the fetch that follows, and the first time for the write as well. Operator `v`
 * becomes `n - 1 - v`, tensors keep their numbers.
 *
 * @see docs/math/scratchpad.md, section 8, rule (R)
 */
export function reversed({ ops, tensors }: Network): Network {
  const mirror = (v: number) => ops.length - 1 - v;
  const after = ops.map(() => new Set<number>());
  ops.forEach((op, v) => {
    for (const a of op.after) after[a]!.add(mirror(v));
    for (const t of op.outs) for (const c of tensors[t]!.consumers) after[v]!.add(mirror(c));
  });
  return {
    ops: ops
      .map(({ members, ins, outs, grow }, v) => ({
        members: [...members].reverse(),
        ins: [...ins, ...outs],
        outs: [],
        after: [...after[v]!],
        grow: outs.reduce((left, t) => left - tensors[t]!.footprint, grow),
      }))
      .reverse(),
    tensors: tensors.map(({ producer, consumers, ...tensor }) => ({
      ...tensor,
      producer: -1,
      consumers: (producer >= 0 ? [...consumers, producer] : consumers).map(mirror).sort((a, b) => a - b),
    })),
  };
}

/** An order of the mirror image as one of the network, or the other way round. */
export const mirrored = (order: readonly number[]): readonly number[] => order.map((v) => order.length - 1 - v).reverse();
