import { rng } from "../../src/base/rng.js";
import { type GraphInit, modelBytes, node, TYPE, value } from "../onnx-model.js";

/**
 * A network of LeNet's form with seeded weights: convolutions, Tanh, ReLU, a residual join, both poolings, a flattened map and two
 * products.
 */
export function lenet(): Uint8Array {
  const random = rng(3);
  const floats = (name: string, dims: readonly number[], most: number) => ({
    name,
    dims: dims.map(BigInt),
    dataType: TYPE.float32,
    rawData: new Uint8Array(Float32Array.from({ length: dims.reduce((n, d) => n * d, 1) }, () => most * (2 * random() - 1)).buffer),
  });
  const same = { pads: [1n, 1n, 1n, 1n] };
  const halves = { kernel_shape: [2n, 2n], strides: [2n, 2n] };
  const graph = {
    input: [value("image", [1, 1, 20, 20])],
    output: [value("scores", [1, 10])],
    initializer: [
      ...[floats("w1", [6, 1, 5, 5], 0.3), floats("b1", [6], 0.2)],
      ...[floats("w2", [6, 6, 3, 3], 0.2), floats("b2", [6], 0.2)],
      ...[floats("w3", [16, 6, 5, 5], 0.1), floats("b3", [16], 0.2)],
      ...[floats("w4", [32, 64], 0.2), floats("b4", [32], 0.2)],
      ...[floats("w5", [10, 32], 0.2), floats("b5", [10], 0.2)],
    ],
    node: [
      node("Conv", "image w1 b1", "c1", {}, { name: "first" }),
      node("Tanh", "c1", "t1", {}, { name: "tanh" }),
      node("MaxPool", "t1", "p1", halves, { name: "largest" }),
      node("Conv", "p1 w2 b2", "c2", same, { name: "residual" }),
      node("Add", "c2 p1", "a2", {}, { name: "join" }),
      node("Relu", "a2", "r2", {}, { name: "bound" }),
      node("Conv", "r2 w3 b3", "c3", {}, { name: "second" }),
      node("Relu", "c3", "r3", {}, { name: "bound2" }),
      node("AveragePool", "r3", "p3", halves, { name: "mean" }),
      node("Flatten", "p3", "flat", {}, { name: "flat" }),
      node("Gemm", "flat w4 b4", "g4", { transB: 1n }, { name: "hidden" }),
      node("Relu", "g4", "r4", {}, { name: "bound3" }),
      node("Gemm", "r4 w5 b5", "scores", { transB: 1n }, { name: "classes" }),
    ],
  };
  return modelBytes(graph as GraphInit);
}
