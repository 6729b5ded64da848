#!/usr/bin/env node
/** The command line: one file per verb; this one holds what they share when something goes wrong. */
import { Command, CommanderError } from "commander";
import { fail } from "../base/diagnostic.js";
import { addAlloc } from "./alloc.js";
import { addCompare } from "./compare.js";
import { addDemo } from "./demo.js";
import { addExplore } from "./explore.js";
import { addExport } from "./export.js";
import { EXIT, errorText, failed, finish } from "./finish.js";
import { addInspect } from "./inspect.js";
import { addPlan } from "./plan.js";
import { addTargets } from "./targets.js";
import { addVerify } from "./verify.js";
import { version } from "./version.js";

const json = process.argv.includes("--json");

// `stowage inspect … | head` closes the pipe early: that is no error of anybody.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
process.on("uncaughtException", bug);
process.on("unhandledRejection", bug);

/** What commander would print on its own account; here it becomes a diagnostic, or part of one. */
const complaints: string[] = [];

const program = new Command("stowage")
  .description(
    "Plans how a neural network runs on an accelerator: operator order, addresses, spills, with a proven bound beside every number.",
  )
  .version(version())
  .exitOverride()
  .configureOutput({ writeErr: (text) => void complaints.push(text) })
  .addHelpText(
    "after",
    "\nExample:\n  $ stowage demo\n\nExit codes: 0 done, 1 usage, 2 bad input, 3 infeasible, 4 no plan and no proof, 5 plan refused by the judge, 70 a bug of ours.\n",
  );

for (const add of [addInspect, addPlan, addCompare, addExplore, addVerify, addExport, addAlloc, addTargets, addDemo]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) misused(error);
  else bug(error);
}

function misused(error: CommanderError): void {
  if (error.exitCode === 0) return; // help or version was asked for and is printed
  const [message = "", hint] = error.message.replace(/^error: /, "").split("\n");
  const noVerb = error.code === "commander.help";
  const code = error.code === "commander.invalidArgument" ? "CLI-41" : "CLI-40";
  const fix = hint ? suggestion(hint) : "`stowage VERB --help` shows the form and an example";
  if (noVerb && !json) process.stderr.write(complaints.join(""));
  finish(failed(EXIT.usage, [fail(code, "command line", noVerb ? "a verb is missing" : message, fix)]), json);
}

/** `(Did you mean --target?)` without its brackets. */
function suggestion(hint: string): string {
  return hint.replace(/^\((.*)\)$/, "$1").replace(/^D/, "d");
}

/** An exception is a bug of ours: one plain message, the place only for those who ask for it. */
function bug(error: unknown): never {
  const message = error instanceof Error ? error.message : String(error);
  const diagnostic = fail(
    "CLI-70",
    "stowage",
    `a bug of ours: ${message}`,
    "report it with the command line; STOWAGE_DEBUG=1 prints where it happened",
  );
  process.stderr.write(errorText(diagnostic));
  if (json) process.stdout.write(`${JSON.stringify({ schema: "stowage/error/1", errors: [diagnostic] })}\n`);
  if (process.env.STOWAGE_DEBUG !== undefined && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(EXIT.bug);
}
