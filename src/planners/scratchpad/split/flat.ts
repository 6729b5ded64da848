import type { OperatorId, Tensor, TensorId } from "../../../graph/graph.js";
import type { SplitGraph } from "../../../graph/split/split.js";
import { assignStorage } from "../storage.js";
import type { Axes } from "./axes.js";
import type { Traversal } from "./groups.js";
import { type Flat, READS, WRITES } from "./price.js";

/** Where a step stands in the rewritten network. */
export interface Site {
  /** Counted along the model; operators that only overwrite share the layer of what they overwrite. */
  readonly layer: Int32Array;
  readonly layers: number;
  /** Place of the part along the rows and along the channels of its result, 0 to 1. */
  readonly row: Float64Array;
  readonly channel: Float64Array;
  /** Which run of a partial sum; 0 for all others. */
  readonly run: Int32Array;
}

/** How a target counts. */
export interface Sizes {
  /** Bytes of a tensor under the assumed precision. */
  readonly size: (tensor: Tensor) => number;
  /** Whether it is held in the scratchpad at all. */
  readonly held: (tensor: Tensor) => boolean;
  readonly inPlace: boolean;
  readonly alignment: number;
}

export interface Lay {
  readonly flat: Flat;
  readonly site: Site;
  /** Steps that must run before step s: `before[first[s] .. first[s + 1] - 1]`, those it reads from first. */
  readonly first: Int32Array;
  readonly before: Int32Array;
  /** Latest layer that reads what step s writes; -1 where none does. */
  readonly latestReader: Int32Array;
  /** Per layer: how its operator is best gone through on its own, where that was settled. */
  readonly tilings: readonly (Traversal | undefined)[];
  /** 1 where step s is a run of a partial sum that others go on from. */
  readonly unfinished: Uint8Array;
}

/** A rewritten graph in flat arrays. Its steps are those of the posed problem: operators that are no views and touch something. */
export function layOf(
  split: SplitGraph,
  { size, held, inPlace, alignment }: Sizes,
  axes: Axes,
  tilings: ReadonlyMap<OperatorId, Traversal>,
): Lay {
  const { graph, parts } = split;
  const storage = assignStorage(
    graph,
    (t) => size(graph.tensors[t]!),
    (t) => held(graph.tensors[t]!),
    inPlace,
  );
  const buffersOf = (ids: readonly TensorId[]) => [...new Set(ids.map((t) => storage.of[t]!))].filter((b) => b >= 0);
  const operatorOf: number[] = [];
  const steps: { readonly reads: ReadonlySet<number>; readonly writes: ReadonlySet<number> }[] = [];
  for (const op of graph.operators) {
    if (storage.views.has(op.id)) continue;
    const reads = new Set(buffersOf([...op.inputs, ...op.weights]));
    const writes = new Set(buffersOf(op.outputs));
    if (reads.size + writes.size === 0) continue;
    steps.push({ reads, writes });
    operatorOf.push(op.id);
  }
  const bytes = new Float64Array(storage.count).fill(-1);
  const offChip = new Uint8Array(storage.count);
  const keep = new Uint8Array(storage.count);
  for (const tensor of graph.tensors) {
    const b = storage.of[tensor.id]!;
    if (b < 0) continue;
    if (bytes[b] === -1) bytes[b] = size(tensor);
    if (tensor.role === "weight") offChip[b] = 1;
  }
  const mark = (ids: readonly TensorId[], flags: Uint8Array) => {
    for (const b of buffersOf(ids)) flags[b] = 1;
  };
  mark(graph.inputs, offChip);
  mark(graph.outputs, keep);

  const start = new Int32Array(steps.length + 1);
  const operand: number[] = [];
  const use: number[] = [];
  const writer = new Int32Array(storage.count).fill(-1);
  const readers: number[][] = Array.from({ length: storage.count }, () => []);
  const first = new Int32Array(steps.length + 1);
  const before: number[] = [];
  const passes: number[] = []; // writer and reader, in turn
  const given = new Int32Array(steps.length);
  const layerOfOperator = new Map<number, number>();
  let layers = 0;
  steps.forEach(({ writes, reads }, s) => {
    const own = parts[operatorOf[s]!]!.operator;
    let mine = layerOfOperator.get(own);
    if (mine === undefined) {
      const over = [...writes].find((b) => reads.has(b) && writer[b]! >= 0);
      mine = over === undefined ? layers++ : given[writer[over]!]!;
      layerOfOperator.set(own, mine);
    }
    given[s] = mine;
    for (const b of reads) {
      operand.push(b);
      use.push(writes.has(b) ? READS | WRITES : READS);
      if (writer[b]! < 0) continue;
      before.push(writer[b]!);
      passes.push(writer[b]!, s);
    }
    for (const b of writes) {
      if (!reads.has(b)) {
        operand.push(b);
        use.push(WRITES);
      }
      for (const r of readers[b]!) before.push(r);
      if (writer[b]! >= 0 && !reads.has(b)) before.push(writer[b]!);
    }
    for (const b of reads) readers[b]!.push(s);
    for (const b of writes) {
      writer[b] = s;
      readers[b] = [];
    }
    start[s + 1] = operand.length;
    first[s + 1] = before.length;
  });

  // Where weights lie outside, groups are long and the model's own order serves them better.
  const planned = graph.tensors.some((t) => t.role === "weight" && held(t));
  const rank = planned ? shortCutsFirst(layers, given, first, before) : Int32Array.from({ length: layers }, (_, l) => l);
  const layer = given.map((l) => rank[l]!);
  const latestReader = new Int32Array(steps.length).fill(-1);
  for (let i = 0; i < passes.length; i += 2) latestReader[passes[i]!] = Math.max(latestReader[passes[i]!]!, layer[passes[i + 1]!]!);
  const firstLayer = new Int32Array(storage.count).fill(layers);
  const lastLayer = new Int32Array(storage.count).fill(-1);
  for (let s = 0; s < steps.length; s++)
    for (let k = start[s]!; k < start[s + 1]!; k++) {
      const b = operand[k]!;
      firstLayer[b] = Math.min(firstLayer[b]!, layer[s]!);
      lastLayer[b] = Math.max(lastLayer[b]!, layer[s]!);
    }
  /** Where a part lies along an axis, 0 to 1: of what it covers, at `within`. */
  const along = (s: number, of: Int32Array, within: number) => {
    const { box, output } = parts[operatorOf[s]!]!;
    const axis = of[output] ?? -1;
    const size = split.shapes[output]![axis];
    return size === undefined || size <= 1 ? 0.5 : (box.start[axis]! + within * (box.end[axis]! - box.start[axis]!)) / size;
  };
  const tilingOf: (Traversal | undefined)[] = new Array(layers).fill(undefined);
  for (const [op, l] of layerOfOperator) if (tilings.has(op)) tilingOf[rank[l]!] = tilings.get(op);
  return {
    flat: {
      steps: steps.length,
      buffers: storage.count,
      start,
      operand: Int32Array.from(operand),
      use: Uint8Array.from(use),
      footprint: bytes.map((n) => Math.ceil(n / alignment) * alignment),
      size: bytes,
      offChip,
      keep,
      firstLayer,
      lastLayer,
    },
    site: {
      layer,
      layers,
      row: Float64Array.from(steps, (_, s) => along(s, axes.row, along(s, axes.column, 0.5))),
      channel: Float64Array.from(steps, (_, s) => along(s, axes.channel, 0.5)),
      run: Int32Array.from(steps, (_, s) => parts[operatorOf[s]!]!.run),
    },
    first,
    before: Int32Array.from(before),
    latestReader,
    tilings: tilingOf,
    unfinished: Uint8Array.from(steps, (_, s) => (parts[operatorOf[s]!]!.last ? 0 : 1)),
  };
}

/**
 * A number for each layer, along the model, except that of two layers that meet in the next one the shallower comes first: a
 * shortcut with its own operator is then done with before the last layer of the long way, which may share a group with the
 * layer where they meet.
 */
function shortCutsFirst(layers: number, layer: Int32Array, first: Int32Array, before: readonly number[]): Int32Array {
  const needs = Array.from({ length: layers }, () => new Set<number>());
  for (let s = 0; s < layer.length; s++)
    for (let k = first[s]!; k < first[s + 1]!; k++) {
      const from = layer[before[k]!]!;
      if (from !== layer[s]) needs[layer[s]!]!.add(from);
    }
  const depth = new Int32Array(layers);
  needs.forEach((list, l) => {
    for (const n of list) depth[l] = Math.max(depth[l]!, depth[n]! + 1);
  });
  const rank = Int32Array.from({ length: layers }, (_, l) => l);
  for (let l = 1; l + 1 < layers; l++) {
    const meet = needs[l + 1]!;
    if (!meet.has(l) || !meet.has(l - 1) || needs[l]!.has(l - 1) || depth[l]! >= depth[l - 1]! || rank[l - 1] !== l - 1) continue;
    rank[l - 1] = l;
    rank[l] = l - 1;
  }
  return rank;
}
