/**
 * The most of two kinds of work that can run side by side: each unit of `left[i]` may be paired with a unit of
 * `right[j]` for `j` in `pairs[i]`, and each unit once. A maximum flow; Source: E. A. Dinic (1970).
 */
export function mostOverlap(left: Float64Array, right: Float64Array, pairs: readonly Int32Array[]): number {
  const free = Float64Array.from(left); // not yet paired
  const spare = Float64Array.from(right);
  const flows = pairs.map((list) => new Float64Array(list.length));
  const back: { readonly i: number; readonly k: number }[][] = Array.from(right, () => []);
  pairs.forEach((list, i) => {
    list.forEach((j, k) => {
      back[j]!.push({ i, k });
    });
  });
  // Nodes of the residual graph: the left ones, then the right ones.
  const level = new Int32Array(left.length + right.length);
  const nextPair = new Int32Array(left.length);
  const nextBack = new Int32Array(right.length);
  let total = 0;

  const layered = (): boolean => {
    level.fill(-1);
    const queue: number[] = [];
    for (let i = 0; i < left.length; i++) {
      if (free[i]! <= 0) continue;
      level[i] = 0;
      queue.push(i);
    }
    let reached = false;
    for (const v of queue) {
      if (v < left.length) {
        for (const j of pairs[v]!) {
          if (level[left.length + j] !== -1) continue;
          level[left.length + j] = level[v]! + 1;
          queue.push(left.length + j);
        }
      } else {
        const j = v - left.length;
        if (spare[j]! > 0) reached = true;
        for (const { i, k } of back[j]!) {
          if (level[i] !== -1 || flows[i]![k]! <= 0) continue;
          level[i] = level[v]! + 1;
          queue.push(i);
        }
      }
    }
    return reached;
  };
  const fromLeft = (i: number, most: number): number => {
    const list = pairs[i]!;
    for (; nextPair[i]! < list.length; nextPair[i]!++) {
      const k = nextPair[i]!;
      const j = list[k]!;
      if (level[left.length + j] !== level[i]! + 1) continue;
      const pushed = fromRight(j, most);
      if (pushed <= 0) continue;
      flows[i]![k]! += pushed;
      return pushed;
    }
    return 0;
  };
  const fromRight = (j: number, most: number): number => {
    if (spare[j]! > 0) {
      const pushed = Math.min(most, spare[j]!);
      spare[j]! -= pushed;
      return pushed;
    }
    const list = back[j]!;
    for (; nextBack[j]! < list.length; nextBack[j]!++) {
      const { i, k } = list[nextBack[j]!]!;
      const flow = flows[i]![k]!;
      if (flow <= 0 || level[i] !== level[left.length + j]! + 1) continue;
      const pushed = fromLeft(i, Math.min(most, flow));
      if (pushed <= 0) continue;
      flows[i]![k]! -= pushed;
      return pushed;
    }
    return 0;
  };

  while (layered()) {
    nextPair.fill(0);
    nextBack.fill(0);
    for (let i = 0; i < left.length; i++) {
      while (free[i]! > 0 && level[i] === 0) {
        const pushed = fromLeft(i, free[i]!);
        if (pushed <= 0) break;
        free[i]! -= pushed;
        total += pushed;
      }
    }
  }
  return total;
}
