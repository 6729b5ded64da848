import { holds, slicesOf } from "../../cost/crossbar/encoding.js";
import { plainLoads } from "../../cost/crossbar/geometry.js";
import type { Budget } from "../../search/budget.js";
import { ENCODINGS, type Encoding } from "../../target/crossbar-target.js";
import { laidOut, type Matrix } from "./images.js";
import { type Coding, type Option, optionsOf, roundsOf } from "./options.js";
import { place, type Site } from "./placement.js";
import { type CrossbarProblem, LAYOUTS, type Machine } from "./plan.js";

/** What the search settles before tables are made. */
export interface Choice {
  readonly codings: readonly Coding[];
  readonly options: readonly Option[];
  readonly sites: readonly Site[];
  /** Sampled cost of all layers, and what no placement at these codings goes below. */
  readonly value: number;
  readonly bound: number;
  /** Sampled writes of the codings, and of those that write least. */
  readonly coded: { readonly value: number; readonly bound: number };
  /** Most writes of a cell that the placement allows. */
  readonly most: number;
}

/** Outputs per bundle that are tried where the problem leaves it open. */
const SHARINGS = [1, 2, 4, 8, 16];
/** Layers that decide how many outputs share an order. */
const SHOWN = 6;
/** Rounds for which codings are compared. */
const ROUNDS = 4;

/** Settles how the layers become cells and which crossbars they get; `undefined` where nothing was found. */
export function choose(problem: CrossbarProblem, matrices: readonly Matrix[], budget: Budget): Choice | undefined {
  for (const sharing of problem.sharing === undefined ? ranked(problem, matrices) : [problem.sharing]) {
    budget.progress({ phase: `orders shared by ${sharing}` });
    const free = codedWays(problem, matrices, sharing, false, false);
    if (free === undefined) continue;
    const narrow = () => codedWays(problem, matrices, sharing, true, false);
    const scarce = () => codedWays(problem, matrices, sharing, true, true);
    const found = gentle(problem, matrices, [() => free, narrow, scarce]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Codings of all layers and the ways to place them. */
interface Ways {
  readonly codings: readonly Coding[];
  readonly coded: { readonly value: number; readonly bound: number };
  readonly options: readonly (readonly Option[])[];
}

/**
 * @param narrow whether only codes of the fewest cells are taken.
 * @param scarce whether many rounds are tried.
 */
function codedWays(
  problem: CrossbarProblem,
  matrices: readonly Matrix[],
  sharing: number,
  narrow: boolean,
  scarce: boolean,
): Ways | undefined {
  const chosen = matrices.map((matrix) => codingOf(matrix, sharing, problem, narrow));
  if (!chosen.every((coding) => coding !== undefined)) return undefined;
  return {
    codings: chosen.map(({ coding }) => coding),
    coded: {
      value: chosen.reduce((sum, { writes }) => sum + writes, 0),
      bound: chosen.reduce((sum, { fewest }) => sum + fewest, 0),
    },
    options: matrices.map((matrix, l) =>
      optionsOf(matrix, chosen[l]!.coding, roundsOf(matrix, problem.machine.rows, scarce), problem.machine, problem.batch),
    ),
  };
}

/** Numbers of outputs that may share an order, the best for the largest layers first. */
function ranked(problem: CrossbarProblem, matrices: readonly Matrix[]): readonly number[] {
  const { machine, batch, objective } = problem;
  const largest = matrices.toSorted((a, b) => b.values.length - a.values.length).slice(0, SHOWN);
  const share = (matrix: Matrix) => Math.max(1, plainLoads(matrix, machine) / ROUNDS);
  const costs = SHARINGS.map((sharing) =>
    largest.reduce((sum, matrix) => {
      const coding = codingOf(matrix, sharing, problem, false)?.coding;
      if (coding === undefined) return Number.POSITIVE_INFINITY;
      const ways = optionsOf(matrix, coding, [comparedRounds(matrix, machine.rows)], machine, batch);
      return sum + least(ways.filter(({ crossbars }) => crossbars <= share(matrix)).map(costOf(objective)));
    }, 0),
  );
  return SHARINGS.toSorted((a, b) => costs[SHARINGS.indexOf(a)]! - costs[SHARINGS.indexOf(b)]! || a - b);
}

/**
 * The placement that writes cells least often, for endurance; for programming the cheapest that writes no cell as often as
 * rewriting all weights in their own order would, else the one that exceeds this least. For latency and energy fewer writes of a cell may cost a tenth more.
 */
function gentle(
  { machine, objective }: CrossbarProblem,
  matrices: readonly Matrix[],
  tried: readonly (() => Ways | undefined)[],
): Choice | undefined {
  const plain = matrices.reduce((sum, matrix) => sum + plainLoads(matrix, machine), 0);
  const ways = tried.map(once);
  const first = objective === "endurance" ? 1 : Math.max(1, Math.ceil(plain / machine.crossbars) - 1);
  const patient = objective === "latency" || objective === "energy";
  const found: Choice[] = [];
  for (let most = first; ; most += Math.ceil(most / 8)) {
    const { choice, longer } = cheapest(machine, objective, ways, most);
    if (choice !== undefined) found.push(choice);
    if (!longer || (found.length > 0 && (!patient || most > first))) break;
  }
  const best = least(found.map(({ value }) => value));
  return found.find(({ value }) => !patient || value <= TENTH_MORE * best);
}

const TENTH_MORE = 1.1;

/** Of the codings of the least cost and the narrow ones, what places cheapest with at most so many writes of a cell; many rounds where neither does. */
function cheapest(machine: Machine, objective: CrossbarProblem["objective"], ways: readonly (() => Ways | undefined)[], most: number) {
  let choice: Choice | undefined;
  let longer = false;
  for (const [k, look] of ways.entries()) {
    const found = k === ways.length - 1 && choice !== undefined ? undefined : look();
    if (found === undefined) continue;
    const allowed = found.options.map((options) => options.filter((way) => way.most <= most));
    longer ||= allowed.some((options, l) => options.length < found.options[l]!.length);
    if (!allowed.every((options) => options.length > 0)) continue;
    const placed = place(allowed, machine.crossbars, machine.rows, costOf(objective));
    if (placed === undefined || (choice !== undefined && choice.value <= placed.value)) continue;
    const { sites, value, bound } = placed;
    choice = { ...found, options: placed.choice.map((at, l) => allowed[l]![at]!), sites, value, bound, most };
  }
  return { choice, longer };
}

/** The function, called the first time only. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

interface Coded {
  readonly coding: Coding;
  /** Sampled writes of it and of the coding that writes least. */
  readonly writes: number;
  readonly fewest: number;
}

/** The encoding and layout that cost least by sample; `undefined` where a bundle is wider than a crossbar or than its order allows. */
function codingOf(matrix: Matrix, sharing: number, problem: CrossbarProblem, narrow: boolean): Coded | undefined {
  const { machine, objective, batch } = problem;
  const rounds = comparedRounds(matrix, machine.rows);
  let best: { readonly coding: Coding; readonly cost: number; readonly writes: number } | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  const codings = codingsOf(matrix, sharing, problem);
  const cells = ({ encoding }: Coding) => slicesOf(encoding, matrix.bits, machine.cellBits);
  const narrowest = least(codings.map(cells));
  for (const coding of codings) {
    if (narrow && cells(coding) > narrowest) continue;
    // What all strips on one crossbar would take: a wider code takes more loads for the same weights.
    const ways = optionsOf(matrix, coding, [rounds], machine, batch).filter(({ lanes, fill }) => lanes === 1 && fill === undefined);
    const cost = least(ways.map(costOf(objective)));
    const writes = least(ways.map((way) => way.writes));
    fewest = Math.min(fewest, writes);
    if (best === undefined || cost < best.cost) best = { coding, cost, writes };
  }
  return best && { ...best, fewest };
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
    .filter((coding) => laidOut(matrix, { ...coding, spread: 1, rounds: matrix.inputs, top: 0 }, machine).geometry.across > 0);
}

const comparedRounds = (matrix: Matrix, rows: number): number =>
  roundsOf(matrix, rows, false).find((count) => count <= ROUNDS) ?? matrix.inputs;

const least = (costs: readonly number[]): number => costs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** What counts after the objective counts so much less that it decides where the objective hardly does. */
const SECOND = 1e-3;
/** Of a second of firing, against one of writing: a plan whose firing waits for little but takes long would serve nobody. */
const FIRING = 0.03;

/** What a second of firing counts in writes of cells, against many writes that one cell may yet get. */
const WRITES = 2e5;

/** Of a layer's option; sums over layers are what placement lowers. */
const costOf =
  (objective: CrossbarProblem["objective"]) =>
  ({ programming, latency, energy, writes, most }: Option): number => {
    switch (objective) {
      case "programming":
        return programming + FIRING * latency;
      case "latency":
        return latency + SECOND * programming;
      case "energy":
        return energy;
      case "endurance":
        return writes + WRITES * latency + SECOND * most;
    }
  };
