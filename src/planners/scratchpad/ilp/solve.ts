import type { Outcome } from "../../../base/outcome.js";
import type { Budget } from "../../../search/budget.js";
import type { MipSolver } from "../../../search/mip.js";
import { loadOf } from "../accesses.js";
import { withOffsets } from "../addresses.js";
import { conflictOf } from "../conflict.js";
import { episodesOf } from "../episodes.js";
import { firstFit } from "../first-fit.js";
import { inObjective } from "../objective.js";
import { place } from "../place.js";
import type { ScratchpadPlan, ScratchpadProblem } from "../plan.js";
import { programme } from "../programme.js";
import { absentGaps, type Decoded, decode, placedEpisodes } from "./decode.js";
import { type Formulation, formulate } from "./formulate.js";

/** The MIP solver's own limit, where `budget.stop` does not end it before. */
const SECONDS = 3_600;

/** `--solver ilp`: COSMA's programme over all orders, addresses included. */
export const solveByIlp = (problem: ScratchpadProblem, budget: Budget, solver: MipSolver): Promise<Outcome<ScratchpadPlan>> =>
  wholly(problem, "free", budget, solver);

/** `--solver ilp-fixed`: the same for the model's own order ("COSMA FS"). */
export const solveFixedByIlp = (problem: ScratchpadProblem, budget: Budget, solver: MipSolver): Promise<Outcome<ScratchpadPlan>> =>
  wholly(problem, "model", budget, solver);

async function wholly(
  problem: ScratchpadProblem,
  order: IlpOptions["order"],
  budget: Budget,
  solver: MipSolver,
): Promise<Outcome<ScratchpadPlan>> {
  const conflict = conflictOf(problem, budget);
  if (conflict !== undefined) return { status: "infeasible", conflict };
  const outcome = await ilpPlan(problem, { order, addresses: true, seconds: SECONDS }, budget, solver);
  return "plan" in outcome ? inObjective(problem, outcome, [], budget) : outcome;
}

export interface IlpOptions extends Pick<Formulation, "order" | "addresses"> {
  /** The solver's own time limit. */
  readonly seconds: number;
}

/** Terms that equations (10) may take: beyond it solvers run out of memory before they run out of time. */
const MOST_TERMS = 4_000_000;

/**
 * Plans by COSMA's programme: one MIP over order, residency and addresses. Exact and slow; the oracle of the tests
 * and the baseline of the benchmark.
 *
 * With `addresses` the bound is one for plans with addresses, fragmentation included; without, only bytes are
 * counted, and addresses are found afterwards for what the solver chose. Everything it answers is checked again in
 * whole numbers. Running out of time, memory or precision makes the outcome `feasible` or `unknown`.
 *
 * @param problem one in which every operator fits alone
 * @param budget `nodes` are the solver's branch-and-bound nodes
 */
export async function ilpPlan(
  problem: ScratchpadProblem,
  { order, addresses, seconds }: IlpOptions,
  budget: Budget,
  solver: MipSolver,
): Promise<Outcome<ScratchpadPlan>> {
  budget.progress({ phase: "COSMA's programme" });
  const programmed = formulate(problem, { order, addresses, semantics: "stowage" }, MOST_TERMS);
  if (programmed === undefined)
    return beyond(`COSMA's programme for ${problem.steps.length} operators has more than ${MOST_TERMS} terms in its equations (10)`);
  const answer = await solver(programmed.mip, { seconds, nodes: budget.nodes });
  if (answer.status === "failed") return beyond(`the solver failed: ${answer.reason}`);
  if (answer.status === "infeasible") return beyond("the solver finds no plan although every operator fits alone: it lost precision");

  // Costs are whole: a bound rounds up. The slack covers the solver's own tolerance.
  const bound = Math.max(0, Math.ceil(answer.bound - 1e-6 * Math.max(1, Math.abs(answer.bound)))) * programmed.price;
  if (answer.x === undefined) return unknown(`no plan within the limits; none moves fewer than ${bound} B beyond the compulsory ones`);
  const decoded = decode(problem, programmed, answer.x);
  const plan = decoded && (addresses ? addressed(problem, decoded) : packed(problem, decoded, budget));
  if (plan === undefined) return beyond("the solver's solution breaks its own rows when checked in whole numbers");

  const value = plan.claims.nonCompulsory;
  const scope = order === "free" ? "all orders" : "this order";
  const proof = `COSMA's integer programme over ${order === "free" ? "orders and " : ""}residency, ${addresses ? "addresses included" : "addresses left out"}`;
  budget.progress({ phase: "done", incumbent: value, bound, unit: "B" });
  const figures = { plan, value, bound: Math.min(bound, value), scope, proof } as const;
  return {
    status: value <= bound ? "optimal" : "feasible",
    ...figures,
    ...(order === "model" ? { orderBound: figures.bound } : {}),
  };
}

const unknown = (reason: string) => ({ status: "unknown", reason }) as const;
/** Where more time is of no help. */
const beyond = (reason: string) => ({ ...unknown(reason), fix: "take the search: --solver search" });

function addressed(problem: ScratchpadProblem, decoded: Decoded): ScratchpadPlan | undefined {
  const episodes = placedEpisodes(problem, decoded);
  return episodes && programme(problem, decoded.accesses, episodes);
}

function packed(problem: ScratchpadProblem, decoded: Decoded, budget: Budget): ScratchpadPlan | undefined {
  const { accesses } = decoded;
  const absent = absentGaps(decoded);
  if (!loadOf(accesses, absent).every((load) => load <= problem.machine.capacity)) return undefined;
  const episodes = episodesOf(accesses, absent);
  const placing = place(problem, { start: 0, end: accesses.order.length }, episodes, [], budget.nodes, budget);
  const placed = placing.status === "placed" ? withOffsets(episodes, placing.offsets) : firstFit(problem, accesses, absent);
  return programme(problem, accesses, placed);
}
