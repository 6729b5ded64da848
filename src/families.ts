/** What each family of accelerator brings; a new one is a line here. */

import type { Checked, Diagnostic } from "./base/diagnostic.js";
import type { Outcome } from "./base/outcome.js";
import type { Accepted, Verdict } from "./base/verdict.js";
import type { EmittedFile } from "./emit/file.js";
import { verilogFiles } from "./emit/verilog/files.js";
import { crossbarFront, fusionFront, pipelineFront, scratchpadFront } from "./explore/fronts.js";
import type { Figures, Front } from "./explore/point.js";
import type { Explorable } from "./explore/space.js";
import { type Goal, OVERLAPS, SPLITS } from "./goal.js";
import type { Graph } from "./graph/graph.js";
import type { Weights } from "./onnx/weight-values.js";
import { floorOf as floorOfCrossbar } from "./planners/crossbar/floor.js";
import { OBJECTIVES as CROSSBAR_OBJECTIVES } from "./planners/crossbar/plan.js";
import { pose as poseCrossbar } from "./planners/crossbar/pose.js";
import { readProblem as readCrossbar } from "./planners/crossbar/read.js";
import { solve as solveCrossbar } from "./planners/crossbar/solve.js";
import { verify as verifyCrossbar } from "./planners/crossbar/verify.js";
import { OBJECTIVES as FUSION_OBJECTIVES } from "./planners/fusion/plan.js";
import { pose as poseFusion } from "./planners/fusion/pose.js";
import { readProblem as readFusion } from "./planners/fusion/read.js";
import { solve as solveFusion } from "./planners/fusion/solve.js";
import { verify as verifyFusion } from "./planners/fusion/verify.js";
import { floorOf as floorOfPipeline } from "./planners/pipeline/floor.js";
import { OBJECTIVES as PIPELINE_OBJECTIVES } from "./planners/pipeline/plan.js";
import { pose as posePipeline } from "./planners/pipeline/pose.js";
import { readProblem as readPipeline } from "./planners/pipeline/read.js";
import { solveGreedy, solve as solvePipeline, solveVanilla } from "./planners/pipeline/solve.js";
import { verify as verifyPipeline } from "./planners/pipeline/verify.js";
import { floorOf as floorOfScratchpad } from "./planners/scratchpad/floor.js";
import { solveByIlp, solveFixedByIlp } from "./planners/scratchpad/ilp/solve.js";
import { OBJECTIVES as SCRATCHPAD_OBJECTIVES } from "./planners/scratchpad/plan.js";
import { pose } from "./planners/scratchpad/pose.js";
import { readProblem } from "./planners/scratchpad/read.js";
import { solve } from "./planners/scratchpad/solve.js";
import { rewritten } from "./planners/scratchpad/split/rewrite.js";
import { verify } from "./planners/scratchpad/verify.js";
import type { Kind, Plan, PlanOf, Problem, ProblemOf } from "./report/families.js";
import { floorOf as floorOfFusion } from "./report/fusion.js";
import { commonMetrics, counts, type Metrics } from "./report/metrics.js";
import type { Budget } from "./search/budget.js";
import type { MipSolver } from "./search/mip.js";
import type { Target } from "./target/target.js";

const planners: { readonly [K in Kind]: Planner<Extract<Target, { kind: K }>, ProblemOf<K>, PlanOf<K>> } = {
  scratchpad: {
    objective: "traffic",
    settings: { objective: SCRATCHPAD_OBJECTIVES, split: SPLITS },
    front: scratchpadFront,
    pose,
    solvers: { search: solve, ilp: solveByIlp, "ilp-fixed": solveFixedByIlp },
    rewritten,
    verify,
    readProblem,
    floor: floorOfScratchpad,
  },
  fusion: {
    objective: "balanced",
    settings: { objective: FUSION_OBJECTIVES, overlap: OVERLAPS },
    front: fusionFront,
    pose: poseFusion,
    solvers: { search: async (problem, budget) => solveFusion(problem, budget) },
    verify: verifyFusion,
    readProblem: readFusion,
    metrics: ({ machine }, { replay }) => commonMetrics(replay, counts(replay), machine.clock),
    floor: (problem) => {
      const { latencyCycles, energyPicojoules, offChipBytes } = floorOfFusion(problem);
      return { latencySeconds: latencyCycles / problem.machine.clock, latencyCycles, energyPicojoules, offChipBytes };
    },
  },
  pipeline: {
    objective: "throughput",
    settings: { objective: PIPELINE_OBJECTIVES },
    front: pipelineFront,
    pose: posePipeline,
    solvers: {
      search: async (problem, budget) => solvePipeline(problem, budget),
      vanilla: async (problem, budget) => solveVanilla(problem, budget),
      greedy: async (problem, budget) => solveGreedy(problem, budget),
    },
    verify: verifyPipeline,
    readProblem: readPipeline,
    floor: floorOfPipeline,
    verilog: verilogFiles,
  },
  crossbar: {
    objective: "programming",
    settings: { objective: CROSSBAR_OBJECTIVES },
    front: crossbarFront,
    pose: poseCrossbar,
    solvers: { search: async (problem, budget) => solveCrossbar(problem, budget) },
    verify: verifyCrossbar,
    readProblem: readCrossbar,
    floor: floorOfCrossbar,
  },
};

/** What a family gives: the functions of its four files, and what only some have. */
export interface Planner<T extends Target, P, Q> {
  /** What it lowers when nobody says. */
  readonly objective: string;
  /** What else of a goal it has, and the values that it serves, beside its solvers. */
  readonly settings: Omit<Explorable["settings"], "solver">;
  /** What a front of its targets is over. */
  readonly front: Front;
  readonly pose: (graph: Graph, target: T, goal: Goal & { readonly objective: string }, weights: () => Checked<Weights>) => Checked<P>;
  readonly solvers: Readonly<Partial<Record<Goal["solver"], (problem: P, budget: Budget, mip: MipSolver) => Promise<Outcome<Q>>>>>;
  readonly verify: (problem: P, plan: Q) => Verdict<Q>;
  readonly readProblem: (data: unknown, where: string) => Checked<P>;
  /** Of a plan, those that a front needs, where all that a report says takes long to make. */
  readonly metrics?: (problem: P, accepted: Accepted<Q>) => Metrics;
  /** Figures of its front that no plan of the problem is better in, each by itself; those that are cheap to know. */
  readonly floor?: (problem: P) => Figures;
  /** The accepted plan as hardware. */
  readonly verilog?: (problem: P, accepted: Accepted<Q>, weights: Weights, graph: Graph | undefined) => Checked<readonly EmittedFile[]>;
  /** Another problem for the same network where it does not fit whole. */
  readonly rewritten?: (graph: Graph, target: T, problem: P, budget: Budget) => Rewriting<P>;
}

export type Rewriting<P> =
  | { readonly kind: "whole" }
  | { readonly kind: "cut"; readonly problem: P }
  | { readonly kind: "none"; readonly reason: Diagnostic };

/** What a plan for a target of this kind lowers when nobody says. */
export const usualObjective = (kind: Kind): string => plannerOf(kind).objective;

/** What a space may choose from where a target is of this kind. */
export function explorable(kind: Kind): Explorable {
  const { front, settings, solvers } = plannerOf(kind);
  return { front, settings: { ...settings, solver: Object.keys(solvers) } };
}

export const whole = (): Rewriting<Problem> => ({ kind: "whole" });

/** The compiler does not see that target, problem and plan are of the kind that picked the planner. */
export const plannerOf = (kind: Kind): Planner<Target, Problem, Plan> => planners[kind] as Planner<Target, Problem, Plan>;
