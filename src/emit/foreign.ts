import { bad, type Checked, fail } from "../base/diagnostic.js";
import type { Accepted } from "../base/verdict.js";
import { asBuilt, type PipelinePlan, type PipelineProblem } from "../planners/pipeline/plan.js";
import type { Target } from "../target/target.js";
import { autowsFiles } from "./autows.js";
import type { EmittedFile } from "./file.js";
import { finnFiles } from "./finn.js";

/** Tools that build pipelines, and read from files how. */
const FORMS: Readonly<
  Record<ForeignTool, (problem: PipelineProblem, accepted: Accepted<PipelinePlan>) => Checked<readonly EmittedFile[]>>
> = { finn: finnFiles, autows: autowsFiles };
export type ForeignTool = "finn" | "autows";

/** The family whose plans these tools know. */
const FAMILY: Target["kind"] = "pipeline";

/**
 * An accepted plan in the form of another tool, by path inside a folder; what that tool cannot do stands in the warnings.
 *
 * @returns EXP-46 for families that the tool does not know.
 */
export function foreign(
  {
    document,
    accepted,
  }: {
    readonly document: { readonly kind: string; readonly model: string; readonly problem: unknown };
    readonly accepted: Accepted<unknown>;
  },
  tool: ForeignTool,
): Checked<readonly EmittedFile[]> {
  if (document.kind === FAMILY) {
    const { partitions } = accepted.plan as PipelinePlan;
    return FORMS[tool](asBuilt(document.problem as PipelineProblem, partitions), accepted as never);
  }
  const message = `a plan of kind ${document.kind} has no form that ${tool} would read`;
  return bad(fail("EXP-46", document.model, message, "plan on an FPGA, for instance zcu102"));
}
