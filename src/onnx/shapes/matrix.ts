import type { Dim, NodeView, Value } from "../node.js";
import { zeroPointType } from "./convolution.js";
import { atLeastRank, broadcast, ofRank, same, show, stretchesTo, withoutAxes } from "./dims.js";
import { present, type Rules, refuse, type Shape, shapeOf, tensor, typeOf } from "./rule.js";

export const MATRIX: Rules = {
  MatMul: (view) => [tensor(typeOf(view, 0), multiply(shapeOf(view, 0), shapeOf(view, 1)))],
  MatMulInteger: (view) => [tensor("int32", multiply(shapeOf(view, 0), shapeOf(view, 1)))],
  QLinearMatMul: (view) => [tensor(zeroPointType(view, 7, typeOf(view, 0)), multiply(shapeOf(view, 0), shapeOf(view, 3)))],
  Gemm: (view) => [tensor(typeOf(view, 0), gemm(view))],
  Einsum: (view) => [tensor(typeOf(view, 0), einsum(view))],
  Det: (view) => [squareOf(view)],
};

/** Matrix product over the last two axes, the others broadcast; a vector is a row on the left and a column on the right. */
export function multiply(left: Shape | undefined, right: Shape | undefined): Shape | undefined {
  if (left === undefined || right === undefined) return undefined;
  atLeastRank(left, 1, "the left matrix");
  atLeastRank(right, 1, "the right matrix");
  const a = left.length === 1 ? [1, ...left] : left;
  const b = right.length === 1 ? [...right, 1] : right;
  same(a[a.length - 1] ?? null, b[b.length - 2] ?? null, `inner dimensions of ${show(left)} x ${show(right)}`);
  const batch = broadcast([a.slice(0, -2), b.slice(0, -2)]) ?? [];
  const rows = left.length === 1 ? [] : [a[a.length - 2] ?? null];
  const columns = right.length === 1 ? [] : [b[b.length - 1] ?? null];
  return [...batch, ...rows, ...columns];
}

/** The shape with its last two axes swapped when `swap` says so. */
export function transposedIf(swap: boolean, shape: Shape | undefined, what: string): Shape | undefined {
  if (!swap || shape === undefined || shape.length < 2) {
    if (swap && shape !== undefined) atLeastRank(shape, 2, what);
    return shape;
  }
  return [...shape.slice(0, -2), shape[shape.length - 1] ?? null, shape[shape.length - 2] ?? null];
}

/** `[M, N]` of `A B + C`. */
export function gemm(view: NodeView): Shape {
  const a = transposedIf(view.int("transA") === 1, ofRank(shapeOf(view, 0), 2, "A"), "A");
  const b = transposedIf(view.int("transB") === 1, ofRank(shapeOf(view, 1), 2, "B"), "B");
  const output = multiply(a, b)!;
  const bias = view.inputs[2]?.shape;
  if (view.opset >= 7 || view.domain !== "") stretchesTo(bias, output, "Gemm C to A x B");
  return output;
}

function squareOf(view: NodeView): Value {
  const shape = shapeOf(view, 0);
  if (shape === undefined) return tensor(typeOf(view, 0), undefined);
  atLeastRank(shape, 2, "the matrix");
  const last = shape.length - 1;
  same(shape[last - 1] ?? null, shape[last] ?? null, "rows against columns of the matrix");
  return tensor(typeOf(view, 0), withoutAxes(shape, [last - 1, last]));
}

/** Output of an Einstein sum: subscripts, `...` for broadcast axes, output sorted when not written. */
function einsum(view: NodeView): Shape | undefined {
  const equation = (view.string("equation") ?? refuse('Einsum has no attribute "equation"', "state the equation")).replaceAll(/\s/g, "");
  const [left = "", right] = equation.split("->");
  const terms = left.split(",");
  const shapes = present(view).map((value) => value.shape);
  if (terms.length !== shapes.length)
    refuse(`equation "${equation}" has ${terms.length} terms for ${shapes.length} inputs`, "write one term per input");

  const sizes = new Map<string, Dim>();
  const ellipses: (Shape | undefined)[] = [];
  terms.forEach((term, i) => {
    const { before, after, dots } = subscripts(term, equation);
    const shape = shapes[i];
    if (shape === undefined) {
      for (const letter of before + after) sizes.set(letter, sizes.get(letter) ?? null);
      if (dots) ellipses.push(undefined);
      return;
    }
    const letters = before.length + after.length;
    if (dots ? shape.length < letters : shape.length !== letters)
      refuse(`term "${term}" has ${letters} subscripts for an input of rank ${shape.length}`, "write one subscript per axis");
    for (const [axis, letter] of [...before].entries()) unify(sizes, letter, shape[axis] ?? null, equation);
    for (const [axis, letter] of [...after].entries()) unify(sizes, letter, shape[shape.length - after.length + axis] ?? null, equation);
    if (dots) ellipses.push(shape.slice(before.length, shape.length - after.length));
  });

  const middle = broadcast(ellipses);
  const output = right === undefined ? implicitOutput(left) : subscripts(right, equation);
  if (output.dots && middle === undefined) return undefined;
  const dims = (letters: string) => [...letters].map((letter) => sizeOf(sizes, letter, equation));
  return [...dims(output.before), ...(output.dots ? (middle ?? []) : []), ...dims(output.after)];
}

function subscripts(term: string, equation: string): { before: string; after: string; dots: boolean } {
  const parts = term.split("...");
  if (parts.length > 2 || !/^[A-Za-z]*$/.test(parts.join("")))
    refuse(`equation "${equation}" has the malformed term "${term}"`, "use letters and at most one ...");
  return { before: parts[0] ?? "", after: parts[1] ?? "", dots: parts.length === 2 };
}

/** Without `->`: broadcast axes first, then the letters that occur once, sorted. */
function implicitOutput(left: string): { before: string; after: string; dots: boolean } {
  const letters = [...left.replaceAll(/[^A-Za-z]/g, "")];
  const once = letters.filter((letter) => letters.indexOf(letter) === letters.lastIndexOf(letter)).sort();
  return { before: "", after: once.join(""), dots: left.includes("...") };
}

/** A letter is one dimension; a 1 stretches, as runtimes allow. */
function unify(sizes: Map<string, Dim>, letter: string, dim: Dim, equation: string): void {
  const seen = sizes.get(letter);
  if (seen === undefined || seen === null || seen === 1) sizes.set(letter, seen === 1 && dim === null ? null : (dim ?? seen ?? null));
  else if (dim !== 1) same(seen, dim, `subscript "${letter}" of "${equation}"`);
}

function sizeOf(sizes: Map<string, Dim>, letter: string, equation: string): Dim {
  const size = sizes.get(letter);
  return size === undefined
    ? refuse(`equation "${equation}" puts out "${letter}", which is no input subscript`, "use an input subscript")
    : size;
}
