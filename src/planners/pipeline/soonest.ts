import type { Budget } from "../../search/budget.js";
import { solveGame } from "../../search/selection/game.js";
import type { Selected, Selection } from "../../search/selection/problem.js";
import { select } from "../../search/selection/select.js";
import { type Configuration, type Configured, configure, engineOf, scheduled, until } from "./configure.js";
import { earliest, type Length, lengthOf, type Stretch } from "./earliest.js";
import { costOf, ioBits, type Option } from "./options.js";
import type { Engine, PipelineProblem } from "./plan.js";
import { selectionOf } from "./selection.js";

/** Engines with which a frame is through soon, and cycles that it takes at least with any. */
export type Soonest =
  | Exclude<Configured, { readonly kind: "configured" }>
  | (Extract<Configured, { readonly kind: "configured" }> & { readonly least: number });

/**
 * Chooses engines so that a frame is through as soon as possible. A frame takes as long as the longest of all ways through layers and
 * pixels; ways are weighted against choices, and choices made against weighted ways, where a choice costs its weighted length: for any
 * weights the least such cost is a bound. Link and streamed engines depend on the cycles per frame, so that this is done for
 * one range of these after another.
 *
 * @see docs/math/pipeline.md, "Latency"
 */
export function soonest(problem: PipelineProblem, budget: Budget): Soonest {
  const fastest = configure(problem, budget);
  if (fastest.kind !== "configured") return fastest;
  const search = searchOf(problem, fastest, budget);
  const ends = problem.streaming === "never" ? RANGES.slice(-1) : RANGES;
  const ranges = ends.map((end, r) => rangeOf((r === 0 ? 1 : ends[r - 1]!) * fastest.bound, end * fastest.bound));
  // Each range once, then always the one that is the least bounded.
  for (let turn = 0; turn < TURNS && !(turn > 0 && budget.stop()); turn++) {
    const open = ranges.filter(({ left }) => left > 0);
    const least = ranges.reduce((a, b) => (b.bound < a.bound ? b : a));
    const next = turn < ranges.length ? ranges[turn]! : open.reduce((a, b) => (b.bound < a.bound ? b : a), open[0]!);
    if (turn >= ranges.length && (open.length === 0 || least.bound >= search.best().latency * (1 - CLOSE))) break;
    search.turn(next);
    budget.progress({ phase: "latency", bound: least.bound, incumbent: search.best().latency });
  }
  const { configuration, latency } = search.best();
  return { ...fastest, ...configuration, least: Math.min(latency, ...ranges.map(({ bound }) => bound)) };
}

/** Ends of the ranges of cycles per frame that are looked at one by one, against the fewest there can be. */
const RANGES = [1.02, 1.1, 1.25, 1.6, Number.POSITIVE_INFINITY];
/** Choices made in all. */
const TURNS = 60;
/** Choices of a range that only weigh ways, before choices that keep each below a limit, of which so many may show nothing. */
const WEIGHED = 8;
const FRUITLESS = 4;
/** Closeness of bound and best at which no more is tried. */
const CLOSE = 0.01;
/** Search nodes of a choice. */
const NODES = 2_000_000;

/** Plans whose engines need so many cycles per frame. */
interface Range {
  readonly from: number;
  readonly to: number;
  /** No such plan has a frame through in fewer cycles. */
  bound: number;
  /** Of the ways known at its last turn. */
  weights: readonly number[];
  turns: number;
  /** Where the next limit lies between bound and best, and how many choices may still show nothing. */
  share: number;
  left: number;
}

const rangeOf = (from: number, to: number): Range => ({ from, to, bound: 0, weights: [], turns: 0, share: 1, left: FRUITLESS });

/** A plan, and cycles from a frame's first element to its last result if streams hold whatever waits. */
interface Found {
  readonly configuration: Configuration;
  readonly latency: number;
}

/** All that is known of choices and ways, and turns that add to it. */
function searchOf(problem: PipelineProblem, fastest: Configuration, budget: Budget) {
  const { layers, device } = problem;
  const { selection, options } = selectionOf(problem, { slowest: Number.POSITIVE_INFINITY, steps: Number.POSITIVE_INFINITY });
  const io = ioBits(problem);
  const ways: (readonly Stretch[])[] = [];
  const choices: (readonly Engine[])[] = [];
  let best: Found | undefined;

  /** Takes a choice in, with the way that a frame takes longest on. */
  const meet = (engines: readonly Engine[]): void => {
    choices.push(engines);
    const costs = engines.map((engine) => costOf(problem, engine));
    const load = io + costs.reduce((bits, { weightBits }) => bits + weightBits, 0);
    const time = Math.max(load / device.bitsPerCycle, ...costs.map(({ interval }) => interval));
    const { latency, way } = earliest(problem, engines, time);
    if (!ways.some((known) => JSON.stringify(known) === JSON.stringify(way))) ways.push(way);
    if (best !== undefined && latency >= best.latency) return;
    const configuration = scheduled(problem, engines, time);
    const found = { configuration, latency: earliest(problem, engines, configuration.cyclesPerFrame).latency };
    if (best === undefined || found.latency < best.latency) best = found;
  };
  meet(fastest.engines);

  /** The choice in which weighted ways are shortest, none of them longer than `limit`. */
  const choose = (to: number, lengths: readonly Measured[], weights: readonly number[], limit: number): Selected => {
    const along = (layer: number, option: number) =>
      ways.map((way) => way.reduce((sum, stretch) => (stretch.layer === layer ? sum + lengths[layer]!(option, stretch) : sum), 0));
    const priced = priceOf(selection, options, to, along, weights, limit);
    const found = select(priced.selection, until(CLOSE, { ...budget, nodes: Math.min(budget.nodes, NODES) }));
    if ("choice" in found) meet(found.choice.map((o, l) => engineOf(l, options[l]![priced.numbers[l]![o]!]!)));
    return found;
  };

  const measured = new Map<number, readonly Measured[]>();
  const turn = (range: Range): void => {
    const { from, to } = range;
    const lengths = measured.get(from) ?? layers.map((_, l) => tabled(problem, l, options[l]!, from));
    measured.set(from, lengths);
    const [latency, known, bound] = [best!.latency, ways.length, range.bound];
    const weighed = range.turns++ < WEIGHED;
    if (weighed) range.weights = between(range.weights, gameOf(from));
    const goal = latency * (1 - CLOSE);
    const limit = weighed ? Number.POSITIVE_INFINITY : bound + (goal - bound) * range.share;
    const found = choose(to, lengths, range.weights, limit);
    const fruitless = best!.latency === latency && ways.length === known;
    // What keeps all ways below the limit takes as long as their mean; what does not, as long as the limit.
    range.bound = Math.max(bound, found.status === "infeasible" ? limit : Math.min(limit, found.bound));
    if (found.status === "infeasible") range.share = Math.max(range.share, 0.5);
    else if (weighed) {
      // What is weighed the same is answered the same.
      if (fruitless && range.bound <= bound * (1 + CLOSE / 10)) range.turns = WEIGHED;
    } else if (fruitless) {
      range.share /= 2;
      range.left--;
    }
    if (range.bound >= best!.latency * (1 - CLOSE)) range.left = 0;
  };

  /** The weights against which all choices met are longest. */
  const gameOf = (from: number): Float64Array => {
    const points = choices.map((engines) => {
      const own = engines.map((engine, l) => lengthOf(problem, layers[l]!, engine, from));
      return Float64Array.from(ways, (way) => way.reduce((sum, stretch) => sum + own[stretch.layer]!(stretch), 0) / best!.latency);
    });
    return solveGame(points, ways.length).multipliers;
  };
  return { turn, best: () => best! };
}

/** Halfway from the weights of a turn to those that answer it. */
const between = (before: readonly number[], answer: Float64Array): readonly number[] =>
  Array.from(answer, (weight, w) => (before.length === 0 ? weight : (weight + (before[w] ?? 0)) / 2));

/** Length of a stretch with an option of a layer, by number. */
type Measured = (option: number, stretch: Stretch) => number;

/** Options that differ only in where weights lie are measured once. */
function tabled(problem: PipelineProblem, layer: number, options: readonly Option[], frame: number): Measured {
  const measures = new Map<string, number>();
  const kinds: Length[] = [];
  const kindOf = options.map((option) => {
    const { unroll, memory } = option;
    const key = `${unroll.in} ${unroll.out} ${unroll.group} ${unroll.kernel} ${memory?.reuse} ${(memory?.fragments ?? 0) > 0}`;
    const known = measures.get(key);
    if (known !== undefined) return known;
    measures.set(key, kinds.length);
    return kinds.push(lengthOf(problem, problem.layers[layer]!, engineOf(layer, option), frame)) - 1;
  });
  const seen = new Map<Stretch, Float64Array>();
  return (option, stretch) => {
    let row = seen.get(stretch);
    if (row === undefined) {
      row = Float64Array.from(kinds, (length) => length(stretch));
      seen.set(stretch, row);
    }
    return row[kindOf[option]!]!;
  };
}

/** The choice of options of at most `most` cycles, for which the link carries the weights in that time, with the shortest ways on average. */
function priceOf(
  { rows, budgets, rate, fixedLoad, nodes, edges }: Selection,
  options: readonly (readonly Option[])[],
  most: number,
  along: (layer: number, option: number) => readonly number[],
  weights: readonly number[],
  limit: number,
): { readonly selection: Selection; readonly numbers: readonly (readonly number[])[] } {
  const numbers = options.map((all) => [...all.keys()].filter((o) => all[o]!.interval <= most));
  const linked = most < Number.POSITIVE_INFINITY;
  const limited = limit < Number.POSITIVE_INFINITY;
  const more = new Array<number>(1 + (limited ? weights.length : 0)).fill(0);
  const selection = {
    rows: [...rows, "load", ...(limited ? weights.map((_, w) => `way ${w}`) : [])],
    budgets: [...budgets, linked ? rate * most - fixedLoad : 1, ...(limited ? weights.map(() => limit) : [])],
    rate: 1,
    fixedLoad: 0,
    nodes: nodes.map((node, l) => ({
      options: numbers[l]!.map((o) => {
        const option = node.options[o]!;
        const lengths = along(l, o);
        const load = lengths.reduce((sum, length, w) => sum + (weights[w] ?? 0) * length, 0);
        return {
          ...option,
          time: 0,
          costs: [...option.costs, linked ? option.load : 0, ...(limited ? lengths.slice(0, weights.length) : [])],
          load,
        };
      }),
    })),
    edges: edges.map((edge) => ({ ...edge, converters: edge.converters.map((c) => ({ ...c, costs: [...c.costs, ...more] })) })),
  };
  return { selection, numbers };
}
