import { describe, expect, test } from "vitest";
import { float, type GraphInit, ints, modelBytes, node, TYPE, value } from "../../test/onnx-model.js";
import { readWeights } from "./weight-values.js";

const floats = (name: string, dims: readonly number[], numbers: readonly number[]) => ({
  name,
  dims: dims.map(BigInt),
  dataType: TYPE.float32,
  rawData: new Uint8Array(Float32Array.from(numbers).buffer),
});
const bytes = (name: string, dims: readonly number[], numbers: readonly number[]) => ({
  name,
  dims: dims.map(BigInt),
  dataType: TYPE.int8,
  rawData: new Uint8Array(Int8Array.from(numbers).buffer),
});

/** The values of `w`, which `nodes` make of what is stored. */
function weight(
  initializer: readonly object[],
  nodes: readonly object[],
  seed?: number,
  external?: (location: string) => Uint8Array | undefined,
) {
  const graph = {
    input: [value("x", [1, 2])],
    output: [value("y", [1, 2])],
    initializer,
    node: [...nodes, node("MatMul", "x w", "y")],
  };
  const model = modelBytes(graph as GraphInit, {
    opsetImport: [
      { domain: "", version: 17n },
      { domain: "onnx.brevitas", version: 1n },
    ],
  });
  const read = readWeights(model, "m.onnx", external, seed);
  if (!read.ok) throw new Error("the model was refused");
  const found = read.value.valuesOf("w");
  return found.ok
    ? { shape: found.value.shape, values: [...found.value.values], integers: found.value.integers && [...found.value.integers] }
    : found.errors;
}

describe("values as they are stored and as nodes change them", () => {
  test("raw", () => {
    expect(weight([floats("w", [2, 2], [1, 2, 3, 4])], [])).toEqual({ shape: [2, 2], values: [1, 2, 3, 4], integers: undefined });
  });

  test("typed fields", () => {
    const w = { name: "w", dims: [2n, 2n], dataType: TYPE.float32, floatData: [new Uint8Array(Float32Array.of(5, 6, 7, 8).buffer)] };
    expect(weight([w], [])).toMatchObject({ values: [5, 6, 7, 8] });
  });

  test("a Constant node, transposed and reshaped", () => {
    const constant = node("Constant", "", "c", { value: floats("", [2, 3], [1, 2, 3, 4, 5, 6]) });
    expect(weight([], [constant, node("Transpose", "c", "w")])).toMatchObject({ shape: [3, 2], values: [1, 4, 2, 5, 3, 6] });
    const shape = ints("s", [-1, 2]);
    expect(weight([shape], [constant, node("Reshape", "c s", "w")])).toMatchObject({ shape: [3, 2], values: [1, 2, 3, 4, 5, 6] });
  });

  test("stored integers, a scale per column", () => {
    const nodes = [node("DequantizeLinear", "q s z", "w", { axis: 1n })];
    expect(weight([bytes("q", [2, 2], [1, 2, 3, 4]), floats("s", [2], [0.5, 2]), bytes("z", [2], [0, 1])], nodes)).toEqual({
      shape: [2, 2],
      values: [0.5, 2, 1.5, 6],
      integers: [1, 1, 3, 3],
    });
  });

  test("a QONNX quantiser clips and rounds halves to even", () => {
    const nodes = [node("Quant", "f s z b", "w", { signed: 1n, narrow: 1n, rounding_mode: "ROUND" }, { domain: "onnx.brevitas" })];
    const stored = [floats("f", [2, 2], [0.25, 0.75, -9, 9]), float("s", 0.5), float("z", 0), float("b", 4)];
    expect(weight(stored, nodes)).toEqual({ shape: [2, 2], values: [0, 1, -3.5, 3.5], integers: [0, 2, -7, 7] });
  });

  test("a bipolar quantiser keeps signs", () => {
    const nodes = [node("BipolarQuant", "f s", "w", {}, { domain: "onnx.brevitas" })];
    expect(weight([floats("f", [2], [-0.1, 0]), float("s", 0.5)], nodes)).toMatchObject({ values: [-0.5, 0.5], integers: [-1, 1] });
  });

  test("values beside the model", () => {
    const w = {
      name: "w",
      dims: [2n],
      dataType: TYPE.float32,
      dataLocation: 1,
      externalData: [{ key: "location", value: "m.data" }],
    };
    const data = new Uint8Array(Float32Array.of(1.5, -2).buffer);
    expect(weight([w], [], undefined, (location) => (location === "m.data" ? data : undefined))).toMatchObject({ values: [1.5, -2] });
    expect(weight([w], [])).toMatchObject([{ code: "ONX-21", where: 'm.onnx: tensor "w"' }]);
    const random = weight([w], [], 3) as { values: readonly number[] };
    expect(random.values).toHaveLength(2);
    expect(weight([w], [], 3)).toEqual(random);
    expect(weight([w], [], 4)).not.toEqual(random);
  });

  test("what is not computed here says so", () => {
    expect(weight([floats("f", [2], [1, 2])], [node("Sin", "f", "w")])).toMatchObject([
      { code: "ONX-22", message: expect.stringContaining("Sin") },
    ]);
    expect(weight([], [node("Relu", "w", "w")])).toMatchObject([{ code: "ONX-22" }]);
  });
});
