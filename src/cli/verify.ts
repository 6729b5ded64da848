import type { Command } from "commander";
import { colours, done, EXIT, type Finished, failed, finish, paint } from "./finish.js";

export function addVerify(program: Command): void {
  program
    .command("verify")
    .summary("replay a plan file and check every figure in it")
    .description(
      "Replays the plan in PLAN step by step on its problem and lists every violation. Nothing in the file is believed but the problem and the bound.",
    )
    .argument("<plan>", "a plan document that `stowage plan --out` wrote")
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage verify plan.json\n")
    .action(async (path: string, options: { readonly json?: true }) => {
      finish(await verifyFile(path), options.json === true);
    });
}

async function verifyFile(path: string): Promise<Finished> {
  const [{ readPlanFile }, { text }] = await Promise.all([import("./plan-file.js"), import("../api.js")]);
  const verified = readPlanFile(path);
  if (!verified.ok) return failed(EXIT.badInput, verified.errors);
  if (verified.value.kind === "refused") {
    const { violations } = verified.value;
    return failed(EXIT.refused, violations, { json: JSON.stringify({ schema: "stowage/verify/1", verified: false, errors: violations }) });
  }
  const { report } = verified.value;
  const { model, target, status, objective, metrics } = verified.value.document;
  const document = { schema: "stowage/verify/1", verified: true, errors: [], model, target, status, objective, metrics };
  // A bound of zero needs no proof; any other is the solver's word until somebody plans again.
  const note = objective.bound > 0 ? "The bound is as the file states it; planning again proves it." : undefined;
  return done(text(report, paint(colours())), document, note === undefined ? {} : { note });
}
