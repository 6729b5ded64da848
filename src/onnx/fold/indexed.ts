import { around, countOf, offsets, stridesOf } from "./grid.js";
import { larger, type Numeric, type Scalar, settle, smaller } from "./number.js";
import { type Folding, type Folds, input, type Known } from "./operands.js";

/** Operators that read or write elements at positions told by another operand. */
export const INDEXED: Folds = {
  Gather: gather,
  GatherElements: (node) => {
    const { data } = input(node, 0);
    return alongAxis(node)?.map((at) => at.map((i) => data[i]!));
  },
  GatherND: gatherND,
  Scatter: scatterElements,
  ScatterElements: scatterElements,
  ScatterND: scatterND,
  Compress: compress,
  NonZero: nonZero,
  OneHot: oneHot,
  TopK: topK,
};

/** `index` counted from the front; undefined when it is outside. */
const within = (index: Scalar, size: number): number | undefined => {
  const i = Number(index) < 0 ? Number(index) + size : Number(index);
  return i >= 0 && i < size ? i : undefined;
};

const axisOf = (node: Folding, rank: number, fallback: number): number => {
  const axis = node.view.int("axis") ?? fallback;
  return axis < 0 ? axis + rank : axis;
};

function gather(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const [from, indices] = [input(node, 0), input(node, 1)];
  const { outer, size, inner } = around(from.dims, axisOf(node, from.dims.length, 0));
  const at = indices.data.map((index) => within(index, size));
  if (at.includes(undefined)) return undefined;
  const rows = Array.from({ length: outer }, (_, row) =>
    at.map((i) => from.data.slice((row * size + i!) * inner, (row * size + i! + 1) * inner)),
  );
  return [rows.flat(2)];
}

/** For GatherElements and ScatterElements: the position in the data that each index stands for. */
function alongAxis(node: Folding): readonly (readonly number[])[] | undefined {
  const [from, indices] = [input(node, 0), input(node, 1)];
  const axis = axisOf(node, from.dims.length, 0);
  const strides = stridesOf(from.dims);
  const others = offsets(
    indices.dims,
    strides.map((stride, i) => (i === axis ? 0 : stride)),
  );
  const at: number[] = [];
  for (const [n, index] of indices.data.entries()) {
    const i = within(index, from.dims[axis]!);
    if (i === undefined) return undefined;
    at.push(others[n]! + i * strides[axis]!);
  }
  return [at];
}

/** First element of each slice that the last axis of the indices points at, `skip` leading axes being shared. */
function pointed(from: Known, indices: Known, skip: number): { readonly starts: readonly number[]; readonly length: number } | undefined {
  const depth = indices.dims[indices.dims.length - 1]!;
  const strides = stridesOf(from.dims);
  const batches = countOf(from.dims.slice(0, skip));
  const perBatch = countOf(indices.dims.slice(skip, -1));
  const length = countOf(from.dims.slice(skip + depth));
  const starts: number[] = [];
  for (let n = 0; n < batches * perBatch; n++) {
    let at = skip === 0 ? 0 : Math.floor(n / perBatch) * strides[skip - 1]!;
    for (let d = 0; d < depth; d++) {
      const i = within(indices.data[n * depth + d]!, from.dims[skip + d]!);
      if (i === undefined) return undefined;
      at += i * strides[skip + d]!;
    }
    starts.push(at);
  }
  return { starts, length };
}

function gatherND(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const from = input(node, 0);
  const found = pointed(from, input(node, 1), node.view.int("batch_dims") ?? 0);
  return found && [found.starts.flatMap((start) => from.data.slice(start, start + found.length))];
}

function scatterElements(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const at = alongAxis(node)?.[0];
  return at && scatter(node, at);
}

function scatterND(node: Folding): readonly (readonly Scalar[])[] | undefined {
  const found = pointed(input(node, 0), input(node, 1), 0);
  return (
    found &&
    scatter(
      node,
      found.starts.flatMap((start) => Array.from({ length: found.length }, (_, i) => start + i)),
    )
  );
}

/** Writes the updates to the positions `at`, combining as `reduction` says. */
function scatter(node: Folding, at: readonly number[]): readonly (readonly Scalar[])[] | undefined {
  const { data, type } = input(node, 0);
  const updates = input(node, 2).data;
  const combine = COMBINE.get(node.view.string("reduction") ?? "none");
  const result = [...data];
  for (const [n, i] of at.entries()) {
    const value = combine?.(result[i] as Numeric, updates[n] as Numeric);
    const element = typeof value === "string" ? value : value === undefined ? undefined : settle(type, value);
    if (element === undefined) return undefined;
    result[i] = element;
  }
  return [result];
}

type Combine = (old: Numeric, update: Numeric) => Numeric;
/** Both are of one type, which TypeScript cannot see. */
const COMBINE: ReadonlyMap<string, Combine> = new Map<string, Combine>([
  ["none", (_, b) => b],
  ["add", (a, b) => ((a as number) + (b as number)) as Numeric],
  ["mul", (a, b) => ((a as number) * (b as number)) as Numeric],
  ["min", smaller],
  ["max", larger],
]);

function compress(node: Folding): readonly (readonly Scalar[])[] {
  const { dims, data } = input(node, 0);
  const chosen = input(node, 1).data;
  if (node.view.int("axis") === undefined) return [data.filter((_, i) => (chosen[i] ?? 0n) !== 0n)];
  const { size, inner } = around(dims, axisOf(node, dims.length, 0));
  return [data.filter((_, i) => (chosen[Math.floor(i / inner) % size] ?? 0n) !== 0n)];
}

/** One row per axis, one column per element that is not 0, in row-major order. */
function nonZero(node: Folding): readonly (readonly Scalar[])[] {
  const { dims, data } = input(node, 0);
  const strides = stridesOf(dims);
  const at = data.flatMap((x, i) => (Number(x) === 0 ? [] : [i]));
  return [dims.flatMap((size, axis) => at.map((i) => BigInt(Math.floor(i / strides[axis]!) % size)))];
}

function oneHot(node: Folding): readonly (readonly Scalar[])[] {
  const [indices, values] = [input(node, 0), input(node, 2)];
  const { dims } = node.outputs[0]!;
  const axis = axisOf(node, dims.length, -1);
  const { outer, size, inner } = around(dims, axis);
  const [off, on] = values.data;
  const result: Scalar[] = [];
  for (let row = 0; row < outer; row++)
    for (let i = 0; i < size; i++)
      for (let column = 0; column < inner; column++) result.push(within(indices.data[row * inner + column]!, size) === i ? on! : off!);
  return [result];
}

/** Largest or smallest `k` along an axis; equals keep their order. */
function topK(node: Folding): readonly (readonly Scalar[])[] {
  const { dims, data } = input(node, 0);
  const { outer, size, inner } = around(dims, axisOf(node, dims.length, -1));
  const k = node.outputs[0]!.dims[axisOf(node, dims.length, -1)]!;
  const sign = (node.view.int("largest") ?? 1) === 1 ? -1 : 1;
  const [values, indices]: [Scalar[], Scalar[]] = [new Array(outer * k * inner), new Array(outer * k * inner)];
  for (let row = 0; row < outer; row++)
    for (let column = 0; column < inner; column++) {
      const at = (i: number) => data[(row * size + i) * inner + column]!;
      const order = Array.from({ length: size }, (_, i) => i).sort((a, b) => (at(a) === at(b) ? a - b : at(a) < at(b) ? -sign : sign));
      order.slice(0, k).forEach((i, n) => {
        values[(row * k + n) * inner + column] = at(i);
        indices[(row * k + n) * inner + column] = BigInt(i);
      });
    }
  return node.outputs.length > 1 ? [values, indices] : [values];
}
