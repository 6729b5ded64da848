import type { Option } from "./options.js";
import { type Cells, type Manner, type Site, settle } from "./settle.js";

/** Which option each layer takes. */
export interface Placement {
  /** Per layer, index into its options. */
  readonly choice: readonly number[];
  /** Per layer. */
  readonly sites: readonly Site[];
  readonly value: number;
  /** No choice whose cells fit in all costs less. */
  readonly bound: number;
}

/** Crossbars that layers share, or take turns on. */
export interface Room {
  readonly crossbars: number;
  /** Layers that take turns on the same cells. */
  readonly depth: number;
  readonly cells: Cells;
}

/** Parts of a crossbar in which room is counted, and how many of them there may be in all. */
const PARTS = 32;
const MOST_PARTS = 8_000;
/** How often less room is tried, for each of the ways to count cells that others may find no use for. */
const TRIES = 8;
const RENTS = 24;
const WASTES = [0, 0.3, 1];
/** Ways of so small a share of all cells are not bound to a shape. */
const FEW = 64;
/** Placements that cost hardly more than the bound stay. Of others so many moves are tried at least, and more of few pieces. */
const NEAR = 1.05;
const MOVES = 16;
const MOVED_PIECES = 500_000;

/**
 * Gives each layer crossbars or rows and columns of them at least total cost: dynamic programming over layers and room, counted in parts of a
 * crossbar, then pieces where they fit; what finds no place there gets less room the next time. `undefined` where nothing was found.
 */
export function place(options: readonly (readonly Option[])[], room: Room, cost: (option: Option) => number): Placement | undefined {
  const crossbars = room.crossbars * room.depth;
  const parts = Math.max(1, Math.min(PARTS, Math.floor(MOST_PARTS / crossbars)));
  let best: Found | undefined;
  let bound: number | undefined;
  for (const allowed of shapesOf(room)) {
    for (const waste of WASTES) {
      const ways = options.map((mine) =>
        undominated(
          mine,
          (way) => Math.ceil(charged(way, room.cells, waste) * parts - 1e-9),
          (way) => (allowed(way) ? cost(way) : Number.POSITIVE_INFINITY),
        ),
      );
      const choice = choices(ways, crossbars * parts);
      bound ??= choice(crossbars * parts)?.value;
      if (bound === undefined) return undefined;
      // Halves towards the most room whose choice finds a place.
      let [small, large] = [0, crossbars * parts];
      for (let width = large, tries = 0; tries < TRIES && small < width; tries++, width = Math.floor((small + large) / 2)) {
        const chosen = choice(width);
        if (chosen === undefined) {
          if (width === crossbars * parts) break;
          small = width;
          continue;
        }
        if (best !== undefined && chosen.value >= best.value) break;
        const found = settled(options, chosen.choice, room);
        if (found === undefined) large = width;
        else {
          best = { ...chosen, ...found };
          small = width;
        }
      }
    }
    if (best !== undefined && best.value <= bound! * NEAR) break;
  }
  best ??= rented(options, room, cost);
  if (best === undefined || bound === undefined) return undefined;
  if (best.value > bound * NEAR) best = improved(best, options, room, cost);
  return { choice: best.choice, sites: best.sites, value: best.value, bound: Math.min(bound, best.value) };
}

/** Which ways may be taken: all; those of narrow pieces, that find a place beside one another; those of tall ones, that leave no low rows. Ways of few cells always, for they fill gaps. */
function shapesOf({ crossbars, depth, cells: { rows, columns } }: Room): readonly ((way: Option) => boolean)[] {
  const shapes: readonly ((way: Option) => boolean)[] = [
    () => true,
    ({ wide }) => 2 * wide <= columns,
    ({ deep }) => 4 * deep > rows,
    ({ deep }) => 8 * deep > rows,
    ({ wide }) => 4 * wide <= columns,
  ];
  return shapes.map((shape) => (way) => shape(way) || way.crossbars * FEW <= crossbars * depth);
}

/** A placement, and in which manner its pieces were settled. */
interface Found extends Omit<Placement, "bound"> {
  readonly manner: Manner;
}

const settled = (
  options: readonly (readonly Option[])[],
  choice: readonly number[],
  { crossbars, depth, cells }: Room,
  manners?: readonly Manner[],
) =>
  settle(
    choice.map((k, l) => {
      const { lanes, spread, deep, last, wide } = options[l]![k]!;
      return { pieces: lanes * spread, deep, last, wide };
    }),
    crossbars,
    depth,
    cells,
    manners,
  );

/** Every layer takes what costs it least with a rent on crossbars, at the lowest rent tried at which all find a place. */
function rented(options: readonly (readonly Option[])[], room: Room, cost: (option: Option) => number): Found | undefined {
  const start = options.reduce((sum, ways) => sum + ways.reduce((least, way) => Math.min(least, cost(way)), Number.POSITIVE_INFINITY), 0);
  for (const waste of [1, 0])
    for (let k = 0, rent = (start + 1e-30) / room.crossbars / room.depth / 8; k < RENTS; k++, rent *= 2) {
      const priced = (way: Option) => cost(way) + rent * charged(way, room.cells, waste);
      const choice = options.map((ways) => ways.reduce((best, way, at) => (priced(way) < priced(ways[best]!) ? at : best), 0));
      const found = settled(options, choice, room);
      if (found !== undefined) return { choice, ...found, value: choice.reduce((sum, at, l) => sum + cost(options[l]![at]!), 0) };
    }
  return undefined;
}

/** Gives layers, one at a time, a way that costs less, or two of them ways that cost less together, as long as all find a place. */
function improved(start: Found, options: readonly (readonly Option[])[], room: Room, cost: (option: Option) => number): Found {
  const total = room.crossbars * room.depth;
  const ways = options.map((mine) => [
    ...new Set([0, 1].flatMap((waste) => undominated(mine, (way) => charged(way, room.cells, waste), cost).map(({ index }) => index))),
  ]);
  let best = start;
  let tries = Math.max(MOVES, Math.floor(MOVED_PIECES / (1 + piecesOf(options, start.choice))));
  for (let found: Found | undefined = best; found !== undefined && tries > 0; ) {
    best = found;
    found = undefined;
    const { choice } = best;
    const used = choice.reduce((sum, at, l) => sum + options[l]![at]!.crossbars, 0);
    const steps = ways.flatMap((mine, layer) => {
      const now = options[layer]![choice[layer]!]!;
      return mine.map((at): Move => {
        const way = options[layer]![at]!;
        return { layer, at, gain: cost(now) - cost(way), more: way.crossbars - now.crossbars };
      });
    });
    for (const moves of movesOf(steps, total - used)) {
      if (tries-- <= 0) break;
      const next = choice.slice();
      for (const { layer, at } of moves) next[layer] = at;
      const settling = settled(options, next, room, [best.manner]);
      if (settling === undefined) continue;
      found = { choice: next, ...settling, value: best.value - moves.reduce((sum, { gain }) => sum + gain, 0) };
      break;
    }
  }
  return best;
}

/** Another way for a layer: what it costs less, and what it takes more. */
interface Move {
  readonly layer: number;
  readonly at: number;
  readonly gain: number;
  readonly more: number;
}

/** Moves alone and in pairs that gain something and for which there are cells, those that gain most first. */
function movesOf(steps: readonly Move[], free: number): readonly (readonly Move[])[] {
  const better = steps.filter(({ gain }) => gain > 0);
  const worse = steps.filter(({ gain, more }) => gain <= 0 && more < 0);
  const pairs = better.flatMap((up) =>
    worse.filter((down) => down.layer !== up.layer && up.gain + down.gain > 0 && up.more + down.more <= free).map((down) => [up, down]),
  );
  const gainOf = (moves: readonly Move[]) => moves.reduce((sum, { gain }) => sum + gain, 0);
  return [...better.filter(({ more }) => more <= free).map((up) => [up]), ...pairs]
    .map((moves) => ({ moves, gain: gainOf(moves) }))
    .sort((a, b) => b.gain - a.gain)
    .map(({ moves }) => moves);
}

const piecesOf = (options: readonly (readonly Option[])[], choice: readonly number[]): number =>
  choice.reduce((sum, at, l) => sum + options[l]![at]!.lanes * options[l]![at]!.spread, 0);

/** Crossbars that an option is counted as: its cells alone, or with the rows that are left where as many of its pieces as fit stand above one another, or between. */
function charged({ crossbars, lanes, spread, deep, wide }: Option, { rows, columns }: Cells, waste: number): number {
  const apart = ((lanes * spread) / Math.floor(rows / deep)) * (wide / columns);
  return crossbars + waste * Math.max(0, apart - crossbars);
}

interface Way {
  readonly index: number;
  readonly size: number;
  readonly price: number;
}

/** Ways that cost less than all that take no more room, smallest first. */
function undominated(
  ways: readonly Option[],
  sizeOf: (option: Option) => number,
  cost: (option: Option, at: number) => number,
): readonly Way[] {
  const sized = ways
    .map((way, index): Way => ({ index, size: sizeOf(way), price: cost(way, index) }))
    .sort((a, b) => a.size - b.size || a.price - b.price || a.index - b.index);
  let least = Number.POSITIVE_INFINITY;
  return sized.filter(({ price }) => {
    const better = price < least;
    least = Math.min(least, price);
    return better;
  });
}

/** By dynamic programming: tells the cheapest choice whose sizes come to at most so much in sum, for all sums up to `room`. */
function choices(ways: readonly (readonly Way[])[], room: number) {
  const width = room + 1;
  let best = new Float64Array(width);
  const taken: Int16Array[] = [];
  for (const mine of ways) {
    const next = new Float64Array(width).fill(Number.POSITIVE_INFINITY);
    const by = new Int16Array(width).fill(-1);
    mine.forEach(({ size, price }, k) => {
      for (let c = size; c < width; c++) {
        const value = best[c - size]! + price;
        if (value < next[c]!) {
          next[c] = value;
          by[c] = k;
        }
      }
    });
    taken.push(by);
    best = next;
  }
  return (most: number): { readonly choice: readonly number[]; readonly value: number } | undefined => {
    if (best[most] === Number.POSITIVE_INFINITY) return undefined;
    const choice = new Array<number>(ways.length).fill(0);
    for (let l = ways.length - 1, c = most; l >= 0; l--) {
      const way = ways[l]![taken[l]![c]!]!;
      choice[l] = way.index;
      c -= way.size;
    }
    return { choice, value: best[most]! };
  };
}
