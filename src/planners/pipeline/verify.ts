import { type Diagnostic, fail } from "../../base/diagnostic.js";
import type { PipelineRun, Replay } from "../../base/replay.js";
import { bytes, cycles, picojoules } from "../../base/units.js";
import { conclude, type Verdict } from "../../base/verdict.js";
import { asBuilt, type PipelinePlan, type PipelineProblem } from "./plan.js";
import { RESOURCES, replay } from "./replay.js";
import { selectionOf } from "./selection.js";
import { verifyBound } from "./verify-bound.js";
import { engineViolations, formViolations, placeViolations } from "./verify-engines.js";

/**
 * Decides whether `plan` may be built on the device that `problem` describes: every layer has an engine that can be built,
 * all of them fit, the weight stream, run in its own clock, brings weights in time, and frames that go through all engines
 * pixel by pixel leave as often as they enter.
 *
 * @param plan a claim, whoever made it.
 * @returns the accepted plan with its Replay, or every violation (codes PIP-1, PIP-20 to PIP-33). Never throws.
 * @see docs/math/pipeline.md
 */
export function verify(problem: PipelineProblem, plan: PipelinePlan): Verdict<PipelinePlan> {
  const malformed = formViolations(problem, plan);
  if (malformed.length > 0) return conclude(plan, NOTHING_SEEN, malformed);
  const built = asBuilt(problem, plan.partitions);
  const unbuildable = [
    ...placeViolations(problem, plan),
    ...plan.partitions.flatMap(({ engines }, p) =>
      engines.flatMap((engine, e) => engineViolations(problem, engine, `plan.partitions[${p}].engines[${e}]`)),
    ),
  ];
  if (unbuildable.length > 0) return conclude(plan, NOTHING_SEEN, unbuildable);
  const { replay: seen, violations } = replay(built, plan);
  return conclude(plan, seen, [
    ...violations,
    ...(violations.length > 0 ? [] : claimViolations(plan, seen.pipeline!, seen.totals.latency)),
    ...certificateViolations(problem, plan),
  ]);
}

/** Cycles per frame and resources have to be as claimed; latency may be less, since engines start as early as they can. */
function claimViolations({ claims }: PipelinePlan, { cyclesPerFrame, partitions }: PipelineRun, latency: number): Diagnostic[] {
  const several = partitions.length > 1;
  const miscount = (where: string, claimed: number, measured: number, unit: string, most = false): Diagnostic[] =>
    measured - claimed <= ROUNDING * measured && (most || claimed - measured <= ROUNDING * measured)
      ? []
      : [fail("PIP-32", where, `plan claims ${claimed} ${unit}, replay measures ${measured}`, "report this: the planner miscounts")];
  return [
    ...miscount("plan.claims.cyclesPerFrame", claims.cyclesPerFrame, cyclesPerFrame, "cycles", several),
    ...miscount("plan.claims.latency", claims.latency, latency, "cycles", true),
    ...RESOURCES.flatMap((key) => {
      const most = Math.max(...partitions.map(({ resources }) => resources[key]));
      return miscount(`plan.claims.resources.${key}`, claims.resources[key], most, key);
    }),
  ];
}

/** The multipliers are tried on all ways to build each engine, by another algorithm than found them. */
function certificateViolations(problem: PipelineProblem, { certificate, partitions }: PipelinePlan): Diagnostic[] {
  if (certificate === undefined) return [];
  const { cycles: least } = certificate;
  if (partitions.length > 1 || least >= partitions[0]!.cyclesPerFrame)
    return [fail("PIP-33", "plan.certificate", `speaks of ${least} cycles, which this plan does not take longer than`, "leave it out")];
  // All options: the smallest engines of the others bound what any may take, and slower ones are not spoken of, nor which is the faster.
  const every = selectionOf(problem, { slowest: least, fastest: least, steps: Number.POSITIVE_INFINITY });
  const check = verifyBound(every.selection, certificate);
  return check.proven ? [] : [fail("PIP-33", "plan.certificate", `proves nothing about ${least} cycles: ${check.reason}`, "plan again")];
}

/** Of sums in another order. */
const ROUNDING = 1e-9;

const NOTHING_SEEN: Replay = {
  resources: [],
  memories: [],
  steps: [],
  events: [],
  residency: [],
  ledger: [],
  totals: {
    latency: cycles(0),
    energy: picojoules(0),
    peak: [],
    trafficByCause: { input: bytes(0), weight: bytes(0), output: bytes(0), spill: bytes(0), refetch: bytes(0) },
  },
};
