import { productsPerDsp } from "../../cost/fpga/dsp.js";
import type { Layer, PipelineProblem, Stream } from "./plan.js";

/**
 * Cycles from a frame's first element to its last result, at most, where a frame enters every `cyclesPerFrame`: everything flows evenly, every
 * layer lags behind what it reads, and the last result leaves one frame after the first could. Engines that run as early as
 * they can are never later. Source: docs/math/pipeline.md, "Latency".
 */
export function latencyOf({ layers, streams }: PipelineProblem, cyclesPerFrame: number): number {
  const lags: number[] = [];
  for (const layer of layers) {
    const before = layer.inputs.map((id) => {
      const { from } = streams[id]!;
      return from === undefined ? 0 : lags[from]!;
    });
    lags.push(Math.max(0, ...before) + lagOf(layer, streams[layer.inputs[0]!]!.map));
  }
  return Math.ceil(cyclesPerFrame * (1 + Math.max(0, ...lags)));
}

/** No plan has a frame through in fewer cycles: so long all multipliers together take for its products. */
export function leastLatency({ device, layers, streams, model }: PipelineProblem): number {
  // The published tool counts multipliers in its own way, at most four products to one.
  const perDsp = (bits: number, data: number) => (model === "autows" ? 4 : productsPerDsp(device.fabric, bits, data));
  const needed = layers.reduce((sum, { weights, inputs, output, groups, kernel }) => {
    if (weights === undefined) return sum;
    const { map } = streams[inputs[0]!]!;
    const positions = kernel === undefined ? 1 : kernel.height * kernel.width;
    const products = output.height * output.width * output.channels * (map.channels / groups) * positions;
    return sum + products / perDsp(weights.bits, map.bits);
  }, 0);
  return Math.ceil(needed / Math.max(1, device.resources.dsp));
}

/** By how much a layer's results come after what it reads, as a share of a frame. */
function lagOf({ kind, kernel, output }: Layer, { height, width }: Stream["map"]): number {
  const pixel = 1 / (output.height * output.width);
  switch (kind) {
    case "globalPooling":
    case "rearrange":
      return 1 + pixel;
    case "resize":
      return 1 / height + pixel;
    case "elementwise":
    case "combine":
    case "concatenation":
      return pixel;
    case "convolution":
    case "pooling":
    case "transposed": {
      if (kernel === undefined) return 2 * pixel;
      const { top, left, strideY, dilationY, dilationX } = kernel;
      const spanY = (kernel.height - 1) * dilationY;
      const spanX = (kernel.width - 1) * dilationX;
      // Rows of the map from one row of windows to the next, and by how many the first is behind.
      const [step, first] = kind === "transposed" ? [1 / strideY, top / strideY] : [strideY, spanY - top];
      const behind = (row: number): number => {
        const last = Math.floor(row * step + first);
        const pixels = last >= height ? height * width : Math.max(0, last) * width + Math.min(width, Math.max(1, spanX - left + 1));
        return pixels / (height * width) - row / output.height;
      };
      const full = Math.floor((height - 1 - first) / step);
      const rows = [0, full, full + 1, output.height - 1].filter((row) => row >= 0 && row < output.height);
      return Math.max(...rows.map(behind)) + 2 * pixel;
    }
  }
}
