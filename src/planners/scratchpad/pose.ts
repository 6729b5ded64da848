import { bad, type Checked, fail, good } from "../../base/diagnostic.js";
import { add, alignUp, type Bytes, bytes, type Picojoules } from "../../base/units.js";
import { macEnergy, transferEnergy } from "../../cost/energy.js";
import { computeCycles } from "../../cost/latency.js";
import { ratePerCycle } from "../../cost/traffic.js";
import { bitsOf, type ElementType, packedBytes } from "../../graph/element-type.js";
import type { Graph, Operator, Tensor, TensorId } from "../../graph/graph.js";
import type { MemorySize, ScratchpadTarget } from "../../target/target.js";
import { accessesOf, fileOrder, peakOf, type Workload } from "./accesses.js";
import { minPeak } from "./order/min-peak.js";
import { joined, networkOf } from "./order/network.js";
import type { Buffer, ScratchpadProblem, Step } from "./plan.js";
import { assignStorage, type Storage } from "./storage.js";

export interface Goal {
  readonly objective: string;
}

/** Network x accelerator -> the self-contained problem: buffers, steps in the model's order, machine. */
export function pose(graph: Graph, target: ScratchpadTarget, goal: Goal): Checked<ScratchpadProblem> {
  if (goal.objective !== "traffic")
    return bad(
      fail("SPM-22", `target ${target.name}`, `a scratchpad target minimises traffic, not ${goal.objective}`, "use --objective traffic"),
    );

  const planned = target.weights === "planned";
  const sizes = graph.tensors.map((t) => assumedBytes(t, target));
  const storage = assignStorage(
    graph,
    (t) => sizes[t]!,
    (t) => planned || graph.tensors[t]!.role !== "weight",
    target.inPlace,
  );
  const buffers = makeBuffers(graph, storage, sizes, target.memory.alignment);
  const steps = makeSteps(graph, storage, sizes, target, planned);
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
  const outside = graph.tensors.reduce((sum, t) => (t.role === "weight" && !planned ? add(sum, sizes[t.id]!) : sum), bytes(0));
  return good({
    kind: "scratchpad",
    objective: "traffic",
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

/** COSMA's M_R, M_H, M_P: the largest operator's need, the mean, and the smallest peak of all orders, or of the model's own where the search was cut off. */
export function memorySizes(workload: Workload, alignment: Bytes): ScratchpadProblem["sizes"] {
  const own = accessesOf(workload, fileOrder(workload.steps));
  const least = bytes(own.need.reduce((a, b) => Math.max(a, b), 0));
  const ownPeak = peakOf(own);
  const { bound, order } =
    ownPeak === least
      ? { bound: least, order: [] }
      : minPeak(joined(networkOf(workload)), workload.steps.length > USUAL_STEPS ? LONG_PEAK_STATES : PEAK_STATES, () => false);
  const peak = order === undefined ? ownPeak : bytes(bound);
  return { min: least, mid: bytes(Math.ceil((least + peak) / 2 / alignment) * alignment), peak };
}

const capacityOf = (size: MemorySize, derived: ScratchpadProblem["sizes"]): Bytes => (typeof size === "string" ? derived[size] : size);

/** Bytes of a tensor under the target's assumed precision, which speaks of floating-point data only: indices and masks keep their own width. */
function assumedBytes(t: Tensor, { precision }: ScratchpadTarget): Bytes {
  const assumed: ElementType | undefined = t.role === "weight" ? precision.weight : precision.activation;
  const bits = assumed !== undefined && /^(b?float|complex)/.test(t.elementType) ? bitsOf(assumed) : t.bits;
  return bytes(packedBytes(elementsOf(t), bits));
}

const elementsOf = (t: Tensor): number => t.shape.reduce((n, d) => n * d, 1);

function makeBuffers(graph: Graph, storage: Storage, sizes: readonly Bytes[], alignment: Bytes): Buffer[] {
  const members: Tensor[][] = Array.from({ length: storage.count }, () => []);
  for (const t of graph.tensors) if (storage.of[t.id]! >= 0) members[storage.of[t.id]!]!.push(t);
  const input = new Set(graph.inputs);
  const output = new Set(graph.outputs);
  return members.map((tensors) => {
    const first = tensors[0]!;
    const keep = tensors.some((t) => output.has(t.id));
    const offChip = first.role === "weight" || tensors.some((t) => input.has(t.id));
    const size = sizes[first.id]!;
    return {
      name: first.name,
      kind: keep ? "output" : first.role === "weight" ? "weight" : offChip ? "input" : "activation",
      size,
      footprint: alignUp(size, alignment),
      offChip,
      keep,
    };
  });
}

function makeSteps(graph: Graph, storage: Storage, sizes: readonly Bytes[], target: ScratchpadTarget, planned: boolean): Step[] {
  const buffersOf = (ids: readonly TensorId[]) => [...new Set(ids.map((t) => storage.of[t]!))].filter((b) => b >= 0);
  const steps = graph.operators
    .filter((op) => !storage.views.has(op.id))
    .map((op): Step => {
      const touched = [...op.inputs, ...op.outputs].reduce((n, t) => Math.max(n, elementsOf(graph.tensors[t]!)), 0);
      return {
        name: op.name,
        type: op.type,
        reads: buffersOf(planned ? [...op.inputs, ...op.weights] : op.inputs),
        writes: buffersOf(op.outputs),
        duration: computeCycles(op.macs, touched, target.compute),
        energy: stepEnergy(op, sizes, target),
      };
    });
  return steps.filter((s) => s.reads.length + s.writes.length > 0);
}

/** The multiply-accumulates, and each operand once through the scratchpad port; re-use inside the engine is not modelled. */
function stepEnergy(op: Operator, sizes: readonly Bytes[], target: ScratchpadTarget): Picojoules {
  const moved = [...op.inputs, ...op.weights, ...op.outputs].reduce<Bytes>((sum, t) => add(sum, sizes[t]!), bytes(0));
  return add(macEnergy(op.macs, target.compute.energy), transferEnergy(moved, target.memory.energy));
}
