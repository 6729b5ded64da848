import type { Option } from "./options.js";

/** Where a layer lies: its crossbars, part by part and lane by lane, and the row where it begins on each. */
export interface Site {
  readonly crossbars: Int32Array;
  readonly rows: Int32Array;
  /** Whether it has all rows of its crossbars to itself. */
  readonly alone: boolean;
}

/** Which option each layer takes. */
export interface Placement {
  /** Per layer, index into its options. */
  readonly choice: readonly number[];
  /** Per layer. */
  readonly sites: readonly Site[];
  readonly value: number;
  /** No choice whose rows fit in all costs less. */
  readonly bound: number;
}

/** Parts of a crossbar in which room is counted, and how many of them there may be in all. */
const PARTS = 32;
const MOST_PARTS = 20_000;
/** How often less room is tried, for each of the ways to count rows that others may find no use for. */
const TRIES = 8;
const RENTS = 24;
const WASTES = [0, 0.3, 0.6, 1];

/**
 * Gives each layer crossbars or rows of them at least total cost: dynamic programming over layers and room, counted in parts of a
 * crossbar, then rows by best fit; what finds no place there gets less room the next time. `undefined` where nothing was found.
 */
export function place(
  options: readonly (readonly Option[])[],
  crossbars: number,
  rows: number,
  cost: (option: Option) => number,
): Placement | undefined {
  const parts = Math.max(1, Math.min(PARTS, Math.floor(MOST_PARTS / crossbars)));
  let best: Omit<Placement, "bound"> | undefined;
  let bound: number | undefined;
  for (const waste of WASTES) {
    const kept = options.map((ways) => undominated(ways, (way) => Math.ceil(charged(way, rows, waste) * parts - 1e-9), cost));
    // Halves towards the most room whose choice finds a place.
    let [small, large] = [0, crossbars * parts];
    for (let room = large, tries = 0; tries < TRIES && small < room; tries++, room = Math.floor((small + large) / 2)) {
      const chosen = choose(kept, room);
      bound ??= chosen?.value;
      if (chosen === undefined) {
        if (room === crossbars * parts) break;
        small = room;
        continue;
      }
      if (best !== undefined && chosen.value >= best.value) break;
      const choice = chosen.choice.map((k, l) => kept[l]![k]!.index);
      const { sites, count } = settle(
        choice.map((k, l) => options[l]![k]!),
        rows,
      );
      if (count > crossbars) large = room;
      else {
        best = { choice, sites, value: chosen.value };
        small = room;
      }
    }
    if (bound === undefined) return undefined;
  }
  best ??= rented(options, crossbars, rows, cost);
  return best && bound !== undefined ? { ...best, bound: Math.min(bound, best.value) } : undefined;
}

/** Every layer takes what costs it least with a rent on crossbars, at the lowest rent tried at which all find a place. */
function rented(options: readonly (readonly Option[])[], crossbars: number, rows: number, cost: (option: Option) => number) {
  const start = options.reduce((sum, ways) => sum + ways.reduce((least, way) => Math.min(least, cost(way)), Number.POSITIVE_INFINITY), 0);
  for (const waste of [1, 0])
    for (let k = 0, rent = (start + 1e-30) / crossbars / 8; k < RENTS; k++, rent *= 2) {
      const priced = (way: Option) => cost(way) + rent * charged(way, rows, waste);
      const choice = options.map((ways) => ways.reduce((best, way, at) => (priced(way) < priced(ways[best]!) ? at : best), 0));
      const chosen = choice.map((at, l) => options[l]![at]!);
      const { sites, count } = settle(chosen, rows);
      if (count <= crossbars) return { choice, sites, value: chosen.reduce((sum, way) => sum + cost(way), 0) };
    }
  return undefined;
}

/** Crossbars that an option is counted as: its rows alone, or as if nobody else used its crossbars where it has several, or between. */
function charged({ crossbars, lanes, spread, deep }: Option, rows: number, waste: number): number {
  const pieces = lanes * spread;
  const apart = pieces > 1 ? pieces : 1 / Math.floor(rows / deep);
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

/** Tallest first, each where the fewest rows that suffice are left, on crossbars that the layer is not on. */
function settle(options: readonly Option[], rows: number): { readonly sites: readonly Site[]; readonly count: number } {
  const sites = options.map(({ lanes, spread }) => ({ crossbars: new Int32Array(lanes * spread), rows: new Int32Array(lanes * spread) }));
  const layersOn: number[] = [];
  /** Crossbars by rows left. */
  const left: number[][] = Array.from({ length: rows + 1 }, () => []);
  const open = () => {
    left[rows]!.push(layersOn.length);
    layersOn.push(0);
  };
  for (const l of options.map((_, l) => l).sort((a, b) => options[b]!.deep - options[a]!.deep || a - b)) {
    const { deep, last } = options[l]!;
    const { crossbars, rows: tops } = sites[l]!;
    // Given back when all of the layer has its place, so that none of its crossbars is taken twice.
    const held: (readonly [left: number, crossbar: number])[] = [];
    for (let x = 0; x < crossbars.length; x++) {
      const height = x === crossbars.length - 1 ? last : deep;
      let free = height;
      while (free < rows && left[free]!.length === 0) free++;
      if (left[free]!.length === 0) open();
      const crossbar = left[free]!.pop()!;
      held.push([free - height, crossbar]);
      crossbars[x] = crossbar;
      tops[x] = rows - free;
      layersOn[crossbar] = layersOn[crossbar]! + 1;
    }
    for (const [free, crossbar] of held.reverse()) left[free]!.push(crossbar);
  }
  return {
    sites: sites.map((site) => ({ ...site, alone: site.crossbars.every((crossbar) => layersOn[crossbar] === 1) })),
    count: layersOn.length,
  };
}
