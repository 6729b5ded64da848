import type { Dim, NodeView } from "../node.js";
import { spatialRank } from "./convolution.js";
import { atLeastRank, ofRank, product, same, show, unknownDims } from "./dims.js";
import { operand, type Rule, type Rules, refuse, type Shape, shapeOf, tensor, told, typeOf } from "./rule.js";
import { slide, unslide, windowOf } from "./window.js";

const pools: Rule = (view) => [tensor(typeOf(view, 0), poolShape(view, shapeOf(view, 0)))];

const poolsAll: Rule = (view) => [tensor(typeOf(view, 0), globalShape(shapeOf(view, 0)))];

/** Data `[N, C, spatial...]`. */
export const POOLING: Rules = {
  AveragePool: pools,
  LpPool: pools,
  MaxPool: (view) => {
    const shape = poolShape(view, shapeOf(view, 0));
    return [tensor(typeOf(view, 0), shape), tensor("int64", shape)];
  },
  GlobalAveragePool: poolsAll,
  GlobalLpPool: poolsAll,
  GlobalMaxPool: poolsAll,
  MaxUnpool: (view) => [tensor(typeOf(view, 0), unpoolShape(view))],
  MaxRoiPool: (view) => {
    const pooled = view.ints("pooled_shape") ?? refuse('MaxRoiPool has no attribute "pooled_shape"', "state the pooled height and width");
    return [tensor(typeOf(view, 0), [regions(view, 1), channels(view), ...pooled])];
  },
  RoiAlign: (view) => {
    const size = [view.int("output_height") ?? 1, view.int("output_width") ?? 1];
    const rois = same(regions(view, 1), ofRank(shapeOf(view, 2), 1, "batch_indices")[0] ?? null, "regions against batch indices");
    return [tensor(typeOf(view, 0), [rois, channels(view), ...size])];
  },
};

/** Shape after pooling `data`. */
export function poolShape(view: NodeView, data: Shape | undefined): Shape | undefined {
  const rank = spatialRank(view, data);
  if (rank === undefined) return undefined;
  const input = ofRank(data, rank + 2, "the data");
  return [...input.slice(0, 2), ...slide(input.slice(2), windowOf(view, rank), view.int("ceil_mode") === 1)];
}

/** Shape after pooling each spatial axis to 1. */
export function globalShape(data: Shape | undefined): Shape | undefined {
  if (data === undefined) return undefined;
  atLeastRank(data, 2, "the data");
  return data.map((d, i) => (i < 2 ? d : 1));
}

function unpoolShape(view: NodeView): Shape | undefined {
  const data = shapeOf(view, 0);
  const rank = spatialRank(view, data);
  if (rank === undefined) return undefined;
  const input = ofRank(data, rank + 2, "the data");
  const stated = told(view, undefined, 2);
  if (stated === null) return unknownDims(rank + 2);
  if (stated !== undefined) {
    if (stated.length !== rank + 2)
      refuse(`output_shape ${show(stated)} has ${stated.length} entries for rank ${rank + 2}`, `give ${rank + 2} sizes`);
    const [from, to] = [product(input), product(stated)];
    if (from !== null && to !== null && to < from)
      refuse(`output_shape ${show(stated)} holds ${to} elements, fewer than the ${from} of the input`, "enlarge output_shape");
    return stated;
  }
  return [...input.slice(0, 2), ...unslide(input.slice(2), windowOf(view, rank), new Array<number>(rank).fill(0))];
}

const channels = (view: NodeView) => ofRank(operand(view, 0).shape, 4, "the data")[1] ?? null;

function regions(view: NodeView, input: number): Dim {
  return ofRank(operand(view, input).shape, 2, "the regions")[0] ?? null;
}
