import type { Graph, OperatorId, TensorId } from "../../graph/graph.js";
import { isElementWise, isView } from "../../graph/semantics.js";

/** Which tensors share storage, and which operators therefore move nothing or overwrite their input. */
export interface Storage {
  /** Tensor -> its storage; tensors of one storage share it. -1: the tensor occupies none (no bytes, or a weight kept outside). */
  readonly of: Int32Array;
  readonly count: number;
  readonly views: ReadonlySet<OperatorId>;
  readonly inPlace: ReadonlySet<OperatorId>;
}

/**
 * Assigns storage to tensors. The rules hold for every operator order, so an order search needs no other:
 * - a view shares its input's storage, unless that would make a network output out of a network input;
 * - an element-wise operator that is the only one to read its input's content overwrites it, if it is allowed to;
 * - a run of a partial sum adds to what the run before left, where that lies.
 *
 * @param size bytes of each tensor under the assumed precision
 * @param held whether the tensor is to be held in the scratchpad at all
 */
export function assignStorage(
  graph: Graph,
  size: (t: TensorId) => number,
  held: (t: TensorId) => boolean,
  inPlaceAllowed: boolean,
): Storage {
  const { operators, tensors } = graph;
  const output = new Uint8Array(tensors.length);
  for (const t of graph.outputs) output[t] = 1;
  const input = new Uint8Array(tensors.length);
  for (const t of graph.inputs) input[t] = 1;

  // Contents: tensors joined by views. Operators come in topological order, so one pass suffices.
  const content = Int32Array.from(tensors, (t) => t.id);
  const views = new Set<OperatorId>();
  for (const op of operators) {
    if (!isView(op)) continue;
    const from = op.inputs[0]!;
    const to = op.outputs[0]!;
    if (!held(from) || op.outputs.some((t, i) => i > 0 && size(t) > 0) || size(from) !== size(to)) continue;
    const root = content[from]!;
    if (input[root] && output[to]) continue; // the copy off chip has to be made
    content[to] = root;
    if (output[to]) output[root] = 1;
    views.add(op.id);
  }

  const readers = new Int32Array(tensors.length); // operators, other than views, that read a content
  for (const op of operators) {
    if (views.has(op.id)) continue;
    for (const c of new Set(op.inputs.map((t) => content[t]!))) readers[c]! += 1;
  }

  const storage = new Int32Array(tensors.length).fill(-1); // by content
  const inPlace = new Set<OperatorId>();
  let count = 0;
  const fresh = (c: number) => {
    if (storage[c] === -1 && held(c) && size(c) > 0) storage[c] = count++;
  };
  for (const t of tensors) if (input[t.id] || t.role === "weight") fresh(content[t.id]!);
  for (const op of operators) {
    if (views.has(op.id)) continue;
    const over = accumulator(graph, op) ?? (inPlaceAllowed && isElementWise(op) ? op.inputs[0]! : undefined);
    const from = over === undefined ? -1 : content[over]!;
    const to = op.outputs.length > 0 ? content[op.outputs[0]!]! : -1;
    if (
      over !== undefined &&
      readers[from] === 1 &&
      !output[from] &&
      storage[from] !== -1 &&
      size(from) === size(to) &&
      sameShape(graph, over, op.outputs[0]!)
    ) {
      storage[to] = storage[from]!;
      inPlace.add(op.id);
    } else for (const t of op.outputs) fresh(content[t]!);
  }
  return { of: Int32Array.from(tensors, (t) => storage[content[t.id]!]!), count, views, inPlace };
}

/** The operand that an operator of a reduction only adds to: no iteration reads it. */
export function accumulator({ tensors }: Graph, { nests, inputs, outputs }: Graph["operators"][number]): TensorId | undefined {
  const nest = nests[0];
  if (nests.length !== 1 || outputs.length !== 1 || nest === undefined || nest.kind === "pointwise") return undefined;
  const last = inputs.at(-1);
  const isRun = last !== undefined && tensors[last]!.bits >= 32 && !nest.reads.some(({ tensor }) => tensor === last);
  return isRun ? last : undefined;
}

const sameShape = (graph: Graph, a: TensorId, b: TensorId): boolean => {
  const x = graph.tensors[a]!.shape;
  const y = graph.tensors[b]!.shape;
  return x.length === y.length && x.every((d, i) => d === y[i]);
};
