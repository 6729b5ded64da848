/** A cheapest pairing of rows with columns, and the prices that prove it. */
export interface Assignment {
  /** Column of each row. */
  readonly column: Int32Array;
  readonly cost: number;
  /** Per row and per column: `rowPrice[i] + columnPrice[j] <= cost(i, j)`, and they add up to the cost. */
  readonly rowPrice: Float64Array;
  readonly columnPrice: Float64Array;
}

/**
 * Pairs each of `rows` rows with a column of its own at least cost, by shortest augmenting paths (Jonker and Volgenant,
 * Computing 38, 1987) in O(rows^2 x columns), after rows have bid for their cheapest columns.
 *
 * @param costs row-major, `rows` x `columns`, finite; `rows` <= `columns`.
 */
export function assign(costs: ArrayLike<number>, rows: number, columns = rows): Assignment {
  const rowPrice = new Float64Array(rows);
  const columnPrice = new Float64Array(columns);
  const rowOf = new Int32Array(columns).fill(-1);
  const column = new Int32Array(rows).fill(-1);
  const distance = new Float64Array(columns);
  const before = new Int32Array(columns);
  const done = new Uint8Array(columns);
  bid(costs, rows, columns, rowPrice, columnPrice, rowOf, column);
  for (let start = 0; start < rows; start++) {
    if (column[start]! >= 0) continue;
    distance.fill(Number.POSITIVE_INFINITY);
    done.fill(0);
    let row = start;
    let at = -1;
    let length = 0;
    let end = -1;
    // Dijkstra over columns, on costs reduced by the prices, until one is free.
    while (end < 0) {
      const base = row * columns;
      const reduced = length - rowPrice[row]!;
      let nearest = Number.POSITIVE_INFINITY;
      let next = -1;
      for (let j = 0; j < columns; j++) {
        if (done[j]) continue;
        const through = reduced + costs[base + j]! - columnPrice[j]!;
        if (through < distance[j]!) {
          distance[j] = through;
          before[j] = at;
        }
        // Of columns as near one that is free ends the path.
        if (distance[j]! < nearest || (distance[j]! === nearest && rowOf[j]! < 0 && rowOf[next]! >= 0)) {
          nearest = distance[j]!;
          next = j;
        }
      }
      length = nearest;
      done[next] = 1;
      if (rowOf[next]! < 0) end = next;
      else {
        at = next;
        row = rowOf[next]!;
      }
    }
    rowPrice[start] = rowPrice[start]! + length;
    for (let j = 0; j < columns; j++) {
      if (!done[j] || j === end) continue;
      const slack = length - distance[j]!;
      columnPrice[j] = columnPrice[j]! - slack;
      rowPrice[rowOf[j]!] = rowPrice[rowOf[j]!]! + slack;
    }
    for (let j = end; ; ) {
      const from = before[j]!;
      rowOf[j] = from < 0 ? start : rowOf[from]!;
      column[rowOf[j]!] = j;
      if (from < 0) break;
      j = from;
    }
  }
  let cost = 0;
  for (let i = 0; i < rows; i++) cost += costs[i * columns + column[i]!]!;
  return { column, cost, rowPrice, columnPrice };
}

/** Bids of a row before the others have theirs, and times that all rows left over bid. */
const BIDS = 4;
const TURNS = 2;

/**
 * Gives rows the columns that are cheapest at prices which make the second cheapest as good; who had the column bids again. Prices are such that what is paired already is
 * paired at least cost.
 */
function bid(
  costs: ArrayLike<number>,
  rows: number,
  columns: number,
  rowPrice: Float64Array,
  columnPrice: Float64Array,
  rowOf: Int32Array,
  column: Int32Array,
): void {
  // A column that may stay free has no price, so that columns are priced at first only where all are taken.
  if (rows === columns)
    for (let j = 0; j < columns; j++) {
      let least = Number.POSITIVE_INFINITY;
      for (let i = 0, at = j; i < rows; i++, at += columns) if (costs[at]! < least) least = costs[at]!;
      columnPrice[j] = least;
    }
  const left = new Int32Array(rows);
  for (let i = 0; i < rows; i++) left[i] = i;
  let count = rows;
  for (let turn = 0; turn < TURNS; turn++) {
    const bidders = count;
    count = 0;
    let bids = BIDS * bidders;
    for (let k = 0; k < bidders; ) {
      const i = left[k++]!;
      let [first, second, free] = [-1, -1, -1];
      let [least, next] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
      for (let j = 0, at = i * columns; j < columns; j++, at++) {
        const reduced = costs[at]! - columnPrice[j]!;
        if (reduced > next) continue;
        if (reduced < least) {
          [second, next] = [first, least];
          [first, least] = [j, reduced];
          free = rowOf[j]! < 0 ? j : -1;
        } else {
          if (reduced < next) [second, next] = [j, reduced];
          if (reduced === least && free < 0 && rowOf[j]! < 0) free = j;
        }
      }
      const better = second >= 0 && least < next;
      if (better) columnPrice[first] = columnPrice[first]! - (next - least);
      else if (free >= 0)
        first = free; // of equally cheap ones
      else if (second >= 0) first = second;
      const loser = rowOf[first]!;
      rowOf[first] = i;
      column[i] = first;
      if (loser < 0) continue;
      column[loser] = -1;
      if (better && bids-- > 0) left[--k] = loser;
      else left[count++] = loser;
    }
  }
  for (let i = 0; i < rows; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0, at = i * columns; j < columns; j++, at++) {
      const reduced = costs[at]! - columnPrice[j]!;
      if (reduced < least) least = reduced;
    }
    rowPrice[i] = least;
  }
}
