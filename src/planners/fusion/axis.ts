import type { Along, Prepared } from "./prepare.js";

/** What happens along one axis where windows of neighbouring tiles overlap; see docs/math/fusion.md, section 2. */
export const CUT = 0;
export const RECOMPUTE = 1;
export const KEEP = 2;
export type AxisMode = typeof CUT | typeof RECOMPUTE | typeof KEEP;

/** The maps and layers of a group under local numbers: external maps first, then the map of each layer. */
export interface Members {
  /** Ascending. */
  readonly layers: Int32Array;
  readonly maps: Int32Array;
  readonly externals: number;
  /** Per local map: written in the group and needed outside it. */
  readonly isOutput: Uint8Array;
  /** Local reads of layer `k`: entries `reads[k] .. reads[k + 1] - 1`: local map, and the read's number in the problem. */
  readonly reads: Int32Array;
  readonly readMap: Int32Array;
  readonly readId: Int32Array;
}

/** How one axis falls into tiles. Tiles alike in every length are one class; lengths of class `c` start at `c * maps` or `c * layers`. */
export interface Tiling {
  readonly tile: number;
  /** Tiles along the axis. */
  readonly tiles: number;
  readonly classes: number;
  /** Per class: how many tiles. */
  readonly counts: Int32Array;
  /** Per class and map: new elements. */
  readonly fresh: Int32Array;
  /** Per class and map: stored elements of output maps. */
  readonly stored: Int32Array;
  /** Per class and layer: computed elements. */
  readonly computed: Int32Array;
  /** Greatest length over tiles, per map and per layer. */
  readonly mostFresh: Int32Array;
  readonly mostComputed: Int32Array;
  /** Elements kept from tile to tile, per map and per layer (of computed elements before a pooling). */
  readonly kept: Int32Array;
  readonly keptComputed: Int32Array;
  /** Sums over all tiles. */
  readonly sumFresh: Float64Array;
  readonly sumComputed: Float64Array;
  /** Class of each tile. */
  readonly order: Int32Array;
}

/** The pair of classes of the tile in the first corner, and in the last. */
export const firstPair = (y: Tiling, x: Tiling): number => y.order[0]! * x.classes + x.order[0]!;
export const lastPair = (y: Tiling, x: Tiling): number => y.order[y.tiles - 1]! * x.classes + x.order[x.tiles - 1]!;

/** Sums a value over all tiles, class by class. */
export function eachPair(y: Tiling, x: Tiling, value: (at: number) => number): number {
  let sum = 0;
  for (let a = 0; a < y.classes; a++) for (let b = 0; b < x.classes; b++) sum += y.counts[a]! * x.counts[b]! * value(a * x.classes + b);
  return sum;
}

const FAR = 2 ** 30;

/** Room for the sweeps of one search; one sweep at a time uses it. */
export interface Bench {
  start: Int32Array;
  end: Int32Array;
  previous: Int32Array;
  from: Int32Array;
  to: Int32Array;
  previousTo: Int32Array;
  /** How far ends moved with the last tile. */
  step: Int32Array;
  stepComputed: Int32Array;
  pinned: Uint8Array;
  fresh: Int32Array;
  stored: Int32Array;
  computed: Int32Array;
  counts: Int32Array;
}

export function makeBench(maps: number, layers: number): Bench {
  const m = maps + layers;
  return {
    start: new Int32Array(m),
    end: new Int32Array(m),
    previous: new Int32Array(m),
    from: new Int32Array(layers),
    to: new Int32Array(layers),
    previousTo: new Int32Array(layers),
    step: new Int32Array(m),
    stepComputed: new Int32Array(layers),
    pinned: new Uint8Array(m),
    fresh: new Int32Array(16 * m),
    stored: new Int32Array(16 * m),
    computed: new Int32Array(16 * layers),
    counts: new Int32Array(16),
  };
}

/**
 * Cuts one axis into tiles of `tile` elements of a reference of `reference` elements and follows them back through the
 * group. Exact in integers.
 */
export function sweep(
  { pooled }: Prepared,
  along: Along,
  members: Members,
  bench: Bench,
  tile: number,
  reference: number,
  mode: AxisMode,
): Tiling {
  const { length, computed: full, window, pooling } = along;
  const { layers, maps, externals, isOutput, reads, readMap, readId } = members;
  const N = layers.length;
  const M = maps.length;
  const tiles = Math.ceil(reference / tile);
  const { start, end, previous, from, to, previousTo, step, stepComputed } = bench;
  previous.fill(0, 0, M);
  previousTo.fill(0, 0, N);
  const mostFresh = new Int32Array(M);
  const mostComputed = new Int32Array(N);
  const kept = new Int32Array(M);
  const keptComputed = new Int32Array(N);
  const sumFresh = new Float64Array(M);
  const sumComputed = new Float64Array(N);
  const order = new Int32Array(tiles);
  let classes = 0;
  let patience = 2;

  for (let i = 0; i < tiles; i++) {
    for (let q = 0; q < M; q++) {
      if (isOutput[q] === 1 || mode === CUT) {
        const total = length[maps[q]!]!;
        start[q] = boundary(i, tile, total, reference);
        end[q] = boundary(i + 1, tile, total, reference);
      } else {
        start[q] = FAR;
        end[q] = -1;
      }
    }
    for (let k = N - 1; k >= 0; k--) {
      const l = layers[k]!;
      const q = externals + k;
      let a = 0;
      let b = 0;
      if (mode === CUT) {
        a = boundary(i, tile, full[l]!, reference);
        b = boundary(i + 1, tile, full[l]!, reference);
      } else {
        settle(start, end, previous, q, mode);
        a = start[q]!;
        b = end[q]!;
        if (b <= a) a = b = mode === KEEP ? previousTo[k]! : 0;
        else if (pooled[l] === 1) {
          const top = Math.max(0, lower(pooling.stride[l]!, pooling.before[l]!, pooling.repeat[l]!, a));
          const bottom = Math.min(full[l]!, upper(pooling.stride[l]!, pooling.extent[l]!, pooling.before[l]!, pooling.repeat[l]!, b));
          a = mode === KEEP ? previousTo[k]! : top;
          b = Math.max(a, bottom);
        }
        if (b > a)
          for (let r = reads[k]!; r < reads[k + 1]!; r++) {
            const id = readId[r]!;
            const p = readMap[r]!;
            const top = Math.max(0, lower(window.stride[id]!, window.before[id]!, window.repeat[id]!, a));
            const bottom = Math.min(
              length[maps[p]!]!,
              upper(window.stride[id]!, window.extent[id]!, window.before[id]!, window.repeat[id]!, b),
            );
            if (bottom <= top) continue;
            if (top < start[p]!) start[p] = top;
            if (bottom > end[p]!) end[p] = bottom;
          }
      }
      from[k] = a;
      to[k] = b;
    }
    if (mode !== CUT) for (let q = 0; q < externals; q++) settle(start, end, previous, q, mode);
    if (mode === KEEP && i < tiles - 1) {
      for (let k = 0; k < N; k++) {
        const l = layers[k]!;
        const q = externals + k;
        if (to[k]! < full[l]!)
          for (let r = reads[k]!; r < reads[k + 1]!; r++) {
            const id = readId[r]!;
            const p = readMap[r]!;
            const need = Math.max(0, lower(window.stride[id]!, window.before[id]!, window.repeat[id]!, to[k]!));
            if (end[p]! - need > kept[p]!) kept[p] = end[p]! - need;
          }
        if (pooled[l] === 1 && end[q]! < length[maps[q]!]!) {
          const need = Math.max(0, lower(pooling.stride[l]!, pooling.before[l]!, pooling.repeat[l]!, end[q]!));
          if (to[k]! - need > keptComputed[k]!) keptComputed[k] = to[k]! - need;
        }
      }
    }

    if (bench.fresh.length < (classes + 1) * M || bench.computed.length < (classes + 1) * N || bench.counts.length <= classes) widen(bench);
    const { fresh, stored, computed, counts } = bench;
    const f = classes * M;
    const c = classes * N;
    for (let q = 0; q < M; q++) {
      const n = end[q]! - start[q]!;
      fresh[f + q] = n;
      stored[f + q] = isOutput[q] === 0 ? 0 : mode === KEEP ? n : part(i, tile, length[maps[q]!]!, reference);
      if (n > mostFresh[q]!) mostFresh[q] = n;
      sumFresh[q]! += n;
      step[q] = end[q]! - previous[q]!;
      previous[q] = end[q]!;
    }
    for (let k = 0; k < N; k++) {
      const n = to[k]! - from[k]!;
      computed[c + k] = n;
      if (n > mostComputed[k]!) mostComputed[k] = n;
      sumComputed[k]! += n;
      stepComputed[k] = to[k]! - previousTo[k]!;
      previousTo[k] = to[k]!;
    }
    let at = classes - 1;
    while (at >= 0 && !(same(fresh, at * M, f, M) && same(computed, at * N, c, N) && same(stored, at * M, f, M))) at--;
    if (at < 0) {
      at = classes++;
      counts[at] = 0;
    }
    counts[at]!++;
    order[i] = at;
    if (i < patience || order[i - 1] !== at || i > tiles - 4 || mode === CUT) continue;
    patience = 2 * i;

    const more = Math.min(tiles - 2 - i, copies(along, members, bench, tile, reference, mode, pooled));
    if (more < 1) continue;
    counts[at]! += more;
    order.fill(at, i + 1, i + 1 + more);
    for (let q = 0; q < M; q++) {
      sumFresh[q]! += more * fresh[f + q]!;
      previous[q]! += more * bench.step[q]!;
    }
    for (let k = 0; k < N; k++) {
      sumComputed[k]! += more * computed[c + k]!;
      previousTo[k]! += more * bench.stepComputed[k]!;
    }
    i += more;
  }
  return {
    tile,
    tiles,
    classes,
    counts: bench.counts.slice(0, classes),
    fresh: bench.fresh.slice(0, classes * M),
    stored: bench.stored.slice(0, classes * M),
    computed: bench.computed.slice(0, classes * N),
    mostFresh,
    mostComputed,
    kept,
    keptComputed,
    sumFresh,
    sumComputed,
    order,
  };
}

/**
 * How many tiles after the last one are sure to be like it, moved on by `step`: parts are even, every window moves with
 * the map it is on, and none is cut at the end of an axis.
 */
function copies(
  { length, computed: full, window, pooling }: Along,
  { layers, maps, externals, isOutput, reads, readMap, readId }: Members,
  { start, end, from, to, step, stepComputed, pinned }: Bench,
  tile: number,
  reference: number,
  mode: AxisMode,
  pooled: Uint8Array,
): number {
  let more = FAR;
  const within = (moves: number, at: number, last: number) => {
    if (moves > 0) more = Math.min(more, Math.floor((last - at) / moves));
  };
  // Maps that stay as they are: all there, or needed whole by every tile.
  for (let p = 0; p < maps.length; p++) pinned[p] = mode === KEEP && step[p] === 0 && end[p] === length[maps[p]!] ? 1 : 0;
  for (let k = 0; k < layers.length; k++)
    for (let r = reads[k]!; r < reads[k + 1]!; r++) {
      const p = readMap[r]!;
      if (window.stride[readId[r]!] === 0 && to[k]! > from[k]! && start[p] === 0 && end[p] === length[maps[p]!]) pinned[p] = 1;
    }
  for (let k = 0; k < layers.length; k++) {
    const l = layers[k]!;
    const q = externals + k;
    const moves = stepComputed[k]!;
    if (mode === KEEP && to[k] === full[l] && end[q] === length[maps[q]!]) continue; // all made, and made once
    if (to[k]! <= from[k]!) return 0;
    if (isOutput[q] === 1 && (tile * length[maps[q]!]!) % reference !== 0) return 0;
    within(step[q]!, end[q]!, length[maps[q]!]!);
    within(moves, to[k]!, full[l]!);
    if (pooled[l] === 0 && moves !== step[q]) return 0;
    if (pooled[l] === 1) {
      const by = step[q]! * pooling.stride[l]!;
      const u = upper(pooling.stride[l]!, pooling.extent[l]!, pooling.before[l]!, pooling.repeat[l]!, end[q]!);
      if (by % pooling.repeat[l]! !== 0 || by / pooling.repeat[l]! !== moves) return 0;
      if (by > 0 && lower(pooling.stride[l]!, pooling.before[l]!, pooling.repeat[l]!, end[q]! - 2 * step[q]!) < 0) return 0;
      within(moves, u, full[l]!);
    }
    for (let r = reads[k]!; r < reads[k + 1]!; r++) {
      const id = readId[r]!;
      const p = readMap[r]!;
      if (pinned[p] === 1) continue;
      const by = moves * window.stride[id]!;
      if (by % window.repeat[id]! !== 0 || by / window.repeat[id]! !== step[p]!) return 0;
      if (by > 0 && lower(window.stride[id]!, window.before[id]!, window.repeat[id]!, from[k]! - moves) < 0) return 0;
      within(step[p]!, upper(window.stride[id]!, window.extent[id]!, window.before[id]!, window.repeat[id]!, to[k]!), length[maps[p]!]!);
    }
  }
  return more;
}

/** First element of part `i` of an axis of `length`: eq. (1). */
const boundary = (i: number, tile: number, length: number, reference: number): number =>
  Math.min(length, Math.floor((i * tile * length + reference - 1) / reference));

const part = (i: number, tile: number, length: number, reference: number): number =>
  boundary(i + 1, tile, length, reference) - boundary(i, tile, length, reference);

/** The new interval of a map from what is needed of it. */
function settle(start: Int32Array, end: Int32Array, previous: Int32Array, q: number, mode: AxisMode): void {
  if (mode === KEEP) {
    start[q] = previous[q]!;
    if (end[q]! < previous[q]!) end[q] = previous[q]!;
  } else if (end[q]! < start[q]!) {
    start[q] = 0;
    end[q] = 0;
  }
}

const lower = (stride: number, before: number, repeat: number, a: number): number =>
  repeat === 1 ? a * stride - before : Math.floor((a * stride - before) / repeat);

const upper = (stride: number, extent: number, before: number, repeat: number, b: number): number => {
  const n = (b - 1) * stride + extent - before;
  return repeat === 1 ? n : Math.ceil(n / repeat);
};

function same(a: Int32Array, i: number, j: number, n: number): boolean {
  for (let k = 0; k < n; k++) if (a[i + k] !== a[j + k]) return false;
  return true;
}

function widen(bench: Bench): void {
  for (const field of ["fresh", "stored", "computed", "counts"] as const) {
    const wider = new Int32Array(2 * bench[field].length);
    wider.set(bench[field]);
    bench[field] = wider;
  }
}
