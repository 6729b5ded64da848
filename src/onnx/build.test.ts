import { fromBinary } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { float, network } from "./build.js";
import { classify, conv, linear } from "./layers.js";
import { ModelProtoSchema } from "./proto/onnx_pb.js";

const read = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes);

test("a network becomes a model with inputs, nodes in order, and outputs", () => {
  const net = network("small", { opset: 17 });
  const x = net.input("x", ["batch", 3, 8, 8]);
  const y = conv(net, x, { out: 4, kernel: 3, stride: 2 });
  net.output("y", net.node("LeakyRelu", [y], { alpha: float(1) }));
  const model = read(net.bytes());

  expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([["", 17n]]);
  expect(model.graph?.input.map(({ name }) => name)).toEqual(["x"]);
  const type = model.graph?.input[0]?.type?.value;
  expect(type?.case === "tensorType" && type.value.shape?.dim.map(({ value }) => value.value)).toEqual(["batch", 3n, 8n, 8n]);
  expect(model.graph?.node.map(({ opType, input, output }) => [opType, input, output])).toEqual([
    ["Conv", ["x", "conv/weight", "conv/bias"], ["conv/Conv"]],
    ["LeakyRelu", ["conv/Conv"], ["y"]],
  ]);
  expect(model.graph?.output.map(({ name }) => name)).toEqual(["y"]);
  expect(model.graph?.node[1]?.attribute.map(({ name, type: kind, f }) => [name, kind, f])).toEqual([["alpha", 1, 1]]);
});

test("weights are places in a file that is not there, one after the other; constants carry their values", () => {
  const net = network("small", { opset: 17 });
  const x = net.input("x", [2, 3]);
  const y = linear(net, x, { out: 5 });
  net.output("y", net.node("Reshape", [y, net.constant("shape", [5, 2])]));
  const [weight, bias, shape] = read(net.bytes()).graph?.initializer ?? [];
  const place = (tensor: typeof weight) => Object.fromEntries(tensor?.externalData.map(({ key, value }) => [key, value]) ?? []);
  expect(weight?.dims).toEqual([5n, 3n]);
  expect(place(weight)).toEqual({ location: "small.weights", offset: "0", length: "60" });
  expect(place(bias)).toEqual({ location: "small.weights", offset: "60", length: "20" });
  expect(shape?.rawData).toEqual(new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]));
});

test("names that occur twice are made unique, scopes go in front", () => {
  const net = network("small", { opset: 17 });
  const x = net.input("Relu", [1]);
  const a = net.node("Relu", [x]);
  const b = net.within("block", () => net.node("Relu", [a]));
  net.output("Relu", net.node("Relu", [b]));
  const graph = read(net.bytes()).graph;
  const values = [...(graph?.input.map(({ name }) => name) ?? []), ...(graph?.node.flatMap(({ output }) => output) ?? [])];
  expect(new Set(values).size).toBe(values.length);
  expect(graph?.node.map(({ name }) => name)).toEqual(["Relu", "block/Relu", "Relu_2"]);
});

test("shapes follow from the operators, and a network that contradicts itself does not get built", () => {
  const net = network("small", { opset: 17 });
  const x = net.input("x", [1, 3, 9, 9]);
  expect(conv(net, x, { out: 6, kernel: [3, 5], stride: 2, pad: [0, 2], groups: 3 }).shape).toEqual([1, 6, 4, 5]);
  expect(classify(net, x, 10).shape).toEqual([1, 10]);
  const [top, bottom] = net.nodes("Split", [x, net.constant("sizes", [1, 2])], { axis: 1 }, { outputs: 2 });
  expect([top?.shape, bottom?.shape]).toEqual([
    [1, 1, 9, 9],
    [1, 2, 9, 9],
  ]);
  expect(() => net.node("Add", [x, net.input("z", [4])])).toThrow(/Add/);
  expect(() => net.output("same", x)).toThrow(/no node/);
  expect(() => conv(net, net.input("open", [1, "channels", 4, 4]), { out: 2, kernel: 1 })).toThrow(/symbol/);
});
