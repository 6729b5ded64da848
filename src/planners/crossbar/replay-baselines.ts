import type { CrossbarBaseline } from "../../base/replay.js";
import { seconds } from "../../base/units.js";
import { inputCycles, SUM_BYTES, sharedOut } from "../../cost/crossbar/firing.js";
import { type Geometry, geometryOf } from "../../cost/crossbar/geometry.js";
import type { CrossbarProblem, Layer, Machine, Mapping } from "./plan.js";
import type { Manner, Rig, Taken } from "./replay-cells.js";
import { orderedSheet, type Sheet } from "./replay-sheets.js";
import { type Carried, carry, inTurn, places, type Turns, totalsOf } from "./replay-ways.js";

/** How the integers of a layer become cells, and how many outputs share an order. */
export type Coding = Pick<Mapping, "encoding" | "layout" | "sharing">;

const PLAIN = { encoding: "twosComplement", layout: "outputs", sharing: 1 } as const;

/** As the weights of a layer lie where nobody chose; in the plan's encoding where that alone is narrow enough for a crossbar. */
export const plainCoding = (layer: Layer, { encoding }: Pick<Mapping, "encoding">, machine: Machine): Coding =>
  geometryOf(layer, { ...PLAIN, spread: 1, rounds: 1, top: 0 }, machine).across > 0 ? PLAIN : { ...PLAIN, encoding };

/** Inferences that follow one another before the latency is taken, as in tables of the search: writing for the second begins during the first. */
const INFERENCES = 2;

/** Shares of all crossbars that the strips of a layer are thinned for: of large networks the last alone. */
const SHARES = [1 / 4, 1];
const LARGE = 2 ** 23;

/** What the plain ways were seen to take: weights as they are, in full strips. */
export interface Plain {
  /** Of each layer. */
  readonly codings: readonly Coding[];
  readonly turns: Turns;
  readonly rewrite: Carried;
  readonly difference: Carried;
}

/**
 * The plain ways with what every scheduler would do for them: they write crossbars while others fire, and thin the strips of layers so that more crossbars fire at once,
 * where that makes them faster. The baselines that a plan is measured by.
 */
export function baselinesOf(problem: CrossbarProblem, weights: readonly Int8Array[], plain: Plain, rig: Rig): readonly CrossbarBaseline[] {
  const { layers, machine } = problem;
  const size = weights.reduce((sum, { length }) => sum + length, 0);
  const thinned = (size > LARGE ? SHARES.slice(-1) : SHARES).map((share) => {
    const most = Math.max(1, Math.floor(share * machine.crossbars));
    const sheets = layers.map(
      (layer, l): Sheet => orderedSheet(layer, weights[l]!, thinnest(layer, plain.codings[l]!, most, problem), machine),
    );
    return { sheets, turns: inTurn(sheets, machine.crossbars) };
  });
  return (["rewrite", "difference"] as const).flatMap((name): readonly CrossbarBaseline[] => {
    const thin = thinned.map(({ sheets, turns }) => baseline(problem, name, "thin", turns, carry(problem, sheets, turns, rig, name)));
    return [
      baseline(problem, name, "full", plain.turns, plain[name]),
      thin.reduce((best, other) => (other.latency < best.latency ? other : best)),
    ];
  });
}

function baseline(
  problem: CrossbarProblem,
  name: Manner,
  strips: CrossbarBaseline["strips"],
  turns: Turns,
  { taken, most }: Carried,
): CrossbarBaseline {
  return { name, strips, ...totalsOf(taken, most, 1), latency: seconds(overlapped(problem, turns, taken)) };
}

/**
 * Seconds per inference when each load, in turn, is fetched, written and fired as soon as the link, its crossbar, a writer, the layers before and a place to fire allow.
 * Nothing of an inference fires before all of the inference before has; writing does not wait for that.
 */
function overlapped({ machine, layers }: CrossbarProblem, turns: Turns, taken: Taken): number {
  const free = new Float64Array(machine.crossbars);
  const writers = places(machine.programming.writers);
  const guns = places(machine.firing);
  let [link, begin, end] = [0, 0, 0];
  for (let inference = 0; inference < INFERENCES; inference++, begin = end) {
    const done = new Float64Array(layers.length).fill(begin);
    for (let k = 0; k < turns.layer.length; k++) {
      const [layer, crossbar] = [turns.layer[k]!, turns.crossbar[k]!];
      const [fetch, program, fire] = [taken.fetch[k]!, taken.program[k]!, taken.fire[k]!];
      link += fetch;
      const open = Math.max(free[crossbar]!, fetch > 0 ? link : 0);
      const written = program > 0 ? writers(open, program) + program : open;
      const ready = layers[layer]!.after.reduce((latest, before) => Math.max(latest, done[before]!), Math.max(begin, written));
      const fired = guns(ready, fire) + fire;
      free[crossbar] = fired;
      done[layer] = Math.max(done[layer]!, fired);
      end = Math.max(end, fired);
    }
  }
  return end / INFERENCES;
}

/** The plain way to lay a layer that fires fastest when it has at most so many loads, or as many as it has in full strips. */
function thinnest(layer: Layer, coding: Coding, most: number, { machine, batch }: CrossbarProblem): Omit<Mapping, "table"> {
  const fewest = Math.ceil(layer.inputs / machine.rows);
  const mapping = { ...coding, spread: 1, rounds: fewest, top: 0 };
  const full = geometryOf(layer, mapping, machine);
  let best: { readonly mapping: Omit<Mapping, "table">; readonly time: number; readonly loads: number } | undefined;
  const finest = Math.ceil(layer.inputs / machine.unit.rows);
  for (let rounds = fewest; ; rounds = Math.min(finest, 2 * rounds)) {
    for (let fill = full.across * full.high; fill >= 1; fill = Math.floor(fill / 2)) {
      const thin = { ...mapping, rounds, fill };
      const geometry = geometryOf(layer, thin, machine);
      if (best !== undefined && geometry.loads > Math.max(most, full.loads)) continue;
      const time = Math.ceil(geometry.loads / machine.crossbars) * fireTime(layer, geometry, rounds, machine, batch);
      if (best === undefined || time < best.time || (time === best.time && geometry.loads < best.loads))
        best = { mapping: thin, time, loads: geometry.loads };
    }
    if (rounds >= finest) return best!.mapping;
  }
}

/** Seconds that a load of full height fires. */
function fireTime(
  layer: Layer,
  { across, high, bundles, lines, width }: Geometry,
  rounds: number,
  machine: Machine,
  batch: number,
): number {
  const { unit, converters, cycle, offChipRate, buffer } = machine;
  const held = Math.min(bundles, across * high);
  const blocks = held * Math.ceil(width / unit.columns) * Math.ceil(Math.min(lines, machine.rows) / unit.rows);
  const vectors = layer.vectors * batch;
  const busy = vectors * Math.ceil((inputCycles(layer.inputBits, machine.inputBits) * blocks) / converters) * cycle;
  return Math.max(busy, (2 * sharedOut(layer, rounds, batch, buffer) * SUM_BYTES * vectors * held) / offChipRate);
}
