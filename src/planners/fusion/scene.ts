import type { LayerShape } from "../../cost/array/array.js";
import type { Graph, OperatorId, Tensor, TensorId } from "../../graph/graph.js";
import type { Axes } from "./axes.js";
import type { FeatureMap } from "./plan.js";
import type { Views } from "./views.js";

/** What one look at a graph is made of. Filled while the operators are walked in order. */
export interface Scene {
  readonly graph: Graph;
  readonly axes: readonly Axes[];
  /** Per tensor, the operators that read it. */
  readonly readers: readonly (readonly OperatorId[])[];
  readonly views: Views;
  readonly isOutput: ReadonlySet<TensorId>;
}

/** Channels, rows and columns of a tensor. */
export function planes(tensor: Tensor, { y, x }: Axes): Pick<FeatureMap, "channels" | "height" | "width"> {
  const height = y === undefined ? 1 : tensor.shape[y]!;
  const width = x === undefined ? 1 : tensor.shape[x]!;
  return { channels: count(tensor) / (height * width), height, width };
}

export const count = ({ shape }: Pick<Tensor, "shape">): number => shape.reduce((n, d) => n * d, 1);

/** The shape of a layer whose result channels depend on one channel each. */
export const channelwise = (channels: number): LayerShape => ({
  outputs: channels,
  inputs: channels,
  groups: channels,
  kernel: { height: 1, width: 1 },
  stride: { y: 1, x: 1 },
});
