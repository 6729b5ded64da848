import {
  COMPARED,
  type CompareDocument,
  type Contender,
  compareSheet,
  contended,
  explorable,
  type Goal,
  type PlanDocument,
  sheetHtml,
  sheetText,
  type Target,
} from "../api.js";
import { type Checked, type Diagnostic, fail } from "../base/diagnostic.js";
import { outputProblems } from "../node/files.js";
import { colours, done, EXIT, type Finished, failed, paint } from "./finish.js";
import { loadModel } from "./model.js";
import { runPlan } from "./plan.js";
import { loadTarget } from "./target.js";
import { version } from "./version.js";

/** A target as the command line names it, with the settings that follow it. */
export interface Named {
  readonly target: string;
  readonly settings: readonly string[];
}

export interface CompareRequest extends Pick<Goal, "objective" | "bindings" | "randomWeights"> {
  readonly targets: readonly Named[];
  /** Of each plan. */
  readonly time: number;
  readonly nodes: number;
  readonly seed: number;
  readonly out: string | undefined;
  readonly report: string | undefined;
  readonly json: boolean;
}

/** Plans the model on one target after another, each as `plan` does. */
export async function compare(spec: string, request: CompareRequest): Promise<Finished> {
  const model = loadModel(spec);
  const targets = request.targets.map(({ target, settings }) => loadTarget(target, settings));
  const errors = [model, ...targets].flatMap((checked: Checked<unknown>) => (checked.ok ? [] : checked.errors));
  if (!model.ok || errors.length > 0) return failed(EXIT.badInput, errors);
  const outputs = [request.out, request.report].filter((path) => path !== undefined);
  const problems = outputProblems(outputs, model.value.path === undefined ? [] : [model.value.path]);
  if (problems.length > 0) return failed(EXIT.badInput, problems);

  const ended: { readonly contender: Contender; readonly finished: Finished }[] = [];
  for (const [i, target] of targets.entries())
    if (target.ok) {
      const finished = await planned(spec, request, request.targets[i]!, target.value);
      ended.push({ contender: contenderOf(target.value, request.targets[i]!, finished), finished });
    }
  const { time, nodes, seed } = request;
  const document: CompareDocument = {
    schema: "stowage/compare/1",
    model: model.value.name,
    figures: COMPARED,
    targets: ended.map(({ contender }) => contender),
    assumptions: assumptionsOf(request),
    warnings: distinct(ended.flatMap(({ finished }) => warningsOf(finished))),
    manifest: { stowage: version(), model: model.value.sha256, seed, nodes, seconds: time },
  };
  return finishedOf(
    document,
    ended.map(({ finished }) => finished.exit),
    request,
  );
}

/** With the objective that was asked for where the family serves it, otherwise with its own. */
function planned(model: string, { objective, ...request }: CompareRequest, named: Named, { kind }: Target): Promise<Finished> {
  const served = objective !== undefined && explorable(kind).settings.objective?.includes(objective) === true;
  return runPlan(model, {
    target: named.target,
    set: named.settings,
    bind: request.bindings,
    ...(served && { objective }),
    solver: "search",
    split: "auto",
    overlap: "exact",
    time: request.time,
    nodes: request.nodes,
    seed: request.seed,
    ...(request.randomWeights !== undefined && { weights: request.randomWeights }),
  });
}

function contenderOf(target: Target, { settings }: Named, { exit, json, errors: [reason] }: Finished): Contender {
  const document: PlanDocument | undefined = json === undefined ? undefined : JSON.parse(json);
  const common = { target: target.name, settings, kind: target.kind };
  if (document?.verified !== true) {
    const status = exit === EXIT.refused ? "refused" : (document?.status ?? "failed");
    const none = Object.fromEntries(COMPARED.map(({ key }) => [key, null]));
    return { ...common, status, metrics: none, ...(reason === undefined ? {} : { reason }) };
  }
  const { front } = explorable(target.kind);
  const { status, objective, metrics } = document;
  const { name, value, bound, gap, scope, proof } = objective;
  return {
    ...common,
    status,
    metrics: contended(metrics, [...front.objectives, ...front.others]),
    objective: { name, value, bound, gap, scope, proof },
  };
}

const assumptionsOf = ({ randomWeights }: CompareRequest): readonly string[] => [
  "Every family is judged by its own model of a machine, with presets of different years and technologies; figures of different families compare only so far.",
  "Throughput of a pipeline is with several inferences under way at once; of all others inferences follow one another.",
  "Off-chip traffic is what crosses the link of each machine: weights that lie in a memory of their own, or come with the configuration of a device, are not part of it.",
  "n/a: the judge of that family counts no such thing, or there is no plan.",
  ...(randomWeights === undefined
    ? []
    : [
        "Where values of weights are looked at and the model comes without, random ones stand in: what writing costs is no figure of this network.",
      ]),
];

const warningsOf = ({ json, warnings }: Finished): readonly Diagnostic[] =>
  json === undefined ? warnings : ((JSON.parse(json) as PlanDocument).warnings ?? warnings);

const distinct = (list: readonly Diagnostic[]): readonly Diagnostic[] => [...new Map(list.map((d) => [JSON.stringify(d), d])).values()];

/** Done where some target has a plan and the judge refused none. */
function finishedOf(document: CompareDocument, exits: readonly Finished["exit"][], { out, report, json }: CompareRequest): Finished {
  const sheet = compareSheet(document);
  const files = [
    ...(out === undefined ? [] : [{ path: out, text: /\.html?$/i.test(out) ? sheetHtml(sheet) : `${JSON.stringify(document)}\n` }]),
    ...(report === undefined ? [] : [{ path: report, text: sheetHtml(sheet) }]),
  ];
  const planned = exits.some((exit) => exit === EXIT.done);
  const refused = exits.includes(EXIT.refused);
  if (planned && !refused) return done(sheetText(sheet, paint(colours())), document, { files, warnings: json ? document.warnings : [] });
  const reasons = distinct(document.targets.flatMap(({ reason }) => (reason === undefined ? [] : [reason])));
  const exit = refused ? EXIT.refused : exits.every((e) => e === exits[0]) ? (exits[0] ?? EXIT.noPlan) : EXIT.noPlan;
  const none = fail("EXP-21", document.model, "none of the targets has an accepted plan", "do what each reason below says");
  // One reason of all, such as a file that is no model, says it all.
  return failed(exit, planned || reasons.length === 1 ? reasons : [none, ...reasons], { json: JSON.stringify(document), files });
}
