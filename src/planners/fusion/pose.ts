import { bad, type Checked, type Diagnostic, fail, good } from "../../base/diagnostic.js";
import { ratePerCycle } from "../../cost/traffic.js";
import type { Graph } from "../../graph/graph.js";
import type { FusionTarget } from "../../target/fusion-target.js";
import { layersOf } from "./layers.js";
import { type FusionProblem, OBJECTIVES, OVERLAPS, type Overlap } from "./plan.js";

export interface Goal {
  readonly objective: string;
  /** `any` allows modes that change results at tile edges; without it no plan does. */
  readonly overlap?: "exact" | "any";
}

/** Overlap modes that leave every result as it is. */
export const EXACT: readonly Overlap[] = ["recompute", "hCached", "fullyCached"];

/** Network x accelerator -> the self-contained problem: feature maps, layers in the model's order, machine. */
export function pose(graph: Graph, target: FusionTarget, goal: Goal): Checked<FusionProblem> {
  const objective = OBJECTIVES.find((name) => name === goal.objective);
  if (objective === undefined)
    return bad(
      fail(
        "FUS-22",
        `target ${target.name}`,
        `a fusion target minimises ${OBJECTIVES.join(", ")}; not ${goal.objective}`,
        `use --objective ${OBJECTIVES.join(", ")}`,
      ),
    );
  const { maps, layers, views } = layersOf(graph, target.precision);
  if (layers.length === 0)
    return bad(
      fail("FUS-21", graph.name, "no operator computes at run time: there is nothing to plan", "check that the model is the one you meant"),
    );
  const looked = views.map((id) => graph.operators[id]!.name);
  const problem: FusionProblem = {
    kind: "fusion",
    objective,
    machine: {
      clock: target.clock,
      array: target.array,
      buffers: target.buffers,
      accumulatorBits: target.accumulatorBits,
      vector: target.vector,
      offChipRate: ratePerCycle(target.offChip.bandwidth, target.clock),
      offChipEnergy: target.offChip.energy,
      energy: target.energy,
    },
    maps,
    layers,
    modes: goal.overlap === "any" ? OVERLAPS : EXACT,
    assumptions: [
      ...(looked.length === 0 ? [] : [`read in place, as views of the maps beneath: ${looked.join(", ")}`]),
      "a part of a map's channels is read with all of them",
    ],
  };
  return good(problem, goal.overlap === "any" ? [inexact(graph.name)] : []);
}

const inexact = (network: string): Diagnostic =>
  fail(
    "FUS-23",
    network,
    "tiles may be cut apart where their windows overlap, which changes results at tile edges",
    "leave out --overlap any for a plan that computes the network as it is",
  );
