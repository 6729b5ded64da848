/** The facade: all that the command line, the studio and users import. */

import type { Checked, Diagnostic } from "./base/diagnostic.js";
import { bad, fail, good } from "./base/diagnostic.js";
import type { Outcome, Undecided } from "./base/outcome.js";
import type { Bytes } from "./base/units.js";
import type { Accepted } from "./base/verdict.js";
import type { EmittedFile } from "./emit/file.js";
import { type Figures, figuresOf, type Objective, type Point, type Result } from "./explore/point.js";
import { type Rival, rivalOf } from "./explore/search.js";
import { parseSpace as readSpace, type Space } from "./explore/space.js";
import { explorable, type Planner, plannerOf, whole } from "./families.js";
import type { Goal } from "./goal.js";
import type { Graph } from "./graph/graph.js";
import type { Binding } from "./onnx/bindings.js";
import { type ImportOptions, importOnnx } from "./onnx/import.js";
import { readWeights, type Weights } from "./onnx/weight-values.js";
import { allocate } from "./planners/scratchpad/alloc/allocate.js";
import { formatBuffers } from "./planners/scratchpad/alloc/buffers.js";
import { type AllocDocument, allocDocument } from "./planners/scratchpad/alloc/document.js";
import { parseBuffers } from "./planners/scratchpad/alloc/parse.js";
import { verifyAllocation } from "./planners/scratchpad/alloc/verify.js";
import { discrepancies, noPlanDocument, type PlanDocument, type PlannedDocument, planDocument, readDocument } from "./report/document.js";
import { factsOf, type Plan, type Problem } from "./report/families.js";
import { type InspectDocument, inspectDocument } from "./report/inspect.js";
import { type Manifest, type Report, report } from "./report/report.js";
import type { Budget } from "./search/budget.js";
import type { MipSolver } from "./search/mip.js";
import type { Target } from "./target/target.js";

// The doors around planning: reading targets, naming examples, and the forms a report takes.
export type { Checked, Diagnostic } from "./base/diagnostic.js";
export type { Outcome } from "./base/outcome.js";
export type { Replay } from "./base/replay.js";
export type { EmittedFile } from "./emit/file.js";
export { type ForeignTool, foreign } from "./emit/foreign.js";
export { COMPARED, type CompareDocument, type Contender, compareSheet, contended } from "./explore/compare.js";
export { type FrontDocument, frontDocument, frontText, type Manifest as FrontManifest, readFront } from "./explore/document.js";
export type { Objective, Point, Result } from "./explore/point.js";
export { type Rival, searchPoints } from "./explore/search.js";
export { frontSheet } from "./explore/sheet.js";
export type { Space } from "./explore/space.js";
export { explorable, usualObjective } from "./families.js";
export { type Goal, OVERLAPS, SOLVERS, SPLITS } from "./goal.js";
export type { Graph } from "./graph/graph.js";
export { type Binding, parseBinding } from "./onnx/bindings.js";
export { buildExample, type Example, examples } from "./onnx/examples/index.js";
export type { Weights } from "./onnx/weight-values.js";
export type { CrossbarPlan, CrossbarProblem } from "./planners/crossbar/plan.js";
export type { FusionPlan, FusionProblem } from "./planners/fusion/plan.js";
export type { PipelinePlan, PipelineProblem } from "./planners/pipeline/plan.js";
export type { AllocDocument } from "./planners/scratchpad/alloc/document.js";
export type { ScratchpadPlan, ScratchpadProblem } from "./planners/scratchpad/plan.js";
export { csv, csvTables } from "./report/csv.js";
export { type PlanDocument, summary } from "./report/document.js";
export { html, sheetHtml } from "./report/html.js";
export { type InspectDocument, inspectText } from "./report/inspect.js";
export type { Manifest, Report } from "./report/report.js";
export { sheetText } from "./report/sheet.js";
export { CSV_TABLES } from "./report/table.js";
export { text } from "./report/text.js";
export { trace } from "./report/trace.js";
export type { Budget, Progress } from "./search/budget.js";
export type { MipSolver } from "./search/mip.js";
export { targetFacts, targetJsonSchema } from "./target/families.js";
export { applySettings, parseTarget } from "./target/parse.js";
export { presetNames, presetTarget, presetYaml } from "./target/presets.js";
export type { Target } from "./target/target.js";

/** An ONNX file as the rim hands it over. `name` is for people. */
export interface Model extends Pick<ImportOptions, "external" | "weightsAbsent"> {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** What the core must be given, because it has no clock, no solver and no hash of its own. */
export interface Surroundings {
  readonly budget: Budget;
  readonly mip: MipSolver;
  /** Seconds on any clock that only goes forward. */
  readonly now: () => number;
  readonly manifest: Manifest;
  /** What the rim noticed about target and model; asked after the import, which may read beside the model. */
  readonly remarks: () => readonly Diagnostic[];
}

/** Says what `model` is. `sha256` is the digest of its bytes. */
export function inspect(model: Model, bindings: readonly Binding[], sha256: string): Checked<InspectDocument> {
  const graph = importOnnx(model.bytes, { ...model, bindings });
  return graph.ok ? good(inspectDocument(graph.value, { name: model.name, sha256 }), graph.warnings) : graph;
}

/** Reads a model, to be planned on many targets. */
export const importModel = (model: Model, bindings: readonly Binding[]): Checked<Graph> => importOnnx(model.bytes, { ...model, bindings });

/** Reads the weights of a model; `seed` gives random values to those that it comes without. */
export const modelWeights = (model: Model, seed: number | undefined): Checked<Weights> =>
  readWeights(model.bytes, model.name, model.external, seed);

/** What planning came to. Only an accepted plan has a report; a refused one is a bug of ours and shows nothing else. */
export type Planned =
  | { readonly kind: "planned"; readonly document: PlannedDocument; readonly report: Report }
  | { readonly kind: "none"; readonly document: PlanDocument; readonly reason: Diagnostic }
  | { readonly kind: "refused"; readonly violations: readonly [Diagnostic, ...Diagnostic[]] };

/** Plans `model` on `target`. Everything the command line, the studio and a sweep do is this function. */
export async function plan(
  model: Model,
  target: Target,
  goal: Goal,
  { budget, mip, now, manifest, remarks }: Surroundings,
): Promise<Checked<Planned>> {
  const seconds: Record<string, number> = {};
  let since = now();
  const lap = (phase: string) => {
    const at = now();
    seconds[phase] = Math.round((at - since) * 1e6) / 1e6;
    since = at;
  };

  const graph = importOnnx(model.bytes, { ...model, bindings: goal.bindings }); // bytes -> Graph, with coverage
  lap("import");
  if (!graph.ok) return graph;

  const weights = () => modelWeights(model, goal.randomWeights); // only some families look at values
  const posed = posedFor(graph.value, target, goal, budget, weights); // Graph x Target -> Problem, plain JSON
  if (!posed.ok) return posed;
  const { problem, uncut, solve, verify } = posed.value;
  lap("pose");

  const background = {
    model: model.name,
    target: target.name,
    coverage: graph.value.coverage,
    warnings: [...graph.value.warnings, ...posed.warnings, ...remarks()],
    seconds,
    manifest,
  };
  if (uncut !== undefined) {
    const { where, message, fix } = uncut;
    const outcome = { status: "unknown" as const, reason: `${where}: ${message}; ${fix}` };
    return good({ kind: "none", document: noPlanDocument(background, problem, outcome), reason: uncut });
  }
  const outcome = await solve(problem, budget, mip); // Problem -> Outcome: value, bound, status
  lap("solve");
  if (outcome.status === "infeasible")
    return good({ kind: "none", document: noPlanDocument(background, problem, outcome), reason: outcome.conflict });
  if (outcome.status === "unknown") {
    const reason = undecided(`${model.name} on ${target.name}`, outcome);
    return good({ kind: "none", document: noPlanDocument(background, problem, outcome), reason });
  }

  const verdict = verify(problem, outcome.plan); // the judge replays it
  lap("verify");
  if (!verdict.ok) return good({ kind: "refused", violations: verdict.violations });
  const shown = report({ ...background, problem: problem, accepted: verdict.accepted, outcome });
  return good({ kind: "planned", document: planDocument(shown, problem, verdict.accepted), report: shown });
}

/** A problem with those who solve and judge it. */
interface Posed extends Pick<Planner<Target, Problem, Plan>, "verify" | "floor"> {
  readonly problem: Problem;
  readonly solve: (problem: Problem, budget: Budget, mip: MipSolver) => Promise<Outcome<Plan>>;
  /** Why operators that do not fit whole cannot be cut; absent where all is well. */
  readonly uncut?: Diagnostic;
}

function posedFor(graph: Graph, target: Target, goal: Goal, budget: Budget, weights: () => Checked<Weights>): Checked<Posed> {
  const { objective, pose, rewritten = whole, solvers, verify, floor } = plannerOf(target.kind);
  const solve = solvers[goal.solver];
  if (solve === undefined) return bad(unsolvable(target, goal.solver, Object.keys(solvers)));
  const posed = pose(graph, target, { ...goal, objective: goal.objective ?? objective }, weights);
  if (!posed.ok) return posed;
  const cut = goal.split === "never" ? whole() : rewritten(graph, target, posed.value, budget); // where it does not fit whole
  return good(
    {
      problem: cut.kind === "cut" ? cut.problem : posed.value,
      ...(cut.kind === "none" && { uncut: cut.reason }),
      solve,
      verify,
      ...(floor && { floor }),
    },
    posed.warnings,
  );
}

/** Reads a space of targets and goals; `file` names it in messages. */
export const parseSpace = (yaml: string, file: string): Checked<Space> => readSpace(yaml, file, explorable);

/**
 * Plans `graph` on one target of a space as `plan` does, and tells the judge's figures alone. Where a rival dominates all
 * that this target could reach at best, nothing is planned.
 *
 * @param goal what a point does not say of its own.
 * @param objectives what the vectors of the rivals stand for.
 */
export async function evaluate(
  graph: Graph,
  { target, goal: own, hardware }: Pick<Point, "target" | "goal" | "hardware">,
  goal: Goal,
  objectives: readonly Objective[],
  rivals: readonly Rival[],
  { budget, mip, weights = noWeights }: Pick<Surroundings, "budget" | "mip"> & { readonly weights?: () => Checked<Weights> },
): Promise<Result> {
  const posed = posedFor(graph, target, { ...goal, ...own } as Goal, budget, weights); // settings were checked when the space was read
  if (!posed.ok) return { status: "failed", reason: posed.errors[0] };
  const { problem, uncut, solve, verify, floor } = posed.value;
  if (uncut !== undefined) return { status: "undecided", reason: uncut };
  const { front, metrics: quickly } = plannerOf(target.kind);
  const figures = [...front.objectives, ...front.others];

  if (floor !== undefined) {
    const best = loosened(floor(problem), figures);
    const rival = rivalOf(rivals, objectives, hardware, best);
    if (rival !== undefined) return { status: "pruned", by: rival.id, floor: best };
  }
  const outcome = await solve(problem, budget, mip);
  if (outcome.status === "infeasible") return { status: "infeasible", reason: outcome.conflict };
  if (outcome.status === "unknown") return { status: "undecided", reason: undecided(target.name, outcome) };
  const verdict = verify(problem, outcome.plan);
  if (!verdict.ok) return { status: "refused", reason: verdict.violations[0] };
  const metrics = quickly?.(problem, verdict.accepted) ?? factsOf({ problem, accepted: verdict.accepted, outcome }).metrics;
  return { status: "planned", metrics: figuresOf(figures, metrics), optimal: outcome.status === "optimal" };
}

/** Floor and judge may round the same sum differently; what is counted is exact. */
const loosened = (floor: Figures, figures: readonly Objective[]): Figures =>
  Object.fromEntries(
    Object.entries(floor).map(([key, value]) => {
      const figure = figures.find((f) => f.key === key);
      if (figure !== undefined && COUNTED.includes(figure.unit)) return [key, value];
      return [key, value * (figure?.more ? 1 + ROUNDING : 1 - ROUNDING)];
    }),
  );

/** Units of counts. */
const COUNTED: readonly Objective["unit"][] = ["B", "cycle", ""];
/** Share by which sums in different orders may differ. */
const ROUNDING = 1e-9;

/** What reading a plan file came to. */
export type Verified =
  | { readonly kind: "accepted"; readonly document: PlannedDocument; readonly report: Report; readonly accepted: Accepted<Plan> }
  | { readonly kind: "refused"; readonly violations: readonly [Diagnostic, ...Diagnostic[]] };

/**
 * Treats a parsed plan file as a claim: its plan is replayed on its problem, and every figure it states is held
 * against the replay. The bound is taken as stated; only planning again proves it.
 *
 * @param where names the file in messages.
 */
export function verifyDocument(data: unknown, where: string): Checked<Verified> {
  const claim = readDocument(data, where);
  if (!claim.ok) return claim;
  const { verify, readProblem } = plannerOf(claim.value.kind);
  const problem = readProblem(claim.value.problem, `${where}: problem`);
  if (!problem.ok) return problem;

  const verdict = verify(problem.value, claim.value.plan as Plan);
  if (!verdict.ok) return good({ kind: "refused", violations: verdict.violations });
  const { objective, ...background } = claim.value;
  const shown = report({
    ...background,
    problem: problem.value,
    accepted: verdict.accepted,
    outcome: { ...objective, status: background.status },
  });
  const document = planDocument(shown, problem.value, verdict.accepted);
  const [first, ...rest] = discrepancies(claim.value, document, where);
  return good(
    first === undefined
      ? { kind: "accepted", document, report: shown, accepted: verdict.accepted }
      : { kind: "refused", violations: [first, ...rest] },
  );
}

/**
 * The hardware of an accepted plan, by path inside a folder: Verilog, init files with the weights, testbenches and what they must show.
 *
 * @param model the one that was planned; plan files hold no weights.
 * @param seed of random weights that stand in for those the model comes without; without it these are an error.
 * @param bindings as the plan had them. Where the model does not import with them, weight paths are emitted without engines, with a warning.
 * @returns EXP-42 for families that are no hardware of their own.
 */
export function verilog(
  { document, accepted }: Extract<Verified, { readonly kind: "accepted" }>,
  model: Model,
  seed: number | undefined,
  bindings: readonly Binding[],
): Checked<readonly EmittedFile[]> {
  const emit = plannerOf(document.kind).verilog;
  if (emit === undefined)
    return bad(
      fail(
        "EXP-42",
        document.model,
        `a plan of kind ${document.kind} describes no hardware to write`,
        "plan on an FPGA, for instance zcu102",
      ),
    );
  const weights = modelWeights(model, seed);
  if (!weights.ok) return weights;
  const graph = importOnnx(model.bytes, { ...model, bindings });
  const files = emit(document.problem, accepted, weights.value, graph.ok ? graph.value : undefined);
  return files.ok && !graph.ok ? good(files.value, [...files.warnings, ...graph.errors]) : files;
}

/** What packing buffers came to; `csv` is the file with offsets. */
export type Allocated =
  | { readonly kind: "allocated"; readonly document: AllocDocument; readonly csv: string }
  | { readonly kind: "none"; readonly document: AllocDocument; readonly reason: Diagnostic }
  | { readonly kind: "refused"; readonly violations: readonly [Diagnostic, ...Diagnostic[]] };

/**
 * Packs the buffers of a MiniMalloc CSV into `capacity` bytes and lets the judge look.
 *
 * @param file the CSV's text and its name, for messages.
 * @param minimize look for the lowest peak, not only for one that fits.
 */
export function alloc(
  file: { readonly name: string; readonly text: string },
  capacity: Bytes,
  minimize: boolean,
  budget: Budget,
): Checked<Allocated> {
  const buffers = parseBuffers(file.text, file.name);
  if (!buffers.ok) return buffers;
  const outcome = allocate(buffers.value, capacity, { minimize, budget });
  if (outcome.status === "infeasible" || outcome.status === "unknown") {
    const reason = outcome.status === "infeasible" ? outcome.conflict : undecided(file.name, outcome);
    return good({ kind: "none", document: allocDocument(buffers.value, capacity, outcome, undefined), reason }, buffers.warnings);
  }
  const verdict = verifyAllocation(buffers.value, capacity, outcome.plan);
  if (!verdict.ok) return good({ kind: "refused", violations: verdict.violations }, buffers.warnings);
  const document = allocDocument(buffers.value, capacity, outcome, verdict.accepted);
  return good({ kind: "allocated", document, csv: formatBuffers(buffers.value, verdict.accepted.plan) }, buffers.warnings);
}

const noWeights = (): Checked<Weights> =>
  bad(
    fail(
      "XBR-4",
      "model",
      "the values of the weights were not handed over",
      "give `evaluate` the weights of the model, as `modelWeights` reads them",
    ),
  );

const undecided = (where: string, { reason, fix = "allow more with --time or --nodes" }: Undecided): Diagnostic =>
  fail("CLI-23", where, `${reason}; this is neither a plan nor a proof that none exists`, fix);

const unsolvable = ({ kind, name }: Target, solver: string, known: readonly string[]): Diagnostic =>
  fail("CLI-24", name, `there is no solver ${solver} for targets of kind ${kind}`, `choose one of ${known.join(", ")}`);
