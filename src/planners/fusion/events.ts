/**
 * Work for a machine of three queues: a loader, an array and a storer, each in the order of the jobs. Times are in cycles
 * of any fraction, sizes in any unit. Parallel arrays with an entry per job unless they say otherwise.
 */
export interface Jobs {
  readonly count: number;
  /** Cycles to load what the job needs, start-up included; 0 loads nothing. */
  readonly load: Float64Array;
  readonly compute: Float64Array;
  /** Cycles to store its result; 0 stores nothing. */
  readonly store: Float64Array;
  /** Of computing: the earlier job whose store has to be over first, or -1. */
  readonly after: Int32Array;
  /** Where loaded data wait. */
  readonly buffers: readonly LoadBuffer[];
  /** Most jobs that are loaded and not yet computed. */
  readonly depth: number;
  /** Cycles lost when the loader had to wait for room. */
  readonly restart: number;
  /** One channel for loads and stores, whichever is ready first; else one for each. */
  readonly shared: boolean;
}

/** A load starts when its share has room in every buffer; `given` is room again when the job has computed. */
export interface LoadBuffer {
  readonly size: number;
  readonly taken: Float64Array;
  readonly given: Float64Array;
}

/** When each job did what; a job that loads or stores nothing has no such times. */
export interface Times {
  readonly loadStart: Float64Array;
  readonly loadEnd: Float64Array;
  readonly computeStart: Float64Array;
  readonly computeEnd: Float64Array;
  readonly storeStart: Float64Array;
  readonly storeEnd: Float64Array;
  /** Everything is done. */
  readonly end: number;
}

/**
 * Runs the jobs event by event. Every choice is made at the earliest time at which it can be made, so that what happens
 * later never changes it. On a shared channel the transfer goes first that could start first if the channel were free; of two
 * at the same time, the load.
 *
 * @returns `undefined` if the jobs can never finish: one needs more room than a buffer has, or waits for a later store.
 */
export function run(jobs: Jobs): Times | undefined {
  const { count, load, compute, store, after, buffers, depth, restart, shared } = jobs;
  const times = {
    loadStart: new Float64Array(count),
    loadEnd: new Float64Array(count),
    computeStart: new Float64Array(count),
    computeEnd: new Float64Array(count),
    storeStart: new Float64Array(count),
    storeEnd: new Float64Array(count),
  };
  const { loadStart, loadEnd, computeStart, computeEnd, storeStart, storeEnd } = times;
  // Per buffer: what lies in it when the next load has come, and how many jobs have given back their room.
  const filled = new Float64Array(buffers.length);
  const emptied = new Int32Array(buffers.length);
  let loads = 0;
  let computes = 0;
  let stores = 0;
  let loaderFree = 0;
  let arrayFree = 0;
  let storerFree = 0;
  let last = 0;

  /** When the next load may start; infinite while that depends on computing yet to come. */
  const room = (): number => {
    let ready = loads < depth ? 0 : loads - depth < computes ? computeEnd[loads - depth]! : Number.POSITIVE_INFINITY;
    for (let b = 0; b < buffers.length; b++) {
      const { size, taken, given } = buffers[b]!;
      let done = emptied[b]!;
      let held = filled[b]! + taken[loads]!;
      while (held > size && done < computes) held -= given[done++]!;
      if (held > size) return Number.POSITIVE_INFINITY;
      filled[b] = held - taken[loads]!;
      emptied[b] = done;
      if (done > 0 && computeEnd[done - 1]! > ready) ready = computeEnd[done - 1]!;
    }
    return ready;
  };

  while (true) {
    for (let moved = true; moved; ) {
      moved = false;
      if (computes < loads && after[computes]! < stores) {
        const gate = after[computes]!;
        const start = Math.max(arrayFree, loadEnd[computes]!, gate < 0 ? 0 : storeEnd[gate]!);
        computeStart[computes] = start;
        arrayFree = start + compute[computes]!;
        computeEnd[computes++] = arrayFree;
        moved = true;
      }
      if (stores < computes && store[stores] === 0) {
        stores++;
        moved = true;
      }
    }

    const loadReady = loads < count ? room() : Number.POSITIVE_INFINITY;
    const storeReady = stores < computes ? computeEnd[stores]! : Number.POSITIVE_INFINITY;
    if (loadReady === Number.POSITIVE_INFINITY && storeReady === Number.POSITIVE_INFINITY) break;
    if (loadReady <= storeReady) {
      const nothing = load[loads] === 0;
      const start = nothing ? loadReady : loadReady > loaderFree ? loadReady + restart : loaderFree;
      const end = start + load[loads]!;
      loadStart[loads] = start;
      loadEnd[loads] = end;
      for (let b = 0; b < buffers.length; b++) filled[b]! += buffers[b]!.taken[loads]!;
      loads++;
      if (nothing) continue;
      loaderFree = end;
      if (shared) storerFree = end;
      last = Math.max(last, end);
    } else {
      const start = Math.max(storerFree, storeReady);
      const end = start + store[stores]!;
      storeStart[stores] = start;
      storeEnd[stores++] = end;
      storerFree = end;
      if (shared) loaderFree = end;
      last = Math.max(last, end);
    }
  }
  return stores < count ? undefined : { ...times, end: Math.max(last, arrayFree) };
}

/** Cycles begun by `time`, which rounding may have left a little late. */
export const wholeCycles = (time: number): number => Math.max(0, Math.ceil(time - 1e-6));
