/**
 * The value of a matrix game: multipliers on a simplex against points, max over multipliers of the least weighted sum of a point.
 * As a linear programme, max 1·u with the points as columns and every row at most 1, solved on a dense tableau (few rows).
 *
 * @param points of `rows` coordinates each, none negative, none all zero.
 * @returns the value, an upper bound for what any multipliers can reach against more points, and the multipliers that reach it here.
 */
export function solveGame(points: readonly Float64Array[], rows: number): { readonly value: number; readonly multipliers: Float64Array } {
  const count = points.length;
  const width = count + rows + 1;
  const tableau = Array.from({ length: rows }, (_, r) => {
    const line = new Float64Array(width);
    points.forEach((point, j) => {
      line[j] = point[r]!;
    });
    line[count + r] = 1;
    line[width - 1] = 1;
    return line;
  });
  const gain = new Float64Array(width).fill(-1, 0, count);

  for (let turn = 0; turn < MOST_PIVOTS; turn++) {
    const enters = entering(gain, turn >= MOST_PIVOTS / 2);
    if (enters < 0) break;
    const leaves = leaving(tableau, enters);
    if (leaves < 0) break;
    const pivot = tableau[leaves]!;
    scale(pivot, 1 / pivot[enters]!);
    for (const line of tableau) if (line !== pivot) subtract(line, pivot, line[enters]!);
    subtract(gain, pivot, gain[enters]!);
  }

  const multipliers = new Float64Array(rows);
  let sum = 0;
  for (let r = 0; r < rows; r++) sum += multipliers[r] = Math.max(0, gain[count + r]!);
  scale(multipliers, 1 / sum);
  return { value: 1 / gain[width - 1]!, multipliers };
}

const MOST_PIVOTS = 2000;

/** The column of largest gain; the first of any gain once the search may be going round in circles. */
function entering(gain: Float64Array, first: boolean): number {
  let best = -1;
  let least = -1e-11;
  for (let j = 0; j < gain.length - 1; j++) {
    if (gain[j]! >= least) continue;
    if (first) return j;
    least = gain[j]!;
    best = j;
  }
  return best;
}

function leaving(tableau: readonly Float64Array[], column: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  tableau.forEach((line, r) => {
    if (line[column]! <= 1e-12) return;
    const ratio = line.at(-1)! / line[column]!;
    if (ratio < least - 1e-15) {
      least = ratio;
      best = r;
    }
  });
  return best;
}

function scale(line: Float64Array, by: number): void {
  for (let j = 0; j < line.length; j++) line[j]! *= by;
}

function subtract(line: Float64Array, other: Float64Array, times: number): void {
  if (times !== 0) for (let j = 0; j < line.length; j++) line[j]! -= times * other[j]!;
}
