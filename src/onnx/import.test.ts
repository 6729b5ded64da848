import { describe, expect, test } from "vitest";
import { accepted, type GraphInit, ints, modelBytes, node, refused, shapes, TYPE, value, zeros } from "../../test/onnx-model.js";

/** x [1,4,8,8] -> Conv 6 x 4 x 3 x 3 with padding -> Relu -> y. */
const CONV: GraphInit = {
  input: [value("x", [1, 4, 8, 8])],
  initializer: [zeros("w", [6, 4, 3, 3]), zeros("b", [6])],
  node: [node("Conv", "x w b", "c", { pads: [1n, 1n, 1n, 1n] }, { name: "conv" }), node("Relu", "c", "y", {}, { name: "relu" })],
  output: [value("y", [1, 6, 8, 8])],
};

test("a small network: shapes, roles, parameters and MACs", () => {
  const graph = accepted(modelBytes(CONV));
  expect(graph.operators.map(({ name, inputs, weights, outputs }) => [name, inputs, weights, outputs])).toEqual([
    ["conv", [0], [1, 2], [3]],
    ["relu", [3], [], [4]],
  ]);
  expect(graph.tensors.map((t) => [t.name, t.role, t.shape, t.size])).toEqual([
    ["x", "input", [1, 4, 8, 8], 1024],
    ["w", "weight", [6, 4, 3, 3], 864],
    ["b", "weight", [6], 24],
    ["c", "activation", [1, 6, 8, 8], 1536],
    ["y", "output", [1, 6, 8, 8], 1536],
  ]);
  expect(graph.parameters).toEqual({ elements: 6 * 4 * 9 + 6, size: 888 });
  expect(graph.operators[0]?.macs).toBe(6 * 64 * 4 * 9);
  expect(graph.coverage).toEqual({ macs: 1, activationBytes: 1, notModelled: [] });
});

test("an operand read twice is one operand; an initialiser that is also an input is a weight", () => {
  const graph = accepted(
    modelBytes({
      input: [value("x", [4]), value("w", [4])],
      initializer: [zeros("w", [4])],
      node: [node("Add", "x x", "d"), node("Mul", "d w", "y")],
      output: [value("y", [4])],
    }),
  );
  expect(graph.inputs).toHaveLength(1);
  expect(graph.operators.map((op) => [op.inputs.length, op.weights.length])).toEqual([
    [1, 0],
    [1, 1],
  ]);
});

test("nodes may share a name, operators do not", () => {
  const graph = accepted(
    modelBytes({
      input: [value("x", [4])],
      node: [node("Relu", "x", "a", {}, { name: "n" }), node("Relu", "a", "y", {}, { name: "n" })],
      output: [value("y", [4])],
    }),
  );
  expect(graph.operators.map((op) => op.name)).toEqual(["n", "n_2"]);
});

test("names that mean something to JavaScript are names like any other", () => {
  const graph = accepted(
    modelBytes({
      input: [value("__proto__", ["constructor"])],
      node: [node("Relu", "__proto__", "toString", {}, { name: "hasOwnProperty" })],
      output: [value("toString", ["constructor"])],
    }),
    ["constructor=3"],
  );
  expect(graph.tensors.map((t) => t.name)).toEqual(["__proto__", "toString"]);
  expect(graph.symbols).toEqual([{ name: "constructor", value: 3 }]);
});

describe("constants", () => {
  test("shape arithmetic on known shapes leaves nothing to run", () => {
    // Flatten written as exporters write it: Reshape(x, Concat(Shape(x)[0], -1)).
    const graph = accepted(
      modelBytes({
        input: [value("x", ["N", 3, 5])],
        initializer: [ints("zero", [0]), ints("minus", [-1])],
        node: [
          node("Shape", "x", "s"),
          node("Gather", "s zero", "n"),
          node("Concat", "n minus", "to", { axis: 0n }),
          node("Reshape", "x to", "y"),
        ],
        output: [value("y", null as never)],
      }),
      ["N=2"],
    );
    expect(graph.operators.map((op) => [op.type, op.weights])).toEqual([["Reshape", []]]);
    expect(shapes(graph).y).toEqual([2, 15]);
    expect(graph.parameters.elements).toBe(0);
  });

  test.each([
    ["value", { value: { dims: [2n], dataType: TYPE.float32, floatData: [new Uint8Array(8)] } }, [2]],
    ["value_float", { value_float: 1.5 }, []],
    ["value_floats", { value_floats: [1.5, 2.5] }, [2]],
    ["value_int", { value_int: 3n }, []],
    ["value_ints", { value_ints: [3n, 4n] }, [2]],
    ["value_string", { value_string: "a" }, []],
    ["value_strings", { value_strings: ["a", "b"] }, [2]],
  ])("a Constant by %s", (_, attributes, shape) => {
    const graph = accepted(modelBytes({ node: [node("Constant", "", "c", attributes)], output: [value("c", shape as number[], 0)] }));
    expect(graph.operators).toEqual([]);
    expect(shapes(graph).c).toEqual(shape);
  });

  test("a folded weight counts once, as the file stores it", () => {
    const graph = accepted(
      modelBytes({
        input: [value("x", [2, 3])],
        initializer: [zeros("w", [4, 3])],
        node: [node("Transpose", "w", "wt"), node("MatMul", "x wt", "h"), node("MatMul", "x wt", "y")],
        output: [value("y", [2, 4])],
      }),
    );
    expect(graph.operators.map((op) => op.type)).toEqual(["MatMul", "MatMul"]);
    expect(graph.parameters.elements).toBe(12);
    expect(graph.tensors.find((t) => t.name === "wt")).toMatchObject({ role: "weight", shape: [3, 4], source: { kind: "computed" } });
  });

  test("an inline weight says where its bytes are", () => {
    const bytes = modelBytes(CONV);
    const source = accepted(bytes).tensors[1]?.source;
    expect(source).toMatchObject({ kind: "inline", length: 864 });
    expect(source?.kind === "inline" && source.offset + source.length <= bytes.length).toBe(true);
  });
});

describe("operators that nobody knows", () => {
  const strange = (info: GraphInit) =>
    modelBytes({
      input: [value("x", [2, 3])],
      node: [node("Frob", "x", "h", {}, { domain: "com.example", name: "frob" }), node("Relu", "h", "y")],
      output: [value("y", undefined)],
      ...info,
    });

  test("are refused by name and domain where nothing tells their size", () => {
    const [error, ...more] = refused(strange({}));
    expect(more).toEqual([]);
    expect(error).toMatchObject({
      code: "ONX-18",
      where: 'test.onnx: node "frob" (Frob)',
      message: expect.stringContaining("com.example"),
    });
  });

  test("are opaque where the model stores their size", () => {
    const graph = accepted(strange({ valueInfo: [value("h", [7])] }));
    expect(shapes(graph)).toMatchObject({ h: [7], y: [7] });
    expect(graph.coverage.notModelled.map((o) => o.operator)).toEqual(["frob"]);
    expect(graph.warnings.map((w) => w.code)).toEqual(["ONX-46"]);
  });
});

test("a stored shape never overrides its operator; the warning has both", () => {
  const graph = accepted(modelBytes({ ...CONV, valueInfo: [value("c", [1, 6, 9, 9])] }));
  expect(shapes(graph).c).toEqual([1, 6, 8, 8]);
  expect(graph.warnings).toMatchObject([{ code: "ONX-45", message: expect.stringMatching(/\[1, 6, 8, 8\].*\[1, 6, 9, 9\]/) }]);
});

test("a stored shape fills what the operator leaves open", () => {
  const graph = (info: GraphInit) =>
    modelBytes({
      input: [value("x", [5])],
      node: [node("NonZero", "x", "i"), node("Cast", "i", "y", { to: 1n })],
      output: [value("y", undefined)],
      ...info,
    });
  expect(refused(graph({})).map((e) => e.code)).toEqual(["ONX-19"]);
  expect(shapes(accepted(graph({ valueInfo: [value("i", [1, 5], TYPE.int64)] })))).toMatchObject({ i: [1, 5], y: [1, 5] });
});

test("nodes in the wrong order are sorted, with a warning", () => {
  const graph = accepted(modelBytes({ ...CONV, node: [...(CONV.node ?? [])].reverse() }));
  expect(graph.operators.map((op) => op.type)).toEqual(["Conv", "Relu"]);
  expect(graph.warnings.map((w) => w.code)).toEqual(["ONX-41"]);
});

test("a sequence is as large as what is put in", () => {
  const graph = accepted(
    modelBytes({
      input: [value("x", [2, 3])],
      node: [node("SequenceConstruct", "x x", "s"), node("SequenceInsert", "s x", "t"), node("SequenceAt", "t zero", "y")],
      initializer: [{ name: "zero", dims: [], dataType: TYPE.int64, rawData: new Uint8Array(8) }],
      output: [value("y", undefined)],
    }),
  );
  expect(shapes(graph)).toMatchObject({ s: [12], t: [18], y: [2, 3] });
});

test("an operator of a later opset is named with the first that has it", () => {
  const bytes = modelBytes({ ...CONV, node: [node("LayerNormalization", "x w", "y")] }, { opsetImport: [{ domain: "", version: 5n }] });
  expect(refused(bytes)).toMatchObject([{ code: "ONX-5", message: expect.stringContaining("17") }]);
});

describe("an attribute of another kind than its operator takes", () => {
  const conv = (attributes: Readonly<Record<string, unknown>>, version = 8n) =>
    modelBytes({ ...CONV, node: [node("Conv", "x w b", "y", attributes, { name: "conv" })] }, { irVersion: version });
  const batch = (epsilon: unknown): Uint8Array =>
    modelBytes({
      input: [value("x", [1, 2, 4, 4])],
      initializer: ["s", "b", "m", "v"].map((name) => zeros(name, [2])),
      node: [node("BatchNormalization", "x s b m v", "y", { epsilon })],
      output: [value("y", undefined)],
    });

  test.each([
    ["a text for a list", conv({ strides: "2" }), /"strides" is a text where "Conv" takes a list of integers/],
    ["a number for a list", conv({ strides: 2n }), /"strides" is an integer/],
    ["a list for a number", conv({ group: [1n] }), /"group" is a list of integers/],
    ["a float for an integer", conv({ group: 1.5 }), /"group" is a float/],
    ["where no shape depends on it", batch("tiny"), /"epsilon" is a text where "BatchNormalization" takes a float/],
    ["a Constant's", modelBytes({ node: [node("Constant", "", "c", { value_int: "3" })], output: [value("c", [])] }), /"value_int"/],
  ])("is refused by name: %s", (_, bytes, message) => {
    expect(refused(bytes)).toMatchObject([{ code: "ONX-23", message: expect.stringMatching(message) }]);
  });

  test("is told by what it holds where the file does not say its kind, or says another", () => {
    const held = (attribute: object) => conv({ strides: { refAttrName: "", ...attribute } }, 1n);
    expect(shapes(accepted(held({ ints: [2n, 2n] }))).y).toEqual([1, 6, 3, 3]);
    expect(refused(held({ s: "2" }))).toMatchObject([{ code: "ONX-23" }]);
    expect(refused(held({ type: 7, s: "2" }))).toMatchObject([{ code: "ONX-23" }]);
  });
});
