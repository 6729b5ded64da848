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
 * Computing 38, 1987) in O(rows^2 x columns).
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
  for (let start = 0; start < rows; start++) {
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
        if (distance[j]! < nearest) {
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
