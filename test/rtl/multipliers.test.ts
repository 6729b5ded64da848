import { expect, test } from "vitest";
import type { IntegerLayer, Scaling } from "../../src/emit/integer/network.js";
import { acceleratorModules } from "../../src/emit/verilog/accelerator.js";
import { print } from "../../src/emit/verilog/print.js";
import { structureOf } from "../../src/emit/verilog/structure.js";
import { costOf } from "../../src/planners/pipeline/options.js";
import type { Engine, PipelineProblem, Unroll } from "../../src/planners/pipeline/plan.js";
import { mapOf, network, POINT, window3 } from "../small-pipeline.js";
import { removed, skipped, synthesised, written } from "./tools.js";

type Drawn = Parameters<typeof network>[1][number];

/** A layer of the chain, and how its engine is unrolled. */
interface Step {
  readonly layer: Drawn;
  readonly unroll: Unroll;
  readonly reuse?: number;
}

const SIDE = 6;

/** A convolution with weights of `weight` bits that gives `channels` of `bits`; `read` elements are added up in each of its sums. */
const convolution = (weight: number, read: number, [channels, bits]: readonly [number, number], groups = 1): Drawn => ({
  kind: "convolution",
  output: mapOf(channels, SIDE, SIDE, bits),
  kernel: window3(),
  groups,
  weights: { tensor: "w", bits: weight, biased: true, accumulatorBits: weight + 16 + Math.ceil(Math.log2(read)) },
});

/** In the order of the chain, which begins with 4 channels of 8 bits: what a layer gives is as wide as what the next one reads. */
const STEPS: Readonly<Record<string, Step>> = {
  "8 x 8 bits, an odd number of filters at a time": {
    layer: convolution(8, 36, [6, 4]),
    unroll: { in: 2, out: 3, group: 1, kernel: 3 },
  },
  "4 x 4 bits, depth-wise": { layer: convolution(4, 9, [6, 5], 6), unroll: { in: 1, out: 1, group: 6, kernel: 9 } },
  "4 x 5 bits": { layer: convolution(4, 54, [8, 16]), unroll: { in: 3, out: 8, group: 1, kernel: 1 } },
  "16 x 16 bits": { layer: convolution(16, 72, [4, 8]), unroll: { in: 2, out: 2, group: 1, kernel: 3 } },
  "1 x 8 bits": { layer: convolution(1, 36, [6, 4]), unroll: { in: 4, out: 6, group: 1, kernel: 1 } },
  "4 x 4 bits, sweeps shared by three pixels": {
    layer: convolution(4, 54, [7, 8]),
    unroll: { in: 2, out: 7, group: 1, kernel: 3 },
    reuse: 3,
  },
  "8 x 8 bits, sweeps shared by two pixels": {
    layer: convolution(8, 63, [8, 5]),
    unroll: { in: 7, out: 4, group: 1, kernel: 1 },
    reuse: 2,
  },
  "4 x 5 bits, two groups side by side": { layer: convolution(4, 36, [10, 20], 2), unroll: { in: 4, out: 5, group: 2, kernel: 3 } },
  "24 x 20 bits": { layer: convolution(24, 90, [2, 8]), unroll: { in: 1, out: 2, group: 1, kernel: 1 } },
  "a mean of nine positions": {
    layer: { kind: "pooling", type: "AveragePool", output: mapOf(2, SIDE), kernel: { ...POINT, ...window3() } },
    unroll: { in: 2, out: 1, group: 1, kernel: 1 },
  },
  "a mean of four positions": {
    layer: { kind: "pooling", type: "AveragePool", output: mapOf(2, SIDE), kernel: { ...POINT, height: 2, width: 2, bottom: 1, right: 1 } },
    unroll: { in: 1, out: 1, group: 1, kernel: 1 },
  },
  "an addition": {
    layer: { kind: "combine", type: "Add", from: [9, 10], output: mapOf(2, SIDE) },
    unroll: { in: 2, out: 1, group: 1, kernel: 1 },
  },
  "a mean of the map": {
    layer: { kind: "globalPooling", type: "GlobalAveragePool", kernel: undefined, output: mapOf(2, 1) },
    unroll: { in: 1, out: 1, group: 1, kernel: 1 },
  },
};

/** Any factor that is no power of two, and none. */
const SCALING: Scaling = { multiplier: 20503, shift: 20, low: -8, high: 7 };
const SHIFTED: Scaling = { multiplier: 1, shift: 2, low: -8, high: 7 };

function arithmeticOf({ kind, output, weights, kernel }: PipelineProblem["layers"][number]): IntegerLayer {
  if (kind === "combine") return { kind: "addition", factors: [4, 1], scaling: SHIFTED };
  if (kind !== "convolution") return { kind: "mean", scaling: kernel?.height === 2 ? SHIFTED : SCALING };
  const bias = Array.from({ length: output.channels }, (_, f) => 7 * f - 5);
  return { kind, weights: [], bias, sumBits: weights!.accumulatorBits - 1, scaling: SCALING };
}

test.skipIf(skipped).each([
  ["ultrascale+", "xcup"],
  ["7series", "xc7"],
] as const)(
  "%s: Yosys finds the multipliers that the plan counts, in every engine",
  async (fabric, family) => {
    const steps = Object.values(STEPS);
    const bare = network(
      mapOf(4, SIDE),
      steps.map(({ layer }) => layer),
    );
    const problem: PipelineProblem = { ...bare, device: { ...bare.device, fabric } };
    const engines = steps.map(
      ({ unroll, reuse = 1 }, layer): Engine => ({
        layer,
        unroll,
        memory: problem.layers[layer]!.weights && { fragments: 0, streamed: 0, buffers: 0, reuse, static: "bram", buffer: "none" },
      }),
    );
    const built = structureOf(problem, engines, { layers: problem.layers.map(arithmeticOf), scales: [], missing: [] });
    if ("missing" in built) throw new Error(JSON.stringify(built.missing));
    const folder = written(acceleratorModules(built.structure).map(({ file, modules }) => ({ path: file, text: print(modules) })));
    const cells = await synthesised(folder, "accelerator", "machine/*.v", family, "coarse");
    removed(folder);
    const found = built.structure.stages.map(({ name }) => {
      const own = cells[`layer_${name}`] ?? {};
      // Where a product has less than 9 bits, as in the depth-wise layer, Yosys means to build it from LUTs.
      return (own.DSP48E1 ?? 0) + (own.DSP48E2 ?? 0) + (own.$mul ?? 0);
    });
    const planned = engines.map((engine) => costOf(problem, engine).resources.dsp);
    const named = (counts: readonly number[]) => Object.fromEntries(Object.keys(STEPS).map((step, i) => [step, counts[i]]));
    expect(named(found)).toEqual(named(planned));
  },
  600_000,
);
