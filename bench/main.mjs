// npm run bench -- <name> [its arguments]: each benchmark is a script of its own beside this one.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const BENCHMARKS = {
  scratchpad: "order, residency and addresses against COSMA's baselines and programme; writes docs/benchmarks.md",
  packing: "addresses alone, on MiniMalloc's instances",
  fusion: "what fusion saves over bandwidths and off-chip energies",
  explore: "a hardware search of 1,000 points",
  pipeline: "engines and streamed weights on five FPGAs, against no streaming and AutoWS's greedy search",
  crossbar: "cell writes, latency and wear on crossbars for a quarter of the weights, against writing in order",
  cost: "evaluations per second of the loop-nest cost model",
};

const [name, ...rest] = process.argv.slice(2);
if (name in BENCHMARKS) {
  const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  process.exitCode = spawnSync(process.execPath, [script, ...rest], { stdio: "inherit" }).status ?? 1;
} else {
  console.error("usage: npm run bench -- <name> [arguments]");
  for (const [known, says] of Object.entries(BENCHMARKS)) console.error(`  ${known.padEnd(12)}${says}`);
  process.exitCode = 2;
}
