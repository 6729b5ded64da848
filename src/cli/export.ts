import { type Command, Option } from "commander";
import type { Binding, Report } from "../api.js";
import { bad, type Checked, fail, good } from "../base/diagnostic.js";
import { CSV_TABLES } from "../report/table.js";
import { binding, randomSeed } from "./arguments.js";
import { done, EXIT, type Finished, failed, finish } from "./finish.js";

const FORMATS = ["csv", "trace", "html", "verilog", "finn", "autows"] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  readonly to: Format;
  readonly table: string;
  readonly out?: string;
  readonly model?: string;
  readonly weights?: number;
  readonly bind?: readonly Binding[];
  readonly json?: true;
}

export function addExport(program: Command): void {
  program
    .command("export")
    .summary("turn a plan file into CSV, a Chrome trace or an HTML report")
    .description("Replays the plan in PLAN and, when the judge accepts it, writes it in another form.")
    .argument("<plan>", "a plan document that `stowage plan --out` wrote")
    .addOption(
      new Option(
        "--to <format>",
        "csv (one table), trace (Chrome trace for ui.perfetto.dev), html; of a pipeline plan also verilog (the hardware), finn (folding_config.json) and autows (config.json, report.json)",
      )
        .choices(FORMATS)
        .makeOptionMandatory(),
    )
    .addOption(new Option("--table <name>", "which table to write as CSV").choices(CSV_TABLES).default("ledger"))
    .option("--out <path>", "write there; without it the export goes to stdout; verilog, finn and autows need a new folder")
    .option("--model <model>", "verilog: the model that was planned, for its weights")
    .option("--weights <random:SEED>", "verilog: random weights in place of those the model comes without", randomSeed)
    .option("--bind <name=value>", "verilog: a size that was given when planning (repeatable)", binding)
    .option("--json", "print one JSON document and nothing else (needs --out)")
    .addHelpText(
      "after",
      "\nExample:\n  $ stowage export plan.json --to csv --table residency --out residency.csv\n  $ stowage export plan.json --to verilog --model lenet.onnx --out lenet-rtl\n",
    )
    .action(async (path: string, options: Options, command: Command) => {
      if (options.json && options.out === undefined) command.error("error: --json needs --out: stdout carries the document");
      if ((options.to === "finn" || options.to === "autows") && options.out === undefined)
        command.error(`error: --to ${options.to} needs --out, a new folder`);
      if (options.to === "verilog" && (options.out === undefined || options.model === undefined))
        command.error("error: --to verilog needs --out, a new folder, and --model, the model that was planned");
      finish(await exportPlan(path, options), options.json === true);
    });
}

async function exportPlan(path: string, { to, table, out, model, weights, bind = [] }: Options): Promise<Finished> {
  if (to === "verilog") return (await import("./export-verilog.js")).exportVerilog(path, model ?? "", out ?? "", weights, bind);
  if (to === "finn" || to === "autows") return (await import("./export-foreign.js")).exportForeign(path, to, out ?? "");
  const [{ readPlanFile }, { outputProblems }] = await Promise.all([import("./plan-file.js"), import("../node/files.js")]);
  const problems = outputProblems(out === undefined ? [] : [out], [path]);
  if (problems.length > 0) return failed(EXIT.badInput, problems);
  const verified = readPlanFile(path);
  if (!verified.ok) return failed(EXIT.badInput, verified.errors);
  if (verified.value.kind === "refused") return failed(EXIT.refused, verified.value.violations);
  const rendering = await rendered(verified.value.report, to, table);
  if (!rendering.ok) return failed(EXIT.usage, rendering.errors);
  const text = rendering.value;
  if (out === undefined) return done(text, {}, { verbatim: true });
  return done(
    "",
    { schema: "stowage/export/1", to, ...(to === "csv" ? { table } : {}), file: out, bytes: Buffer.byteLength(text) },
    { files: [{ path: out, text }] },
  );
}

async function rendered(report: Report, to: Exclude<Format, "verilog" | "finn" | "autows">, table: string): Promise<Checked<string>> {
  const { csv, csvTables, html, trace } = await import("../api.js");
  switch (to) {
    case "csv": {
      const text = csv(report, table);
      if (text !== undefined) return good(text);
      return bad(
        fail("CLI-41", "--table", `a plan of kind ${report.kind} has no table ${table}`, `available: ${csvTables(report).join(", ")}`),
      );
    }
    case "trace":
      return good(trace(report));
    case "html":
      return good(html(report));
  }
}
