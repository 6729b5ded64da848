import type { Command } from "commander";
import { finish } from "./finish.js";
import { NODES, runPlan, SECONDS } from "./plan.js";

/** Branching cells keep many tensors alive at once: in a little more than the largest operator needs, order decides what has to leave. */
const MODEL = "nasnet";
const TARGET = "ethos-u65-256-like";
const SETTINGS = ["memory.size=480KiB"];
const REPORT = "stowage-demo.html";

export function addDemo(program: Command): void {
  program
    .command("demo")
    .summary("plan a bundled network and write an HTML report")
    .description(
      `Plans the bundled network ${MODEL} on the target ${TARGET}, prints the result and writes ${REPORT} into the current folder.`,
    )
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage demo\n")
    .action(async (options: { readonly json?: true }) => {
      const plan = {
        target: TARGET,
        set: SETTINGS,
        objective: "traffic",
        solver: "search" as const,
        split: "auto" as const,
        time: SECONDS,
        nodes: NODES,
        seed: 1,
        report: REPORT,
      };
      finish(await runPlan(MODEL, { ...plan, ...options }), options.json === true);
    });
}
