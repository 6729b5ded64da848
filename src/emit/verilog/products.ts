import type { Unroll } from "../../planners/pipeline/plan.js";
import { binary, call, concatenation, type Expression, type Item, next, part, type Statement, set, sized, unary } from "./tree.js";

/** The products of one step of a convolution. */
export interface ProductShape {
  readonly unroll: Unroll;
  readonly bits: { readonly in: number; readonly weight: number };
  /** Products that a multiplier forms at once, at most. */
  readonly perMultiplier: number;
}

/** Hardware from the registers `operands` and `weight` to the sums of the products. */
export interface Products {
  readonly items: readonly Item[];
  /** Of a clocked block: `operands` times `weight`, into the register `products`. */
  readonly multiplied: readonly Statement[];
  /** Of a combinational block: the products of each lane out, added up into `added`, numbers of `wide` bits. */
  readonly summed: readonly Statement[];
}

/**
 * Products, several to a multiplier: the weights that neighbouring filters have for one value are added up, each shifted by the width of
 * a product more than the one before, and multiplied by the value at once. Half of what a field holds is added to every field of the
 * result, so that none borrows from the next; field `j` with its highest bit inverted is product `j`.
 * Source: docs/math/pipeline.md, "Multipliers".
 *
 * Fields stand in the order group, channel, kernel position, filter, the last innermost.
 */
export function productsOf({ unroll, bits, perMultiplier }: ProductShape, wide: number): Products {
  const { in: channels, out: filters, group: groups, kernel } = unroll;
  const product = bits.in + bits.weight;
  const terms = channels * kernel;
  const weights = terms * filters * groups;
  const shared = sharing(filters, perMultiplier);

  const multiplied = ({ first, count }: Sharing): Statement => {
    const value = place(["position", kernel], ["group_in", groups], ["channel_in", channels]);
    const factors = Array.from({ length: count }, (_, j) => {
      const at = place(["group_in", groups], [plus(first, j), filters], ["channel_in", channels], ["position", kernel]);
      const weight = element("weight", weights, at, bits.weight);
      // Of one bit, 1 stands for -1 and 0 for 1.
      return signed(shifted(bits.weight === 1 ? concatenation(weight, sized(1, 1)) : weight, j * product));
    });
    const at = place(["group_in", groups], ["channel_in", channels], ["position", kernel], [first, filters]);
    const all = binary(signed(element("operands", terms * groups, value, bits.in)), "*", factors.reduce(plus));
    return next(part("products", times(at, product), count * product), count === 1 ? all : plus(all, signed(halves(count, product))));
  };

  const summed = ({ first, count }: Sharing): readonly Statement[] =>
    Array.from({ length: count }, (_, j): readonly Statement[] => {
      const filter = plus(first, j);
      const from = times(place(["group_out", groups], ["term", terms], [filter, filters]), product);
      const whole = part("products", from, product);
      const raised = concatenation(unary("~", part("products", plus(from, product - 1), 1)), part("products", from, product - 1));
      const field = signed(count === 1 ? whole : raised);
      return [
        set("total", 0),
        ...loop("term", terms, [set("total", plus("total", field))]),
        set(part("added", times(place(["group_out", groups], [filter, filters]), wide), wide), "total"),
      ];
    }).flat();

  const over = (name: string, body: (one: Sharing) => readonly Statement[]): readonly Statement[] =>
    shared.flatMap((all) => loop(name, all.times, body({ ...all, first: plus(all.first, all.times === 1 ? 0 : times(name, all.count)) })));
  const counters = { group_in: groups, channel_in: channels, position: kernel, group_out: groups, term: terms };
  const many = Math.max(...shared.map((all) => all.times));
  return {
    items: [
      { kind: "comment", text: `${perMultiplier === 1 ? "A product" : `Up to ${perMultiplier} products`} to a multiplier.` },
      ...Object.entries({ ...counters, run_in: many, run_out: many }).flatMap(([name, to]): readonly Item[] =>
        to === 1 ? [] : [{ kind: "integer", name }],
      ),
      // Without the attribute tools build the narrowest of them from LUTs.
      { kind: "register", name: "products", width: groups * terms * filters * product, attributes: { use_dsp: "yes" } },
      { kind: "register", name: "total", width: wide, signed: true },
    ],
    multiplied: loop(
      "group_in",
      groups,
      loop(
        "channel_in",
        channels,
        loop(
          "position",
          kernel,
          over("run_in", (one) => [multiplied(one)]),
        ),
      ),
    ),
    summed: loop("group_out", groups, over("run_out", summed)),
  };
}

/** Neighbouring filters that share a multiplier, from filter `first` on, so many of them, and how often that is repeated. */
interface Sharing {
  readonly first: Expression;
  readonly count: number;
  readonly times: number;
}

/** As few multipliers as can be, the fuller first, none fuller than another by more than a product. */
function sharing(filters: number, most: number): readonly Sharing[] {
  const multipliers = Math.ceil(filters / most);
  const count = Math.floor(filters / multipliers);
  const fuller = filters % multipliers;
  return [
    { first: 0, count: count + 1, times: fuller },
    { first: fuller * (count + 1), count, times: multipliers - fuller },
  ].filter((all) => all.times > 0);
}

/** Element `at` of so many of `width` bits; of one the whole, which may be a single bit and then has no parts. */
const element = (of: string, all: number, at: Expression, width: number): Expression =>
  all === 1 ? of : part(of, times(at, width), width);

/** Number of a place in nested loops, outermost first; each stands at its counter, of so many. */
const place = (...counters: readonly (readonly [at: Expression, of: number])[]): Expression =>
  counters.reduce<Expression>((outer, [at, of]) => (of === 1 ? outer : plus(times(outer, of), at)), 0);

const loop = (name: string, to: number, body: readonly Statement[]): readonly Statement[] =>
  to === 1 ? body : [{ kind: "for", name, from: 0, to, body }];

/** Half of what a field holds, in each of them. */
const halves = (count: number, width: number): Expression =>
  concatenation(...Array.from({ length: count }, () => [sized(1, 1), sized(width - 1, 0)]).flat());

const signed = (of: Expression): Expression => call("$signed", of);
const shifted = (of: Expression, by: number): Expression => (by === 0 ? of : concatenation(of, sized(by, 0)));

const times = (of: Expression, by: number): Expression => {
  if (typeof of === "number") return of * by;
  return by === 1 ? of : binary(of, "*", by);
};
const plus = (a: Expression, b: Expression): Expression => {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return a === 0 ? b : b === 0 ? a : binary(a, "+", b);
};
