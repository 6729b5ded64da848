/** What each family of accelerator brings; a new one is a line here. */

import type { Checked, Diagnostic } from "./base/diagnostic.js";
import type { Outcome } from "./base/outcome.js";
import type { Accepted, Verdict } from "./base/verdict.js";
import type { EmittedFile } from "./emit/file.js";
import { verilogFiles } from "./emit/verilog/files.js";
import type { Graph } from "./graph/graph.js";
import type { Binding } from "./onnx/bindings.js";
import type { Weights } from "./onnx/weight-values.js";
import { pose as poseCrossbar } from "./planners/crossbar/pose.js";
import { readProblem as readCrossbar } from "./planners/crossbar/read.js";
import { solve as solveCrossbar } from "./planners/crossbar/solve.js";
import { verify as verifyCrossbar } from "./planners/crossbar/verify.js";
import { pose as poseFusion } from "./planners/fusion/pose.js";
import { readProblem as readFusion } from "./planners/fusion/read.js";
import { solve as solveFusion } from "./planners/fusion/solve.js";
import { verify as verifyFusion } from "./planners/fusion/verify.js";
import { pose as posePipeline } from "./planners/pipeline/pose.js";
import { readProblem as readPipeline } from "./planners/pipeline/read.js";
import { solveGreedy, solve as solvePipeline, solveVanilla } from "./planners/pipeline/solve.js";
import { verify as verifyPipeline } from "./planners/pipeline/verify.js";
import { solveByIlp, solveFixedByIlp } from "./planners/scratchpad/ilp/solve.js";
import { pose } from "./planners/scratchpad/pose.js";
import { readProblem } from "./planners/scratchpad/read.js";
import { solve } from "./planners/scratchpad/solve.js";
import { rewritten } from "./planners/scratchpad/split/rewrite.js";
import { verify } from "./planners/scratchpad/verify.js";
import type { Kind, Plan, PlanOf, Problem, ProblemOf } from "./report/families.js";
import { floorOf as floorOfFusion } from "./report/fusion.js";
import type { Budget } from "./search/budget.js";
import type { MipSolver } from "./search/mip.js";
import type { Target } from "./target/target.js";

/**
 * How a plan is sought: `search` is ours. Baselines of the scratchpad: the published programme, slow and exact (`ilp`,
 * `ilp-fixed`); of the pipeline: the published search (`greedy`), and no streaming (`vanilla`).
 */
export const SOLVERS = ["search", "ilp", "ilp-fixed", "greedy", "vanilla"] as const;

export const SPLITS = ["auto", "never"] as const;

/** What may happen where neighbouring tiles overlap: `any` also allows what changes results at tile edges. */
export const OVERLAPS = ["exact", "any"] as const;

export interface Goal {
  /** Without it the family's own. */
  readonly objective?: string | undefined;
  readonly solver: (typeof SOLVERS)[number];
  /** Whether operators may be cut into parts: where they do not fit whole, or never. */
  readonly split: (typeof SPLITS)[number];
  /** `exact` without it. */
  readonly overlap?: (typeof OVERLAPS)[number];
  readonly bindings: readonly Binding[];
  /** Seed of random values for weights that the model comes without, where a family needs values; without it their absence is an error. */
  readonly randomWeights?: number | undefined;
}

const planners: { readonly [K in Kind]: Planner<Extract<Target, { kind: K }>, ProblemOf<K>, PlanOf<K>> } = {
  scratchpad: {
    objective: "traffic",
    pose,
    solvers: { search: solve, ilp: solveByIlp, "ilp-fixed": solveFixedByIlp },
    rewritten,
    verify,
    readProblem,
  },
  fusion: {
    objective: "balanced",
    pose: poseFusion,
    solvers: { search: async (problem, budget) => solveFusion(problem, budget) },
    verify: verifyFusion,
    readProblem: readFusion,
    floor: floorOfFusion,
  },
  pipeline: {
    objective: "throughput",
    pose: posePipeline,
    solvers: {
      search: async (problem, budget) => solvePipeline(problem, budget),
      vanilla: async (problem, budget) => solveVanilla(problem, budget),
      greedy: async (problem, budget) => solveGreedy(problem, budget),
    },
    verify: verifyPipeline,
    readProblem: readPipeline,
    verilog: verilogFiles,
  },
  crossbar: {
    objective: "programming",
    pose: poseCrossbar,
    solvers: { search: async (problem, budget) => solveCrossbar(problem, budget) },
    verify: verifyCrossbar,
    readProblem: readCrossbar,
  },
};

/** What a family gives: the functions of its four files, and what only some have. */
export interface Planner<T extends Target, P, Q> {
  /** What it lowers when nobody says. */
  readonly objective: string;
  readonly pose: (graph: Graph, target: T, goal: Goal & { readonly objective: string }, weights: () => Checked<Weights>) => Checked<P>;
  readonly solvers: Readonly<Partial<Record<Goal["solver"], (problem: P, budget: Budget, mip: MipSolver) => Promise<Outcome<Q>>>>>;
  readonly verify: (problem: P, plan: Q) => Verdict<Q>;
  readonly readProblem: (data: unknown, where: string) => Checked<P>;
  /** What no plan of the problem goes below, each by itself; where it is cheap to know. */
  readonly floor?: (problem: P) => { readonly latencyCycles: number; readonly energyPicojoules: number };
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

export const whole = (): Rewriting<Problem> => ({ kind: "whole" });

/** The compiler does not see that target, problem and plan are of the kind that picked the planner. */
export const plannerOf = (kind: Kind): Planner<Target, Problem, Plan> => planners[kind] as Planner<Target, Problem, Plan>;
