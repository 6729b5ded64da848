import { binary, bitsFor, choice, type Expression, type Item, next, register, type Statement, sized } from "./tree.js";

/** A register that counts, in the three places where a module speaks of it. */
export interface Counting {
  readonly items: readonly Item[];
  readonly cleared: readonly Statement[];
  readonly step: readonly Statement[];
}

export interface Counter extends Counting {
  readonly last: Expression;
  readonly value: Expression;
  /** Its value times a power of two or one of its `multiples`. */
  readonly times: (by: number) => Expression;
}

/**
 * Counts 0 .. `length` - 1 and starts over; of length 1 there is no register.
 *
 * @param multiples numbers that its value is wanted times of, in places of words: they are counted beside it, for a product would take a
 *   multiplier. Smaller counters may be added to them without overflow.
 */
export function counter(name: string, length: number, multiples: readonly number[] = []): Counter {
  if (length === 1) return { items: [], cleared: [], step: [], last: sized(1, 1), value: sized(1, 0), times: () => sized(1, 0) };
  const bits = bitsFor(length - 1);
  const last = binary(name, "==", sized(bits, length - 1));
  const counted = [...new Set(multiples)]
    .filter((by) => !isPower(by))
    .map((by) => ({ by, register: `${name}_by_${by}`, bits: bitsFor(length * by - 1) }));
  const all = [{ by: 1, register: name, bits }, ...counted];
  return {
    items: all.map((own) => register(own.register, own.bits)),
    cleared: all.map((own) => next(own.register, sized(own.bits, 0))),
    step: all.map((own) => next(own.register, choice(last, sized(own.bits, 0), binary(own.register, "+", sized(own.bits, own.by))))),
    last,
    value: name,
    times: (by) => (by === 1 ? name : isPower(by) ? binary(name, "*", by) : `${name}_by_${by}`),
  };
}

const isPower = (n: number): boolean => Number.isInteger(Math.log2(n));
