import type { Lay } from "./flat.js";

/** How the results of a group of layers are gone through: block by block, `rows` bands of `channels` blocks each; in a block along one axis first. */
export interface Traversal {
  readonly rows: number;
  readonly channels: number;
  readonly along: "rows" | "channels";
}

/** All rows one after the other. */
export const BY_ROWS: Traversal = { rows: 1, channels: 1, along: "rows" };

/** Layers `from .. to`, run depth first from the group's results. */
export interface Group {
  readonly from: number;
  readonly to: number;
  readonly traversal: Traversal;
}

/** Steps of each layer, in the model's order. */
export function stepsByLayer({ site, flat }: Lay): readonly (readonly number[])[] {
  const list: number[][] = Array.from({ length: site.layers }, () => []);
  for (let s = 0; s < flat.steps; s++) list[site.layer[s]!]!.push(s);
  return list;
}

/** Appends the group's steps to `order` from `length` on and says where it ends. `done` marks the steps that ran and is updated. */
export function appendGroup(
  lay: Lay,
  byLayer: readonly (readonly number[])[],
  group: Group,
  done: Uint8Array,
  order: Int32Array,
  length: number,
): number {
  const { site, first, before, latestReader, unfinished } = lay;
  const { from, to, traversal } = group;
  const plain = traversal === BY_ROWS;
  const sinks: number[] = [];
  for (let l = from; l <= to; l++)
    for (const s of byLayer[l]!)
      if (latestReader[s]! > to || latestReader[s] === -1 || (!plain && l === to && unfinished[s])) sinks.push(s);
  const { row, channel, layer, run: runs } = site;
  const block = (s: number) => Math.floor(row[s]! * traversal.rows) * traversal.channels + Math.floor(channel[s]! * traversal.channels);
  // Runs of partial sums go round by round, so that what a round reads serves all sums of a band.
  const turn = (s: number) => (unfinished[s] ? runs[s]! : Number.MAX_SAFE_INTEGER);
  const byRow = (a: number, b: number) => row[a]! - row[b]! || layer[a]! - layer[b]! || channel[a]! - channel[b]! || a - b;
  const byChannel = (a: number, b: number) => channel[a]! - channel[b]! || row[a]! - row[b]! || a - b;
  const inner = traversal.along === "rows" ? byRow : byChannel;
  sinks.sort(plain ? byRow : (a, b) => block(a) - block(b) || turn(a) - turn(b) || inner(a, b));
  const stack: number[] = [];
  const at: number[] = [];
  const run = (root: number) => {
    if (done[root]) return;
    stack.push(root);
    at.push(first[root]!);
    while (stack.length > 0) {
      const top = stack.length - 1;
      const s = stack[top]!;
      if (done[s]) {
        stack.pop();
        at.pop();
        continue;
      }
      let k = at[top]!;
      while (k < first[s + 1]! && done[before[k]!]) k++;
      if (k < first[s + 1]!) {
        at[top] = k + 1;
        stack.push(before[k]!);
        at.push(first[before[k]!]!);
      } else {
        done[s] = 1;
        order[length++] = s;
        stack.pop();
        at.pop();
      }
    }
  };
  for (const s of sinks) run(s);
  for (let l = from; l <= to; l++) for (const s of byLayer[l]!) run(s);
  return length;
}
