import { plainLoads } from "../../cost/crossbar/geometry.js";
import type { Budget } from "../../search/budget.js";
import { comparedRounds, goodCodings, leastBy } from "./codings.js";
import { type Estimate, estimate } from "./estimate.js";
import type { Matrix } from "./images.js";
import { type Form, formsOf, loadCountOf, type Option, optionsOf, roundsOf } from "./options.js";
import { place } from "./placement.js";
import { PLAIN, type Plain, plainly, TURNS } from "./plain.js";
import type { CrossbarProblem } from "./plan.js";
import { type Coding, type Sampler, samplerOf } from "./samples.js";
import type { Site } from "./settle.js";

/** What the search settles before tables are made. */
export interface Choice {
  readonly codings: readonly Coding[];
  readonly options: readonly Option[];
  readonly sites: readonly Site[];
  /** Layers that take turns on the same cells; one where each has cells of its own. */
  readonly depth: number;
  /** Sampled cost of all layers, in seconds, and what no placement of these options goes below. */
  readonly value: number;
  readonly bound: number;
  /** Sampled writes of the codings, and of those that write least. */
  readonly coded: { readonly value: number; readonly bound: number };
  /** Most writes of a cell that the placement allows. */
  readonly most: number;
  /** What it comes to by its samples. */
  readonly estimate: Estimate;
}

/** Outputs per bundle that are tried where the problem leaves it open, and how many of them: the best for the objective and the best for latency; where that is one, what takes hardly more of both. */
const SHARINGS = [1, 2, 4, 8, 16];
const COMPARED = 2;
const HARDLY_MORE = 1.2;
/** Layers that decide how many outputs share an order, and what share of a crossbar's load they get for that. */
const SHOWN = 6;
const ROUNDS = 4;
/** Most latency that is given for what else is asked for, and for cells that are written once less. */
const TENTH_MORE = 1.1;
/** More writes of a cell are allowed for latency, or where plain writing is faster, as long as that brings so much. */
const GAIN = 0.01;
const FASTER = 1.5;
/** Cells are hardly ever written by every load: so many times as many loads as writes are allowed are looked at. */
const SURELY = 2;
/** What tables come to differs from samples by hardly more. */
const UNSURE = 1.05;
/** Loads of all layers in an inference, about: the tables of large networks would else take more room than their weights. And how many times those of full crossbars every layer may have. */
const LOADS = 2 ** 18;
const LEAST_LOADS = 4;
/** How much what is asked for weighs beside latency, as shares of what both come to in a fast placement. */
const WEIGHTS = [0.2, 2];

type Figure = (way: Option) => number;
const FIGURES: Readonly<Record<CrossbarProblem["objective"], Figure>> = {
  programming: ({ programming }) => programming,
  latency: ({ latency }) => latency,
  energy: ({ energy }) => energy,
  endurance: ({ writes }) => writes,
};

/**
 * Settles how the layers become cells and which crossbars they get: of many placements, each scheduled by its samples, one that serves the objective and is hardly slower than the fastest.
 *
 * @returns what is worth making tables for; empty where nothing was found.
 */
export function choose(problem: CrossbarProblem, matrices: readonly Matrix[], budget: Budget): readonly Choice[] {
  const { machine, objective } = problem;
  const sampled = samplerOf(machine);
  const inOrder = plainly(problem, matrices, sampled);
  const plain = inOrder?.estimate.latency ?? Number.POSITIVE_INFINITY;
  const limits = limitsOf(problem, matrices);
  const found: Choice[] = [];
  const { first, others } = problem.sharing === undefined ? ranked(problem, matrices, sampled) : { first: [problem.sharing], others: [] };
  for (const sharing of [...first, ...others]) {
    if (found.length > 0 && (others.includes(sharing) || budget.stop())) break;
    budget.progress({ phase: `orders shared by ${sharing}` });
    found.push(...choicesOf(problem, matrices, sampled, sharing, limits, inOrder, budget));
  }
  if (found.length === 0) return [];
  const best = picked(found, objective, limits, plain);
  // What serves another objective may turn out faster once it is written, and what may write a cell more often than is allowed may not do so.
  const careful = found.filter(({ most }) => most <= allowedWrites(problem));
  return [
    ...new Set([
      best,
      ...(objective === "latency" ? [picked(found, "programming", limits, plain)] : []),
      ...(careful.length === 0 || careful.length === found.length ? [] : [picked(careful, objective, limits, plain)]),
    ]),
  ];
}

/**
 * The one that serves the objective best of those that are hardly slower than the fastest, and faster than plain writing. Of these come first those that keep to the first limit on writes of
 * a cell; for latency those of the fewest writes that are hardly slower.
 *
 * @param plain latency of writing all in its own order.
 */
function picked(found: readonly Choice[], objective: CrossbarProblem["objective"], limits: readonly number[], plain: number): Choice {
  const latencyOf = ({ estimate: { latency } }: Choice) => latency;
  const hardly = (least: number) => Math.max(least, Math.min(TENTH_MORE * least, plain / UNSURE));
  const fastest = latencyOf(leastBy(found, latencyOf));
  const allowed = objective === "latency" ? hardly(fastest) : Math.max(fastest, plain / UNSURE);
  const steps = objective === "latency" ? [...new Set(found.map(({ most }) => most))].sort((a, b) => a - b) : limits;
  const within = steps.map((limit) => found.filter((choice) => choice.most <= limit && latencyOf(choice) <= allowed));
  const kept = within.find(({ length }) => length > 0) ?? found;
  const least = latencyOf(leastBy(kept, latencyOf));
  const quick = kept.filter((choice) => latencyOf(choice) <= hardly(least));
  const sum = ({ options }: Choice, figure: Figure) => options.reduce((total, way) => total + figure(way), 0);
  switch (objective) {
    case "latency":
      return leastBy(kept, latencyOf);
    case "programming":
      return leastBy(quick, (choice) => choice.estimate.waiting);
    case "energy":
      return leastBy(quick, (choice) => sum(choice, FIGURES.energy));
    case "endurance": {
      const rarest = leastBy(quick, ({ most }) => most).most;
      return leastBy(
        quick.filter(({ most }) => most === rarest),
        (choice) => sum(choice, FIGURES.endurance),
      );
    }
  }
}

/** Writes of a cell that placements may allow: one less than writing all weights in their own order takes on every crossbar, and as many as that takes. */
function limitsOf(problem: CrossbarProblem, matrices: readonly Matrix[]): readonly number[] {
  const { machine } = problem;
  const plain = matrices.reduce((sum, matrix) => sum + plainLoads(matrix, machine), 0) / machine.crossbars;
  return [...new Set([Math.floor(plain) - 1, Math.floor(plain)].map((limit) => Math.min(Math.max(1, limit), allowedWrites(problem))))];
}

/**
 * Placements with so many outputs to an order: fast ones, with cells of their own for each layer and, where these are no faster than plain writing, in turns; and between them and what the
 * objective asks for.
 */
function choicesOf(
  problem: CrossbarProblem,
  matrices: readonly Matrix[],
  sampled: Sampler,
  sharing: number,
  limits: readonly number[],
  inOrder: Plain | undefined,
  budget: Budget,
): readonly Choice[] {
  const { machine, objective } = problem;
  const plain = inOrder?.estimate.latency ?? Number.POSITIVE_INFINITY;
  let ways = codedWays(problem, matrices, sampled, sharing, false);
  if (ways === undefined) return [];
  const found: Choice[] = [];
  const add = (most: number, depth: number, cost: Figure) => {
    const choice = placed(problem, ways!, most, depth, cost);
    if (choice !== undefined) found.push(choice);
    return choice;
  };
  const fastest = () => found.reduce((least, { estimate: { latency } }) => Math.min(least, latency), Number.POSITIVE_INFINITY);
  const quick = () => fastest() <= plain / UNSURE;
  const late = () => found.length > 0 && budget.stop();
  let base: Choice | undefined;
  for (const most of limits)
    if (!late() && (!quick() || (objective === "latency" && most === limits.at(-1)))) base = add(most, 1, FIGURES.latency) ?? base;
  // Where cells are scarce: many rounds, and as many writes as that takes.
  const [gentle, ample] = [limits[0]!, limits.at(-1)!];
  if (found.length === 0) ways = codedWays(problem, matrices, sampled, sharing, true)!;
  const longest = ways.options.flat().reduce((most, way) => Math.max(most, way.most), 0);
  const highest = Math.min(longest, SURELY * allowedWrites(problem));
  for (const most of rising(ample, highest, 1 / 8)) if (found.length === 0) base = add(most, 1, FIGURES.latency) ?? base;
  for (const most of rising(Math.ceil(ample * FASTER), highest, FASTER - 1)) {
    const before = fastest();
    if (late() || (objective !== "latency" && quick())) break;
    add(most, 1, FIGURES.latency);
    if (fastest() >= before * (1 - GAIN)) break;
  }
  const scarce = found.length === 0;
  for (
    let depth = 2, idle = 0;
    (scarce ? found.length === 0 : !quick() && !late() && idle < 2) && depth < 2 * matrices.length;
    depth *= 2
  ) {
    const before = fastest();
    const most = scarce || objective === "latency" ? (longest + 1) * depth : ample;
    const choice = add(
      Math.min(most, SURELY * allowedWrites(problem)),
      depth,
      (way) => way.latency + firstWrites(way, machine.programming.writers),
    );
    base ??= choice;
    idle = fastest() < before * (1 - GAIN) ? 0 : idle + 1;
  }
  // Where hardly anything has to be written nothing may be faster than the layers' own order.
  if (inOrder !== undefined && found.length > 0 && !quick() && mayTake(problem, inOrder)) found.push(choiceOf(inOrder, ways));
  if (objective === "endurance") for (let most = 1; most < gentle; most += Math.ceil(most / 8)) add(most, 1, FIGURES.latency);
  if (base === undefined || late()) return found;
  const asked = FIGURES[objective === "latency" ? "programming" : objective];
  const total = (figure: Figure) => base!.options.reduce((sum, way) => sum + figure(way), 0);
  const unit = total(FIGURES.latency) / total(asked);
  const least = found.filter(({ depth }) => depth === 1).reduce((most, choice) => Math.min(most, choice.most), base.most);
  if (Number.isFinite(unit)) for (const weight of WEIGHTS) add(least, 1, (way) => way.latency + weight * unit * asked(way));
  return found;
}

/** Limits from one to another, each by so large a share more than the one before. */
function* rising(from: number, to: number, share: number): Generator<number> {
  for (let most = from; most <= to; most = most === to ? to + 1 : Math.min(to, most + Math.max(1, Math.ceil(share * most)))) yield most;
}

/** Writes of a cell, so many loads apart, that the problem allows. */
const allowedWrites = ({ mostCellWrites = Number.POSITIVE_INFINITY, machine }: CrossbarProblem): number =>
  Math.floor(mostCellWrites / (machine.programming.model === "erase" ? 2 : 1));

/** Whether a plan may lie in the layers' own order. */
const mayTake = (problem: CrossbarProblem, inOrder: Plain): boolean =>
  (problem.encoding ?? PLAIN.encoding) === PLAIN.encoding &&
  inOrder.options.every(({ rounds }) => rounds === 1) &&
  inOrder.most <= allowedWrites(problem);

/** The layers in their own order as a choice: no way of theirs costs less than the bound, whatever room there is. */
function choiceOf({ options, sites, estimate, most }: Plain, ways: Ways): Choice {
  const sum = (list: readonly Option[], of: Figure) => list.reduce((total, way) => total + of(way), 0);
  const value = sum(options, FIGURES.latency);
  const least = ways.options.reduce(
    (total, mine, l) => total + mine.reduce((best, way) => Math.min(best, way.latency), options[l]!.latency),
    0,
  );
  const writes = sum(options, FIGURES.endurance);
  return {
    codings: options.map(({ coding }) => coding),
    options,
    sites,
    depth: TURNS,
    value,
    bound: least,
    coded: { value: writes, bound: Math.min(writes, ways.fewest) },
    most,
    estimate,
  };
}

/** Seconds to write what an inference begins with, which others have written over. */
const firstWrites = ({ lanes, spread, between }: Option, writers: number): number => (lanes * spread * between.time) / writers;

/** Codings of all layers and the ways to place them. */
interface Ways {
  readonly options: readonly (readonly Option[])[];
  readonly writes: readonly ReadonlyMap<Coding, number>[];
  readonly fewest: number;
}

/** @param scarce whether many rounds are tried. */
function codedWays(
  problem: CrossbarProblem,
  matrices: readonly Matrix[],
  sampled: Sampler,
  sharing: number,
  scarce: boolean,
): Ways | undefined {
  const { machine, batch, objective } = problem;
  const figures = [FIGURES.latency, FIGURES[objective === "latency" ? "programming" : objective]];
  const coded = matrices.map((matrix) => goodCodings(matrix, sharing, problem, sampled, figures));
  if (coded.some(({ good }) => good.length === 0)) return undefined;
  // In one round inputs stand in their own order, which all outputs share: those of a bundle need not be side by side.
  const apart = matrices.map((matrix) =>
    sharing === 1 ? { good: [], fewest: Number.POSITIVE_INFINITY } : goodCodings(matrix, 1, problem, sampled, figures),
  );
  const plain = matrices.map((matrix) => plainLoads(matrix, machine));
  const share = Math.max(LEAST_LOADS, LOADS / plain.reduce((sum, loads) => sum + loads, 0));
  return {
    options: matrices.map((matrix, l) => {
      const forms = [
        ...coded[l]!.good.flatMap(({ coding }) => formsOf(matrix, coding, roundsOf(matrix, machine.rows, scarce), machine, batch)),
        ...apart[l]!.good.flatMap(({ coding }) => formsOf(matrix, coding, [1], machine, batch)),
      ];
      return optionsOf(matrix, scarce ? forms : withFewLoads(forms, share * plain[l]!), machine, sampled);
    }),
    writes: coded.map(({ good }, l) => new Map([...good, ...apart[l]!.good].map(({ coding, writes }) => [coding, writes]))),
    fewest: coded.reduce((sum, { fewest }, l) => sum + Math.min(fewest, apart[l]!.fewest), 0),
  };
}

function withFewLoads(forms: readonly Form[], most: number): readonly Form[] {
  const few = forms.filter((form) => loadCountOf(form) <= most);
  return few.length > 0 || forms.length === 0 ? few : [leastBy(forms, loadCountOf)];
}

/** The cheapest placement with at most so many writes of a cell; where layers take turns, all together. */
function placed(
  problem: CrossbarProblem,
  { options, writes, fewest }: Ways,
  most: number,
  depth: number,
  cost: Figure,
): Choice | undefined {
  const { machine } = problem;
  const allowed = options.map((ways) => ways.filter((way) => (depth === 1 ? way.most <= most : (way.most + 1) * depth <= most)));
  if (allowed.some((ways) => ways.length === 0)) return undefined;
  const found = place(allowed, { crossbars: machine.crossbars, depth, cells: machine }, cost);
  if (found === undefined) return undefined;
  const { sites, value, bound } = found;
  const chosen = found.choice.map((at, l) => allowed[l]![at]!);
  const codings = chosen.map(({ coding }) => coding);
  const coded = { value: codings.reduce((sum, coding, l) => sum + writes[l]!.get(coding)!, 0), bound: fewest };
  return { codings, options: chosen, sites, depth, value, bound, coded, most, estimate: estimate(problem, chosen, sites, depth) };
}

/** Numbers of outputs that may share an order, best first by what the largest layers take: those that are compared, and the others. */
function ranked(problem: CrossbarProblem, matrices: readonly Matrix[], sampled: Sampler) {
  const { machine, batch, objective } = problem;
  const largest = matrices.toSorted((a, b) => b.values.length - a.values.length).slice(0, SHOWN);
  const share = (matrix: Matrix) => Math.max(1, plainLoads(matrix, machine) / ROUNDS);
  const costsBy = (figure: Figure) =>
    SHARINGS.map((sharing) =>
      largest.reduce((sum, matrix) => {
        const coding = goodCodings(matrix, sharing, problem, sampled, [figure]).good[0]?.coding;
        if (coding === undefined) return Number.POSITIVE_INFINITY;
        const forms = formsOf(matrix, coding, [comparedRounds(matrix, machine)], machine, batch);
        const near = optionsOf(
          matrix,
          forms.filter(({ crossbars }) => crossbars <= share(matrix)),
          machine,
          sampled,
        );
        return sum + near.reduce((least, way) => Math.min(least, figure(way)), Number.POSITIVE_INFINITY);
      }, 0),
    );
  const figures = [costsBy(FIGURES[objective]), costsBy(FIGURES.latency)];
  const by = (costs: readonly number[]) => SHARINGS.map((_, k) => k).sort((a, b) => costs[a]! - costs[b]! || a - b);
  const order = [...new Set([...figures.map((costs) => by(costs)[0]!), ...by(figures[0]!)])];
  const best = figures.map((costs) => Math.min(...costs));
  const compared = order
    .slice(0, COMPARED)
    .filter((k) => figures.some((costs, f) => costs[k]! === best[f]!) || figures.every((costs, f) => costs[k]! <= HARDLY_MORE * best[f]!));
  const sharings = (chosen: readonly number[]) => chosen.map((k) => SHARINGS[k]!);
  return { first: sharings(compared), others: sharings(order.filter((k) => !compared.includes(k))) };
}
