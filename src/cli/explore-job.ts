/** Runs in several threads: looks at points of a space, one after another. */
import { evaluate, type Goal, type Graph, type Objective, type Point, type Result, type Rival } from "../api.js";
import { servePool } from "../node/pool.js";
import { highsSolver } from "../solvers/highs.js";

/** What all points have in common. */
export interface ExploreInput {
  readonly graph: Graph;
  readonly goal: Goal;
  readonly objectives: readonly Objective[];
  readonly nodes: number;
  readonly seed: number;
}

export interface ExploreTask {
  readonly point: Pick<Point, "target" | "hardware">;
  readonly rivals: readonly Rival[];
}

// Nothing but the nodes ends the planning of a point: a thread that has to stop is ended, so that no result is half done.
const stop = () => false;
const progress = () => {};

servePool<ExploreInput, ExploreTask, Result>(({ graph, goal, objectives, nodes, seed }) => ({ point, rivals }) => {
  const surroundings = { budget: { seed, nodes, stop, progress }, mip: highsSolver(stop) };
  return evaluate(graph, point, goal, objectives, rivals, surroundings);
});
