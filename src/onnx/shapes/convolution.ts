import type { ElementType } from "../../graph/element-type.js";
import type { Dim, NodeView, Value } from "../node.js";
import { atLeastRank, dividedBy, ofRank, plus, product, same, sameShape, show, times, unknownDims } from "./dims.js";
import { lengthOf, operand, type Rules, refuse, type Shape, shapeOf, tensor, told, typeOf } from "./rule.js";
import { perAxis, slide, unslide, type Window, windowOf } from "./window.js";

/** Data `[N, C, spatial...]`, weight `[M, C / group, kernel...]`, output `[N, M, spatial...]`. */
export const CONVOLUTION: Rules = {
  Conv: (view) => [tensor(typeOf(view, 0), convolve(view, 0, 1, 2))],
  ConvInteger: (view) => [tensor("int32", convolve(view, 0, 1))],
  QLinearConv: (view) => [tensor(zeroPointType(view, 7, typeOf(view, 0)), convolve(view, 0, 3, 8))],
  DeformConv: (view) => [deformConv(view)],
  ConvTranspose: (view) => [tensor(typeOf(view, 0), convTranspose(view))],
  CausalConvWithState: (view) => causalConv(view),
};

/** Output shape of a convolution whose data, weight and bias are the inputs `x`, `w` and `b`. */
export function convolve(view: NodeView, x: number, w: number, b?: number): Shape | undefined {
  const [data, weight] = [shapeOf(view, x), shapeOf(view, w)];
  const rank = spatialRank(view, data, weight);
  if (rank === undefined) return undefined;
  const input = ofRank(data, rank + 2, "the data");
  const filter = ofRank(weight, rank + 2, "the weight");
  const group = groups(view);
  same(input[1] ?? null, times(filter[1] ?? null, group), `input channels against weight channels ${filter[1] ?? "?"} x group ${group}`);
  dividedBy(filter[0] ?? null, group, "output channels into groups");
  const bias = b === undefined ? undefined : view.inputs[b]?.shape;
  if (bias !== undefined) same(ofRank(bias, 1, "the bias")[0] ?? null, filter[0] ?? null, "bias length against output channels");
  return [input[0] ?? null, filter[0] ?? null, ...slide(input.slice(2), windowOf(view, rank, filter.slice(2)))];
}

/** Element type of the zero point at `index`, which a quantised result takes; `fallback` where it is left out. */
export const zeroPointType = (view: NodeView, index: number, fallback: ElementType | undefined): ElementType | undefined =>
  view.inputs[index]?.elementType ?? fallback;

export function groups(view: NodeView): number {
  const group = view.int("group") ?? 1;
  if (group < 1) refuse(`attribute "group" is ${group}, must be at least 1`, "use a group of at least 1");
  return group;
}

/** Number of spatial axes, from whatever tells it. */
export function spatialRank(view: NodeView, ...shapes: readonly (Shape | undefined)[]): number | undefined {
  const known = shapes.find((shape) => shape !== undefined);
  if (known === undefined) return view.ints("kernel_shape")?.length;
  atLeastRank(known, 3, view.type);
  return known.length - 2;
}

/** Output shape of a transposed convolution: data `[N, C, spatial...]`, weight `[C, M / group, kernel...]`. */
function convTranspose(view: NodeView): Shape | undefined {
  const [data, weight] = [shapeOf(view, 0), shapeOf(view, 1)];
  const rank = spatialRank(view, data, weight);
  if (rank === undefined) return undefined;
  const input = ofRank(data, rank + 2, "the data");
  const filter = ofRank(weight, rank + 2, "the weight");
  same(input[1] ?? null, filter[0] ?? null, "input channels against weight channels");
  const group = groups(view);
  dividedBy(input[1] ?? filter[0] ?? null, group, "input channels into groups");
  const window = windowOf(view, rank, filter.slice(2));
  return [input[0] ?? null, times(filter[1] ?? null, group), ...transposedSizes(view, input.slice(2), window)];
}

function transposedSizes(view: NodeView, input: Shape, window: Window): Shape {
  const rank = input.length;
  const stated = view.ints("output_shape");
  if (stated !== undefined && stated.length > 0) {
    const sizes = stated.length === rank + 2 ? stated.slice(2) : perAxis(stated, "output_shape", rank);
    for (const size of sizes)
      if (size < 1) refuse(`attribute "output_shape" is ${show(stated)} and holds ${size}`, "use sizes of at least 1");
    return sizes;
  }
  const padding = perAxis(view.ints("output_padding") ?? new Array<number>(rank).fill(0), "output_padding", rank);
  for (const n of padding) if (n < 0) refuse(`attribute "output_padding" holds ${n}, must be at least 0`, "use paddings of at least 0");
  return unslide(input, window, padding);
}

function deformConv(view: NodeView): Value {
  const output = convolve(view, 0, 1, 3);
  const offset = shapeOf(view, 2);
  if (output !== undefined && offset !== undefined && offset.length === output.length)
    sameShape(offset.slice(2), output.slice(2), "DeformConv offset against its output");
  return tensor(typeOf(view, 0), output);
}

/** Depthwise causal convolution that carries the last `k - 1` positions: data `[B, C, L...]`, weight `[C, 1, k...]`. */
function causalConv(view: NodeView): readonly Value[] {
  const [data, weight] = [shapeOf(view, 0), shapeOf(view, 1)];
  const type = typeOf(view, 0);
  if (data !== undefined && weight !== undefined) same(data[1] ?? null, weight[0] ?? null, "input channels against weight channels");
  const past = view.inputs[3]?.shape;
  const rank = data?.length ?? weight?.length;
  const carried = weight?.length === 3 ? plus(weight[2] ?? null, -1) : null;
  const state: Shape | undefined = rank === 3 ? [data?.[0] ?? null, data?.[1] ?? weight?.[0] ?? null, carried] : undefined;
  return [tensor(type, data), tensor(type, past === undefined ? state : sameShape(past, state, "past state"))];
}

/** `[N, C x kernel, positions]` back to an image: `Col2Im`, told the image and block by inputs. */
export function columnsToImage(view: NodeView): readonly Value[] {
  const columns = ofRank(operand(view, 0).shape, 3, "the columns");
  const image = told(view, undefined, 1) ?? null;
  const block = told(view, undefined, 2) ?? null;
  const rank = same(image?.length ?? lengthOf(view, 1), block?.length ?? lengthOf(view, 2), "entries of image_shape against block_shape");
  if (rank === null) return [tensor(typeOf(view, 0), undefined)];
  const channels: Dim = block === null ? null : dividedBy(columns[1] ?? null, product(block), "columns into blocks");
  if (image !== null && block !== null) {
    const window = windowOf(view, rank, block);
    same(columns[2] ?? null, product(slide(image, window)), "columns against block positions");
  }
  return [tensor(typeOf(view, 0), [columns[0] ?? null, channels, ...(image ?? unknownDims(rank))])];
}
