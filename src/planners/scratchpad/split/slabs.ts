import type { Operator, TensorId } from "../../../graph/graph.js";
import type { LoopNest } from "../../../graph/loops.js";
import { splittable } from "../../../graph/split/operators.js";
import { addsUp } from "../../../graph/split/specification.js";
import { type Draft, draftOf, type Setting, samePlaces } from "./draft.js";

/** How finely to cut, in bytes. */
export interface Grain {
  /** Of a slab of rows. */
  readonly slab: number;
  /** Of a slab of rows where the weights are in pieces: there are then as many parts as slabs times pieces. */
  readonly coarse: number;
  /** A tensor of at most so many bytes stays whole. */
  readonly whole: number;
  /** Of the weights that one part reads. */
  readonly weights: number;
  /** Of partial sums that one part goes on with, where neither operand nor weights fit; 0 to do without. */
  readonly sums: number;
  /** Parts of one operator with its weights in pieces, about. */
  readonly parts: number;
}

/** What a part reads, as a multiple of a slab, before its own slab is made lower. */
const REACH = 2;

/**
 * Cuts every tensor into slabs of rows of about the grain, and results of operators with many weights into slabs of
 * channels. Parts may still be too large for the memory (`refine`).
 */
export function slabsOf(setting: Setting, grain: Grain): Draft {
  const draft = draftOf(setting);
  const { axes, bytes, kin, mayCut, cut } = draft;
  const { tensors, operators } = setting.graph;
  const inRuns = grain.sums > 0 && draft.planned ? cutRuns(draft, grain) : new Set<TensorId>();
  const chunked = draft.planned ? cutChannels(draft, grain) : new Set<TensorId>();
  const shape = (t: TensorId, axis: number) => tensors[t]!.shape[axis]!;

  /** Rows of a slab below which an operator would have too many parts. */
  const lowest = (t: TensorId, axis: number) => {
    const chunks = Math.min(
      ...kin(t, axis).map((k) => draft.piece[k]!.reduce((n, length, a) => (a === axis ? n : n * Math.ceil(shape(k, a) / length)), 1)),
    );
    return chunks === 1 ? 1 : evenly(shape(t, axis), (shape(t, axis) * chunks) / grain.parts);
  };
  const target = (t: TensorId) => (chunked.has(t) ? grain.coarse : grain.slab);
  for (const { id, role } of tensors) {
    const axis = axes.row[id]!;
    if (role === "weight" || axis < 0 || !mayCut(id) || inRuns.has(id) || bytes(id) <= grain.whole) continue;
    cut(id, axis, Math.max(lowest(id, axis), evenly(shape(id, axis), (target(id) * shape(id, axis)) / bytes(id))));
  }
  for (const op of operators) {
    const output = op.outputs[0];
    const axis = output === undefined ? -1 : axes.row[output]!;
    if (output === undefined || axis < 0 || !splittable(op) || !mayCut(output) || draft.piece[output]![axis] === shape(output, axis))
      continue;
    const read = op.inputs.reduce((sum, t) => sum + bytes(t), 0);
    cut(output, axis, Math.max(lowest(output, axis), evenly(shape(output, axis), (REACH * target(output) * shape(output, axis)) / read)));
  }
  return draft;
}

/** Cuts the channels of results whose weights are many. Returns the results, with those that share their rows. */
function cutChannels(
  { setting, axes, runs, piece, bytes, kin, mayCut, cut, cutResult, vanished }: Draft,
  grain: Grain,
): ReadonlySet<TensorId> {
  const { graph } = setting;
  const chunked = new Set<TensorId>();
  for (const op of graph.operators) {
    const output = op.outputs[0];
    const axis = output === undefined ? -1 : axes.channel[output]!;
    const read = op.weights.reduce((sum, t) => sum + bytes(t), 0);
    if (output === undefined || axis < 0 || !splittable(op) || !mayCut(output) || runs.has(op.id) || read <= grain.weights) continue;
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
 * Where both operand and weights are large, products are added up in runs over the channels read, if that moves fewer
 * bytes: for a block of results whose sums fit, the operand passes through once and each weight is read once. Else either
 * the weights come again for each band of the operand that fits, or the operand for each block of weights.
 */
function cutRuns(draft: Draft, grain: Grain): ReadonlySet<TensorId> {
  const { setting, axes, runs, bytes, mayCut, cut, cutResult, kin } = draft;
  const whole = new Set<TensorId>();
  for (const op of setting.graph.operators) {
    const output = op.outputs[0];
    const found = output === undefined || !mayCut(output) ? undefined : productOf(op, draft);
    if (found === undefined || output === undefined) continue;
    const { operand, weight, loop, operandAxis, weightAxis, depth } = found;
    if (!mayCut(operand)) continue;
    const [a, w, sums] = [bytes(operand), bytes(weight), SUM_BYTES * setting.graph.tensors[output]!.shape.reduce((n, d) => n * d, 1)];
    const again = (size: number) => Math.ceil((2 * size) / setting.capacity) - 1;
    if (w <= grain.weights || again(sums) * a >= Math.min(again(a) * w, again(w) * a)) continue;
    const axis = axes.channel[output]!;
    const channels = setting.graph.tensors[output]!.shape[axis]!;
    const chunk = evenly(channels, Math.min(channels, (channels * grain.sums) / sums));
    const length = evenly(
      depth,
      Math.min(depth / 2, (grain.weights * channels * depth) / (w * chunk), (setting.capacity * depth) / (4 * a)),
    );
    runs.set(op.id, { operator: op.id, loop, length });
    cutResult(op, output, axis, chunk);
    cut(weight, weightAxis, length);
    cut(operand, operandAxis, length);
    for (const k of kin(output, axes.row[output]!)) whole.add(k);
  }
  return whole;
}

/** Partial sums are kept at 32 bits. */
const SUM_BYTES = 4;

interface Product {
  readonly operand: TensorId;
  readonly weight: TensorId;
  /** The loop over the channels read, its length, and the axes of operand and weight it runs along. */
  readonly loop: number;
  readonly depth: number;
  readonly operandAxis: number;
  readonly weightAxis: number;
}

/** An operator that adds up products of one operand's channels with one weight's. */
function productOf(op: Operator, { setting, axes }: Draft): Product | undefined {
  const nest: LoopNest | undefined = op.nests[0];
  if (nest?.kind !== "mac" || !addsUp(op)) return undefined;
  const [x, w] = nest.reads;
  if (
    x === undefined ||
    w === undefined ||
    setting.graph.tensors[x.tensor]!.role === "weight" ||
    setting.graph.tensors[w.tensor]!.role !== "weight"
  )
    return undefined;
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
  return { operand: x.tensor, weight: w.tensor, loop, depth: nest.loops[loop]!.size, operandAxis, weightAxis };
}

/** About `length` of `size`, but at least 1: in pieces of one length where there is such a number near. */
function evenly(size: number, length: number): number {
  for (let d = Math.min(size, Math.floor(1.35 * length)); d >= 1 && d > length / 2; d--) if (size % d === 0) return d;
  return Math.max(1, Math.min(size, Math.floor(length)));
}
