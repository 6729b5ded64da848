import type { FusionProblem, Group, LayerId, MapId, Overlap, Window } from "./plan.js";

/** The layers and maps of a group under numbers of its own: maps from outside first, then the one that each layer writes. */
export interface Cast {
  /** Ascending. */
  readonly layers: readonly LayerId[];
  readonly maps: readonly MapId[];
  /** How many of the maps come from outside. */
  readonly externals: number;
  /** Per map: goes off chip, as somebody outside needs it or nobody does. */
  readonly leaves: readonly boolean[];
  /** Per layer. */
  readonly reads: readonly (readonly { readonly map: number; readonly y: Window; readonly x: Window }[])[];
  /** Greatest height and width of the maps that leave: what a tile is a part of. */
  readonly height: number;
  readonly width: number;
}

/** Half-open intervals of one axis, one per tile. */
export interface Spans {
  readonly start: Int32Array;
  readonly end: Int32Array;
}

/** What the tiles take and make along one axis; a tile's share of a map is a span of rows times one of columns. */
export interface AxisWalk {
  readonly tiles: number;
  /** Per map: loaded by the tile if it comes from outside, else made by it. */
  readonly fresh: readonly Spans[];
  /** Per layer: computed by the tile, before a pooling. */
  readonly computed: readonly Spans[];
  /** Per map that leaves: stored by the tile. Empty for others. */
  readonly stored: readonly Spans[];
  /** Per map: most elements that wait on chip for later tiles. */
  readonly kept: Int32Array;
  /** Per layer with a pooling: most computed elements that do. */
  readonly keptComputed: Int32Array;
}

type Axis = "y" | "x";
/** `again`: what a tile needs, it loads or makes. `keep`: only what no tile before did. `cut`: its part and no more. */
type Manner = "again" | "keep" | "cut";

const MANNERS: Readonly<Record<Overlap, Readonly<Record<Axis, Manner>>>> = {
  nonOverlapped: { y: "cut", x: "cut" },
  recompute: { y: "again", x: "again" },
  hCached: { y: "again", x: "keep" },
  fullyCached: { y: "keep", x: "keep" },
};

export function castOf({ maps, layers }: FusionProblem, group: Group): Cast {
  const inside = new Set(group.layers);
  const written = new Set(group.layers.map((l) => layers[l]!.writes));
  const outside = [...new Set(group.layers.flatMap((l) => layers[l]!.reads.map(({ map }) => map)))].filter((m) => !written.has(m));
  const all = [...outside, ...written];
  const place = new Map(all.map((map, q) => [map, q]));
  const readBy = layers.map((layer, l) => ({ l, maps: new Set(layer.reads.map(({ map }) => map)) }));
  const leaves = all.map((map, q) => {
    if (q < outside.length) return false;
    const readers = readBy.filter((r) => r.maps.has(map));
    return maps[map]!.kind === "output" || readers.length === 0 || readers.some(({ l }) => !inside.has(l));
  });
  const greatest = (side: "height" | "width") => Math.max(...all.map((map, q) => (leaves[q] ? maps[map]![side] : 1)));
  return {
    layers: group.layers,
    maps: all,
    externals: outside.length,
    leaves,
    reads: group.layers.map((l) => layers[l]!.reads.map(({ map, y, x }) => ({ map: place.get(map)!, y, x }))),
    height: greatest("height"),
    width: greatest("width"),
  };
}

/** Whether some layer needs a range that does not move with its result. */
export const needsWhole = ({ layers }: FusionProblem, cast: Cast): boolean =>
  cast.reads.some((reads) => reads.some(({ y, x }) => y.stride === 0 || x.stride === 0)) ||
  cast.layers.some((l) => layers[l]!.pooling?.y.stride === 0 || layers[l]!.pooling?.x.stride === 0);

/**
 * Goes through the tiles along one axis, each from the results that leave back to what it has to load.
 *
 * @param tile elements of the greatest map that leaves
 */
export function walkAxis(problem: FusionProblem, cast: Cast, overlap: Overlap, axis: Axis, tile: number): AxisWalk {
  const manner = MANNERS[overlap][axis];
  const side = axis === "y" ? "height" : "width";
  const { layers, maps, externals, leaves, reads } = cast;
  const reference = cast[side];
  const tiles = Math.ceil(reference / tile);
  const lengths = maps.map((m) => problem.maps[m]![side]);
  const full = layers.map((l) => problem.layers[l]!.computed[side]);
  const poolings = layers.map((l) => problem.layers[l]!.pooling?.[axis]);
  const spans = () => ({ start: new Int32Array(tiles), end: new Int32Array(tiles) });
  const fresh = maps.map(spans);
  const computed = layers.map(spans);
  const stored = maps.map((_, q) => (leaves[q] ? spans() : { start: new Int32Array(0), end: new Int32Array(0) }));

  /** First element of part `i` of an axis that is cut as the reference is. */
  const border = (i: number, length: number) => Math.min(length, Math.ceil((i * tile * length) / reference));
  const low = new Int32Array(maps.length);
  const high = new Int32Array(maps.length);
  const widen = (q: number, from: number, to: number) => {
    if (to <= from) return;
    const empty = high[q]! <= low[q]!;
    low[q] = empty ? from : Math.min(low[q]!, from);
    high[q] = empty ? to : Math.max(high[q]!, to);
  };
  /** What tile `i` loads or makes of a map, given what it needs. */
  const settle = (i: number, q: number) => {
    const { start, end } = fresh[q]!;
    if (manner === "keep") {
      start[i] = i === 0 ? 0 : end[i - 1]!;
      end[i] = Math.max(start[i]!, high[q]!);
    } else if (manner === "cut") {
      start[i] = border(i, lengths[q]!);
      end[i] = border(i + 1, lengths[q]!);
    } else if (high[q]! > low[q]!) {
      start[i] = low[q]!;
      end[i] = high[q]!;
    }
  };

  for (let i = 0; i < tiles; i++) {
    low.fill(0);
    high.fill(0);
    for (let q = externals; q < maps.length; q++) if (leaves[q]) widen(q, border(i, lengths[q]!), border(i + 1, lengths[q]!));
    for (let k = layers.length - 1; k >= 0; k--) {
      const q = externals + k;
      settle(i, q);
      const from = fresh[q]!.start[i]!;
      const to = fresh[q]!.end[i]!;
      const { start, end } = computed[k]!;
      const before = i === 0 ? 0 : end[i - 1]!;
      const pooling = poolings[k];
      if (manner === "cut") {
        start[i] = border(i, full[k]!);
        end[i] = border(i + 1, full[k]!);
      } else if (to === from) {
        start[i] = end[i] = manner === "keep" ? before : 0;
      } else {
        const top = pooling === undefined ? from : firstNeeded(pooling, from);
        const bottom = pooling === undefined ? to : afterNeeded(pooling, to, full[k]!);
        start[i] = manner === "keep" ? before : top;
        end[i] = Math.max(start[i]!, bottom);
      }
      if (end[i]! > start[i]! && manner !== "cut")
        for (const read of reads[k]!)
          widen(read.map, firstNeeded(read[axis], start[i]!), afterNeeded(read[axis], end[i]!, lengths[read.map]!));
    }
    for (let q = 0; q < externals; q++) settle(i, q);
    for (let q = externals; q < maps.length; q++) {
      if (!leaves[q]) continue;
      stored[q]!.start[i] = manner === "keep" ? fresh[q]!.start[i]! : border(i, lengths[q]!);
      stored[q]!.end[i] = manner === "keep" ? fresh[q]!.end[i]! : border(i + 1, lengths[q]!);
    }
  }

  // From the last tile backwards: the first element of each map that a later tile still needs.
  const kept = new Int32Array(maps.length);
  const keptComputed = new Int32Array(layers.length);
  if (manner === "keep") {
    const needed = Float64Array.from(maps, () => Number.POSITIVE_INFINITY);
    const neededComputed = Float64Array.from(layers, () => Number.POSITIVE_INFINITY);
    for (let i = tiles - 1; i > 0; i--) {
      for (let k = 0; k < layers.length; k++) {
        const { start, end } = computed[k]!;
        if (end[i]! > start[i]!)
          for (const { map, [axis]: window } of reads[k]!) {
            const from = firstNeeded(window, start[i]!);
            if (afterNeeded(window, end[i]!, lengths[map]!) > from) needed[map] = Math.min(needed[map]!, from);
          }
        const pooling = poolings[k];
        const { start: first, end: last } = fresh[externals + k]!;
        if (pooling !== undefined && last[i]! > first[i]!)
          neededComputed[k] = Math.min(neededComputed[k]!, firstNeeded(pooling, first[i]!));
        keptComputed[k] = Math.max(keptComputed[k]!, end[i - 1]! - neededComputed[k]!);
      }
      for (let q = 0; q < maps.length; q++) kept[q] = Math.max(kept[q]!, fresh[q]!.end[i - 1]! - needed[q]!);
    }
  }
  return { tiles, fresh, computed, stored, kept, keptComputed };
}

/** A layer whose operand is not on chip, or a map that is not stored once everywhere. */
export interface Shortfall {
  readonly kind: "missing" | "stored";
  readonly tile: number;
  /** Places in the group. */
  readonly layer: number;
  readonly map: number;
  /** What is needed, or stored, and what is there, or stored before. */
  readonly wanted: readonly [start: number, end: number];
  readonly there: readonly [start: number, end: number];
}

/**
 * The first element along an axis that a layer reads and the tile neither loads, makes nor finds kept, or that is not
 * stored exactly once; none where the walk serves every layer.
 */
export function findShortfall(problem: FusionProblem, cast: Cast, axis: Axis, walk: AxisWalk): Shortfall | undefined {
  const { layers, maps, externals, leaves, reads } = cast;
  const side = axis === "y" ? "height" : "width";
  const lengthOf = (q: number) => problem.maps[maps[q]!]![side];
  for (let i = 0; i < walk.tiles; i++)
    for (let k = 0; k < layers.length; k++) {
      const { start, end } = walk.computed[k]!;
      if (end[i]! > start[i]!)
        for (const { map, [axis]: window } of reads[k]!) {
          const from = firstNeeded(window, start[i]!);
          const to = afterNeeded(window, end[i]!, lengthOf(map));
          const { start: first, end: last } = walk.fresh[map]!;
          const oldest = first[i]! - (i === 0 ? 0 : walk.kept[map]!);
          if (to > from && (from < oldest || to > last[i]!))
            return { kind: "missing", tile: i, layer: k, map, wanted: [from, to], there: [oldest, last[i]!] };
        }
      const made = externals + k;
      const pooling = problem.layers[layers[k]!]!.pooling?.[axis];
      const { start: first, end: last } = walk.fresh[made]!;
      if (last[i]! > first[i]!) {
        const from = pooling === undefined ? first[i]! : firstNeeded(pooling, first[i]!);
        const to = pooling === undefined ? last[i]! : afterNeeded(pooling, last[i]!, problem.layers[layers[k]!]!.computed[side]);
        const oldest = start[i]! - (i === 0 ? 0 : walk.keptComputed[k]!);
        if (to > from && (from < oldest || to > end[i]!))
          return { kind: "missing", tile: i, layer: k, map: made, wanted: [from, to], there: [oldest, end[i]!] };
      }
      if (!leaves[made]) continue;
      const { start: off, end: on } = walk.stored[made]!;
      const before = i === 0 ? 0 : on[i - 1]!;
      const wanted = [off[i]!, i === walk.tiles - 1 ? lengthOf(made) : on[i]!] as const;
      if (off[i] !== before || on[i] !== wanted[1] || (on[i]! > off[i]! && (off[i]! < first[i]! || on[i]! > last[i]!)))
        return { kind: "stored", tile: i, layer: k, map: made, wanted, there: [before, on[i]!] };
    }
  return undefined;
}

/** First element of a map that results from `start` on need. */
const firstNeeded = ({ stride, before, repeat }: Window, start: number): number =>
  Math.max(0, Math.floor((start * stride - before) / repeat));

/** One past the last that results before `end` need. */
const afterNeeded = ({ stride, extent, before, repeat }: Window, end: number, length: number): number =>
  Math.min(length, Math.ceil(((end - 1) * stride + extent - before) / repeat));
