import type { IntegerLayer } from "../integer/network.js";
import { counter } from "./counter.js";
import { lanesOf, requantised, type Values, whole } from "./requantise.js";
import { CREDITED, tail } from "./results.js";
import { streamPorts } from "./stream.js";
import {
  always,
  at,
  binary,
  bitsFor,
  call,
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
  part,
  register,
  repetition,
  sized,
  when,
  wire,
} from "./tree.js";

type Pool = Extract<IntegerLayer, { kind: "maximum" | "mean" }>;

/** Largest or scaled sum of all positions of a window, a window per cycle. */
export function pooling(
  name: string,
  {
    lanes,
    positions,
    bitsIn,
    bitsOut,
    arithmetic,
    kept,
  }: { lanes: number; positions: number; bitsIn: number; bitsOut: number; arithmetic: Pool; kept: number },
): readonly Module[] {
  const width = lanes * bitsIn;
  const value = (lane: number, position: number): Expression => call("$signed", part("window", position * width + lane * bitsIn, bitsIn));
  const found =
    arithmetic.kind === "maximum"
      ? greatest(lanes, bitsIn, positions, value)
      : added(lanes, bitsIn + bitsFor(positions), (lane) =>
          lanesOf(positions, (position) => value(lane, position)).reduce((a, b) => binary(a, "+", b)),
        );
  const end = tail(requantised(found, lanes, arithmetic.scaling, bitsOut), lanes, "start", kept);
  return [
    {
      name,
      comment: `${arithmetic.kind === "maximum" ? "Largest" : "Mean"} of ${positions} positions, ${lanes} channels a word.`,
      ports: [
        input("clock"),
        input("reset"),
        input("window_valid"),
        output("window_take"),
        input("window", positions * width),
        output("out_valid"),
        input("out_ready"),
        output("out_data", lanes * bitsOut),
      ],
      items: [...end.credit, wire("start", 1, every("window_valid", CREDITED)), drive("window_take", "start"), ...end.items],
    },
    ...end.modules,
  ];
}

/** Largest or scaled sum of a whole map, word by word: results leave with the words of the last pixel. */
export function globalPooling(
  name: string,
  shape: { lanes: number; words: number; pixels: number; bitsIn: number; bitsOut: number; arithmetic: Pool },
): readonly Module[] {
  const { lanes, words, pixels, bitsIn, bitsOut, arithmetic } = shape;
  const largest = arithmetic.kind === "maximum";
  const bits = largest ? bitsIn : bitsIn + bitsFor(pixels);
  const [word, pixel] = [counter("word", words), counter("pixel", pixels)];
  const first = binary(pixel.value, "==", 0);
  const value = (lane: number) => call("$signed", part("in_data", lane * bitsIn, bitsIn));
  const before = (lane: number) => call("$signed", part("base", lane * bits, bits));
  const merged = (lane: number): Expression =>
    largest ? choice(binary(value(lane), ">", before(lane)), value(lane), before(lane)) : binary(value(lane), "+", before(lane));
  const blank = largest ? concatenation(...lanesOf(lanes, () => whole(bits, -(2 ** (bits - 1))))) : repetition(lanes * bits, sized(1, 0));
  const values: Values = {
    items: [
      register("result", lanes * bits),
      register("result_valid", 1, sized(1, 0)),
      always("clock", next("result", "merged"), next("result_valid", every("start", pixel.last, not("reset")))),
    ],
    data: "result",
    valid: "result_valid",
    bits,
    stages: 1,
  };
  const end = tail(requantised(values, lanes, arithmetic.scaling, bitsOut), lanes, every("start", pixel.last), words);
  return [
    {
      name,
      comment: `${largest ? "Largest" : "Mean"} of a map of ${pixels} pixels, ${lanes} channels a word.`,
      ports: streamPorts(lanes * bitsIn, lanes * bitsOut),
      items: [
        ...end.credit,
        ...word.items,
        ...pixel.items,
        { kind: "register", name: "kept", width: lanes * bits, length: words },
        wire("start", 1, every("in_valid", CREDITED)),
        drive("in_ready", CREDITED),
        wire("base", lanes * bits, choice(first, blank, at("kept", word.value))),
        ...lanesOf(lanes, (lane): Item => ({ kind: "wire", name: `merged_${lane}`, width: bits, signed: true, value: merged(lane) })),
        wire("merged", lanes * bits, concatenation(...lanesOf(lanes, (lane) => `merged_${lanes - 1 - lane}`))),
        always(
          "clock",
          when("start", [next(at("kept", word.value), "merged")]),
          when("reset", [...word.cleared, ...pixel.cleared], [when("start", [...word.step, when(word.last, pixel.step)])]),
        ),
        ...end.items,
      ],
    },
    ...end.modules,
  ];
}

/** One register for sums of all positions. */
function added(lanes: number, bits: number, sum: (lane: number) => Expression): Values {
  return {
    items: [
      register("found_sum", lanes * bits),
      register("sum_valid", 1, sized(1, 0)),
      always(
        "clock",
        next("sum_valid", every("start", not("reset"))),
        ...lanesOf(lanes, (lane) => next(part("found_sum", lane * bits, bits), sum(lane))),
      ),
    ],
    data: "found_sum",
    valid: "sum_valid",
    bits,
    stages: 1,
  };
}

/** The largest of each lane: a tree of comparisons, then a register. */
function greatest(lanes: number, bits: number, positions: number, value: (lane: number, position: number) => Expression): Values {
  const items: Item[] = [register("largest", lanes * bits), register("largest_valid", 1, sized(1, 0))];
  const roots = lanesOf(lanes, (lane) => {
    let level = lanesOf(positions, (position) => value(lane, position));
    for (let depth = 0; level.length > 1; depth++)
      level = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) => {
        const [a, b] = [level[2 * i]!, level[2 * i + 1]];
        if (b === undefined) return a;
        const name = `larger_${lane}_${depth}_${i}`;
        items.push({ kind: "wire", name, width: bits, signed: true, value: choice(binary(a, ">", b), a, b) });
        return name;
      });
    return level[0]!;
  });
  items.push(
    always(
      "clock",
      next("largest_valid", every("start", not("reset"))),
      ...roots.map((root, lane) => next(part("largest", lane * bits, bits), root)),
    ),
  );
  return { items, data: "largest", valid: "largest_valid", bits, stages: 1 };
}
