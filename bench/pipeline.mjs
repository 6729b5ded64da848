// Networks x devices x widths on the pipeline: node bench/pipeline.mjs [--models=a.onnx,b.onnx] [--targets=zcu102,...] [--widths=4/5,...] [--time=60s]
// Per case: cycles per frame, its proven bound, the baselines (no streaming, AutoWS's greedy search), and the seconds it took, judge included.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const asked = Object.fromEntries(process.argv.slice(2).map((argument) => argument.replace(/^--/, "").split("=")));
const list = (key, usual) => (asked[key] ?? usual).split(",");
const models = list("models", "resnet18.onnx,resnet50.onnx,mobilenetv2.onnx,yolov5n_640.onnx");
const targets = list("targets", "zedboard,zc706,zcu102,u50,u250");
const widths = list("widths", "4/4,4/5,8/8").map((pair) => pair.split("/"));
const folder = process.env.STOWAGE_MODELS ?? "../shared/models";
const main = fileURLToPath(new URL("../dist/cli/main.js", import.meta.url));

const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
row(
  "network",
  "device",
  "W/A",
  "status",
  "cycles per frame",
  "bound",
  "gap %",
  "frames/s",
  "no streaming",
  "gain",
  "greedy",
  "gain",
  "stalls",
  "s",
);
row(...Array(14).fill("---"));
const gain = (other, own) => (typeof other === "number" ? (other / own).toFixed(3) : "");
const seconds = [];
const gains = { vanilla: [], greedy: [] };
let refused = 0;
for (const model of models)
  for (const target of targets)
    for (const [weight, activation] of widths) {
      const options = [
        "--set",
        `precision.weight=${weight}`,
        "--set",
        `precision.activation=${activation}`,
        "--time",
        asked.time ?? "60s",
        "--json",
      ];
      const { stdout, stderr } = spawnSync(process.execPath, [main, "plan", join(folder, model), "--target", target, ...options], {
        encoding: "utf8",
        maxBuffer: 2 ** 28,
      });
      const name = [model.replace(".onnx", ""), target, `${weight}/${activation}`];
      const document = stdout.startsWith("{") ? JSON.parse(stdout) : undefined;
      if (document?.objective === undefined) {
        const why =
          document?.conflict?.message ?? document?.reason ?? stderr.split("\n").find((line) => /^PIP-/.test(line)) ?? stderr.slice(0, 200);
        if (document?.status !== "infeasible") refused++;
        row(...name, document?.status ?? "refused", why, ...Array(8).fill(""), document?.seconds?.solve?.toFixed(1) ?? "");
        continue;
      }
      const { status, objective: o, metrics: m, seconds: took } = document;
      const { vanillaCyclesPerFrame: vanilla, greedyCyclesPerFrame: greedy } = m.baselines;
      const total = took.pose + took.solve + took.verify;
      seconds.push(total);
      if (typeof vanilla === "number") gains.vanilla.push(vanilla / o.value);
      if (typeof greedy === "number") gains.greedy.push(greedy / o.value);
      const baselines = [vanilla ?? "none fits", gain(vanilla, o.value), greedy ?? "none found", gain(greedy, o.value)];
      row(
        ...name,
        status,
        o.value,
        o.bound,
        (100 * o.gap).toFixed(3),
        m.framesPerSecond.toFixed(1),
        ...baselines,
        m.stallCycles,
        total.toFixed(1),
      );
    }

seconds.sort((a, b) => a - b);
const mean = (all) => (all.length === 0 ? "none" : (all.reduce((sum, x) => sum + x, 0) / all.length).toFixed(3));
console.log(
  `\n${seconds.length} plans, ${refused} cases neither planned nor proven impossible; seconds: median ${seconds[Math.floor(seconds.length / 2)]?.toFixed(1)}, most ${seconds.at(-1)?.toFixed(1)}.`,
);
console.log(
  `Mean gain over no streaming where both fit: ${mean(gains.vanilla)} (${gains.vanilla.length}); over greedy: ${mean(gains.greedy)} (${gains.greedy.length}).`,
);
