import type { Dim, NodeView } from "../node.js";
import { columnsToImage } from "./convolution.js";
import { atLeastRank, axesIn, ofRank, same, show, unknownDims } from "./dims.js";
import { operand, type Rules, refuse, type Shape, shapeOf, tensor, told, typeOf } from "./rule.js";

export const RESAMPLING: Rules = {
  Resize: (view) => [tensor(typeOf(view, 0), resize(view))],
  Upsample: (view) => [tensor(typeOf(view, 0), upsample(view))],
  GridSample: (view) => [tensor(typeOf(view, 0), gridSample(view))],
  AffineGrid: (view) => [tensor(typeOf(view, 0), affineGrid(view))],
  CenterCropPad: (view) => [tensor(typeOf(view, 0), centerCropPad(view))],
  Col2Im: columnsToImage,
  ImageDecoder: (view) => [tensor("uint8", [null, null, view.string("pixel_format") === "Grayscale" ? 1 : 3])],
};

/** Sizes (input 3) win over scales (input 2, input 1 in opset 10); `axes` names the axes they stand for since opset 18. */
function resize(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  if (input === undefined) return undefined;
  const axes = axesIn(view.ints("axes") ?? input.map((_, i) => i), input.length);
  const legacy = view.inputs.length === 2;
  const scales = legacy ? told(view, undefined, 1) : emptyIsAbsent(told(view, undefined, 2));
  const sizes = legacy ? undefined : emptyIsAbsent(told(view, undefined, 3));

  if (sizes) {
    perAxes(sizes, axes, "sizes");
    return resized(input, axes, fitted(view, input, axes, sizes));
  }
  if (sizes === undefined && scales) {
    perAxes(scales, axes, "scales");
    return resized(input, axes, scaled(view, input, axes, scales));
  }
  if (sizes === undefined && scales === undefined) refuse("Resize is told neither scales nor sizes", "give one of them");
  return resized(input, axes, unknownDims(axes.length));
}

const emptyIsAbsent = (list: readonly number[] | null | undefined) => (list?.length === 0 ? undefined : list);

const resized = (input: Shape, axes: readonly number[], sizes: Shape): Shape =>
  input.map((d, i) => (axes.includes(i) ? (sizes[axes.indexOf(i)] ?? null) : d));

function perAxes(list: readonly number[], axes: readonly number[], what: string): void {
  if (list.length !== axes.length) refuse(`${list.length} ${what} for ${axes.length} axes`, `give ${axes.length} ${what}`);
  for (const n of list) if (!(n > 0)) refuse(`${what} ${show(list)} hold ${n}, must be above 0`, `use ${what} above 0`);
}

/** Runtimes multiply in single precision, so that is what decides where the product is nearly whole. */
function scaled(view: NodeView, input: Shape, axes: readonly number[], scales: readonly number[]): Shape {
  const crop = view.string("coordinate_transformation_mode") === "tf_crop_and_resize" ? told(view, undefined, 1) : undefined;
  return axes.map((axis, n) => {
    const size = input[axis] ?? null;
    if (size === null || crop === null) return null;
    const span = crop === undefined ? 1 : Math.fround(crop[n + axes.length]! - crop[n]!);
    return Math.floor(Math.fround(Math.fround(size * span) * Math.fround(scales[n]!)));
  });
}

/** `sizes`, shrunk or grown on all `axes` alike where the aspect ratio is kept. */
function fitted(view: NodeView, input: Shape, axes: readonly number[], sizes: readonly number[]): Shape {
  const policy = view.string("keep_aspect_ratio_policy") ?? "stretch";
  if (policy === "stretch") return sizes;
  if (policy !== "not_larger" && policy !== "not_smaller")
    refuse(`attribute "keep_aspect_ratio_policy" is "${policy}"`, "use stretch, not_larger or not_smaller");
  const from = axes.map((axis) => input[axis] ?? null);
  if (from.includes(null) || from.includes(0)) return unknownDims(axes.length);
  const ratios = from.map((size, n) => sizes[n]! / size!);
  const ratio = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  // The axis that sets the ratio gets exactly its size; the others round half up.
  return from.map((size, n) => (ratios[n] === ratio ? sizes[n]! : Math.floor(size! * ratio + 0.5)));
}

/** Scales by attribute (opset 7; opset 1 by `height_scale` and `width_scale`) or input 1 (opset 9). */
function upsample(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  if (input === undefined) return undefined;
  const [height, width] = [view.float("height_scale"), view.float("width_scale")];
  const scales =
    view.floats("scales") ?? told(view, undefined, 1) ?? (height === undefined || width === undefined ? null : [1, 1, height, width]);
  if (scales === null) return unknownDims(input.length);
  const axes = input.map((_, i) => i);
  perAxes(scales, axes, "scales");
  return scaled(view, input, axes, scales);
}

function gridSample(view: NodeView): Shape | undefined {
  const [data, grid] = [shapeOf(view, 0), shapeOf(view, 1)];
  const rank = data?.length ?? grid?.length;
  if (rank === undefined) return undefined;
  const input = ofRank(data, rank, "the data");
  const points = ofRank(grid, rank, "the grid");
  atLeastRank(input, 3, "the data");
  same(points[rank - 1] ?? null, rank - 2, "coordinates of the grid against spatial axes");
  return [same(input[0] ?? null, points[0] ?? null, "batch of data against grid"), input[1] ?? null, ...points.slice(1, -1)];
}

/** From `[N, n, n + 1]` matrices and the size `[N, C, spatial...]` to `[N, spatial..., n]`. */
function affineGrid(view: NodeView): Shape | undefined {
  const theta = ofRank(operand(view, 0).shape, 3, "theta");
  const size = told(view, undefined, 1) ?? null;
  const rank = size === null ? (theta[1] ?? null) : size.length - 2;
  if (rank === null) return undefined;
  same(theta[1] ?? null, rank, "rows of theta against spatial axes");
  const batch = size === null ? (theta[0] ?? null) : same(theta[0] ?? null, size[0] ?? null, "batch of theta against size");
  return [batch, ...(size === null ? unknownDims(rank) : size.slice(2)), rank];
}

function centerCropPad(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  if (input === undefined) return undefined;
  const axes = axesIn(view.ints("axes") ?? input.map((_, i) => i), input.length);
  const sizes: readonly Dim[] = told(view, undefined, 1) ?? unknownDims(axes.length);
  if (sizes.length !== axes.length) refuse(`${sizes.length} sizes for ${axes.length} axes`, `give ${axes.length} sizes`);
  return resized(input, axes, sizes);
}
