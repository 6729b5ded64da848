import type { Outcome } from "../../base/outcome.js";
import { cycles } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import type { FabricResources } from "../../target/pipeline-target.js";
import { type Configuration, type Configured, configure, engineOf, resourcesOf, scheduled, wholeCycles } from "./configure.js";
import { greedy } from "./greedy.js";
import { latencyOf, leastLatency } from "./latency.js";
import { cutUp } from "./partitions.js";
import { asBuilt, type PipelinePlan, type PipelineProblem } from "./plan.js";
import { queuesOf } from "./queues.js";
import { selectionOf } from "./selection.js";
import { soonest } from "./soonest.js";
import { configureTightly } from "./tight.js";

/** Plans engines and the weight stream so that a frame takes the fewest cycles, in one partition or in several. */
export function solve(problem: PipelineProblem, budget: Budget): Outcome<PipelinePlan> {
  // The published tool knows no frames on their way.
  if (problem.objective === "latency" && problem.partitions === 1 && problem.model !== "autows") return solveSoonest(problem, budget);
  const found = configureAtAll(problem, budget);
  const several = problem.partitions > 1 ? inSeveral(problem, found, budget) : undefined;
  if (several !== undefined) return several;
  if (found.kind !== "configured") return noPlan(found);
  const still = withoutStream(found) ? found : found.unstreamed;
  const baselines = { vanilla: still?.cyclesPerFrame, greedy: greedyTime(problem) };
  // What is as fast without a weight stream is simpler.
  return valued(problem, still !== undefined && still.cyclesPerFrame <= found.cyclesPerFrame ? still : found, found, baselines);
}

/** Where no engines fit beside what may have to wait, those are sought that fit beside what they themselves need. */
function configureAtAll(problem: PipelineProblem, budget: Budget): Configured {
  const found = configure(problem, budget);
  return found.kind === "infeasible" && problem.model !== "autows" ? configureTightly(problem, budget) : found;
}

/** The plan with which a frame is through soonest. */
function solveSoonest(problem: PipelineProblem, budget: Budget): Outcome<PipelinePlan> {
  const found = soonest(problem, budget);
  if (found.kind !== "configured") {
    const any = found.kind === "infeasible" ? configureTightly(problem, budget) : found;
    return any.kind === "configured" ? valued(problem, any, any, { vanilla: undefined, greedy: undefined }) : noPlan(any);
  }
  return valued(problem, found, found, { vanilla: undefined, greedy: undefined }, Math.floor(found.least));
}

/** The best plan that streams no weights; the bound is that of all plans of one partition. */
export function solveVanilla(problem: PipelineProblem, budget: Budget): Outcome<PipelinePlan> {
  const found = configure(unstreamed(problem), budget);
  if (found.kind !== "configured") return noPlan(found);
  const all = problem.streaming === "never" ? found : proven(configure(problem, budget));
  return valued(problem, found, all, { vanilla: found.cyclesPerFrame, greedy: undefined });
}

/** The plan of the published greedy search; the bound is that of all plans of one partition. */
export function solveGreedy(problem: PipelineProblem, budget: Budget): Outcome<PipelinePlan> {
  const choice = greedyChoice(problem);
  if (choice === undefined)
    return {
      status: "unknown",
      reason: "the greedy search found no engines that fit",
      fix: "take the search that looks further: --solver search",
    };
  const found = scheduled(problem, choice.engines, choice.time);
  return valued(problem, found, proven(configure(problem, budget)), { vanilla: undefined, greedy: found.cyclesPerFrame });
}

const noPlan = (found: Exclude<Configured, { kind: "configured" }>): Outcome<PipelinePlan> =>
  found.kind === "infeasible" ? { status: "infeasible", conflict: found.conflict } : { status: "unknown", reason: found.reason };

/** What no plan goes below, and the multipliers that show some of it. */
type Proven = Pick<Extract<Configured, { kind: "configured" }>, "bound" | "certificate">;

const proven = (found: Configured): Proven => (found.kind === "configured" ? found : { bound: cycles(0), certificate: undefined });

const unstreamed = (problem: PipelineProblem): PipelineProblem => ({ ...problem, streaming: "never" });

const withoutStream = ({ engines }: Configuration): boolean =>
  engines.every(({ memory }) => memory === undefined || memory.fragments === 0);

function greedyChoice(problem: PipelineProblem) {
  const { selection, options } = selectionOf(problem);
  const found = greedy(selection, options);
  return found && { engines: found.choice.map((o, l) => engineOf(l, options[l]![o]!)), time: found.time };
}

/** Cycles per frame of the greedy choice, were the link's schedule to hold at once. */
function greedyTime(problem: PipelineProblem): number | undefined {
  const found = greedyChoice(problem);
  return found && wholeCycles(found.time);
}

/** The outcome of a plan that has all layers on the device at once. */
function valued(
  problem: PipelineProblem,
  found: Configuration,
  { bound: least, certificate }: Proven,
  baselines: PipelinePlan["baselines"],
  soonest?: number,
): Outcome<PipelinePlan> {
  const { cyclesPerFrame, engines, dma, evenedOver } = found;
  const own = evenedOver === undefined ? problem : { ...problem, evenedOver };
  const latency = latencyOf(own, found);
  const partitions = [{ engines, cyclesPerFrame, dma, queues: queuesOf(own, found), ...(evenedOver !== undefined && { evenedOver }) }];
  const plan: PipelinePlan = {
    kind: "pipeline",
    partitions,
    certificate,
    baselines,
    claims: { cyclesPerFrame, latency, resources: resourcesOf(asBuilt(problem, partitions), engines) },
  };
  const scope = "all configurations";
  if (problem.objective === "latency") {
    const work = leastLatency(problem);
    const known = soonest !== undefined && soonest > work;
    return { status: "feasible", plan, value: latency, bound: known ? soonest : work, scope, proof: known ? WAY_PROOF : WORK_PROOF };
  }
  const bound = Math.min(cyclesPerFrame, least);
  return {
    status: bound === cyclesPerFrame ? "optimal" : "feasible",
    plan,
    value: cyclesPerFrame,
    bound,
    scope,
    proof: evenedOver === undefined ? CHOICE_PROOF : LEAST_PROOF,
  };
}

const CHOICE_PROOF =
  "multipliers on the device's resources and the link, and above them a search of all choices: engines with fewer cycles take more than there is, beside queues of skip connections as deep as any of them may need";
const LEAST_PROOF =
  "multipliers on the device's resources and the link, and above them a search of all choices: engines with fewer cycles take more than there is, even beside queues of skip connections and poolings as short as any engines allow";
const WAY_PROOF = "ways through layers and pixels, weighted: no choice of engines that fits makes all of them shorter";
const WORK_PROOF = "a frame's products, at most so many per cycle as all multipliers together form";

/** The outcome of a plan in several partitions, where that beats the device as it is configured `at once`. */
function inSeveral(problem: PipelineProblem, atOnce: Configured, budget: Budget): Outcome<PipelinePlan> | undefined {
  const { batch } = problem;
  const cut = cutUp(problem, budget);
  const value = cut.batchCycles / batch;
  const single = atOnce.kind === "configured" ? atOnce.cyclesPerFrame : Number.POSITIVE_INFINITY;
  if (cut.partitions.length === 0 || value >= single) return undefined;
  const built = asBuilt(problem, cut.partitions);
  const used = cut.partitions.map(({ engines }) => resourcesOf(built, engines));
  const most = (key: keyof FabricResources) => Math.max(...used.map((resources) => resources[key]));
  const plan: PipelinePlan = {
    kind: "pipeline",
    partitions: cut.partitions,
    certificate: undefined,
    baselines: { vanilla: undefined, greedy: undefined },
    claims: {
      cyclesPerFrame: value,
      latency: cut.batchCycles,
      resources: { lut: most("lut"), ff: most("ff"), dsp: most("dsp"), bram18: most("bram18"), uram: most("uram") },
    },
  };
  const bound = Math.min(value, cut.bound / batch, atOnce.kind === "infeasible" ? value : proven(atOnce).bound);
  return {
    status: "feasible",
    plan,
    value: problem.objective === "latency" ? cut.batchCycles : value,
    bound: problem.objective === "latency" ? leastLatency(problem) : bound,
    scope: "all configurations",
    proof: problem.objective === "latency" ? WORK_PROOF : CUT_PROOF,
  };
}

const CUT_PROOF =
  "a dynamic programme over all cuts of the order of layers, in which every segment of the cheapest cut has its own proven bound and the others one by each resource alone";
