/**
 * Of `members` those whose sums no other's undercut in every column (of equals the first), in the order of their sums, the first column first.
 *
 * @param members indices of what is compared.
 * @param sums `columns` per index.
 */
export function skyline(members: ArrayLike<number>, sums: Float64Array, columns: number): Int32Array {
  const order = Int32Array.from(members);
  sortBy(order, (i, j) => {
    for (let c = 0; c < columns; c++) {
      const difference = sums[i * columns + c]! - sums[j * columns + c]!;
      if (difference !== 0) return difference;
    }
    return i - j;
  });
  if (columns === 1) return order.subarray(0, 1);
  if (columns === 2) return falling(order, sums);
  if (columns === 3) return staircase(order, sums);
  return columns > 4 || order.length <= FEW ? pairwise(order, sums, columns) : halves(order, sums);
}

/** Members among which pairs are compared one by one. */
const FEW = 32;

/** Merge sort: no boxed numbers, and nothing is asked of the caller's memory. */
function sortBy(list: Int32Array, compare: (i: number, j: number) => number): void {
  const n = list.length;
  for (let from = 0; from < n; from += RUN) {
    const to = Math.min(n, from + RUN);
    for (let k = from + 1; k < to; k++) {
      const item = list[k]!;
      let at = k;
      for (; at > from && compare(list[at - 1]!, item) > 0; at--) list[at] = list[at - 1]!;
      list[at] = item;
    }
  }
  const copy = new Int32Array(n > RUN ? n : 0);
  for (let length = RUN; length < n; length *= 2) {
    copy.set(list);
    for (let from = 0; from + length < n; from += 2 * length) {
      const middle = from + length;
      const to = Math.min(n, middle + length);
      for (let a = from, b = middle, at = from; at < to; at++)
        list[at] = b >= to || (a < middle && compare(copy[a]!, copy[b]!) <= 0) ? copy[a++]! : copy[b++]!;
    }
  }
}

const RUN = 8;

/** By ascending first column, only a smaller second one is news. */
function falling(order: Int32Array, sums: Float64Array): Int32Array {
  let least = Number.POSITIVE_INFINITY;
  return order.filter((i) => {
    const news = sums[2 * i + 1]! < least;
    if (news) least = sums[2 * i + 1]!;
    return news;
  });
}

/** By ascending first column; `xs` and `ys` hold the front of the second and third, xs rising and ys falling. */
function staircase(order: Int32Array, sums: Float64Array): Int32Array {
  const xs: number[] = [];
  const ys: number[] = [];
  return order.filter((i) => {
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

/** By ascending first column. Who undercuts one often undercuts the next, so that one is asked first. */
function pairwise(order: Int32Array, sums: Float64Array, columns: number): Int32Array {
  const front = new Float64Array(order.length * columns);
  let kept = 0;
  return order.filter((i) => {
    const at = i * columns;
    for (let k = kept - 1; k >= 0; k--) {
      let c = 1;
      while (c < columns && front[k * columns + c]! <= sums[at + c]!) c++;
      if (c < columns) continue;
      for (let d = 0; d < columns; d++) {
        const other = front[(kept - 1) * columns + d]!;
        front[(kept - 1) * columns + d] = front[k * columns + d]!;
        front[k * columns + d] = other;
      }
      return false;
    }
    for (let c = 0; c < columns; c++) front[kept * columns + c] = sums[at + c]!;
    kept++;
    return true;
  });
}

/**
 * Four columns: who stands before another undercuts it in the first, so the front halves of ever longer stretches are held against the back halves.
 * Both by ascending second column; of those of the front half taken in, `least` has the smallest fourth up to every rank of the third.
 */
function halves(order: Int32Array, sums: Float64Array): Int32Array {
  const n = order.length;
  const [second, third, fourth] = [1, 2, 3].map((c) => Float64Array.from(order, (i) => sums[4 * i + c]!)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const rank = ranked(third);
  const beaten = new Uint8Array(n);
  const least = new Float64Array(n + 1).fill(Number.POSITIVE_INFINITY);
  const list = Int32Array.from(order.keys());
  const copy = new Int32Array(n);
  for (let length = 1; length < n; length *= 2) {
    copy.set(list);
    for (let from = 0; from + length < n; from += 2 * length) {
      const middle = from + length;
      const to = Math.min(n, middle + length);
      let a = from;
      let at = from;
      for (let b = middle; b < to; b++) {
        const back = copy[b]!;
        for (; a < middle && second[copy[a]!]! <= second[back]!; a++) {
          const front = copy[a]!;
          list[at++] = front;
          if (beaten[front] === 1) continue;
          for (let r = rank[front]!; r <= n; r += r & -r) if (fourth[front]! < least[r]!) least[r] = fourth[front]!;
        }
        list[at++] = back;
        if (beaten[back] === 1) continue;
        for (let r = rank[back]!; r > 0; r -= r & -r)
          if (least[r]! <= fourth[back]!) {
            beaten[back] = 1;
            break;
          }
      }
      for (let front = from; front < a; front++)
        for (let r = rank[copy[front]!]!; r <= n && least[r]! < Number.POSITIVE_INFINITY; r += r & -r) least[r] = Number.POSITIVE_INFINITY;
      while (a < middle) list[at++] = copy[a++]!;
    }
  }
  return order.filter((_, k) => beaten[k] === 0);
}

/** From 1, equal for equal values. */
function ranked(values: Float64Array): Int32Array {
  const order = Int32Array.from(values.keys());
  sortBy(order, (i, j) => values[i]! - values[j]!);
  const rank = new Int32Array(values.length);
  let last = 0;
  order.forEach((i, k) => {
    if (k === 0 || values[i] !== values[order[k - 1]!]) last++;
    rank[i] = last;
  });
  return rank;
}
