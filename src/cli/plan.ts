import { type Command, Option } from "commander";
import type { Binding } from "../api.js";
import { type Goal, OVERLAPS, SOLVERS, SPLITS } from "../goal.js";
import { binding, nodes, OBJECTIVES, objective, randomSeed, repeated, seconds, seed } from "./arguments.js";
import { colours, finish } from "./finish.js";
import type { PlanRequest } from "./plan-job.js";
import { search } from "./search.js";

/** A safety net: on machines of today the nodes end a search first, so that the result is the same everywhere. */
export const SECONDS = 60;
export const NODES = 1_000_000;

interface Options {
  readonly target: string;
  readonly set?: readonly string[];
  readonly bind?: readonly Binding[];
  readonly objective?: string;
  readonly solver: Goal["solver"];
  readonly split: Goal["split"];
  readonly overlap: NonNullable<Goal["overlap"]>;
  readonly time: number;
  readonly nodes: number;
  readonly seed: number;
  readonly weights?: number;
  readonly out?: string;
  readonly report?: string;
  readonly trace?: string;
  readonly json?: true;
}

export function addPlan(program: Command): void {
  program
    .command("plan")
    .summary("plan a model on a target: order, addresses, spills, fusion groups, a proven bound")
    .description(
      "Plans MODEL (an .onnx file or the name of a bundled example) on a target, lets the judge replay the plan, and prints what it costs.",
    )
    .argument("<model>", "an .onnx file or the name of a bundled example")
    .requiredOption("--target <target>", "a preset (see `stowage targets list`) or a YAML file")
    .option("--set <key=value>", "replace a value of the target, e.g. memory.size=512KiB (repeatable)", repeated)
    .option("--bind <name=value>", "give a symbol or an input its size: N=1, x=1,3,224,224, x[2]=224 (repeatable)", binding)
    .option(
      "--objective <name>",
      `what to lower: ${OBJECTIVES.join(", ")} (default: traffic on a scratchpad, balanced on a fusion target, throughput of a pipeline, programming on crossbars)`,
      objective,
    )
    .addOption(
      new Option(
        "--solver <name>",
        "how to seek the plan; ilp: COSMA's programme (scratchpad); greedy: AutoWS's search, vanilla: no streaming (pipeline)",
      )
        .choices(SOLVERS)
        .default("search"),
    )
    .addOption(
      new Option("--split <when>", "cut operators into parts where they do not fit whole, or never").choices(SPLITS).default("auto"),
    )
    .addOption(
      new Option("--overlap <modes>", "fusion: ways that leave every result as it is, or any, also those that change results at tile edges")
        .choices(OVERLAPS)
        .default("exact"),
    )
    .addOption(
      new Option("--time <duration>", "stop the search after this time, e.g. 30s or 5min")
        .argParser(seconds)
        .default(SECONDS, `${SECONDS}s`),
    )
    .option("--nodes <count>", "stop the search after this many nodes, so that the result is the same on every machine", nodes, NODES)
    .option("--seed <number>", "seed of every random choice", seed, 1)
    .option("--weights <random:SEED>", "crossbar: random weights in place of those the model comes without", randomSeed)
    .option("--out <file>", "write the whole plan document (JSON)")
    .option("--report <file>", "write a self-contained HTML report")
    .option("--trace <file>", "write a Chrome trace (JSON) for ui.perfetto.dev")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText(
      "after",
      "\nExample:\n  $ stowage plan resnet50 --target cosma --set memory.size=1MiB --report resnet50.html\n  $ stowage plan mobilenetv2 --target vwa --report mobilenetv2.html\n",
    )
    .action(async (model: string, options: Options) => {
      finish(await runPlan(model, options), options.json === true);
    });
}

export function runPlan(model: string, { set = [], bind = [], time, ...options }: Options) {
  const request: PlanRequest = {
    model,
    target: options.target,
    settings: set,
    bindings: bind,
    objective: options.objective,
    solver: options.solver,
    split: options.split,
    overlap: options.overlap,
    seconds: time,
    nodes: options.nodes,
    seed: options.seed,
    randomWeights: options.weights,
    out: options.out,
    report: options.report,
    trace: options.trace,
    json: options.json === true,
    coloured: colours(),
  };
  return search(new URL("./plan-job.js", import.meta.url), request, time);
}
