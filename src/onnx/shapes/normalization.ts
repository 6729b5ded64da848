import type { NodeView } from "../node.js";
import { axisIn, dividedBy, ofRank, same } from "./dims.js";
import { keeps } from "./elementwise.js";
import { forEachOf, type Rule, type Rules, type Shape, shapeOf, tensor, typeAttribute, typeOf } from "./rule.js";

export const NORMALIZATION: Rules = {
  ...forEachOf("LRN LpNormalization MeanVarianceNormalization RMSNormalization", keeps),

  InstanceNormalization: (view) => {
    channelVectors(view, shapeOf(view, 0), [1, 2]);
    return keeps(view);
  },

  GroupNormalization: (view) => {
    const shape = shapeOf(view, 0);
    const groups = view.int("num_groups");
    if (groups !== undefined) dividedBy(shape?.[1] ?? null, groups, "channels into groups");
    return keeps(view);
  },

  BatchNormalization: (view) => {
    const shape = shapeOf(view, 0);
    channelVectors(view, shape, [1, 2, 3, 4]);
    const statistic = tensor(view.inputs[3]?.elementType ?? typeOf(view, 0), [
      channels(shape) ?? ofRank(view.inputs[1]?.shape, 1, "input 1")[0] ?? null,
    ]);
    // Opset 14 and later put out two running statistics, older ones up to four; all are one number per channel.
    return [tensor(typeOf(view, 0), shape), statistic, statistic, statistic, statistic];
  },

  LayerNormalization: normalizesFrom,

  Dropout: (view) => {
    // The mask became boolean in opset 10; before, it had the type of the data.
    return [...keeps(view), tensor(view.opset < 10 && view.domain === "" ? typeOf(view, 0) : "bool", shapeOf(view, 0))];
  },
};

const channels = (shape: Shape | undefined) => (shape === undefined ? null : shape.length === 1 ? 1 : (shape[1] ?? null));

/** The inputs at `indices` hold one number per channel of `data`. */
function channelVectors(view: NodeView, data: Shape | undefined, indices: readonly number[]): void {
  if (data === undefined || data.length < 2) return;
  for (const index of indices) {
    const vector = view.inputs[index]?.shape;
    if (vector !== undefined)
      same(ofRank(vector, 1, `input ${index}`)[0] ?? null, channels(data), `length of input ${index} against channels`);
  }
}

/** Normalises from `axis` to the last; the statistics keep the axes before it and have 1 on the rest. */
export function normalizesFrom(view: NodeView): ReturnType<Rule> {
  const [shape, stash] = [shapeOf(view, 0), typeAttribute(view, "stash_type", "float32")];
  const axis = shape === undefined ? 0 : axisIn(view.int("axis") ?? -1, shape.length);
  const statistic = tensor(
    stash,
    shape?.map((d, i) => (i < axis ? d : 1)),
  );
  return [tensor(typeOf(view, 0), shape), statistic, statistic];
}
