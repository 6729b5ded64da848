import { bitsOf, type ElementType } from "../../graph/element-type.js";

/** One element: whole numbers and booleans are `bigint`, floats `number`. */
export type Scalar = bigint | number | string;
export type Numeric = bigint | number;

const WHOLE: ReadonlySet<ElementType> = new Set([
  "int64",
  "int32",
  "int16",
  "int8",
  "int4",
  "int2",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "uint4",
  "uint2",
] satisfies ElementType[]);

export const isWhole = (type: ElementType | undefined): boolean => type !== undefined && WHOLE.has(type);

/** Explicit significand bits and smallest normal exponent of the float types that are computed with. */
const FLOATS: ReadonlyMap<ElementType, { readonly fraction: number; readonly smallest: number; readonly largest: number }> = new Map([
  ["float64", { fraction: 52, smallest: -1022, largest: Number.MAX_VALUE }],
  ["float32", { fraction: 23, smallest: -126, largest: (2 - 2 ** -23) * 2 ** 127 }],
  ["float16", { fraction: 10, smallest: -14, largest: 65504 }],
  ["bfloat16", { fraction: 7, smallest: -126, largest: (2 - 2 ** -7) * 2 ** 127 }],
]);

export const isFloat = (type: ElementType | undefined): boolean => type !== undefined && FLOATS.has(type);

/** `value` as an element of `type`: integers wrap, floats round to the nearest even; undefined where the type is not computed with. */
export function settle(type: ElementType | undefined, value: Numeric): Numeric | undefined {
  if (type === undefined) return undefined;
  if (type === "bool") return Number(value) === 0 ? 0n : 1n;
  if (WHOLE.has(type)) {
    if (typeof value === "number") return Number.isFinite(value) ? wrap(type, BigInt(Math.trunc(value))) : undefined;
    return wrap(type, value);
  }
  const format = FLOATS.get(type);
  if (format === undefined) return undefined;
  const n = Number(value);
  if (type === "float64") return n;
  if (type === "float32") return Math.fround(n);
  return round(n, format.fraction, format.smallest, format.largest);
}

function wrap(type: ElementType, value: bigint): bigint {
  return type.startsWith("u") ? BigInt.asUintN(bitsOf(type), value) : BigInt.asIntN(bitsOf(type), value);
}

/** Nearest float with `fraction` explicit bits, ties to even. */
function round(n: number, fraction: number, smallest: number, largest: number): number {
  if (n === 0 || !Number.isFinite(n)) return n;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(n))), smallest);
  const unit = 2 ** (exponent - fraction);
  const rounded = halfEven(n / unit) * unit;
  return Math.abs(rounded) > largest ? Math.sign(n) * Number.POSITIVE_INFINITY : rounded;
}

/** Nearest whole number, ties to even. */
export function halfEven(n: number): number {
  const below = Math.floor(n);
  const over = n - below;
  if (over !== 0.5) return over < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** The smaller of two elements of one type. */
export function smaller<T extends Numeric>(a: T, b: T): T {
  if (b < a) return b;
  return a;
}

/** The larger of two elements of one type. */
export function larger<T extends Numeric>(a: T, b: T): T {
  if (b > a) return b;
  return a;
}
