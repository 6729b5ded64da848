import { bad, type Checked, fail, good } from "../../base/diagnostic.js";
import { quantise } from "../../graph/quantize.js";
import { QONNX } from "../../onnx/quantization.js";
import type { Reals } from "../../onnx/values.js";
import type { Weights, WeightUse, WeightValues } from "../../onnx/weight-values.js";
import type { LayerId, PipelineProblem } from "../../planners/pipeline/plan.js";

/** The weights of a layer as its engine multiplies by them. */
export interface LayerWeights {
  /** Filters outermost, then the channels of a group in the order of the stream, then kernel positions in raster order. */
  readonly integers: Int32Array;
  /** Per filter: what one integer step is worth. */
  readonly scales: readonly number[];
}

/**
 * The weights of layer `id` as integers of its width: the model's own where it quantises them and they fit, otherwise symmetric with one
 * scale for the tensor.
 *
 * @returns EXP-40 where the constant has not the form that the layer needs; what `weights` says where its values are not at hand.
 */
export function layerWeights(problem: PipelineProblem, id: LayerId, weights: Weights): Checked<LayerWeights> {
  const layer = problem.layers[id]!;
  const { tensor, bits } = layer.weights!;
  const found = weights.valuesOf(tensor);
  if (!found.ok) return found;
  const filters = layer.output.channels;
  const { order, size } = layoutOf(problem, id, weights.usesOf(tensor), found.value);
  if (order === undefined || size !== found.value.values.length)
    return bad(
      fail(
        "EXP-40",
        `${layer.type} ${JSON.stringify(layer.name)}: weight ${JSON.stringify(tensor)}`,
        `has the shape ${found.value.shape.join(" x ")} (${found.value.values.length} values), the layer has ${size} weights`,
        "export the model with constants folded, so that the weight is stored as it is used",
      ),
    );
  const own = found.value.integers && fitting(found.value.integers, bits) ? found.value.integers : undefined;
  const quantised = own ? { integers: own, scale: undefined } : quantise(found.value.values, bits);
  const integers = Int32Array.from(order, (at) => quantised.integers[at]!);
  const perFilter = size / filters;
  const scales = Array.from({ length: filters }, (_, f) => {
    if (quantised.scale !== undefined) return quantised.scale;
    const at = integers.subarray(f * perFilter, (f + 1) * perFilter).findIndex((q) => q !== 0);
    return at < 0 ? 0 : found.value.values[order[f * perFilter + at]!]! / integers[f * perFilter + at]!;
  });
  return good({ integers, scales });
}

/** Whether all of them are numbers of `bits`, two's complement; of one bit, -1 and 1. */
function fitting(integers: Reals, bits: number): boolean {
  const most = bits === 1 ? 1 : 2 ** (bits - 1) - 1;
  const least = bits === 1 ? -1 : -(2 ** (bits - 1));
  return integers.every((q) => q >= least && q <= most && !(bits === 1 && q === 0));
}

interface Layout {
  /** Weights the layer multiplies by. */
  readonly size: number;
  /** Where each stands in the tensor. */
  readonly order: Int32Array | undefined;
}

/** How a tensor is read: positions of filter `f`, channel `c` of its group and kernel position `k`. */
function layoutOf(problem: PipelineProblem, id: LayerId, uses: readonly WeightUse[], { shape }: WeightValues): Layout {
  const layer = problem.layers[id]!;
  const input = problem.streams[layer.inputs[0]!]!;
  const filters = layer.output.channels;
  const positions = (layer.kernel?.height ?? 1) * (layer.kernel?.width ?? 1);
  const pixels = positions === 1 && layer.output.height * layer.output.width === 1 ? input.map.height * input.map.width : 1;
  const channels = (input.map.channels * pixels) / layer.groups;
  const size = filters * channels * positions;
  const use = uses.find(({ node }) => layer.operators.includes(node)) ?? uses.find(({ type }) => READERS.test(type));
  const moved = flattened(problem, id);
  const place = placeOf(use, shape, { filters, channels, positions, groups: layer.groups });
  if (place === undefined) return { size, order: undefined };
  const order = new Int32Array(size);
  let n = 0;
  for (let f = 0; f < filters; f++)
    for (let c = 0; c < channels; c++) for (let k = 0; k < positions; k++) order[n++] = place(f, moved(c), k);
  return { size, order };
}

const READERS = /Conv|Gemm|MatMul/;

type Place = (filter: number, channel: number, position: number) => number;

function placeOf(
  use: WeightUse | undefined,
  shape: readonly number[],
  { filters, channels, positions, groups }: { filters: number; channels: number; positions: number; groups: number },
): Place | undefined {
  const plain: Place = (f, c, k) => (f * channels + c) * positions + k;
  if (use === undefined) return undefined;
  if (use.type.includes("ConvTranspose"))
    return (f, c, k) => {
      const perGroup = filters / groups;
      return ((Math.floor(f / perGroup) * channels + c) * perGroup + (f % perGroup)) * positions + k;
    };
  if (use.type.includes("Conv"))
    return QONNX.has(use.domain) && use.domain.endsWith("channels_last") ? (f, c, k) => (f * positions + k) * channels + c : plain;
  if (!/Gemm|MatMul/.test(use.type) || positions !== 1) return undefined;
  // The constant is a matrix; leading dimensions of 1 do not matter.
  const [rows = 1, columns = 1] = shape.slice(-2);
  const second = use.operand > 0;
  const flipped = (use.settings[second ? "transB" : "transA"] ?? 0) !== 0;
  const byFilter = second === flipped; // filters are rows
  if (byFilter ? rows !== filters || columns !== channels : rows !== channels || columns !== filters) return undefined;
  return byFilter ? plain : (f, c) => c * filters + f;
}

/**
 * Where a channel of the stream stands in the operator's order. They differ where a map is flattened to one pixel: it streams with
 * channels innermost, while the operator counts channels outermost.
 */
function flattened(problem: PipelineProblem, id: LayerId): (channel: number) => number {
  const input = problem.streams[problem.layers[id]!.inputs[0]!]!;
  const sent = input.map.height * input.map.width > 1 || input.from === undefined ? input.map : problem.layers[input.from]!.output;
  const pixels = sent.height * sent.width;
  const flat =
    problem.layers[id]!.output.height * problem.layers[id]!.output.width === 1 &&
    pixels * sent.channels === input.map.channels * input.map.height * input.map.width;
  if (!flat || pixels === 1 || sent.channels === 1 || positionsOf(problem, id) > 1) return (c) => c;
  return (c) => (c % sent.channels) * pixels + Math.floor(c / sent.channels);
}

const positionsOf = (problem: PipelineProblem, id: LayerId): number => {
  const kernel = problem.layers[id]!.kernel;
  return kernel === undefined ? 1 : kernel.height * kernel.width;
};
