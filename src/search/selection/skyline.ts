/**
 * Of `members` those whose sums no other's undercut in every column (of equals the first).
 *
 * @param members indices of labels; reordered.
 * @param sums `columns` per label.
 */
export function skyline(members: number[], sums: Float64Array, columns: number): readonly number[] {
  if (members.length === 1) return members;
  members.sort((i, j) => {
    for (let c = 0; c < columns; c++) {
      const difference = sums[i * columns + c]! - sums[j * columns + c]!;
      if (difference !== 0) return difference;
    }
    return i - j;
  });
  if (columns === 1) return [members[0]!];
  if (columns === 2) return falling(members, sums);
  if (columns === 3) return staircase(members, sums);
  return pairwise(members, sums, columns);
}

/** By ascending first column, only a smaller second one is news. */
function falling(members: readonly number[], sums: Float64Array): readonly number[] {
  let least = Number.POSITIVE_INFINITY;
  return members.filter((i) => {
    const news = sums[2 * i + 1]! < least;
    if (news) least = sums[2 * i + 1]!;
    return news;
  });
}

/** By ascending first column; `xs` and `ys` hold the front of the second and third, xs rising and ys falling. */
function staircase(members: readonly number[], sums: Float64Array): readonly number[] {
  const xs: number[] = [];
  const ys: number[] = [];
  return members.filter((i) => {
    const x = sums[3 * i + 1]!;
    const y = sums[3 * i + 2]!;
    let low = 0;
    let high = xs.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (xs[middle]! <= x) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && ys[low - 1]! <= y) return false;
    let end = low;
    while (end < xs.length && ys[end]! >= y) end++;
    const from = low > 0 && xs[low - 1] === x ? low - 1 : low;
    xs.splice(from, end - from, x);
    ys.splice(from, end - from, y);
    return true;
  });
}

function pairwise(members: readonly number[], sums: Float64Array, columns: number): readonly number[] {
  const front = new Float64Array(members.length * columns);
  let kept = 0;
  return members.filter((i) => {
    const at = i * columns;
    for (let k = kept - 1; k >= 0; k--) {
      let c = 1; // the first column ascends
      while (c < columns && front[k * columns + c]! <= sums[at + c]!) c++;
      if (c === columns) return false;
    }
    for (let c = 0; c < columns; c++) front[kept * columns + c] = sums[at + c]!;
    kept++;
    return true;
  });
}
