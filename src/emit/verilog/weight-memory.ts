import type { WeightMemory } from "../../planners/pipeline/plan.js";
import type { Memory } from "./memory.js";
import {
  always,
  binary,
  bitsFor,
  choice,
  drive,
  type Expression,
  every,
  type Item,
  input,
  type Module,
  next,
  not,
  output,
  register,
  type Statement,
  sized,
  when,
  wire,
} from "./tree.js";

/** The words of a sweep that stay on chip, and those of its fragments. */
export interface Regions {
  /** Words of a period: `length` of them, the last `streamed` from off chip. */
  readonly period: { readonly length: number; readonly streamed: number };
  /** Positions in the sweep, in the order in which they are taken. */
  readonly static: readonly number[];
  /** Per fragment. */
  readonly fragments: readonly (readonly number[])[];
}

export function regionsOf(memory: WeightMemory, depth: number): Regions {
  const count = Math.max(1, memory.fragments);
  const length = depth / count;
  const split = length - memory.streamed;
  const positions = (period: number, from: number, to: number) => Array.from({ length: to - from }, (_, i) => period * length + from + i);
  const periods = Array.from({ length: count }, (_, i) => i);
  return {
    period: { length, streamed: memory.streamed },
    static: periods.flatMap((p) => positions(p, 0, split)),
    fragments: memory.streamed === 0 ? [] : periods.map((p) => positions(p, split, length)),
  };
}

/** What stands around the address walk of one layer. */
export interface WeightMemoryParts {
  /** Of the module. */
  readonly name: string;
  readonly comment: string;
  readonly width: number;
  readonly period: Regions["period"];
  readonly buffers: number;
  /** Static words, where there are any. */
  readonly static: Memory | undefined;
  /** Fragment buffers, where the layer is streamed. */
  readonly fragments: Memory | undefined;
}

/**
 * The module that hands an engine its weights, sweep after sweep. `ready`: the word it has come to is there. `take`, given in the same
 * cycle and only then, moves on; the word stands in `word` from the next cycle on, until another is taken. A streamed layer is filled word
 * by word: `fill` puts `fill_word` into the next buffer, in cycles with `room` only.
 */
export function weightMemoryModule(parts: WeightMemoryParts): Module {
  const { width, period, buffers, static: fixed, fragments } = parts;
  const streamed = fragments !== undefined;
  const both = fixed !== undefined && streamed;
  const items: Item[] = [];
  const clocked: Statement[] = [];
  const reset: Statement[] = [];
  /** A counter that starts at 0 and goes round after `length` steps, one per cycle in which `step` holds. */
  const counter = (name: string, length: number, step: Expression) => {
    const bits = bitsFor(length - 1);
    items.push(register(name, bits));
    reset.push(next(name, sized(bits, 0)));
    const last = binary(name, "==", sized(bits, length - 1));
    if (length > 1) clocked.push(when(step, [next(name, choice(last, sized(bits, 0), binary(name, "+", sized(bits, 1))))]));
    return last;
  };

  if (both) {
    items.push({ kind: "comment", text: "Where in its period the sweep stands; the streamed words come last." });
    counter("place", period.length, "take");
    const split = period.length - period.streamed;
    items.push(wire("streaming", 1, binary("place", ">=", sized(bitsFor(period.length - 1), split))));
  } else items.push(wire("streaming", 1, sized(1, streamed ? 1 : 0)));

  if (fixed) {
    counter("static_address", fixed.depth, every("take", not("streaming")));
    items.push(
      wire("static_word", width),
      memoryOf(fixed, {
        ...(fixed.writable && { write: "load", write_address: "load_address", write_word: "load_word" }),
        read: every("take", not("streaming")),
        read_address: "static_address",
        word: "static_word",
      }),
    );
  }
  if (streamed) {
    const count = bitsFor(buffers);
    items.push({ kind: "comment", text: "Buffers that are full, and where they are filled and emptied." });
    items.push(register("full", count));
    reset.push(next("full", sized(count, 0)));
    counter("fill_address", fragments.depth, "fill");
    counter("take_address", fragments.depth, every("take", "streaming"));
    const filled = counter("fill_place", period.streamed, "fill");
    const taken = counter("take_place", period.streamed, every("take", "streaming"));
    items.push(wire("filled", 1, every("fill", filled)), wire("emptied", 1, every("take", "streaming", taken)));
    clocked.push(
      when(every("filled", not("emptied")), [next("full", binary("full", "+", sized(count, 1)))]),
      when(every("emptied", not("filled")), [next("full", binary("full", "-", sized(count, 1)))]),
    );
    items.push(drive("room", binary("full", "!=", sized(count, buffers))));
    items.push(
      wire("streamed_word", width),
      memoryOf(fragments, {
        write: "fill",
        write_address: "fill_address",
        write_word: "fill_word",
        read: every("take", "streaming"),
        read_address: "take_address",
        word: "streamed_word",
      }),
    );
    items.push(
      drive("ready", both ? binary(not("streaming"), "||", binary("full", "!=", sized(count, 0))) : binary("full", "!=", sized(count, 0))),
    );
  } else items.push(drive("ready", sized(1, 1)));

  if (both) {
    items.push(register("from_stream", 1));
    clocked.push(when("take", [next("from_stream", "streaming")]));
  }
  items.push(drive("word", both ? choice("from_stream", "streamed_word", "static_word") : streamed ? "streamed_word" : "static_word"));
  items.push(always("clock", when("reset", reset, clocked)));
  return {
    name: parts.name,
    comment: parts.comment,
    ports: [
      input("clock"),
      input("reset"),
      ...(fixed?.writable ? [input("load"), input("load_address", bitsFor(fixed.depth - 1)), input("load_word", width)] : []),
      ...(streamed ? [output("room"), input("fill"), input("fill_word", width)] : []),
      output("ready"),
      input("take"),
      output("word", width),
    ],
    items,
  };
}

const memoryOf = ({ name }: Memory, connections: Readonly<Record<string, Expression>>): Item => ({
  kind: "instance",
  module: name,
  name,
  connections: { clock: "clock", ...connections },
});
