import { bytes, macs } from "../../base/units.js";
import { bitsOf, packedBytes } from "../element-type.js";
import type { Graph, Operator, OperatorId, Tensor, TensorId } from "../graph.js";
import { boxOf, count, type Grid, layoutOf, piecesOf } from "./layout.js";
import { type Part, partsOf } from "./parts.js";
import type { Box } from "./ranges.js";
import type { SplitSpecification } from "./specification.js";

/** A rewritten graph and what its tensors and operators were before. */
export interface SplitGraph {
  readonly graph: Graph;
  /**
   * Per tensor: a slab of which tensor, its number in the grid and where it begins; a partial sum is of the slab that it leads
   * to, rows that indices choose at run time are of their table.
   */
  readonly pieces: readonly {
    readonly kind: "slab" | "sum" | "rows";
    readonly tensor: TensorId;
    readonly slab: number;
    readonly start: readonly number[];
  }[];
  /** Per operator: whose part it is, and the elements of `output` it is for. */
  readonly parts: readonly {
    readonly operator: OperatorId;
    readonly output: TensorId;
    readonly box: Box;
    readonly run: number;
    readonly last: boolean;
  }[];
  /** Per tensor of the graph before: its shape. */
  readonly shapes: readonly (readonly number[])[];
}

/**
 * Rewrites `graph` so that tensors are in pieces and each operator is one operator per piece of its result,
 * which reads every piece its receptive field touches. No element is computed twice, so multiply-accumulates
 * are conserved. The nests of a part are those of its operator over the part's iterations; where a read
 * covers several pieces, it appears once per piece, and each iteration finds its element in one of them.
 *
 * @param specification fits the graph (`specificationFaults`).
 */
export function splitGraph(graph: Graph, specification: SplitSpecification): SplitGraph {
  const places = layoutOf(graph, specification);
  const cut = new Set(specification.cuts.map(({ tensor }) => tensor));
  const sums = new Map(specification.sums.map((sum) => [sum.operator, sum]));
  const vanished = new Set(specification.virtual);

  const tensors: Tensor[] = [];
  const pieces: SplitGraph["pieces"][number][] = [];
  const result = new Set(graph.outputs.flatMap((t) => piecesOf(places, t)));
  const addTensor = (tensor: Omit<Tensor, "id">, piece: SplitGraph["pieces"][number]): number => {
    pieces.push(piece);
    return tensors.push({ id: tensors.length, ...tensor }) - 1;
  };
  for (const tensor of graph.tensors) {
    const place = places[tensor.id]!;
    if (place.kind === "virtual") continue;
    for (let slab = 0; slab < count(place.counts); slab++) {
      const box = boxOf(place, slab);
      const role = result.has(tensors.length) ? "output" : tensor.role;
      addTensor(pieceOf(tensor, box, role), { kind: "slab", tensor: tensor.id, slab, start: box.start });
    }
  }

  const operators: Operator[] = [];
  const parts: SplitGraph["parts"][number][] = [];
  const addOperator = (op: Omit<Operator, "id">, part: SplitGraph["parts"][number]) => {
    parts.push(part);
    operators.push({ id: operators.length, ...op });
  };
  for (const op of graph.operators) {
    if (vanished.has(op.id)) continue;
    const sum = sums.get(op.id);
    const list = partsOf(
      op,
      places,
      sum,
      op.outputs.some((t) => cut.has(t)),
    );
    let partial = -1;
    for (const part of list) {
      const name = list.length === 1 ? op.name : op.name + label(part, places[part.output] as Grid);
      const operands = part.run !== undefined && part.run.index > 0 ? [...part.reads, partial] : [...part.reads];
      let writes = part.writes;
      if (part.gathered !== undefined)
        operands.push(
          addTensor(rowsOf(graph.tensors[op.weights[0]!]!, part.gathered, name), {
            kind: "rows",
            tensor: op.weights[0]!,
            slab: 0,
            start: [],
          }),
        );
      if (part.run !== undefined && part.run.index + 1 < part.run.of) {
        partial = addTensor(partialOf(tensors[part.writes[0]!]!, name), { ...pieces[part.writes[0]!]!, kind: "sum" });
        writes = [partial];
      }
      addOperator(
        {
          name,
          type: op.type,
          domain: op.domain,
          attributes: op.attributes,
          inputs: operands.filter((t) => tensors[t]!.role !== "weight"),
          weights: operands.filter((t) => tensors[t]!.role === "weight"),
          outputs: writes,
          nests: part.nests,
          macs: macs(part.macs),
          modelled: op.modelled,
        },
        { operator: op.id, output: part.output, box: part.box, run: part.run?.index ?? 0, last: writes === part.writes },
      );
    }
  }
  const all = (ids: readonly TensorId[]) => [...new Set(ids.flatMap((t) => piecesOf(places, t)))];
  return {
    graph: { ...graph, tensors, operators, inputs: all(graph.inputs), outputs: all(graph.outputs) },
    pieces,
    parts,
    shapes: graph.tensors.map(({ shape }) => shape),
  };
}

function pieceOf(tensor: Tensor, box: Box, role: Tensor["role"]): Omit<Tensor, "id"> {
  const { id: _, source, ...rest } = tensor;
  const shape = box.start.map((start, a) => box.end[a]! - start);
  const whole = shape.every((size, a) => size === tensor.shape[a]);
  const name = `${tensor.name}${slices(box, tensor.shape)}`;
  return { ...rest, ...sized(tensor, shape), name, role, ...(whole && source !== undefined && { source }) };
}

function rowsOf(table: Tensor, shape: readonly number[], reader: string): Omit<Tensor, "id"> {
  const { id: _id, source: _source, ...rest } = table;
  return { ...rest, ...sized(table, shape), name: `${table.name}[rows for ${reader}]` };
}

/** Partial sums are kept at 32 bits at least, whatever width is assumed of the results. */
function partialOf(result: Tensor, name: string): Omit<Tensor, "id"> {
  const elementType = result.bits > 32 ? "int64" : "int32";
  const { shape } = result;
  return {
    name: `${name}:sum`,
    shape,
    elementType,
    bits: bitsOf(elementType),
    size: bytes(packedBytes(count(shape), bitsOf(elementType))),
    role: "activation",
  };
}

const sized = ({ elementType }: Tensor, shape: readonly number[]) => ({
  shape,
  size: bytes(packedBytes(count(shape), bitsOf(elementType))),
});

function label({ box, run }: Part, { shape }: Grid): string {
  const sum = run === undefined ? "" : `[sum ${run.index + 1}/${run.of}]`;
  return slices(box, shape) + sum;
}

/** `[rows 0:8, columns 16:32]`: the axes along which the box is not the whole tensor. */
function slices({ start, end }: Box, shape: readonly number[]): string {
  const cut = shape.flatMap((size, a) => (start[a] === 0 && end[a] === size ? [] : [`${axisName(a, shape.length)} ${start[a]}:${end[a]}`]));
  return cut.length === 0 ? "" : `[${cut.join(", ")}]`;
}

function axisName(axis: number, rank: number): string {
  if (axis === rank - 1) return rank === 1 ? "elements" : "columns";
  if (axis === rank - 2) return "rows";
  return axis === 1 ? "channels" : `axis ${axis}`;
}
