import type { Graph, Operator, OperatorId, TensorId } from "../../graph/graph.js";
import type { AffineIndex, LoopNest } from "../../graph/loops.js";
import { isView } from "../../graph/semantics.js";
import type { Axes } from "./axes.js";
import type { MapId, Window } from "./plan.js";
import { composed, POINT, sameWindow, whole, windowOf } from "./windows.js";

/** A map beneath a tensor: which of its rows and columns the tensor's own rows and columns are made of. */
export interface Part {
  readonly map: MapId;
  readonly y: Window;
  readonly x: Window;
}

/** What each tensor is made of. Operators that only move elements are looked through as soon as all they read is known. */
export interface Views {
  readonly has: (op: OperatorId) => boolean;
  readonly of: (tensor: TensorId) => readonly Part[] | undefined;
  /** Says what a tensor is made of, and so what every view of it is. */
  readonly settle: (tensor: TensorId, parts: readonly Part[]) => void;
  /** An operator without results. */
  readonly skip: (op: OperatorId) => void;
  readonly list: () => readonly OperatorId[];
}

const MOVES = new Set([
  ...["Concat", "Split", "Slice", "Gather", "Transpose", "Pad", "Expand", "Tile", "Resize", "Upsample"],
  ...["DepthToSpace", "SpaceToDepth", "Unsqueeze", "Squeeze"],
]);

/** Whether an operator only says where the elements of its operands are. */
export function movesOnly(op: Operator): boolean {
  if (op.inputs.length === 0 || op.macs > 0) return false;
  if (isView(op)) return true;
  return MOVES.has(op.type) && op.nests.length > 0 && op.nests.every(({ kind }) => kind === "pointwise");
}

export function makeViews(graph: Graph, axes: readonly Axes[], readers: readonly (readonly OperatorId[])[]): Views {
  const known: (readonly Part[] | undefined)[] = graph.tensors.map(() => undefined);
  const seen = new Set<OperatorId>();
  const settle = (tensor: TensorId, parts: readonly Part[]) => {
    known[tensor] = parts;
    const queue = [tensor];
    for (let i = 0; i < queue.length; i++)
      for (const id of readers[queue[i]!]!) {
        const op = graph.operators[id]!;
        if (seen.has(id) || !movesOnly(op) || op.inputs.some((t) => known[t] === undefined)) continue;
        seen.add(id);
        for (const output of op.outputs) {
          known[output] = op.inputs.flatMap((input) => through(graph, axes, op, input, output, known[input]!));
          queue.push(output);
        }
      }
  };
  const skip = (op: OperatorId) => {
    seen.add(op);
    for (const output of graph.operators[op]!.outputs) settle(output, []);
  };
  return { has: (op) => seen.has(op), of: (t) => known[t], settle, skip, list: () => [...seen].sort((a, b) => a - b) };
}

/** What the rows and columns of `output` are made of, as far as `input` gives them. */
export function through(
  graph: Graph,
  axes: readonly Axes[],
  op: Operator,
  input: TensorId,
  output: TensorId,
  parts: readonly Part[],
): readonly Part[] {
  const nests = op.nests.filter(({ write }) => write.tensor === output);
  const accesses = nests.flatMap((nest) => nest.reads.filter(({ tensor }) => tensor === input).map((read) => ({ nest, read })));
  if (accesses.length === 0) return op.nests.length > 0 ? [] : parts.map((part) => everything(graph, axes, input, part));
  const { y, x } = axes[output]!;
  return accesses.flatMap(({ nest, read }) => {
    const at = (axis: number | undefined) => (axis === undefined ? undefined : nest.write.indices[axis]);
    return partsAt(graph, axes, nest, input, read.indices, at(y), at(x), parts);
  });
}

/** What a read at `indices` takes of the maps beneath a tensor, from positions along `rows` and `columns`. */
export function partsAt(
  graph: Graph,
  axes: readonly Axes[],
  { loops }: LoopNest,
  tensor: TensorId,
  indices: readonly AffineIndex[],
  rows: AffineIndex | undefined,
  columns: AffineIndex | undefined,
  parts: readonly Part[],
): readonly Part[] {
  const { shape } = graph.tensors[tensor]!;
  const { y, x } = axes[tensor]!;
  const own = (axis: number | undefined, along: AffineIndex | undefined): Window =>
    axis === undefined ? whole(1) : windowOf(along ?? NOWHERE, indices[axis]!, loops, shape[axis]!);
  return parts.map((part) => ({ map: part.map, y: chained(own(y, rows), part.y), x: chained(own(x, columns), part.x) }));
}

/** All of a tensor, wherever the result is. */
export function everything(graph: Graph, axes: readonly Axes[], tensor: TensorId, part: Part): Part {
  const { shape } = graph.tensors[tensor]!;
  const { y, x } = axes[tensor]!;
  return {
    map: part.map,
    y: chained(whole(y === undefined ? 1 : shape[y]!), part.y),
    x: chained(whole(x === undefined ? 1 : shape[x]!), part.x),
  };
}

const NOWHERE: AffineIndex = { offset: 0, terms: [] };

const chained = (inner: Window, outer: Window): Window => (sameWindow(outer, POINT) ? inner : composed(inner, outer));
