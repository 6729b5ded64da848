// Fused against layer by layer on the VWA array: node bench/fusion.mjs [model.onnx ...]
// Prints, for the convolutional part of each network at 224 x 224, what fusion saves over bandwidths and off-chip energies,
// with the bytes of both beside it. A reduction says little without them: a weak baseline flatters fusion.
import { build } from "esbuild";

// The cases are those of the reference tests, in TypeScript.
const bundled = "node_modules/.cache/fusion-case.mjs";
await build({
  entryPoints: ["test/reference/fusion-case.ts"],
  outfile: bundled,
  bundle: true,
  platform: "node",
  format: "esm",
  packages: "external",
});
const { posed, reductions, vwa } = await import(new URL(`../${bundled}`, import.meta.url).href);

const NETWORKS = ["vgg16.onnx", "resnet18.onnx", "resnet50.onnx", "mobilenetv2.onnx", "yolov5n_640.onnx"];
const files = process.argv.length > 2 ? process.argv.slice(2) : NETWORKS;
const BANDWIDTHS = [0.8, 1, 1.6, 3.2, 6.4];
const ENERGIES = [70, 20, 8];

const percent = (x) => x.toFixed(1);
const megabytes = (x) => (x / 1e6).toFixed(2);
const row = (...cells) => console.log(`| ${cells.join(" | ")} |`);
const mean = (list, figure) => percent(list.reduce((sum, r) => sum + r[figure], 0) / list.length);

row(
  "network",
  "objective",
  "GB/s",
  "pJ/bit",
  "layer by layer MB",
  "fused MB",
  "traffic -%",
  "latency -%",
  "energy -%",
  "groups",
  "gap %",
  "s",
);
row(...Array(12).fill("---"));
const show = (objective, bandwidth, energy) => {
  const all = files.map((file) => {
    const problem = posed(file, vwa(bandwidth, energy), objective);
    const since = performance.now();
    const r = reductions(problem);
    const seconds = (performance.now() - since) / 1000;
    const saved = [percent(r.traffic), percent(r.latency), percent(r.energy)];
    const bytes = [megabytes(r.alone.traffic), megabytes(r.fused.traffic)];
    row(file, objective, bandwidth, energy, ...bytes, ...saved, r.groups.length, percent(100 * r.gap), seconds.toFixed(2));
    return r;
  });
  if (all.length > 1)
    row("mean", objective, bandwidth, energy, "", "", mean(all, "traffic"), mean(all, "latency"), mean(all, "energy"), "", "", "");
};
for (const bandwidth of BANDWIDTHS) show("balanced", bandwidth, 70);
for (const energy of ENERGIES.slice(1)) show("balanced", 1, energy);
show("traffic", 0.8, 70);
