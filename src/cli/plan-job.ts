/** Runs in a thread of its own: everything `plan` does short of writing files and printing. */
import { type Checked, type Goal, html, type PlanDocument, type Planned, plan, summary, text, trace } from "../api.js";
import { jsonPieces } from "../base/json.js";
import { type OutputFile, outputProblems, sha256, stage } from "../node/files.js";
import { type Signals, serve } from "../node/thread.js";
import { highsSolver } from "../solvers/highs.js";
import { done, EXIT, type Finished, failed, paint } from "./finish.js";
import { loadModel } from "./model.js";
import { loadTarget } from "./target.js";
import { version } from "./version.js";

export interface PlanRequest extends Goal {
  readonly model: string;
  readonly target: string;
  readonly settings: readonly string[];
  readonly seconds: number;
  readonly nodes: number;
  readonly seed: number;
  /** Paths of what is to be written. */
  readonly out: string | undefined;
  readonly report: string | undefined;
  readonly trace: string | undefined;
  readonly json: boolean;
  readonly coloured: boolean;
}

async function planJob(request: PlanRequest, { stop, progress }: Signals): Promise<Finished> {
  const model = loadModel(request.model);
  const target = loadTarget(request.target, request.settings);
  if (!model.ok || !target.ok) return failed(EXIT.badInput, [model, target].flatMap(errorsOf));
  const outputs = [request.out, request.report, request.trace].filter((path) => path !== undefined);
  const problems = outputProblems(outputs, model.value.path === undefined ? [] : [model.value.path]);
  if (problems.length > 0) return failed(EXIT.badInput, problems);

  const { seed, nodes, seconds } = request;
  const planned = await plan(model.value, target.value, request, {
    budget: { seed, nodes, stop, progress },
    mip: highsSolver(stop),
    now: () => performance.now() / 1000,
    remarks: () => [...target.warnings, ...model.value.warnings],
    manifest: {
      stowage: version(),
      model: model.value.sha256,
      target: sha256(JSON.stringify(target.value)),
      seed,
      budget: { nodes, seconds },
    },
  });
  return planned.ok ? finished(planned.value, request) : failed(EXIT.badInput, planned.errors);
}

function finished(planned: Planned, request: PlanRequest): Finished {
  if (planned.kind === "refused") return failed(EXIT.refused, planned.violations);
  const told = toldOf(planned, request);
  if (request.out === undefined) return told;
  // Large plans are too long to be handed over as text; and last, so that nothing that fails leaves it behind.
  const out = stage(request.out, documentText(planned.document));
  return out.ok ? { ...told, files: [out.value, ...told.files] } : failed(EXIT.badInput, out.errors);
}

/** All but the plan document itself. */
function toldOf(planned: Exclude<Planned, { readonly kind: "refused" }>, request: PlanRequest): Finished {
  const { document } = planned;
  if (planned.kind === "none") {
    const exit = document.status === "infeasible" ? EXIT.infeasible : EXIT.noPlan;
    return failed(exit, [planned.reason], { json: JSON.stringify(summary(document)), warnings: document.warnings });
  }
  return done(text(planned.report, paint(request.coloured)), summary(document), {
    warnings: request.json ? document.warnings : [], // the text shows them itself
    files: [...file(request.report, () => html(planned.report)), ...file(request.trace, () => trace(planned.report))],
  });
}

function* documentText(document: PlanDocument): Generator<string> {
  yield* jsonPieces(document);
  yield "\n";
}

const file = (path: string | undefined, make: () => string): readonly OutputFile[] => (path === undefined ? [] : [{ path, text: make() }]);

const errorsOf = (checked: Checked<unknown>) => (checked.ok ? [] : checked.errors);

await serve(planJob);
