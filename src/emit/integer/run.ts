import type { Kernel, Layer, PipelineProblem, StreamedMap, StreamId } from "../../planners/pipeline/plan.js";
import type { IntegerLayer, IntegerNetwork, Scaling } from "./network.js";

/** Elements in the order of a stream: pixels in raster order, channels innermost. */
export type Elements = readonly number[] | Int32Array;

/**
 * Runs one frame on integers, layer by layer: what the hardware must give, bit for bit.
 *
 * @param inputs elements of each stream that comes from outside.
 * @returns elements by stream. Source: docs/math/pipeline.md, "Integers".
 */
export function runIntegers(
  problem: PipelineProblem,
  network: IntegerNetwork,
  inputs: ReadonlyMap<StreamId, Elements>,
): readonly Elements[] {
  const values = new Map<StreamId, Elements>(inputs);
  problem.layers.forEach((layer, id) => {
    const arithmetic = network.layers[id]!;
    const operands = layer.inputs.map((stream) => ({ map: problem.streams[stream]!.map, elements: values.get(stream)! }));
    const sums = sumsOf(layer, arithmetic, operands);
    const { scaling } = arithmetic;
    const result = Int32Array.from(sums, (sum, i) => scaled(sum, scaling, i % layer.output.channels));
    problem.streams.forEach(({ from }, stream) => {
      if (from === id) values.set(stream, result);
    });
  });
  return problem.streams.map((_, stream) => values.get(stream)!);
}

/** Sums of a channel to results. All products stay below 2^53. */
export function scaled(sum: number, { multiplier, multipliers, shift, low, high, table }: Scaling, channel = 0): number {
  const product = sum * (multipliers?.[channel] ?? multiplier);
  const value = shift === 0 ? product : Math.floor((product + 2 ** (shift - 1)) / 2 ** shift);
  const limited = Math.min(high, Math.max(low, value));
  return table === undefined ? limited : table[limited - low]!;
}

export interface Operand {
  readonly map: StreamedMap;
  readonly elements: Elements;
}

/** What a layer computes before scaling, in the order of its output stream. */
export function sumsOf(layer: Layer, arithmetic: IntegerLayer, operands: readonly Operand[]): Float64Array {
  const [first] = operands;
  switch (arithmetic.kind) {
    case "convolution":
      return convolve(layer, first!, arithmetic);
    case "maximum":
    case "mean":
      return pool(layer, first!, arithmetic.kind === "maximum");
    case "elementwise":
      return Float64Array.from(first!.elements);
    case "resize":
      return repeat(layer, first!);
    case "addition":
      return Float64Array.from(first!.elements, (_, i) =>
        operands.reduce((sum, { elements }, o) => sum + elements[i]! * arithmetic.factors[o]!, 0),
      );
    case "concatenation": {
      const { channels, height, width } = layer.output;
      const out = new Float64Array(channels * height * width);
      let at = 0;
      for (let pixel = 0; pixel < height * width; pixel++)
        operands.forEach(({ map, elements }, o) => {
          for (let c = 0; c < map.channels; c++) out[at++] = elements[pixel * map.channels + c]! * arithmetic.factors[o]!;
        });
      return out;
    }
  }
}

const POINT: Kernel = { height: 1, width: 1, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, bottom: 0, right: 0 };

/** Every row and every pixel in it as often as the map grows. */
function repeat({ output }: Layer, { map, elements }: Operand): Float64Array {
  const { channels, height, width } = output;
  return Float64Array.from({ length: channels * height * width }, (_, i) => {
    const [y, x, c] = [Math.floor(i / (channels * width)), Math.floor(i / channels) % width, i % channels];
    return elements[(Math.floor((y * map.height) / height) * map.width + Math.floor((x * map.width) / width)) * channels + c]!;
  });
}

function convolve(
  { output, kernel, groups }: Layer,
  { map, elements }: Operand,
  { weights, bias }: Extract<IntegerLayer, { kind: "convolution" }>,
): Float64Array {
  const k = kernel ?? POINT;
  const positions = k.height * k.width;
  const filters = output.channels / groups;
  const channels = weights.length / (output.channels * positions);
  // Where the operator flattens, the whole map is one pixel.
  const { height, width } = channels * groups === map.channels ? map : { height: 1, width: 1 };
  const sums = new Float64Array(output.channels * output.height * output.width);
  let at = 0;
  for (let y = 0; y < output.height; y++)
    for (let x = 0; x < output.width; x++)
      for (let f = 0; f < output.channels; f++) {
        const group = Math.floor(f / filters);
        let sum = bias[f]!;
        for (let p = 0; p < positions; p++) {
          const row = y * k.strideY - k.top + Math.floor(p / k.width) * k.dilationY;
          const column = x * k.strideX - k.left + (p % k.width) * k.dilationX;
          if (row < 0 || row >= height || column < 0 || column >= width) continue;
          const from = (row * width + column) * channels * groups + group * channels;
          for (let c = 0; c < channels; c++) sum += elements[from + c]! * weights[(f * channels + c) * positions + p]!;
        }
        sums[at++] = sum;
      }
  return sums;
}

function pool({ kind, output, kernel }: Layer, { map, elements }: Operand, largest: boolean): Float64Array {
  const k = kind === "globalPooling" || kernel === undefined ? { ...POINT, height: map.height, width: map.width } : kernel;
  const results = new Float64Array(output.channels * output.height * output.width);
  let at = 0;
  for (let y = 0; y < output.height; y++)
    for (let x = 0; x < output.width; x++)
      for (let c = 0; c < output.channels; c++) {
        let result = largest ? Number.NEGATIVE_INFINITY : 0;
        for (let a = 0; a < k.height; a++)
          for (let b = 0; b < k.width; b++) {
            const row = y * k.strideY - k.top + a * k.dilationY;
            const column = x * k.strideX - k.left + b * k.dilationX;
            if (row < 0 || row >= map.height || column < 0 || column >= map.width) continue;
            const value = elements[(row * map.width + column) * map.channels + c]!;
            result = largest ? Math.max(result, value) : result + value;
          }
        results[at++] = result;
      }
  return results;
}
