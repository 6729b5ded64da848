import type { StepId } from "../plan.js";
import type { Network } from "./contents.js";
import { type Job, leastMakespan } from "./jackson.js";
import { makeSets } from "./sets.js";

/** What every plan in question has to do, and between what. */
export interface Work {
  /** Per step: cycles from the beginning to its start, and from its end to the end, at least. */
  readonly head: Float64Array;
  readonly tail: Float64Array;
  /** Different fetches that no plan avoids. */
  readonly fetches: readonly Fetch[];
}

/** A fetch that brings a content to one of its readers. */
export interface Fetch extends Job {
  /** The content was in the scratchpad before: these bytes are not compulsory. */
  readonly again: boolean;
  /** Steps that may run meanwhile. */
  readonly beside: () => Int32Array;
}

/** Contents and steps compared with one another; in larger networks, steps are thought to leave room for everything. */
const MOST_COMPARED = 20_000_000;
/** How far back from a reader steps without room are looked for. */
const FARTHEST = 5_000;

/** Of plans that run the steps in this order. */
export function workAlong({ steps, duration, contents, makes, blocks }: Network, order: readonly StepId[]): Work {
  const position = new Int32Array(steps);
  order.forEach((s, t) => {
    position[s] = t;
  });
  // Per position: what is stored before it because there is no room for it, with the place of its maker; what is fetched after a place.
  const stored: { readonly maker: number; readonly transfer: number }[][] = order.map(() => []);
  const fetched: { readonly content: number; readonly after: number; readonly again: boolean }[][] = order.map(() => []);
  contents.forEach(({ buffer, writer, readers, transfer }, content) => {
    const maker = writer < 0 ? -1 : position[writer]!;
    let before = maker;
    for (const t of readers.map((s) => position[s]!).sort((a, b) => a - b)) {
      const nearest = Math.max(before, t - FARTHEST);
      let at = t - 1;
      while (at > nearest && !blocks(order[at]!, buffer)) at--;
      const blocked = at > nearest;
      if (blocked || before < 0) {
        fetched[t]!.push({ content, after: blocked ? at : -1, again: maker >= 0 || before >= 0 });
        if (blocked && maker >= 0) stored[at]!.push({ maker, transfer });
      }
      before = Math.max(t, 0);
    }
  });

  const head = new Float64Array(steps);
  const tail = new Float64Array(steps);
  const end = (t: number) => (t < 0 ? 0 : head[order[t]!]! + duration[order[t]!]!);
  const fetches: Fetch[] = [];
  const starts: number[] = []; // of `fetches`: the position they are for
  let moved = 0;
  order.forEach((s, t) => {
    const own = fetched[t]!.map(({ content, after }): Job => ({ head: end(after), length: contents[content]!.transfer, tail: 0 }));
    moved += own.reduce((sum, { length }) => sum + length, 0);
    const emptied = stored[t]!.reduce((most, { maker, transfer }) => Math.max(most, end(maker) + transfer), 0);
    head[s] = Math.max(end(t - 1), moved, emptied, leastMakespan(own));
    fetched[t]!.forEach(({ after, again }, i) => {
      fetches.push({ ...own[i]!, again, beside: () => Int32Array.from(order.slice(after + 1, t)) });
      starts.push(t);
    });
  });
  let leaving = 0;
  for (let t = order.length - 1; t >= 0; t--) {
    const s = order[t]!;
    leaving += makes[s]!.reduce((sum, c) => sum + (contents[c]!.final ? contents[c]!.transfer : 0), 0);
    tail[s] = Math.max(t + 1 < order.length ? tail[order[t + 1]!]! + duration[order[t + 1]!]! : 0, leaving);
  }
  return { head, tail, fetches: fetches.map((f, i) => ({ ...f, tail: duration[order[starts[i]!]!]! + tail[order[starts[i]!]!]! })) };
}

/** Of all plans. Needs n^2 / 16 words. */
export function workOfAllOrders(network: Network): Work {
  const { steps: n, duration, contents, reads, makes, blocks } = network;
  const before = reads.map((list) => [...new Set(list.map((c) => contents[c]!.writer))].filter((w) => w >= 0));
  const after: StepId[][] = before.map(() => []);
  before.forEach((list, s) => {
    for (const p of list) after[p]!.push(s);
  });
  const transfer = Float64Array.from(contents, (c) => c.transfer);
  const earlier = makeSets(n, n); // steps that run before a step, and after it
  const later = makeSets(n, n);
  const arrived = makeSets(n, contents.length); // contents that come in before a step for the first time
  const leaving = makeSets(n, contents.length); // last contents of outputs that go out after its end
  for (let s = 0; s < n; s++) {
    for (const p of before[s]!) {
      earlier.unite(s, p);
      earlier.insert(s, p);
      arrived.unite(s, p);
    }
    for (const c of reads[s]!) if (contents[c]!.writer < 0) arrived.insert(s, c);
  }
  for (let s = n - 1; s >= 0; s--) {
    for (const q of after[s]!) {
      later.unite(s, q);
      later.insert(s, q);
      leaving.unite(s, q);
    }
    for (const c of makes[s]!) if (contents[c]!.final) leaving.insert(s, c);
  }

  // A content that is made before a step, read after it, and has no room beside it, is off chip meanwhile.
  const absent: number[][] = before.map(() => []); // by step
  const blockers: StepId[][] = contents.map(() => []); // by content
  if (n * contents.length <= MOST_COMPARED)
    contents.forEach(({ buffer, writer, readers }, c) => {
      for (let s = 0; s < n; s++) {
        if ((writer >= 0 && !later.has(writer, s)) || !blocks(s, buffer) || !readers.some((r) => later.has(s, r))) continue;
        absent[s]!.push(c);
        blockers[c]!.push(s);
      }
    });

  const tail = new Float64Array(n);
  const last = new Float64Array(n); // the least that follows the last of what runs after a step
  const stores = new Float64Array(n); // what has to follow a step because something of its making goes off chip
  for (let s = n - 1; s >= 0; s--) {
    last[s] = Number.POSITIVE_INFINITY;
    let rest = Math.max(stores[s]!, leaving.total(s, transfer));
    for (const q of after[s]!) {
      last[s] = Math.min(last[s]!, after[q]!.length === 0 ? tail[q]! : last[q]!);
      rest = Math.max(rest, duration[q]! + tail[q]!);
    }
    if (after[s]!.length > 0) rest = Math.max(rest, last[s]! + later.total(s, duration));
    const coming = new Map<StepId, number>(); // what each later step waits for after this one
    for (const c of absent[s]!)
      for (const r of contents[c]!.readers) if (later.has(s, r)) coming.set(r, (coming.get(r) ?? 0) + transfer[c]!);
    for (const [r, cycles] of coming) rest = Math.max(rest, cycles + duration[r]! + tail[r]!);
    tail[s] = rest;
    for (const c of absent[s]!) {
      const { writer } = contents[c]!;
      if (writer >= 0) stores[writer] = Math.max(stores[writer]!, transfer[c]! + duration[s]! + rest);
    }
  }

  const head = new Float64Array(n);
  const first = new Float64Array(n); // the soonest that anything of what runs before a step starts
  const fetches: Fetch[] = [];
  const served = new Int32Array(contents.length).fill(-1); // the reader of the last fetch counted
  for (let s = 0; s < n; s++) {
    first[s] = Number.POSITIVE_INFINITY;
    let ready = arrived.total(s, transfer);
    for (const p of before[s]!) {
      first[s] = Math.min(first[s]!, before[p]!.length === 0 ? head[p]! : first[p]!);
      ready = Math.max(ready, head[p]! + duration[p]!);
    }
    if (before[s]!.length > 0) ready = Math.max(ready, first[s]! + earlier.total(s, duration));
    for (const c of absent[s]!) {
      const { writer } = contents[c]!;
      if (writer >= 0) ready = Math.max(ready, head[writer]! + duration[writer]! + transfer[c]!);
    }
    const own: Job[] = [];
    for (const c of reads[s]!) {
      const { writer } = contents[c]!;
      const between = blockers[c]!.filter((x) => earlier.has(s, x));
      if (writer >= 0 && between.length === 0) continue;
      const begin = between.reduce((most, x) => Math.max(most, head[x]! + duration[x]!), 0);
      own.push({ head: begin, length: transfer[c]!, tail: 0 });
      const known = served[c]!;
      // Another fetch than the one counted before only if that one's reader runs before something that leaves no room.
      if (known >= 0 && !between.some((x) => earlier.has(x, known))) continue;
      served[c] = s;
      const job = { head: begin, length: transfer[c]!, tail: duration[s]! + tail[s]! };
      fetches.push({ ...job, again: writer >= 0 || known >= 0, beside: () => beside(contents[c]!.buffer, s, between) });
    }
    head[s] = Math.max(ready, leastMakespan(own));
  }
  return { head, tail, fetches };

  function beside(b: number, reader: StepId, between: readonly StepId[]): Int32Array {
    const over = new Uint8Array(n);
    over[reader] = 1;
    for (const s of later.members(reader)) over[s] = 1;
    for (const s of between) for (const x of earlier.members(s)) over[x] = 1;
    return Int32Array.from({ length: n }, (_, s) => s).filter((s) => !over[s] && !blocks(s, b));
  }
}
