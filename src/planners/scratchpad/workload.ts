import { add, alignUp, type Bytes, bytes, type Picojoules } from "../../base/units.js";
import { macEnergy, transferEnergy } from "../../cost/energy.js";
import { computeCycles } from "../../cost/latency.js";
import type { Graph, Operator, OperatorId, Tensor, TensorId } from "../../graph/graph.js";
import { assumedBytes } from "../../target/precision.js";
import type { ScratchpadTarget } from "../../target/target.js";
import type { Buffer, ScratchpadProblem, Step } from "./plan.js";
import { assignStorage, type Storage } from "./storage.js";

/** What a network does to the scratchpad of a target, and where that comes from. */
export interface NetworkWorkload extends Pick<ScratchpadProblem, "buffers" | "steps"> {
  /** Which buffer holds a tensor. */
  readonly storage: Storage;
  /** Per step: the operator it runs. */
  readonly operators: readonly OperatorId[];
}

/** Network x accelerator -> buffers, and steps in the model's own order. */
export function workloadOf(graph: Graph, target: ScratchpadTarget): NetworkWorkload {
  const sizes = graph.tensors.map((t) => assumedBytes(t, target.precision));
  const storage = assignStorage(
    graph,
    (t) => sizes[t]!,
    (t) => held(graph.tensors[t]!, target),
    target.inPlace,
  );
  return { buffers: makeBuffers(graph, storage, sizes, target.memory.alignment), storage, ...makeSteps(graph, storage, sizes, target) };
}

/** Whether a tensor is to be held in the scratchpad at all. */
export const held = ({ role }: Tensor, { weights }: Pick<ScratchpadTarget, "weights">): boolean =>
  weights === "planned" || role !== "weight";

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

function makeSteps(
  graph: Graph,
  storage: Storage,
  sizes: readonly Bytes[],
  target: ScratchpadTarget,
): { readonly steps: readonly Step[]; readonly operators: readonly OperatorId[] } {
  const buffersOf = (ids: readonly TensorId[]) => [...new Set(ids.map((t) => storage.of[t]!))].filter((b) => b >= 0);
  const steps: Step[] = [];
  const operators: OperatorId[] = [];
  for (const op of graph.operators) {
    if (storage.views.has(op.id)) continue;
    const reads = buffersOf([...op.inputs, ...op.weights]);
    const writes = buffersOf(op.outputs);
    if (reads.length + writes.length === 0) continue;
    const touched = [...op.inputs, ...op.outputs].reduce((n, t) => Math.max(n, elementsOf(graph.tensors[t]!)), 0);
    const duration = computeCycles(op.macs, touched, target.compute);
    steps.push({ name: op.name, type: op.type, reads, writes, duration, energy: stepEnergy(op, sizes, target) });
    operators.push(op.id);
  }
  return { steps, operators };
}

/** The multiply-accumulates, and each operand once through the scratchpad port; re-use inside the engine is not modelled. */
function stepEnergy(op: Operator, sizes: readonly Bytes[], target: ScratchpadTarget): Picojoules {
  const moved = [...op.inputs, ...op.weights, ...op.outputs].reduce<Bytes>((sum, t) => add(sum, sizes[t]!), bytes(0));
  return add(macEnergy(op.macs, target.compute.energy), transferEnergy(moved, target.memory.energy));
}
