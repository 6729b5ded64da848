import type { Interval } from "../base/interval.js";
import { add, type Bytes, bytes, max, subtract } from "../base/units.js";
import type { Graph, OperatorId } from "./graph.js";

/**
 * When each tensor holds data, in steps of the file order, by tensor id. A tensor lives from the operator
 * that makes it to its last reader, both included; graph inputs live from the start, read or not, graph
 * outputs to the end. Weights, and constants in general, have no live range: they are there all the time.
 */
export function liveRanges(graph: Graph): readonly (Interval<OperatorId> | undefined)[] {
  const start = new Int32Array(graph.tensors.length).fill(-1);
  const end = new Int32Array(graph.tensors.length).fill(-1);
  for (const id of graph.inputs) [start[id], end[id]] = [0, 1];
  for (const op of graph.operators) {
    for (const id of op.inputs) end[id] = op.id + 1;
    for (const id of op.outputs) [start[id], end[id]] = [op.id, op.id + 1];
  }
  for (const id of graph.outputs) end[id] = Math.max(1, graph.operators.length);
  return graph.tensors.map(({ id, role }) =>
    role === "weight" || start[id] === -1 ? undefined : { start: start[id] ?? 0, end: end[id] ?? 0 },
  );
}

/**
 * The most bytes alive at once when the operators run in file order: an operator's inputs and outputs are
 * both alive while it runs, nothing shares storage, weights do not count.
 */
export function peakLiveBytes(graph: Graph): Bytes {
  const born: Bytes[] = new Array(graph.operators.length + 2).fill(bytes(0));
  const dead: Bytes[] = new Array(graph.operators.length + 2).fill(bytes(0));
  liveRanges(graph).forEach((range, id) => {
    const size = graph.tensors[id]?.size;
    if (range === undefined || size === undefined) return;
    born[range.start] = add(born[range.start] ?? bytes(0), size);
    dead[range.end] = add(dead[range.end] ?? bytes(0), size);
  });
  let live = bytes(0);
  let peak = bytes(0);
  born.forEach((size, step) => {
    live = add(subtract(live, dead[step] ?? bytes(0)), size);
    peak = max(peak, live);
  });
  return peak;
}
