import { reducedAxes } from "../shapes/reduction.js";
import { settled } from "./arithmetic.js";
import { around, offsets, stridesOf } from "./grid.js";
import { isWhole, larger, type Numeric, type Scalar, smaller } from "./number.js";
import { type Fold, type Folding, type Folds, input } from "./operands.js";

/** Whole numbers are combined exactly, floats in double precision and rounded once. */
interface Reduction {
  readonly whole?: (values: readonly bigint[]) => bigint | undefined;
  readonly float?: (values: readonly number[]) => number | undefined;
}

const reduces =
  ({ whole, float }: Reduction): Fold =>
  (node) => {
    const { type } = input(node, 0);
    const apply = (isWhole(type) || type === "bool" ? whole : float) as ((values: readonly Scalar[]) => Numeric | undefined) | undefined;
    return apply && settled(node, groups(node).map(apply));
  };

const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
const sumOf = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

export const REDUCED: Folds = {
  ReduceSum: reduces({ whole: sum, float: sumOf }),
  ReduceProd: reduces({ whole: (v) => v.reduce((a, b) => BigInt.asIntN(64, a * b), 1n), float: (v) => v.reduce((a, b) => a * b, 1) }),
  ReduceMin: reduces({ whole: (v) => (v.length === 0 ? undefined : v.reduce(smaller)), float: (v) => Math.min(...v) }),
  ReduceMax: reduces({ whole: (v) => (v.length === 0 ? undefined : v.reduce(larger)), float: (v) => Math.max(...v) }),
  // A mean of whole numbers is computed only where it is whole: runtimes differ in rounding.
  ReduceMean: reduces({
    whole: (v) => (v.length === 0 || sum(v) % BigInt(v.length) !== 0n ? undefined : sum(v) / BigInt(v.length)),
    float: (v) => sumOf(v) / v.length,
  }),
  ReduceSumSquare: reduces({ whole: (v) => sum(v.map((x) => x * x)), float: (v) => sumOf(v.map((x) => x * x)) }),
  ReduceL1: reduces({ whole: (v) => sum(v.map((x) => (x < 0n ? -x : x))), float: (v) => sumOf(v.map(Math.abs)) }),
  ReduceL2: reduces({ float: (v) => Math.hypot(...v) }),
  ArgMax: picks((a, b) => a > b),
  ArgMin: picks((a, b) => a < b),
  CumSum: cumulates((a, b) => ((a as number) + (b as number)) as Numeric, 0),
  CumProd: cumulates((a, b) => ((a as number) * (b as number)) as Numeric, 1),
};

/** The elements that make up each element of the result. */
function groups(node: Folding): readonly (readonly Scalar[])[] {
  const { dims, data } = input(node, 0);
  const axes = reducedAxes(node.view, dims.length) ?? [];
  const strides = stridesOf(dims);
  const inside = offsets(
    axes.map((axis) => dims[axis]!),
    axes.map((axis) => strides[axis]!),
  );
  const kept = dims.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const starts = offsets(
    kept.map((axis) => dims[axis]!),
    kept.map((axis) => strides[axis]!),
  );
  return starts.map((start) => inside.map((at) => data[start + at]!));
}

function axisOf(node: Folding, stated: number): number {
  return stated < 0 ? stated + input(node, 0).dims.length : stated;
}

function picks(better: (a: Scalar, b: Scalar) => boolean): Fold {
  return (node) => {
    const { dims, data } = input(node, 0);
    const { outer, size, inner } = around(dims, axisOf(node, node.view.int("axis") ?? 0));
    const last = node.view.int("select_last_index") === 1;
    const result: Scalar[] = [];
    for (let row = 0; row < outer; row++)
      for (let column = 0; column < inner; column++) {
        const at = (i: number) => data[(row * size + i) * inner + column]!;
        let best = 0;
        for (let i = 1; i < size; i++) if (better(at(i), at(best)) || (last && at(i) === at(best))) best = i;
        result.push(BigInt(best));
      }
    return size === 0 ? undefined : [result];
  };
}

function cumulates(combine: (a: Numeric, b: Numeric) => Numeric, neutral: number): Fold {
  return (node) => {
    const { dims, data } = input(node, 0);
    const { outer, size, inner } = around(dims, axisOf(node, Number(input(node, 1).data[0])));
    const [reverse, exclusive] = [node.view.int("reverse") === 1, node.view.int("exclusive") === 1];
    const result: Numeric[] = new Array(data.length);
    for (let row = 0; row < outer; row++)
      for (let column = 0; column < inner; column++) {
        let total: Numeric = typeof data[0] === "bigint" ? BigInt(neutral) : neutral;
        for (let n = 0; n < size; n++) {
          const at = (row * size + (reverse ? size - 1 - n : n)) * inner + column;
          const next: Numeric = combine(total, data[at] as Numeric);
          result[at] = exclusive ? total : next;
          total = next;
        }
      }
    return settled(node, result);
  };
}
