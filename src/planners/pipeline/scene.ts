import type { Code } from "../../base/diagnostic.js";
import { bitsOf } from "../../graph/element-type.js";
import type { Graph, Operator, OperatorId, Tensor, TensorId } from "../../graph/graph.js";
import type { Access, LoopNest } from "../../graph/loops.js";
import type { PipelineTarget } from "../../target/pipeline-target.js";
import { assumedBits } from "../../target/precision.js";
import { arrival, type Form, plainForm, type Roles } from "./forms.js";
import type { Kernel, Layer, LayerId, StreamedMap } from "./plan.js";

/** What flows to a layer: the map as the layer takes it. */
export interface Arrival {
  /** `undefined`: an input of the network. */
  readonly from: LayerId | undefined;
  readonly tensor: TensorId;
  readonly map: StreamedMap;
}

/** A layer while operators may still be folded into it. */
export interface Draft {
  readonly operator: Operator;
  readonly kind: Layer["kind"];
  readonly inputs: readonly Arrival[];
  readonly output: Omit<StreamedMap, "bits">;
  readonly kernel?: Kernel;
  readonly groups?: number;
  readonly weights?: { readonly tensor: TensorId; readonly products: number };
  folded: OperatorId[];
  biased: boolean;
  /** What its output scaling still takes in: a factor and a term per channel, then bounds. */
  takes: "affine" | "clamp" | "nothing";
}

/** Where a tensor of the pipeline is found. */
export interface Place {
  readonly from: LayerId | undefined;
  readonly map: Omit<StreamedMap, "bits">;
  readonly form: Form;
  readonly bits: number;
  /** Whether nothing else reads what the layer made. */
  readonly exclusive: boolean;
}

/** Zeros around a tensor, which the windows that read it can add themselves. */
export interface Padded extends Pick<Kernel, "top" | "left" | "bottom" | "right"> {
  readonly tensor: TensorId;
  readonly operator: Operator;
}

/** Why an operator has no engine. `evitable`: it could be had by holding a whole map, which no operator without MACs is worth. */
export interface Obstacle {
  readonly code: Code;
  readonly reason: string;
  readonly evitable?: true;
}

/** One walk over the graph: places and drafts fill up as operators are passed in order. */
export interface Scene {
  readonly graph: Graph;
  readonly precision: PipelineTarget["precision"];
  readonly readers: readonly (readonly OperatorId[])[];
  readonly isOutput: ReadonlySet<TensorId>;
  /** Per operator: whether it or anything after it multiplies and accumulates. */
  readonly macsBelow: readonly boolean[];
  readonly places: (Place | undefined)[];
  readonly drafts: Draft[];
  /** Operators that became part of a layer, or only a way of reading. */
  readonly done: Set<OperatorId>;
  readonly views: Set<OperatorId>;
  /** Per tensor that a Pad makes and only windows read: what it is made of. */
  readonly padded: Map<TensorId, Padded>;
}

export const UNIT: Kernel = {
  height: 1,
  width: 1,
  strideY: 1,
  strideX: 1,
  dilationY: 1,
  dilationX: 1,
  top: 0,
  left: 0,
  bottom: 0,
  right: 0,
};

/** Bits of an element: the model's own quantisation, else what the target states for floating-point data, else the type's. */
export function widthOf(tensor: Tensor, precision: PipelineTarget["precision"]): number {
  if (tensor.bits < bitsOf(tensor.elementType) || !isFloat(tensor)) return tensor.bits;
  return (tensor.role === "weight" ? precision.weightBits : precision.activationBits) ?? assumedBits(tensor, precision);
}

export const isFloat = ({ elementType }: Tensor): boolean => /^b?float/.test(elementType);

/** Whether nothing but `reader` takes the tensor. */
export const onlyReader = ({ readers, isOutput }: Scene, t: TensorId): boolean => readers[t]!.length === 1 && !isOutput.has(t);

export const dims = ({ graph }: Scene, t: TensorId): readonly number[] => graph.tensors[t]!.shape;

export const isWeight = ({ graph }: Scene, t: TensorId): boolean => graph.tensors[t]!.role === "weight";

/** Reads of a nest that are not constants. */
export const dataReads = (scene: Scene, nest: LoopNest): readonly Access[] => nest.reads.filter(({ tensor }) => !isWeight(scene, tensor));

export const product = (sizes: readonly number[]): number => sizes.reduce((n, s) => n * s, 1);

export const sized = (shape: readonly number[], { rows, columns, channels }: Roles): Omit<StreamedMap, "bits"> => {
  const of = (axes: readonly number[]) => product(axes.map((axis) => shape[axis]!));
  return { channels: of(channels), height: of(rows), width: of(columns) };
};

type Drawn = Omit<Draft, "folded" | "biased" | "takes"> & Partial<Pick<Draft, "biased" | "takes">>;

/** Adds a layer. */
export const draft = ({ drafts }: Scene, drawn: Drawn): LayerId =>
  drafts.push({ folded: [], biased: false, takes: "nothing", ...drawn }) - 1;

/** Adds a layer and says where its result is. */
export function lay(scene: Scene, drawn: Drawn, result: TensorId, form: Form): void {
  const from = draft(scene, drawn);
  scene.done.add(drawn.operator.id);
  // Operators that select or move elements make none wider.
  const own = widthOf(scene.graph.tensors[result]!, scene.precision);
  const selects =
    drawn.kind === "rearrange" || drawn.kind === "resize" || drawn.kind === "concatenation" || drawn.operator.type.includes("Max");
  const bits = selects ? Math.min(own, Math.max(...drawn.inputs.map(({ map }) => map.bits))) : own;
  scene.places[result] = { from, map: drawn.output, form, bits, exclusive: true };
}

/**
 * How a layer with these roles takes a tensor, after a layer that brings the elements into order where they are not.
 *
 * @param vector the layer takes one pixel whatever the order in it: weights can lie in any order.
 */
export function arrive(scene: Scene, op: Operator, t: TensorId, roles: Roles, vector = false): Arrival | Obstacle {
  const place = scene.places[t]!;
  const shape = dims(scene, t);
  const spare = shape.findIndex((size, axis) => size > 1 && ![...roles.rows, ...roles.columns, ...roles.channels].includes(axis));
  if (spare >= 0)
    return { code: "PIP-6", reason: `takes ${shape[spare]} maps at a time (axis ${spare} of ${shape.join(" x ")}); an engine takes one` };
  const map = sized(shape, roles);
  const found = arrival(place.form, roles);
  // What is one pixel here and several there comes from all of them.
  const order = found === "pixel" && (map.height !== place.map.height || map.width !== place.map.width) ? "whole" : found;
  if (order === "plain" || (vector && map.height * map.width === 1))
    return { from: place.from, tensor: t, map: { ...map, bits: place.bits } };
  if (order === "whole" && !scene.macsBelow[op.id])
    return { code: "PIP-6", reason: "needs elements in an order that takes the whole map in memory", evitable: true };
  const maker = scene.graph.operators.find(({ outputs }) => outputs.includes(t)) ?? op;
  lay(
    scene,
    {
      operator: maker,
      kind: "rearrange",
      inputs: [{ from: place.from, tensor: t, map: { ...place.map, bits: place.bits } }],
      output: map,
      ...(order === "pixel" && { kernel: UNIT }),
    },
    t,
    plainForm(shape, roles),
  );
  scene.views.delete(maker.id);
  const there = scene.places[t]!;
  return { from: there.from, tensor: t, map: { ...map, bits: there.bits } };
}

export const isObstacle = (answer: object): answer is Obstacle => "code" in answer;
