import type { CrossbarTotals } from "../../base/replay.js";
import { bytes, picojoules, seconds } from "../../base/units.js";
import { mostWorn } from "../../cost/crossbar/cells.js";
import type { CrossbarProblem, LayerId } from "./plan.js";
import { type Manner, type Rig, runCrossbar, type Taken } from "./replay-cells.js";
import { type Content, contentsOf, type Sheet } from "./replay-sheets.js";

/** A load with the crossbar that takes it. */
export interface Turn {
  readonly content: Content;
  readonly crossbar: number;
}

/** All contents layer by layer, each on the next crossbar. */
export function inTurn(sheets: readonly Sheet[], crossbars: number): readonly Turn[] {
  const contents = sheets.flatMap((sheet, layer: LayerId) => contentsOf(sheet, layer));
  return contents.map((content, k) => ({ content, crossbar: k % crossbars }));
}

/** The same, with all rounds of a strip (or part of one) on one crossbar; crossbars go through their rounds together. */
export function byStrip(sheets: readonly Sheet[], crossbars: number): readonly Turn[] {
  let next = 0;
  return sheets.flatMap((sheet, layer: LayerId) => {
    const { rounds } = sheet.mapping;
    const turns = contentsOf(sheet, layer).map((content, k) => {
      const place = Math.floor(k / rounds);
      return { content, crossbar: (next + place) % crossbars, wave: Math.floor(place / crossbars) * rounds + content.round };
    });
    next += turns.length / rounds;
    return turns.sort((a, b) => a.wave - b.wave);
  });
}

/** What loads are seen to take, in their order, and how often the cell is written that is written most. */
export interface Carried {
  readonly taken: readonly Taken[];
  readonly most: number;
}

/** Runs every crossbar through its loads. */
export function carry({ machine }: CrossbarProblem, sheets: readonly Sheet[], turns: readonly Turn[], rig: Rig, manner: Manner): Carried {
  const places: number[][] = Array.from({ length: machine.crossbars }, () => []);
  turns.forEach(({ crossbar }, k) => {
    places[crossbar]!.push(k);
  });
  const taken = new Array<Taken>(turns.length);
  let most = 0;
  for (const mine of places) {
    const visits = mine.map((k) => ({ content: turns[k]!.content, written: true }));
    runCrossbar(visits, sheets, rig, manner).forEach((cost, i) => {
      taken[mine[i]!] = cost;
    });
    most = Math.max(most, mostWorn(rig.worn));
  }
  return { taken, most };
}

/** What loads in this order come to per inference when nothing is written while anything fires. */
export const separately = (
  problem: CrossbarProblem,
  turns: readonly Turn[],
  { taken, most }: Carried,
  inferences: number,
): CrossbarTotals => ({ ...totalsOf(taken, most, inferences), latency: seconds(wavesLength(problem, turns, taken) / inferences) });

/** Sums per inference. */
export function totalsOf(taken: readonly Taken[], most: number, inferences: number): Omit<CrossbarTotals, "latency"> {
  let [programming, computing, energy, cellWrites, fetched] = [0, 0, 0, 0, 0];
  for (const cost of taken) {
    programming += cost.program;
    computing += cost.fire;
    energy += cost.energy;
    cellWrites += cost.writes;
    fetched += cost.weightBytes + cost.indexBytes;
  }
  return {
    programming: seconds(programming / inferences),
    computing: seconds(computing / inferences),
    energy: picojoules(energy / inferences),
    cellWrites: cellWrites / inferences,
    maxCellWrites: most / inferences,
    fetched: bytes(Math.ceil(fetched / inferences)),
  };
}

/** Waves of loads, each on another crossbar: all of a wave are fetched and written, then they fire. */
function wavesLength({ machine, layers }: CrossbarProblem, turns: readonly Turn[], taken: readonly Taken[]): number {
  const busy = new Int32Array(machine.crossbars).fill(-1);
  const done = new Float64Array(layers.length);
  let now = 0;
  for (let from = 0, wave = 0; from < turns.length; wave++) {
    let to = from;
    for (; to < turns.length && busy[turns[to]!.crossbar] !== wave; to++) busy[turns[to]!.crossbar] = wave;
    const writers = places(machine.programming.writers);
    let [link, written] = [now, now];
    for (let k = from; k < to; k++) {
      const { fetch, program } = taken[k]!;
      link += fetch;
      if (program > 0) written = Math.max(written, writers(link, program) + program);
    }
    now = Math.max(now, written);
    const guns = places(machine.firing);
    const start = now;
    for (let k = from; k < to; k++) {
      const { layer } = turns[k]!.content;
      const ready = layers[layer]!.after.reduce((latest, before) => Math.max(latest, done[before]!), start);
      const end = guns(ready, taken[k]!.fire) + taken[k]!.fire;
      done[layer] = Math.max(done[layer]!, end);
      now = Math.max(now, end);
    }
    from = to;
  }
  return now;
}

/** So many places that each serve one at a time: returns when the first that is free begins to. */
export function places(count: number): (earliest: number, time: number) => number {
  const free: number[] = []; // a heap, the first that is free at its top
  return (earliest, time) => {
    if (free.length < count && (free.length === 0 || free[0]! > earliest)) {
      rise(free, earliest + time);
      return earliest;
    }
    const start = Math.max(earliest, free[0]!);
    sink(free, start + time);
    return start;
  };
}

function rise(heap: number[], value: number): void {
  let k = heap.push(value) - 1;
  for (let above = (k - 1) >> 1; k > 0 && heap[above]! > value; k = above, above = (k - 1) >> 1) {
    heap[k] = heap[above]!;
    heap[above] = value;
  }
}

/** Puts `value` in place of the least. */
function sink(heap: number[], value: number): void {
  let k = 0;
  for (let below = 1; below < heap.length; below = 2 * k + 1) {
    if (below + 1 < heap.length && heap[below + 1]! < heap[below]!) below++;
    if (heap[below]! >= value) break;
    heap[k] = heap[below]!;
    k = below;
  }
  heap[k] = value;
}
