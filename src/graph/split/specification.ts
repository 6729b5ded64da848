import type { Graph, OperatorId, TensorId } from "../graph.js";
import { splittable } from "./operators.js";

/**
 * How a graph is to be rewritten into smaller operators. Plain and small: the whole rewriting follows from it
 * and the graph. Ids are those of the graph before. An empty specification changes nothing.
 */
export interface SplitSpecification {
  readonly cuts: readonly Cut[];
  readonly sums: readonly PartialSum[];
  /** Concat operators that vanish: who reads their result reads the operands in its place. */
  readonly virtual: readonly OperatorId[];
}

/** A tensor in pieces of the shape `piece`, laid out as a grid from index 0; the last along each axis may be shorter. */
export interface Cut {
  readonly tensor: TensorId;
  readonly piece: readonly number[];
}

/** A reduction in runs of `length` iterations of loop `loop` of the operator's one nest, each adding to the run before. */
export interface PartialSum {
  readonly operator: OperatorId;
  readonly loop: number;
  readonly length: number;
}

export const UNSPLIT: SplitSpecification = { cuts: [], sums: [], virtual: [] };

/** Why `specification` does not fit `graph`; empty where it does. A specification may come from a file, so nothing is taken for granted. */
export function specificationFaults(graph: Graph, specification: SplitSpecification): readonly string[] {
  if (!isObject(specification)) return ["the specification is not an object"];
  const { cuts, sums, virtual } = specification;
  if (!Array.isArray(cuts) || !Array.isArray(sums) || !Array.isArray(virtual)) return ["cuts, sums and virtual are not all lists"];
  const faults = [
    ...cuts.flatMap((cut: Cut, i) => cutFaults(graph, cut).map((text) => `cuts[${i}] ${text}`)),
    ...sums.flatMap((sum: PartialSum, i) => sumFaults(graph, sum).map((text) => `sums[${i}] ${text}`)),
    ...virtual.flatMap((id: OperatorId, i) => virtualFaults(graph, id).map((text) => `virtual[${i}] ${text}`)),
  ];
  if (faults.length > 0) return faults;
  const absent = new Set(virtual.map((id) => graph.operators[id]!.outputs[0]!));
  return [
    ...twice(cuts.map(({ tensor }) => tensor)).map((id) => `tensor ${id} is cut twice`),
    ...twice(sums.map(({ operator }) => operator)).map((id) => `operator ${id} is summed twice`),
    ...twice(virtual).map((id) => `operator ${id} is virtual twice`),
    ...cuts
      .filter(({ tensor }) => absent.has(tensor))
      .map(({ tensor }) => `tensor ${tensor} is cut, but it is no tensor: its Concat is virtual`),
  ];
}

function cutFaults({ tensors }: Graph, cut: Cut): readonly string[] {
  const shape = isObject(cut) ? tensors[cut.tensor]?.shape : undefined;
  if (shape === undefined) return ["names no tensor"];
  if (!Array.isArray(cut.piece) || cut.piece.length !== shape.length)
    return [`has a piece of another rank than the tensor's ${shape.length}`];
  return shape.every((size, axis) => isWhole(cut.piece[axis]) && cut.piece[axis]! <= Math.max(1, size))
    ? []
    : [`asks for pieces of ${cut.piece.join(" x ")}, the tensor is ${shape.join(" x ")}`];
}

function sumFaults({ operators }: Graph, sum: PartialSum): readonly string[] {
  const op = isObject(sum) ? operators[sum.operator] : undefined;
  if (op === undefined) return ["names no operator"];
  const nest = op.nests[0];
  if (!addsUp(op) || nest === undefined) return [`asks operator ${op.name} for partial sums, which it does not have`];
  const loop = nest.loops[sum.loop];
  if (loop === undefined || nest.write.indices.some(({ terms }) => terms.some((term) => term.loop === sum.loop)))
    return [`names loop ${String(sum.loop)}, over which operator ${op.name} does not add up`];
  return isWhole(sum.length) && sum.length <= loop.size
    ? []
    : [`asks for runs of ${String(sum.length)}, the loop has ${loop.size} iterations`];
}

function virtualFaults(graph: Graph, id: OperatorId): readonly string[] {
  const op = graph.operators[id];
  if (op === undefined) return ["names no operator"];
  return mayVanish(graph, id) ? [] : [`names operator ${op.name}, whose result has to be made`];
}

/** Operators of one associative reduction: they can go on from a partial result. */
const REDUCTIONS = new Set([
  "GlobalAveragePool",
  "GlobalMaxPool",
  "GlobalLpPool",
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceMax",
  "ReduceMean",
  "ReduceMin",
  "ReduceProd",
  "ReduceSum",
  "ReduceSumSquare",
]);

/** Whether the operator may be computed in runs over a reduction loop. */
export const addsUp = (op: Graph["operators"][number]): boolean =>
  splittable(op) && op.nests.length === 1 && op.outputs.length === 1 && (op.nests[0]!.kind === "mac" || REDUCTIONS.has(op.type));

/**
 * Whether an operator is a Concat whose operands can stand for its result: each is data and occurs once, and no
 * network output would be made of a network input.
 */
export function mayVanish({ operators, inputs, outputs, tensors }: Graph, id: OperatorId): boolean {
  const op = operators[id];
  if (op?.type !== "Concat" || op.nests.length === 0 || op.weights.length > 0 || op.nests.length !== op.inputs.length) return false;
  const result = op.outputs[0]!;
  if (op.nests.some(({ reads }, i) => reads.length !== 1 || reads[0]!.tensor !== op.inputs[i])) return false;
  if (op.inputs.some((t) => tensors[t]!.bits !== tensors[result]!.bits)) return false;
  const joins = (t: TensorId) => operators.some(({ type, outputs: made }) => type === "Concat" && made.includes(t));
  return !outputs.includes(result) || !op.inputs.some((t) => inputs.includes(t) || outputs.includes(t) || joins(t));
}

const isObject = (x: unknown): x is object => typeof x === "object" && x !== null;
const isWhole = (n: unknown): boolean => typeof n === "number" && Number.isSafeInteger(n) && n >= 1;
const twice = (ids: readonly number[]): readonly number[] => [...new Set(ids.filter((id, i) => ids.indexOf(id) !== i))];
