import type { Graph, Operator, Tensor } from "../../../graph/graph.js";
import { isElementWise, isView } from "../../../graph/semantics.js";
import { splittable } from "../../../graph/split/operators.js";
import { gathersRows } from "../../../graph/split/parts.js";
import { addsUp, mayVanish, type SplitSpecification } from "../../../graph/split/specification.js";
import type { SplitGraph } from "../../../graph/split/split.js";
import { assumedBits } from "../../../target/precision.js";
import type { ScratchpadTarget } from "../../../target/target.js";
import type { Content, Liberty, Part, Split, StepId, WholeOperator, WholeTensor } from "../plan.js";
import { accumulator } from "../storage.js";
import { workloadOf } from "../workload.js";

/**
 * What buffers and steps of a cut problem are of the network: the claim that the judge holds against it.
 *
 * @param split what `specification` makes of `graph`
 * @param order of the steps in the problem
 */
export function originOf(
  graph: Graph,
  target: ScratchpadTarget,
  specification: SplitSpecification,
  split: SplitGraph,
  order: readonly StepId[],
): Split {
  const piece = new Map(specification.cuts.map((cut) => [cut.tensor, cut.piece]));
  const { buffers, storage, operators } = workloadOf(split.graph, target);
  const contents: Content[][] = buffers.map(() => []);
  for (const { id } of split.graph.tensors) {
    const list = contents[storage.of[id]!];
    const content = contentOf(split, id);
    // Runs of one partial sum are tensors of their own, one after the other in one buffer.
    if (!list?.some((c) => c.kind === "sum" && content.kind === "sum")) list?.push(content);
  }
  return {
    compute: target.compute,
    tensors: graph.tensors.map((tensor) => wholeTensor(tensor, piece.get(tensor.id) ?? tensor.shape, graph, target)),
    operators: graph.operators.map((op) => wholeOperator(op, graph)),
    outputs: graph.outputs,
    contents,
    parts: order.map((step) => partOf(split, operators[step]!, graph, specification)),
  };
}

function contentOf({ pieces }: SplitGraph, id: number): Content {
  const { kind, tensor, slab } = pieces[id]!;
  return kind === "rows" ? { kind, tensor } : { kind, tensor, slab };
}

function wholeTensor(tensor: Tensor, piece: readonly number[], { inputs }: Graph, { precision }: ScratchpadTarget): WholeTensor {
  const { id, name, shape, role } = tensor;
  return {
    name,
    kind: role === "weight" ? role : inputs.includes(id) ? "input" : "computed",
    shape,
    bits: assumedBits(tensor, precision),
    starts: shape.map((size, a) => Array.from({ length: Math.max(1, Math.ceil(size / piece[a]!)) }, (_, i) => i * piece[a]!)),
  };
}

function wholeOperator(op: Operator, graph: Graph): WholeOperator {
  const { name, inputs, weights, outputs, macs } = op;
  const liberties: Readonly<Record<Liberty, boolean>> = {
    view: isView(op),
    overwrite: isElementWise(op) || accumulator(graph, op) !== undefined,
    vanish: mayVanish(graph, op.id),
    resume: addsUp(op),
    "look up": gathersRows(op, (t) => graph.tensors[t]!.shape),
  };
  const may = (Object.keys(liberties) as Liberty[]).filter((liberty) => liberties[liberty]);
  return { name, inputs, weights, outputs, nests: splittable(op) ? op.nests : [], macs, may };
}

function partOf({ parts }: SplitGraph, id: number, { operators }: Graph, { sums }: SplitSpecification): Part {
  const { operator, run } = parts[id]!;
  const sum = sums.find((s) => s.operator === operator);
  if (sum === undefined) return { operator };
  const size = operators[operator]!.nests[0]!.loops[sum.loop]!.size;
  return { operator, run: { loop: sum.loop, start: run * sum.length, end: Math.min(size, (run + 1) * sum.length) } };
}
