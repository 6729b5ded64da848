import { holds, slicesOf } from "../../cost/crossbar/encoding.js";
import { geometryOf } from "../../cost/crossbar/geometry.js";
import { ENCODINGS, type Encoding } from "../../target/crossbar-target.js";
import type { Matrix } from "./images.js";
import { formsOf, loadCountOf, type Option, optionsOf, roundsOf } from "./options.js";
import { type CrossbarProblem, LAYOUTS, type Machine } from "./plan.js";
import type { Coding, Sampler } from "./samples.js";

/** Rounds for which codings are compared. */
const ROUNDS = 4;

/** A coding and what it writes by sample. */
export interface Coded {
  readonly coding: Coding;
  readonly writes: number;
}

/** Encodings and layouts that can hold the layer, at most `sharing` outputs to an order. */
export function codingsOf(matrix: Matrix, sharing: number, { machine, encoding: given }: CrossbarProblem): readonly Coding[] {
  const lowest = -(2 ** (matrix.bits - 1));
  const lowestUsed = matrix.values.includes(lowest);
  const held = (encoding: Encoding) => (encoding !== "magnitude" || sharing === 1) && (!lowestUsed || holds(encoding, lowest, matrix.bits));
  const layouts = sharing === 1 ? LAYOUTS.slice(0, 1) : LAYOUTS;
  return (given === undefined ? ENCODINGS : [given])
    .filter(held)
    .flatMap((encoding) => layouts.map((layout): Coding => ({ encoding, layout, sharing: Math.min(sharing, matrix.outputs) })))
    .filter((coding) => geometryOf(matrix, { ...coding, spread: 1, rounds: matrix.inputs, top: 0 }, machine).across > 0);
}

/**
 * The codings worth placing: those that by sample take least of each figure, of those of the fewest cells the one that writes least, and one that fires in the least time. None where a bundle
 * is wider than a crossbar or than its order allows. Writes are counted where all strips are on one crossbar: a wider code takes more loads for the same weights.
 */
export function goodCodings(
  matrix: Matrix,
  sharing: number,
  problem: CrossbarProblem,
  sampled: Sampler,
  figures: readonly ((way: Option) => number)[],
): { readonly good: readonly Coded[]; readonly fewest: number } {
  const { machine, batch } = problem;
  const rounds = comparedRounds(matrix, machine);
  const all = codingsOf(matrix, sharing, problem).map((coding) => {
    const forms = formsOf(matrix, coding, [rounds], machine, batch).filter(({ lanes, fill }) => lanes === 1 && fill === undefined);
    const packed = optionsOf(matrix, forms, machine, sampled);
    return {
      coding,
      packed,
      writes: least(packed.map((way) => way.writes)),
      cells: slicesOf(coding.encoding, matrix.bits, machine.cellBits),
    };
  });
  if (all.length === 0) return { good: [], fewest: 0 };
  const narrowest = least(all.map(({ cells }) => cells));
  const good = new Set([
    ...figures.map((figure) => leastBy(all, ({ packed }) => least(packed.map(figure)))),
    leastBy(
      all.filter(({ cells }) => cells === narrowest),
      ({ writes }) => writes,
    ),
  ]);
  // Weights that stay are never written, and then firing alone counts.
  const firing = ({ packed }: (typeof all)[number]) => least(packed.map((way) => loadCountOf(way) * way.fire));
  const quickest = leastBy(all, firing);
  if (![...good].some((one) => firing(one) <= firing(quickest))) good.add(quickest);
  return { good: [...good], fewest: least(all.map(({ writes }) => writes)) };
}

/** The most rounds, up to a few, in which the layer may be placed; more where the crossbars hold no strip else. */
export const comparedRounds = (matrix: Matrix, { rows, crossbars }: Machine): number =>
  Math.max(roundsOf(matrix, rows, false).find((count) => count <= ROUNDS) ?? matrix.inputs, Math.ceil(matrix.inputs / (rows * crossbars)));

const least = (costs: readonly number[]): number => costs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** The first of those of the least cost. */
export function leastBy<T>(list: readonly T[], cost: (item: T) => number): T {
  const costs = list.map(cost);
  return list[costs.indexOf(least(costs))] ?? list[0]!;
}
