/** Either an order in which everything comes after what it needs, or a cycle that forbids one. */
export type Topology =
  | { readonly kind: "order"; readonly order: readonly number[] }
  /** Each member needs the next one, the last needs the first. */
  | { readonly kind: "cycle"; readonly cycle: readonly number[] };

/**
 * Orders `0 .. count - 1` so that everything comes after its `needs`. The given order is kept where it
 * already is one: needs are only pulled forward. Linear in nodes and edges, and no recursion, so that a
 * chain of any length is as good as any other graph.
 */
export function topologicalOrder(count: number, needs: (node: number) => readonly number[]): Topology {
  const state = new Uint8Array(count); // 0 not seen, 1 on the path, 2 done
  const order: number[] = [];
  const path: { readonly node: number; readonly needs: readonly number[]; next: number }[] = [];
  for (let root = 0; root < count; root++) {
    if (state[root] !== 0) continue;
    path.push({ node: root, needs: needs(root), next: 0 });
    state[root] = 1;
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const need = top.needs[top.next++];
      if (need === undefined) {
        state[top.node] = 2;
        order.push(top.node);
        path.pop();
      } else if (state[need] === 0) {
        state[need] = 1;
        path.push({ node: need, needs: needs(need), next: 0 });
      } else if (state[need] === 1) {
        const nodes = path.map((p) => p.node);
        return { kind: "cycle", cycle: nodes.slice(nodes.indexOf(need)) };
      }
    }
  }
  return { kind: "order", order };
}
