import { type FusionProblem, type Group, type Layer, MOST_JOBS } from "./plan.js";
import type { ArrayView } from "./replay-array.js";
import { type Regions, SLAB_CHANNELS } from "./replay-buffers.js";
import { makePen, type Pen, type Programme, type Transfer } from "./replay-programme.js";
import type { AxisWalk, Cast } from "./replay-tiles.js";
import { firstReaders, type View, viewOf } from "./replay-view.js";

/** A group's programme, and what its array does in all: cycles, multiply-accumulates, picojoules of the memories it reads and writes. */
export interface Work {
  readonly programme: Programme;
  readonly cycles: number;
  readonly macs: number;
  readonly memories: number;
}

/** Slabs of one block that are told apart; of more, several go at a time. */
const MOST_SLABS = 16;

/**
 * Writes the programme of one group.
 *
 * @param seen per map of the network: an earlier group has read it
 * @returns the number of jobs alone if there are more than `MOST_JOBS`
 */
export function workOf(
  problem: FusionProblem,
  array: ArrayView,
  { traversal }: Group,
  cast: Cast,
  y: AxisWalk,
  x: AxisWalk,
  regions: Regions,
  seen: readonly boolean[],
): Work | number {
  const { offChipRate } = problem.machine;
  const tiles = y.tiles * x.tiles;
  const layers = cast.layers.map((l) => problem.layers[l]!);
  const [first] = layers;
  const { outputs, inputs, groups } = first!.shape;
  const places = tiles === 1 ? 1 : 2;
  const scene: Scene = { view: viewOf(problem, array, cast, y, x), cast, layers, tiles };
  const pen = makePen(transfersOf(problem, cast, seen));
  switch (traversal.kind) {
    case "tiles": {
      const streamed = traversal.weights === "streamed";
      const pieces = layers.map(({ weights }) => Math.max(1, Math.ceil(weights / regions.piece)));
      const all = pieces.reduce((sum, n) => sum + n, 0);
      const jobs = all + (tiles - 1) * (streamed ? all : layers.length);
      if (jobs > MOST_JOBS) return jobs;
      byTiles(pen, scene, pieces, streamed ? regions.rooms : undefined);
      return { programme: pen.finish(places, 0, offChipRate), ...scene.view.sums };
    }
    case "weightGroups": {
      const jobs = tiles * traversal.count;
      if (jobs > MOST_JOBS) return jobs;
      byWeightGroups(pen, scene, traversal.count);
      return { programme: pen.finish(places, regions.room, offChipRate), ...scene.view.sums };
    }
    case "outputBlocks": {
      const blocks = Math.ceil(outputs / traversal.channels);
      const slabs = Math.min(MOST_SLABS, Math.ceil(inputs / groups / SLAB_CHANNELS));
      const jobs = tiles * blocks * slabs;
      if (jobs > MOST_JOBS) return jobs;
      const passes = Math.ceil(outputs / groups / traversal.channels);
      const blocked = { blocks, slabs, passes, once: tiles === 1 || first!.weights <= regions.room, exit: regions.exit !== undefined };
      byOutputBlocks(pen, scene, blocked);
      return { programme: pen.finish(2, 0, offChipRate), ...scene.view.sums };
    }
  }
}

interface Scene {
  readonly view: View;
  readonly cast: Cast;
  readonly layers: readonly Layer[];
  readonly tiles: number;
}

/**
 * Tile by tile through all layers; the weights of a layer come in pieces, each with its share of the layer's cycles.
 *
 * @param rooms of weights that do not stay: bytes for them while each layer runs
 */
function byTiles(pen: Pen, { view, cast, layers, tiles }: Scene, pieces: readonly number[], rooms: readonly number[] | undefined): void {
  const ahead = makeAhead(layers, rooms ?? []);
  const stored = layers.map((): number[] => []);
  for (let t = 0; t < tiles; t++) {
    view.enter(t);
    layers.forEach(({ weights }, k) => {
      const coming = t === 0 || rooms !== undefined ? weights : 0;
      const n = coming > 0 ? pieces[k]! : 1;
      const cycles = view.compute(k);
      for (let p = 0; p < n; p++) {
        // A place for results is free when those of the tile before the last have left.
        const job = pen.begin(k, share(cycles, p, n), stored[k]!.at(-2) ?? -1);
        if (k === 0 && p === 0) pen.arrive();
        if (p === 0)
          for (const q of view.readFirstBy[k]!) {
            pen.move(newOf(q), view.newBytes(q));
            pen.move(haloOf(q), view.loadedBytes(q) - view.newBytes(q));
          }
        const piece = wholeShare(coming, p, n);
        pen.move(t === 0 ? weightsOf(cast, k) : streamOf(cast, k), piece);
        if (rooms !== undefined) pen.hold(ahead(t, k, piece), piece);
        if (p === n - 1 && view.storedBytes(k) > 0) {
          pen.move(storeOf(cast, k), view.storedBytes(k));
          stored[k]!.push(job);
        }
        if (k === layers.length - 1 && p === n - 1) pen.depart();
      }
    });
  }
}

/**
 * How much more has to be used up before each further piece of streamed weights may come. A piece may wait on chip while
 * layer `m` runs only if all that has come and is not used up by then fits `rooms[m]`: of the `W` bytes up to the piece's
 * end, `min(used when m ends, W - rooms[m])` have to be used before it comes, for all layers up to its own.
 */
function makeAhead(layers: readonly Layer[], rooms: readonly number[]): (tile: number, layer: number, piece: number) => number {
  const own = layers.map(({ weights }) => weights);
  const all = own.reduce((sum, n) => sum + n, 0);
  const ends = own.map((_, k) => own.slice(0, k + 1).reduce((sum, n) => sum + n, 0));
  let come = 0;
  let used = 0;
  return (tile, layer, piece) => {
    come += piece;
    const before = used;
    // Layers further back than that were used up sooner than what is needed already.
    for (let m = tile * layers.length + layer; m >= 0; m--) {
      const k = m % layers.length;
      const end = ((m - k) / layers.length) * all + ends[k]!;
      if (end <= used) break;
      used = Math.max(used, Math.min(end, come - rooms[k]!));
    }
    return used - before;
  };
}

/** Pass by pass, each with one group of weights and all tiles; the weights of the next pass come bit by bit meanwhile. */
function byWeightGroups(pen: Pen, { view, cast, layers, tiles }: Scene, count: number): void {
  const { weights } = layers[0]!;
  const ofPass = (p: number) => (p < count ? wholeShare(weights, p, count) : 0);
  const stored: number[] = [];
  for (let p = 0; p < count; p++)
    for (let t = 0; t < tiles; t++) {
      view.enter(t);
      const job = pen.begin(0, (p === 0 ? view.compute(0) : view.cycles(0)) / count, stored.at(-2) ?? -1);
      pen.arrive();
      for (const q of view.readFirstBy[0]!) {
        const fresh = p === 0 ? view.newBytes(q) : 0;
        pen.move(newOf(q), fresh);
        pen.move(p === 0 ? haloOf(q) : againOf(q), view.loadedBytes(q) - fresh);
      }
      const coming = (p === 0 && t === 0 ? ofPass(0) : 0) + wholeShare(ofPass(p + 1), t, tiles);
      pen.move(weightsOf(cast, 0), coming);
      pen.hold(coming, t === tiles - 1 ? ofPass(p) : 0);
      const leaving = wholeShare(view.storedBytes(0), p, count);
      pen.move(storeOf(cast, 0), leaving);
      if (leaving > 0) stored.push(job);
      pen.depart();
    }
}

interface Blocked {
  readonly blocks: number;
  readonly slabs: number;
  /** Times that a tile is loaded. */
  readonly passes: number;
  /** Weights come once and stay. */
  readonly once: boolean;
  /** Results wait apart from the sums until they have left. */
  readonly exit: boolean;
}

/** Tile by tile, block of results by block, slab of channels by slab. */
function byOutputBlocks(pen: Pen, { view, cast, layers, tiles }: Scene, { blocks, slabs, passes, once, exit }: Blocked): void {
  const { weights } = layers[0]!;
  const parts = blocks * slabs;
  const stored: number[] = [];
  for (let t = 0; t < tiles; t++) {
    view.enter(t);
    const cycles = view.compute(0);
    for (let part = 0; part < parts; part++) {
      const block = Math.floor(part / slabs);
      const slab = part % slabs;
      const job = pen.begin(0, cycles / parts, stored.at(-leftBefore(slab, slabs, exit)) ?? -1);
      pen.arrive();
      for (const q of view.readFirstBy[0]!) {
        // All passes over the tile end to end, of which the first brings what is new.
        const sizes = [view.newBytes(q), view.loadedBytes(q) - view.newBytes(q), (passes - 1) * view.loadedBytes(q)];
        const all = passes * view.loadedBytes(q);
        const from = wholeUpTo(all, part, parts);
        const to = wholeUpTo(all, part + 1, parts);
        let at = 0;
        [newOf(q), haloOf(q), againOf(q)].forEach((transfer, i) => {
          pen.move(transfer, Math.max(0, Math.min(to, at + sizes[i]!) - Math.max(from, at)));
          at += sizes[i]!;
        });
      }
      if (t === 0 || !once) pen.move(t === 0 ? weightsOf(cast, 0) : streamOf(cast, 0), wholeShare(weights, part, parts));
      if (slab === slabs - 1) {
        const leaving = wholeShare(view.storedBytes(0), block, blocks);
        pen.move(storeOf(cast, 0), leaving);
        if (leaving > 0) stored.push(job);
      }
      pen.depart();
    }
  }
}

/**
 * How many blocks back the results must have left the chip before a slab computes. Where they wait apart, those of the block
 * before are gone when this block ends; else before its sums overwrite them, which the first of several slabs does while
 * they leave.
 */
function leftBefore(slab: number, slabs: number, exit: boolean): number {
  const ahead = exit ? slabs === 1 || slab < slabs - 1 : slabs > 1 && slab === 0;
  return ahead ? 2 : 1;
}

/** Numbers of the transfers of an external map: elements that come for the first time, halo, and further passes. */
const newOf = (q: number): number => 3 * q;
const haloOf = (q: number): number => 3 * q + 1;
const againOf = (q: number): number => 3 * q + 2;
/** Of a layer: weights for the first time and again, and its result. */
const weightsOf = ({ externals }: Cast, k: number): number => 3 * externals + 2 * k;
const streamOf = ({ externals }: Cast, k: number): number => 3 * externals + 2 * k + 1;
const storeOf = ({ externals, layers }: Cast, k: number): number => 3 * externals + 2 * layers.length + k;

function transfersOf({ maps, layers }: FusionProblem, cast: Cast, seen: readonly boolean[]): Transfer[] {
  const readers = firstReaders(cast);
  const inward = cast.maps.slice(0, cast.externals).flatMap((m, q): Transfer[] => {
    const { name, kind } = maps[m]!;
    const of = { layer: readers[q]!, tensor: name, direction: "in" } as const;
    return [
      { ...of, cause: kind === "input" && !seen[m] ? "input" : "refetch" },
      { ...of, cause: "halo" },
      { ...of, cause: "refetch" },
    ];
  });
  const weights = cast.layers.flatMap((l, k): Transfer[] => {
    const of = { layer: k, tensor: weightsName(layers[l]!), direction: "in" } as const;
    return [
      { ...of, cause: "weight" },
      { ...of, cause: "weight-stream" },
    ];
  });
  const outward = cast.layers.map((l, k): Transfer => {
    const map = maps[layers[l]!.writes]!;
    const needed = layers.some(({ reads }) => reads.some((r) => r.map === layers[l]!.writes));
    return { layer: k, tensor: map.name, direction: "out", cause: map.kind === "output" || !needed ? "output" : "spill" };
  });
  return [...inward, ...weights, ...outward];
}

/** The weights of a layer as a tensor of the report. */
export const weightsName = ({ name }: Layer): string => `weights of ${name}`;

/** Part `i` of `n` of an amount; of a whole one in whole parts. */
const share = (amount: number, i: number, n: number): number => (amount * (i + 1)) / n - (amount * i) / n;
const wholeUpTo = (amount: number, i: number, n: number): number => (i === n ? amount : Math.floor((amount / n) * i));
const wholeShare = (amount: number, i: number, n: number): number => wholeUpTo(amount, i + 1, n) - wholeUpTo(amount, i, n);
