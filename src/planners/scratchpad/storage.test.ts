import { describe, expect, it } from "vitest";
import { bytes, macs } from "../../base/units.js";
import type { Graph, Operator, Tensor } from "../../graph/graph.js";
import type { LoopNest } from "../../graph/loops.js";
import { assignStorage } from "./storage.js";

/** `["Relu", ["x"], ["y"]]` per operator; tensors come from the names, 16 elements of a byte each. */
function graphOf(
  inputs: readonly string[],
  operators: readonly (readonly [string, readonly string[], readonly string[]])[],
  outputs: readonly string[],
): Graph {
  const names = [...new Set([...inputs, ...operators.flatMap(([, from, to]) => [...from, ...to])])];
  const id = (name: string) => names.indexOf(name);
  const tensors = names.map(
    (name, i): Tensor => ({
      id: i,
      name,
      shape: [4, 4],
      elementType: "int8",
      bits: 8,
      size: bytes(16),
      role: inputs.includes(name) ? "input" : outputs.includes(name) ? "output" : "activation",
    }),
  );
  const ops = operators.map(
    ([type, from, to], i): Operator => ({
      id: i,
      name: `${type}${i}`,
      type,
      domain: "",
      attributes: {},
      inputs: from.map(id),
      weights: [],
      outputs: to.map(id),
      nests: [],
      macs: macs(0),
      modelled: true,
    }),
  );
  return {
    name: "test",
    opset: { "ai.onnx": 13 },
    symbols: [],
    tensors,
    operators: ops,
    inputs: inputs.map(id),
    outputs: outputs.map(id),
    parameters: { elements: 0, size: bytes(0) },
    coverage: { macs: 1, activationBytes: 1, notModelled: [] },
    warnings: [],
  };
}

/** Groups of tensor names that share storage. */
function groups(graph: Graph): string[] {
  const { of, count } = assignStorage(
    graph,
    () => 16,
    () => true,
    true,
  );
  return Array.from({ length: count }, (_, s) =>
    graph.tensors
      .filter((t) => of[t.id] === s)
      .map((t) => t.name)
      .join("="),
  );
}

describe("storage", () => {
  it("shares views and overwrites the only reader's operand", () => {
    expect(
      groups(
        graphOf(
          ["x"],
          [
            ["Conv", ["x"], ["a"]],
            ["Relu", ["a"], ["b"]],
            ["Reshape", ["b"], ["c"]],
            ["Conv", ["c"], ["y"]],
          ],
          ["y"],
        ),
      ),
    ).toEqual(["x", "a=b=c", "y"]);
  });

  it("does not overwrite what somebody else reads, not even through a view", () => {
    expect(
      groups(
        graphOf(
          ["x"],
          [
            ["Conv", ["x"], ["a"]],
            ["Relu", ["a"], ["b"]],
            ["Add", ["a", "b"], ["y"]],
          ],
          ["y"],
        ),
      ),
    ).toEqual(["x", "a", "b", "y"]);
    expect(
      groups(
        graphOf(
          ["x"],
          [
            ["Conv", ["x"], ["a"]],
            ["Reshape", ["a"], ["v"]],
            ["Relu", ["v"], ["b"]],
            ["Add", ["a", "b"], ["y"]],
          ],
          ["y"],
        ),
      ),
    ).toEqual(["x", "a=v", "b", "y"]);
  });

  it("does not overwrite a network output", () => {
    expect(
      groups(
        graphOf(
          ["x"],
          [
            ["Conv", ["x"], ["a"]],
            ["Relu", ["a"], ["b"]],
          ],
          ["a", "b"],
        ),
      ),
    ).toEqual(["x", "a", "b"]);
  });

  it("copies a network input that is also a network output by another name", () => {
    expect(groups(graphOf(["x"], [["Reshape", ["x"], ["y"]]], ["y"]))).toEqual(["x", "y"]);
  });

  it("overwrites a network input: its original stays off chip", () => {
    expect(groups(graphOf(["x"], [["Relu", ["x"], ["y"]]], ["y"]))).toEqual(["x=y"]);
  });

  it("needs one data operand", () => {
    expect(
      groups(
        graphOf(
          ["x"],
          [
            ["Conv", ["x"], ["a"]],
            ["Conv", ["x"], ["b"]],
            ["Add", ["a", "b"], ["y"]],
          ],
          ["y"],
        ),
      ),
    ).toEqual(["x", "a", "b", "y"]);
  });

  it("adds to a partial sum where it lies, even where operands are not overwritten, and makes the result beside it", () => {
    const graph = graphOf(
      ["x"],
      [
        ["Conv", ["x"], ["s"]],
        ["Conv", ["x", "s"], ["t"]],
        ["Conv", ["x", "t"], ["y"]],
      ],
      ["y"],
    );
    const nest = (write: number): LoopNest => ({
      kind: "mac",
      loops: [],
      reads: [{ tensor: 0, indices: [] }],
      write: { tensor: write, indices: [] },
    });
    const inRuns: Graph = {
      ...graph,
      tensors: graph.tensors.map((t) => (t.name === "s" || t.name === "t" ? { ...t, bits: 32, elementType: "int32" } : t)),
      operators: graph.operators.map((op) => ({ ...op, nests: [nest(op.outputs[0]!)] })),
    };
    const { of } = assignStorage(
      inRuns,
      (t) => (16 * inRuns.tensors[t]!.bits) / 8,
      () => true,
      false,
    );
    const [x, s, t, y] = ["x", "s", "t", "y"].map((name) => of[inRuns.tensors.find((tensor) => tensor.name === name)!.id]);
    expect(s).toBe(t);
    expect(new Set([x, s, y]).size).toBe(3);
  });
});
