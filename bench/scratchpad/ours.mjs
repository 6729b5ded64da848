// One case planned as `stowage plan` plans it, in a thread of its own: figures of the verified plan and when they came.
import { serve } from "../../dist/node/thread.js";
import { solve } from "../../dist/planners/scratchpad/solve.js";
import { verify } from "../../dist/planners/scratchpad/verify.js";
import { highsSolver } from "../../dist/solvers/highs.js";

await serve(async ({ problem, nodes }, { stop }) => {
  const since = performance.now();
  const elapsed = () => (performance.now() - since) / 1000;
  let first;
  let best;
  let least = Number.POSITIVE_INFINITY;
  const progress = ({ incumbent }) => {
    if (incumbent === undefined) return;
    first ??= elapsed();
    if (incumbent >= least) return;
    least = incumbent;
    best = elapsed();
  };
  const outcome = await solve(problem, { seed: 1, nodes, stop, progress }, highsSolver(stop));
  const seconds = elapsed();
  return { ...figures(problem, outcome), first: first ?? seconds, best: best ?? seconds, seconds };
});

function figures(problem, outcome) {
  if (!("plan" in outcome)) return { failure: outcome.status };
  const verdict = verify(problem, outcome.plan);
  if (!verdict.ok) return { failure: `refused: ${verdict.violations[0].message}` };
  const { nonCompulsory: bytes, peak } = outcome.plan.claims;
  const { bound, orderBound, scope, status } = outcome;
  return { bytes, peak, bound: scope === "all orders" ? bound : 0, orderBound, proved: status === "optimal" && scope === "all orders" };
}
