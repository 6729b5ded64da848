/** What a layer takes: so many pieces on crossbars of their own, each of `deep` rows (the last of `last`) and `wide` columns. */
export interface Pieces {
  readonly pieces: number;
  readonly deep: number;
  readonly last: number;
  /** The columns of a crossbar, halved so and so often. */
  readonly wide: number;
}

/** Where a layer lies: its crossbars, part by part and lane by lane, and the row and column where it begins on each. */
export interface Site {
  readonly crossbars: Int32Array;
  readonly rows: Int32Array;
  readonly columns: Int32Array;
}

/** Of a crossbar. */
export interface Cells {
  readonly rows: number;
  readonly columns: number;
}

/** How layers settle. */
export interface Manner {
  /** Which of them first. */
  readonly first: (a: Pieces, b: Pieces) => number;
  /** Whether each begins on the crossbar where the one before ended, and goes all the way round; else on those with the most room. */
  readonly round: boolean;
}

const LARGEST = (a: Pieces, b: Pieces) => b.deep * b.wide - a.deep * a.wide;
const WIDEST = (a: Pieces, b: Pieces) => b.wide - a.wide || b.deep - a.deep;
const TALLEST = (a: Pieces, b: Pieces) => b.deep - a.deep || b.wide - a.wide;

export const MANNERS: readonly Manner[] = [
  { first: LARGEST, round: false },
  { first: WIDEST, round: false },
  { first: TALLEST, round: false },
  { first: WIDEST, round: true },
];

/** Where all layers lie, and in which manner that was found. */
export interface Settled {
  readonly sites: readonly Site[];
  readonly manner: Manner;
}

/**
 * Gives every piece of every layer rows and columns of its own, on crossbars stacked `depth` high: what lies above one another takes turns on the same cells.
 *
 * @param manners tried one after the other; `undefined` where all fail.
 */
export function settle(
  layers: readonly Pieces[],
  crossbars: number,
  depth: number,
  cells: Cells,
  manners: readonly Manner[] = MANNERS,
): Settled | undefined {
  const area = layers.reduce((sum, { pieces, deep, last, wide }) => sum + ((pieces - 1) * deep + last) * wide, 0);
  if (area > crossbars * depth * cells.rows * cells.columns) return undefined;
  for (const manner of manners) {
    const order = layers.map((_, l) => l).sort((a, b) => manner.first(layers[a]!, layers[b]!) || a - b);
    const sites = settled(order, layers, crossbars, depth, cells, manner.round);
    if (sites !== undefined) return { sites, manner };
  }
  return undefined;
}

/** What is free of a crossbar: its last `height` rows of columns `[left, left + wide)`. */
interface Free {
  readonly left: number;
  readonly wide: number;
  readonly height: number;
}

/**
 * Layer by layer, each on the storey with the most room. On a crossbar a piece goes where it fits most tightly, and what is too wide is halved by columns.
 */
function settled(
  order: readonly number[],
  layers: readonly Pieces[],
  crossbars: number,
  depth: number,
  { rows, columns }: Cells,
  round: boolean,
): readonly Site[] | undefined {
  const sites: Site[] = new Array(layers.length);
  const count = crossbars * depth;
  const free: Free[][] = Array.from({ length: count }, () => [{ left: 0, wide: columns, height: rows }]);
  const room = new Float64Array(count).fill(rows * columns);
  const storeys = Array.from({ length: depth }, (_, k) => ({ k, room: crossbars * rows * columns, next: 0 }));
  const tightest = (x: number, wide: number, height: number): number => {
    const here = free[x]!;
    let best = -1;
    for (let k = 0; k < here.length; k++) {
      const f = here[k]!;
      if (f.wide < wide || f.height < height) continue;
      const b = here[best];
      if (b === undefined || f.wide < b.wide || (f.wide === b.wide && f.height < b.height)) best = k;
    }
    return best;
  };
  const take = (x: number, k: number, wide: number, height: number): Free => {
    const here = free[x]!;
    const f = here[k]!;
    here[k] = here.at(-1)!;
    here.pop();
    for (let half = f.wide / 2; half >= wide; half /= 2) here.push({ left: f.left + half, wide: half, height: f.height });
    if (f.height > height) here.push({ left: f.left, wide, height: f.height - height });
    room[x] = room[x]! - height * wide;
    return f;
  };
  for (const l of order) {
    const { pieces, deep, last, wide } = layers[l]!;
    storeys.sort((a, b) => b.room - a.room || a.k - b.k);
    let place: Int32Array | undefined;
    for (const storey of storeys) {
      const from = storey.k * crossbars;
      const rank = (x: number) => (round ? (x - from - storey.next + crossbars) % crossbars : rows * columns - room[x]!);
      place = chosenOf(from, crossbars, rank, layers[l]!, (x, height) => room[x]! >= wide * height && tightest(x, wide, height) >= 0);
      if (place === undefined) continue;
      storey.next = (place.at(-1)! + 1) % crossbars;
      storey.room -= ((pieces - 1) * deep + last) * wide;
      break;
    }
    if (place === undefined) return undefined;
    const site = {
      crossbars: place.map((x) => x % crossbars),
      rows: new Int32Array(pieces),
      columns: new Int32Array(pieces),
    };
    place.forEach((x, piece) => {
      const height = piece === pieces - 1 ? last : deep;
      const { left, height: below } = take(x, tightest(x, wide, height), wide, height);
      site.rows[piece] = rows - below;
      site.columns[piece] = left;
    });
    sites[l] = site;
  }
  return sites;
}

/** Crossbars of `[from, from + count)` for all pieces of a layer, those of the lowest rank; `undefined` where some find none. */
function chosenOf(
  from: number,
  count: number,
  rank: (x: number) => number,
  { pieces, deep, last }: Pieces,
  fits: (x: number, height: number) => boolean,
): Int32Array | undefined {
  // By rank, then by number.
  const able = new Float64Array(count);
  const short: number[] = [];
  let found = 0;
  for (let x = from; x < from + count; x++)
    if (fits(x, deep)) able[found++] = rank(x) * count + (x - from);
    else if (last < deep && fits(x, last)) short.push(x);
  if (found + Math.min(1, short.length) < pieces) return undefined;
  const first = able.subarray(0, found).sort();
  const chosen = Int32Array.from({ length: pieces }, (_, piece) => from + (piece < found ? first[piece]! % count : 0));
  if (short.length > 0) chosen[pieces - 1] = short[0]!;
  return chosen;
}
