import type { Command } from "commander";
import type { Diagnostic, Target } from "../api.js";
import { printable } from "../report/format.js";
import type { Fact } from "../target/family.js";
import { done, EXIT, errorText, type Finished, failed, finish } from "./finish.js";

interface Options {
  readonly json?: true;
}

export function addTargets(program: Command): void {
  const targets = program
    .command("targets")
    .summary("list, show and check descriptions of accelerators")
    .description("Accelerators to plan for: the presets that come with Stowage, and checks for files of your own.")
    .addHelpText("after", "\nExample:\n  $ stowage targets show cosma > mine.yaml\n");

  targets
    .command("list", { isDefault: true })
    .description("Lists the presets.")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage targets list\n")
    .action(async (options: Options) => finish(await list(), options.json === true));

  targets
    .command("show")
    .description("Prints a preset as a target file, with the source of every number.")
    .argument("<name>", "a preset")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage targets show cosma > mine.yaml\n")
    .action(async (name: string, options: Options) => finish(await show(name), options.json === true));

  targets
    .command("check")
    .description("Checks a target file and lists every error with its line and column.")
    .argument("<file>", "a YAML file")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage targets check mine.yaml\n")
    .action(async (file: string, options: Options) => finish(await check(file), options.json === true));

  targets
    .command("schema")
    .description("Prints the JSON Schema of target files, for completion and checks in editors.")
    .option("--json", "the schema is JSON either way")
    .addHelpText("after", "\nExample:\n  $ stowage targets schema > target.schema.json\n")
    .action(async (options: Options) => finish(await schema(), options.json === true));
}

async function list(): Promise<Finished> {
  const { presetNames, presetTarget } = await import("../api.js");
  const targets = presetNames.flatMap((preset) => {
    const target = presetTarget(preset);
    return target.ok ? [{ name: preset, kind: target.value.kind, summary: target.value.summary }] : [];
  });
  const width = Math.max(...targets.map(({ name }) => name.length));
  return done(targets.map(({ name, kind, summary }) => `${name.padEnd(width)}  ${kind}  ${summary}`).join("\n"), { targets });
}

async function show(name: string): Promise<Finished> {
  const { presetTarget, presetYaml, targetFacts } = await import("../api.js");
  const target = presetTarget(name);
  if (!target.ok) return failed(EXIT.badInput, target.errors);
  return done(presetYaml(name) ?? "", described(target.value, targetFacts(target.value), target.warnings));
}

async function check(file: string): Promise<Finished> {
  const [{ parseTarget, targetFacts }, { fileName, readTextFile }] = await Promise.all([import("../api.js"), import("../node/files.js")]);
  const text = readTextFile(file);
  if (!text.ok) return failed(EXIT.badInput, text.errors);
  const target = parseTarget(text.value, fileName(file));
  if (!target.ok) return failed(EXIT.badInput, target.errors);
  const facts = targetFacts(target.value);
  const said = [
    `${printable(target.value.name)}: a ${target.value.kind} target without errors`,
    ...target.warnings.map(errorText),
    factTable(facts),
  ];
  return done(said.join("\n"), described(target.value, facts, target.warnings));
}

async function schema(): Promise<Finished> {
  const { targetJsonSchema } = await import("../api.js");
  const document = targetJsonSchema();
  return done(JSON.stringify(document, null, 2), document);
}

const described = ({ name, kind, summary }: Target, facts: readonly Fact[], warnings: readonly Diagnostic[]) => ({
  schema: "stowage/target/1",
  name,
  kind,
  summary,
  facts,
  warnings,
});

function factTable(facts: readonly Fact[]): string {
  const rows = facts.map(({ key, value, unit, source }) => [key, `${value}${unit === "" ? "" : ` ${unit}`}`, source].map(printable));
  const [keys, values] = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(([key = "", value = "", source = ""]) => `  ${key.padEnd(keys ?? 0)}  ${value.padEnd(values ?? 0)}  ${source}`.trimEnd())
    .join("\n");
}
