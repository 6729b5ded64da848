import type { NodeView, Value } from "../node.js";
import { convolve } from "./convolution.js";
import { broadcast, ofRank, same, times } from "./dims.js";
import { keeps } from "./elementwise.js";
import { multiply } from "./matrix.js";
import { poolShape } from "./pooling.js";
import { forEachOf, type Rules, refuse, type Shape, shapeOf, tensor, typeOf } from "./rule.js";

/** Quantisers put out floats of the input's shape; the width they carry is the business of `onnx/quantization.ts`. */
export const QONNX: Rules = {
  ...forEachOf("Quant IntQuant BipolarQuant BinaryQuant Trunc FloatQuant DebugMarker Debug", keeps),
  MultiThreshold: (view) => [multiThreshold(view)],
  Im2Col: (view) => [tensor(typeOf(view, 0), imageToColumns(view))],
  QuantAvgPool2d: (view) => [tensor(typeOf(view, 0), averagePool2d(view))],
  MaxPoolNHWC: (view) => [tensor(typeOf(view, 0), channelsLast(poolShape(view, channelsFirst(shapeOf(view, 0)))))],
  XnorPopcountMatMul: (view) => [tensor(typeOf(view, 0), multiply(shapeOf(view, 0), shapeOf(view, 1)))],
};

/** Data `[N, spatial..., C]`. */
export const CHANNELS_LAST: Rules = {
  Conv: (view) => [tensor(typeOf(view, 0), channelsLast(convolve(channelsFirstView(view), 0, 1, 2)))],
  MaxPool: (view) => [tensor(typeOf(view, 0), channelsLast(poolShape(view, channelsFirst(shapeOf(view, 0)))))],
  AveragePool: (view) => [tensor(typeOf(view, 0), channelsLast(poolShape(view, channelsFirst(shapeOf(view, 0)))))],
  BatchNormalization: (view) => {
    const shape = shapeOf(view, 0);
    const scale = view.inputs[1]?.shape;
    if (shape !== undefined && scale?.length === 1)
      same(scale[0] ?? null, shape[shape.length - 1] ?? null, "length of input 1 against channels");
    return keeps(view);
  },
  GlobalAveragePool: (view) => [
    tensor(
      typeOf(view, 0),
      shapeOf(view, 0)?.map((d, i, all) => (i === 0 || i === all.length - 1 ? d : 1)),
    ),
  ],
  Relu: keeps,
};

const channelsFirst = (shape: Shape | undefined): Shape | undefined =>
  shape === undefined || shape.length < 3 ? shape : [shape[0] ?? null, shape[shape.length - 1] ?? null, ...shape.slice(1, -1)];

const channelsLast = (shape: Shape | undefined): Shape | undefined =>
  shape === undefined || shape.length < 3 ? shape : [shape[0] ?? null, ...shape.slice(2), shape[1] ?? null];

/** A convolution as if its data and weight had channels first. */
function channelsFirstView(view: NodeView): NodeView {
  const [data, weight] = [shapeOf(view, 0), shapeOf(view, 1)];
  const first = tensor(typeOf(view, 0), channelsFirst(data));
  const second = tensor(typeOf(view, 1), isChannelsLast(view, weight) ? channelsFirst(weight) : weight);
  return { ...view, inputs: [first, second, ...view.inputs.slice(2)] };
}

/** Weights are `[M, kernel..., C / group]`; a few tools leave them `[M, C / group, kernel...]`, which the kernel sizes show. */
function isChannelsLast(view: NodeView, weight: Shape | undefined): boolean {
  const kernel = view.ints("kernel_shape");
  const fits = (sizes: Shape) => kernel?.every((k, i) => sizes[i] === null || sizes[i] === k) === true;
  return weight === undefined || kernel === undefined || fits(weight.slice(1, -1)) || !fits(weight.slice(2));
}

/** Counts thresholds below each element: thresholds `[channels or 1, steps]`. */
function multiThreshold(view: NodeView): Value {
  const [data, thresholds] = [shapeOf(view, 0), ofRank(shapeOf(view, 1), 2, "the thresholds")];
  if (data !== undefined && data.length > 1) {
    const last = view.string("data_layout")?.endsWith("C") === true && view.string("data_layout") !== "NC";
    broadcast([[thresholds[0] ?? null], [(last ? data[data.length - 1] : data[1]) ?? null]]);
  }
  return tensor(typeOf(view, 0), data);
}

/** `[N, H, W, C]` to `[N, OH, OW, kernel x C]`. */
function imageToColumns(view: NodeView): Shape | undefined {
  const input = shapeOf(view, 0);
  if (input === undefined) return undefined;
  const [n = null, h = null, w = null, c = null] = ofRank(input, 4, "the data");
  const [kernelH, kernelW] = pair(view, "kernel_size", undefined);
  const [strideH, strideW] = pair(view, "stride", [1, 1]);
  const [dilationH, dilationW] = pair(view, "dilations", [1, 1]);
  const pads = view.ints("pad_amount") ?? [0, 0, 0, 0];
  const out = (size: number | null, kernel: number, stride: number, dilation: number, pad: number) => {
    if (size === null) return null;
    const positions = Math.floor((size + pad - (dilation * (kernel - 1) + 1)) / stride) + 1;
    return positions < 1
      ? refuse(`kernel ${kernel} does not fit ${size} with padding ${pad}: output size ${positions}`, "enlarge the input or the pads")
      : positions;
  };
  const rows = out(h, kernelH, strideH, dilationH, (pads[0] ?? 0) + (pads[2] ?? 0));
  const columns = out(w, kernelW, strideW, dilationW, (pads[1] ?? 0) + (pads[3] ?? 0));
  return [n, rows, columns, times(c, kernelH * kernelW)];
}

/** One number for both axes, or one for each. */
function pair(view: NodeView, attribute: string, fallback: readonly [number, number] | undefined): readonly [number, number] {
  const one = view.int(attribute);
  const [height = one, width = one ?? height] = view.ints(attribute) ?? fallback ?? [];
  if (height === undefined || width === undefined) return refuse(`${view.type} has no attribute "${attribute}"`, `state ${attribute}`);
  if (height < 1 || width < 1) refuse(`attribute "${attribute}" is ${height} x ${width}, must be at least 1 x 1`, "use at least 1");
  return [height, width];
}

/** Square kernel and stride over the two spatial axes, channels first unless `data_layout` says NHWC. */
function averagePool2d(view: NodeView): Shape | undefined {
  const shape = shapeOf(view, 0);
  if (shape === undefined) return undefined;
  const last = view.string("data_layout") === "NHWC";
  const [n = null, c = null, h = null, w = null] = ofRank(last ? channelsFirst(shape) : shape, 4, "the data");
  const [kernel, stride] = [view.int("kernel") ?? 2, view.int("stride") ?? 2];
  if (kernel < 1 || stride < 1) refuse(`kernel ${kernel} and stride ${stride} must be at least 1`, "use at least 1");
  const out = (size: number | null) => (size === null ? null : Math.floor((size - kernel) / stride) + 1);
  const pooled = [n, c, out(h), out(w)];
  return last ? channelsLast(pooled) : pooled;
}
