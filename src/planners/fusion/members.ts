import type { Members } from "./axis.js";
import type { Floors } from "./bounds.js";
import type { LayerId, MapId } from "./plan.js";
import type { Prepared } from "./prepare.js";

/** A group as the sweeps and prices see it. */
export interface GroupMembers extends Members {
  /** Greatest height and width of its output maps: what a tile is measured by. */
  readonly height: number;
  readonly width: number;
  /** Per external map: the first layer that reads it, counted within the group. */
  readonly firstReader: Int32Array;
  /** Local maps no longer needed after layer `k`: entries `freed[k] .. freed[k + 1] - 1` of `freedMap`. */
  readonly freed: Int32Array;
  readonly freedMap: Int32Array;
  /** Whether a window needs a fixed range wherever the tile is. */
  readonly whole: boolean;

  /** Bytes of weights of all layers. */
  readonly weights: number;
  /** Cycles of computing once what is needed, at the best rates. */
  readonly leastCycles: number;
  /** Multiply-accumulates of computing once what is needed. */
  readonly leastMacs: number;
  /** Picojoules meanwhile between array and buffer, at the best rates. */
  readonly leastExchange: number;
}

/** @param layers ascending */
export function membersOf(prepared: Prepared, floors: Floors, layers: Int32Array): GroupMembers {
  const { reads, readMap, writes, writer, readers, isOutput } = prepared;
  const inside = new Map<LayerId, number>();
  layers.forEach((l, k) => {
    inside.set(l, k);
  });
  const local = new Map<MapId, number>();
  const maps: MapId[] = [];
  for (const l of layers)
    for (let r = reads[l]!; r < reads[l + 1]!; r++) {
      const map = readMap[r]!;
      if (inside.has(writer[map]!) || local.has(map)) continue;
      local.set(map, maps.length);
      maps.push(map);
    }
  const externals = maps.length;
  const output = new Uint8Array(externals + layers.length);
  layers.forEach((l, k) => {
    const map = writes[l]!;
    local.set(map, externals + k);
    maps.push(map);
    const users = readers[map]!;
    output[externals + k] = isOutput[map] === 1 || users.length === 0 || users.some((u) => !inside.has(u)) ? 1 : 0;
  });

  const start = new Int32Array(layers.length + 1);
  const ids: number[] = [];
  const lastUse = new Int32Array(maps.length).fill(-1);
  const firstReader = new Int32Array(externals).fill(-1);
  layers.forEach((l, k) => {
    for (let r = reads[l]!; r < reads[l + 1]!; r++) {
      ids.push(r);
      const q = local.get(readMap[r]!)!;
      lastUse[q] = k;
      if (q < externals && firstReader[q]! < 0) firstReader[q] = k;
    }
    start[k + 1] = ids.length;
  });
  const freed = new Int32Array(layers.length + 1);
  const freedMap: number[] = [];
  for (let k = 0; k < layers.length; k++) {
    for (let q = 0; q < maps.length; q++) if (lastUse[q] === k && output[q] === 0) freedMap.push(q);
    freed[k + 1] = freedMap.length;
  }

  let height = 0;
  let width = 0;
  let weights = 0;
  let leastMacs = 0;
  let leastExchange = 0;
  let leastCycles = 0;
  let whole = false;
  const { y, x } = prepared;
  layers.forEach((l, k) => {
    const map = writes[l]!;
    if (output[externals + k] === 1) {
      height = Math.max(height, y.length[map]!);
      width = Math.max(width, x.length[map]!);
    }
    weights += prepared.weights[l]!;
    leastMacs += floors.macs[l]!;
    leastExchange += floors.exchange[l]!;
    leastCycles += floors.cycles[l]!;
    whole ||= y.pooling.stride[l] === 0 || x.pooling.stride[l] === 0;
    for (let r = reads[l]!; r < reads[l + 1]!; r++) whole ||= y.window.stride[r] === 0 || x.window.stride[r] === 0;
  });
  return {
    layers,
    maps: Int32Array.from(maps),
    externals,
    isOutput: output,
    reads: start,
    readMap: Int32Array.from(ids, (r) => local.get(readMap[r]!)!),
    readId: Int32Array.from(ids),
    height,
    width,
    firstReader,
    freed,
    freedMap: Int32Array.from(freedMap),
    whole,
    weights,
    leastCycles,
    leastMacs,
    leastExchange,
  };
}
