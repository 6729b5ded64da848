import type { Budget } from "../../search/budget.js";
import { account, benchOf, type Visit } from "./account.js";
import type { Choice } from "./choice.js";
import { laidOut, type Matrix, type Placed, type Untabled, withTable } from "./images.js";
import type { Coding, Option } from "./options.js";
import type { Site } from "./placement.js";
import type { CrossbarProblem, Machine } from "./plan.js";
import type { Line } from "./schedule.js";
import { tabled } from "./tables.js";

/** A choice as cells: tables made, every crossbar's visits priced. Counts are of both inferences. */
export interface Assembly {
  readonly layers: readonly Placed[];
  readonly lines: readonly Line[];
  readonly energy: number;
  readonly cellWrites: number;
  readonly maxCellWrites: number;
  /** What lines change from round to round in one pass, and what no table with these rounds goes below. */
  readonly chains: { readonly value: number; readonly bound: number };
  /** Writes of the first load that each layer has on a crossbar in an inference. */
  readonly closing: number;
}

/** In two inferences everything comes forth and then back, so that each begins with what is there. */
export const INFERENCES = 2;

/** Makes the tables of a choice and counts what its visits take. */
export function assemble({ machine, batch }: CrossbarProblem, matrices: readonly Matrix[], choice: Choice, budget: Budget): Assembly {
  const { codings, options, sites } = choice;
  let [changes, bound] = [0, 0];
  const layers = matrices.map((matrix, l): Placed => {
    budget.progress({ phase: `orders of layer ${l + 1} of ${matrices.length}` });
    const p = arranged(matrix, codings[l]!, options[l]!, sites[l]!, machine);
    const found = tabled(p, ...linesOf(p, options[l]!, sites[l]!, machine));
    changes += found.changes;
    bound += found.bound;
    return withTable(p, found.table);
  });
  const { setEnergy, resetEnergy, stepEnergy } = machine.programming;
  const bench = benchOf(machine);
  const wear = new Uint32Array(machine.rows * machine.columns);
  let [energy, cellWrites, maxCellWrites, closing] = [0, 0, 0, 0];
  const lines = visitsOf(layers, options, sites, machine.crossbars).map((visits): Line => {
    wear.fill(0);
    const costs = account(visits, layers, machine, batch, bench, wear);
    costs.forEach(({ writing, fired, fetched, partial }, k) => {
      energy += writing.up * setEnergy + writing.down * resetEnergy + writing.steps * stepEnergy;
      energy += fired * machine.unitEnergy + (fetched.weights + fetched.index + partial) * machine.offChipEnergy;
      cellWrites += writing.writes;
      if (k === 0 || visits[k - 1]!.layer !== visits[k]!.layer || k === costs.length / INFERENCES) closing += writing.writes;
    });
    for (const count of wear) if (count > maxCellWrites) maxCellWrites = count;
    return { visits, costs };
  });
  return { layers, lines, energy, cellWrites, maxCellWrites, chains: { value: changes, bound }, closing };
}

/** The mapping of an option; where each strip begins is said only where they differ. */
function arranged(
  matrix: Matrix,
  coding: Coding,
  { spread, rounds, fill, lanes, stacked }: Option,
  { rows }: Site,
  machine: Machine,
): Untabled {
  const mapping = { ...coding, spread, rounds, ...(fill === undefined ? {} : { fill }) };
  const first = stacked ? rows[0]! : 0;
  if (!stacked || rows.every((row) => row === first)) return laidOut(matrix, { ...mapping, top: first }, machine);
  const { strips } = laidOut(matrix, { ...mapping, top: 0 }, machine).geometry;
  return laidOut(matrix, { ...mapping, top: Array.from({ length: strips }, (_, strip) => rows[strip % lanes]!) }, machine);
}

/** Lines of each crossbar that tables fill, and where they begin: all where nobody else has any, so that lines change less often. */
function linesOf(
  { geometry, rounds, matrix }: Untabled,
  { spread, deep, lanes, stacked }: Option,
  { alone, rows: begins }: Site,
  { rows }: Machine,
): readonly [deep: number, begin: (strip: number, part: number) => number] {
  if (stacked) return [geometry.lines, () => 0];
  const fewest = Math.ceil(Math.ceil(matrix.inputs / rounds) / rows);
  if (alone && (rounds > 1 || spread === fewest)) return [rows, () => 0];
  return [deep, (strip, part) => begins[part * lanes + (strip % lanes)]!];
}

/**
 * The visits of each crossbar in two inferences: strips in turn, the rounds of one forth and of the next back so that neighbours are alike, and in the second
 * inference everything of a layer in reverse, so that it begins with what is there.
 */
function visitsOf(
  layers: readonly Placed[],
  options: readonly Option[],
  sites: readonly Site[],
  crossbars: number,
): readonly (readonly Visit[])[] {
  const forth: Visit[][] = Array.from({ length: crossbars }, () => []);
  const back: Visit[][] = Array.from({ length: crossbars }, () => []);
  layers.forEach(({ geometry, rounds }, layer) => {
    const { lanes } = options[layer]!;
    sites[layer]!.crossbars.forEach((crossbar, x) => {
      const visits: Visit[] = [];
      for (let strip = x % lanes, turn = 0; strip < geometry.strips; strip += lanes, turn++)
        for (let t = 0; t < rounds; t++)
          visits.push({ layer, strip, part: Math.floor(x / lanes), round: turn % 2 === 0 ? t : rounds - 1 - t });
      for (const visit of visits) forth[crossbar]!.push(visit);
      for (const visit of visits.reverse()) back[crossbar]!.push(visit);
    });
  });
  return forth.map((visits, x) => [...visits, ...back[x]!]);
}
