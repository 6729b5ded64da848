import type { Option } from "./options.js";
import { type Cells, type Site, settle } from "./settle.js";

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
const WASTES = [0, 0.3, 0.6, 1];

/**
 * Gives each layer crossbars or rows and columns of them at least total cost: dynamic programming over layers and room, counted in parts of a
 * crossbar, then pieces where they fit; what finds no place there gets less room the next time. `undefined` where nothing was found.
 */
export function place(options: readonly (readonly Option[])[], room: Room, cost: (option: Option) => number): Placement | undefined {
  const crossbars = room.crossbars * room.depth;
  const parts = Math.max(1, Math.min(PARTS, Math.floor(MOST_PARTS / crossbars)));
  let best: Omit<Placement, "bound"> | undefined;
  let bound: number | undefined;
  for (const waste of WASTES) {
    const kept = options.map((ways) => undominated(ways, (way) => Math.ceil(charged(way, room.cells, waste) * parts - 1e-9), cost));
    // Halves towards the most room whose choice finds a place.
    let [small, large] = [0, crossbars * parts];
    for (let width = large, tries = 0; tries < TRIES && small < width; tries++, width = Math.floor((small + large) / 2)) {
      const chosen = choose(kept, width);
      bound ??= chosen?.value;
      if (chosen === undefined) {
        if (width === crossbars * parts) break;
        small = width;
        continue;
      }
      if (best !== undefined && chosen.value >= best.value) break;
      const choice = chosen.choice.map((k, l) => kept[l]![k]!.index);
      const sites = settled(options, choice, room);
      if (sites === undefined) large = width;
      else {
        best = { choice, sites, value: chosen.value };
        small = width;
      }
    }
    if (bound === undefined) return undefined;
  }
  best ??= rented(options, room, cost);
  return best && bound !== undefined ? { ...best, bound: Math.min(bound, best.value) } : undefined;
}

const settled = (options: readonly (readonly Option[])[], choice: readonly number[], { crossbars, depth, cells }: Room) =>
  settle(
    choice.map((k, l) => {
      const { lanes, spread, deep, last, wide } = options[l]![k]!;
      return { pieces: lanes * spread, deep, last, wide };
    }),
    crossbars,
    depth,
    cells,
  );

/** Every layer takes what costs it least with a rent on crossbars, at the lowest rent tried at which all find a place. */
function rented(options: readonly (readonly Option[])[], room: Room, cost: (option: Option) => number) {
  const start = options.reduce((sum, ways) => sum + ways.reduce((least, way) => Math.min(least, cost(way)), Number.POSITIVE_INFINITY), 0);
  for (const waste of [1, 0])
    for (let k = 0, rent = (start + 1e-30) / room.crossbars / room.depth / 8; k < RENTS; k++, rent *= 2) {
      const priced = (way: Option) => cost(way) + rent * charged(way, room.cells, waste);
      const choice = options.map((ways) => ways.reduce((best, way, at) => (priced(way) < priced(ways[best]!) ? at : best), 0));
      const sites = settled(options, choice, room);
      if (sites !== undefined) return { choice, sites, value: choice.reduce((sum, at, l) => sum + cost(options[l]![at]!), 0) };
    }
  return undefined;
}

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
function undominated(ways: readonly Option[], sizeOf: (option: Option) => number, cost: (option: Option) => number): readonly Way[] {
  const sized = ways
    .map((way, index): Way => ({ index, size: sizeOf(way), price: cost(way) }))
    .sort((a, b) => a.size - b.size || a.price - b.price || a.index - b.index);
  let least = Number.POSITIVE_INFINITY;
  return sized.filter(({ price }) => {
    const better = price < least;
    least = Math.min(least, price);
    return better;
  });
}

function choose(ways: readonly (readonly Way[])[], room: number) {
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
  if (best[room] === Number.POSITIVE_INFINITY) return undefined;
  const choice = new Array<number>(ways.length).fill(0);
  for (let l = ways.length - 1, c = room; l >= 0; l--) {
    const k = taken[l]![c]!;
    choice[l] = k;
    c -= ways[l]![k]!.size;
  }
  return { choice, value: best[room]! };
}
