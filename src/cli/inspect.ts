import type { Command } from "commander";
import type { Binding } from "../api.js";
import { binding } from "./arguments.js";
import { done, EXIT, type Finished, failed, finish } from "./finish.js";

interface Options {
  readonly bind?: readonly Binding[];
  readonly json?: true;
}

export function addInspect(program: Command): void {
  program
    .command("inspect")
    .summary("say what a model is: operators, shapes, parameters, MACs, coverage")
    .description(
      "Reads MODEL and prints its operators, shapes, parameters and MACs, what of it is not modelled, and which symbols are still to bind.",
    )
    .argument("<model>", "an .onnx file or the name of a bundled example")
    .option("--bind <name=value>", "give a symbol or an input its size: N=1, x=1,3,224,224, x[2]=224 (repeatable)", binding)
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage inspect model.onnx --bind batch=1 --bind seq=128\n")
    .action(async (model: string, options: Options) => {
      finish(await inspectModel(model, options.bind ?? []), options.json === true);
    });
}

async function inspectModel(spec: string, bindings: readonly Binding[]): Promise<Finished> {
  const [{ inspect, inspectText }, { loadModel }] = await Promise.all([import("../api.js"), import("./model.js")]);
  const model = loadModel(spec);
  if (!model.ok) return failed(EXIT.badInput, model.errors);
  const inspected = inspect(model.value, bindings, model.value.sha256);
  if (!inspected.ok) return failed(EXIT.badInput, inspected.errors);
  const document = { ...inspected.value, warnings: [...inspected.value.warnings, ...model.value.warnings] };
  return done(inspectText(document), document, { warnings: document.warnings });
}
