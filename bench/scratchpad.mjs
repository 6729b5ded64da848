// npm run bench -- scratchpad [--quick] [--models a,b] [--from rows.json]
// Networks x {min, mid, peak} x {weights outside, planned}: TensorFlow Lite's arena with two replacement rules and two
// orders, COSMA's programme on HiGHS, and ours, each plan held against the judge. A run over all networks writes
// docs/benchmarks.md and out/benchmark-scratchpad.json; --from makes the page from such rows without measuring again.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { start } from "../dist/node/thread.js";
import { fileOrder } from "../dist/planners/scratchpad/accesses.js";
import { BASELINES, baseline, minPeakOrder } from "./scratchpad/baselines.mjs";
import { networks, problemOf, SIZES, WEIGHTS } from "./scratchpad/cases.mjs";
import { page } from "./scratchpad/page.mjs";

const ROWS = "out/benchmark-scratchpad.json";
const PAGE = "docs/benchmarks.md";
/** A thread that does not hear that its time is over is ended after so many seconds more. */
const GRACE = 15;
const NODES = 1_000_000;
const PACKING_SEEDS = 3;

const { values: options } = parseArgs({
  options: { quick: { type: "boolean" }, models: { type: "string" }, from: { type: "string" } },
});
/** Seconds per case. COSMA's programme runs at `min` only, where most has to move. */
const limits = options.quick ? { ours: 5, cosma: 10, cosmaWeights: ["outside"] } : { ours: 30, cosma: 60, cosmaWeights: WEIGHTS };

if (options.from !== undefined) publish(JSON.parse(readFileSync(options.from, "utf8")));
else {
  const rows = await measure();
  const result = { rows, limits, machine: machine(), packing: options.models === undefined ? packing() : undefined };
  if (options.models === undefined && !options.quick) {
    mkdirSync("out", { recursive: true });
    writeFileSync(ROWS, `${JSON.stringify(result)}\n`);
    publish(result);
  } else console.log(page(result));
}

function publish(result) {
  writeFileSync(PAGE, page(result));
  console.log(`${PAGE} written`);
}

async function measure() {
  const since = performance.now();
  const rows = [];
  const waiting = []; // rows for COSMA's programme
  for (const network of networks(options.models?.split(","))) {
    const graph = network.read();
    for (const weights of WEIGHTS) {
      let peakOrder;
      let previous;
      for (const size of SIZES) {
        const problem = problemOf(graph, weights, size);
        const { capacity } = problem.machine;
        const about = {
          network: network.name,
          kind: network.kind,
          roster: network.roster,
          weights,
          size,
          capacity,
          steps: problem.steps.length,
        };
        if (previous?.capacity === capacity) {
          rows.push({ ...previous, size, sameAs: previous.sameAs ?? previous.size });
          continue;
        }
        peakOrder ??= minPeakOrder(problem);
        const orders = { model: fileOrder(problem.steps), peak: peakOrder.order };
        const baselines = BASELINES.map(({ name, order, rule }) => ({ name, ...baseline(problem, orders[order], rule) }));
        const ours = await inThread("ours", { problem, nodes: NODES }, limits.ours);
        previous = { ...about, leastPeak: { bytes: peakOrder.peak, proved: peakOrder.proved }, baselines, ours };
        rows.push(previous);
        if (size === "min" && limits.cosmaWeights.includes(weights) && baselines[0].bytes > 0) waiting.push({ row: previous, problem });
        const figures = baselines.map((b) => `${b.name} ${b.bytes}${b.fits ? "" : "!"}`).join(", ");
        const told = ours.failure ?? `${ours.bytes}, bound ${ours.bound}, ${ours.seconds.toFixed(2)} s`;
        console.error(`${elapsed(since)} ${network.name}, weights ${weights}, ${size}: ${figures}; ours ${told}`);
      }
    }
  }
  const asked = new Map(); // question -> the row that asked it first
  const twins = [];
  await Promise.all(Array.from({ length: Math.min(2, cpus().length) }, () => cosma(waiting, asked, twins, since)));
  for (const [row, twin] of twins) row.cosma = twin.cosma;
  return rows;
}

/** Works the queue off, which two of these share; the same question is asked once. */
async function cosma(waiting, asked, twins, since) {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const { row, problem } = next;
    const question = JSON.stringify([
      problem.machine.capacity,
      problem.buffers.map(({ name, ...b }) => b),
      problem.steps.map((s) => [s.reads, s.writes]),
    ]);
    const twin = asked.get(question);
    if (twin !== undefined) {
      twins.push([row, twin]);
      continue;
    }
    asked.set(question, row);
    row.cosma = await inThread("cosma", { problem, seconds: limits.cosma }, limits.cosma);
    const told = row.cosma.failure ?? `${row.cosma.bytes}, ${row.cosma.proved ? "proved" : "not proved"}`;
    console.error(
      `${elapsed(since)} COSMA's programme, ${row.network}, weights ${row.weights}: ${told}, ${row.cosma.seconds.toFixed(1)} s`,
    );
  }
}

function elapsed(since) {
  return `${((performance.now() - since) / 1000).toFixed(0).padStart(5)} s `;
}

/** Figures of one job, or { failure, seconds }. */
async function inThread(job, input, seconds) {
  const since = performance.now();
  const running = start(new URL(`scratchpad/${job}.mjs`, import.meta.url), input, seconds, () => {});
  const timer = setTimeout(running.abort, 1000 * (seconds + GRACE));
  try {
    return await running.result;
  } catch (error) {
    const took = (performance.now() - since) / 1000;
    return { failure: took >= seconds + GRACE ? `ended ${GRACE} s after its limit` : error.message, seconds: took };
  } finally {
    clearTimeout(timer);
  }
}

/** What packing.mjs prints; undefined where MiniMalloc's instances are not there. */
function packing() {
  if (!existsSync(`${process.env.STOWAGE_REFERENCE ?? "../shared/reference"}/minimalloc`)) return undefined;
  const script = fileURLToPath(new URL("packing.mjs", import.meta.url));
  const { stdout, status } = spawnSync(process.execPath, [script, String(PACKING_SEEDS)], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function machine() {
  const processors = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    cores: processors.length,
    node: process.version,
    system: `${process.platform} ${process.arch}`,
  };
}
