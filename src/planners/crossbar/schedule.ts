import type { Seconds } from "../../base/units.js";
import { WAITING_SHARE } from "../../cost/crossbar/firing.js";
import type { Loads, Work } from "./loads.js";
import type { CrossbarProblem, LayerId, Load } from "./plan.js";

/** What the schedule must know of the machine and the network. */
export interface Shop {
  readonly writers: number;
  readonly firing: number;
  /** Per layer: those whose results it needs. */
  readonly after: readonly (readonly LayerId[])[];
  /** Seconds of the link whose bytes have room on chip until they are written. */
  readonly ahead: number;
}

export const shopOf = ({ machine, layers }: Pick<CrossbarProblem, "machine" | "layers">): Shop => ({
  writers: machine.programming.writers,
  firing: machine.firing,
  after: layers.map(({ after }) => after),
  ahead: (machine.buffer * WAITING_SHARE) / machine.offChipRate,
});

/** When the loads of a work begin to be written and to fire, and when all have fired. */
export interface Times {
  /** When it has been fetched, as early as can be. */
  readonly fetched: Float64Array;
  readonly program: Float64Array;
  readonly fire: Float64Array;
  readonly length: number;
}

/**
 * Gives every load its times: layer after layer, and within a layer round-robin over its crossbars, each load as early as the link, its
 * crossbar, a free writer, the layers before and a free place to fire allow. Writing for later layers starts while earlier ones fire.
 *
 * @param inferences how often each crossbar passes all layers; its loads are cut there.
 */
export function timed(
  { begins, layer: layerOf, fetch, program, fire }: Work,
  inferences: number,
  { writers, firing, after, ahead }: Shop,
): Times {
  const crossbars = begins.length - 1;
  const times = { fetched: new Float64Array(fire.length), program: new Float64Array(fire.length), fire: new Float64Array(fire.length) };
  /** Loads that were fetched and may still wait, in their order. */
  const queue = new Int32Array(fire.length);
  let [head, tail, held] = [0, 0, 0];
  const next = begins.slice(0, crossbars);
  const free = new Float64Array(crossbars);
  const open = new Int32Array(crossbars);
  const writing = slots(writers);
  const shooting = slots(firing);
  let link = 0;
  let [begin, end] = [0, 0];
  for (let inference = 0; inference < inferences; inference++) {
    const last = next.map((_, x) => begins[x]! + ((begins[x + 1]! - begins[x]!) / inferences) * (inference + 1));
    const done = new Float64Array(after.length).fill(begin);
    for (let layer = 0; layer < after.length; layer++) {
      const ready = after[layer]!.reduce((latest, before) => Math.max(latest, done[before]!), begin);
      let count = 0;
      for (let x = 0; x < crossbars; x++) if (next[x]! < last[x]! && layerOf[next[x]!] === layer) open[count++] = x;
      while (count > 0) {
        let kept = 0;
        for (let at = 0; at < count; at++) {
          const x = open[at]!;
          const load = next[x]!;
          if (fetch[load]! > 0) {
            for (; head < tail && held + fetch[load]! > ahead; head++) {
              const oldest = queue[head]!;
              held -= fetch[oldest]!;
              link = Math.max(link, times.program[oldest]! + program[oldest]!);
            }
            queue[tail++] = load;
            held += fetch[load]!;
            link += fetch[load]!;
          }
          const earliest = fetch[load]! > 0 ? Math.max(free[x]!, link) : free[x]!;
          const time = program[load]!;
          const start = time > 0 ? writing(earliest, time) : earliest;
          const fired = shooting(Math.max(start + time, ready), fire[load]!);
          times.fetched[load] = fetch[load]! > 0 ? link : start; // nothing is waited for
          times.program[load] = start;
          times.fire[load] = fired;
          free[x] = fired + fire[load]!;
          done[layer] = Math.max(done[layer]!, free[x]!);
          end = Math.max(end, free[x]!);
          next[x] = load + 1;
          if (load + 1 < last[x]! && layerOf[load + 1] === layer) open[kept++] = x;
        }
        count = kept;
      }
    }
    begin = end;
  }
  return { ...times, length: end };
}

/** Seconds of a table in which nothing fires. */
export function waiting({ fire }: Work, { fire: at, length }: Times): number {
  const starts = at.slice().sort();
  const ends = at.map((start, k) => start + fire[k]!).sort();
  let [covered, open] = [0, 0];
  // While more have begun than ended, something fires.
  for (let k = 0, since = 0; k < ends.length; k++) {
    while (open < starts.length && starts[open]! <= ends[k]!) {
      if (open === k) since = starts[open]!;
      open++;
    }
    if (open === k + 1) covered += ends[k]! - since;
  }
  return length - covered;
}

/** What a table of this work comes to. */
export function worth(work: Work, inferences: number, shop: Shop): { readonly length: number; readonly waiting: number } {
  const times = timed(work, inferences, shop);
  return { length: times.length, waiting: waiting(work, times) };
}

/** The table itself, each load fetched as late as the link allows, so that little waits on chip; as early, where that lets less wait. */
export function schedule(
  loads: Loads,
  inferences: number,
  shop: Shop,
): { readonly sequences: readonly (readonly Load[])[]; readonly length: number; readonly waiting: number } {
  const times = timed(loads, inferences, shop);
  const late = fetchedBy(loads, times);
  const fetched = mostWaiting(loads, times, late) > shop.ahead ? times.fetched : late;
  const { begins, layer, strip, part, round, fetch, program, fire } = loads;
  const sequences = Array.from({ length: begins.length - 1 }, (_, x) =>
    Array.from({ length: begins[x + 1]! - begins[x]! }, (_, k): Load => {
      const at = begins[x]! + k;
      const [written, fired] = [times.program[at]!, times.fire[at]!];
      return {
        layer: layer[at]!,
        strip: strip[at]!,
        part: part[at]!,
        round: round[at]!,
        fetch: interval(Math.max(0, fetched[at]! - fetch[at]!), fetched[at]!),
        program: interval(written, written + program[at]!),
        fire: interval(fired, fired + fire[at]!),
      };
    }),
  );
  return { sequences, length: times.length, waiting: waiting(loads, times) };
}

/** When each load has been fetched: the latest first, each before it is written and before the next is fetched. */
function fetchedBy({ fetch }: Work, { program }: Times): Float64Array {
  const by = program.slice();
  const order = Int32Array.from(by.keys())
    .filter((load) => fetch[load]! > 0)
    .sort((a, b) => program[b]! - program[a]! || a - b);
  let link = Number.POSITIVE_INFINITY;
  for (const load of order) {
    by[load] = Math.min(link, program[load]!);
    link = Math.max(0, by[load]! - fetch[load]!);
  }
  return by;
}

/** The most seconds of the link whose bytes wait at once. */
function mostWaiting({ fetch, program }: Work, times: Times, fetched: Float64Array): number {
  const loads = Int32Array.from(fetch.keys()).filter((load) => fetch[load]! > 0);
  const starts = loads.toSorted((a, b) => fetched[a]! - fetch[a]! - (fetched[b]! - fetch[b]!));
  const ends = loads.toSorted((a, b) => times.program[a]! + program[a]! - (times.program[b]! + program[b]!));
  let [held, most, k] = [0, 0, 0];
  for (const load of starts) {
    for (; times.program[ends[k]!]! + program[ends[k]!]! <= fetched[load]! - fetch[load]!; k++) held -= fetch[ends[k]!]!;
    held += fetch[load]!;
    most = Math.max(most, held);
  }
  return most;
}

const interval = (start: number, end: number) => ({ start: start as Seconds, end: end as Seconds });

/**
 * Places of which `count` can be taken at the same time. Takes the first that is free from `earliest` on for `time`, and says when. A binary
 * heap of the times at which each is free again.
 */
function slots(count: number): (earliest: number, time: number) => number {
  const at = new Float64Array(count);
  return (earliest, time) => {
    const start = Math.max(earliest, at[0]!);
    const end = start + time;
    let k = 0;
    for (;;) {
      let child = 2 * k + 1;
      if (child >= count) break;
      if (child + 1 < count && at[child + 1]! < at[child]!) child++;
      if (at[child]! >= end) break;
      at[k] = at[child]!;
      k = child;
    }
    at[k] = end;
    return start;
  };
}
