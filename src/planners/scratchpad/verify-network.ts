import { packedBytes } from "../../graph/element-type.js";
import type { LoopNest } from "../../graph/loops.js";
import type { Content, Part, ScratchpadProblem, Split, WholeOperator } from "./plan.js";
import {
  type Box,
  clipped,
  elementsIn,
  elementsWithin,
  iterationsInto,
  type Region,
  regionOf,
  shifted,
  volume,
  whole,
} from "./verify-reach.js";

/** A slab by its tensor and its number there. */
export interface Slab {
  readonly tensor: number;
  readonly slab: number;
}

/** What a buffer holds at some time; of a partial sum, the iterations that are in it. */
export type Held =
  | Exclude<Content, { kind: "slab" | "sum" }>
  | (Slab & { readonly kind: "slab" })
  | (Slab & { readonly kind: "sum"; readonly upTo: number });

/** Elements that have to be there. */
export interface Need {
  readonly tensor: number;
  readonly region: Region;
}

/** Slabs by tensor. */
export type Present = ReadonlyMap<number, readonly Box[]>;

/** The network of a cut problem, as the judge sees it. */
export interface Network {
  readonly split: Split;
  /** Whether weights live in a memory of their own, where nobody has to look for them. */
  readonly outside: boolean;
  readonly slabs: (tensor: number) => number;
  readonly boxOf: (slab: Slab) => Box;
  readonly bytesOf: (slab: Slab) => number;
  /** Whether the tensor is made at all: it is not where its operator places operands side by side and no step runs it. */
  readonly isMade: (tensor: number) => boolean;
  /** The operator that makes a tensor; undefined for inputs and weights. */
  readonly maker: (tensor: number) => WholeOperator | undefined;
  /** The slabs among some contents, by tensor. */
  readonly present: (held: readonly Held[]) => Present;
  /** How many elements of the region are in none of the slabs. */
  readonly missing: (need: Need, present: Present) => number;
}

export function networkOf({ steps, assumptions }: ScratchpadProblem, split: Split): Network {
  const { tensors, operators, parts } = split;
  const outside = assumptions.weights === "outside";
  const run = new Set(steps.map((_, s) => parts[s]!.operator));
  const makers = new Map(
    operators.flatMap((op, o) => op.outputs.map((t) => [t, { op, absent: op.may.includes("vanish") && !run.has(o) }])),
  );
  const slabs = tensors.map(({ starts }) => starts.reduce((n, along) => n * along.length, 1));
  const boxes: Box[][] = tensors.map(() => []);
  const boxOf = ({ tensor, slab }: Slab): Box => {
    const known = boxes[tensor]![slab];
    if (known !== undefined) return known;
    const { shape, starts } = tensors[tensor]!;
    const start = new Array<number>(shape.length);
    const end = new Array<number>(shape.length);
    for (let a = shape.length - 1, left = slab; a >= 0; a--) {
      const along = starts[a]!;
      const at = left % along.length;
      left = (left - at) / along.length;
      start[a] = along[at]!;
      end[a] = along[at + 1] ?? shape[a]!;
    }
    boxes[tensor]![slab] = { start, end };
    return { start, end };
  };
  const isMade = (t: number) => !makers.get(t)?.absent;

  function present(held: readonly Held[]): Present {
    const found = new Map<number, Box[]>();
    for (const c of held) {
      if (c.kind !== "slab") continue;
      const list = found.get(c.tensor);
      if (list === undefined) found.set(c.tensor, [boxOf(c)]);
      else list.push(boxOf(c));
    }
    return found;
  }

  function missing({ tensor, region }: Need, present: Present): number {
    const wanted = elementsIn(region);
    if (wanted === 0 || (outside && tensors[tensor]!.kind === "weight")) return 0;
    if (isMade(tensor)) return (present.get(tensor) ?? []).reduce((n, box) => n - elementsWithin(region, box), wanted);
    let lacking = wanted;
    for (const nest of makers.get(tensor)!.op.nests)
      for (const need of standIns(nest, region)) lacking += missing(need, present) - elementsIn(need.region);
    return lacking;
  }

  /** What of an operand stands for the elements of `region` that the nest only puts elsewhere. */
  function standIns({ loops, reads, write }: LoopNest, region: Region): readonly Need[] {
    const all = { start: loops.map(() => 0), end: loops.map(({ size }) => size) };
    return reads.map((read) => ({
      tensor: read.tensor,
      region: regionOf(write, all, tensors[write.tensor]!.shape).map((axis, a) => {
        const there = axis.flatMap(({ start, end }) => clipped(region[a]!, start, end));
        return shifted(there, read.indices[a]!.offset - write.indices[a]!.offset);
      }),
    }));
  }

  return {
    split,
    outside,
    slabs: (t) => slabs[t]!,
    boxOf,
    bytesOf: (s) => packedBytes(volume(boxOf(s)), tensors[s.tensor]!.bits),
    isMade,
    maker: (t) => makers.get(t)?.op,
    present,
    missing,
  };
}

/**
 * What must be there for an operator to compute a slab of a result, or the iterations `run` that lead to it: the elements
 * that its nests read, and all of those operands that no nest names.
 */
export function needsOf({ split, boxOf }: Network, op: WholeOperator, result: Slab, run: Part["run"]): readonly Need[] {
  const all = (tensor: number): Need => ({ tensor, region: split.tensors[tensor]!.shape.map((end) => [{ start: 0, end }]) });
  const box = boxOf(result);
  const operands = [...op.inputs, ...op.weights];
  if (op.may.includes("look up")) {
    const [indices, table] = operands as [number, number];
    const rank = split.tensors[indices]!.shape.length;
    const rows = split.tensors[table]!.shape[0]!;
    return [
      { tensor: indices, region: whole(box).slice(0, rank) },
      { tensor: table, region: [[{ start: 0, end: rows }], ...whole(box).slice(rank)] },
    ];
  }
  if (op.nests.length === 0) return operands.map(all);
  const unnamed = operands.filter((t) => !op.nests.some(({ reads }) => reads.some(({ tensor }) => tensor === t)));
  const named = nestsOf(op, result.tensor).flatMap((nest) =>
    iterationsInto(nest, box, run).flatMap((ranges) =>
      nest.reads.map((read) => ({ tensor: read.tensor, region: regionOf(read, ranges, split.tensors[read.tensor]!.shape) })),
    ),
  );
  return [...unnamed.map(all), ...named];
}

export const nestsOf = ({ nests }: WholeOperator, tensor: number): readonly LoopNest[] =>
  nests.filter(({ write }) => write.tensor === tensor);

/** Rows of the table that a part looks up at most, with the columns of its result. */
export function rowsOf({ split, boxOf }: Network, { inputs, weights }: WholeOperator, result: Slab): readonly number[] {
  const { start, end } = boxOf(result);
  const sizes = start.map((from, a) => end[a]! - from);
  const rank = split.tensors[inputs[0]!]!.shape.length;
  const named = sizes.slice(0, rank).reduce((n, size) => n * size, 1);
  return [Math.min(split.tensors[weights[0]!]!.shape[0]!, named), ...sizes.slice(rank)];
}

/**
 * Whether storage that holds `held` holds a slab as well, being read under another shape. A view keeps the order of the
 * elements; slabs are in their tensors' order; so equal elements are equal bytes.
 */
export function isView(network: Network, slab: Slab, held: readonly Held[]): boolean {
  const op = network.maker(slab.tensor);
  if (op === undefined || !op.may.includes("view")) return false;
  const needs = needsOf(network, op, slab, undefined);
  return held.some(
    (c) => c.kind === "slab" && sameSize(network, c, slab) && needs.every((need) => network.missing(need, network.present([c])) === 0),
  );
}

/**
 * Whether an operator may write `result` over what its buffer holds: the partial sum that it goes on from, or a slab whose
 * elements are each needed for the result element at the same place alone.
 */
export function mayOverwrite(network: Network, op: WholeOperator, result: Slab, run: Part["run"], held: readonly Held[]): boolean {
  if (run !== undefined) return held.some((c) => c.kind === "sum" && c.tensor === result.tensor && c.slab === result.slab);
  if (!op.may.includes("overwrite")) return false;
  const box = network.boxOf(result);
  const shape = sizesOf(box);
  const needs = needsOf(network, op, result, undefined);
  return held.some((c) => {
    if (c.kind !== "slab" || sizesOf(network.boxOf(c)).join() !== shape.join()) return false;
    return op.inputs.some((data) => {
      const own = needs.filter(({ tensor }) => tensor === data);
      const reads = nestsOf(op, result.tensor).flatMap(({ reads, write }) =>
        reads.filter(({ tensor }) => tensor === data).map(({ indices }) => ({ indices, write })),
      );
      return (
        own.length > 0 &&
        own.every((need) => elementsIn(need.region) === volume(box) && network.missing(need, network.present([c])) === 0) &&
        reads.every(({ indices, write }) => indices.every(({ terms }, a) => shape[a] === 1 || sameTerms(terms, write.indices[a]!.terms)))
      );
    });
  });
}

const sizesOf = ({ start, end }: Box): readonly number[] => start.map((from, a) => end[a]! - from);

type Terms = LoopNest["write"]["indices"][number]["terms"];

const sameTerms = (x: Terms, y: Terms): boolean =>
  x.length === y.length && x.every(({ loop, stride }, k) => loop === y[k]!.loop && stride === y[k]!.stride);

const sameSize = (network: Network, a: Slab, b: Slab): boolean =>
  network.bytesOf(a) === network.bytesOf(b) && volume(network.boxOf(a)) === volume(network.boxOf(b));
