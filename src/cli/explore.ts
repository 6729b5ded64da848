import { availableParallelism } from "node:os";
import { type Command, Option } from "commander";
import type { Binding } from "../api.js";
import { type Goal, OVERLAPS } from "../goal.js";
import { binding, epsilon, nodes, OBJECTIVES, objective, randomSeed, seed, workers } from "./arguments.js";
import { finish } from "./finish.js";
import { NODES } from "./plan.js";

interface Options {
  readonly space: string;
  readonly bind?: readonly Binding[];
  readonly objective?: string;
  readonly overlap: NonNullable<Goal["overlap"]>;
  readonly workers: number;
  readonly epsilon: number;
  readonly nodes: number;
  readonly seed: number;
  readonly weights?: number;
  readonly out?: string;
  readonly report?: string;
  readonly fresh?: true;
  readonly json?: true;
}

export function addExplore(program: Command): void {
  program
    .command("explore")
    .summary("search a space of accelerators for those that no other beats")
    .description(
      "Plans MODEL on every target of a space and finds the front: over latency, energy, area and peak bandwidth of PE arrays, and over what counts in each of the other families. Only plans that the judge accepts count. Ctrl-C keeps what is done; the same command goes on from --out.",
    )
    .argument("<model>", "an .onnx file or the name of a bundled example")
    .requiredOption("--space <file>", "a YAML file: a base target and axes")
    .option("--bind <name=value>", "give a symbol or an input its size: N=1, x=1,3,224,224, x[2]=224 (repeatable)", binding)
    .option("--objective <name>", `what each plan lowers: ${OBJECTIVES.join(", ")} (default: as for plan)`, objective)
    .addOption(
      new Option("--overlap <modes>", "fusion: ways that leave every result as it is, or any, also those that change results at tile edges")
        .choices(OVERLAPS)
        .default("exact"),
    )
    .addOption(
      new Option("--workers <count>", "threads; the front is the same for any number")
        .argParser(workers)
        .default(availableParallelism(), "one per core"),
    )
    .option("--epsilon <share>", "leave points out of the front that another one comes this close to in everything, e.g. 0.01", epsilon, 0)
    .option("--nodes <count>", "stop the search of each plan after this many nodes", nodes, NODES)
    .option("--seed <number>", "seed of every random choice", seed, 1)
    .option("--weights <random:SEED>", "crossbar: random weights in place of those the model comes without", randomSeed)
    .option("--out <file>", "write the front (JSON), now and then and at the end; where it exists, go on from it")
    .option("--fresh", "replace --out instead of going on from it")
    .option("--report <file>", "write a self-contained HTML report")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", EXAMPLE)
    .action(async (model: string, options: Options) => {
      const { explore } = await import("./explore-run.js");
      finish(
        await explore(model, {
          space: options.space,
          bindings: options.bind ?? [],
          objective: options.objective,
          overlap: options.overlap,
          workers: options.workers,
          epsilon: options.epsilon,
          nodes: options.nodes,
          seed: options.seed,
          randomWeights: options.weights,
          out: options.out,
          report: options.report,
          fresh: options.fresh === true,
          json: options.json === true,
        }),
        options.json === true,
      );
    });
}

const EXAMPLE = `
Example:
  $ cat space.yaml
  base: vwa
  axes:
    array.blocks: [4, 8, 16]
    buffers.size: { from: 64KiB, to: 512KiB, factor: 2 }
    offChip.bandwidth: [1GB/s, 2GB/s, 4GB/s]
  $ stowage explore mobilenetv2 --space space.yaml --out front.json --report front.html

An axis may also range over what plans are made for, and \`front\` says what is weighed:
  $ cat crossbars.yaml
  base: reram-ou
  axes:
    crossbars: [25%, 50%]
    sharing: [1, 8]
    mostCellWrites: [1, 2, 4]
    goal.objective: [latency, energy, endurance]
  front: [latencySeconds, energyPicojoules, maxCellWrites, indexBits]
  $ stowage explore dscnn --space crossbars.yaml --weights random:1 --report front.html
`;
