import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rng } from "../../src/base/rng.js";
import { integersOf } from "../../src/emit/integer/integers.js";
import { layerWeights } from "../../src/emit/integer/weights.js";
import { type MachineFiles, machineFiles } from "../../src/emit/verilog/machine-files.js";
import { weightFiles } from "../../src/emit/verilog/weight-files.js";
import type { Binding } from "../../src/onnx/bindings.js";
import { importOnnx } from "../../src/onnx/import.js";
import { verify } from "../../src/planners/pipeline/verify.js";
import { type RandomMachine, randomMachine } from "../random-machine.js";
import { honest } from "../small-pipeline.js";
import { foreseen, simulated, steps } from "./frames.js";
import { lenet } from "./lenet.js";
import { quantisedNetwork } from "./quantised.js";
import { sampleOf } from "./sample.js";
import { skipped } from "./tools.js";

const BIND: readonly Binding[] = [{ kind: "symbol", name: "None", value: 1 }];

/** Random layers of all kinds, joined by additions and concatenations; their engines unrolled at random, their weights of any width. */
function randomFiles(seed: number) {
  const { problem, engines, integers, slowest } = narrowed(randomMachine(seed, 6, true), seed);
  const plan = honest(problem, engines);
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.violations));
  const weights = integers.layers.map((layer, id) =>
    layer.kind === "convolution"
      ? { integers: Int32Array.from(layer.weights), scales: problem.layers[id]!.output.channels === 0 ? [] : [1] }
      : undefined,
  );
  const path = weightFiles(problem, verdict.accepted, 0, weights);
  if (!path.ok) throw new Error(JSON.stringify(path.errors));
  const machine = whole(machineFiles(problem, verdict.accepted.plan, 0, integers, path.value));
  return { slowest, expected: machine.expected, files: [...path.value.files, ...machine.files] };
}

/** The same with narrower weights of random widths, so that more products share a multiplier, on either kind of multiplier. */
function narrowed(machine: RandomMachine, seed: number): RandomMachine {
  const random = rng(seed);
  const { problem, integers } = machine;
  const widths = problem.layers.map(() => [1, 2, 3, 4, 8][Math.floor(random() * 5)]!);
  const narrow = (weight: number, bits: number) => (bits === 1 ? (weight < 0 ? -1 : 1) : weight >> (8 - bits));
  return {
    ...machine,
    problem: {
      ...problem,
      device: { ...problem.device, fabric: random() < 0.5 ? "7series" : "ultrascale+" },
      layers: problem.layers.map((layer, id) => ({ ...layer, weights: layer.weights && { ...layer.weights, bits: widths[id]! } })),
    },
    integers: {
      ...integers,
      layers: integers.layers.map((layer, id) =>
        layer.kind === "convolution" ? { ...layer, weights: layer.weights.map((weight) => narrow(weight, widths[id]!)) } : layer,
      ),
    },
  };
}

function whole(machine: ReturnType<typeof machineFiles>): MachineFiles {
  if ("missing" in machine) throw new Error(JSON.stringify(machine.missing));
  return machine;
}

/** A model planned with engines as small as `cycles` allow and weights kept in all ways, some of them streamed, and its whole machine. */
function modelFiles(model: Uint8Array, cycles: number, link: number, bindings: readonly Binding[]) {
  const graph = importOnnx(model, { name: "model.onnx", bindings });
  if (!graph.ok) throw new Error(JSON.stringify(graph.errors));
  const sample = sampleOf(model, cycles, link, "ultrascale+", undefined, bindings);
  const weights = sample.problem.layers.map((layer, id) => {
    const found = layer.weights && layerWeights(sample.problem, id, sample.weights);
    return found?.ok ? found.value : undefined;
  });
  const network = integersOf(sample.problem, graph.value, sample.weights, weights);
  const machine = whole(machineFiles(sample.problem, sample.accepted.plan, 0, network, sample));
  return { sample, expected: machine.expected, files: [...sample.files, ...machine.files] };
}

describe.skipIf(skipped)("the whole machine in simulation", () => {
  test.concurrent.each(Array.from({ length: 10 }, (_, i) => i + 1))(
    "random network %i: results bit by bit, and cycle by cycle",
    async (seed) => {
      const { slowest, expected, files } = randomFiles(seed);
      expect(await simulated(files, "icarus", ["", "+eager"])).toEqual(foreseen(expected));
      expect(new Set(steps(expected.eagerEndCycles).slice(4))).toEqual(new Set([slowest]));
    },
  );

  test("a LeNet with streamed weights runs at the planned pace, results bit by bit", async () => {
    const { sample, expected, files } = modelFiles(lenet(), 3000, 160, []);
    expect(sample.accepted.plan.partitions[0]!.dma!.ports.length).toBeGreaterThan(1);
    expect(expected.frames).toBeGreaterThanOrEqual(10);
    expect(new Set(steps(expected.endCycles))).toEqual(new Set([expected.cyclesPerFrame]));
    expect(await simulated(files, "verilator", ["", "+eager"])).toEqual(foreseen(expected));
  }, 120_000);

  test("a network quantised in all ways: 4 bits, stored integers, a scale for each filter", async () => {
    const { expected, files } = modelFiles(quantisedNetwork().bytes, 2500, 200, []);
    expect(new Set(steps(expected.endCycles))).toEqual(new Set([expected.cyclesPerFrame]));
    expect(await simulated(files, "verilator", ["", "+eager"])).toEqual(foreseen(expected));
  }, 120_000);

  const models = process.env.STOWAGE_MODELS ?? join(import.meta.dirname, "../../../shared/models");
  const published = modelAt(models, "fpgaconvnet_lenet.onnx");
  if (published === undefined) console.warn("fpgaconvnet_lenet.onnx not found: set STOWAGE_MODELS to the folder with the published models");
  test.skipIf(published === undefined)(
    "fpgaConvNet's LeNet with its own weights, all engines busy together",
    async () => {
      const { expected, files } = modelFiles(published!, 10_000, 500, BIND);
      expect(new Set(steps(expected.endCycles))).toEqual(new Set([expected.cyclesPerFrame]));
      expect(await simulated(files, "verilator", ["", "+eager"])).toEqual(foreseen(expected));
    },
    120_000,
  );
});

function modelAt(folder: string, name: string): Uint8Array | undefined {
  try {
    return readFileSync(join(folder, name));
  } catch {
    return undefined;
  }
}
