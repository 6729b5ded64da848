// Packs every MiniMalloc instance with ten seeds and prints CPU time and nodes: node bench/packing.mjs [seeds] [--minimize NODES]
// Runs on what `npm run build` (or `npx tsc -b tsconfig.core.json`) wrote to dist/. Each figure covers one call of
// `pack` with a fresh search; the first call of the process pays for compilation and is not left out.
import { readdirSync, readFileSync } from "node:fs";
import { bytes } from "../dist/base/units.js";
import { allocate } from "../dist/planners/scratchpad/alloc/allocate.js";
import { parseBuffers } from "../dist/planners/scratchpad/alloc/parse.js";
import { verifyAllocation } from "../dist/planners/scratchpad/alloc/verify.js";

const folder = `${process.env.STOWAGE_REFERENCE ?? "../shared/reference"}/minimalloc`;
const seeds = Number(process.argv[2] ?? 10);
const lowest = process.argv[3] === "--minimize";
const nodes = Number(process.argv[4] ?? (lowest ? 1_000_000 : 5_000_000)); // 1,000,000 is what the command line takes

const rows = [];
for (const file of readdirSync(folder).filter((name) => /\.\d+\.csv$/.test(name))) {
  const parsed = parseBuffers(readFileSync(`${folder}/${file}`, "utf8"), file);
  if (!parsed.ok) throw new Error(`${file}: ${parsed.errors[0].message}`);
  const capacity = bytes(Number(/\.(\d+)\.csv$/.exec(file)[1]));
  const seconds = [];
  const heights = [];
  let bound = 0;
  let proved = 0;
  let accepted = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const before = process.cpuUsage();
    const outcome = allocate(parsed.value, capacity, { minimize: lowest, budget: { seed, nodes, stop: () => false, progress: () => {} } });
    const { user, system } = process.cpuUsage(before);
    seconds.push((user + system) / 1e6);
    if (!("plan" in outcome)) continue;
    heights.push(outcome.value);
    bound = Math.max(bound, outcome.bound);
    if (outcome.status === "optimal") proved++;
    if (verifyAllocation(parsed.value, capacity, outcome.plan).ok) accepted++;
  }
  const mean = seconds.reduce((a, b) => a + b, 0) / seeds;
  const worst = Math.max(...seconds);
  rows.push({ file, buffers: parsed.value.length, mean, worst });
  const range = [...new Set([Math.min(...heights), Math.max(...heights)])].map((bytes) => bytes.toLocaleString("en")).join(" to ");
  const height = heights.length > 0 ? `, peak ${range} B, bound ${bound.toLocaleString("en")} B, ${proved} proved least` : "";
  console.log(
    `${file}: ${parsed.value.length} buffers, ${accepted} of ${seeds} packed and accepted, CPU ${mean.toFixed(3)} s mean, ${worst.toFixed(3)} s worst${height}`,
  );
}
console.log(
  `all: CPU ${rows.reduce((sum, { mean }) => sum + mean, 0).toFixed(3)} s per seed, ${(rows.reduce((sum, { mean }) => sum + mean, 0) * seeds).toFixed(2)} s for ${seeds} seeds`,
);
