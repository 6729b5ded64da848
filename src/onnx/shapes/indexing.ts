import type { Dim, NodeView } from "../node.js";
import { axesIn, axisIn, ofRank, product, same, sameShape, unknownDims, withDim } from "./dims.js";
import {
  dataOf,
  forEachOf,
  lengthOf,
  operand,
  type Rule,
  type Rules,
  refuse,
  type Shape,
  shapeOf,
  tensor,
  told,
  toldOne,
  typeOf,
} from "./rule.js";

export const INDEXING: Rules = {
  Gather: (view) => [tensor(typeOf(view, 0), gather(view))],
  GatherElements: (view) => [tensor(typeOf(view, 0), gatherElements(view))],
  GatherND: (view) => [tensor(typeOf(view, 0), gatherND(view))],
  ...forEachOf("Scatter ScatterElements", (view) => [tensor(typeOf(view, 0), scatterElements(view))]),
  ScatterND: (view) => [tensor(typeOf(view, 0), scatterND(view))],
  Slice: (view) => [tensor(typeOf(view, 0), slice(view))],
  Compress: (view) => [tensor(typeOf(view, 0), compress(view))],
  NonZero: (view) => [
    tensor("int64", [shapeOf(view, 0)?.length ?? null, dataOf(view.inputs[0])?.filter((x) => Number(x) !== 0).length ?? null]),
  ],
  OneHot: (view) => [tensor(typeOf(view, 2), oneHot(view))],
  TopK: (view) => {
    const shape = topK(view);
    return [tensor(typeOf(view, 0), shape), tensor("int64", shape)];
  },
  Unique: unique,
  NonMaxSuppression: () => [tensor("int64", [null, 3])],
};

function gather(view: NodeView): Shape | undefined {
  const [data, indices] = [shapeOf(view, 0), shapeOf(view, 1)];
  if (data === undefined || indices === undefined) return undefined;
  if (data.length === 0) refuse("Gather from a scalar: its data has rank 0, needs at least 1", "give the data an axis");
  const axis = axisIn(view.int("axis") ?? 0, data.length);
  inRange(view, 1, data[axis] ?? null, axis);
  return [...data.slice(0, axis), ...indices, ...data.slice(axis + 1)];
}

/** Known indices must point into the axis they index. */
function inRange(view: NodeView, input: number, size: Dim, axis: number): void {
  const data = view.inputs[input]?.data;
  if (data === undefined || size === null) return;
  for (const index of data)
    if (Number(index) < -size || Number(index) >= size)
      refuse(`index ${index} is outside axis ${axis} of size ${size}`, `use an index from ${-size} to ${size - 1}`);
}

function gatherElements(view: NodeView): Shape | undefined {
  const [data, indices] = [shapeOf(view, 0), shapeOf(view, 1)];
  if (data !== undefined && indices !== undefined) {
    ofRank(indices, data.length, "the indices");
    axisIn(view.int("axis") ?? 0, data.length);
  }
  return indices;
}

function gatherND(view: NodeView): Shape | undefined {
  const [data, indices] = [shapeOf(view, 0), shapeOf(view, 1)];
  if (data === undefined || indices === undefined) return undefined;
  const batch = view.int("batch_dims") ?? 0;
  const depth = indices[indices.length - 1];
  if (depth === undefined) refuse("GatherND indices have rank 0, need at least 1", "give the indices an axis");
  if (batch < 0 || batch >= indices.length) refuse(`batch_dims is ${batch} for indices of rank ${indices.length}`, "use fewer batch axes");
  for (let i = 0; i < Math.min(batch, data.length); i++) same(data[i] ?? null, indices[i] ?? null, `data against indices, batch axis ${i}`);
  if (depth === null) return undefined;
  if (batch + depth > data.length)
    refuse(`indices of ${depth} entries after ${batch} batch axes reach past rank ${data.length}`, "use shorter indices");
  return [...indices.slice(0, -1), ...data.slice(batch + depth)];
}

function scatterElements(view: NodeView): Shape | undefined {
  const [data, indices, updates] = [shapeOf(view, 0), shapeOf(view, 1), shapeOf(view, 2)];
  sameShape(indices, updates, "indices against updates");
  if (data !== undefined) {
    if (indices !== undefined) ofRank(indices, data.length, "the indices");
    axisIn(view.int("axis") ?? 0, data.length);
  }
  return data;
}

function scatterND(view: NodeView): Shape | undefined {
  const [data, indices, updates] = [shapeOf(view, 0), shapeOf(view, 1), shapeOf(view, 2)];
  const depth = indices?.[indices.length - 1];
  if (data !== undefined && indices !== undefined && typeof depth === "number") {
    if (depth > data.length) refuse(`indices of ${depth} entries reach past rank ${data.length}`, "use shorter indices");
    sameShape(updates, [...indices.slice(0, -1), ...data.slice(depth)], "updates against indices and data");
  }
  return data;
}

/** One axis of a slice as it takes place: `count` elements from `start` in steps of `step`. */
export interface SliceAxis {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Clamps a slice of an axis of `size` elements as ONNX does. */
function sliceAxis(size: number, start: number, end: number, step: number): SliceAxis {
  if (step === 0) refuse(`step 0 along an axis of ${size}`, "use a step other than 0");
  const from = start < 0 ? start + size : start;
  const to = end < 0 ? end + size : end;
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const first = step > 0 ? clamp(from, 0, size) : clamp(from, 0, Math.max(size - 1, 0));
  const last = clamp(to, low, high);
  return { start: first, step, count: size === 0 ? 0 : Math.max(0, Math.ceil((last - first) / step)) };
}

/** The slice of each axis, `undefined` for an axis left whole and null where told at run time. */
export function slices(view: NodeView, input: Shape): readonly (SliceAxis | null | undefined)[] {
  const starts = told(view, "starts", 1) ?? null;
  const ends = told(view, "ends", 2) ?? null;
  const axes = told(view, "axes", 3);
  const steps = told(view, undefined, 4);
  const count = same(starts?.length ?? lengthOf(view, 1), ends?.length ?? lengthOf(view, 2), "starts against ends");
  if (axes === null) return input.map(() => null);
  if (axes === undefined && count === null) return input.map(() => null);
  if (axes === undefined && count! > input.length)
    refuse(`${count} starts for a tensor of rank ${input.length}`, "give one start per axis");
  const at = axesIn(axes ?? Array.from({ length: count! }, (_, i) => i), input.length);
  for (const [list, what] of [
    [starts, "starts"],
    [ends, "ends"],
    [steps, "steps"],
  ] as const)
    if (list && list.length !== at.length) refuse(`Slice has ${list.length} ${what} for ${at.length} axes`, "give one of each per axis");
  return input.map((size, i) => {
    const n = at.indexOf(i);
    if (n < 0) return undefined;
    if (size === null || starts === null || ends === null || steps === null) return null;
    return sliceAxis(size, starts[n]!, ends[n]!, steps?.[n] ?? 1);
  });
}

function slice(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  if (input === undefined) return undefined;
  return slices(view, input).map((axis, i) => (axis === undefined ? (input[i] ?? null) : axis === null ? null : axis.count));
}

const clamp = (n: number, low: number, high: number): number => Math.min(Math.max(n, low), high);

function compress(view: NodeView): Shape | undefined {
  const [data, axis] = [shapeOf(view, 0), view.int("axis")];
  const condition = dataOf(operand(view, 1));
  const size = data === undefined ? null : axis === undefined ? product(data) : (data[axisIn(axis, data.length)] ?? null);
  const chosen = condition === undefined || size === null ? null : condition.slice(0, size).filter((c) => Number(c) !== 0).length;
  if (axis === undefined) return [chosen];
  return data === undefined ? undefined : withDim(data, axisIn(axis, data.length), chosen);
}

function oneHot(view: NodeView): Shape | undefined {
  const indices = shapeOf(view, 0);
  if (indices === undefined) return undefined;
  const depth = toldOne(view, undefined, 1) ?? null;
  if (depth !== null && depth < 0) refuse(`depth is ${depth}, must be at least 0`, "use a depth of at least 0");
  const axis = axisIn(view.int("axis") ?? -1, indices.length + 1);
  return [...indices.slice(0, axis), depth, ...indices.slice(axis)];
}

function topK(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  if (input === undefined) return undefined;
  const axis = axisIn(view.int("axis") ?? -1, input.length);
  const k = toldOne(view, "k", 1) ?? null;
  const size = input[axis] ?? null;
  if (k !== null && (k < 0 || (size !== null && k > size)))
    refuse(`k is ${k} along axis ${axis} of size ${size ?? "?"}`, "use a k within the axis");
  return withDim(input, axis, k);
}

function unique(view: NodeView): ReturnType<Rule> {
  const [input, stated] = [shapeOf(view, 0), view.int("axis")];
  const axis = stated === undefined || input === undefined ? undefined : axisIn(stated, input.length);
  const values = stated === undefined ? unknownDims(1) : input === undefined ? undefined : withDim(input, axis!, null);
  const each = input === undefined ? null : axis === undefined ? product(input) : (input[axis] ?? null);
  return [tensor(typeOf(view, 0), values), tensor("int64", [null]), tensor("int64", [each]), tensor("int64", [null])];
}
