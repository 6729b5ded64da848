import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import type { Residency } from "../../base/replay.js";
import type { FusionProblem, Group } from "./plan.js";
import type { AxisWalk, Cast, Spans } from "./replay-tiles.js";

/** Bytes on chip while a group runs, each region as large as the tile that needs most of it. */
export interface Regions {
  /** Regions that stay for the whole group: waiting elements, and maps that cross the chip boundary. */
  readonly fixed: readonly Region[];
  /** Regions that come and go with the layers of a tile: inner maps and partial sums. */
  readonly passing: readonly (Region & { readonly from: number; readonly to: number })[];
  /** Most bytes of `fixed` and `passing` at any layer. */
  readonly features: number;
  /** Bytes beside them for weights. */
  readonly room: number;
  /** Bytes for weights while each layer of a tile runs. */
  readonly rooms: readonly number[];
  /** Bytes of weights on chip at a time. */
  readonly weights: number;
  /** Most bytes of weights that come in one piece. */
  readonly piece: number;
  /** Of blocks of results: where they wait to leave, if there is room for that, so that the sums of the next block can begin. */
  readonly exit: Region | undefined;
}

export interface Region {
  readonly name: string;
  readonly kind: Residency["kind"];
  readonly size: number;
}

/** Channels of inputs and weights that stream past a block of results at a time. */
export const SLAB_CHANNELS = 4;

/** Shares of a split weight buffer that come in one piece. */
const PIECES = 16;

/** What a group takes on chip, and every rule it breaks there (FUS-6 features, FUS-7 weights). */
export function regionsOf(
  problem: FusionProblem,
  group: Group,
  cast: Cast,
  y: AxisWalk,
  x: AxisWalk,
  where: string,
): { readonly regions: Regions; readonly violations: readonly Diagnostic[] } {
  const { buffers } = problem.machine;
  const { traversal } = group;
  const { fixed, passing, features, alive, exit } =
    traversal.kind === "outputBlocks" ? blockRegions(problem, cast, y, x, traversal.channels) : tileRegions(problem, cast, y, x);
  const unified = buffers.arrangement === "unified";
  const room = unified ? buffers.size - features : buffers.weights;
  const weights = cast.layers.reduce((sum, l) => sum + problem.layers[l]!.weights, 0);
  const { held, least, what } = weightNeed(problem, group, cast, y.tiles * x.tiles, weights, room);

  const violations: Diagnostic[] = [];
  const say = (code: Code, message: string, fix: string) => {
    violations.push(fail(code, where, message, fix));
  };
  const staging = unified && traversal.kind !== "outputBlocks" ? buffers.staging : 0;
  const most = (unified ? buffers.size : buffers.features) - staging;
  if (features > most)
    say("FUS-6", `feature maps take ${features} B on chip, there are ${most} B for them`, "use smaller tiles or fewer layers");
  else if (least > room)
    say("FUS-7", `${what} take ${least} B on chip, there are ${Math.max(0, room)} B for them`, "stream weights, or use smaller tiles");
  const streaming = unified && buffers.staging > 0 ? buffers.staging / 2 : room / PIECES;
  const piece = Math.max(1, Math.floor(Math.min(room / 2, streaming)));
  const free = (unified ? room - held : buffers.features - features) - (exit?.size ?? 0);
  const rooms = alive.map((bytes) => (unified ? room + features - total(fixed) - bytes : room));
  return { regions: { fixed, passing, features, room, rooms, weights: held, piece, exit: free >= 0 ? exit : undefined }, violations };
}

/** Bytes of weights that lie on chip, and that must at least. */
function weightNeed(
  problem: FusionProblem,
  { traversal }: Group,
  cast: Cast,
  tiles: number,
  total: number,
  room: number,
): { readonly held: number; readonly least: number; readonly what: string } {
  switch (traversal.kind) {
    case "tiles":
      return traversal.weights === "resident"
        ? { held: total, least: total, what: "weights that stay" }
        : { held: Math.min(total, room), least: Math.min(total, 2), what: "weights in passing" };
    case "weightGroups": {
      const two = Math.min(total, 2 * Math.ceil(total / traversal.count));
      return { held: two, least: two, what: `two of ${traversal.count} groups of weights` };
    }
    case "outputBlocks": {
      const { outputs, inputs, groups } = problem.layers[cast.layers[0]!]!.shape;
      const deep = inputs / groups;
      const slabs = 2 * Math.ceil((Math.min(SLAB_CHANNELS, deep) * traversal.channels * total) / (outputs * deep));
      return { held: tiles === 1 ? slabs : total <= room ? Math.max(total, slabs) : slabs, least: slabs, what: "two slabs of weights" };
    }
  }
}

interface FeatureRegions extends Pick<Regions, "fixed" | "passing" | "features" | "exit"> {
  /** Bytes of `passing` while each layer runs. */
  readonly alive: readonly number[];
}

function tileRegions(problem: FusionProblem, cast: Cast, y: AxisWalk, x: AxisWalk): FeatureRegions {
  const { layers, maps, externals, leaves, reads } = cast;
  const copies = y.tiles * x.tiles > 1 ? 2 : 1;
  const rows = y.fresh.map(longest);
  const columns = x.fresh.map(longest);
  const fixed = maps.flatMap((m, q): Region[] => {
    const { name, channels, width, bits, kind } = problem.maps[m]!;
    const crosses = q < externals || leaves[q];
    const size =
      (crosses && copies > 1 ? copies * bytesOf(bits, channels * rows[q]! * columns[q]!) : 0) +
      bytesOf(bits, channels * y.kept[q]! * width) +
      bytesOf(bits, channels * x.kept[q]! * (rows[q]! + y.kept[q]!));
    return size === 0 ? [] : [{ name, kind, size }];
  });
  layers.forEach((l, k) => {
    const { name, shape, computed, writes } = problem.layers[l]!;
    const { bits } = problem.maps[writes]!;
    const down = longest(y.computed[k]!) + y.keptComputed[k]!;
    const size =
      bytesOf(bits, shape.outputs * y.keptComputed[k]! * computed.width) + bytesOf(bits, shape.outputs * x.keptComputed[k]! * down);
    if (size > 0) fixed.push({ name: `${name} before pooling`, kind: "activation", size });
  });

  // One tile: what crosses the chip boundary has a place as long as it is used.
  const whole = maps.slice(0, copies > 1 ? 0 : externals).map((m, q) => {
    const { name, channels, bits, kind } = problem.maps[m]!;
    const last = reads.reduce((latest, list, reader) => (list.some((r) => r.map === q) ? reader : latest), 0);
    return { name, kind, size: bytesOf(bits, channels * rows[q]! * columns[q]!), from: 0, to: last + 1 };
  });
  const passing = layers.flatMap((l, k): Regions["passing"][number][] => {
    const { name, kind } = problem.layers[l]!;
    const q = externals + k;
    const map = problem.maps[maps[q]!]!;
    const last = reads.reduce((latest, list, reader) => (list.some((r) => r.map === q) ? reader : latest), k);
    const sums = kind === "mac" ? bytesOf(problem.machine.accumulatorBits, longest(y.computed[k]!) * longest(x.computed[k]!)) : 0;
    return [
      ...(leaves[q] && copies > 1
        ? []
        : [
            {
              name: map.name,
              kind: map.kind,
              size: bytesOf(map.bits, map.channels * rows[q]! * columns[q]!),
              from: k,
              to: leaves[q] ? layers.length : last + 1,
            },
          ]),
      ...(sums === 0 ? [] : [{ name: `${name} partial sums`, kind: "activation" as const, size: sums, from: k, to: k + 1 }]),
    ];
  });
  passing.push(...whole);
  const alive = layers.map((_, k) => passing.reduce((sum, r) => (r.from <= k && k < r.to ? sum + r.size : sum), 0));
  return { fixed, passing, features: total(fixed) + Math.max(...alive), alive, exit: undefined };
}

/** One layer: results of some channels accumulate, and inputs pass in slabs, two at a time; along an axis that is needed whole, as they come. */
function blockRegions(problem: FusionProblem, cast: Cast, y: AxisWalk, x: AxisWalk, channels: number): FeatureRegions {
  const { name, kind, pooling, writes } = problem.layers[cast.layers[0]!]!;
  const spans = (walk: AxisWalk) => longest(kind === "mac" ? walk.computed[0]! : walk.fresh[cast.externals]!);
  const sums = { name: `${name} partial sums`, kind: "activation" as const };
  const fixed: Region[] = [{ ...sums, size: bytesOf(problem.machine.accumulatorBits, channels * spans(y) * spans(x)) }];
  for (const { map: q, y: down, x: across } of cast.reads[0]!) {
    const map = problem.maps[cast.maps[q]!]!;
    const along = (walk: AxisWalk, moves: boolean) => (moves ? longest(walk.fresh[q]!) : Math.min(1, longest(walk.fresh[q]!)));
    const rows = along(y, down.stride > 0 && pooling?.y.stride !== 0);
    const columns = along(x, across.stride > 0 && pooling?.x.stride !== 0);
    fixed.push({ name: map.name, kind: map.kind, size: 2 * bytesOf(map.bits, Math.min(SLAB_CHANNELS, map.channels) * rows * columns) });
  }
  const map = problem.maps[writes]!;
  const size = bytesOf(map.bits, channels * longest(y.fresh[cast.externals]!) * longest(x.fresh[cast.externals]!));
  return { fixed, passing: [], features: total(fixed), alive: [0], exit: { name: map.name, kind: map.kind, size } };
}

/** Bytes of `count` elements, the last one begun counting whole. */
export const bytesOf = (bits: number, count: number): number => Math.ceil((bits * count) / 8);

const total = (regions: readonly Region[]): number => regions.reduce((sum, { size }) => sum + size, 0);

const longest = ({ start, end }: Spans): number => start.reduce((most, from, i) => Math.max(most, end[i]! - from), 0);
