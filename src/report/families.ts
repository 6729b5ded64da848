import type { CrossbarPlan, CrossbarProblem } from "../planners/crossbar/plan.js";
import type { FusionPlan, FusionProblem } from "../planners/fusion/plan.js";
import type { PipelinePlan, PipelineProblem } from "../planners/pipeline/plan.js";
import type { ScratchpadPlan, ScratchpadProblem } from "../planners/scratchpad/plan.js";
import type { Target } from "../target/target.js";
import { crossbarFacts } from "./crossbar.js";
import type { Facts, Given } from "./facts.js";
import { fusionFacts } from "./fusion.js";
import { pipelineFacts } from "./pipeline.js";
import { scratchpadFacts } from "./scratchpad.js";

/** What each family solves, and what it answers. */
interface Families {
  readonly scratchpad: { readonly problem: ScratchpadProblem; readonly plan: ScratchpadPlan };
  readonly fusion: { readonly problem: FusionProblem; readonly plan: FusionPlan };
  readonly pipeline: { readonly problem: PipelineProblem; readonly plan: PipelinePlan };
  readonly crossbar: { readonly problem: CrossbarProblem; readonly plan: CrossbarPlan };
}

export type Kind = Target["kind"];
export type ProblemOf<K extends Kind> = Families[K]["problem"];
export type PlanOf<K extends Kind> = Families[K]["plan"];
export type Problem = ProblemOf<Kind>;
export type Plan = PlanOf<Kind>;

/** The one place where a kind of accelerator finds what the report needs to know of it. */
const families: { readonly [K in Kind]: (given: Given<ProblemOf<K>, PlanOf<K>>) => Facts } = {
  scratchpad: scratchpadFacts,
  fusion: fusionFacts,
  pipeline: pipelineFacts,
  crossbar: crossbarFacts,
};

/** The facts of a plan of any family. The compiler does not see that problem and plan are of the kind that the problem names. */
export const factsOf = (given: Given<Problem, Plan>): Facts =>
  (families[given.problem.kind] as (given: Given<Problem, Plan>) => Facts)(given);
