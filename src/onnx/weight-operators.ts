import { halfToEven } from "../graph/quantize.js";
import type { Attributes } from "./attributes.js";
import { elementTypeOf } from "./shapes/rule.js";
import { numbersIn, type Reals } from "./values.js";
import type { WeightValues } from "./weight-values.js";

/** What an operator makes of constants; undefined where it is not computed in this form. */
type Compute = (first: WeightValues, others: readonly WeightValues[], attributes: Attributes) => WeightValues | undefined;

/** Operators of ai.onnx between a stored weight and its use. */
export const OPERATORS: Readonly<Partial<Record<string, Compute>>> = {
  Identity: (x) => x,
  Dropout: (x) => x,
  Cast: (x, _, attributes) => (/^u?int/.test(elementTypeOf(whole(attributes, "to") ?? 0) ?? "") ? truncated(x) : x),
  Transpose: (x, _, attributes) => transposed(x, attributes.get("perm")?.ints.map(Number) ?? x.shape.map((_, i) => x.shape.length - 1 - i)),
  Reshape: (x, [target]) => target && reshaped(x, target.values),
  Flatten: (x, _, attributes) => {
    const axis = fromEnd(whole(attributes, "axis") ?? 1, x.shape.length);
    return { ...x, shape: [product(x.shape.slice(0, axis)), product(x.shape.slice(axis))] };
  },
  Squeeze: (x, [axes], attributes) => {
    const gone = axesOf(axes, attributes)?.map((a) => fromEnd(a, x.shape.length)) ?? x.shape.flatMap((d, i) => (d === 1 ? [i] : []));
    return { ...x, shape: x.shape.filter((_, i) => !gone.includes(i)) };
  },
  Unsqueeze: (x, [axes], attributes) => {
    const listed = axesOf(axes, attributes);
    if (listed === undefined) return undefined;
    const rank = x.shape.length + listed.length;
    const added = listed.map((a) => fromEnd(a, rank));
    const dims = x.shape.values();
    return { ...x, shape: Array.from({ length: rank }, (_, i) => (added.includes(i) ? 1 : (dims.next().value ?? 1))) };
  },
  Mul: (x, [y]) => y && combined(x, y, (a, b) => a * b),
  Div: (x, [y]) => y && combined(x, y, (a, b) => a / b),
  Add: (x, [y]) => y && combined(x, y, (a, b) => a + b),
  Sub: (x, [y]) => y && combined(x, y, (a, b) => a - b),
  ConstantOfShape: (x, _, attributes) => {
    const proto = attributes.get("value")?.t;
    const type = elementTypeOf(proto?.dataType ?? 1) ?? "float32";
    const raw =
      proto === undefined ? 0 : (numbersIn(proto.rawData, type, proto.rawData.length === 0 ? 0 : 1)?.[0] ?? typedFirst(proto.floatData[0]));
    const shape = [...x.values];
    return { shape, values: new Float64Array(product(shape)).fill(Number(raw)) };
  },
  DequantizeLinear: (x, [scale, zero], attributes) => {
    if (scale === undefined) return undefined;
    const along = alongAxis(x, attributes);
    const integers = zero === undefined || zero.values.length === 0 ? x.values : combined(x, along(zero), (q, z) => q - z)?.values;
    if (integers === undefined) return undefined;
    const result = combined({ shape: x.shape, values: integers }, along(scale), (q, s) => q * s);
    return result && { ...result, integers };
  },
};

/** Quantisers of QONNX: inputs and outputs are real numbers. */
export const QUANTISERS: Readonly<Partial<Record<string, Compute>>> = {
  Quant: quant,
  IntQuant: quant,
  BipolarQuant: (x, [scale]) => {
    if (scale === undefined) return undefined;
    const integers = x.values.map((v) => (v >= 0 ? 1 : -1));
    const result = combined({ shape: x.shape, values: integers }, scale, (q, s) => q * s);
    return result && { ...result, integers };
  },
};

/** Source: qonnx-custom-ops `Quant`. */
function quant(x: WeightValues, [scale, zero, bits]: readonly WeightValues[], attributes: Attributes): WeightValues | undefined {
  const width = bits?.values[0];
  const round = ROUNDINGS[(attributes.get("rounding_mode")?.s || "ROUND").toUpperCase()];
  if (scale === undefined || zero === undefined || width === undefined || round === undefined) return undefined;
  const signed = (whole(attributes, "signed") ?? 1) !== 0;
  const narrow = (whole(attributes, "narrow") ?? 0) !== 0 ? 1 : 0;
  const most = signed ? 2 ** (width - 1) - 1 : 2 ** width - 1 - narrow;
  const least = signed ? -(2 ** (width - 1)) + narrow : 0;
  const scaled = combined(x, scale, (v, s) => v / s);
  const shifted = scaled && combined(scaled, zero, (v, z) => Math.min(most, Math.max(least, round(v + z))));
  const integers = shifted && combined(shifted, zero, (q, z) => q - z);
  const result = integers && combined(integers, scale, (q, s) => q * s);
  return result && { ...result, integers: integers.values };
}

const ROUNDINGS: Readonly<Partial<Record<string, (value: number) => number>>> = {
  ROUND: halfToEven,
  CEIL: Math.ceil,
  FLOOR: Math.floor,
  UP: (v) => Math.sign(v) * Math.ceil(Math.abs(v)),
  DOWN: Math.trunc,
  HALF_UP: (v) => Math.sign(v) * Math.floor(Math.abs(v) + 0.5),
  HALF_DOWN: (v) => Math.sign(v) * Math.ceil(Math.abs(v) - 0.5),
};

const product = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

const fromEnd = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const whole = (attributes: Attributes, name: string): number | undefined => {
  const a = attributes.get(name);
  return a === undefined ? undefined : Number(a.i);
};

const axesOf = (operand: WeightValues | undefined, attributes: Attributes): readonly number[] | undefined =>
  operand ? [...operand.values] : attributes.get("axes")?.ints.map(Number);

const typedFirst = (bytes: Uint8Array | undefined): number =>
  bytes === undefined || bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat32(0, true);

const truncated = (x: WeightValues): WeightValues => {
  const values = x.values.map(Math.trunc);
  return { shape: x.shape, values, integers: values };
};

function reshaped(x: WeightValues, target: Reals): WeightValues {
  const dims = [...target].map((d, i) => (d === 0 ? (x.shape[i] ?? 0) : d));
  const rest = dims.filter((d) => d >= 0).reduce((n, d) => n * d, 1);
  return { ...x, shape: dims.map((d) => (d < 0 ? x.values.length / rest : d)) };
}

function transposed(x: WeightValues, order: readonly number[]): WeightValues {
  const shape = order.map((axis) => x.shape[axis] ?? 1);
  const stride = x.shape.map((_, i) => product(x.shape.slice(i + 1)));
  const from = new Int32Array(x.values.length);
  const place = new Int32Array(shape.length);
  for (let n = 0; n < from.length; n++) {
    let at = 0;
    for (let d = 0; d < shape.length; d++) at += place[d]! * (stride[order[d]!] ?? 0);
    from[n] = at;
    for (let d = shape.length - 1; d >= 0 && ++place[d]! === shape[d]; d--) place[d] = 0;
  }
  const moved = (list: Reals) => {
    const to = list instanceof Float32Array ? new Float32Array(from.length) : new Float64Array(from.length);
    for (let n = 0; n < to.length; n++) to[n] = list[from[n]!]!;
    return to;
  };
  return { shape, values: moved(x.values), ...(x.integers && { integers: moved(x.integers) }) };
}

/** Gives scales and zero points of one axis their place beside `x`. */
const alongAxis = (x: WeightValues, attributes: Attributes) => {
  const axis = fromEnd(whole(attributes, "axis") ?? 1, x.shape.length);
  return (y: WeightValues): WeightValues =>
    y.shape.length === 1 && y.values.length > 1 ? { ...y, shape: x.shape.map((_, i) => (i === axis ? y.values.length : 1)) } : y;
};

/** Element by element, shapes aligned at their ends; undefined where they do not fit. */
function combined(x: WeightValues, y: WeightValues, f: (a: number, b: number) => number): WeightValues | undefined {
  const rank = Math.max(x.shape.length, y.shape.length);
  const dim = (t: WeightValues, i: number) => t.shape[i - rank + t.shape.length] ?? 1;
  const axes = Array.from({ length: rank }, (_, i) => i);
  if (axes.some((i) => dim(x, i) !== dim(y, i) && dim(x, i) !== 1 && dim(y, i) !== 1)) return undefined;
  const shape = axes.map((i) => (dim(x, i) === 1 ? dim(y, i) : dim(x, i)));
  const strides = (t: WeightValues) => axes.map((i) => (dim(t, i) === 1 ? 0 : axes.slice(i + 1).reduce((n, j) => n * dim(t, j), 1)));
  const [sx, sy] = [strides(x), strides(y)];
  const values = new Float64Array(product(shape));
  const place = new Int32Array(rank);
  let [ax, ay] = [0, 0];
  for (let n = 0; n < values.length; n++) {
    values[n] = f(x.values[ax]!, y.values[ay]!);
    for (let d = rank - 1; d >= 0; d--) {
      ax += sx[d]!;
      ay += sy[d]!;
      if (++place[d]! < shape[d]!) break;
      ax -= sx[d]! * shape[d]!;
      ay -= sy[d]! * shape[d]!;
      place[d] = 0;
    }
  }
  return { shape, values };
}
