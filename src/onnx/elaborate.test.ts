import { describe, expect, test } from "vitest";
import { accepted, type GraphInit, modelBytes, node, refused, shapes, TYPE, value, zeros } from "../../test/onnx-model.js";

describe("functions", () => {
  const call = (body: readonly unknown[], attributes = {}) =>
    modelBytes(
      {
        input: [value("x", [2, 3])],
        node: [node("Twice", "x", "y", attributes, { domain: "mine", name: "call" })],
        output: [value("y", undefined)],
      },
      {
        opsetImport: [
          { domain: "", version: 17n },
          { domain: "mine", version: 1n },
        ],
        functions: [
          {
            name: "Twice",
            domain: "mine",
            input: ["a"],
            output: ["c"],
            attribute: ["at"],
            opsetImport: [
              { domain: "", version: 17n },
              { domain: "mine", version: 1n },
            ],
            node: body as never,
          },
        ],
      },
    );

  test("are unfolded, with the caller's attributes, under the caller's names", () => {
    const graph = accepted(
      call([node("Relu", "a", "b", {}, { name: "r" }), node("Concat", "b b", "c", { axis: { refAttrName: "at", type: 2 } })], { at: 1n }),
    );
    expect(graph.operators.map((op) => [op.type, op.name])).toEqual([
      ["Relu", "call/r"],
      ["Concat", "call/Concat"],
    ]);
    expect(shapes(graph)).toEqual({ x: [2, 3], "call/b": [2, 3], y: [2, 6] });
  });

  test("that call themselves are refused", () => {
    expect(refused(call([node("Twice", "a", "c", {}, { domain: "mine" })])).map((e) => e.code)).toEqual(["ONX-20"]);
  });
});

describe("control flow", () => {
  const branch = (name: string, width: number): GraphInit => ({
    name,
    initializer: [zeros(`w_${name}`, [3, width])],
    node: [node("MatMul", `x w_${name}`, `out_${name}`)],
    output: [value(`out_${name}`, undefined)],
  });
  const choice = (condition: Pick<GraphInit, "input" | "initializer">, widths: readonly [number, number]) =>
    modelBytes({
      ...condition,
      input: [value("x", [2, 3]), ...(condition.input ?? [])],
      node: [node("If", "c", "y", { then_branch: branch("t", widths[0]), else_branch: branch("e", widths[1]) }, { name: "if" })],
      output: [value("y", undefined)],
    });

  test("an If whose condition is constant is the branch it takes", () => {
    const graph = accepted(choice({ initializer: [zeros("c", [], TYPE.bool)] }, [4, 5]));
    expect(graph.operators.map((op) => [op.type, op.macs])).toEqual([["MatMul", 2 * 3 * 5]]);
    expect(shapes(graph)).toMatchObject({ x: [2, 3], y: [2, 5] });
    expect(graph.parameters.elements).toBe(15);
  });

  test("an open If is one opaque operator that reads what its branches read", () => {
    const graph = accepted(choice({ input: [value("c", [], TYPE.bool)] }, [4, 4]));
    const names = graph.tensors.map((t) => t.name);
    expect(graph.operators.map((op) => [op.type, op.inputs.map((i) => names[i]), op.weights.map((i) => names[i]), op.modelled])).toEqual([
      ["If", ["c", "x"], ["w_t", "w_e"], false],
    ]);
    expect(graph.parameters.elements).toBe(24);
    expect(graph.coverage.macs).toBe(0);
    expect(graph.coverage.notModelled).toEqual([{ operator: "if", type: "If", reason: expect.stringContaining("control flow") }]);
  });

  test("an open If with branches of different size has no size", () => {
    expect(refused(choice({ input: [value("c", [], TYPE.bool)] }, [4, 5])).map((e) => e.code)).toEqual(["ONX-19"]);
  });

  test("functions, branches and attributes inside one another", () => {
    // pick(a, w) with attribute "at": If(true) { Concat(a, w) along "at" }, called from inside another decided If.
    const pick = {
      name: "pick",
      domain: "mine",
      input: ["a", "w"],
      output: ["r"],
      attribute: ["at"],
      node: [
        node("Constant", "", "yes", { value: { dims: [], dataType: TYPE.bool, rawData: Uint8Array.of(1) } }),
        node("If", "yes", "r", {
          then_branch: {
            node: [node("Concat", "a w", "r", { axis: { refAttrName: "at", type: 2 } }, { name: "join" })],
            output: [value("r", undefined)],
          },
          else_branch: { node: [node("Relu", "a", "r")], output: [value("r", undefined)] },
        }),
      ],
    };
    const graph = accepted(
      modelBytes(
        {
          input: [value("x", [2, 3])],
          initializer: [zeros("w", [2, 5]), zeros("no", [], TYPE.bool)],
          node: [
            node("If", "no", "y", {
              then_branch: { node: [node("Neg", "x", "t")], output: [value("t", undefined)] },
              else_branch: {
                node: [node("pick", "x w", "e", { at: 1n }, { domain: "mine", name: "call" })],
                output: [value("e", undefined)],
              },
            }),
          ],
          output: [value("y", [2, 8])],
        },
        { functions: [pick] } as never,
      ),
    );
    expect(graph.operators.map((op) => [op.name, op.type, op.attributes])).toEqual([["call/join", "Concat", { axis: 1 }]]);
    expect(shapes(graph)).toEqual({ x: [2, 3], w: [2, 5], y: [2, 8] });
  });

  test("a Loop stacks what its body scans", () => {
    const body: GraphInit = {
      input: [value("i", [], TYPE.int64), value("go", [], TYPE.bool), value("state", [3])],
      node: [node("Identity", "go", "still"), node("Add", "state w", "next"), node("Identity", "next", "seen")],
      output: [value("still", [], TYPE.bool), value("next", [3]), value("seen", [3])],
    };
    const graph = accepted(
      modelBytes({
        input: [value("x", [3])],
        initializer: [
          zeros("w", [3]),
          { name: "trips", dims: [], dataType: TYPE.int64, rawData: new Uint8Array(BigInt64Array.of(7n).buffer) },
        ],
        node: [node("Loop", "trips _ x", "last all", { body })],
        output: [value("last", undefined), value("all", [7, 3])],
      }),
    );
    expect(shapes(graph)).toMatchObject({ last: [3], all: [7, 3] });
    expect(graph.operators.map((op) => [op.type, op.weights.length, op.modelled])).toEqual([["Loop", 2, false]]);
  });
});
