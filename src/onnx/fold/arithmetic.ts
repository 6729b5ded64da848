import type { ElementType } from "../../graph/element-type.js";
import { bitsOf } from "../../graph/element-type.js";
import { stretched } from "./grid.js";
import { halfEven, isFloat, isWhole, larger, type Numeric, type Scalar, settle, smaller } from "./number.js";
import { type Fold, type Folding, type Folds, input } from "./operands.js";

/** One operation on whole numbers and on floats; undefined where the result is not defined. */
interface Operation<Args extends readonly unknown[]> {
  readonly whole?: (...args: WholeOf<Args>) => bigint | undefined;
  readonly float?: (...args: FloatOf<Args>) => number | undefined;
}
type WholeOf<Args extends readonly unknown[]> = { [K in keyof Args]: bigint };
type FloatOf<Args extends readonly unknown[]> = { [K in keyof Args]: number };
type Unary = Operation<readonly [unknown]>;
type Binary = Operation<readonly [unknown, unknown]>;

/** Each element by itself, settled into the result's type. */
const each =
  ({ whole, float }: Unary): Fold =>
  (node) => {
    const { data, type } = input(node, 0);
    const apply = isWhole(type) ? whole : isFloat(type) ? float : undefined;
    return (
      apply &&
      settled(
        node,
        data.map((x) => (apply as (x: Scalar) => Numeric | undefined)(x)),
      )
    );
  };

/** Pairs of elements after stretching; more operands are taken in from the left. */
const pairs =
  (of: Binary | ((node: Folding) => Binary)): Fold =>
  (node) => {
    const { whole, float } = typeof of === "function" ? of(node) : of;
    const type = input(node, 0).type;
    const apply = (isWhole(type) ? whole : isFloat(type) ? float : undefined) as
      | ((a: Scalar, b: Scalar) => Numeric | undefined)
      | undefined;
    if (apply === undefined) return undefined;
    const parts = operandsStretched(node);
    let sum: readonly (Scalar | undefined)[] = parts[0]!;
    for (const part of parts.slice(1)) {
      const next = settledList(
        type,
        sum.map((a, i) => apply(a!, part[i]!)),
      );
      if (next === undefined) return undefined;
      sum = next;
    }
    return settled(node, sum as readonly Numeric[]);
  };

const sums = pairs({ whole: (a, b) => a + b, float: (a, b) => a + b });

export const ARITHMETIC: Folds = {
  Add: pairs({ whole: (a, b) => a + b, float: (a, b) => a + b }),
  Sub: pairs({ whole: (a, b) => a - b, float: (a, b) => a - b }),
  Mul: pairs({ whole: (a, b) => a * b, float: (a, b) => a * b }),
  // Whole numbers divide towards zero.
  Div: pairs({ whole: (a, b) => (b === 0n ? undefined : a / b), float: (a, b) => a / b }),
  Mod: pairs(({ view }) => (view.int("fmod") === 1 ? REMAINDER : MODULUS)),
  Pow: power,
  Min: pairs({ whole: smaller, float: Math.min }),
  Max: pairs({ whole: larger, float: Math.max }),
  Sum: sums,
  Mean: (node) => {
    const total = sums(node)?.[0];
    const { type } = node.outputs[0]!;
    return isFloat(type)
      ? total &&
          settled(
            node,
            total.map((x) => Number(x) / node.inputs.length),
          )
      : undefined;
  },
  BitShift: pairs(({ view }) => ({ whole: shiftBy(view.string("direction") === "LEFT") })),
  BitwiseAnd: pairs({ whole: (a, b) => a & b }),
  BitwiseOr: pairs({ whole: (a, b) => a | b }),
  BitwiseXor: pairs({ whole: (a, b) => a ^ b }),
  BitwiseNot: each({ whole: (a) => ~a }),

  Abs: each({ whole: (a) => (a < 0n ? -a : a), float: Math.abs }),
  Neg: each({ whole: (a) => -a, float: (a) => -a }),
  Sign: each({ whole: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n), float: Math.sign }),
  Relu: each({ whole: (a) => larger(a, 0n), float: (a) => Math.max(a, 0) }),
  Floor: each({ float: Math.floor }),
  Ceil: each({ float: Math.ceil }),
  Round: each({ float: halfEven }),
  Sqrt: each({ float: Math.sqrt }),
  Exp: each({ float: Math.exp }),
  Log: each({ float: Math.log }),
  Reciprocal: each({ float: (a) => 1 / a }),
  Clip: clip,

  Cast: convert,
  CastLike: convert,
};

/** Shifts by more than an element's width leave nothing; by less than 0 bits is not defined. */
const shiftBy = (left: boolean) => (a: bigint, b: bigint) => (b < 0n ? undefined : b > 63n ? 0n : left ? a << b : a >> b);

/** The sign of the dividend, as C. */
const REMAINDER: Binary = { whole: (a, b) => (b === 0n ? undefined : a % b), float: (a, b) => a % b };

/** The sign of the divisor, as Python. */
const MODULUS: Binary = {
  whole: (a, b) => (b === 0n ? undefined : ((a % b) + b) % b),
  float: (a, b) => (a % b !== 0 && a % b < 0 !== b < 0 ? (a % b) + b : a % b),
};

/** The operands, each stretched to the result. */
export function operandsStretched(node: Folding): readonly (readonly Scalar[])[] {
  const { dims } = node.outputs[0]!;
  return node.inputs.flatMap((operand) => (operand === undefined ? [] : [stretched(operand.dims, dims).map((at) => operand.data[at]!)]));
}

/** The one result, each value settled into its type. */
export function settled(node: Folding, values: readonly (Numeric | undefined)[]): readonly (readonly Scalar[])[] | undefined {
  const list = settledList(node.outputs[0]!.type, values);
  return list && [list];
}

function settledList(type: ElementType | undefined, values: readonly (Numeric | undefined)[]): readonly Numeric[] | undefined {
  const list: Numeric[] = [];
  for (const value of values) {
    const element = value === undefined ? undefined : settle(type, value);
    if (element === undefined) return undefined;
    list.push(element);
  }
  return list;
}

/** The result has the type of the base; the exponent may have another. */
function power(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const [bases, exponents] = operandsStretched(node);
  const { type } = input(node, 0);
  return settled(
    node,
    bases!.map((base, i) => {
      const exponent = exponents![i]!;
      if (typeof base === "bigint" && typeof exponent === "bigint") return wholePower(base, exponent, bitsOf(type!));
      return Number(base) ** Number(exponent);
    }),
  );
}

/** `base ** exponent` modulo 2^bits by squaring, so that no huge number is ever held. */
function wholePower(base: bigint, exponent: bigint, bits: number): bigint | undefined {
  if (exponent < 0n) return base === 1n ? 1n : base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : undefined;
  let [result, square] = [1n, base];
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = BigInt.asUintN(bits, result * square);
    square = BigInt.asUintN(bits, square * square);
  }
  return result;
}

function clip(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const { data } = input(node, 0);
  const { view } = node;
  const bound = (index: number, attribute: string) => node.inputs[index]?.data[0] ?? view.float(attribute);
  const [low, high] = [bound(1, "min"), bound(2, "max")];
  return settled(
    node,
    data.map((x) => {
      const raised = low !== undefined && x < low ? low : x;
      return (high !== undefined && raised > high ? high : raised) as Numeric;
    }),
  );
}

/** Floats lose their fraction towards zero; a float that the whole type cannot hold has no defined result. */
function convert(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const { data, type: from } = input(node, 0);
  const { type } = node.outputs[0]!;
  if (from === type) return [data];
  if (from === "string" || from === undefined) return undefined;
  if (type === "string") return isWhole(from) ? [data.map(String)] : undefined;
  return settled(
    node,
    (data as readonly Numeric[]).map((x) => {
      if (typeof x === "bigint" || !isWhole(type)) return x;
      const whole = settle(type, x);
      return whole !== undefined && Number(whole) === Math.trunc(x) ? x : undefined;
    }),
  );
}
