import * as z from "zod";
import { bad, type Checked, type Diagnostic, fail, good } from "../base/diagnostic.js";
import type { Conflict, Undecided } from "../base/outcome.js";
import type { Replay } from "../base/replay.js";
import type { Accepted } from "../base/verdict.js";
import type { Coverage } from "../graph/graph.js";
import { kinds } from "../target/families.js";
import type { Kind, Plan, Problem } from "./families.js";
import type { Metrics } from "./metrics.js";
import type { Manifest, Objective, Report } from "./report.js";

/** What stands in every document, plan or no plan. */
interface Common {
  readonly schema: "stowage/plan/1";
  readonly kind: Kind;
  /** Names of model and target, for people. */
  readonly model: string;
  readonly target: string;
  /** Wall seconds by phase. */
  readonly seconds: Readonly<Record<string, number>>;
  readonly coverage: Coverage;
  readonly warnings: readonly Diagnostic[];
  readonly problem: Problem;
  readonly manifest: Manifest;
}

/** A plan file. Read back, it is a claim: see `readDocument` and `discrepancies`. */
export type PlanDocument = Common &
  (
    | {
        readonly status: "optimal" | "feasible";
        readonly objective: Objective;
        readonly metrics: Metrics;
        readonly verified: true;
        readonly plan: Plan;
        readonly replay: Replay;
      }
    | { readonly status: "infeasible"; readonly verified: false; readonly conflict: Conflict }
    | ({ readonly status: "unknown"; readonly verified: false } & Undecided)
  );

export type PlannedDocument = Extract<PlanDocument, { readonly verified: true }>;

/** What is known before there is an outcome. */
export type Background = Omit<Common, "schema" | "kind" | "problem">;

export const planDocument = (report: Report, problem: Problem, { plan, replay }: Accepted<Plan>): PlannedDocument => ({
  schema: "stowage/plan/1",
  kind: report.kind,
  model: report.model,
  target: report.target,
  status: report.status,
  objective: stated(report.objective),
  metrics: report.metrics,
  verified: report.verified,
  seconds: report.seconds,
  coverage: report.coverage,
  warnings: report.warnings,
  problem,
  plan,
  replay,
  manifest: report.manifest,
});

/** The objective without its words. */
const stated = ({ name, value, bound, gap, scope, proof, orderBound, fragmentationBytes }: Objective): Objective => ({
  name,
  value,
  bound,
  gap,
  scope,
  proof,
  ...(orderBound === undefined ? {} : { orderBound }),
  ...(fragmentationBytes === undefined ? {} : { fragmentationBytes }),
});

export const noPlanDocument = (
  { model, target, seconds, coverage, warnings, manifest }: Background,
  problem: Problem,
  outcome: { readonly status: "infeasible"; readonly conflict: Conflict } | ({ readonly status: "unknown" } & Undecided),
): PlanDocument => ({
  schema: "stowage/plan/1",
  kind: problem.kind,
  model,
  target,
  ...outcome,
  verified: false,
  seconds,
  coverage,
  warnings,
  problem,
  manifest,
});

/** The document without what is long: `problem`, `plan` and `replay`. */
export function summary(document: PlanDocument): object {
  const { problem: _problem, plan: _plan, replay: _replay, ...rest } = document as PlannedDocument;
  return rest;
}

/** A document from outside, its frame checked; `problem`, `plan` and `replay` are looked at by those who know them. */
export type Claim = Omit<PlannedDocument, "problem" | "plan" | "replay"> & {
  readonly problem: unknown;
  readonly plan: unknown;
  readonly replay: unknown;
};

/**
 * @param where names the file in messages.
 * @returns the claim, or every fault of the frame (at most 20): CLI-20, or CLI-21 where there is no plan in it.
 */
export function readDocument(data: unknown, where: string): Checked<Claim> {
  const label = labelled.safeParse(data);
  if (!label.success)
    return bad(
      fail("CLI-20", where, `is not a plan document: "schema" has to be "stowage/plan/1"`, "give a file that `stowage plan --out` wrote"),
    );
  const { status } = label.data;
  if (status === "infeasible" || status === "unknown")
    return bad(
      fail("CLI-21", where, `holds no plan: planning ended with the status ${status}`, "plan again with more memory or more time"),
    );
  if (label.data.problem === undefined || label.data.plan === undefined)
    return bad(fail("CLI-21", where, "holds a summary without problem and plan", "write the plan with `stowage plan --out`"));
  const parsed = frame.safeParse(data);
  const [first, ...rest] = (parsed.error?.issues ?? [])
    .slice(0, 20)
    .map((issue) =>
      fail("CLI-20", `${where}: ${issue.path.join(".")}`, issue.message, "give a file that `stowage plan --out` wrote, unchanged"),
    );
  return first === undefined ? good(parsed.data as unknown as Claim) : bad(first, ...rest);
}

/**
 * Where a document claims other figures than the judge's replay yields (CLI-22): one entry per section, with the
 * first difference in it. The bound is not proved again.
 */
export function discrepancies(claim: Claim, actual: PlannedDocument, where: string): readonly Diagnostic[] {
  const sections = ["status", "objective", "metrics", "replay"] as const;
  const { name, value, bound } = actual.objective;
  const impossible =
    bound > value
      ? [
          fail(
            "CLI-22",
            `${where}: objective.bound`,
            `claims that none is below ${bound}, the ${name} of this plan is ${value}`,
            "plan again",
          ),
        ]
      : [];
  return [
    ...impossible,
    ...sections.flatMap((section) => {
      // A document may leave the replay out: it is made anew in any case.
      if (section === "replay" && claim.replay === undefined) return [];
      const found = difference(claim[section], actual[section], section);
      return found === undefined
        ? []
        : [
            fail(
              "CLI-22",
              `${where}: ${found.path}`,
              `the file says ${found.claimed}, the replay yields ${found.actual}`,
              "do not trust the file; plan again",
            ),
          ];
    }),
  ];
}

interface Difference {
  readonly path: string;
  readonly claimed: string;
  readonly actual: string;
}

/** The first place where two JSON values differ. An absent key equals `undefined`. */
function difference(claimed: unknown, actual: unknown, path: string): Difference | undefined {
  if (claimed === actual) return undefined;
  if (
    typeof claimed !== "object" ||
    typeof actual !== "object" ||
    claimed === null ||
    actual === null ||
    Array.isArray(claimed) !== Array.isArray(actual)
  )
    return { path, claimed: brief(claimed), actual: brief(actual) };
  const [a, b] = [claimed as Readonly<Record<string, unknown>>, actual as Readonly<Record<string, unknown>>];
  for (const key of new Set([...Object.keys(b), ...Object.keys(a)])) {
    const found = difference(
      Object.hasOwn(a, key) ? a[key] : undefined,
      b[key],
      Array.isArray(actual) ? `${path}[${key}]` : `${path}.${key}`,
    );
    if (found !== undefined) return found;
  }
  return undefined;
}

const brief = (value: unknown): string => {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
};

const labelled = z.object({
  schema: z.literal("stowage/plan/1"),
  status: z.unknown().optional(),
  problem: z.unknown().optional(),
  plan: z.unknown().optional(),
});

const count = z.number().min(0);
const diagnostic = z.object({ code: z.string(), message: z.string(), where: z.string(), fix: z.string() });

const frame = z.object({
  kind: z.enum(kinds),
  model: z.string(),
  target: z.string(),
  status: z.enum(["optimal", "feasible"]),
  objective: z.object({
    name: z.string(),
    value: z.number(),
    bound: z.number(),
    gap: z.number(),
    scope: z.enum(["this order", "all orders", "all groupings", "all configurations"]),
    proof: z.string(),
    orderBound: z.number().optional(),
    fragmentationBytes: z.number().optional(),
  }),
  metrics: z.record(z.string(), z.unknown()),
  verified: z.literal(true),
  seconds: z.record(z.string(), count),
  coverage: z.object({
    macs: count,
    activationBytes: count,
    notModelled: z.array(z.object({ operator: z.string(), type: z.string(), reason: z.string() })),
  }),
  warnings: z.array(diagnostic),
  problem: z.unknown().optional(),
  plan: z.unknown().optional(),
  replay: z.unknown().optional(),
  manifest: z.object({
    stowage: z.string(),
    model: z.string(),
    target: z.string(),
    seed: z.number(),
    budget: z.record(z.string(), z.union([z.string(), z.number()])),
  }),
});
