import type { Graph, Operator } from "../../graph/graph.js";
import type { Weights } from "../../onnx/weight-values.js";

/** What a layer does beside its own arithmetic, from the operators folded into it. */
export interface Folded {
  /** Per filter, or one for all: `value x factor + term`. */
  readonly factors: readonly number[];
  readonly terms: readonly number[];
  readonly low: number;
  readonly high: number;
}

/** The operators of a layer with their constants at hand. */
export interface Reader {
  readonly operators: readonly Operator[];
  /** Elements of the constant at an operand of an operator. */
  readonly constant: (op: Operator, operand: number) => readonly number[] | undefined;
  /** Operand number of the first computed tensor. */
  readonly position: (op: Operator) => number;
}

export function readerOf(graph: Graph, weights: Weights, names: readonly string[]): Reader {
  const operators = names.flatMap((name) => graph.operators.find((op) => op.name === name) ?? []);
  const operandsOf = (op: Operator) =>
    op.weights.flatMap((id) => {
      const { name } = graph.tensors[id]!;
      return weights.usesOf(name).flatMap(({ node, operand }) => (node === op.name ? [{ name, operand }] : []));
    });
  return {
    operators,
    constant: (op, operand) => {
      const name = operandsOf(op).find((c) => c.operand === operand)?.name;
      const found = name === undefined ? undefined : weights.valuesOf(name);
      return found?.ok ? Array.from(found.value.values) : undefined;
    },
    position: (op) => {
      const taken = new Set(operandsOf(op).map(({ operand }) => operand));
      return taken.has(0) ? 1 : 0;
    },
  };
}

/** What `operators`, applied one after the other to a value, amount to; a text where that is not a factor, a term and bounds. */
export function foldedOf({ constant, position }: Reader, operators: readonly Operator[]): Folded | string {
  let factors: readonly number[] = [1];
  let terms: readonly number[] = [0];
  let [low, high] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const both = (a: readonly number[], b: readonly number[], f: (x: number, y: number) => number) =>
    Array.from({ length: Math.max(a.length, b.length) }, (_, i) => f(a[a.length === 1 ? 0 : i]!, b[b.length === 1 ? 0 : i]!));
  const times = (by: readonly number[]) => {
    factors = both(factors, by, (a, b) => a * b);
    terms = both(terms, by, (a, b) => a * b);
  };
  const plus = (by: readonly number[]) => {
    terms = both(terms, by, (a, b) => a + b);
  };
  for (const op of operators) {
    const other = constant(op, 1 - position(op));
    switch (op.type) {
      case "Relu":
        low = Math.max(low, 0);
        continue;
      case "Clip": {
        const [least, most] = boundsOf(op, constant);
        [low, high] = [Math.max(low, least), Math.min(high, most)];
        continue;
      }
      case "BatchNormalization": {
        const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => constant(op, i));
        if (!scale || !bias || !mean || !variance) return "the constants of its normalisation are not at hand";
        const epsilon = Number(op.attributes.epsilon ?? 1e-5);
        const factor = scale.map((s, i) => s / Math.sqrt(variance[i]! + epsilon));
        times(factor);
        plus(bias.map((b, i) => b - mean[i]! * factor[i]!));
        continue;
      }
      case "Add":
      case "Mul":
      case "Sub":
      case "Div":
        if (other === undefined) return `the constant of its ${op.type} is not at hand`;
        if (op.type === "Add") plus(other);
        else if (op.type === "Mul") times(other);
        else if (op.type === "Div" && position(op) === 0) times(other.map((v) => 1 / v));
        else if (op.type === "Sub" && position(op) === 0) plus(other.map((v) => -v));
        else if (op.type === "Sub") {
          times([-1]);
          plus(other);
        } else return "it divides a constant";
        continue;
      default:
        return `${op.type} is folded into it`;
    }
  }
  return { factors, terms, low, high };
}

function boundsOf(op: Operator, constant: Reader["constant"]): readonly [number, number] {
  const { min, max } = op.attributes;
  return [
    constant(op, 1)?.[0] ?? (min === undefined ? Number.NEGATIVE_INFINITY : Number(min)),
    constant(op, 2)?.[0] ?? (max === undefined ? Number.POSITIVE_INFINITY : Number(max)),
  ];
}

/**
 * The function that a chain of operators is, from one value to one; a text where an operator is not known as one.
 * Operators that read two computed values (`x x sigmoid(x)`) find them by name.
 */
export function functionOf({ operators, constant, position }: Reader): ((x: number) => number) | string {
  const [first] = operators;
  if (first === undefined) return "its operators are not known";
  for (const op of operators) {
    const single = SINGLE[op.type] !== undefined || op.type === "Clip";
    const double = DOUBLE[op.type] !== undefined;
    if (!single && !double) return `${op.type} is not computed on integers`;
    if (double && op.inputs.length < 2 && constant(op, 1 - position(op))?.length !== 1)
      return `the constant of its ${op.type} is not one number`;
  }
  return (x) => {
    const values = new Map<number, number>([[first.inputs[0]!, x]]);
    let last = x;
    for (const op of operators) {
      const read = (i: number): number => values.get(op.inputs[i]!) ?? last;
      const two = DOUBLE[op.type];
      if (two !== undefined) {
        const other = op.inputs.length > 1 ? read(1) : (constant(op, 1 - position(op))?.[0] ?? 0);
        last = position(op) === 0 ? two(read(0), other) : two(other, read(0));
      } else if (op.type === "Clip") {
        const [least, most] = boundsOf(op, constant);
        last = Math.min(most, Math.max(least, read(0)));
      } else last = SINGLE[op.type]!(read(0), (key, usual) => Number(op.attributes[key] ?? usual));
      values.set(op.outputs[0]!, last);
    }
    return last;
  };
}

type Attribute = (key: string, usual: number) => number;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.log1p(Math.exp(x));

/** Functions of one value. Source: the ONNX operators of these names. */
const SINGLE: Readonly<Record<string, (x: number, attribute: Attribute) => number>> = {
  // These say how wide a value is; what it is rounded to is the layer's own scale.
  Quant: (x) => x,
  IntQuant: (x) => x,
  QuantizeLinear: (x) => x,
  DequantizeLinear: (x) => x,
  Abs: (x) => Math.abs(x),
  Elu: (x, a) => (x < 0 ? a("alpha", 1) * Math.expm1(x) : x),
  Exp: (x) => Math.exp(x),
  HardSigmoid: (x, a) => Math.min(1, Math.max(0, a("alpha", 0.2) * x + a("beta", 0.5))),
  HardSwish: (x) => x * Math.min(1, Math.max(0, x / 6 + 0.5)),
  LeakyRelu: (x, a) => (x < 0 ? a("alpha", 0.01) * x : x),
  Mish: (x) => x * Math.tanh(softplus(x)),
  Neg: (x) => -x,
  Relu: (x) => Math.max(0, x),
  Sigmoid: sigmoid,
  Softplus: softplus,
  Softsign: (x) => x / (1 + Math.abs(x)),
  Swish: (x, a) => x * sigmoid(a("alpha", 1) * x),
  Tanh: (x) => Math.tanh(x),
};

const DOUBLE: Readonly<Record<string, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
};
