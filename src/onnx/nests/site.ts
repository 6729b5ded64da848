import type { TensorId } from "../../graph/graph.js";
import type { Access, AffineIndex, Loop, LoopNest } from "../../graph/loops.js";
import { iterations } from "../../graph/loops.js";
import type { NodeView, Value } from "../node.js";
import { fixed, type Loops, loops } from "./affine.js";

/** A node whose operands are known tensors: what a rule needs to write its loop nests. */
export interface Site {
  readonly view: NodeView;
  /** Shape of an input; undefined when it is left out or has an unknown dimension. */
  readonly dims: (input: number) => readonly number[] | undefined;
  /** Shape of an output; undefined when the node does not name it or a dimension is unknown. */
  readonly out: (output: number) => readonly number[] | undefined;
  readonly read: (input: number, indices: readonly AffineIndex[]) => Access;
  readonly write: (output: number, indices: readonly AffineIndex[]) => Access;
}

/** Writes the nests of one operator type; `[]` where the access is not affine or the shapes do not fit the operator. */
export type Rule = (site: Site) => readonly LoopNest[];

/** Applies `rule` and drops everything if one nest is empty, too large to count, or indexes a tensor with the wrong rank. */
export function nestsAt(
  rule: Rule,
  view: NodeView,
  outputs: readonly Value[],
  operand: (input: number) => TensorId,
  result: (output: number) => TensorId,
): readonly LoopNest[] {
  let fits = true;
  const access = (tensor: TensorId, dims: readonly number[] | undefined, indices: readonly AffineIndex[]): Access => {
    if (dims?.length !== indices.length) fits = false;
    return { tensor, indices };
  };
  const dims = (input: number) => known(view.inputs[input]);
  const out = (output: number) => (view.wants(output) ? known(outputs[output]) : undefined);
  const nests = rule({
    view,
    dims,
    out,
    read: (input, indices) => access(operand(input), dims(input), indices),
    write: (output, indices) => access(result(output), out(output), indices),
  });
  return fits && nests.every(runs) ? nests : [];
}

/** A loop per dimension of `shape`, named `D0`, `D1` ... */
export const axes = (l: Loops, shape: readonly number[]): readonly AffineIndex[] => shape.map((size, i) => l.open(`D${i}`, size));

/** Reads an input whose shape broadcasts to the elements that `indices` run over; nothing when it is left out. */
export function broadcast(site: Site, input: number, indices: readonly AffineIndex[]): readonly Access[] {
  if (site.view.inputs[input] === undefined) return [];
  const dims = site.dims(input);
  // No index at all is the wrong rank for such an input, so the operator gets no nest.
  if (!dims || dims.length > indices.length) return [site.read(input, [])];
  const from = indices.length - dims.length;
  return [
    site.read(
      input,
      dims.map((size, i) => (size === 1 ? fixed(0) : (indices[from + i] ?? fixed(0)))),
    ),
  ];
}

/** The one nest of an operator that computes each element of an output from `reads` given that element's indices. */
export function elementwise(
  site: Site,
  output: number,
  reads: (indices: readonly AffineIndex[], l: Loops) => readonly Access[],
): readonly LoopNest[] {
  const shape = site.out(output);
  if (!shape) return [];
  const l = loops();
  const indices = axes(l, shape);
  const accesses = reads(indices, l);
  return [
    { kind: l.list.length > shape.length ? "reduce" : "pointwise", loops: l.list, reads: accesses, write: site.write(output, indices) },
  ];
}

/** `indices` with another index along `axis`; unchanged where there is no such axis. */
export const along = (indices: readonly AffineIndex[], axis: number, index: AffineIndex): readonly AffineIndex[] =>
  indices.map((old, i) => (i === axis ? index : old));

/** `axis` counted from the front, or undefined when it is outside `-rank .. rank - 1`. */
export function axisOf(axis: number, rank: number): number | undefined {
  const front = axis < 0 ? axis + rank : axis;
  return Number.isInteger(front) && front >= 0 && front < rank ? front : undefined;
}

/** The values of a constant integer input; undefined when it is left out or its values are not known. */
export function integers(value: Value | undefined): readonly number[] | undefined {
  return value?.data?.every((v) => typeof v === "bigint") ? value.data.map(Number) : undefined;
}

/** Number of elements of a shape. */
export const count = (shape: readonly number[]): number => shape.reduce((n, size) => n * size, 1);

function known(value: Value | undefined): readonly number[] | undefined {
  const shape = value?.kind === "tensor" ? value.shape : undefined;
  return shape?.every((dim): dim is number => dim !== null) ? shape : undefined;
}

const runs = (nest: LoopNest): boolean => nest.loops.every(counts) && Number.isSafeInteger(iterations(nest));
const counts = ({ size }: Loop): boolean => Number.isSafeInteger(size) && size >= 1;
