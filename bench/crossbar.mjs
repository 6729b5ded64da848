// npm run bench -- crossbar [--models=a,b] [--sharing=1,8] [--drivers=8,16] [--objectives=programming,latency,endurance] [--share=25%] [--from=rows.txt,...]
// Networks on reram-ou's crossbars that hold a quarter of their weights: what the plan writes and takes, against the layers' own order. Every figure is the
// judge's. A run without arguments writes docs/benchmarks-crossbar.md; --from makes it from rows that earlier runs printed. STOWAGE_MODELS names the folder of the networks.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PAGE = "docs/benchmarks-crossbar.md";
/** Trained weights stand in the files of the first; those of the others were drawn at random when they were exported, or here. */
const NETWORKS = {
  ppocrv4_det: { weights: "trained", bind: ["p2o.DynamicDimension.0=1", "p2o.DynamicDimension.1=640", "p2o.DynamicDimension.2=640"] },
  ppocr_v2_cls: { weights: "trained", bind: ["x=1,3,48,192"] },
  "ultraface_version-RFB-320": { weights: "trained", bind: [] },
  mobilenetv2: { weights: "random", bind: [] },
  squeezenet1_1: { weights: "random", bind: [] },
  resnet18: { weights: "random", bind: [] },
};

const asked = Object.fromEntries(process.argv.slice(2).map((argument) => argument.replace(/^--/, "").split("=")));
const list = (key, usual) => (asked[key] ?? usual).split(",");
const folder = process.env.STOWAGE_MODELS ?? "../shared/models";
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));
/** Tells the most memory that the process ever had. */
const MEASURED = `data:text/javascript,process.on("exit",()=>process.stderr.write("\\nresident "+process.resourceUsage().maxRSS))`;

const HEAD = [
  "network",
  "weights",
  "G",
  "drivers",
  "objective",
  "cell writes",
  "delta / plan",
  "rewriting / plan",
  "waiting s",
  "latency s",
  "delta",
  "rewriting",
  "none below s",
  "most of a cell",
  "delta's",
  "energy uJ",
  "solve s",
  "judge s",
  "MB",
];
const lines = [];
const row = (...cells) => {
  lines.push(`| ${cells.join(" | ")} |`);
  console.log(lines.at(-1));
};
row(...HEAD);
row(...HEAD.map(() => "---"));

if (asked.from !== undefined)
  for (const file of list("from"))
    for (const line of readFileSync(file, "utf8").split("\n")) if (/^\| (?!network|---)/.test(line)) lines.push(line);

for (const model of asked.from === undefined ? list("models", Object.keys(NETWORKS).join()) : []) {
  const file = join(folder, `${model}.onnx`);
  if (!existsSync(file)) {
    console.error(`${file} is not there`);
    continue;
  }
  const { weights, bind } = NETWORKS[model] ?? { weights: "?", bind: [] };
  for (const sharing of list("sharing", "1,8"))
    for (const drivers of list("drivers", "8,16"))
      for (const objective of list("objectives", "programming,latency,endurance"))
        row(model, weights, sharing, drivers, objective, ...figures(planned(file, bind, sharing, drivers, objective)));
}

if (process.argv.length === 2 || asked.from !== undefined) {
  writeFileSync(PAGE, page());
  console.log(`${PAGE} written`);
}

function planned(file, bind, sharing, drivers, objective) {
  const set = [`crossbars=${asked.share ?? "25%"}`, `sharing=${sharing}`, `programming.drivers=${drivers}`];
  const options = [
    ...set.flatMap((setting) => ["--set", setting]),
    ...bind.flatMap((binding) => ["--bind", binding]),
    ...["--objective", objective, "--weights", "random:1", "--time", asked.time ?? "300s", "--json"],
  ];
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", MEASURED, main, "plan", file, "--target", "reram-ou", ...options], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return { document: stdout.startsWith("{") ? JSON.parse(stdout) : undefined, stderr };
}

/** What a row says: of a network that was not planned, why. */
function figures({ document, stderr }) {
  const m = document?.metrics;
  if (m === undefined) {
    const why = document?.conflict?.message ?? document?.reason ?? document?.errors?.[0]?.message ?? stderr.slice(0, 200);
    return [String(why).replaceAll("\n", " "), ...HEAD.slice(6).map(() => "")];
  }
  const way = (name) => m.ways.find((other) => other.name === name);
  const baseline = (name) => Math.min(...m.baselines.filter((other) => other.name === name).map((other) => other.latencySeconds));
  const times = (other) => (m.cellWrites === 0 ? "none left" : (other / m.cellWrites).toFixed(2));
  const resident = Number(/resident (\d+)/.exec(stderr)?.[1] ?? Number.NaN);
  const overlap = m.levels.find(({ name }) => name === "overlap");
  return [
    m.cellWrites,
    times(way("difference").cellWrites),
    times(way("rewrite").cellWrites),
    m.waitingSeconds.toExponential(2),
    m.latencySeconds.toExponential(3),
    `${(baseline("difference") / m.latencySeconds).toFixed(2)} x`,
    `${(baseline("rewrite") / m.latencySeconds).toFixed(2)} x`,
    overlap.bound.toExponential(3),
    m.maxCellWrites,
    way("difference").maxCellWrites,
    (m.energyPicojoules / 1e6).toFixed(1),
    document.seconds.solve.toFixed(1),
    document.seconds.verify.toFixed(1),
    (resident / 1024).toFixed(0),
  ];
}

function page() {
  const date = new Date().toISOString().slice(0, 10);
  return `# Benchmarks: crossbars

Measured on ${date}: ${cpus().length} cores (${process.platform} ${process.arch}) shared with other work, Node ${process.version}; made by
\`npm run bench -- crossbar\`. Target \`reram-ou\` with crossbars for 25 % of the weights: 128 x 128 cells of one bit, units of 16 x 8, SET and RESET of 50 ns
each, 16 crossbars written at once. \`G\`: outputs that share an order of inputs. \`drivers\`: cells of a row written at once. All figures are per inference and
the judge's, which replays plans and comparisons on the same cells.

- \`cell writes\`, and how many times as many writing what differs (\`delta\`) and rewriting all take in the layers' own order.
- \`waiting\`: time in which nothing fires. \`latency\`, and how many times as long delta and rewriting take when they, too, write while other crossbars
  fire, in full strips or thin ones, whichever is faster. \`none below\`: a bound on the latency of these loads; near it
  firing takes the time, and no way to write makes the network faster.
- \`most of a cell\`: writes of the cell written most; \`delta's\`: the same of delta in full strips.
- Weights marked random were drawn when the network was exported, or here: what is written is no figure of a trained one.

${lines.join("\n")}
`;
}
