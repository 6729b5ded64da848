import { describe, expect, test } from "vitest";
import { accepted, float, modelBytes, node, TYPE, value, zeros } from "../../test/onnx-model.js";

describe("quantisation sets widths", () => {
  const bitsOf = (bytes: Uint8Array) => Object.fromEntries(accepted(bytes).tensors.map((t) => [t.name, t.bits]));

  test("a weight behind DequantizeLinear keeps its stored width and counts once", () => {
    const bytes = modelBytes({
      input: [value("x", [2, 3])],
      initializer: [zeros("q", [3, 4], TYPE.int8), float("scale", 0.5), zeros("zero", [], TYPE.int8), zeros("u0", [], TYPE.uint8)],
      node: [
        node("DequantizeLinear", "q scale zero", "w"),
        node("QuantizeLinear", "x scale u0", "xq"),
        node("DequantizeLinear", "xq scale u0", "xd"),
        node("MatMul", "xd w", "h"),
        node("Transpose", "xd", "t"),
      ],
      output: [value("h", [2, 4]), value("t", [3, 2])],
    });
    expect(bitsOf(bytes)).toMatchObject({ x: 32, w: 8, xq: 8, xd: 8, h: 32, t: 8 });
    expect(accepted(bytes).parameters.elements).toBe(12 + 1 + 1 + 1);
  });

  test.each([
    ["Quant", "qonnx.custom_op.general", 4],
    ["Quant", "onnx.brevitas", 3],
    ["IntQuant", "finn.custom_op.general", 5],
  ])("%s of %s", (type, domain, bits) => {
    const bytes = modelBytes(
      {
        input: [value("x", [2, 3])],
        initializer: [zeros("w", [3, 4]), float("scale", 1), float("zero", 0), float("bits", bits)],
        node: [
          node(type, "w scale zero bits", "wq", {}, { domain }),
          node(type, "x scale zero bits", "xq", {}, { domain }),
          node("MatMul", "xq wq", "y"),
        ],
        output: [value("y", [2, 4])],
      },
      {
        opsetImport: [
          { domain: "", version: 17n },
          { domain, version: 1n },
        ],
      },
    );
    expect(bitsOf(bytes)).toMatchObject({ x: 32, xq: bits, wq: bits, y: 32 });
    expect(accepted(bytes).operators.map((op) => op.type)).toEqual([type, "MatMul"]);
  });

  test("a Clip between Q and DQ", () => {
    const bytes = modelBytes({
      input: [value("x", [2, 3])],
      initializer: [
        float("scale", 0.5),
        zeros("zero", [], TYPE.int8),
        { name: "low", dims: [], dataType: TYPE.int8, rawData: Uint8Array.of(0xf8) }, // -8
        { name: "high", dims: [], dataType: TYPE.int8, rawData: Uint8Array.of(7) },
      ],
      node: [node("QuantizeLinear", "x scale zero", "q"), node("Clip", "q low high", "c"), node("DequantizeLinear", "c scale zero", "y")],
      output: [value("y", [2, 3])],
    });
    expect(bitsOf(bytes)).toMatchObject({ x: 32, q: 8, c: 4, y: 4 });
  });

  test("an annotated datatype", () => {
    const network = { input: [value("x", [4])], node: [node("Neg", "x", "c"), node("Relu", "c", "y")], output: [value("y", [4])] };
    const annotation = { tensorName: "c", quantParameterTensorNames: [{ key: "finn_datatype", value: "UINT4" }] };
    expect(bitsOf(modelBytes({ ...network, quantizationAnnotation: [annotation] }))).toEqual({ x: 32, c: 4, y: 4 });
  });
});
