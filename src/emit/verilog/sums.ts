import type { Unroll } from "../../planners/pipeline/plan.js";
import type { IntegerLayer } from "../integer/network.js";
import { productsOf } from "./products.js";
import { constants, factorBits, type Values, whole } from "./requantise.js";
import {
  always,
  at,
  binary,
  bitsFor,
  choice,
  concatenation,
  type Expression,
  every,
  type Item,
  next,
  part,
  register,
  repetition,
  type Statement,
  set,
  sized,
  when,
  wire,
} from "./tree.js";

/** The arithmetic of one convolution. */
export interface ConvolutionShape {
  readonly unroll: Unroll;
  /** Steps of a sweep. */
  readonly steps: Sweep;
  readonly positions: number;
  /** Output pixels that share a sweep. */
  readonly reuse: number;
  /** Windows of a row. */
  readonly columns: number;
  readonly bits: { readonly in: number; readonly weight: number; readonly out: number };
  /** Products that a multiplier forms at once, of one value with the weights of as many filters. */
  readonly perMultiplier: number;
  readonly arithmetic: Extract<IntegerLayer, { kind: "convolution" }>;
}

/** Steps of a sweep, outermost first. */
export interface Sweep {
  readonly group: number;
  readonly channel: number;
  readonly filter: number;
  readonly kernel: number;
}

/** From the step that completes a sum to the register that holds the sum. */
export const SUM_STAGES = 4;

/** What a step puts into the arithmetic's first registers. */
export interface Step {
  /** Which of the positions that are in work together, in the window `held`. */
  readonly kernel: Expression;
  readonly valid: Expression;
  /** Whether it begins a sum, and completes one. */
  readonly first: Expression;
  readonly completes: Expression;
  /** Number of its word of biases, and of its word of sums. */
  readonly bias: Expression;
  readonly place: Expression;
}

/**
 * Four registers between a step and its sums: operands (the weight arrives by itself), products, their total per lane, the sum: begun
 * from the bias, kept in between.
 */
export function sumsOf(shape: ConvolutionShape, step: Step): Values {
  const { unroll, steps, reuse, bits, arithmetic } = shape;
  const lanesOut = unroll.out * unroll.group;
  const wide = arithmetic.sumBits;
  const products = productsOf(shape, wide);
  const chosen = positionsAt(shape, step.kernel);
  const lanesIn = unroll.in * unroll.group;
  const biasWords = steps.group * steps.filter;
  const sumWords = steps.filter * reuse;
  const once = steps.channel === 1 && steps.kernel === 1;
  const plus = (a: Expression, b: Expression): Expression => binary(a, "+", b);
  const flags = ["complete", "first", "bias_at", "place"] as const;
  const widths = { complete: 1, first: 1, bias_at: bitsFor(biasWords - 1), place: bitsFor(sumWords - 1) };
  const follow = (stage: number): readonly Statement[] => ["valid", ...flags].map((of) => next(`${of}_${stage}`, `${of}_${stage - 1}`));
  const { multipliers } = arithmetic.scaling;
  const each = factorBits(arithmetic.scaling);
  const factors = (list: readonly number[]): readonly Item[] => [
    ...constants("factors", lanesOut * each, inWalk(unroll, steps, each, list)),
    register("factor", lanesOut * each),
    always("clock", next("factor", at("factors", "bias_at_3"))),
  ];
  const items: readonly Item[] = [
    ...[1, 2, 3].flatMap((s) => [register(`valid_${s}`, 1, sized(1, 0)), ...flags.map((of) => register(`${of}_${s}`, widths[of]))]),
    register("operands", unroll.kernel * lanesIn * bits.in),
    ...chosen.items,
    ...products.items,
    register("added", lanesOut * wide),
    register("total_3", lanesOut * wide),
    register("bias_3", lanesOut * wide),
    ...constants("biases", lanesOut * wide, inWalk(unroll, steps, wide, arithmetic.bias)),
    always(
      "clock",
      next("operands", chosen.operands),
      next("valid_1", step.valid),
      next("first_1", step.first),
      next("complete_1", step.completes),
      next("bias_at_1", step.bias),
      next("place_1", step.place),
      ...follow(2),
      ...follow(3),
      ...products.multiplied,
      next("total_3", "added"),
      next("bias_3", at("biases", "bias_at_2")),
    ),
    { kind: "always", body: [set("added", 0), ...products.summed] },
    ...(once ? [wire("base", lanesOut * wide, "bias_3")] : keptSums(lanesOut * wide, sumWords)),
    register("sum", lanesOut * wide),
    register("sum_valid", 1, sized(1, 0)),
    ...Array.from({ length: lanesOut }, (_, lane) =>
      wire(`sum_${lane}`, wide, plus(part("base", lane * wide, wide), part("total_3", lane * wide, wide))),
    ),
    wire("next_sum", lanesOut * wide, concatenation(...Array.from({ length: lanesOut }, (_, lane) => `sum_${lanesOut - 1 - lane}`))),
    ...(multipliers === undefined ? [] : factors(multipliers)),
    ...(once ? [] : [always("clock", when("valid_3", [next(at("sums", "place_3"), "next_sum")]))]),
    always("clock", next("sum", "next_sum"), next("sum_valid", every("valid_3", "complete_3"))),
  ];
  return { items, data: "sum", valid: "sum_valid", bits: wide, stages: SUM_STAGES, ...(multipliers && { factors: "factor" }) };
}

/** The words of the window `held` at the positions in work. Places in it are powers of two apart, so that choosing one multiplies nothing. */
function positionsAt(
  { unroll, steps, bits }: ConvolutionShape,
  step: Expression,
): { readonly items: readonly Item[]; readonly operands: Expression } {
  const width = unroll.kernel * unroll.in * unroll.group * bits.in;
  if (steps.kernel === 1) return { items: [], operands: "held" };
  const apart = 2 ** Math.ceil(Math.log2(width));
  const chosen = (of: string) => part(of, binary(step, "*", apart), width);
  if (apart === width) return { items: [], operands: chosen("held") };
  const places = Array.from({ length: steps.kernel }, (_, k) => [part("held", k * width, width), repetition(apart - width, sized(1, 0))]);
  return { items: [wire("placed", steps.kernel * apart, concatenation(...places.flat().reverse()))], operands: chosen("placed") };
}

/** Sums that go on when the next group of channels comes. */
const keptSums = (width: number, words: number): readonly Item[] => [
  { kind: "register", name: "sums", width, length: words, attributes: { ram_style: "distributed" } },
  wire("base", width, choice("first_3", "bias_3", at("sums", "place_3"))),
];

/** A number of `bits` per filter, in words in the order of the walk: groups outermost, then filters. */
function inWalk(unroll: Unroll, steps: Sweep, bits: number, numbers: readonly number[]): readonly Expression[] {
  return Array.from({ length: steps.group * steps.filter }, (_, word) => {
    const [g, f] = [Math.floor(word / steps.filter), word % steps.filter];
    const lanes = Array.from({ length: unroll.out * unroll.group }, (__, lane) => {
      const [gl, o] = [Math.floor(lane / unroll.out), lane % unroll.out];
      return whole(bits, numbers[(g * unroll.group + gl) * unroll.out * steps.filter + f * unroll.out + o] ?? 0);
    });
    return concatenation(...lanes.reverse());
  });
}
