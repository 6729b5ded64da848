import type { Graph, Operator, TensorId } from "../../graph/graph.js";
import { integerOf, quantise, scaleOf } from "../../graph/quantize.js";
import type { WeightValues } from "../../onnx/weight-values.js";

/** How weights are cut out of their tensor: index of the value at (group, input, output). */
interface Form {
  readonly groups: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly vectors: number;
  readonly at: (group: number, input: number, output: number) => number;
}

const count = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);

/** Operators whose constants may lie on crossbars, with their quantised forms. */
const CONVOLUTIONS = new Set(["Conv", "ConvInteger", "QLinearConv"]);
const TRANSPOSED = new Set(["ConvTranspose"]);
const PRODUCTS = new Set(["Gemm", "MatMul", "MatMulInteger", "QLinearMatMul"]);

/** The weight that an operator multiplies by and how it is cut; `undefined` where it multiplies by none, or in a form that is not known. */
export function formOf(graph: Graph, op: Operator): { readonly weight: TensorId; readonly form: Form } | undefined {
  const nest = op.nests.find(({ kind }) => kind === "mac");
  const weight = nest?.reads.map(({ tensor }) => tensor).find((t) => op.weights.includes(t));
  if (weight === undefined) return undefined;
  const { shape } = graph.tensors[weight]!;
  const output = graph.tensors[op.outputs[0]!]!.shape;
  const group = Number(op.attributes.group ?? 1);
  if (CONVOLUTIONS.has(op.type)) {
    const [outputs, inputs] = [shape[0]! / group, count(shape.slice(1))];
    const vectors = (output[0] ?? 1) * count(output.slice(2));
    return { weight, form: { groups: group, inputs, outputs, vectors, at: (g, k, n) => (g * outputs + n) * inputs + k } };
  }
  if (TRANSPOSED.has(op.type)) {
    // Every input pixel makes all products that it is part of; adding overlapping results is not the crossbar's work.
    const [inputs, outputs] = [shape[0]! / group, count(shape.slice(1))];
    const { shape: input } = graph.tensors[op.inputs[0]!]!;
    const vectors = (input[0] ?? 1) * count(input.slice(2));
    return { weight, form: { groups: group, inputs, outputs, vectors, at: (g, k, n) => (g * inputs + k) * outputs + n } };
  }
  if (!PRODUCTS.has(op.type) || shape.length < 2) return undefined;
  const first = op.type === "Gemm" ? op.attributes.transA : 0;
  const left = op.inputs.length > 0 && nest !== undefined && nest.reads[0]!.tensor === weight;
  const [rows, columns] = [shape.at(-2)!, shape.at(-1)!];
  const batches = count(shape.slice(0, -2));
  if (left) {
    // The constant comes first: its rows are the outputs.
    if (first) return undefined;
    const vectors = count(output) / (rows * batches);
    return { weight, form: { groups: batches, inputs: columns, outputs: rows, vectors, at: (g, k, n) => (g * rows + n) * columns + k } };
  }
  if (op.attributes.transB)
    return { weight, form: { groups: 1, inputs: columns, outputs: rows, vectors: count(output) / rows, at: (_, k, n) => n * columns + k } };
  return {
    weight,
    form: {
      groups: batches,
      inputs: rows,
      outputs: columns,
      vectors: count(output) / (columns * batches),
      at: (g, k, n) => (g * rows + k) * columns + n,
    },
  };
}

/**
 * Turns a weight into integers: the model's own where it has some that fit, else symmetric ones of `bits` bits with one scale for the
 * tensor or for each output. One bit stands for -1 or 1, which takes two as every integer here is signed.
 */
export function integersOf(
  { values, integers }: WeightValues,
  form: Form,
  bits: number,
  scales: "tensor" | "channel",
): { readonly values: Int8Array; readonly bits: number } {
  const { groups, inputs, outputs, at } = form;
  const cut = new Int8Array(groups * inputs * outputs);
  const codes = Math.max(NARROWEST, bits);
  const own = integers && widthOf(integers);
  if (integers !== undefined && own !== undefined && own <= 8) {
    cutInto(cut, form, (index) => integers[index]!);
    return { values: cut, bits: own };
  }
  if (scales === "tensor") {
    // One by one, for the weights of a layer may fill half of the memory.
    const scale = scaleOf(values, bits);
    cutInto(cut, form, (index) => integerOf(values[index]!, scale, bits));
    return { values: cut, bits: codes };
  }
  const column = new Float64Array(inputs);
  for (let g = 0; g < groups; g++)
    for (let n = 0; n < outputs; n++) {
      for (let k = 0; k < inputs; k++) column[k] = values[at(g, k, n)]!;
      const { integers: whole } = quantise(column, bits);
      for (let k = 0; k < inputs; k++) cut[(g * inputs + k) * outputs + n] = whole[k]!;
    }
  return { values: cut, bits: codes };
}

/** Square by square, for weights may stand output by output, and those of neighbours then far apart. */
function cutInto(cut: Int8Array, { groups, inputs, outputs, at }: Form, integer: (index: number) => number): void {
  for (let g = 0; g < groups; g++)
    for (let k0 = 0; k0 < inputs; k0 += SQUARE)
      for (let n0 = 0; n0 < outputs; n0 += SQUARE)
        for (let k = k0; k < Math.min(inputs, k0 + SQUARE); k++)
          for (let n = n0; n < Math.min(outputs, n0 + SQUARE); n++) cut[(g * inputs + k) * outputs + n] = integer(at(g, k, n));
}

const SQUARE = 32;

/** Bits of the narrowest signed integers that hold -1 and 1. */
const NARROWEST = 2;

/** Bits that hold all integers, at least those; `undefined` where they are no integers. */
function widthOf(integers: Iterable<number>): number | undefined {
  let [least, most] = [0, 0];
  for (const w of integers) {
    if (!Number.isInteger(w)) return undefined;
    if (w < least) least = w;
    if (w > most) most = w;
  }
  let bits = NARROWEST;
  while (least < -(2 ** (bits - 1)) || most > 2 ** (bits - 1) - 1) bits++;
  return bits;
}
