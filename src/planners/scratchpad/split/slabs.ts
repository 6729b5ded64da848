import type { Operator, TensorId } from "../../../graph/graph.js";
import { splittable } from "../../../graph/split/operators.js";
import { type Draft, draftOf, type Setting, samePlaces } from "./draft.js";
import { productOf, SUM_BYTES, type Tiling, tilingOf } from "./tiles.js";

/** How finely to cut, in bytes. */
export interface Grain {
  /** Of a slab of rows. */
  readonly slab: number;
  /** Of a slab of rows where the weights are in pieces: there are then as many parts as slabs times pieces. */
  readonly coarse: number;
  /** Of the weights that one part reads. */
  readonly weights: number;
  /** Of partial sums that one part goes on with, where neither operand nor weights fit; 0 to do without. */
  readonly sums: number;
  /** Operators of at most so many weights run in groups, their weights staying. */
  readonly fuse: number;
  /** Of a piece of one row. */
  readonly columns: number;
  /** Of a band of the operand, or a block of weights, that stays while the rest passes by. */
  readonly operand: number;
  /** Of a block of partial sums that stays. */
  readonly block: number;
  /** Of the weights that one part of a sum reads; of the channels of its operand. */
  readonly passing: number;
  readonly runs: number;
  /** Parts of one operator with its weights in pieces, about. */
  readonly parts: number;
}

/** What a part reads, as a multiple of a slab, before its own slab is made lower. */
const REACH = 2;
/** Share of the room beside what stays that is filled with what passes by. */
const PASSING = 0.8;

/**
 * Cuts every tensor into slabs of rows of about the grain, and results of operators with many weights into slabs of
 * channels. Parts may still be too large for the memory (`refine`).
 */
export function slabsOf(setting: Setting, grain: Grain): Draft {
  const draft = draftOf(setting);
  const { axes, bytes, kin, mayCut, cut } = draft;
  const { tensors, operators } = setting.graph;
  const settled = grain.sums > 0 && draft.planned ? cutTiles(draft, grain) : new Set<TensorId>();
  const chunked = draft.planned ? cutChannels(draft, grain) : new Set<TensorId>();
  const shape = (t: TensorId, axis: number) => tensors[t]!.shape[axis]!;

  // Weights that stay while a group runs are no reason for fewer slabs.
  const inGroups = new Set(
    operators.flatMap((op) =>
      op.outputs.length === 1 &&
      axes.row[op.outputs[0]!]! >= 0 &&
      op.weights.reduce((sum, t) => sum + bytes(t), 0) <= grain.fuse &&
      op.weights.length > 0
        ? kin(op.outputs[0]!, axes.row[op.outputs[0]!]!)
        : [],
    ),
  );

  /** Rows of a slab below which an operator would have too many parts. */
  const lowest = (t: TensorId, axis: number) => {
    const chunks = Math.min(
      ...kin(t, axis).map((k) => draft.piece[k]!.reduce((n, length, a) => (a === axis ? n : n * Math.ceil(shape(k, a) / length)), 1)),
    );
    return chunks === 1 || inGroups.has(t) ? 1 : evenly(shape(t, axis), (shape(t, axis) * chunks) / grain.parts);
  };
  const target = (t: TensorId) => (chunked.has(t) ? grain.coarse : grain.slab);
  for (const { id, role } of tensors) {
    const axis = axes.row[id]!;
    if (role === "weight" || axis < 0 || !mayCut(id) || settled.has(id)) continue;
    cut(id, axis, Math.max(lowest(id, axis), evenly(shape(id, axis), (target(id) * shape(id, axis)) / bytes(id))));
  }
  for (const op of operators) {
    const output = op.outputs[0];
    const axis = output === undefined ? -1 : axes.row[output]!;
    if (output === undefined || axis < 0 || !splittable(op) || !mayCut(output) || settled.has(output)) continue;
    if (draft.piece[output]![axis] === shape(output, axis)) continue;
    const read = op.inputs.reduce((sum, t) => sum + bytes(t), 0);
    cut(output, axis, Math.max(lowest(output, axis), evenly(shape(output, axis), (REACH * target(output) * shape(output, axis)) / read)));
  }
  for (const { id, role, shape: whole } of tensors) {
    const axis = axes.column[id]!;
    const pieces = draft.piece[id]!;
    if (role === "weight" || axis < 0 || !mayCut(id) || settled.has(id) || pieces[axes.row[id]!]! > 1) continue;
    cut(id, axis, halved(whole[axis]!, pieces.reduce((n, length, a) => (n * length) / whole[a]!, bytes(id)) / grain.columns));
  }
  for (const op of operators) {
    const output = op.outputs[0];
    const axis = output === undefined ? -1 : axes.column[output]!;
    if (output === undefined || axis < 0 || op.nests[0]?.kind !== "mac" || !mayCut(output) || settled.has(output)) continue;
    if (draft.piece[output]![axes.row[output]!]! > 1) continue;
    const read = op.inputs.reduce((sum, t) => sum + bytes(t) / shape(t, axes.row[t]!), 0);
    cut(output, axis, halved(shape(output, axis), read / (REACH * grain.columns)));
  }
  return draft;
}

/** Cuts the channels of results whose weights are many. Returns the results, with those that share their rows. */
function cutChannels(
  { setting, axes, tilings, piece, bytes, kin, mayCut, cut, cutResult, vanished }: Draft,
  grain: Grain,
): ReadonlySet<TensorId> {
  const { graph } = setting;
  const chunked = new Set<TensorId>();
  for (const op of graph.operators) {
    const output = op.outputs[0];
    const axis = output === undefined ? -1 : axes.channel[output]!;
    const read = op.weights.reduce((sum, t) => sum + bytes(t), 0);
    if (output === undefined || axis < 0 || !splittable(op) || !mayCut(output) || read <= grain.weights) continue;
    if (tilings.has(op.id) && tilings.get(op.id)!.stays !== "weights") continue;
    for (const t of kin(output, axes.row[output]!)) chunked.add(t);
    const channels = graph.tensors[output]!.shape[axis]!;
    cutResult(op, output, axis, evenly(channels, (grain.weights * channels) / read));
  }
  // Who combines several such results works in the coarsest of their pieces: finer ones lie within it.
  for (const op of graph.operators) {
    const output = op.outputs[0];
    if (output === undefined || op.inputs.length < 2 || vanished(output)) continue;
    const axis = axes.channel[output]!;
    const alike = op.inputs.filter((t) => !vanished(t) && samePlaces(graph, op, t, output)).map((t) => piece[t]![axis]!);
    if (alike.length > 0) cut(output, axis, Math.max(...alike));
  }
  return chunked;
}

/**
 * Where neither operand nor weights stay as a whole, one passes by while a block of the other, or of the partial sums,
 * stays: whichever moves the fewest bytes. Returns the tensors whose rows are settled by that.
 */
function cutTiles(draft: Draft, grain: Grain): ReadonlySet<TensorId> {
  const { setting, axes, runs, tilings, bytes, mayCut, cut, cutAlone, cutResult, kin } = draft;
  const settled = new Set<TensorId>();
  const chosen: { readonly op: Operator; readonly tiling: Tiling }[] = [];
  const size = (t: TensorId, axis: number) => setting.graph.tensors[t]!.shape[axis] ?? 1;
  const rowsOf = ({ product, rows }: Tiling) => Math.ceil(size(product.output, axes.row[product.output]!) / rows);
  /** Pieces of `length`, or smaller ones that lie within pieces that are there already; of `others` where that does not make them much smaller. */
  const want = (own: TensorId, others: readonly TensorId[], axis: number, length: number) => {
    for (const t of [own, ...others]) {
      const now = draft.piece[t]![axis]!;
      const common = gcd(now, length);
      if (now === size(t, axis) || 2 * common >= Math.min(now, length)) cutAlone(t, axis, now === size(t, axis) ? length : common);
      else if (t === own) cutAlone(t, axis, length);
    }
  };
  for (const op of setting.graph.operators) {
    const product = op.outputs.length === 1 && mayCut(op.outputs[0]!) ? productOf(op, draft) : undefined;
    if (product === undefined || !mayCut(product.operand) || bytes(product.weight) <= grain.fuse) continue;
    const { operand, output, operandRows, stride, window } = product;
    const tiling = tilingOf(product, draft, grain);
    tilings.set(op.id, tiling);
    if (tiling.stays === "weights") continue;
    const rowAxis = axes.row[output]!;
    const rows = rowsOf(tiling);
    if (operandRows >= 0 && stride > window) cutAlone(operand, operandRows, 1);
    else if (operandRows >= 0 && tiling.rows > 1)
      want(operand, kin(operand, operandRows), operandRows, window === 1 ? rows * stride : Math.max(1, Math.floor((rows * stride) / 6)));
    for (const t of kin(output, rowAxis)) settled.add(t);
    chosen.push({ op, tiling });
  }
  for (const { tiling } of chosen) {
    const { output } = tiling.product;
    if (tiling.rows > 1) want(output, kin(output, axes.row[output]!), axes.row[output]!, rowsOf(tiling));
  }
  for (const { op, tiling } of chosen) {
    const { operand, weight, output, operandAxis, weightAxis, loop, depth, share } = tiling.product;
    const rowAxis = axes.row[output]!;
    const rows = rowsOf(tiling);
    const axis = axes.channel[output]!;
    const channels = size(output, axis);
    if (tiling.stays === "operand") {
      // Beside the band lie the weights of a chunk and its results, as they are made and as others go on with them.
      const lines = kin(output, rowAxis).map((t) => (bytes(t) * (draft.piece[t]![rowAxis] ?? 1)) / size(t, rowAxis));
      const free = setting.capacity - bytes(operand) * share(rows);
      cutResult(op, output, axis, evenly(channels, (PASSING * channels * free) / (bytes(weight) + 3 * Math.max(0, ...lines))));
      continue;
    }
    const block = Math.ceil(channels / tiling.channels);
    const sums = (SUM_BYTES * setting.graph.tensors[output]!.shape.reduce((n, d) => n * d, 1) * rows) / size(output, rowAxis);
    const chunk = evenly(block, Math.min(block, (grain.sums * channels) / sums));
    const length = evenly(
      depth,
      Math.min(
        depth / 2,
        (grain.passing * channels * depth) / (bytes(weight) * chunk),
        (grain.runs * depth) / (bytes(operand) * share(rows)),
      ),
    );
    runs.set(op.id, { operator: op.id, loop, length });
    cutResult(op, output, axis, chunk);
    cut(weight, weightAxis, length);
    cutAlone(operand, operandAxis, length);
  }
  return settled;
}

/** `size` halved until a piece is at most a `times`-th of it. */
function halved(size: number, times: number): number {
  let pieces = 1;
  while (pieces < times && pieces < size) pieces *= 2;
  return Math.ceil(size / pieces);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** About `length` of `size`, but at least 1: in pieces of one length where there is such a number near. */
function evenly(size: number, length: number): number {
  for (let d = Math.min(size, Math.floor(1.35 * length)); d >= 1 && d > length / 2; d--) if (size % d === 0) return d;
  return Math.max(1, Math.min(size, Math.floor(length)));
}
