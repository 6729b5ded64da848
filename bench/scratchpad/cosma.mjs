// One case as COSMA's programme for the model's order, on HiGHS, in a thread of its own that can be ended.
import { serve } from "../../dist/node/thread.js";
import { ilpPlan } from "../../dist/planners/scratchpad/ilp/solve.js";
import { verify } from "../../dist/planners/scratchpad/verify.js";
import { highsSolver } from "../../dist/solvers/highs.js";

await serve(async ({ problem, seconds }, { stop }) => {
  const since = performance.now();
  const budget = { seed: 1, nodes: Number.MAX_SAFE_INTEGER, stop, progress: () => {} };
  const outcome = await ilpPlan(problem, { order: "model", addresses: true, seconds }, budget, highsSolver(stop));
  const took = (performance.now() - since) / 1000;
  if (!("plan" in outcome)) return { failure: outcome.reason ?? outcome.status, seconds: took };
  if (!verify(problem, outcome.plan).ok) return { failure: "refused by the judge", seconds: took };
  return { bytes: outcome.value, bound: outcome.bound, proved: outcome.status === "optimal", seconds: took };
});
