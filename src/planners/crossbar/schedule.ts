import type { Seconds } from "../../base/units.js";
import type { LoadCost, Visit } from "./account.js";
import type { LayerId, Load } from "./plan.js";

/** What the schedule must know of the machine and the network. */
export interface Shop {
  readonly writers: number;
  readonly firing: number;
  /** Per layer: those whose results it needs. */
  readonly after: readonly (readonly LayerId[])[];
}

/** A crossbar's visits with what they take, over all inferences of the table. */
export interface Line {
  readonly visits: readonly Visit[];
  readonly costs: readonly LoadCost[];
}

/**
 * Gives every visit its times: layer after layer, and within a layer round-robin over its crossbars, each visit as early as the link, its
 * crossbar, a free writer, the layers before and a free place to fire allow. Writing for later layers starts while earlier ones fire.
 *
 * @param inferences how often each line passes all layers; visits are cut there.
 */
export function schedule(
  lines: readonly Line[],
  inferences: number,
  { writers, firing, after }: Shop,
): { readonly sequences: readonly (readonly Load[])[]; readonly length: number } {
  const sequences: Load[][] = lines.map(() => []);
  const next = lines.map(() => 0);
  const free = new Float64Array(lines.length);
  const writing = slots(writers);
  const shooting = slots(firing);
  let link = 0;
  let [begin, end] = [0, 0];
  for (let inference = 0; inference < inferences; inference++) {
    const last = lines.map(({ visits }) => (visits.length / inferences) * (inference + 1));
    const done = new Float64Array(after.length).fill(begin);
    for (let layer = 0; layer < after.length; layer++) {
      const ready = after[layer]!.reduce((latest, before) => Math.max(latest, done[before]!), begin);
      const open = lines.flatMap(({ visits }, x) => (next[x]! < last[x]! && visits[next[x]!]!.layer === layer ? [x] : []));
      while (open.length > 0)
        for (let at = 0; at < open.length; at++) {
          const x = open[at]!;
          const { visits, costs } = lines[x]!;
          const { layer: _, ...content } = visits[next[x]!]!;
          const cost = costs[next[x]!]!;
          if (cost.fetch > 0) link += cost.fetch;
          const earliest = cost.fetch > 0 ? Math.max(free[x]!, link) : free[x]!;
          const time = cost.writing.time;
          const start = time > 0 ? writing(earliest, time) : earliest;
          const programmed = start + time;
          const fire = shooting(Math.max(programmed, ready), cost.fire);
          free[x] = fire + cost.fire;
          done[layer] = Math.max(done[layer]!, free[x]!);
          end = Math.max(end, free[x]!);
          sequences[x]!.push({
            layer,
            ...content,
            fetch: interval({ start: start - cost.fetch, end: start }), // until all are known
            program: interval({ start, end: programmed }),
            fire: interval({ start: fire, end: free[x]! }),
          });
          next[x] = next[x]! + 1;
          if (next[x]! >= last[x]! || visits[next[x]!]!.layer !== layer) open.splice(at--, 1);
        }
    }
    begin = end;
  }
  return { sequences: fetchedLate(sequences), length: end };
}

/** Fetches every load as late as the link allows, so that little waits on chip. Nothing else moves. */
function fetchedLate(sequences: readonly (readonly Load[])[]): readonly (readonly Load[])[] {
  const late = sequences.map((loads) => [...loads]);
  const order = sequences
    .flatMap((loads, x) => loads.flatMap(({ fetch, program }, k) => (fetch.end > fetch.start ? [{ x, k, due: program.start }] : [])))
    .sort((a, b) => b.due - a.due);
  let link = Number.POSITIVE_INFINITY;
  for (const { x, k, due } of order) {
    const load = late[x]![k]!;
    const end = Math.min(link, due);
    link = Math.max(0, end - (load.fetch.end - load.fetch.start));
    late[x]![k] = { ...load, fetch: interval({ start: link, end }) };
  }
  return late;
}

/** Seconds of a table in which nothing fires. */
export function waiting(sequences: readonly (readonly Load[])[], length: number): number {
  const fires = sequences.flatMap((loads) => loads.map(({ fire }) => fire)).sort((a, b) => a.start - b.start);
  let [covered, end] = [0, 0];
  for (const fire of fires) {
    covered += Math.max(0, fire.end - Math.max(end, fire.start));
    end = Math.max(end, fire.end);
  }
  return length - covered;
}

const interval = ({ start, end }: { readonly start: number; readonly end: number }) => ({ start: start as Seconds, end: end as Seconds });

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
