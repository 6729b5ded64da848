import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accepted, float, type GraphInit, ints, modelBytes, node, refused, TYPE, value, zeros } from "../../test/onnx-model.js";
import { importOnnx } from "./import.js";

const graph: GraphInit = {
  name: "g",
  input: [value("x", [1, 4, 8, 8]), value("c", [], TYPE.bool)],
  initializer: [
    zeros("w", [6, 4, 3, 3]),
    ints("to", [1, -1]),
    float("f", 2),
    { name: "t", dims: [3n], dataType: TYPE.int64, int64Data: [Uint8Array.of(1, 2, 3)] },
  ],
  node: [
    node("Conv", "x w", "h", { pads: [1n, 1n, 1n, 1n], auto_pad: "NOTSET" }),
    node("Mul", "h f", "m"),
    node("Reshape", "m to", "r"),
    node("If", "c", "y", {
      then_branch: { name: "a", node: [node("Relu", "r", "ya")], output: [value("ya", undefined)] },
      else_branch: { name: "b", node: [node("Neg", "r", "yb")], output: [value("yb", undefined)] },
    }),
  ],
  output: [value("y", [1, 384])],
  valueInfo: [value("h", [1, 6, 8, 8])],
};
const bytes = modelBytes(graph);

/** The importer's promise: a value with every figure finite and whole, or errors; never an exception. */
function keepsItsPromise(data: Uint8Array): boolean {
  const result = importOnnx(data, { name: "fuzz.onnx", bindings: [] });
  if (!result.ok) return result.errors.every((e) => e.message !== "" && e.where.startsWith("fuzz.onnx"));
  const whole = (n: number) => Number.isSafeInteger(n) && n >= 0;
  return result.value.tensors.every((t) => whole(t.size) && t.shape.every(whole)) && result.value.operators.every((op) => whole(op.macs));
}

describe("bytes of any kind", () => {
  test("the model itself is sound", () => {
    expect(accepted(bytes).operators.map((op) => op.type)).toEqual(["Conv", "Mul", "Reshape", "If"]);
  });

  test("every truncation", () => {
    for (let end = 0; end < bytes.length; end++) expect(keepsItsPromise(bytes.subarray(0, end))).toBe(true);
  });

  test("law: changed bytes", () => {
    const change = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(change, (changes) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, byte] of changes) copy[at] = byte;
        return keepsItsPromise(copy);
      }),
      { numRuns: 3000 },
    );
  });

  test("law: pieces cut out and put in", () => {
    const piece = fc.tuple(fc.nat(bytes.length), fc.nat(24), fc.uint8Array({ maxLength: 24 }));
    fc.assert(
      fc.property(piece, ([at, cut, put]) => keepsItsPromise(Uint8Array.of(...bytes.subarray(0, at), ...put, ...bytes.subarray(at + cut)))),
      { numRuns: 1000 },
    );
  });

  test("law: bytes out of nowhere", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), keepsItsPromise), { numRuns: 500 });
  });
});

describe("damage is named", () => {
  test("an empty file, and one that ends too early, with the byte", () => {
    expect(refused(new Uint8Array(0))).toMatchObject([{ code: "ONX-1" }]);
    expect(refused(bytes.subarray(0, 100))).toMatchObject([{ code: "ONX-1", message: expect.stringMatching(/at byte \d+ of 100/) }]);
  });

  test("a text file", () => {
    expect(refused(new TextEncoder().encode("# not a model\n"))).toMatchObject([{ code: "ONX-1" }]);
  });

  test("no graph, no opset", () => {
    expect(refused(Uint8Array.of(8, 8))).toMatchObject([{ code: "ONX-2" }]);
    expect(refused(modelBytes(graph, { opsetImport: [] }))).toMatchObject([{ code: "ONX-4" }]);
  });

  test("a newer opset is a warning", () => {
    expect(accepted(modelBytes(graph, { opsetImport: [{ domain: "", version: 9999n }] })).warnings).toMatchObject([{ code: "ONX-40" }]);
  });

  test("graphs nested without end", () => {
    let inner: GraphInit = { name: "leaf" };
    for (let depth = 0; depth < 40; depth++)
      inner = {
        name: "g",
        node: [node("If", "c", "y", { then_branch: inner, else_branch: { name: "e" } })],
        output: [value("y", undefined)],
      };
    expect(refused(modelBytes(inner))).toMatchObject([{ code: "ONX-3" }]);
  });

  test("functions that multiply without end", () => {
    // f0 calls f1 twice, f1 calls f2 twice ...: 2^40 nodes from 40 definitions.
    const functions = Array.from({ length: 40 }, (_, i) => ({
      name: `f${i}`,
      domain: "mine",
      input: ["a"],
      output: ["c"],
      node:
        i === 39
          ? [node("Relu", "a", "c")]
          : [node(`f${i + 1}`, "a", "b", {}, { domain: "mine" }), node(`f${i + 1}`, "b", "c", {}, { domain: "mine" })],
    }));
    const model = modelBytes(
      { input: [value("x", [2])], node: [node("f0", "x", "y", {}, { domain: "mine" })], output: [value("y", [2])] },
      { functions } as never,
    );
    expect(refused(model).map((e) => e.code)).toContain("ONX-20");
  });
});

describe("sizes are exact", () => {
  const weight = (dims: readonly bigint[], raw: number) =>
    modelBytes({
      input: [value("x", [2])],
      initializer: [{ name: "w", dims: [...dims], dataType: TYPE.float32, rawData: new Uint8Array(raw) }],
      node: [node("Add", "x w", "y")],
      output: [value("y", undefined)],
    });
  test.each([
    ["2^62 elements", [2n ** 31n, 2n ** 31n], 64, "ONX-14"],
    ["wraps to 0 in 64 bits", [2n ** 32n, 2n ** 32n], 8, "ONX-14"],
    ["negative", [-2n], 8, "ONX-13"],
    ["two negatives", [-2n, -1n], 8, "ONX-13"],
    ["short", [2n], 7, "ONX-15"],
    ["long", [2n], 12, "ONX-15"],
  ])("%s", (_, dims, raw, code) => {
    expect(refused(weight(dims, raw)).map((e) => e.code)).toEqual([code]);
  });

  test("values left out are no fault", () => {
    expect(accepted(weight([2n], 0)).tensors[1]?.source).toEqual({ kind: "absent" });
  });

  test("two weights that add up beyond what numbers hold", () => {
    const many = Array.from({ length: 5000 }, (_, i) => ({
      name: `w${i}`,
      dims: [2n ** 38n],
      dataType: TYPE.float32,
      dataLocation: 1,
      externalData: [{ key: "location", value: "w" }],
    }));
    expect(refused(modelBytes({ ...graph, initializer: [...(graph.initializer ?? []), ...many] })).map((e) => e.code)).toEqual(["ONX-14"]);
  });
});
