import { describe, expect, test } from "vitest";
import { accepted, type GraphInit, modelBytes, node, value, zeros } from "../../../test/onnx-model.js";
import { enginesOf } from "../../../test/small-pipeline.js";
import { rng } from "../../base/rng.js";
import { presetTarget } from "../../target/presets.js";
import { costOf } from "./options.js";
import { pose } from "./pose.js";
import { readProblem } from "./read.js";
import { flow } from "./replay-flow.js";

/** A network of one window over 2 channels of `size` x `size` as the pipeline takes it. */
function posed(type: string, size: number, attributes: Record<string, bigint[]>, kernel: readonly number[]) {
  const window = node(type, type === "MaxPool" ? "x" : "x w", "y", attributes);
  const graph = accepted(
    modelBytes({
      node: [{ ...window, name: "window" }],
      initializer: [zeros("w", [2, 2, ...kernel])],
      input: [value("x", [1, 2, size, size])],
      output: [value("y", undefined)],
    } as GraphInit),
  );
  const target = presetTarget("zcu102", []);
  if (!target.ok || target.value.kind !== "pipeline") throw new Error("no such target");
  return pose(graph, target.value, { objective: "throughput" });
}

describe("rows and columns that no window reads", () => {
  test("less than no padding is cut off before the window", () => {
    const problem = posed("Conv", 8, { pads: [-1n, 0n, 0n, -2n] }, [3, 3]);
    if (!problem.ok) throw new Error(problem.errors[0].message);
    const [cut, convolution] = problem.value.layers;
    expect(cut).toMatchObject({ kind: "rearrange", output: { height: 7, width: 6 }, kernel: { top: -1, left: 0, bottom: 0, right: -2 } });
    expect(convolution).toMatchObject({ output: { height: 5, width: 4 }, kernel: { top: 0, left: 0, bottom: 0, right: 0 } });
  });

  test("so is what a transposed convolution makes only for its padding to cut off", () => {
    // Each of 5 pixels makes 2 of 10, of which 3 and 2 are cut off: all of the first and of the last pixel's, and one more.
    const problem = posed("ConvTranspose", 5, { kernel_shape: [2n, 2n], strides: [2n, 2n], pads: [3n, 3n, 2n, 2n] }, [2, 2]);
    if (!problem.ok) throw new Error(problem.errors[0].message);
    const [cut, transposed] = problem.value.layers;
    expect(cut).toMatchObject({ kind: "rearrange", output: { height: 3, width: 3 } });
    expect(transposed).toMatchObject({ output: { height: 5, width: 5 }, kernel: { top: 1, left: 1, bottom: 0, right: 0 } });
  });

  test("a window that sees nothing of its map", () => {
    const problem = posed("Conv", 4, { pads: [-4n, 0n, 6n, 0n] }, [3, 3]);
    expect(problem).toMatchObject({ ok: false, errors: [{ code: "PIP-6", message: expect.stringContaining("cuts off all") }] });
  });

  test("windows with any padding take as long as counted", () => {
    let cuts = 0;
    for (let seed = 0; seed < 300; seed++) {
      const uniform = rng(seed);
      const roll = (least: number, most: number) => least + Math.floor(uniform() * (most - least + 1));
      const type = ["Conv", "ConvTranspose", "MaxPool"][roll(0, 2)]!;
      const [size, kernel, stride, dilation] = [roll(5, 9), roll(1, 3), roll(1, 3), roll(1, 2)];
      const reach = (kernel - 1) * dilation + 1;
      const pads = Array.from({ length: 4 }, () => (type === "ConvTranspose" ? roll(0, reach + 1) : roll(-2, reach - 1)));
      const [high, wide] = [pads[0]! + pads[2]!, pads[1]! + pads[3]!];
      const least = Math.min(
        ...[high, wide].map((p) => (type === "ConvTranspose" ? (size - 1) * stride + reach - p : size + p - reach + 1)),
      );
      if (least < 1) continue;
      const twice = (n: number) => [BigInt(n), BigInt(n)];
      const attributes = { kernel_shape: twice(kernel), strides: twice(stride), dilations: twice(dilation), pads: pads.map(BigInt) };
      const problem = posed(type, size, attributes, [kernel, kernel]);
      if (!problem.ok) {
        expect({ seed, message: problem.errors[0].message }).toEqual({ seed, message: expect.stringContaining("cuts off all") });
        continue;
      }
      if (problem.value.layers.length > 1) cuts++;
      const read = readProblem(JSON.parse(JSON.stringify(problem.value)), "problem");
      expect({ seed, read: read.ok || read.errors }).toEqual({ seed, read: true });
      const engines = enginesOf(problem.value);
      const slowest = Math.max(...engines.map((engine) => costOf(problem.value, engine).interval));
      const { period, stuck } = flow(problem.value, engines, 1);
      expect({ seed, type, attributes, stuck, period }).toEqual({ seed, type, attributes, stuck: [], period: slowest });
    }
    expect(cuts).toBeGreaterThan(20);
  });
});
