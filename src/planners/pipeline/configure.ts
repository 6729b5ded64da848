import type { Conflict } from "../../base/outcome.js";
import { type Cycles, cycles } from "../../base/units.js";
import { sum } from "../../cost/fpga/resources.js";
import type { Budget } from "../../search/budget.js";
import type { Selected } from "../../search/selection/problem.js";
import { select } from "../../search/selection/select.js";
import type { FabricResources } from "../../target/pipeline-target.js";
import type { Reach } from "./choices.js";
import { conflictOf } from "./conflict.js";
import { schedule } from "./dma.js";
import { type Fewest, fewestCycles } from "./fewest-cycles.js";
import { converterOf, costOf, ioBits, type Option } from "./options.js";
import type { Certificate, Dma, Engine, PipelineProblem } from "./plan.js";
import { selectionOf } from "./selection.js";

/** All layers of a problem at once on the device. */
export interface Configuration {
  readonly engines: readonly Engine[];
  readonly cyclesPerFrame: Cycles;
  readonly dma: Dma | undefined;
  /** As of the plan's partition. */
  readonly evenedOver?: number | undefined;
}

export type Configured =
  | ({
      readonly kind: "configured";
      /** No configuration takes fewer cycles per frame. */
      readonly bound: Cycles;
      readonly certificate: Certificate | undefined;
      /** The best without a weight stream, where one was found. */
      readonly unstreamed?: Configuration | undefined;
    } & Configuration)
  | { readonly kind: "infeasible"; readonly conflict: Conflict }
  | { readonly kind: "unknown"; readonly reason: string };

/** Labels of the choice that one search node of a budget stands for: they are that much quicker to look at than nodes of other searches. */
const LABELS = 15;

/**
 * Chooses an engine for every layer so that a frame takes the fewest cycles, and a schedule that brings the weights in time. The choice is
 * made among more and more options: without streaming, where that cannot be, few ways to stream, then all that are not slower.
 *
 * @param close share by which the choice may be worse than its bound
 */
export function configure(problem: PipelineProblem, given: Budget, close = 0): Configured {
  const budget = { ...given, nodes: given.nodes * LABELS };
  const quick = fewestCycles(problem);
  // Queues that are made for so many cycles are not for fewer.
  const fewest = quick.cycles < (problem.evenedOver ?? 0) ? { cycles: problem.evenedOver!, certificate: undefined } : quick;
  const never = fewest.cycles === Number.POSITIVE_INFINITY;
  const reach: Reach = { slowest: Number.POSITIVE_INFINITY, fastest: never ? 0 : fewest.cycles, steps: Number.POSITIVE_INFINITY };
  const still = never || problem.streaming === "never" ? undefined : choose({ ...problem, streaming: "never" }, reach, budget);
  const unstreamed = still && still.time < Number.POSITIVE_INFINITY ? scheduled(problem, still.engines, still.time) : undefined;
  const first =
    unstreamed || !still
      ? still
      : choose(problem, { ...reach, steps: FEW_STEPS }, until(ROUGH, { ...budget, nodes: Math.min(budget.nodes, ROUGH_NODES) }));
  if (first !== undefined && first.time <= fewest.cycles) return { ...configured(problem, first, fewest), unstreamed };

  const limit = first?.time ?? Number.POSITIVE_INFINITY;
  const last = choose(problem, { ...reach, slowest: limit }, close > 0 ? until(close, budget) : budget);
  if (last.selected.status === "infeasible" && limit === Number.POSITIVE_INFINITY)
    return { kind: "infeasible", conflict: conflictOf(problem, last.selection, last.selected) };
  const best = first !== undefined && limit < last.time ? first : last;
  if (best.time === Number.POSITIVE_INFINITY)
    return { kind: "unknown", reason: "no choice of engines was found, nor a proof that there is none" };
  const certificate = last.selected.certificate;
  // Options faster than the fewest cycles were counted as slower: what is proven there is proven otherwise.
  const proven = {
    cycles: last.bound,
    certificate: certificate !== undefined && certificate.cycles < fewest.cycles ? fewest.certificate : certificate,
  };
  return { ...configured(problem, best, proven), unstreamed };
}

type Chosen = ReturnType<typeof choose>;

/** Lengths of the static part of the weights among which a first choice is quickly made. */
const FEW_STEPS = 2;

function configured(problem: PipelineProblem, { engines, time }: Chosen, proven: Fewest) {
  const found = scheduled(problem, engines, time);
  const bound = cycles(Math.min(found.cyclesPerFrame, wholeCycles(proven.cycles)));
  return { kind: "configured" as const, ...found, bound, certificate: proven.certificate };
}

/** Share by which the first choice may be worse than the best of its kind, and search nodes it may take. */
const ROUGH = 0.12;
const ROUGH_NODES = 500_000;

/** A budget for one search, which ends when its choice is worse than its bound by no more than a share. */
export function until(close: number, budget: Budget): Budget {
  let near = false;
  return {
    ...budget,
    stop: () => near || budget.stop(),
    progress: ({ incumbent, bound }) => {
      near = incumbent !== undefined && bound !== undefined && incumbent <= bound * (1 + close);
    },
  };
}

function choose(problem: PipelineProblem, reach: Reach, budget: Budget) {
  const { selection, options } = selectionOf(problem, reach);
  const selected: Selected = select(selection, budget);
  const found = selected.status === "optimal" || selected.status === "feasible" ? selected : undefined;
  return {
    selection,
    selected,
    engines: found?.choice.map((o, l) => engineOf(l, options[l]![o]!)) ?? [],
    time: found?.time ?? Number.POSITIVE_INFINITY,
    bound: selected.status === "infeasible" ? Number.POSITIVE_INFINITY : selected.bound,
  };
}

export const engineOf = (layer: number, { unroll, memory }: Option): Engine => ({ layer, unroll, memory });

/** Times are whole numbers and quotients, which may come out a little too large. */
const ROUNDING = 1e-9;
export const wholeCycles = (time: number): number => Math.ceil(time * (1 - ROUNDING));

/** How closely the least time that the link can hold is sought. */
const CLOSE = 1e-4;
/** Credit is counted in whole parts of a bit, for which a cycle or two make up. */
const SPARE_CYCLES = 2;

/** The fewest cycles per frame, at least `time`, in which the link brings all weights. */
export function scheduled(problem: PipelineProblem, engines: readonly Engine[], time: number): Configuration {
  const least = wholeCycles(time);
  // The published tool has no hardware that a schedule could be made for.
  if (problem.model === "autows") return { engines, cyclesPerFrame: cycles(least), dma: undefined };
  const io = ioBits(problem);
  const at = (cyclesPerFrame: number): Configuration | undefined => {
    const found = schedule(problem, engines, io, cyclesPerFrame);
    if (found.kind === "late") return undefined;
    return { engines, cyclesPerFrame: cycles(cyclesPerFrame), dma: found.kind === "holds" ? found.dma : undefined };
  };
  for (let more = 0; more <= SPARE_CYCLES; more++) {
    const found = at(least + more);
    if (found !== undefined) return found;
  }
  let low = least + SPARE_CYCLES;
  let step = Math.ceil(least * CLOSE);
  let found = at(low + step);
  while (found === undefined) {
    low += step;
    step *= 2;
    found = at(low + step);
  }
  while (found.cyclesPerFrame - low > Math.max(1, least * CLOSE)) {
    const middle = Math.floor((low + found.cyclesPerFrame) / 2);
    const there = at(middle);
    if (there === undefined) low = middle;
    else found = there;
  }
  return found;
}

/** What engines and the streams between them take of the device. */
export function resourcesOf(problem: PipelineProblem, engines: readonly Engine[]): FabricResources {
  const costs = new Map(engines.map((engine) => [engine.layer, costOf(problem, engine)]));
  const between = problem.streams.flatMap((stream) => {
    const [from, to] = [costs.get(stream.from ?? -1), costs.get(stream.to ?? -1)];
    return from === undefined || to === undefined ? [] : [converterOf(stream, from.lanesOut, to.lanesIn)];
  });
  return sum([...[...costs.values()].map(({ resources }) => resources), ...between]);
}
