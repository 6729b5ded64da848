import type { Command } from "commander";
import { EXIT, type Finished, finish } from "./finish.js";
import { NODES, runPlan, SECONDS } from "./plan.js";

/** A network and a target for each family. */
const DEMOS = [
  // Branching cells keep many tensors alive at once: in a little more than the largest operator needs, order decides what has to leave.
  { model: "nasnet", target: "ethos-u65-256-like", set: ["memory.size=480KiB"], report: "stowage-demo.html" },
  // Wide maps between narrow layers: layer by layer they cross the chip boundary, fused they need not.
  { model: "mobilenetv2", target: "vwa", set: [], report: "stowage-demo-fusion.html" },
  // More weights than block RAM holds: without streaming this network does not fit this device.
  {
    model: "resnet18",
    target: "zcu102",
    set: ["precision.weight=4", "precision.activation=5"],
    report: "stowage-demo-pipeline.html",
  },
  // Bundled networks come without weights; what is shown is how writing is scheduled, not what it costs this network.
  { model: "dscnn", target: "reram-ou", set: [], weights: 1, report: "stowage-demo-crossbar.html" },
] as const;

export function addDemo(program: Command): void {
  const plans = DEMOS.map(({ model, target }) => `${model} on ${target}`).join(", ");
  const reports = DEMOS.map(({ report }) => report).join(", ");
  program
    .command("demo")
    .summary("plan a bundled network on a target of each family and write HTML reports")
    .description(`Plans the bundled networks ${plans}, prints the results and writes ${reports} into the current folder.`)
    .option("--json", "print one JSON document and nothing else")
    .addHelpText("after", "\nExample:\n  $ stowage demo\n")
    .action(async (options: { readonly json?: true }) => {
      const common = { solver: "search", split: "auto", overlap: "exact", time: SECONDS, nodes: NODES, seed: 1, ...options } as const;
      const ended: Finished[] = [];
      for (const { model, ...plan } of DEMOS) ended.push(await runPlan(model, { ...common, ...plan }));
      finish(together(ended), options.json === true);
    });
}

/** As one: the first failure decides how it ends. */
const together = (ended: readonly Finished[]): Finished => ({
  exit: ended.find(({ exit }) => exit !== EXIT.done)?.exit ?? EXIT.done,
  text: ended.map(({ text }) => text).join("\n"),
  json: `{"schema":"stowage/demo/1","plans":[${ended.flatMap(({ json }) => json ?? []).join(",")}]}`,
  errors: ended.flatMap(({ errors }) => errors),
  warnings: ended.flatMap(({ warnings }) => warnings),
  files: ended.flatMap(({ files }) => files),
});
