import type { NodeView, Value } from "../node.js";
import { atLeastRank, same, sameShape } from "./dims.js";
import { operand, type Rules, refuse, type Shape, shapeOf, tensor, typeOf } from "./rule.js";

export const LOSS: Rules = {
  NegativeLogLikelihoodLoss: (view) => [tensor(typeOf(view, 0), lossShape(view))],
  SoftmaxCrossEntropyLoss: (view) => [tensor(typeOf(view, 0), lossShape(view)), tensor(typeOf(view, 0), shapeOf(view, 0))],
};

/** ai.onnx.preview.training: inputs are rate, step, then groups of tensors; outputs are the updated groups. */
export const TRAINING: Rules = {
  Adagrad: (view) => updated(view, 3, [0, 2]),
  Adam: (view) => updated(view, 4, [0, 2, 3]),
  Momentum: (view) => updated(view, 3, [0, 2]),
  Gradient: (view) => {
    // One gradient for each tensor of `xs`, which are the first inputs.
    const count = view.strings("xs")?.length ?? view.outputs;
    return view.inputs.slice(0, count).map((value) => tensor(value?.elementType, value?.shape));
  },
};

/** Scores `[N, C, d...]` against labels `[N, d...]`: one loss per label, or a scalar. */
function lossShape(view: NodeView): Shape | undefined {
  const [scores, labels] = [shapeOf(view, 0), shapeOf(view, 1)];
  let each = labels;
  if (scores !== undefined) {
    atLeastRank(scores, 2, "the scores");
    each = sameShape([scores[0] ?? null, ...scores.slice(2)], labels, "scores against labels");
    const weight = view.inputs[2]?.shape;
    if (weight?.length === 1) same(weight[0] ?? null, scores[1] ?? null, "class weights against classes");
  }
  return (view.string("reduction") ?? "mean") === "none" ? each : [];
}

/** `groupsIn` groups of as many tensors follow rate and step; the groups `groupsOut` come out updated. */
function updated(view: NodeView, groupsIn: number, groupsOut: readonly number[]): readonly Value[] {
  const rest = view.inputs.length - 2;
  if (rest < 0 || rest % groupsIn !== 0)
    refuse(`${view.type} has ${rest} tensors, expected a multiple of ${groupsIn}`, "give each tensor its state");
  const each = rest / groupsIn;
  return groupsOut.flatMap((group) =>
    Array.from({ length: each }, (_, i) => {
      const value = operand(view, 2 + group * each + i);
      return tensor(value.elementType, value.shape);
    }),
  );
}
