import { bad, type Checked, fail, good } from "../../base/diagnostic.js";
import { add, type Bytes, bytes } from "../../base/units.js";
import { ratePerCycle } from "../../cost/traffic.js";
import type { Graph } from "../../graph/graph.js";
import { assumedBytes } from "../../target/precision.js";
import type { MemorySize, ScratchpadTarget } from "../../target/target.js";
import { accessesOf, fileOrder, peakOf, type Workload } from "./accesses.js";
import { minPeak } from "./order/min-peak.js";
import { joined, networkOf } from "./order/network.js";
import { OBJECTIVES, type ScratchpadProblem } from "./plan.js";
import { held, workloadOf } from "./workload.js";

export interface Goal {
  readonly objective: string;
}

/** Network x accelerator -> the self-contained problem: buffers, steps in the model's order, machine. */
export function pose(graph: Graph, target: ScratchpadTarget, goal: Goal): Checked<ScratchpadProblem> {
  const objective = OBJECTIVES.find((name) => name === goal.objective);
  if (objective === undefined)
    return bad(
      fail(
        "SPM-22",
        `target ${target.name}`,
        `a scratchpad target minimises ${OBJECTIVES.join(", ")}; not ${goal.objective}`,
        `use --objective ${OBJECTIVES.join(", ")}`,
      ),
    );

  const { buffers, steps, storage } = workloadOf(graph, target);
  if (steps.length === 0)
    return bad(
      fail(
        "SPM-21",
        graph.name,
        "no operator touches data at run time: there is nothing to plan",
        "check that the model is the one you meant",
      ),
    );

  const reserved = target.memory.reserved.reduce((sum, r) => add(sum, bytes(r.end - r.start)), bytes(0));
  const derived = memorySizes({ buffers, steps }, target.memory.alignment);
  const withReserved = { min: add(derived.min, reserved), mid: add(derived.mid, reserved), peak: add(derived.peak, reserved) };
  const names = (ids: ReadonlySet<number>) => graph.operators.filter((op) => ids.has(op.id)).map((op) => op.name);
  const outside = graph.tensors.reduce((sum, t) => (held(t, target) ? sum : add(sum, assumedBytes(t, target.precision))), bytes(0));
  return good({
    kind: "scratchpad",
    objective,
    machine: {
      capacity: capacityOf(target.memory.size, withReserved),
      alignment: target.memory.alignment,
      reserved: target.memory.reserved,
      clock: target.clock,
      offChipRate: ratePerCycle(target.offChip.bandwidth, target.clock),
      offChipEnergy: target.offChip.energy,
      memoryEnergy: target.memory.energy,
    },
    buffers,
    steps,
    sizes: withReserved,
    assumptions: { weights: target.weights, outsideWeightBytes: outside, views: names(storage.views), inPlace: names(storage.inPlace) },
  });
}

/** Down-sets visited in search of the smallest peak; fewer where each costs more. */
const PEAK_STATES = 20_000;
const USUAL_STEPS = 1_500;
const LONG_PEAK_STATES = 500;
/** Steps beyond which only the model's own order is looked at. */
const MOST_STEPS = 4_000;

/** COSMA's M_R, M_H, M_P: the largest operator's need, the mean, and the smallest peak of all orders, or of the model's own where the search was cut off. */
export function memorySizes(workload: Workload, alignment: Bytes): ScratchpadProblem["sizes"] {
  const own = accessesOf(workload, fileOrder(workload.steps));
  const least = bytes(own.need.reduce((a, b) => Math.max(a, b), 0));
  const ownPeak = peakOf(own);
  const { bound, order } =
    ownPeak === least || workload.steps.length > MOST_STEPS
      ? { bound: ownPeak, order: [] }
      : minPeak(joined(networkOf(workload)), workload.steps.length > USUAL_STEPS ? LONG_PEAK_STATES : PEAK_STATES, () => false);
  const peak = order === undefined ? ownPeak : bytes(bound);
  return { min: least, mid: bytes(Math.ceil((least + peak) / 2 / alignment) * alignment), peak };
}

const capacityOf = (size: MemorySize, derived: ScratchpadProblem["sizes"]): Bytes => (typeof size === "string" ? derived[size] : size);
