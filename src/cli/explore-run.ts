import {
  type FrontDocument,
  type FrontManifest,
  frontDocument,
  frontSheet,
  frontText,
  type Goal,
  importModel,
  parseSpace,
  type Result,
  readFront,
  type Space,
  searchPoints,
  sheetHtml,
  sheetText,
  usualObjective,
} from "../api.js";
import { type Checked, fail, good } from "../base/diagnostic.js";
import { fileName, isFile, outputProblems, readTextFile, sha256, writeFiles } from "../node/files.js";
import { startPool } from "../node/pool.js";
import type { ExploreInput, ExploreTask } from "./explore-job.js";
import { exploreLine } from "./explore-line.js";
import { colours, done, EXIT, type Finished, failed, paint } from "./finish.js";
import { loadModel } from "./model.js";
import { version } from "./version.js";

export interface ExploreRequest extends Pick<Goal, "objective" | "overlap" | "bindings" | "randomWeights"> {
  readonly space: string;
  readonly workers: number;
  readonly epsilon: number;
  readonly nodes: number;
  readonly seed: number;
  readonly out: string | undefined;
  readonly report: string | undefined;
  readonly fresh: boolean;
  readonly json: boolean;
}

const RANDOM =
  "Where values of weights are looked at and the model comes without, random ones stand in: what writing costs is no figure of this network.";

/** The front file is brought up to date this often while the search runs. */
const SAVE_MILLISECONDS = 10_000;

export async function explore(spec: string, request: ExploreRequest): Promise<Finished> {
  const model = loadModel(spec);
  const text = readTextFile(request.space);
  const space = text.ok ? parseSpace(text.value, fileName(request.space)) : text;
  if (!model.ok || !space.ok) return failed(EXIT.badInput, [model, space].flatMap(errorsOf));
  const { out, report, seed, nodes, epsilon, workers } = request;
  const inputs = [request.space, ...(model.value.path === undefined ? [] : [model.value.path])];
  const problems = outputProblems(
    [out, report].filter((path) => path !== undefined),
    inputs,
  );
  if (problems.length > 0) return failed(EXIT.badInput, problems);
  const graph = importModel(model.value, request.bindings);
  if (!graph.ok) return failed(EXIT.badInput, graph.errors);

  const goal: Goal = {
    objective: request.objective,
    solver: "search",
    split: "auto",
    overlap: request.overlap ?? "exact",
    bindings: request.bindings,
    randomWeights: request.randomWeights,
  };
  const { points, objectives, beside } = space.value;
  const manifest: FrontManifest = {
    stowage: version(),
    model: model.value.sha256,
    space: sha256(JSON.stringify([points.map(({ target, goal: own }) => [target, own]), [...objectives, ...beside].map(({ key }) => key)])),
    goal: sha256(JSON.stringify([goal, nodes, seed])),
    seed,
    budget: { nodes },
  };
  const known = request.fresh || out === undefined || !isFile(out) ? good(new Map<number, Result>()) : resumed(out, space.value, manifest);
  if (!known.ok) return failed(EXIT.badInput, known.errors);

  const found = new Map(known.value);
  const documentNow = (): FrontDocument =>
    frontDocument({
      model: model.value.name,
      planned: [...new Set(points.map(({ target, goal: own }) => own.objective ?? request.objective ?? usualObjective(target.kind)))].join(
        ", ",
      ),
      space: space.value,
      results: found,
      epsilon,
      assumptions: request.randomWeights === undefined ? [] : [RANDOM],
      warnings: [...graph.warnings, ...space.warnings, ...model.value.warnings],
      manifest,
    });
  const input: ExploreInput = { model: spec, graph: graph.value, goal, objectives, nodes, seed };
  await search(space.value, input, workers, found, () => {
    if (out !== undefined) writeFiles([{ path: out, text: frontText(documentNow(), sha256) }]); // the last one is reported, see `finish`
  });
  return finished(documentNow(), request);
}

function resumed(out: string, space: Space, manifest: FrontManifest): Checked<ReadonlyMap<number, Result>> {
  const text = readTextFile(out);
  return text.ok ? readFront(text.value, out, space, manifest, sha256) : text;
}

/** Fills `found` until all points are in it, or Ctrl-C ends it: the first keeps what is done, as the file has it. */
async function search(space: Space, input: ExploreInput, workers: number, found: Map<number, Result>, save: () => void): Promise<void> {
  const left = space.points.length - found.size;
  if (left === 0) return;
  const lanes = Math.min(workers, left);
  const pool = startPool<ExploreInput, ExploreTask, Result>(new URL("./explore-job.js", import.meta.url), input, lanes);
  const line = exploreLine(space, found);
  save();
  const clock = setInterval(save, SAVE_MILLISECONDS);
  let stopped = false;
  const interrupt = () => {
    stopped = true;
    pool.end();
  };
  process.on("SIGINT", interrupt);
  try {
    await searchPoints({
      ...space,
      known: new Map(found),
      run: ({ target, goal, hardware }, rivals) => pool.run({ point: { target, goal, hardware }, rivals }),
      lanes,
      stop: () => stopped,
      found: (id, result) => {
        found.set(id, result);
        line.show();
      },
    });
  } finally {
    process.off("SIGINT", interrupt);
    clearInterval(clock);
    line.clear();
    pool.end();
  }
  if (stopped) process.stderr.write(`stopped with ${found.size} of ${space.points.length} points; the same command goes on from --out\n`);
}

function finished(document: FrontDocument, { out, report, json: asDocument }: ExploreRequest): Finished {
  const sheet = frontSheet(document);
  const files = [
    ...(out === undefined ? [] : [{ path: out, text: frontText(document, sha256) }]),
    ...(report === undefined ? [] : [{ path: report, text: sheetHtml(sheet) }]),
  ];
  const { points: _points, ...summary } = document;
  const front = document.points.filter((point) => point.front);
  const json = JSON.stringify({ ...summary, points: front });
  if (front.length === 0) {
    const reasons = document.points.flatMap((point) => ("reason" in point ? [point.reason] : []));
    const none = fail(
      "EXP-20",
      document.model,
      `none of ${document.points.length} points has an accepted plan`,
      reasons[0] === undefined ? "let the search go on" : `the first one says: ${reasons[0].code} ${reasons[0].message}; ${reasons[0].fix}`,
    );
    return failed(document.counts.infeasible === document.count ? EXIT.infeasible : EXIT.noPlan, [none], { json, files });
  }
  return done(sheetText(sheet, paint(colours())), JSON.parse(json), {
    files,
    warnings: asDocument ? document.warnings : [], // the text shows them itself
  });
}

const errorsOf = (checked: Checked<unknown>) => (checked.ok ? [] : checked.errors);
