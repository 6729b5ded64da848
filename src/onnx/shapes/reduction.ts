import type { NodeView } from "../node.js";
import { axesIn, axisIn, unknownDims, withDim, withoutAxes } from "./dims.js";
import { forEachOf, lengthOf, type Rule, type Rules, type Shape, shapeOf, tensor, told, typeOf } from "./rule.js";

const reduces: Rule = (view) => [tensor(typeOf(view, 0), reduced(view))];

const picks: Rule = (view) => {
  const shape = shapeOf(view, 0);
  if (shape === undefined) return [tensor("int64", undefined)];
  const axis = axisIn(view.int("axis") ?? 0, shape.length);
  return [tensor("int64", keepsDims(view) ? withDim(shape, axis, 1) : withoutAxes(shape, [axis]))];
};

export const REDUCTION: Rules = {
  ...forEachOf(
    "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare",
    reduces,
  ),
  ...forEachOf("ArgMax ArgMin", picks),
};

/** Axes are an attribute, or input 1 since opset 13 (ReduceSum) or 18 (the others); none means all, or nothing when `noop_with_empty_axes`. */
export function reducedAxes(view: NodeView, rank: number): readonly number[] | null {
  const axes = told(view, "axes", 1);
  if (axes === null) return null;
  if (axes !== undefined && axes.length > 0) return axesIn(axes, rank);
  return view.int("noop_with_empty_axes") === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
}

const keepsDims = (view: NodeView): boolean => (view.int("keepdims") ?? 1) === 1;

function reduced(view: NodeView): Shape | undefined {
  const shape = shapeOf(view, 0);
  if (shape === undefined) return undefined;
  const axes = reducedAxes(view, shape.length);
  if (axes === null) return reducedAtRunTime(view, shape);
  return keepsDims(view) ? shape.map((d, i) => (axes.includes(i) ? 1 : d)) : withoutAxes(shape, axes);
}

/** Axes come at run time: how many there are is often known, which may settle the rest. */
function reducedAtRunTime(view: NodeView, shape: Shape): Shape | undefined {
  const count = lengthOf(view, 1);
  const all = count === shape.length;
  if (keepsDims(view)) return shape.map((d) => (all || d === 1 ? 1 : null));
  if (count === null || count > shape.length) return undefined;
  const alike = shape.every((d) => d === shape[0]);
  return alike ? shape.slice(count) : unknownDims(shape.length - count);
}
