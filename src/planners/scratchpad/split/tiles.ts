import type { Operator, TensorId } from "../../../graph/graph.js";
import type { AffineIndex, LoopNest } from "../../../graph/loops.js";
import { addsUp } from "../../../graph/split/specification.js";
import type { Draft } from "./draft.js";
import type { Traversal } from "./groups.js";

/** Partial sums are kept at 32 bits. */
export const SUM_BYTES = 4;

/** How an operator of one large operand and many weights is best done, and what that moves. */
export interface Tiling extends Traversal {
  readonly product: Product;
  /**
   * What stays while the rest passes by: a band of the operand, with all its channels; a block of weights; or a block of
   * results, as partial sums.
   */
  readonly stays: "operand" | "weights" | "sums";
  /** Bytes fetched: the operand so often, and the weights beyond the first time. */
  readonly cost: number;
}

/** An operator that adds up products of one operand's channels with one weight's. */
export interface Product {
  readonly operand: TensorId;
  readonly weight: TensorId;
  readonly output: TensorId;
  /** The loop over the channels read, its length, and the axes of operand and weight it runs along. */
  readonly loop: number;
  readonly depth: number;
  readonly operandAxis: number;
  readonly weightAxis: number;
  /** Rows of the operand that a number of rows of the result reads, as a share of all; and the axis of its rows, -1 where there is none. */
  readonly share: (rows: number) => number;
  readonly operandRows: number;
  /** Rows of the operand from one row of the result to the next, and rows that one needs. */
  readonly stride: number;
  readonly window: number;
}

/**
 * The fewest bytes for a product in a memory with `room` for what stays: for `r` bands of rows and `c` blocks of channels,
 * the operand is read once per block and the weights once per band.
 */
export function tilingOf(
  product: Product,
  { setting, axes, bytes }: Draft,
  room: { readonly operand: number; readonly block: number },
): Tiling {
  const { output, operand, weight, share } = product;
  const { shape } = setting.graph.tensors[output]!;
  const rows = shape[axes.row[output]!] ?? 1;
  const channels = shape[axes.channel[output]!] ?? 1;
  const a = bytes(operand);
  const w = bytes(weight);
  const sums = SUM_BYTES * shape.reduce((n, d) => n * d, 1);
  const read = a * share(rows);
  const needs = {
    operand: (r: number, _c: number) => a * share(Math.ceil(rows / r)),
    weights: (_r: number, c: number) => w / c + a * share(1),
    sums: (r: number, c: number) => ((sums * Math.ceil(rows / r)) / rows) * (Math.ceil(channels / c) / channels),
  };
  let best: Tiling = { product, stays: "operand", rows, channels: 1, along: "channels", cost: Number.POSITIVE_INFINITY };
  const consider = (stays: Tiling["stays"], r: number, c: number) => {
    if (needs[stays](r, c) > (stays === "sums" ? room.block : room.operand)) return false;
    const cost = read * c + w * (r - 1);
    if (cost < best.cost) best = { product, stays, rows: r, channels: c, along: stays === "weights" ? "rows" : "channels", cost };
    return true;
  };
  for (let r = 1; r <= rows; r++) if (consider("operand", r, 1)) break;
  for (let c = 1; c <= channels; c++) if (consider("weights", 1, c)) break;
  for (let r = 1; r <= rows; r++) for (let c = 1; c <= channels; c++) if (consider("sums", r, c)) break;
  return best;
}

export function productOf(op: Operator, { setting, axes }: Draft): Product | undefined {
  const { tensors } = setting.graph;
  const nest: LoopNest | undefined = op.nests[0];
  if (nest?.kind !== "mac" || !addsUp(op)) return undefined;
  const [x, w] = nest.reads;
  if (x === undefined || w === undefined || tensors[x.tensor]!.role === "weight" || tensors[w.tensor]!.role !== "weight") return undefined;
  const kept = new Set(nest.write.indices.flatMap(({ terms }) => terms.map(({ loop }) => loop)));
  const operandAxis = axes.channel[x.tensor]!;
  const terms = x.indices[operandAxis]?.terms ?? [];
  const only = terms.filter(({ loop }) => !kept.has(loop));
  const loop = only[0]?.loop;
  const weightAxis = w.indices.findIndex(
    (index) => index.terms.length === 1 && index.terms[0]!.loop === loop && index.terms[0]!.stride === 1,
  );
  // A single group: the channel is that loop alone.
  const single = terms.every(({ loop: l }) => l === loop || nest.loops[l]!.size === 1);
  if (loop === undefined || only.length !== 1 || only[0]!.stride !== 1 || !single || weightAxis < 0) return undefined;
  const output = op.outputs[0]!;
  return {
    operand: x.tensor,
    weight: w.tensor,
    output,
    loop,
    depth: nest.loops[loop]!.size,
    operandAxis,
    weightAxis,
    ...rowsOf(
      nest,
      nest.write.indices[axes.row[output]!],
      x.indices[axes.row[x.tensor]!],
      tensors[x.tensor]!.shape[axes.row[x.tensor]!],
      axes.row[x.tensor]!,
    ),
  };
}

function rowsOf(
  nest: LoopNest,
  written: AffineIndex | undefined,
  read: AffineIndex | undefined,
  size: number | undefined,
  axis: number,
): Pick<Product, "share" | "operandRows" | "stride" | "window"> {
  const rowLoop = written?.terms.find(({ loop }) => nest.loops[loop]!.size > 1)?.loop;
  const step = read?.terms.find(({ loop }) => loop === rowLoop);
  if (read === undefined || size === undefined || step === undefined || rowLoop === undefined)
    return { share: () => 1, operandRows: -1, stride: 0, window: 0 };
  const stride = Math.abs(step.stride);
  const window = read.terms.reduce((n, { loop, stride: s }) => (loop === rowLoop ? n : n + Math.abs(s) * (nest.loops[loop]!.size - 1)), 1);
  const share = (rows: number) => Math.min(1, Math.min(rows * window, (rows - 1) * stride + window) / size);
  return { share, operandRows: axis, stride, window };
}
