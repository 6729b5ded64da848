import { operandsStretched } from "./arithmetic.js";
import type { Scalar } from "./number.js";
import { type Fold, type Folds, input } from "./operands.js";

const truth = (yes: boolean): bigint => (yes ? 1n : 0n);

/** A question about pairs of elements after stretching. */
const asks =
  (question: (a: Scalar, b: Scalar) => boolean): Fold =>
  (node) => {
    const [a, b] = operandsStretched(node);
    return [a!.map((x, i) => truth(question(x, b![i]!)))];
  };

export const LOGIC: Folds = {
  Equal: asks((a, b) => a === b),
  Greater: asks((a, b) => a > b),
  GreaterOrEqual: asks((a, b) => a >= b),
  Less: asks((a, b) => a < b),
  LessOrEqual: asks((a, b) => a <= b),
  And: asks((a, b) => a !== 0n && b !== 0n),
  Or: asks((a, b) => a !== 0n || b !== 0n),
  Xor: asks((a, b) => (a !== 0n) !== (b !== 0n)),
  Not: (node) => [input(node, 0).data.map((x) => truth(x === 0n))],
  IsNaN: (node) => [input(node, 0).data.map((x) => truth(Number.isNaN(x)))],
  IsInf: (node) => {
    const up = (node.view.int("detect_positive") ?? 1) === 1;
    const down = (node.view.int("detect_negative") ?? 1) === 1;
    return [input(node, 0).data.map((x) => truth((up && x === Number.POSITIVE_INFINITY) || (down && x === Number.NEGATIVE_INFINITY)))];
  },
  Where: (node) => {
    const [condition, yes, no] = operandsStretched(node);
    return [condition!.map((c, i) => (c !== 0n ? yes![i]! : no![i]!))];
  },
};
