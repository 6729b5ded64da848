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

/** Which layers settle first: those whose pieces are largest, tallest, widest, or most. */
const ORDERS: readonly ((a: Pieces, b: Pieces) => number)[] = [
  (a, b) => b.deep * b.wide - a.deep * a.wide,
  (a, b) => b.deep - a.deep || b.wide - a.wide,
  (a, b) => b.wide - a.wide || b.deep - a.deep,
  (a, b) => b.pieces - a.pieces,
];

/**
 * Gives every piece of every layer rows and columns of its own, on crossbars stacked `depth` high: what lies above one another takes turns on the same cells.
 * Some orders of the layers are tried, over the crossbars with the most room or the least; `undefined` where all fail.
 */
export function settle(layers: readonly Pieces[], crossbars: number, depth: number, cells: Cells): readonly Site[] | undefined {
  const area = layers.reduce((sum, { pieces, deep, last, wide }) => sum + ((pieces - 1) * deep + last) * wide, 0);
  if (area > crossbars * depth * cells.rows * cells.columns) return undefined;
  for (const tight of [false, true])
    for (const first of ORDERS) {
      const order = layers.map((_, l) => l).sort((a, b) => first(layers[a]!, layers[b]!) || a - b);
      const sites = settled(order, layers, crossbars, depth, cells, tight);
      if (sites !== undefined) return sites;
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
  tight: boolean,
): readonly Site[] | undefined {
  const sites: Site[] = new Array(layers.length);
  const count = crossbars * depth;
  const free: Free[][] = Array.from({ length: count }, () => [{ left: 0, wide: columns, height: rows }]);
  const room = new Float64Array(count).fill(rows * columns);
  const storeys = Array.from({ length: depth }, (_, k) => ({ k, room: crossbars * rows * columns }));
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
      place = chosenOf(storey.k * crossbars, crossbars, room, tight, layers[l]!, (x, height) => tightest(x, wide, height) >= 0);
      if (place === undefined) continue;
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

/** Crossbars of `[from, from + count)` for all pieces of a layer; `undefined` where some find none. */
function chosenOf(
  from: number,
  count: number,
  room: Float64Array,
  tight: boolean,
  { pieces, deep, last }: Pieces,
  fits: (x: number, height: number) => boolean,
): Int32Array | undefined {
  const able: number[] = [];
  const short: number[] = [];
  for (let x = from; x < from + count; x++)
    if (fits(x, deep)) able.push(x);
    else if (last < deep && fits(x, last)) short.push(x);
  if (able.length + Math.min(1, short.length) < pieces) return undefined;
  const sign = tight ? 1 : -1;
  able.sort((a, b) => sign * (room[a]! - room[b]!) || a - b);
  const chosen = Int32Array.from({ length: pieces }, (_, piece) => able[piece] ?? -1);
  if (short.length > 0) chosen[pieces - 1] = short[0]!;
  return chosen;
}
