import type { Graph, Operator, OperatorId, TensorId } from "../../../graph/graph.js";
import type { Access, AffineIndex } from "../../../graph/loops.js";
import { splittable } from "../../../graph/split/operators.js";
import { gathersRows } from "../../../graph/split/parts.js";
import { addsUp, mayVanish, type PartialSum, type SplitSpecification } from "../../../graph/split/specification.js";
import { type Axes, axesOf } from "./axes.js";
import type { Tiling } from "./tiles.js";

/** A network in a memory. */
export interface Setting {
  readonly graph: Graph;
  /** Bytes of one element under the assumed precision. */
  readonly width: (t: TensorId) => number;
  readonly capacity: number;
  readonly weights: "outside" | "planned";
  /** Operators that overwrite their operand. */
  readonly inPlace: ReadonlySet<OperatorId>;
}

/** A specification in the making: pieces only ever get smaller. */
export interface Draft {
  readonly setting: Setting;
  readonly axes: Axes;
  readonly planned: boolean;
  /** Shape of the pieces of each tensor. */
  readonly piece: (readonly number[])[];
  /** Runs of operators that add up products piece by piece. */
  readonly runs: Map<OperatorId, PartialSum>;
  /** How operators with many weights are best gone through. */
  readonly tilings: Map<OperatorId, Tiling>;
  readonly virtual: readonly OperatorId[];
  readonly bytes: (t: TensorId) => number;
  /** Whether the tensor may be cut: it is one, and who makes it can make it in pieces. */
  readonly mayCut: (t: TensorId) => boolean;
  readonly vanished: (t: TensorId) => boolean;
  /** Tensors that are cut along an axis whenever this one is. */
  readonly kin: (t: TensorId, axis: number) => readonly TensorId[];
  /** Pieces of at most `length` along an axis. */
  readonly cut: (t: TensorId, axis: number, length: number) => void;
  /** The same, for those alone that share its storage. */
  readonly cutAlone: (t: TensorId, axis: number, length: number) => void;
  /** The same for a result of `op`, and with it the weights that go with that axis. */
  readonly cutResult: (op: Operator, output: TensorId, axis: number, length: number) => void;
  /** How the reduction of an operator is to be done, if it is one in runs. */
  readonly sumOf: (op: Operator) => PartialSum | undefined;
}

/** Weights of fewer bytes are not worth pieces of their own. */
const SMALL = 1024;

export function draftOf(setting: Setting): Draft {
  const { graph, width, weights } = setting;
  const { tensors, operators } = graph;
  const planned = weights === "planned";
  const virtual = operators.filter((op) => mayVanish(graph, op.id)).map((op) => op.id);
  const gone = new Set(virtual.map((id) => operators[id]!.outputs[0]!));
  const maker = new Map(operators.flatMap((op) => op.outputs.map((t) => [t, op] as const)));
  const cuttable = (t: TensorId) => tensors[t]!.role !== "weight" && !gone.has(t);

  // Results of element-wise operators have the slabs of rows of their operands; with one operand, to overwrite it, all its pieces.
  const related = (alone: boolean) =>
    classes(
      tensors.length,
      operators.flatMap((op) => {
        if (op.nests.length === 0 || op.nests.some(({ kind }) => kind !== "pointwise") || (alone && op.inputs.length > 1)) return [];
        return op.outputs.flatMap((o) =>
          op.inputs.filter((i) => cuttable(i) && cuttable(o) && samePlaces(graph, op, i, o)).map((i) => [i, o] as const),
        );
      }),
    );
  const byRows = related(false);
  const byPieces = related(true);
  const axes = axesOf(graph, byRows);
  const piece: (readonly number[])[] = tensors.map(({ shape }) => shape);
  const runs = new Map<OperatorId, PartialSum>();
  const bytes = (t: TensorId) => Math.ceil(tensors[t]!.shape.reduce((n, d) => n * d, width(t)));
  const kin = (t: TensorId, axis: number) => (axis === axes.row[t] ? byRows[t]! : byPieces[t]!);
  const cut = (t: TensorId, axis: number, length: number) => {
    for (const k of kin(t, axis)) piece[k] = piece[k]!.with(axis, Math.min(piece[k]![axis]!, length));
  };
  const cutAlone = (t: TensorId, axis: number, length: number) => {
    for (const k of byPieces[t]!) piece[k] = piece[k]!.with(axis, Math.min(piece[k]![axis]!, length));
  };
  const cutResult = (op: Operator, output: TensorId, axis: number, length: number) => {
    cut(output, axis, length);
    if (!planned) return;
    for (const { reads, write } of op.nests)
      for (const read of reads)
        if (write.tensor === output && tensors[read.tensor]!.role === "weight" && bytes(read.tensor) > SMALL)
          for (const a of axesAlike(read, write.indices[axis])) cut(read.tensor, a, length);
  };
  return {
    setting,
    axes,
    planned,
    piece,
    runs,
    tilings: new Map(),
    virtual,
    bytes,
    mayCut: (t) => {
      const op = maker.get(t);
      return !gone.has(t) && (op === undefined || splittable(op) || gathersRows(op, (t) => tensors[t]!.shape));
    },
    vanished: (t) => gone.has(t),
    kin,
    cut,
    cutAlone,
    cutResult,
    sumOf: (op) => runs.get(op.id) ?? bySlabs(op, piece),
  };
}

/** The draft as it stands. */
export function specificationOf({ setting, planned, piece, virtual, vanished, sumOf }: Draft): SplitSpecification {
  const { tensors, operators } = setting.graph;
  const lookedUp = new Set(
    planned ? operators.filter((op) => gathersRows(op, (t) => tensors[t]!.shape)).flatMap(({ outputs }) => outputs) : [],
  );
  return {
    cuts: tensors
      .filter(({ id, shape, role }) => {
        if (vanished(id) || (role === "weight" && !planned)) return false;
        return lookedUp.has(id) || piece[id]!.some((n, a) => n < shape[a]!);
      })
      .map(({ id }) => ({ tensor: id, piece: piece[id]! })),
    sums: operators.flatMap((op) => (vanished(op.outputs[0] ?? -1) ? [] : (sumOf(op) ?? []))),
    virtual,
  };
}

/** A reduction that reads a tensor in pieces goes piece by piece. */
function bySlabs(op: Operator, piece: readonly (readonly number[])[]): PartialSum | undefined {
  const nest = op.nests[0];
  if (nest?.kind !== "reduce" || !addsUp(op)) return undefined;
  const kept = new Set(nest.write.indices.flatMap(({ terms }) => terms.map(({ loop }) => loop)));
  const { tensor, indices } = nest.reads[0]!;
  for (const [a, { terms }] of indices.entries()) {
    const { loop, stride } = terms[0] ?? { loop: -1, stride: 0 };
    const length = piece[tensor]![a]!;
    if (terms.length === 1 && stride === 1 && !kept.has(loop) && length < nest.loops[loop]!.size) return { operator: op.id, loop, length };
  }
  return undefined;
}

/** Whether each element of `to` is computed from the element of `from` at the same place of an equal shape. */
export function samePlaces({ tensors }: Graph, op: Operator, from: TensorId, to: TensorId): boolean {
  const shape = tensors[to]!.shape;
  const given = tensors[from]!.shape;
  if (given.length !== shape.length || given.some((size, a) => size !== shape[a])) return false;
  const same = (x: AffineIndex, y: AffineIndex) => x.offset === y.offset && sameTerms(x, y);
  return op.nests.some(
    ({ reads, write }) =>
      write.tensor === to &&
      reads.some(({ tensor, indices }) => tensor === from && indices.every((index, a) => shape[a] === 1 || same(index, write.indices[a]!))),
  );
}

/** Axes along which a read moves as `index` does. */
export const axesAlike = ({ indices }: Access, index: AffineIndex | undefined): readonly number[] =>
  index === undefined || index.terms.length === 0 ? [] : indices.flatMap((other, a) => (sameTerms(index, other) ? [a] : []));

const sameTerms = ({ terms: x }: AffineIndex, { terms: y }: AffineIndex): boolean =>
  x.length === y.length && x.every(({ loop, stride }, k) => loop === y[k]!.loop && stride === y[k]!.stride);

/** The classes that `pairs` join: for each of `0 .. count - 1` the members of its own. */
function classes(count: number, pairs: readonly (readonly [number, number])[]): readonly (readonly number[])[] {
  const of = Array.from({ length: count }, (_, t) => [t]);
  for (const [a, b] of pairs) {
    const [into, from] = [of[a]!, of[b]!];
    if (into === from) continue;
    for (const t of from) {
      into.push(t);
      of[t] = into;
    }
  }
  return of;
}
