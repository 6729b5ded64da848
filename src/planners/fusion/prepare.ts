import type { FusionProblem, Window } from "./plan.js";

/** Windows of one axis in parallel arrays. */
export interface Windows {
  readonly stride: Int32Array;
  readonly extent: Int32Array;
  readonly before: Int32Array;
  readonly repeat: Int32Array;
}

/** One axis of the problem: lengths and windows. Reads of layer `l` are entries `reads[l] .. reads[l + 1] - 1`. */
export interface Along {
  /** Per map. */
  readonly length: Int32Array;
  /** Per layer. */
  readonly computed: Int32Array;
  /** Per read. */
  readonly window: Windows;
  /** Per layer; a point where nothing is pooled. */
  readonly pooling: Windows;
}

/** A problem in flat arrays, as the search reads it. */
export interface Prepared {
  readonly problem: FusionProblem;
  readonly y: Along;
  readonly x: Along;
  readonly reads: Int32Array;
  /** Map of each read. */
  readonly readMap: Int32Array;
  /** Map that each layer writes. */
  readonly writes: Int32Array;
  /** Layer that writes each map, or -1. */
  readonly writer: Int32Array;
  readonly pooled: Uint8Array;
  /** Per map: bits of one element in all channels. */
  readonly mapBits: Float64Array;
  readonly isOutput: Uint8Array;
  /** Per layer: bits of a computed element in all its channels, as its map stores them. */
  readonly computedBits: Float64Array;
  readonly weights: Float64Array;
  /** Per layer: multiply-accumulates of one computed element of all channels. */
  readonly macs: Float64Array;
  readonly isMac: Uint8Array;
  /** Layers that read a map: `readers[m]`. */
  readonly readers: readonly (readonly number[])[];
}

export function prepare(problem: FusionProblem): Prepared {
  const { maps, layers } = problem;
  const start = new Int32Array(layers.length + 1);
  layers.forEach((l, i) => {
    start[i + 1] = start[i]! + l.reads.length;
  });
  const reads = layers.flatMap((l) => l.reads);
  const writer = new Int32Array(maps.length).fill(-1);
  layers.forEach((l, i) => {
    writer[l.writes] = i;
  });
  const readers: number[][] = maps.map(() => []);
  layers.forEach((l, i) => {
    for (const { map } of l.reads) readers[map]!.push(i);
  });
  const along = (axis: "y" | "x", side: "height" | "width"): Along => ({
    length: Int32Array.from(maps, (m) => m[side]),
    computed: Int32Array.from(layers, (l) => l.computed[side]),
    window: windows(reads.map((r) => r[axis])),
    pooling: windows(layers.map((l) => l.pooling?.[axis] ?? { stride: 1, extent: 1, before: 0, repeat: 1 })),
  });
  return {
    problem,
    y: along("y", "height"),
    x: along("x", "width"),
    reads: start,
    readMap: Int32Array.from(reads, (r) => r.map),
    writes: Int32Array.from(layers, (l) => l.writes),
    writer,
    pooled: Uint8Array.from(layers, (l) => (l.pooling === undefined ? 0 : 1)),
    mapBits: Float64Array.from(maps, (m) => m.channels * m.bits),
    isOutput: Uint8Array.from(maps, (m) => (m.kind === "output" ? 1 : 0)),
    computedBits: Float64Array.from(layers, (l) => l.shape.outputs * maps[l.writes]!.bits),
    weights: Float64Array.from(layers, (l) => l.weights),
    macs: Float64Array.from(layers, ({ kind, shape: s }) =>
      kind === "mac" ? ((s.outputs * s.inputs) / s.groups) * s.kernel.height * s.kernel.width : 0,
    ),
    isMac: Uint8Array.from(layers, (l) => (l.kind === "mac" ? 1 : 0)),
    readers,
  };
}

const windows = (list: readonly Window[]): Windows => ({
  stride: Int32Array.from(list, (w) => w.stride),
  extent: Int32Array.from(list, (w) => w.extent),
  before: Int32Array.from(list, (w) => w.before),
  repeat: Int32Array.from(list, (w) => w.repeat),
});
