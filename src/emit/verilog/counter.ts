import { binary, bitsFor, choice, type Expression, type Item, next, register, type Statement, sized } from "./tree.js";

/** A register that counts, in the three places where a module speaks of it. */
export interface Counting {
  readonly items: readonly Item[];
  readonly cleared: readonly Statement[];
  readonly step: readonly Statement[];
}

/** Counts 0 .. `length` - 1 and starts over; of length 1 there is no register. */
export function counter(name: string, length: number): Counting & { readonly last: Expression; readonly value: Expression } {
  if (length === 1) return { items: [], cleared: [], step: [], last: sized(1, 1), value: sized(1, 0) };
  const bits = bitsFor(length - 1);
  const last = binary(name, "==", sized(bits, length - 1));
  return {
    items: [register(name, bits)],
    cleared: [next(name, sized(bits, 0))],
    step: [next(name, choice(last, sized(bits, 0), binary(name, "+", sized(bits, 1))))],
    last,
    value: name,
  };
}
