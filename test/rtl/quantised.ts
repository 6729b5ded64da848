import { rng } from "../../src/base/rng.js";
import { type GraphInit, modelBytes, node, TYPE, value } from "../onnx-model.js";

/** A weight as a test knows it: integers in the order of the tensor. */
export interface Known {
  readonly layer: string;
  readonly shape: readonly number[];
  readonly integers: readonly number[];
}

/**
 * A small network that states its weights in all ways: a QONNX quantiser of 4 bits, floats, stored integers with one scale per
 * filter, and a matrix behind a flattened map.
 */
export function quantisedNetwork(): { readonly bytes: Uint8Array; readonly weights: readonly Known[] } {
  const random = rng(7);
  const whole = (count: number, most: number) => Array.from({ length: count }, () => Math.floor(random() * (2 * most + 1)) - most);
  // The largest magnitude stands at the end of the range, so that the scale is known.
  const spread = (count: number) => [127, ...whole(count - 1, 127)];
  const first = whole(8 * 4 * 9, 7);
  const second = spread(8 * 9);
  const third = whole(16 * 8, 127);
  const last = spread(10 * 16 * 36);
  const floats = (name: string, dims: readonly number[], numbers: readonly number[]) => ({
    name,
    dims: dims.map(BigInt),
    dataType: TYPE.float32,
    rawData: new Uint8Array(Float32Array.from(numbers).buffer),
  });
  const bytesOf = (name: string, dims: readonly number[], numbers: readonly number[]) => ({
    name,
    dims: dims.map(BigInt),
    dataType: TYPE.int8,
    rawData: new Uint8Array(Int8Array.from(numbers).buffer),
  });
  const graph = {
    input: [value("image", [1, 4, 12, 12])],
    output: [value("scores", [1, 10])],
    initializer: [
      floats(
        "w1",
        [8, 4, 3, 3],
        first.map((q) => (q + (q % 2 === 0 ? 0.3 : -0.3)) * 0.125),
      ),
      ...[floats("s1", [], [0.125]), floats("z1", [], [0]), floats("b1", [], [4])],
      floats(
        "w2",
        [8, 1, 3, 3],
        second.map((q) => q * 0.01),
      ),
      bytesOf("w3", [16, 8, 1, 1], third),
      floats(
        "s3",
        [16],
        Array.from({ length: 16 }, (_, i) => (i + 1) / 256),
      ),
      floats(
        "w4",
        [10, 576],
        last.map((q) => q / 512),
      ),
    ],
    node: [
      node("Quant", "w1 s1 z1 b1", "q1", { signed: 1n, narrow: 0n, rounding_mode: "ROUND" }, { domain: "qonnx.custom_op.general" }),
      node("Conv", "image q1", "c1", { pads: [1n, 1n, 1n, 1n] }, { name: "first" }),
      node("Relu", "c1", "r1"),
      node("Conv", "r1 w2", "c2", { pads: [1n, 1n, 1n, 1n], group: 8n }, { name: "depthwise" }),
      node("Relu", "c2", "r2"),
      node("MaxPool", "r2", "p2", { kernel_shape: [2n, 2n], strides: [2n, 2n] }),
      node("DequantizeLinear", "w3 s3", "q3", { axis: 0n }),
      node("Conv", "p2 q3", "c3", {}, { name: "pointwise" }),
      node("Relu", "c3", "r3"),
      node("Flatten", "r3", "flat"),
      node("Gemm", "flat w4", "scores", { transB: 1n }, { name: "classifier" }),
    ],
  };
  return {
    bytes: modelBytes(graph as GraphInit, {
      opsetImport: [
        { domain: "", version: 17n },
        { domain: "qonnx.custom_op.general", version: 1n },
      ],
    }),
    weights: [
      { layer: "first", shape: [8, 4, 9], integers: first },
      { layer: "depthwise", shape: [8, 1, 9], integers: second },
      { layer: "pointwise", shape: [16, 8, 1], integers: third },
      // The map of 6 x 6 pixels streams with its 16 channels innermost.
      {
        layer: "classifier",
        shape: [10, 576, 1],
        integers: last.map((_, n) => last[Math.floor(n / 576) * 576 + (n % 16) * 36 + Math.floor((n % 576) / 16)]!),
      },
    ],
  };
}
