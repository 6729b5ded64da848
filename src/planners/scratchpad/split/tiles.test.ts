import { expect, test } from "vitest";
import { bytes } from "../../../base/units.js";
import type { Graph } from "../../../graph/graph.js";
import { type Network, network } from "../../../onnx/build.js";
import { importOnnx } from "../../../onnx/import.js";
import { conv } from "../../../onnx/layers.js";
import { draftOf } from "./draft.js";
import { productOf, tilingOf } from "./tiles.js";

function tiling(build: (net: Network) => void, room: number) {
  const net = network("small", { opset: 17 });
  build(net);
  const imported = importOnnx(net.bytes(), { name: "small", bindings: [] });
  if (!imported.ok) throw new Error(imported.errors[0].message);
  const graph: Graph = imported.value;
  const draft = draftOf({ graph, width: () => 1, capacity: bytes(room), weights: "planned", inPlace: new Set() });
  const product = productOf(graph.operators[0]!, draft)!;
  const { stays, rows, channels, cost } = tilingOf(product, draft, { operand: room, block: room });
  return { stays, rows, channels, cost };
}

/** 16 x 16 maps, 64 channels in, 32 out: operand 16,384 B, weights 2,048 B, results 8,192 B, as sums 32,768 B. */
const pointwise = (net: Network) => net.output("y", conv(net, net.input("x", [1, 64, 16, 16]), { out: 32, kernel: 1, bias: false }));

test("an operand that fits stays, and everything is read once", () => {
  expect(tiling(pointwise, 16_384)).toEqual({ stays: "operand", rows: 1, channels: 1, cost: 16_384 });
});

test("few weights stay while the operand passes by", () => {
  // The weights and one row of the operand, 1,024 B, fit. In bands, the weights would come again for each.
  expect(tiling(pointwise, 4096)).toEqual({ stays: "weights", rows: 1, channels: 1, cost: 16_384 });
});

test("where neither fits, whatever stays that makes the rest come least often", () => {
  // 8 x 8 maps, 256 channels in, 64 out: operand 16,384 B, weights 16,384 B, sums 16,384 B. In 8,192 B the operand in 2 bands
  // moves 16,384 + 16,384, weights beside a row of the operand (2,048 B) in 3 blocks 3 x 16,384, sums in 2 blocks 2 x 16,384.
  const square = (net: Network) => net.output("y", conv(net, net.input("x", [1, 256, 8, 8]), { out: 64, kernel: 1, bias: false }));
  expect(tiling(square, 8192)).toEqual({ stays: "operand", rows: 2, channels: 1, cost: 32_768 });
  // In 4,096 B: 4 bands, 16,384 + 3 x 16,384; sums in 2 bands of 2 blocks, 2 x 16,384 + 16,384.
  expect(tiling(square, 4096)).toEqual({ stays: "sums", rows: 2, channels: 2, cost: 49_152 });
});

test("rows between those that a strided window reads are not counted", () => {
  // 16 x 16 maps, 64 channels: of 16 rows 8 are read, 8,192 B.
  const strided = (net: Network) =>
    net.output("y", conv(net, net.input("x", [1, 64, 16, 16]), { out: 256, kernel: 1, stride: 2, pad: 0, bias: false }));
  expect(tiling(strided, 8192)).toEqual({ stays: "operand", rows: 1, channels: 1, cost: 8192 });
});
