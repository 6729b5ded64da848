import type { Graph, Tensor, TensorId } from "../graph.js";
import type { Access } from "../loops.js";
import { type Box, type Ranges, reaches, span } from "./ranges.js";
import type { SplitSpecification } from "./specification.js";

/** Where the elements of a tensor lie after the rewriting: in a grid of pieces, or in other tensors placed along one axis. */
export type Place =
  | {
      readonly kind: "grid";
      readonly shape: readonly number[];
      readonly piece: readonly number[];
      readonly counts: readonly number[];
      readonly first: number;
    }
  | {
      readonly kind: "virtual";
      readonly shape: readonly number[];
      readonly axis: number;
      readonly parts: readonly { readonly tensor: TensorId; readonly offset: number }[];
    };

export type Grid = Extract<Place, { kind: "grid" }>;

/** Numbers the pieces of every tensor, tensor by tensor and row-major within one. */
export function layoutOf(graph: Graph, { cuts, virtual }: SplitSpecification): readonly Place[] {
  const piece = new Map(cuts.map((cut) => [cut.tensor, cut.piece]));
  const concat = new Map(virtual.map((id) => [graph.operators[id]!.outputs[0]!, graph.operators[id]!]));
  let first = 0;
  return graph.tensors.map((tensor): Place => {
    const op = concat.get(tensor.id);
    if (op !== undefined) {
      const starts = op.nests.map(({ write }) => write.indices.map(({ offset }) => offset));
      const axis = Math.max(
        0,
        tensor.shape.findIndex((_, a) => starts.some((s) => s[a] !== 0)),
      );
      return { kind: "virtual", shape: tensor.shape, axis, parts: op.inputs.map((t, i) => ({ tensor: t, offset: starts[i]![axis]! })) };
    }
    const grid = gridOf(tensor, piece.get(tensor.id) ?? tensor.shape, first);
    first += count(grid.counts);
    return grid;
  });
}

export function gridOf({ shape }: Pick<Tensor, "shape">, piece: readonly number[], first: number): Grid {
  return { kind: "grid", shape, piece, counts: shape.map((size, a) => Math.max(1, Math.ceil(size / Math.max(1, piece[a]!)))), first };
}

/** The box of piece `k` of a grid, counted from 0. */
export function boxOf({ shape, piece, counts }: Grid, k: number): Box {
  const start = new Array<number>(shape.length);
  const end = new Array<number>(shape.length);
  for (let a = shape.length - 1, left = k; a >= 0; a--) {
    const at = left % counts[a]!;
    left = (left - at) / counts[a]!;
    start[a] = at * piece[a]!;
    end[a] = Math.min(shape[a]!, start[a]! + piece[a]!);
  }
  return { start, end };
}

/** `box` without end where it ends with the tensor: what is written beyond the tensor belongs to the outermost pieces. */
export const unbounded = (box: Box, shape: readonly number[]): Box => ({
  start: box.start.map((n) => (n === 0 ? Number.NEGATIVE_INFINITY : n)),
  end: box.end.map((n, a) => (n === shape[a] ? Number.POSITIVE_INFINITY : n)),
});

/**
 * Calls `visit` with each piece that `access` touches within `ranges`, row-major per tensor: its grid, its number in the
 * grid, and how far along each axis the access' own origin lies before the piece's first element.
 */
export function eachTouched(
  places: readonly Place[],
  access: Access,
  ranges: Ranges,
  visit: (grid: Grid, piece: number, back: readonly number[]) => void,
): void {
  eachWithin(places, access.tensor, access, ranges, undefined, visit);
}

function eachWithin(
  places: readonly Place[],
  tensor: TensorId,
  access: Access,
  ranges: Ranges,
  moved: readonly number[] | undefined,
  visit: (grid: Grid, piece: number, back: readonly number[]) => void,
): void {
  const place = places[tensor]!;
  if (place.kind === "virtual") {
    for (const part of place.parts) {
      const back = place.shape.map((_, a) => (moved?.[a] ?? 0) + (a === place.axis ? part.offset : 0));
      eachWithin(places, part.tensor, access, ranges, back, visit);
    }
    return;
  }
  const { shape, piece, counts } = place;
  const rank = shape.length;
  const along: number[][] = [];
  for (let a = 0; a < rank; a++) {
    const given = access.indices[a]!;
    const index = moved?.[a] ? { offset: given.offset - moved[a]!, terms: given.terms } : given;
    const [least, most] = span(index, ranges);
    if (most < 0 || least >= shape[a]!) return;
    if (counts[a] === 1) {
      along.push(FIRST);
      continue;
    }
    const touched: number[] = [];
    const last = Math.min(counts[a]! - 1, Math.floor(most / piece[a]!));
    for (let k = Math.max(0, Math.floor(least / piece[a]!)); k <= last; k++)
      if (reaches(index, ranges, k * piece[a]!, Math.min(shape[a]!, (k + 1) * piece[a]!))) touched.push(k);
    if (touched.length === 0) return;
    along.push(touched);
  }
  const at = new Array<number>(rank).fill(0);
  for (;;) {
    let id = 0;
    const back = new Array<number>(rank);
    for (let a = 0; a < rank; a++) {
      const k = along[a]![at[a]!]!;
      id = id * counts[a]! + k;
      back[a] = k * piece[a]! + (moved?.[a] ?? 0);
    }
    visit(place, id, back);
    let a = rank - 1;
    for (; a >= 0; a--) {
      if (++at[a]! < along[a]!.length) break;
      at[a] = 0;
    }
    if (a < 0) return;
  }
}

const FIRST = [0];

/** The pieces that together are the tensor. */
export function piecesOf(places: readonly Place[], tensor: TensorId): readonly number[] {
  const place = places[tensor]!;
  if (place.kind === "virtual") return place.parts.flatMap((part) => piecesOf(places, part.tensor));
  return Array.from({ length: count(place.counts) }, (_, k) => place.first + k);
}

export const count = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);
