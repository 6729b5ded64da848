import { mostWorn, renew, wearOf } from "../../cost/crossbar/cells.js";
import type { Budget } from "../../search/budget.js";
import { account, benchOf, type FireCost, firingOf, type LoadCost, placeOf } from "./account.js";
import type { Choice } from "./choice.js";
import { laidOut, type Matrix, type Placed, type Untabled, withTable } from "./images.js";
import { type Loads, loadsOf, visitsOn } from "./loads.js";
import type { Option } from "./options.js";
import { inTurn } from "./order-layers.js";
import type { CrossbarProblem, LayerId, Machine } from "./plan.js";
import type { Coding } from "./samples.js";
import type { Site } from "./settle.js";
import { tabled } from "./tables.js";

/** A choice as cells: tables made, every crossbar's visits priced. Counts are of both inferences. */
export interface Assembly extends Priced {
  readonly layers: readonly Placed[];
  /** Per layer and lane: its strips in the order in which they come. */
  readonly turns: readonly (readonly Int32Array[])[];
  /** What lines change from round to round in one pass, and what no table with these rounds goes below. */
  readonly chains: { readonly value: number; readonly bound: number };
  /** What all loads change in one pass, once their order has been looked at. */
  readonly order?: { readonly value: number; readonly bound: number } | undefined;
}

/** What the visits of all crossbars take. */
export interface Priced extends Tally {
  readonly loads: Loads;
  /** Per crossbar. */
  readonly tallies: readonly Tally[];
}

interface Tally {
  readonly energy: number;
  readonly cellWrites: number;
  readonly maxCellWrites: number;
  /** Writes of the first load that each layer has on a crossbar in an inference. */
  readonly closing: number;
}

/** In two inferences everything comes forth and then back, so that each begins with what is there. */
export const INFERENCES = 2;

/** Makes the tables of a choice and counts what its visits take. */
export function assemble(problem: CrossbarProblem, matrices: readonly Matrix[], choice: Choice, budget: Budget): Assembly {
  const { machine } = problem;
  const { codings, options, sites } = choice;
  const chains = { value: 0, bound: 0 };
  const layers = matrices.map((matrix, l): Placed => {
    budget.progress({ phase: `orders of layer ${l + 1} of ${matrices.length}` });
    const p = arranged(matrix, codings[l]!, options[l]!, sites[l]!, machine);
    return withTable(p, tabled(p, chains));
  });
  const turns = layers.map(({ geometry }, l) => inTurn(geometry.strips, options[l]!.lanes));
  return { layers, turns, chains, ...priced(problem, layers, turns, choice) };
}

/**
 * Counts what the visits of all crossbars take.
 *
 * @param known the same with other tables and turns of the layers `changed` alone: crossbars without these are not looked at again.
 */
export function priced(
  { machine, batch }: CrossbarProblem,
  layers: readonly Placed[],
  turns: Assembly["turns"],
  { options, sites }: Choice,
  ...known: readonly { readonly priced: Priced; readonly changed: ReadonlySet<LayerId> }[]
): Priced {
  const { setEnergy, resetEnergy, stepEnergy } = machine.programming;
  const bench = benchOf(machine);
  const wear = wearOf(bench.format);
  const tallies: Tally[] = [];
  const loads = placed(layers, options, sites, turns, machine.crossbars);
  for (let x = 0; x < machine.crossbars; x++) {
    const visits = visitsOn(loads, x);
    const same = known.find(({ changed }) => !visits.some(({ layer }) => changed.has(layer)))?.priced;
    if (same !== undefined) {
      tallies.push(same.tallies[x]!);
      copyCosts(same.loads, loads, x);
      continue;
    }
    renew(wear);
    let [energy, cellWrites, closing] = [0, 0, 0];
    /** Of each content, which fires alike in every inference. */
    const firing = new Map<number, FireCost>();
    const note = ({ writing, fetch, fetched }: LoadCost, k: number) => {
      const at = loads.begins[x]! + k;
      const place = placeOf(visits[k]!, layers);
      const firings = firing.get(place) ?? firingOf(layers[visits[k]!.layer]!, visits[k]!, machine, batch);
      firing.set(place, firings);
      const { fire, fired, partial } = firings;
      const written = writing.up * setEnergy + writing.down * resetEnergy + writing.steps * stepEnergy;
      const moved = (fetched.weights + fetched.index + partial) * machine.offChipEnergy;
      loads.fetch[at] = fetch;
      loads.program[at] = writing.time;
      loads.fire[at] = fire;
      loads.writes[at] = writing.writes;
      loads.energy[at] = written + fired * machine.unitEnergy + moved;
      loads.bytes[at] = fetched.weights + fetched.index;
      energy += written;
      energy += fired * machine.unitEnergy + moved;
      cellWrites += writing.writes;
      if (k === 0 || visits[k - 1]!.layer !== visits[k]!.layer || k === visits.length / INFERENCES) closing += writing.writes;
    };
    account(visits, layers, machine, bench, note, wear);
    tallies.push({ energy, cellWrites, closing, maxCellWrites: mostWorn(wear) });
  }
  const sum = (of: (tally: Tally) => number) => tallies.reduce((all, tally) => all + of(tally), 0);
  return {
    loads,
    tallies,
    energy: sum(({ energy }) => energy),
    cellWrites: sum(({ cellWrites }) => cellWrites),
    maxCellWrites: tallies.reduce((most, { maxCellWrites }) => Math.max(most, maxCellWrites), 0),
    closing: sum(({ closing }) => closing),
  };
}

/** The mapping of an option; where each part of each strip begins is said only where they differ. */
function arranged(
  matrix: Matrix,
  coding: Coding,
  { spread, rounds, fill, lanes, stacked, deep }: Option,
  { rows, columns }: Site,
  machine: Machine,
): Untabled {
  const mapping = { ...coding, spread, rounds, ...(fill === undefined ? {} : { fill }), ...(stacked ? {} : { deep }) };
  const { strips } = laidOut(matrix, { ...mapping, top: 0 }, machine).geometry;
  const begins = (at: Int32Array) => {
    const all = Array.from({ length: strips * spread }, (_, k) => at[(k % spread) * lanes + (Math.floor(k / spread) % lanes)]!);
    return all.every((begin) => begin === all[0]) ? all[0]! : all;
  };
  const left = begins(columns);
  return laidOut(matrix, { ...mapping, top: begins(rows), ...(left === 0 ? {} : { left }) }, machine);
}

/** What the loads of a crossbar take, from where the same loads are known. */
function copyCosts(from: Loads, to: Loads, crossbar: number): void {
  const [begin, end] = [from.begins[crossbar]!, from.begins[crossbar + 1]!];
  for (const key of ["fetch", "program", "fire", "writes", "energy", "bytes"] as const)
    to[key].set(from[key].subarray(begin, end), to.begins[crossbar]!);
}

/**
 * What each crossbar holds in two inferences: strips in turn, the rounds of one forth and of the next back so that neighbours are alike, and in the second
 * inference everything of a layer in reverse, so that it begins with what is there.
 */
function placed(
  layers: readonly Placed[],
  options: readonly Option[],
  sites: readonly Site[],
  turns: Assembly["turns"],
  crossbars: number,
): Loads {
  const counts = new Array<number>(crossbars).fill(0);
  const eachSite = (visit: (layer: LayerId, strips: Int32Array, part: number, crossbar: number) => void) => {
    layers.forEach((_, layer) => {
      const { lanes } = options[layer]!;
      sites[layer]!.crossbars.forEach((crossbar, x) => {
        visit(layer, turns[layer]![x % lanes]!, Math.floor(x / lanes), crossbar);
      });
    });
  };
  eachSite((layer, strips, _, crossbar) => {
    counts[crossbar]! += INFERENCES * strips.length * layers[layer]!.rounds;
  });
  const loads = loadsOf(counts);
  const next = loads.begins.slice();
  eachSite((layer, strips, part, crossbar) => {
    const { rounds } = layers[layer]!;
    const size = strips.length * rounds;
    const forth = next[crossbar]!;
    const back = forth + counts[crossbar]! / INFERENCES;
    for (let k = 0; k < size; k++) {
      const [turn, t] = [Math.floor(k / rounds), k % rounds];
      for (const at of [forth + k, back + size - 1 - k]) {
        loads.layer[at] = layer;
        loads.strip[at] = strips[turn]!;
        loads.part[at] = part;
        loads.round[at] = turn % 2 === 0 ? t : rounds - 1 - t;
      }
    }
    next[crossbar] = forth + size;
  });
  return loads;
}
