import type { CrossbarTotals } from "../../base/replay.js";
import { bytes, picojoules, seconds } from "../../base/units.js";
import { mostWorn } from "../../cost/crossbar/cells.js";
import type { CrossbarProblem } from "./plan.js";
import { type Manner, type Rig, runCrossbar, type Taken, takenOf, type Visit } from "./replay-cells.js";
import { contentAt, type Sheet } from "./replay-sheets.js";

/** Loads one after the other, each with the crossbar that takes it. */
export interface Turns {
  readonly layer: Int32Array;
  /** Of its content among all of the layer. */
  readonly place: Int32Array;
  readonly crossbar: Int32Array;
}

const turnsOf = (loads: number): Turns => ({ layer: new Int32Array(loads), place: new Int32Array(loads), crossbar: new Int32Array(loads) });

const loadsOf = (sheets: readonly Sheet[]): number => sheets.reduce((sum, { geometry }) => sum + geometry.loads, 0);

/** All contents layer by layer, each on the next crossbar. */
export function inTurn(sheets: readonly Sheet[], crossbars: number): Turns {
  const turns = turnsOf(loadsOf(sheets));
  let at = 0;
  sheets.forEach(({ geometry }, layer) => {
    for (let place = 0; place < geometry.loads; place++, at++) {
      turns.layer[at] = layer;
      turns.place[at] = place;
      turns.crossbar[at] = at % crossbars;
    }
  });
  return turns;
}

/** The same, with all rounds of a strip (or part of one) on one crossbar; crossbars go through their rounds together. */
export function byStrip(sheets: readonly Sheet[], crossbars: number): Turns {
  const turns = turnsOf(loadsOf(sheets));
  let [at, next] = [0, 0];
  sheets.forEach(({ mapping: { rounds }, geometry: { loads } }, layer) => {
    const wave = Int32Array.from({ length: loads }, (_, k) => Math.floor(Math.floor(k / rounds) / crossbars) * rounds + (k % rounds));
    for (const place of Int32Array.from(wave.keys()).sort((a, b) => wave[a]! - wave[b]! || a - b)) {
      turns.layer[at] = layer;
      turns.place[at] = place;
      turns.crossbar[at++] = (next + Math.floor(place / rounds)) % crossbars;
    }
    next += loads / rounds;
  });
  return turns;
}

/** What loads are seen to take, in their order, and how often the cell is written that is written most. */
export interface Carried {
  readonly taken: Taken;
  readonly most: number;
}

/** Runs every crossbar through its loads. */
export function carry({ machine }: CrossbarProblem, sheets: readonly Sheet[], turns: Turns, rig: Rig, manner: Manner): Carried {
  const mine: number[][] = Array.from({ length: machine.crossbars }, () => []);
  turns.crossbar.forEach((crossbar, at) => {
    mine[crossbar]!.push(at);
  });
  const taken = takenOf(turns.layer.length);
  let most = 0;
  for (const loads of mine) {
    const visits = loads.map((at): Visit => {
      const layer = turns.layer[at]!;
      return { content: contentAt(sheets[layer]!, layer, turns.place[at]!), written: true, at };
    });
    runCrossbar(visits, sheets, rig, manner, taken);
    most = Math.max(most, mostWorn(rig.worn));
  }
  return { taken, most };
}

/** What loads in this order come to per inference when nothing is written while anything fires. */
export const separately = (
  problem: CrossbarProblem,
  turns: Pick<Turns, "layer" | "crossbar">,
  { taken, most }: Carried,
  inferences: number,
): CrossbarTotals => ({ ...totalsOf(taken, most, inferences), latency: seconds(wavesLength(problem, turns, taken) / inferences) });

/** Sums per inference. */
export function totalsOf(
  { program, fire, energy: spent, writes, weightBytes, indexBytes }: Taken,
  most: number,
  inferences: number,
): Omit<CrossbarTotals, "latency"> {
  let [programming, computing, energy, cellWrites, fetched] = [0, 0, 0, 0, 0];
  for (let at = 0; at < program.length; at++) {
    programming += program[at]!;
    computing += fire[at]!;
    energy += spent[at]!;
    cellWrites += writes[at]!;
    fetched += weightBytes[at]! + indexBytes[at]!;
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
function wavesLength(
  { machine, layers }: CrossbarProblem,
  { layer: layerOf, crossbar }: Pick<Turns, "layer" | "crossbar">,
  { fetch, program, fire }: Taken,
): number {
  const busy = new Int32Array(machine.crossbars).fill(-1);
  const done = new Float64Array(layers.length);
  let now = 0;
  for (let from = 0, wave = 0; from < crossbar.length; wave++) {
    let to = from;
    for (; to < crossbar.length && busy[crossbar[to]!] !== wave; to++) busy[crossbar[to]!] = wave;
    const writers = places(machine.programming.writers);
    let [link, written] = [now, now];
    for (let k = from; k < to; k++) {
      link += fetch[k]!;
      if (program[k]! > 0) written = Math.max(written, writers(link, program[k]!) + program[k]!);
    }
    now = Math.max(now, written);
    const guns = places(machine.firing);
    const start = now;
    for (let k = from; k < to; k++) {
      const layer = layerOf[k]!;
      const ready = layers[layer]!.after.reduce((latest, before) => Math.max(latest, done[before]!), start);
      const end = guns(ready, fire[k]!) + fire[k]!;
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
