import type { Dim, NodeView } from "../node.js";
import {
  atLeastRank,
  axesIn,
  axisIn,
  broadcast,
  dividedBy,
  ofRank,
  plus,
  product,
  same,
  show,
  times,
  unknownDims,
  withDim,
} from "./dims.js";
import { keeps } from "./elementwise.js";
import { lengthOf, operand, present, type Rule, type Rules, refuse, type Shape, shapeOf, tensor, told, toldOne, typeOf } from "./rule.js";

/** The operand's elements in another arrangement; `shape` computes it. */
const moves =
  (shape: (view: NodeView, input: Shape) => Shape | undefined): Rule =>
  (view) => {
    const input = shapeOf(view, 0);
    return [tensor(typeOf(view, 0), input === undefined ? undefined : shape(view, input))];
  };

export const MOVEMENT: Rules = {
  Identity: (view) => [operand(view, 0)],
  ReverseSequence: keeps,
  Trilu: moves((_, input) => {
    atLeastRank(input, 2, "the matrix");
    return input;
  }),
  Reshape: (view) => [tensor(typeOf(view, 0), reshape(view))],
  Flatten: moves(flatten),
  Squeeze: moves(squeeze),
  Unsqueeze: (view) => [tensor(typeOf(view, 0), unsqueeze(view))],
  Transpose: (view) => [tensor(typeOf(view, 0), transpose(view))],
  Concat: (view) => [tensor(typeOf(view, 0), concat(view))],
  Split: split,
  Expand: (view) => [tensor(typeOf(view, 0), expand(view))],
  Tile: moves(tile),
  Pad: moves(pad),
  DepthToSpace: moves((view, input) => depthToSpace(view, ofRank(input, 4, "the data"))),
  SpaceToDepth: moves((view, input) => spaceToDepth(view, ofRank(input, 4, "the data"))),
};

/** -1 takes what is left; 0 copies the input's dimension, or is 0 when `allowzero`. */
function reshape(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  const wanted = told(view, "shape", 1) ?? null;
  const total = input === undefined ? null : product(input);
  if (wanted === null) {
    const rank = lengthOf(view, 1);
    if (rank === null) return undefined;
    return rank === 1 ? [total] : unknownDims(rank);
  }
  const literal = view.int("allowzero") === 1;
  if (wanted.some((d) => d < -1 || !Number.isSafeInteger(d)) || wanted.filter((d) => d === -1).length > 1)
    refuse(
      `shape ${show(wanted)} holds ${wanted.find((d) => d < -1) ?? "more than one -1"}`,
      "use dimensions of at least 0 and at most one -1",
    );
  const free = wanted.indexOf(-1);
  if (literal && free >= 0 && wanted.includes(0))
    refuse(`shape ${show(wanted)} holds both -1 and 0 with allowzero = 1`, "state the dimension");
  const dims: Dim[] = wanted.map((d, i) => (d === 0 && !literal ? copied(input, i, wanted) : d));
  if (free < 0) {
    const count = product(dims);
    if (count !== null && total !== null && count !== total)
      refuse(`shape ${show(dims)} holds ${count} elements, the input ${show(input)} ${total}`, "make both element counts equal");
    // One dimension copied from an unknown one follows from the total.
    return settled(dims, total);
  }
  dims[free] = leftOver(input, dims, free, wanted, total);
  return dims;
}

function copied(input: Shape | undefined, axis: number, wanted: Shape): Dim {
  if (input === undefined) return null;
  if (axis >= input.length) refuse(`shape ${show(wanted)} copies axis ${axis} of an input of rank ${input.length}`, "state the dimension");
  return input[axis] ?? null;
}

/** What -1 stands for. A dimension that 0 copies cancels out of both sides even where it is unknown. */
function leftOver(input: Shape | undefined, dims: readonly Dim[], free: number, wanted: Shape, total: Dim): Dim {
  const others = dims.filter((_, i) => i !== free);
  const count = product(others);
  if (total !== null && count !== null) {
    if (count === 0)
      return total === 0
        ? 0
        : refuse(`shape ${show(wanted)} holds 0 elements, the input ${show(input)} ${total}`, "make both element counts equal");
    return dividedBy(total, count, `elements of ${show(input)} into ${show(wanted)}`);
  }
  if (input === undefined) return null;
  const kept = (i: number) => wanted[i] === 0 && i < input.length;
  const rest = product(input.filter((_, i) => !kept(i)));
  const wantedRest = product(dims.filter((_, i) => i !== free && !kept(i)));
  return rest === null || wantedRest === null || wantedRest === 0 || rest === 0
    ? null
    : dividedBy(rest, wantedRest, `elements of ${show(input)} into ${show(wanted)}`);
}

function settled(dims: readonly Dim[], total: Dim): Shape {
  const open = dims.indexOf(null);
  if (open < 0 || total === null || dims.lastIndexOf(null) !== open) return dims;
  const rest = product(dims.filter((_, i) => i !== open));
  return rest === null || rest === 0 ? dims : withDim(dims, open, dividedBy(total, rest, "elements"));
}

function flatten(view: NodeView, input: Shape): Shape {
  const axis = view.int("axis") ?? 1;
  const at = axis === input.length ? axis : axisIn(axis, Math.max(1, input.length));
  return [product(input.slice(0, at)), product(input.slice(at))];
}

function squeeze(view: NodeView, input: Shape): Shape | undefined {
  const axes = told(view, "axes", 1);
  if (axes === null) return squeezedAtRunTime(view, input);
  if (axes === undefined) return input.includes(null) ? undefined : input.filter((d) => d !== 1);
  const gone = axesIn(axes, input.length);
  for (const axis of gone) {
    const dim = input[axis] ?? null;
    if (dim !== null && dim !== 1)
      refuse(`axis ${axis} of ${show(input)} is ${dim}, only a dimension of 1 can be squeezed`, "squeeze an axis of 1");
  }
  return input.filter((_, i) => !gone.includes(i));
}

/** When as many axes go as there are dimensions of 1, it is those. */
function squeezedAtRunTime(view: NodeView, input: Shape): Shape | undefined {
  const count = lengthOf(view, 1);
  if (count === null || count > input.length) return undefined;
  const settledHere = !input.includes(null) && input.filter((d) => d === 1).length === count;
  return settledHere ? input.filter((d) => d !== 1) : unknownDims(input.length - count);
}

function unsqueeze(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  const axes = told(view, "axes", 1);
  if (axes === undefined) refuse("Unsqueeze is told no axes", 'give "axes"');
  if (input === undefined) return undefined;
  if (axes === null) {
    const count = lengthOf(view, 1);
    if (count === null) return undefined;
    const open = unknownDims(input.length + count);
    return input.every((d) => d === 1) ? open.map(() => 1) : open;
  }
  const rank = input.length + axes.length;
  const at = axesIn(axes, rank);
  const rest = [...input];
  return Array.from({ length: rank }, (_, i) => (at.includes(i) ? 1 : (rest.shift() ?? null)));
}

/** The permutation of a Transpose: reversed axes when not stated. */
export function permutation(view: NodeView, rank: number): readonly number[] {
  const stated = view.ints("perm");
  if (stated === undefined) return Array.from({ length: rank }, (_, i) => rank - 1 - i);
  if (stated.length !== rank) refuse(`permutation ${show(stated)} has ${stated.length} axes, the input ${rank}`, `permute ${rank} axes`);
  return axesIn(stated, rank, "permutation axis");
}

function transpose(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  if (input === undefined) {
    const stated = view.ints("perm");
    return stated === undefined ? undefined : unknownDims(stated.length);
  }
  return permutation(view, input.length).map((axis) => input[axis] ?? null);
}

function concat(view: NodeView): Shape | undefined {
  const shapes = present(view).map((value) => value.shape);
  if (shapes.length === 0) refuse(`${view.type} has 0 inputs, needs at least 1`, "connect an input");
  return concatenate(shapes, statedAxis(view));
}

/** Before opset 4 the axis could be left out. */
const statedAxis = (view: NodeView): number =>
  view.int("axis") ?? (view.opset >= 4 ? refuse('Concat has no attribute "axis"', "state the axis") : 1);

/** The axis along which a Concat of tensors of `rank` axes joins. */
export const concatenatedAxis = (view: NodeView, rank: number): number => axisIn(statedAxis(view), rank);

/** Shapes joined along `axis`; the other dimensions agree. */
export function concatenate(shapes: readonly (Shape | undefined)[], stated: number): Shape | undefined {
  const first = shapes.find((shape) => shape !== undefined);
  if (first === undefined) return undefined;
  const axis = axisIn(stated, first.length);
  return shapes.reduce<Shape>(
    (sum, shape, n) => {
      const part = ofRank(shape, first.length, `input ${n} of the concatenation`);
      return sum.map((d, i) => (i === axis ? plus(d, part[i] ?? null) : same(d, part[i] ?? null, `inputs ${n} and before, axis ${i}`)));
    },
    withDim(unknownDims(first.length), axis, 0),
  );
}

function split(view: NodeView): ReturnType<Rule> {
  const [input, type] = [shapeOf(view, 0), typeOf(view, 0)];
  const parts = view.int("num_outputs") ?? view.outputs;
  if (input === undefined) return new Array(view.outputs).fill(tensor(type, undefined));
  const axis = axisIn(view.int("axis") ?? 0, input.length);
  return splitSizes(view, input[axis] ?? null, parts).map((size) => tensor(type, withDim(input, axis, size)));
}

/** Sizes of the parts along the split axis: as told, else equal; since opset 18 the last part may be smaller. */
function splitSizes(view: NodeView, size: Dim, parts: number): Shape {
  const sizes = told(view, "split", 1);
  if (sizes === null) return parts === 1 ? [size] : unknownDims(view.outputs);
  if (sizes !== undefined && sizes.length > 0) {
    const sum = sizes.reduce((a, b) => a + b, 0);
    if (sizes.some((n) => n < 0)) refuse(`split ${show(sizes)} holds a negative size`, "use sizes of at least 0");
    if (sizes.length !== view.outputs) refuse(`split names ${sizes.length} parts for ${view.outputs} outputs`, "name one size per output");
    same(sum, size, `sum of split ${show(sizes)} against the split axis`);
    return sizes;
  }
  if (parts !== view.outputs) refuse(`num_outputs is ${parts}, the node has ${view.outputs} outputs`, "make both equal");
  if (size === null) return unknownDims(parts);
  if (view.int("num_outputs") === undefined) return new Array<Dim>(parts).fill(dividedBy(size, parts, "split axis into outputs"));
  const chunk = Math.ceil(size / parts);
  const last = size - chunk * (parts - 1);
  if (last < 0) refuse(`${size} elements do not fill ${parts} parts of ${chunk}`, "use fewer outputs");
  return Array.from({ length: parts }, (_, i) => (i === parts - 1 ? last : chunk));
}

function expand(view: NodeView): Shape | undefined {
  const wanted = told(view, undefined, 1) ?? null;
  const rank = lengthOf(view, 1);
  if (wanted === null) return rank === null ? undefined : broadcast([shapeOf(view, 0), unknownDims(rank)]);
  if (wanted.some((d) => d < 0)) refuse(`shape ${show(wanted)} holds a negative dimension`, "use dimensions of at least 0");
  return broadcast([shapeOf(view, 0), wanted]);
}

function tile(view: NodeView, input: Shape): Shape {
  // Before opset 6: one axis (input 2), repeated by input 1.
  if (view.inputs.length === 3) {
    const [count, axis] = [toldOne(view, undefined, 1) ?? null, toldOne(view, undefined, 2) ?? null];
    return axis === null ? unknownDims(input.length) : input.map((d, i) => (i === axisIn(axis, input.length) ? times(d, count) : d));
  }
  const repeats = told(view, undefined, 1) ?? null;
  const count = repeats === null ? lengthOf(view, 1) : repeats.length;
  same(count, input.length, "repeats against rank");
  if (repeats === null) return input.map((d) => (d === 0 ? 0 : null));
  if (repeats.some((n) => n < 0)) refuse(`repeats ${show(repeats)} hold a negative number`, "use repeats of at least 0");
  return input.map((d, i) => times(d, repeats[i] ?? null));
}

/** Begin and end of the padding of each axis, or null where told at run time. */
export function padding(view: NodeView, rank: number): readonly { readonly before: Dim; readonly after: Dim }[] {
  const pads = told(view, view.opset < 2 && view.domain === "" ? "paddings" : "pads", 1) ?? null;
  const axes = told(view, "axes", 3);
  const none = { before: 0, after: 0 };
  const open = { before: null, after: null };
  if (axes === null) return new Array(rank).fill(open);
  const at = axes === undefined ? Array.from({ length: rank }, (_, i) => i) : axesIn(axes, rank);
  if (pads !== null && pads.length !== 2 * at.length)
    refuse(`${pads.length} pads for ${at.length} axes, expected ${2 * at.length}`, "give two pads per axis");
  return Array.from({ length: rank }, (_, i) => {
    const n = at.indexOf(i);
    if (n < 0) return none;
    return pads === null ? open : { before: pads[n] ?? null, after: pads[n + at.length] ?? null };
  });
}

function pad(view: NodeView, input: Shape): Shape {
  return padding(view, input.length).map(({ before, after }, i) => {
    const size = plus(plus(input[i] ?? null, before), after);
    if (size !== null && size < 0) refuse(`axis ${i} of ${input[i]} with pads ${before} and ${after} has size ${size}`, "crop less");
    return size;
  });
}

function blockSize(view: NodeView): number {
  const size = view.int("blocksize") ?? refuse(`${view.type} has no attribute "blocksize"`, "state the block size");
  if (size < 1) refuse(`attribute "blocksize" is ${size}, must be at least 1`, "use a block of at least 1");
  return size;
}

function depthToSpace(view: NodeView, [n = null, c = null, h = null, w = null]: Shape): Shape {
  const block = blockSize(view);
  return [n, dividedBy(c, block * block, "channels into blocks"), times(h, block), times(w, block)];
}

function spaceToDepth(view: NodeView, [n = null, c = null, h = null, w = null]: Shape): Shape {
  const block = blockSize(view);
  return [n, times(c, block * block), dividedBy(h, block, "height into blocks"), dividedBy(w, block, "width into blocks")];
}
