import { describe, expect, test } from "vitest";
import { accepted, modelBytes, node, refused, shapes, value } from "../../test/onnx-model.js";
import { parseBinding } from "./bindings.js";

test.each([
  ["N=1", { kind: "symbol", name: "N", value: 1 }],
  ["x=1,3,224,224", { kind: "shape", name: "x", shape: [1, 3, 224, 224] }],
  ["x = 1x3x224x224", { kind: "shape", name: "x", shape: [1, 3, 224, 224] }],
  ["x[2]=224", { kind: "axis", name: "x", axis: 2, value: 224 }],
  ["a=b=0", { kind: "symbol", name: "a=b", value: 0 }],
  ["past + new=7", { kind: "symbol", name: "past + new", value: 7 }],
])("%s", (text, binding) => {
  expect(parseBinding(text)).toEqual({ ok: true, value: binding, warnings: [] });
});

test.each(["N", "=1", "N=", "N=-1", "N=1.5", "N=1,", "N=one", "x[2]=1e3", "N=9007199254740993"])("%j is no binding", (text) => {
  expect(parseBinding(text)).toMatchObject({ ok: false, errors: [{ code: "ONX-7" }] });
});

const dynamic = modelBytes({
  input: [value("x", ["N", 3, "H", null]), value("n", ["N"])],
  node: [node("Relu", "x", "y"), node("Neg", "n", "m")],
  output: [value("y", undefined), value("m", undefined)],
});

describe("binding a model", () => {
  test("every dimension without a value is named, with the binding to write", () => {
    const [error, ...more] = refused(dynamic);
    expect(more).toEqual([]);
    expect(error).toMatchObject({ code: "ONX-6", fix: "--bind N=1 --bind H=224 --bind x[3]=224" });
    expect(refused(dynamic, ["N=2"])).toMatchObject([{ code: "ONX-6", fix: "--bind H=224 --bind x[3]=224" }]);
  });

  test.each([[["N=2", "H=5", "x[3]=7"]], [["x=2,3,5,7"]], [["x=2x3x5x7", "N=2"]], [["n=2", "x[2]=5", "x[3]=7"]]])("%j", (binds) => {
    const graph = accepted(dynamic, binds);
    expect(shapes(graph)).toEqual({ x: [2, 3, 5, 7], y: [2, 3, 5, 7], n: [2], m: [2] });
    expect(graph.symbols).toEqual([
      { name: "N", value: 2 },
      { name: "H", value: 5 },
      { name: "x[3]", value: 7 },
    ]);
  });

  test.each([
    ["a symbol twice", ["N=2", "N=3", "H=1", "x[3]=1"], "ONX-9"],
    ["a symbol by two inputs", ["x=2,3,5,7", "n=3"], "ONX-9"],
    ["an axis the model fixes", ["x=2,4,5,7"], "ONX-9"],
    ["too few axes", ["x=2,3"], "ONX-9"],
    ["a name of nothing", ["M=2", "N=1", "H=1", "x[3]=1"], "ONX-8"],
    ["an axis beyond the last", ["x[4]=2", "x=2,3,5,7"], "ONX-8"],
  ])("%s", (_, binds, code) => {
    expect(refused(dynamic, binds).map((e) => e.code)).toContain(code);
  });

  test("a slip is answered with the nearest name", () => {
    const graph = modelBytes({
      input: [value("tokens", ["sequence"])],
      node: [node("Relu", "tokens", "y")],
      output: [value("y", undefined)],
    });
    expect(refused(graph, ["sequnce=8"])).toMatchObject([{ code: "ONX-8", fix: 'did you mean "sequence"?' }, { code: "ONX-6" }]);
  });

  test("an input without rank takes a whole shape", () => {
    const graph = modelBytes({ input: [value("x", undefined)], node: [node("Relu", "x", "y")], output: [value("y", undefined)] });
    expect(refused(graph)).toMatchObject([{ code: "ONX-6", fix: "--bind x=1,3,224,224" }]);
    expect(shapes(accepted(graph, ["x=2,3"])).y).toEqual([2, 3]);
  });

  test("-1 is a dimension without a value, anything below is wrong", () => {
    const graph = (d: number) =>
      modelBytes({ input: [value("x", [d, 3])], node: [node("Relu", "x", "y")], output: [value("y", undefined)] });
    expect(refused(graph(-1)).map((e) => e.code)).toEqual(["ONX-6"]);
    expect(accepted(graph(-1), ["x[0]=2"]).warnings.map((w) => w.code)).toEqual(["ONX-42"]);
    expect(refused(graph(-224)).map((e) => e.code)).toEqual(["ONX-13"]);
  });
});
