import type { Lay } from "./flat.js";

/** How a group of layers is traversed. 0: by rows. n > 0: in n bands of rows, each by channels. n < 0: in -n bands of channels, each by rows. */
export type Bands = number;

/** Layers `from .. to`, run depth first from the group's results. */
export interface Group {
  readonly from: number;
  readonly to: number;
  readonly bands: Bands;
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
  const { from, to, bands } = group;
  const sinks: number[] = [];
  for (let l = from; l <= to; l++)
    for (const s of byLayer[l]!)
      if (latestReader[s]! > to || latestReader[s] === -1 || (bands !== 0 && l === to && unfinished[s])) sinks.push(s);
  const { row, channel, layer, run: runs } = site;
  const along = bands > 0 ? row : channel;
  const band = (s: number) => Math.floor(along[s]! * Math.abs(bands));
  // Runs of partial sums go round by round, so that what a round reads serves all sums of a band.
  const turn = (s: number) => (unfinished[s] ? runs[s]! : Number.MAX_SAFE_INTEGER);
  const byRow = (a: number, b: number) => row[a]! - row[b]! || layer[a]! - layer[b]! || channel[a]! - channel[b]! || a - b;
  const byChannel = (a: number, b: number) => channel[a]! - channel[b]! || row[a]! - row[b]! || a - b;
  sinks.sort(bands === 0 ? byRow : (a, b) => band(a) - band(b) || turn(a) - turn(b) || (bands > 0 ? byChannel(a, b) : byRow(a, b)));
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
