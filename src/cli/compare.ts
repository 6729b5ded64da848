import { type Command, InvalidArgumentError, Option } from "commander";
import type { Binding } from "../api.js";
import { binding, nodes, OBJECTIVES, objective, randomSeed, seconds, seed } from "./arguments.js";
import type { Named } from "./compare-run.js";
import { finish } from "./finish.js";
import { NODES, SECONDS } from "./plan.js";

interface Options {
  readonly target: readonly Named[];
  readonly bind?: readonly Binding[];
  readonly objective?: string;
  readonly time: number;
  readonly nodes: number;
  readonly seed: number;
  readonly weights?: number;
  readonly out?: string;
  readonly report?: string;
  readonly json?: true;
}

export function addCompare(program: Command): void {
  // What is set belongs to the target named before it.
  const named: { target: string; settings: string[] }[] = [];
  program
    .command("compare")
    .summary("plan a model on several targets, of any family, and put the results side by side")
    .description(
      "Plans MODEL on each target as `stowage plan` does and compares latency, throughput, energy, off-chip traffic and what is proven; n/a where a family counts no such thing. A target without a plan stays in the table, with the reason.",
    )
    .argument("<model>", "an .onnx file or the name of a bundled example")
    .requiredOption("--target <target>", "a preset or a YAML file (repeatable)", (text: string): readonly Named[] => {
      named.push({ target: text, settings: [] });
      return named;
    })
    .option("--set <key=value>", "replace a value of the target named before it (repeatable)", (text: string) => {
      const last = named.at(-1);
      if (last === undefined) throw new InvalidArgumentError("name the target first: --target NAME --set key=value.");
      last.settings.push(text);
      return text;
    })
    .option("--bind <name=value>", "give a symbol or an input its size: N=1, x=1,3,224,224, x[2]=224 (repeatable)", binding)
    .option(
      "--objective <name>",
      `what to lower where a family serves it: ${OBJECTIVES.join(", ")} (default: each family's own)`,
      objective,
    )
    .addOption(
      new Option("--time <duration>", "stop the search of each plan after this time, e.g. 30s or 5min")
        .argParser(seconds)
        .default(SECONDS, `${SECONDS}s`),
    )
    .option("--nodes <count>", "stop the search of each plan after this many nodes", nodes, NODES)
    .option("--seed <number>", "seed of every random choice", seed, 1)
    .option("--weights <random:SEED>", "crossbar: random weights in place of those the model comes without", randomSeed)
    .option("--out <file>", "write the comparison: an HTML report where the name ends in .html, JSON otherwise")
    .option("--report <file>", "write a self-contained HTML report")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", EXAMPLE)
    .action(async (model: string, options: Options) => {
      const { compare } = await import("./compare-run.js");
      finish(
        await compare(model, {
          targets: options.target,
          bindings: options.bind ?? [],
          objective: options.objective,
          randomWeights: options.weights,
          time: options.time,
          nodes: options.nodes,
          seed: options.seed,
          out: options.out,
          report: options.report,
          json: options.json === true,
        }),
        options.json === true,
      );
    });
}

const EXAMPLE = `
Example:
  $ stowage compare resnet8 --target ethos-u65-256-like --target vwa --target zcu102 --set precision.weight=8 \\
      --set precision.activation=8 --target reram-ou --weights random:1 --out compared.html
`;
