import type { Tensor, TensorId } from "../../../graph/graph.js";
import type { SplitGraph } from "../../../graph/split/split.js";
import { assignStorage } from "../storage.js";
import type { Axes } from "./axes.js";
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
  /** 1 where step s is a run of a partial sum that others go on from. */
  readonly unfinished: Uint8Array;
}

/** A rewritten graph in flat arrays. Its steps are those of the posed problem: operators that are no views and touch something. */
export function layOf(split: SplitGraph, { size, held, inPlace, alignment }: Sizes, axes: Axes): Lay {
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
  const latestReader = new Int32Array(steps.length).fill(-1);
  const layer = new Int32Array(steps.length);
  const layerOfOperator = new Map<number, number>();
  let layers = 0;
  steps.forEach((step, s) => {
    const { writes, reads } = step;
    const own = parts[operatorOf[s]!]!.operator;
    let mine = layerOfOperator.get(own);
    if (mine === undefined) {
      const over = [...writes].find((b) => reads.has(b) && writer[b]! >= 0);
      mine = over === undefined ? layers++ : layer[writer[over]!]!;
      layerOfOperator.set(own, mine);
    }
    layer[s] = mine;
    for (const b of reads) {
      operand.push(b);
      use.push(writes.has(b) ? READS | WRITES : READS);
      if (writer[b]! >= 0) {
        before.push(writer[b]!);
      }
    }
    for (const b of writes) {
      if (!reads.has(b)) {
        operand.push(b);
        use.push(WRITES);
      }
      for (const r of readers[b]!) before.push(r);
      if (writer[b]! >= 0 && !reads.has(b)) before.push(writer[b]!);
    }
    for (const b of reads) {
      if (writer[b]! >= 0) latestReader[writer[b]!] = Math.max(latestReader[writer[b]!]!, mine);
      readers[b]!.push(s);
    }
    for (const b of writes) {
      writer[b] = s;
      readers[b] = [];
    }
    start[s + 1] = operand.length;
    first[s + 1] = before.length;
  });

  const firstLayer = new Int32Array(storage.count).fill(layers);
  const lastLayer = new Int32Array(storage.count).fill(-1);
  steps.forEach((_, s) => {
    for (let k = start[s]!; k < start[s + 1]!; k++) {
      const b = operand[k]!;
      firstLayer[b] = Math.min(firstLayer[b]!, layer[s]!);
      lastLayer[b] = Math.max(lastLayer[b]!, layer[s]!);
    }
  });
  const along = (s: number, of: Int32Array) => {
    const { box, output } = parts[operatorOf[s]!]!;
    const axis = of[output] ?? -1;
    const size = split.shapes[output]![axis];
    return size === undefined || size <= 1 ? 0.5 : (box.start[axis]! + box.end[axis]!) / 2 / size;
  };
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
      row: Float64Array.from(steps, (_, s) => along(s, axes.row)),
      channel: Float64Array.from(steps, (_, s) => along(s, axes.channel)),
      run: Int32Array.from(steps, (_, s) => parts[operatorOf[s]!]!.run),
    },
    first,
    before: Int32Array.from(before),
    latestReader,
    unfinished: Uint8Array.from(steps, (_, s) => (parts[operatorOf[s]!]!.last ? 0 : 1)),
  };
}
