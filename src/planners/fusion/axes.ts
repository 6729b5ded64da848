import type { Graph, TensorId } from "../../graph/graph.js";
import type { Access, AffineIndex, LoopNest } from "../../graph/loops.js";
import { dominant } from "./windows.js";

/** Which axes of a tensor are the rows and the columns of its feature map; the others together are its channels. */
export interface Axes {
  readonly y: number | undefined;
  readonly x: number | undefined;
}

/**
 * Chooses rows and columns for every tensor: along what convolutions slide (the last two axes), else along the independent
 * rows of matrix products, else by custom (third and fourth axis of four, second of three, first of two). The choice
 * follows the data through operators that keep an axis.
 */
export function spatialAxes(graph: Graph): readonly Axes[] {
  const chosen: (Axes | undefined)[] = graph.tensors.map(() => undefined);
  const neighbours = neighbourhood(graph);
  const spread = (from: readonly Seed[]) => {
    const queue: TensorId[] = [];
    const choose = (tensor: TensorId, axes: Axes) => {
      if (chosen[tensor] !== undefined || (axes.y === undefined && axes.x === undefined)) return;
      chosen[tensor] = axes.y === undefined ? { y: axes.x, x: undefined } : axes;
      queue.push(tensor);
    };
    for (const [tensor, axes] of from) choose(tensor, axes);
    for (let i = 0; i < queue.length; i++) {
      const { y, x } = chosen[queue[i]!]!;
      for (const { tensor, axis } of neighbours[queue[i]!]!)
        choose(tensor, { y: y === undefined ? y : axis[y], x: x === undefined ? x : axis[x] });
    }
  };
  const nests = graph.operators.flatMap((op) => op.nests.filter(({ kind }) => kind === "mac"));
  const isWeight = (t: TensorId) => graph.tensors[t]!.role === "weight";
  spread(nests.flatMap((nest) => slidingSeeds(nest, isWeight)));
  spread(nests.flatMap((nest) => rowSeeds(nest, isWeight)));
  for (const { id, shape } of graph.tensors) if (chosen[id] === undefined) spread([[id, customary(shape.length)]]);
  return chosen.map((axes) => axes ?? { y: undefined, x: undefined });
}

const customary = (rank: number): Axes => (rank >= 4 ? { y: 2, x: 3 } : { y: rank === 3 ? 1 : rank === 2 ? 0 : undefined, x: undefined });

/** The two factors of a `mac` nest, the data first. */
export function factors(nest: LoopNest, isWeight: (t: TensorId) => boolean): readonly [Access, Access] | undefined {
  const [a, b] = nest.reads;
  if (a === undefined || b === undefined) return undefined;
  return isWeight(a.tensor) && !isWeight(b.tensor) ? [b, a] : [a, b];
}

/**
 * Axes along which a window slides: the data is read at the sum of a loop of the result, which the other factor does not
 * know, and a loop of the kernel, or the result is written at such a sum.
 */
function slidingSeeds(nest: LoopNest, isWeight: (t: TensorId) => boolean): readonly Seed[] {
  const both = factors(nest, isWeight);
  if (both === undefined) return [];
  const [data, other] = both;
  const sums = (index: AffineIndex) => index.terms.some(({ loop }) => axisWith(other, loop) >= 0);
  const pairs = nest.write.indices.flatMap((index, to) => {
    const loop = dominant(index)?.loop;
    const from = loop === undefined || axisWith(other, loop) >= 0 ? -1 : axisWith(data, loop);
    return from >= 0 && (sums(index) || sums(data.indices[from]!)) ? [{ to, from }] : [];
  });
  const [y, x] = pairs.slice(-2);
  return y === undefined ? [] : seeds(nest, data, isWeight, { y: y.to, x: x?.to }, { y: y.from, x: x?.from });
}

/** The last axis whose loop indexes the data and not the other factor. */
function rowSeeds(nest: LoopNest, isWeight: (t: TensorId) => boolean): readonly Seed[] {
  const both = factors(nest, isWeight);
  if (both === undefined) return [];
  const [data, other] = both;
  const loops = nest.write.indices.map((index) => dominant(index)?.loop);
  const y = loops.findLastIndex((loop) => loop !== undefined && axisWith(data, loop) >= 0 && axisWith(other, loop) < 0);
  return y < 0 ? [] : seeds(nest, data, isWeight, { y, x: undefined }, { y: axisWith(data, loops[y]!), x: undefined });
}

type Seed = readonly [TensorId, Axes];

const seeds = (nest: LoopNest, data: Access, isWeight: (t: TensorId) => boolean, to: Axes, from: Axes): readonly Seed[] =>
  isWeight(data.tensor)
    ? [[nest.write.tensor, to]]
    : [
        [nest.write.tensor, to],
        [data.tensor, from],
      ];

/** The axis that a loop indexes, or -1. */
const axisWith = ({ indices }: Access, loop: number): number => indices.findIndex(({ terms }) => terms.some((t) => t.loop === loop));

/** Per tensor: tensors that share a nest with it, and per axis the axis of theirs that the same loop leads. */
function neighbourhood(graph: Graph): readonly { readonly tensor: TensorId; readonly axis: readonly (number | undefined)[] }[][] {
  const all: { readonly tensor: TensorId; readonly axis: readonly (number | undefined)[] }[][] = graph.tensors.map(() => []);
  const link = (from: Access, to: Access) => {
    const leads = to.indices.map((index) => dominant(index)?.loop);
    const axis = from.indices.map((index) => {
      const loop = dominant(index)?.loop;
      const at = loop === undefined ? -1 : leads.indexOf(loop);
      return at < 0 ? undefined : at;
    });
    all[from.tensor]!.push({ tensor: to.tensor, axis });
  };
  for (const op of graph.operators)
    for (const nest of op.nests)
      for (const read of nest.reads) {
        if (graph.tensors[read.tensor]!.role === "weight") continue;
        link(read, nest.write);
        link(nest.write, read);
      }
  return all;
}
