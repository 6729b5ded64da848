import { slices } from "../shapes/indexing.js";
import { concatenatedAxis, padding, permutation } from "../shapes/movement.js";
import { around, countOf, offsets, stretched, stridesOf } from "./grid.js";
import type { Scalar } from "./number.js";
import { type Fold, type Folding, type Folds, input } from "./operands.js";

/** The elements stay in order; only the shape changes. */
const rearranges: Fold = (node) => [input(node, 0).data];

/** Operators that put elements elsewhere without computing. */
export const MOVED: Folds = {
  Identity: rearranges,
  Reshape: rearranges,
  Flatten: rearranges,
  Squeeze: rearranges,
  Unsqueeze: rearranges,
  Transpose: (node) => {
    const { dims, data } = input(node, 0);
    const strides = stridesOf(dims);
    const steps = permutation(node.view, dims.length).map((axis) => strides[axis]!);
    return [take(data, offsets(node.outputs[0]!.dims, steps))];
  },
  Expand: (node) => [take(input(node, 0).data, stretched(input(node, 0).dims, node.outputs[0]!.dims))],
  Tile: (node) => {
    const { dims, data } = input(node, 0);
    if (node.inputs.length !== 2) return undefined;
    // Each axis is seen as (repeat, element); stepping along a repeat stays where it is.
    const strides = stridesOf(dims);
    const grid = dims.flatMap((size, axis) => [Number(input(node, 1).data[axis]), size]);
    return [
      take(
        data,
        offsets(
          grid,
          dims.flatMap((_, axis) => [0, strides[axis]!]),
        ),
      ),
    ];
  },
  Slice: (node) => {
    const { dims, data } = input(node, 0);
    const strides = stridesOf(dims);
    const axes = slices(node.view, dims);
    if (axes.includes(null)) return undefined;
    const start = axes.reduce((sum, axis, i) => sum + (axis?.start ?? 0) * strides[i]!, 0);
    return [
      take(
        data,
        offsets(
          node.outputs[0]!.dims,
          strides.map((stride, i) => stride * (axes[i]?.step ?? 1)),
          start,
        ),
      ),
    ];
  },
  Concat: concat,
  Split: split,
  Pad: pad,
  Trilu: trilu,
};

const take = (data: readonly Scalar[], at: readonly number[]): readonly Scalar[] => at.map((i) => data[i]!);

function concat(node: Folding): readonly (readonly Scalar[])[] {
  const parts = node.inputs.filter((part) => part !== undefined);
  const { dims } = node.outputs[0]!;
  const axis = concatenatedAxis(node.view, dims.length);
  const outer = countOf(dims.slice(0, axis));
  const widths = parts.map((part) => countOf(part.dims.slice(axis)));
  return [
    Array.from({ length: outer }, (_, row) => parts.flatMap((part, n) => part.data.slice(row * widths[n]!, (row + 1) * widths[n]!))).flat(),
  ];
}

function split(node: Folding): readonly (readonly Scalar[])[] {
  const { dims, data } = input(node, 0);
  const stated = node.view.int("axis") ?? 0;
  const axis = stated < 0 ? stated + dims.length : stated;
  const { outer, size, inner } = around(dims, axis);
  let before = 0;
  return node.outputs.map((part) => {
    const width = part.dims[axis]! * inner;
    const from = before;
    before += width;
    return Array.from({ length: outer }, (_, row) => data.slice(row * size * inner + from, row * size * inner + from + width)).flat();
  });
}

/** Pads of at least 0 with one value. */
function pad(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const { dims, data, type } = input(node, 0);
  const sides = padding(node.view, dims.length);
  if ((node.view.string("mode") ?? "constant") !== "constant" || sides.some(({ before, after }) => (before ?? -1) < 0 || (after ?? -1) < 0))
    return undefined;
  const zero = type === "string" ? "" : typeof data[0] === "number" ? 0 : 0n;
  const fill = node.inputs[2]?.data[0] ?? node.view.float("value") ?? zero;
  const to = node.outputs[0]!.dims;
  const result = new Array<Scalar>(countOf(to)).fill(fill);
  const strides = stridesOf(to);
  const start = sides.reduce((sum, { before }, axis) => sum + before! * strides[axis]!, 0);
  offsets(dims, strides, start).forEach((at, i) => {
    result[at] = data[i]!;
  });
  return [result];
}

/** Keeps the upper or lower triangle of the last two axes, seen from diagonal `k`. */
function trilu(node: Folding): readonly (readonly Scalar[])[] {
  const { dims, data } = input(node, 0);
  const columns = dims[dims.length - 1]!;
  const rows = dims[dims.length - 2]!;
  const upper = (node.view.int("upper") ?? 1) === 1;
  const k = Number(node.inputs[1]?.data[0] ?? 0);
  return [
    data.map((x, i) => {
      const diagonal = (i % columns) - (Math.floor(i / columns) % rows);
      return (upper ? diagonal >= k : diagonal <= k) ? x : typeof x === "bigint" ? 0n : 0;
    }),
  ];
}
