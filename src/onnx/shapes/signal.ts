import type { NodeView, Value } from "../node.js";
import { axisIn, ofRank, withDim } from "./dims.js";
import { type Rules, refuse, shapeOf, tensor, toldOne, typeAttribute, typeOf } from "./rule.js";

export const SIGNAL: Rules = {
  DFT: (view) => [dft(view)],
  STFT: (view) => [stft(view)],
  MelWeightMatrix: (view) => {
    const [bands = null, length = null] = [0, 1].map((i) => toldOne(view, undefined, i) ?? null);
    return [tensor(typeAttribute(view, "output_datatype", "float32"), [length === null ? null : Math.floor(length / 2) + 1, bands])];
  },
};

/**
 * Signal `[..., 1 or 2]`: the last axis is real, or real and imaginary. One-sided keeps half of the
 * frequencies; its inverse takes that half and puts out real numbers.
 */
function dft(view: NodeView): Value {
  const input = shapeOf(view, 0);
  if (input === undefined) return tensor(typeOf(view, 0), undefined);
  const [oneSided, inverse] = [view.int("onesided") === 1, view.int("inverse") === 1];
  const last = input.length - 1;
  const parts = oneSided && inverse ? 1 : 2;
  const sameLength = !oneSided && view.inputs[1] === undefined;
  // Opset 20 made the axis an input.
  const stated = view.opset < 20 ? (view.int("axis") ?? 1) : view.inputs[2] === undefined ? -2 : (toldOne(view, undefined, 2) ?? null);
  if (stated === null)
    return tensor(typeOf(view, 0), sameLength ? withDim(input, last, parts) : input.map((_, i) => (i === last ? parts : null)));
  const axis = axisIn(stated, input.length);
  const size = input[axis] ?? null;
  const length = view.inputs[1] === undefined ? size : (toldOne(view, undefined, 1) ?? null);
  const half = length === null ? null : Math.floor(length / 2) + 1;
  const whole = view.inputs[1] === undefined && size !== null ? 2 * (size - 1) : length;
  return tensor(typeOf(view, 0), withDim(withDim(input, axis, !oneSided ? length : inverse ? whole : half), last, parts));
}

/** Signal `[batch, length, 1 or 2]`; out `[batch, frames, bins, 2]`. */
function stft(view: NodeView): Value {
  const signal = shapeOf(view, 0);
  const length = signal?.[1] ?? null;
  const step = toldOne(view, undefined, 1) ?? null;
  const window = view.inputs[2]?.shape;
  const frame =
    view.inputs[3] === undefined
      ? window === undefined
        ? null
        : (ofRank(window, 1, "the window")[0] ?? null)
      : (toldOne(view, undefined, 3) ?? null);
  if (step !== null && step < 1) refuse(`frame step is ${step}, must be at least 1`, "use a step of at least 1");
  if (length !== null && frame !== null && frame > length) refuse(`frame of ${frame} in a signal of ${length}`, "use a shorter frame");
  const frames = length === null || frame === null || step === null ? null : Math.floor((length - frame) / step) + 1;
  const bins = frame === null ? null : (view.int("onesided") ?? 1) === 1 ? Math.floor(frame / 2) + 1 : frame;
  return tensor(typeOf(view, 0), [signal?.[0] ?? null, frames, bins, 2]);
}
