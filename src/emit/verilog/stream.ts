import { queueStyle, type Words } from "../../cost/fpga/memory.js";
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
  not,
  output,
  part,
  register,
  repetition,
  sized,
  some,
  when,
  wire,
} from "./tree.js";

/** Tells synthesis where a queue or line buffer lies, as it is counted. A single word is left to it: a register. */
export const ramStyle = (words: Words): Readonly<Record<string, string>> =>
  words.depth === 1 ? {} : { ram_style: queueStyle(words) === "bram" ? "block" : "distributed" };

/** Ports of every stage: words in and words out under valid and ready. */
export const streamPorts = (widthIn: number, widthOut: number) => [
  input("clock"),
  input("reset"),
  input("in_valid"),
  output("in_ready"),
  input("in_data", widthIn),
  output("out_valid"),
  input("out_ready"),
  output("out_data", widthOut),
];

export const queueName = (width: number, depth: number): string => `queue_${depth}_of_${width}`;

/**
 * A queue of `depth` >= 2 words of `width` bits. A word is on offer a cycle after it was taken; `in_ready` and `out_valid` depend on
 * nothing that happens in the same cycle. The word on offer stands in a register, the others in a memory that is read a cycle ahead.
 */
export function queue(width: number, depth: number): Module {
  const words = depth - 1;
  const bits = bitsFor(words);
  const onward = (pointer: string) => (words === 1 ? 0 : choice(binary(pointer, "==", words - 1), 0, binary(pointer, "+", 1)));
  return {
    name: queueName(width, depth),
    comment: `A queue of ${depth} words of ${width} bits.`,
    ports: streamPorts(width, width),
    items: [
      { kind: "register", name: "waiting", width, length: words, attributes: ramStyle({ width, depth: words }) },
      register("head", bits),
      register("tail", bits),
      register("count", bits),
      register("filled", 1),
      register("direct", 1),
      register("passed", width),
      register("fetched", width),
      wire("push", 1, every("in_valid", "in_ready")),
      wire("vacant", 1, some(not("filled"), "out_ready")),
      wire("pass", 1, every("push", "vacant", binary("count", "==", 0))),
      wire("fetch", 1, every("vacant", binary("count", "!=", 0))),
      drive("in_ready", binary("count", "!=", words)),
      drive("out_valid", "filled"),
      drive("out_data", choice("direct", "passed", "fetched")),
      always(
        "clock",
        when("pass", [next("passed", "in_data")]),
        when(every("push", not("pass")), [next({ kind: "index", of: "waiting", at: "tail" }, "in_data")]),
        when("fetch", [next("fetched", { kind: "index", of: "waiting", at: "head" })]),
        when(
          "reset",
          [next("head", 0), next("tail", 0), next("count", 0), next("filled", 0), next("direct", 0)],
          [
            when("vacant", [next("filled", some("pass", "fetch")), next("direct", "pass")]),
            when(every("push", not("pass")), [next("tail", onward("tail"))]),
            when("fetch", [next("head", onward("head"))]),
            next("count", binary(binary("count", "+", every("push", not("pass"))), "-", "fetch")),
          ],
        ),
      ),
    ],
  };
}

/** Elements that a converter holds: enough that the narrower side never waits. */
export const converterRoom = (lanesIn: number, lanesOut: number): number =>
  lanesIn % lanesOut === 0 || lanesOut % lanesIn === 0 ? lanesIn + lanesOut : lanesIn + 2 * lanesOut;

export const converterName = (bits: number, lanesIn: number, lanesOut: number): string => `convert_${lanesIn}_to_${lanesOut}_of_${bits}`;

/** Words of `lanesIn` elements into words of `lanesOut`, elements of `bits` in the same order. Never empties at a pixel's end: both divide its channels. */
export function converter(bits: number, lanesIn: number, lanesOut: number): Module {
  const room = converterRoom(lanesIn, lanesOut);
  const width = room * bits;
  const count = bitsFor(room);
  const unit = gcd(lanesIn, lanesOut);
  // Few numbers of elements can be there when a word comes: a choice between them is less than a shift by any number.
  const placed = Array.from({ length: (room - lanesIn) / unit }, (_, i) => i * unit).reduceRight<Expression>(
    (others, n) => choice(binary("kept", "==", n), binary("added", "<<", n * bits), others),
    binary("added", "<<", (room - lanesIn) * bits),
  );
  return {
    name: converterName(bits, lanesIn, lanesOut),
    comment: `Words of ${lanesIn} elements of ${bits} bits into words of ${lanesOut}.`,
    ports: streamPorts(lanesIn * bits, lanesOut * bits),
    items: [
      register("held", width),
      register("count", count),
      wire("push", 1, every("in_valid", "in_ready")),
      wire("pop", 1, every("out_valid", "out_ready")),
      wire("rest", width, choice("pop", binary("held", ">>", lanesOut * bits), "held")),
      wire("kept", count, choice("pop", binary("count", "-", lanesOut), "count")),
      wire("added", width, concatenation(repetition((room - lanesIn) * bits, sized(1, 0)), "in_data")),
      drive("in_ready", binary("count", "<=", room - lanesIn)),
      drive("out_valid", binary("count", ">=", lanesOut)),
      drive("out_data", part("held", 0, lanesOut * bits)),
      always(
        "clock",
        when(
          "reset",
          [next("held", 0), next("count", 0)],
          [
            next("held", choice("push", binary("rest", "|", placed), "rest")),
            next("count", choice("push", binary("kept", "+", lanesIn), "kept")),
          ],
        ),
      ),
    ],
  };
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
