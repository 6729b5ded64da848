import type { Scaling } from "../integer/network.js";
import {
  always,
  at,
  binary,
  bitsFor,
  call,
  choice,
  concatenation,
  type Expression,
  type Item,
  next,
  part,
  register,
  repetition,
  set,
  sized,
} from "./tree.js";

/** Values on their way through the pipeline of an engine: a register with `lanes` of them, and the register that says they are there. */
export interface Values {
  readonly items: readonly Item[];
  readonly data: string;
  readonly valid: string;
  /** Of one value. */
  readonly bits: number;
  /** Register with a factor for each, where they have factors of their own. */
  readonly factors?: string;
  /** Registers passed on the way here. */
  readonly stages: number;
}

/** A whole number of any sign in `width` bits. */
export const whole = (width: number, value: number): Expression =>
  width <= 48
    ? sized(width, value < 0 ? 2 ** width + value : value)
    : concatenation(repetition(width - 48, sized(1, value < 0 ? 1 : 0)), whole(48, value));

/** Words `values` of `width` bits that never change. */
export const constants = (name: string, width: number, values: readonly Expression[]): readonly Item[] => [
  { kind: "register", name, width, length: values.length, attributes: { ram_style: "registers", rom_style: "distributed" } },
  { kind: "initial", body: values.map((value, i) => set(at(name, i), value)) },
];

/**
 * Sums of `bits` bits to results of `scaling`: multiplied, rounded half up, shifted, kept within its limits; then, where there is a
 * table, looked up. Two registers on the way, three with a table. Source: docs/math/pipeline.md, "Integers".
 */
export function requantised(
  from: Values,
  lanes: number,
  { multiplier, multipliers, shift, low, high, table }: Scaling,
  bitsOut: number,
): Values {
  const wide = Math.max(from.bits + factorBits({ multiplier, multipliers }), shift) + 2;
  const factor = factorBits({ multiplier, multipliers });
  const items: Item[] = [...from.items, register("scaled", lanes * wide), register("scaled_valid", 1, sized(1, 0))];
  items.push(
    always(
      "clock",
      next("scaled_valid", from.valid),
      ...lanesOf(lanes, (lane) => {
        const value = call("$signed", part(from.data, lane * from.bits, from.bits));
        const own = from.factors && binary(value, "*", call("$signed", part(from.factors, lane * factor, factor)));
        const product = own
          ? own
          : multiplier === 1
            ? value
            : binary(value, "*", call("$signed", sized(bitsFor(multiplier) + 1, multiplier)));
        const half = call("$signed", concatenation(sized(2, 1), ...(shift > 1 ? [repetition(shift - 1, sized(1, 0))] : [])));
        return next(part("scaled", lane * wide, wide), shift === 0 ? product : binary(product, "+", half));
      }),
    ),
  );
  const limited = (lane: number): Expression => {
    const value = `shifted_${lane}`;
    items.push({
      kind: "wire",
      name: value,
      width: wide,
      signed: true,
      value: binary(call("$signed", part("scaled", lane * wide, wide)), ">>>", shift),
    });
    const limit = (n: number) => call("$signed", whole(wide, n));
    return choice(
      binary(value, ">", limit(high)),
      whole(table ? entry : bitsOut, high),
      choice(binary(value, "<", limit(low)), whole(table ? entry : bitsOut, low), part(value, 0, table ? entry : bitsOut)),
    );
  };
  const entry = table === undefined ? bitsOut : bitsFor(Math.max(high, -low - 1)) + 1;
  const within = "limited";
  items.push(register(within, lanes * entry), register("limited_valid", 1, sized(1, 0)));
  const limits = lanesOf(lanes, (lane) => next(part(within, lane * entry, entry), limited(lane)));
  items.push(always("clock", next("limited_valid", "scaled_valid"), ...limits));
  if (table === undefined) return { items, data: within, valid: "limited_valid", bits: bitsOut, stages: from.stages + 2 };
  const half = 2 ** (entry - 1);
  const ordered = Array.from({ length: 2 * half }, (_, i) => whole(bitsOut, table[(i < half ? i : i - 2 * half) - low] ?? 0));
  items.push(
    ...constants("curve", bitsOut, ordered),
    register("found", lanes * bitsOut),
    register("found_valid", 1, sized(1, 0)),
    always(
      "clock",
      next("found_valid", "limited_valid"),
      ...lanesOf(lanes, (lane) => next(part("found", lane * bitsOut, bitsOut), at("curve", part(within, lane * entry, entry)))),
    ),
  );
  return { items, data: "found", valid: "found_valid", bits: bitsOut, stages: from.stages + 3 };
}

/** Width of a signed factor that results are scaled by. */
export const factorBits = ({
  multiplier,
  multipliers = [multiplier],
}: {
  readonly multiplier: number;
  readonly multipliers?: readonly number[] | undefined;
}): number => bitsFor(Math.max(...multipliers.map(Math.abs))) + 1;

export const lanesOf = <T>(lanes: number, of: (lane: number) => T): readonly T[] => Array.from({ length: lanes }, (_, lane) => of(lane));
