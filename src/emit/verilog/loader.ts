import {
  always,
  binary,
  bitsFor,
  choice,
  concatenation,
  drive,
  type Expression,
  every,
  input,
  type Module,
  next,
  output,
  register,
  sized,
  slice,
  when,
} from "./tree.js";

/** Bits that are loaded at a time. */
export const LOAD_BITS = 32;

/** The file with what is loaded before the first cycle: the memory's number, then 32 bits. */
export const LOAD_FILE = "data/load.hex";

/** Loads of one word. */
export const loadsOf = (width: number): number => Math.ceil(width / LOAD_BITS);

/**
 * The module that fills a memory which no configuration can: URAM begins empty. In cycles with `load` it takes 32 bits, lowest first; the
 * last of a word writes it, words in ascending order.
 */
export function loaderModule(name: string, comment: string, words: number, width: number): Module {
  const loads = loadsOf(width);
  const count = bitsFor(loads - 1);
  const address = bitsFor(words - 1);
  const wide = loads * LOAD_BITS;
  const whole: Expression = loads === 1 ? "data" : concatenation("data", "held");
  const last = binary("count", "==", sized(count, loads - 1));
  return {
    name,
    comment,
    ports: [input("clock"), input("load"), input("data", LOAD_BITS), output("write"), output("address", address), output("word", width)],
    items: [
      ...(loads === 1 ? [] : [register("held", wide - LOAD_BITS)]),
      register("count", count, sized(count, 0)),
      register("place", address, sized(address, 0)),
      { kind: "wire", name: "line", width: wide, value: whole },
      drive("write", every("load", last)),
      drive("address", "place"),
      drive("word", slice("line", width - 1, 0)),
      always(
        "clock",
        when("load", [
          ...(loads === 1 ? [] : [next("held", loads === 2 ? "data" : slice("line", wide - 1, LOAD_BITS))]),
          next("count", choice(last, sized(count, 0), binary("count", "+", sized(count, 1)))),
          when(last, [next("place", binary("place", "+", sized(address, 1)))]),
        ]),
      ),
    ],
  };
}
