import { describe, expect, test } from "vitest";
import { rng } from "../../base/rng.js";
import { type Jobs, run } from "./events.js";

interface Job {
  readonly load: number;
  readonly compute: number;
  readonly store?: number;
  readonly after?: number;
  readonly taken?: number;
  readonly given?: number;
}

const jobsOf = (list: readonly Job[], rest: Partial<Jobs> & { readonly room?: number } = {}): Jobs => ({
  count: list.length,
  load: Float64Array.from(list, ({ load }) => load),
  compute: Float64Array.from(list, ({ compute }) => compute),
  store: Float64Array.from(list, ({ store = 0 }) => store),
  after: Int32Array.from(list, ({ after = -1 }) => after),
  buffers: [
    {
      size: rest.room ?? Number.POSITIVE_INFINITY,
      taken: Float64Array.from(list, ({ taken = 0 }) => taken),
      given: Float64Array.from(list, ({ given = 0 }) => given),
    },
  ],
  depth: list.length,
  restart: 0,
  shared: true,
  ...rest,
});

const job: Job = { load: 2, compute: 5, store: 3 };

describe("three queues", () => {
  // load    |0 2|2 4|4 6|
  // compute     |2  7|7  12|12 17|
  // store            |7 10|12 15|17 20|
  test("with a channel each, the slowest sets the pace", () => {
    const times = run(jobsOf([job, job, job], { shared: false }))!;
    expect([...times.computeStart]).toEqual([2, 7, 12]);
    expect([...times.storeEnd]).toEqual([10, 15, 20]);
    expect(times.end).toBe(20);
  });

  // Room for two: the third load waits until the first job has computed, at 7, when its store is ready too; the load goes first.
  test("with one channel, what is ready first goes first, and of two the load", () => {
    const list = [job, job, job].map((j) => ({ ...j, taken: 1, given: 1 }));
    const times = run(jobsOf(list, { room: 2 }))!;
    expect([...times.loadStart]).toEqual([0, 2, 7]);
    expect([...times.storeStart]).toEqual([9, 12, 17]);
  });

  test("a loader that had to wait starts later", () => {
    const list = [job, job, job].map((j) => ({ ...j, taken: 1, given: 1 }));
    expect(run(jobsOf(list, { room: 2, shared: false, restart: 1 }))!.loadStart[2]).toBe(8);
    expect(run(jobsOf(list, { room: 3, shared: false, restart: 1 }))!.loadStart[2]).toBe(4);
  });

  test("no more than the queue holds are loaded ahead", () => {
    expect([...run(jobsOf([job, job, job], { depth: 1, shared: false }))!.loadStart]).toEqual([0, 7, 14]);
  });

  test("a job computes only when the store it waits for is over", () => {
    const list = [job, { ...job, load: 0 }, { ...job, after: 0 }];
    expect([...run(jobsOf(list, { shared: false }))!.computeStart]).toEqual([2, 7, 12]);
    expect([...run(jobsOf([{ ...job, store: 30 }, ...list.slice(1)], { shared: false }))!.computeStart]).toEqual([2, 7, 37]);
  });

  test("jobs that can never run are told", () => {
    expect(run(jobsOf([{ ...job, taken: 3, given: 3 }], { room: 2 }))).toBeUndefined();
    expect(run(jobsOf([{ ...job, after: 1 }, job]))).toBeUndefined();
    expect(run(jobsOf([]))!.end).toBe(0);
  });
});

/** The same machine clock tick by clock tick, for whole numbers of cycles. */
function tickByTick(jobs: Jobs): number {
  const { count, load, compute, store, after, buffers, depth, shared } = jobs;
  const computeEnd: number[] = [];
  const storeEnd: number[] = [];
  const loadEnd: number[] = [];
  let loaderFree = 0;
  let storerFree = 0;
  let arrayFree = 0;
  const fits = (next: number, at: number): boolean => {
    const done = computeEnd.filter((end) => end <= at).length;
    if (next - depth >= done) return false;
    return buffers.every(({ size, taken, given }) => {
      let held = 0;
      for (let j = 0; j <= next; j++) held += taken[j]!;
      for (let j = 0; j < done; j++) held -= given[j]!;
      return held <= size;
    });
  };
  for (let now = 0; now < 10_000; now++) {
    for (let again = true; again; ) {
      again = false;
      const c = computeEnd.length;
      const gate = c < count ? after[c]! : -1;
      if (
        c < loadEnd.length &&
        loadEnd[c]! <= now &&
        arrayFree <= now &&
        (gate < 0 || (storeEnd[gate] ?? Number.POSITIVE_INFINITY) <= now)
      ) {
        arrayFree = now + compute[c]!;
        computeEnd.push(arrayFree);
        again = true;
        continue;
      }
      const l = loadEnd.length;
      const s = storeEnd.length;
      const loadSince = l < count ? Array.from({ length: now + 1 }, (_, t) => t).find((t) => fits(l, t)) : undefined;
      const storeSince = s < computeEnd.length && computeEnd[s]! <= now ? computeEnd[s] : undefined;
      if (storeSince !== undefined && store[s] === 0) {
        storeEnd.push(now);
        again = true;
      } else if (loadSince !== undefined && load[l] === 0) {
        loadEnd.push(now);
        again = true;
      } else if (loadSince !== undefined && loaderFree <= now && !(shared && storeSince !== undefined && storeSince < loadSince)) {
        loaderFree = now + load[l]!;
        if (shared) storerFree = loaderFree;
        loadEnd.push(loaderFree);
        again = true;
      } else if (storeSince !== undefined && storerFree <= now) {
        storerFree = now + store[s]!;
        if (shared) loaderFree = storerFree;
        storeEnd.push(storerFree);
        again = true;
      }
    }
    if (storeEnd.length === count) return Math.max(arrayFree, ...storeEnd, ...loadEnd);
  }
  throw new Error("does not end");
}

test("event by event is tick by tick", () => {
  const random = rng(7);
  const below = (n: number) => Math.floor(random() * n);
  for (let n = 0; n < 500; n++) {
    const list: Job[] = [];
    const stores: number[] = [];
    for (let i = 0; i <= below(7); i++) {
      const taken = below(4);
      const store = below(3) * below(5);
      list.push({ load: below(6), compute: 1 + below(6), store, after: below(2) === 0 ? (stores.at(-1) ?? -1) : -1, taken, given: taken });
      if (store > 0) stores.push(i);
    }
    const jobs = jobsOf(list, { room: 3 + below(5), depth: 1 + below(4), shared: below(2) === 0 });
    expect(run(jobs)!.end).toBe(tickByTick(jobs));
  }
});
