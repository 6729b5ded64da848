import type { Scaling } from "../integer/network.js";
import { counter } from "./counter.js";
import { lanesOf, requantised, type Values } from "./requantise.js";
import { CREDITED, tail } from "./results.js";
import {
  always,
  binary,
  bitsFor,
  call,
  choice,
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
  sized,
  when,
  wire,
} from "./tree.js";

/** Element by element: operands times factors, added and scaled. One operand: scaled, or looked up. */
export function addition(
  name: string,
  shape: { lanes: number; bitsIn: readonly number[]; bitsOut: number; factors: readonly number[]; scaling: Scaling },
): readonly Module[] {
  const { lanes, bitsIn, bitsOut, factors, scaling } = shape;
  const bits = bitsFor(factors.reduce((sum, f, i) => sum + f * 2 ** (bitsIn[i]! - 1), 0)) + 1;
  const term = (lane: number, i: number): Expression => {
    const value = call("$signed", part(`in_${i}_data`, lane * bitsIn[i]!, bitsIn[i]!));
    return factors[i] === 1 ? value : binary(value, "*", factors[i]!);
  };
  const values: Values = {
    items: [
      register("total", lanes * bits),
      register("total_valid", 1, sized(1, 0)),
      always(
        "clock",
        next("total_valid", every("start", not("reset"))),
        ...lanesOf(lanes, (lane) =>
          next(
            part("total", lane * bits, bits),
            factors.map((_, i) => term(lane, i)).reduce((a, b) => binary(a, "+", b)),
          ),
        ),
      ),
    ],
    data: "total",
    valid: "total_valid",
    bits,
    stages: 1,
  };
  const end = tail(requantised(values, lanes, scaling, bitsOut), lanes, "start", 1);
  return [
    {
      name,
      comment:
        factors.length === 1 ? `Element by element, ${lanes} at a time.` : `Sum of ${factors.length} streams, ${lanes} elements at a time.`,
      ports: ports(
        bitsIn.map((b) => b * lanes),
        lanes * bitsOut,
      ),
      items: [
        ...end.credit,
        wire("start", 1, every(...factors.map((_, i) => `in_${i}_valid`), CREDITED)),
        ...factors.map((_, i) => drive(`in_${i}_ready`, "start")),
        ...end.items,
      ],
    },
    ...end.modules,
  ];
}

/** Channels of several maps one after the other, pixel by pixel. */
export function concatenationStage(
  name: string,
  shape: {
    lanes: number;
    words: readonly number[];
    bitsIn: readonly number[];
    bitsOut: number;
    factors: readonly number[];
    scaling: Scaling;
  },
): readonly Module[] {
  const { lanes, words, bitsIn, bitsOut, factors, scaling } = shape;
  const word = counter(
    "word",
    words.reduce((a, b) => a + b, 0),
  );
  const firsts = words.map((_, i) => words.slice(0, i).reduce((a, b) => a + b, 0));
  const bits = Math.max(...bitsIn) + bitsFor(Math.max(...factors));
  const pick = (of: (i: number) => Expression): Expression =>
    words.map((_, i) => of(i)).reduceRight((rest, own, i) => choice(binary(word.value, "<", firsts[i]! + words[i]!), own, rest));
  const values: Values = {
    items: [
      register("chosen", lanes * bits),
      register("chosen_valid", 1, sized(1, 0)),
      always(
        "clock",
        next("chosen_valid", every("start", not("reset"))),
        ...lanesOf(lanes, (lane) =>
          next(
            part("chosen", lane * bits, bits),
            pick((i) => binary(call("$signed", part(`in_${i}_data`, lane * bitsIn[i]!, bitsIn[i]!)), "*", factors[i]!)),
          ),
        ),
      ),
    ],
    data: "chosen",
    valid: "chosen_valid",
    bits,
    stages: 1,
  };
  const end = tail(requantised(values, lanes, scaling, bitsOut), lanes, "start", 1);
  return [
    {
      name,
      comment: `Channels of ${words.length} maps one after the other, ${lanes} a word.`,
      ports: ports(
        bitsIn.map((b) => b * lanes),
        lanes * bitsOut,
      ),
      items: [
        ...end.credit,
        ...word.items,
        wire(
          "offered",
          1,
          pick((i) => `in_${i}_valid`),
        ),
        wire("start", 1, every("offered", CREDITED)),
        ...words.map((n, i) =>
          drive(
            `in_${i}_ready`,
            every(
              CREDITED,
              `in_${i}_valid`,
              ...(i === 0 ? [] : [binary(word.value, ">=", firsts[i]!)]),
              binary(word.value, "<", firsts[i]! + n),
            ),
          ),
        ),
        always("clock", when("reset", word.cleared, [when("start", word.step)])),
        ...end.items,
      ],
    },
    ...end.modules,
  ];
}

const ports = (widths: readonly number[], widthOut: number) => [
  input("clock"),
  input("reset"),
  ...widths.flatMap((width, i) => [input(`in_${i}_valid`), output(`in_${i}_ready`), input(`in_${i}_data`, width)]),
  output("out_valid"),
  input("out_ready"),
  output("out_data", widthOut),
];
