import { expect, test } from "vitest";
import { accepted, modelBytes, node, value, zeros } from "../../test/onnx-model.js";
import { inspectDocument, inspectText } from "./inspect.js";

const FILE = { name: "small.onnx", sha256: "00" };

const bytes = modelBytes({
  input: [value("x", ["N", 4, 8, 8])],
  initializer: [zeros("w", [6, 4, 3, 3])],
  node: [node("Conv", "x w", "c", { pads: [1n, 1n, 1n, 1n] }, { name: "conv\u001b[31m" }), node("Relu", "c", "y", {}, { name: "relu" })],
  output: [value("y", undefined)],
});

test("the document is what the contract says, and plain JSON", () => {
  const document = inspectDocument(accepted(bytes, ["N=1"]), FILE);
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  expect(document).toMatchObject({
    schema: "stowage/inspect/1",
    model: { file: "small.onnx", sha256: "00", opset: { "ai.onnx": 17 }, symbols: [{ name: "N", value: 1 }] },
    // x 1024 B, c and y 1536 B each; c and y are alive at the Relu. 6 x 64 outputs of 4 x 9 products.
    totals: { operators: 2, parameters: 216, parameterBytes: 864, macs: 13_824, activationBytes: 4_096, peakLiveBytes: 3_072 },
    coverage: { macs: 1, activationBytes: 1, notModelled: [] },
    warnings: [],
  });
  expect(document.operators[1]).toEqual({ id: 1, name: "relu", type: "Relu", macs: 0, inputs: [2], weights: [], outputs: [3] });
  expect(document.tensors[1]).toEqual({ id: 1, name: "w", shape: [6, 4, 3, 3], elementType: "float32", bytes: 864, role: "weight" });
});

test("the text says the same in a few lines; names from the model do not act on a terminal", () => {
  const text = inspectText(inspectDocument(accepted(bytes, ["N=1"]), FILE));
  expect(text).toContain("bound       N=1");
  expect(text).toContain("MACs        13,824");
  expect(text).toContain("conv\\u{1b}[31m (Conv) 13,824, 100 %");
  expect(text).not.toContain("\u001b");
});
