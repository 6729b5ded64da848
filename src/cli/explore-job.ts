/** Runs in several threads: looks at points of a space, one after another. */
import {
  type Checked,
  evaluate,
  type Goal,
  type Graph,
  modelWeights,
  type Objective,
  type Point,
  type Result,
  type Rival,
  type Weights,
} from "../api.js";
import { servePool } from "../node/pool.js";
import { highsSolver } from "../solvers/highs.js";
import { loadModel } from "./model.js";

/** What all points have in common. */
export interface ExploreInput {
  /** As on the command line; where weights are looked at they are read from it. */
  readonly model: string;
  readonly graph: Graph;
  readonly goal: Goal;
  readonly objectives: readonly Objective[];
  readonly nodes: number;
  readonly seed: number;
}

export interface ExploreTask {
  readonly point: Pick<Point, "target" | "goal" | "hardware">;
  readonly rivals: readonly Rival[];
}

// Nothing but the nodes ends the planning of a point: a thread that has to stop is ended, so that no result is half done.
const stop = () => false;
const progress = () => {};

servePool<ExploreInput, ExploreTask, Result>(({ model, graph, goal, objectives, nodes, seed }) => {
  let read: Checked<Weights> | undefined;
  const weights = (): Checked<Weights> => {
    read ??= weightsOf(model, goal);
    return read;
  };
  return ({ point, rivals }) => {
    const surroundings = { budget: { seed, nodes, stop, progress }, mip: highsSolver(stop), weights };
    return evaluate(graph, point, goal, objectives, rivals, surroundings);
  };
});

function weightsOf(spec: string, { randomWeights }: Goal): Checked<Weights> {
  const model = loadModel(spec);
  return model.ok ? modelWeights(model.value, randomWeights) : model;
}
