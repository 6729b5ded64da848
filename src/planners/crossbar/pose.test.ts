import { expect, test } from "vitest";
import { network } from "../../onnx/build.js";
import { importOnnx } from "../../onnx/import.js";
import { readWeights } from "../../onnx/weight-values.js";
import type { CrossbarTarget } from "../../target/crossbar-target.js";
import { presetTarget } from "../../target/presets.js";
import { pose } from "./pose.js";

/** One product of so many inputs and outputs, its weights not at hand. */
function posed(inputs: number, outputs: number) {
  const net = network("product", { opset: 13 });
  net.output("y", net.node("MatMul", [net.input("x", [1, inputs]), net.weight("w", [inputs, outputs])], {}, { name: "wide" }));
  const graph = importOnnx(net.bytes(), { name: "product", bindings: [], external: () => undefined });
  const target = presetTarget("reram-ou", []);
  if (!graph.ok || !target.ok) throw new Error("a product is a network");
  return pose(graph.value, target.value as CrossbarTarget, { objective: "latency" }, () => readWeights(net.bytes(), "product", undefined));
}

test("a layer that no text holds is refused before its weights are read", () => {
  const refused = posed(20_001, 20_000);
  expect(refused.ok ? [] : refused.errors.map(({ code, where }) => [code, where])).toEqual([["XBR-5", "wide"]]);
  const absent = posed(20_000, 20_000);
  expect(absent.ok ? [] : absent.errors.map(({ code }) => code)).toEqual(["ONX-21"]);
});
