import type { Operator, OperatorId, TensorId } from "../../graph/graph.js";
import type { AffineIndex, Loop } from "../../graph/loops.js";
import type { FeatureMap, Layer, MapId } from "./plan.js";
import type { Root } from "./roots.js";
import { count, planes, type Scene } from "./scene.js";
import { movesOnly, type Part, partsAt, through } from "./views.js";
import { isPoint, POINT, sameWindow, windowOf } from "./windows.js";

/** What became of a layer after all that can be was folded into it. */
export interface Fold {
  /** Folded operators, without views. */
  readonly operators: readonly OperatorId[];
  /** The one tensor that leaves the layer. */
  readonly result: TensorId;
  readonly planes: Pick<FeatureMap, "channels" | "height" | "width">;
  readonly pooling: Layer["pooling"];
  /** Further maps that the folded operators read. */
  readonly reads: readonly Part[];
  /** What each tensor of the layer is made of. */
  readonly parts: readonly (readonly [TensorId, Part])[];
}

/** Operators tried beyond the last point at which one tensor alone was left. */
const PATIENCE = 64;

/**
 * Folds operators into a layer as long as one tensor leaves it: element-wise operators and closed diamonds of them, views
 * in between, the addition of maps that are there already, one pooling.
 */
export function grown(scene: Scene, root: Root, op: Operator, output: TensorId, map: MapId): Fold {
  const { graph, axes, readers, isOutput } = scene;
  const inside = new Map<TensorId, Part>([[output, { map, y: POINT, x: POINT }]]);
  const left = new Map<TensorId, number>([[output, readers[output]!.length]]);
  const operators: OperatorId[] = [];
  const reads: Part[] = [];
  let shape = planes(graph.tensors[output]!, axes[output]!);
  let { pooling } = root;
  const isLive = (t: TensorId) => left.get(t)! > 0 || isOutput.has(t);
  const state = (result: TensorId): Fold => ({
    operators: [...operators],
    result,
    planes: shape,
    pooling,
    reads: [...reads],
    parts: [...inside],
  });

  let done = state(output);
  const waiting = new Set(readers[output]);
  const folded = new Set<OperatorId>([op.id]);
  for (let patience = PATIENCE; waiting.size > 0 && patience > 0; patience--) {
    const next = graph.operators[Math.min(...waiting)]!;
    const live = [...inside.keys()].filter(isLive);
    const results = next.outputs.filter((t) => readers[t]!.length > 0 || isOutput.has(t));
    const taken = movesOnly(next)
      ? viewed(scene, next, results, inside)
      : (applied(scene, next, results, inside, pooling === undefined) ??
        (live.length === 1 && pooling === undefined && root.kind === "mac" && !isOutput.has(live[0]!)
          ? pooled(scene, next, results, inside, map)
          : undefined));
    if (taken === undefined) break;

    waiting.delete(next.id);
    folded.add(next.id);
    if (!movesOnly(next)) operators.push(next.id);
    for (const t of next.inputs) if (left.has(t)) left.set(t, left.get(t)! - 1);
    for (const [t, part] of taken.parts) {
      inside.set(t, part);
      left.set(t, readers[t]!.length);
      for (const reader of readers[t]!) if (!folded.has(reader)) waiting.add(reader);
    }
    reads.push(...taken.reads);
    if (taken.pooling !== undefined) {
      pooling = taken.pooling;
      shape = planes(graph.tensors[results[0]!]!, axes[results[0]!]!);
    }
    const now = [...inside.keys()].filter(isLive);
    if (now.length > 1) continue;
    done = state(now[0] ?? results[0] ?? done.result);
    patience = PATIENCE;
  }
  return done;
}

interface Taken {
  readonly parts: readonly (readonly [TensorId, Part])[];
  readonly reads: readonly Part[];
  readonly pooling?: Layer["pooling"];
}

/** A view of tensors of the layer that makes no more of them than they are. */
function viewed(
  { graph, axes }: Scene,
  op: Operator,
  results: readonly TensorId[],
  inside: ReadonlyMap<TensorId, Part>,
): Taken | undefined {
  if (!op.inputs.every((t) => inside.has(t))) return undefined;
  const size = (ids: readonly TensorId[]) => ids.reduce((n, t) => n + count(graph.tensors[t]!), 0);
  if (size(results) > size(op.inputs)) return undefined;
  const parts: [TensorId, Part][] = [];
  for (const result of results) {
    const all = op.inputs.flatMap((t) => through(graph, axes, op, t, result, [inside.get(t)!]));
    const [first] = all;
    if (first === undefined || !all.every((p) => samePart(p, first))) return undefined;
    parts.push([result, first]);
  }
  return { parts, reads: [] };
}

/**
 * An element-wise operator on tensors of the layer. It may read maps that exist already while the elements are those the
 * layer computes.
 */
function applied(
  { graph, axes, views }: Scene,
  op: Operator,
  results: readonly TensorId[],
  inside: ReadonlyMap<TensorId, Part>,
  mayRead: boolean,
): Taken | undefined {
  const [result] = results;
  if (result === undefined || results.length > 1 || op.nests.length === 0 || op.macs > 0) return undefined;
  const nests = op.nests.filter(({ write }) => write.tensor === result);
  if (nests.length === 0 || nests.some(({ kind }) => kind === "mac")) return undefined;
  const own = op.inputs.filter((t) => inside.has(t));
  const part = inside.get(own[0]!)!;
  const others = op.inputs.filter((t) => !inside.has(t));
  const inPlace = (t: TensorId) =>
    samePart(inside.get(t)!, part) &&
    count(graph.tensors[t]!) === count(graph.tensors[result]!) &&
    nests.every(({ loops, reads, write }) =>
      reads.every(({ tensor, indices }) => tensor !== t || indices.every((index, a) => sameIndex(index, write.indices[a], loops))),
    ) &&
    nests.some(({ reads }) => reads.some(({ tensor }) => tensor === t));
  if (!own.every(inPlace)) return undefined;
  if (others.length === 0) return { parts: [[result, part]], reads: [] };
  if (!mayRead || !isPoint(part.y) || !isPoint(part.x)) return undefined;

  const { y, x } = axes[result]!;
  const reads: Part[] = [];
  for (const other of others) {
    const beneath = views.of(other);
    const seen = nests.flatMap((nest) => nest.reads.filter(({ tensor }) => tensor === other).map((read) => ({ nest, read })));
    if (beneath === undefined || seen.length === 0) return undefined;
    for (const { nest, read } of seen) {
      const at = (axis: number | undefined) => (axis === undefined ? undefined : nest.write.indices[axis]);
      reads.push(...partsAt(graph, axes, nest, other, read.indices, at(y), at(x), beneath));
    }
  }
  return { parts: [[result, part]], reads };
}

/** A pooling by windows within each channel. */
function pooled(
  { graph, axes }: Scene,
  op: Operator,
  results: readonly TensorId[],
  inside: ReadonlyMap<TensorId, Part>,
  map: MapId,
): Taken | undefined {
  const [result] = results;
  const [input] = op.inputs;
  const nest = op.nests.find(({ write }) => write.tensor === result);
  const read = nest?.reads.find(({ tensor }) => tensor === input);
  if (result === undefined || results.length > 1 || input === undefined || op.inputs.length > 1 || read === undefined) return undefined;
  const part = inside.get(input);
  if (nest?.kind !== "reduce" || part === undefined || !isPoint(part.y) || !isPoint(part.x)) return undefined;
  const from = axes[input]!;
  const to = axes[result]!;
  if (from.y !== to.y || from.x !== to.x || from.y === undefined || read.indices.length !== nest.write.indices.length) return undefined;
  const alike = read.indices.every((index, a) => a === from.y || a === from.x || sameIndex(index, nest.write.indices[a], nest.loops));
  const { shape } = graph.tensors[input]!;
  const window = (axis: number) => windowOf(nest.write.indices[axis]!, read.indices[axis]!, nest.loops, shape[axis]!);
  const y = window(from.y);
  const x = from.x === undefined ? POINT : window(from.x);
  const slides = (w: typeof y, length: number) => w.stride > 0 && w.repeat === 1 && (w.extent < length || length === 1);
  if (!alike || !slides(y, shape[from.y]!) || (from.x !== undefined && !slides(x, shape[from.x]!))) return undefined;
  return { parts: [[result, { map, y: POINT, x: POINT }]], reads: [], pooling: { y, x } };
}

const samePart = (a: Part, b: Part): boolean => a.map === b.map && sameWindow(a.y, b.y) && sameWindow(a.x, b.x);

/** Whether two indices of a nest are always equal; a loop of one iteration moves nothing. */
function sameIndex(a: AffineIndex, b: AffineIndex | undefined, loops: readonly Loop[]): boolean {
  const moving = ({ terms }: AffineIndex) => terms.filter(({ loop }) => loops[loop]!.size > 1);
  if (b === undefined || a.offset !== b.offset) return false;
  const [left, right] = [moving(a), moving(b)];
  return left.length === right.length && left.every((t, i) => t.loop === right[i]!.loop && t.stride === right[i]!.stride);
}
