import { holds } from "../../cost/crossbar/encoding.js";
import { plainLoads } from "../../cost/crossbar/geometry.js";
import type { Budget } from "../../search/budget.js";
import { ENCODINGS, type Encoding } from "../../target/crossbar-target.js";
import { laidOut, type Matrix } from "./images.js";
import { type Coding, type Option, optionsOf, roundsOf } from "./options.js";
import { type Placement, place, type Site } from "./placement.js";
import { type CrossbarProblem, LAYOUTS } from "./plan.js";

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
    const chosen = matrices.map((matrix) => codingOf(matrix, sharing, problem));
    if (!chosen.every((coding) => coding !== undefined)) continue;
    const codings = chosen.map(({ coding }) => coding);
    const coded = {
      value: chosen.reduce((sum, { writes }) => sum + writes, 0),
      bound: chosen.reduce((sum, { fewest }) => sum + fewest, 0),
    };
    for (const scarce of [false, true]) {
      const options = matrices.map((matrix, l) =>
        optionsOf(matrix, codings[l]!, roundsOf(matrix, problem.machine.rows, scarce), problem.machine, problem.batch),
      );
      const found = gentle(problem, matrices, options);
      if (found !== undefined) return { codings, coded, ...found };
    }
  }
  return undefined;
}

/** Numbers of outputs that may share an order, the best for the largest layers first. */
function ranked(problem: CrossbarProblem, matrices: readonly Matrix[]): readonly number[] {
  const { machine, batch, objective } = problem;
  const largest = matrices.toSorted((a, b) => b.values.length - a.values.length).slice(0, SHOWN);
  const share = (matrix: Matrix) => Math.max(1, plainLoads(matrix, machine) / ROUNDS);
  const costs = SHARINGS.map((sharing) =>
    largest.reduce((sum, matrix) => {
      const coding = codingOf(matrix, sharing, problem)?.coding;
      if (coding === undefined) return Number.POSITIVE_INFINITY;
      const ways = optionsOf(matrix, coding, [comparedRounds(matrix, machine.rows)], machine, batch);
      return sum + least(ways.filter(({ crossbars }) => crossbars <= share(matrix)).map(costOf(objective)));
    }, 0),
  );
  return SHARINGS.toSorted((a, b) => costs[SHARINGS.indexOf(a)]! - costs[SHARINGS.indexOf(b)]! || a - b);
}

/**
 * For endurance, the placement that writes cells least often; else the cheapest placement that writes no cell as often as rewriting all weights in their own order would; where there is none,
 * the one that exceeds this least.
 */
function gentle({ machine, objective }: CrossbarProblem, matrices: readonly Matrix[], options: readonly (readonly Option[])[]) {
  const plain = matrices.reduce((sum, matrix) => sum + plainLoads(matrix, machine), 0);
  const all = options.reduce((most, ways) => ways.reduce((here, way) => Math.max(here, way.most), most), 0);
  const first = objective === "endurance" ? 1 : Math.max(1, Math.ceil(plain / machine.crossbars) - 1);
  for (let most = first; ; most = Math.min(all, most + Math.ceil(most / 8))) {
    const allowed = options.map((ways) => ways.filter((way) => way.most <= most));
    const found: Placement | undefined = allowed.every((ways) => ways.length > 0)
      ? place(allowed, machine.crossbars, machine.rows, costOf(objective))
      : undefined;
    if (found !== undefined) return { ...found, most, options: found.choice.map((k, l) => allowed[l]![k]!) };
    if (most >= all) return undefined;
  }
}

interface Coded {
  readonly coding: Coding;
  /** Sampled writes of it and of the coding that writes least. */
  readonly writes: number;
  readonly fewest: number;
}

/** The encoding and layout that cost least by sample; `undefined` where a bundle is wider than a crossbar or than its order allows. */
function codingOf(matrix: Matrix, sharing: number, problem: CrossbarProblem): Coded | undefined {
  const { machine, objective, batch } = problem;
  const rounds = comparedRounds(matrix, machine.rows);
  let best: { readonly coding: Coding; readonly cost: number; readonly writes: number } | undefined;
  let fewest = Number.POSITIVE_INFINITY;
  for (const coding of codingsOf(matrix, sharing, problem)) {
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
  const held = (encoding: Encoding) => (encoding !== "magnitude" || sharing === 1) && matrix.values.every((w) => holds(encoding, w, matrix.bits));
  const layouts = sharing === 1 ? LAYOUTS.slice(0, 1) : LAYOUTS;
  return (given === undefined ? ENCODINGS : [given])
    .filter(held)
    .flatMap((encoding) => layouts.map((layout): Coding => ({ encoding, layout, sharing: Math.min(sharing, matrix.outputs) })))
    .filter((coding) => laidOut(matrix, { ...coding, spread: 1, rounds: matrix.inputs, top: 0 }, machine).geometry.across > 0);
}

const comparedRounds = (matrix: Matrix, rows: number): number => roundsOf(matrix, rows, false).find((count) => count <= ROUNDS) ?? matrix.inputs;

const least = (costs: readonly number[]): number => costs.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);

/** What counts after the objective counts so much less that it decides where the objective hardly does. */
const SECOND = 1e-3;
/** Of a second of firing, against one of writing: a plan whose firing waits for little but takes long would serve nobody. */
const FIRING = 0.03;

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
        return writes + SECOND * most;
    }
  };
