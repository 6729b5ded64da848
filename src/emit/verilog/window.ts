import type { Kernel, StreamedMap } from "../../planners/pipeline/plan.js";
import { type Counting, counter } from "./counter.js";
import { ramStyle } from "./stream.js";
import {
  always,
  at,
  binary,
  bitsFor,
  choice,
  concatenation,
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
  repetition,
  type Statement,
  sized,
  some,
  when,
  wire,
} from "./tree.js";

/** Windows over a map that comes in words of `lanes` channels. */
export interface WindowShape {
  readonly map: StreamedMap;
  readonly kernel: Kernel;
  readonly lanes: number;
  /** Windows per column and per row. */
  readonly rows: number;
  readonly columns: number;
  /** What padding holds: zero, or for maxima the least value. */
  readonly padding: "zero" | "least";
}

/** Words of one window. */
export const positionsOf = ({ height, width }: Kernel): number => height * width;

/**
 * The sliding window: a chain of registers and line buffers through which the padded map is shifted. When the word that completes a
 * window has arrived, `window_valid` rises, and the chain stands still until `window_take`. In `window` position 0 (top left) is lowest.
 * Source: docs/math/pipeline.md, "Sliding window".
 */
export function slidingWindow(name: string, shape: WindowShape): Module {
  const { map, kernel, lanes } = shape;
  const width = lanes * map.bits;
  const words = map.channels / lanes;
  const tall = map.height + kernel.top + kernel.bottom;
  const wide = map.width + kernel.left + kernel.right;
  const [y, x, part] = [counter("row", tall), counter("column", wide), counter("part", words)];
  const real = every(...within("row", kernel.top, map.height, tall), ...within("column", kernel.left, map.width, wide));
  const [down, across] = [
    ends("row", tall, (kernel.height - 1) * kernel.dilationY, kernel.strideY, shape.rows),
    ends("column", wide, (kernel.width - 1) * kernel.dilationX, kernel.strideX, shape.columns),
  ];
  const least = Array.from({ length: lanes }, () => concatenation(sized(1, 1), repetition(map.bits - 1, sized(1, 0))));
  const blank = shape.padding === "zero" ? repetition(width, sized(1, 0)) : concatenation(...least);
  const chain = delays(kernel, words, wide, width);
  return {
    name,
    comment: `Windows of ${kernel.height} x ${kernel.width} over a map of ${map.channels} x ${map.height} x ${map.width}, ${lanes} channels a word.`,
    ports: [
      input("clock"),
      input("reset"),
      input("in_valid"),
      output("in_ready"),
      input("in_data", width),
      output("window_valid"),
      input("window_take"),
      output("window", width * positionsOf(kernel)),
    ],
    items: [
      ...y.items,
      ...x.items,
      ...part.items,
      ...down.items,
      ...across.items,
      register("complete", 1),
      wire("on_map", 1, real),
      wire("free", 1, some(not("complete"), "window_take")),
      wire("shift", 1, every("free", some(not("on_map"), "in_valid"))),
      wire("word", width, choice("on_map", "in_data", blank)),
      drive("in_ready", every("on_map", "free")),
      drive("window_valid", "complete"),
      ...chain.items,
      drive("window", concatenation(...[...chain.taps].reverse())),
      always("clock", when("shift", chain.shifted)),
      always(
        "clock",
        when(
          "reset",
          [next("complete", 0), ...chain.cleared, ...[y, x, part, down, across].flatMap(({ cleared }) => cleared)],
          [
            when("free", [next("complete", every("shift", down.hit, across.hit))]),
            when("shift", [
              ...chain.turned,
              ...part.step,
              when(part.last, [
                ...x.step,
                ...across.step,
                when(x.last, [...across.cleared, ...y.step, ...down.step, when(y.last, down.cleared)]),
              ]),
            ]),
          ],
        ),
      ),
    ],
  };
}

/** Whether a counter stands in `from .. from + length - 1` of `all`. */
const within = (name: string, from: number, length: number, all: number): readonly Expression[] => [
  ...(from > 0 ? [binary(name, ">=", from)] : []),
  ...(from + length < all ? [binary(name, "<", from + length)] : []),
];

/**
 * Whether the counter `name` of `length` places stands where a window ends: at `first`, then every `stride`, `hits` times. It counts
 * the steps down to the next end, so that nothing is divided.
 */
function ends(name: string, length: number, first: number, stride: number, hits: number): Counting & { readonly hit: Expression } {
  if (length === 1) return { items: [], cleared: [], step: [], hit: sized(1, 1) };
  const upTo = first + (hits - 1) * stride;
  const bounded = upTo < length - 1 ? [binary(name, "<=", upTo)] : [];
  if (stride === 1) return { items: [], cleared: [], step: [], hit: every(...(first > 0 ? [binary(name, ">=", first)] : []), ...bounded) };
  const phase = `${name}_phase`;
  return {
    items: [register(phase, bitsFor(Math.max(first, stride - 1)))],
    cleared: [next(phase, first)],
    step: [next(phase, choice(binary(phase, "==", 0), stride - 1, binary(phase, "-", 1)))],
    hit: every(binary(phase, "==", 0), ...bounded),
  };
}

/**
 * The chain: registers at the window's positions, and between neighbours a delay of as many words as lie between them in the padded map.
 * A delay of `n` words is a register and a memory of `n - 1` that is read where it is about to be written; delays of one length share a pointer.
 */
function delays(
  { height, width, dilationY, dilationX }: Kernel,
  words: number,
  wide: number,
  bits: number,
): {
  readonly items: readonly Item[];
  /** By position, the top left first. */
  readonly taps: readonly string[];
  readonly shifted: readonly Statement[];
  readonly turned: readonly Statement[];
  readonly cleared: readonly Statement[];
} {
  const across = dilationX * words;
  const down = dilationY * wide * words - (width - 1) * across;
  const taps = Array.from({ length: height * width }, (_, k) => `tap_${k}`);
  const items: Item[] = taps.map((tap) => register(tap, bits));
  const shifted: Statement[] = [];
  const pointers = new Map<number, string>();
  for (let k = taps.length - 1; k >= 0; k--) {
    const from = taps[k + 1] ?? "word";
    const length = k === taps.length - 1 ? 1 : (k + 1) % width === 0 ? down : across;
    const tap = taps[k]!;
    if (length === 1) {
      shifted.push(next(tap, from));
      continue;
    }
    const line = `line_${k}`;
    const place = length === 2 ? 0 : `place_${length}`;
    if (typeof place === "string") pointers.set(length, place);
    items.push({ kind: "register", name: line, width: bits, length: length - 1, attributes: ramStyle({ width: bits, depth: length - 1 }) });
    shifted.push(next(tap, at(line, place)), next(at(line, place), from));
  }
  items.push(...[...pointers].map(([length, place]) => register(place, bitsFor(length - 2))));
  return {
    items,
    taps,
    shifted,
    turned: [...pointers].map(([length, place]) => next(place, choice(binary(place, "==", length - 2), 0, binary(place, "+", 1)))),
    cleared: [...pointers.values()].map((place) => next(place, 0)),
  };
}
