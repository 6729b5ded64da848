import { bitsOf, type ElementType } from "../graph/element-type.js";
import type { NodeView, Value } from "./node.js";

/** Domains in which the QONNX operators occur. */
export const QONNX: ReadonlySet<string> = new Set([
  "onnx.brevitas",
  "finn.custom_op.general",
  "qonnx.custom_op.general",
  "qonnx.custom_op.channels_last",
]);

/**
 * Operators that hand on elements of their first operand without computing new ones, so that a narrow
 * tensor stays narrow. MaxPool and Relu select.
 */
const MOVES = new Set([
  "DepthToSpace",
  "Dropout",
  "Expand",
  "Flatten",
  "Gather",
  "GatherElements",
  "GatherND",
  "GlobalMaxPool",
  "Identity",
  "MaxPool",
  "Relu",
  "Reshape",
  "Slice",
  "SpaceToDepth",
  "Split",
  "Squeeze",
  "Tile",
  "Transpose",
  "Unsqueeze",
]);

/**
 * Sets how many bits an element of each result really has after the model's own quantisation: the width a
 * QONNX quantiser is told, the stored type behind a DequantizeLinear, and what operators that only move
 * elements hand on. A result without such a statement has its element type's width.
 */
export function withWidths(view: NodeView, values: readonly Value[]): readonly Value[] {
  const width = widthOf(view);
  return width === undefined ? values : values.map((v, i) => (i === 0 || view.type === "Split" ? narrowed(v, width) : v));
}

function widthOf(view: NodeView): number | undefined {
  const [first] = view.inputs;
  if (QONNX.has(view.domain)) {
    if (view.type === "BipolarQuant") return 1;
    if (view.type === "Quant" || view.type === "IntQuant") return told(view.inputs[3]);
    if (view.type === "Trunc") return told(view.inputs[view.inputs.length > 5 ? 5 : 4]); // its second version has an output scale before the width
    if (view.type === "FloatQuant") return sum(1, told(view.inputs[2]), told(view.inputs[3])); // sign, exponent, mantissa
    if (view.type === "MultiThreshold") return datatypeBits(view.string("out_dtype"));
  }
  if (view.type === "DequantizeLinear") return first && widthIn(first);
  if (view.type === "Clip") return clipped(view.inputs);
  if (view.type === "Concat")
    return view.inputs.reduce<number | undefined>((most, v) => (v && most !== undefined ? Math.max(most, widthIn(v) ?? 64) : undefined), 0);
  return MOVES.has(view.type) ? first?.bits : undefined;
}

const widthIn = (value: Value): number | undefined => value.bits ?? (value.elementType && bitsOf(value.elementType));

/** The bit width a quantiser is told by an operand, if it is one. */
function told(value: Value | undefined): number | undefined {
  const bits = Math.ceil(Number(value?.data?.[0]));
  return bits >= 1 && bits <= 64 ? bits : undefined;
}

const sum = (...widths: readonly (number | undefined)[]): number | undefined =>
  widths.reduce((n, w) => (n === undefined || w === undefined ? undefined : n + w), 0);

/** Integers clipped to a range need only the bits of the range: so models state widths below 8 between Q and DQ. */
function clipped([value, low, high]: readonly (Value | undefined)[]): number | undefined {
  const [min, max] = [low?.data?.[0], high?.data?.[0]];
  if (value === undefined || typeof min !== "bigint" || typeof max !== "bigint" || min > max) return value?.bits;
  const bits = (n: bigint) => n.toString(2).length;
  return min >= 0n ? bits(max) : 1 + Math.max(bits(-min - 1n), max > 0n ? bits(max) : 1);
}

/** Never wider than the element type: a 40-bit quantiser does not make a float32 grow. */
function narrowed(value: Value, bits: number): Value {
  const own = value.elementType === undefined ? undefined : bitsOf(value.elementType);
  const { bits: _, ...rest } = value;
  return own === undefined || bits >= own ? rest : { ...rest, bits };
}

/** Bits of a datatype as QONNX and FINN name them: `INT4`, `UINT2`, `BIPOLAR`, `TERNARY`, `FIXED<8,4>`, `FLOAT16`. */
export function datatypeBits(name: string | undefined): number | undefined {
  if (name === undefined) return undefined;
  if (name === "BIPOLAR" || name === "BINARY") return 1;
  if (name === "TERNARY") return 2;
  const digits = /^(?:U?INT|SCALEDINT<|FIXED<|FLOAT)(\d+)/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** Of a tensor that the model annotates with such a datatype. */
export const annotated = (value: Value, datatype: string | undefined): Value => {
  const bits = datatypeBits(datatype);
  return bits === undefined || bits < 1 ? value : narrowed(value, bits);
};

/** Width of one element as planners count it. */
export const elementBits = (value: Value, elementType: ElementType): number => value.bits ?? bitsOf(elementType);
