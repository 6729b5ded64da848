// Fits the LUTs and flip-flops of the cost formulas to measured.json and says how far they are off: node bench/synthesis/fit.mjs [--write]
// With --write the weights go to src/cost/fpga/logic-fit.ts. Least squares on relative errors; no weight is below 0.
import { readFileSync, writeFileSync } from "node:fs";
import { MODULES } from "./modules.mjs";

const { tool, rows } = JSON.parse(readFileSync(new URL("measured.json", import.meta.url), "utf8"));
const KINDS = ["lut", "ff"];
/** Errors of modules smaller than this count as if they were of this size. */
const SMALL = 30;

/** Weights >= 0 with the least sum of squared relative errors, by coordinate descent. */
function fitted(points) {
  const n = points[0].features.length;
  const weights = Array(n).fill(0);
  const scaled = points.map(({ features, target, measured }) => {
    const by = 1 / Math.max(SMALL, measured);
    return { x: features.map((f) => f * by), y: target * by };
  });
  const left = scaled.map(({ y }) => y);
  for (let round = 0; round < 20000; round++) {
    let moved = 0;
    for (let j = 0; j < n; j++) {
      const norm = scaled.reduce((s, { x }) => s + x[j] * x[j], 0);
      if (norm === 0) continue;
      const next = Math.max(0, weights[j] + scaled.reduce((s, { x }, i) => s + x[j] * left[i], 0) / norm);
      const by = next - weights[j];
      if (by === 0) continue;
      weights[j] = next;
      for (let i = 0; i < left.length; i++) left[i] -= by * scaled[i].x[j];
      moved = Math.max(moved, Math.abs(by) / (1 + next));
    }
    if (moved < 1e-7) break;
  }
  return weights.map((w) => Number(w.toPrecision(3)));
}

const fits = {};
for (const [module, { features, fixed }] of Object.entries(MODULES)) {
  const own = rows.filter((row) => row.module === module);
  if (own.length === 0) continue;
  fits[module] = {};
  for (const kind of KINDS) {
    const points = own.map(({ point, measured }) => {
      const known = fixed(point)[kind];
      return { features: features(point), known, target: measured[kind] - known, measured: measured[kind], point };
    });
    const weights = fitted(points);
    fits[module][kind] = weights;
    const errors = points.map(({ features: f, known, measured }) => {
      const ours =
        known +
        Math.max(
          0,
          f.reduce((s, x, i) => s + x * weights[i], 0),
        );
      return (ours - measured) / Math.max(SMALL, measured);
    });
    const mean = errors.reduce((s, e) => s + Math.abs(e), 0) / errors.length;
    const total = points.reduce((s, p) => s + p.measured, 0);
    const ours = points.reduce((s, p, i) => s + p.measured + errors[i] * Math.max(SMALL, p.measured), 0);
    const worst = errors.reduce((w, e, i) => (Math.abs(e) > Math.abs(errors[w]) ? i : w), 0);
    console.log(
      `${module} ${kind}: ${points.length} points, mean error ${percent(mean)}, worst ${percent(errors[worst])} (${points[worst].measured} measured, ${JSON.stringify(points[worst].point)}), sum ${percent(ours / total - 1)}`,
    );
    if (process.argv.includes("--all"))
      for (const [i, point] of points.entries()) console.log(`   ${point.measured} ${percent(errors[i])} ${JSON.stringify(point.point)}`);
  }
  const memories = own.filter(({ measured }) => measured.bram18 > 0 || measured.dsp > 0);
  const cost = MODULES[module].cost;
  for (const { point, measured } of cost ? memories : []) {
    const ours = cost(point);
    if (ours.bram18 !== measured.bram18 || ours.dsp !== measured.dsp)
      console.log(
        `   ${JSON.stringify(point)}: ${ours.bram18} BRAM and ${ours.dsp} DSP counted, ${measured.bram18} and ${measured.dsp} synthesised`,
      );
  }
}

if (process.argv.includes("--write")) {
  const lines = Object.entries(fits).map(([module, { lut, ff }]) => `  ${module}: { lut: [${lut.join(", ")}], ff: [${ff.join(", ")}] },`);
  writeFileSync(
    new URL("../../src/cost/fpga/logic-fit.ts", import.meta.url),
    `/** LUTs and flip-flops per feature of \`logic.ts\`, from ${tool.split(" (")[0]}. Made by bench/synthesis/fit.mjs; do not edit. */
export const LOGIC = {
${lines.join("\n")}
} as const;
`,
  );
}

function percent(share) {
  return `${(100 * share).toFixed(1)} %`;
}
