import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { print } from "../../src/emit/verilog/print.js";
import type { Module } from "../../src/emit/verilog/tree.js";
import { buildExample } from "../../src/onnx/examples/index.js";
import { costOf, engineCost } from "../../src/planners/pipeline/options.js";
import type { Dma } from "../../src/planners/pipeline/plan.js";
import { type Reader, runStream } from "../../src/planners/pipeline/replay-stream.js";
import { quantisedNetwork } from "./quantised.js";
import { type Sample, sampleOf } from "./sample.js";
import { icarus, lint, removed, skipped, synthesised, told, verilator, written } from "./tools.js";

const HARDWARE = "rtl/*.v";

/** Weights of all networks are streamed in part by several layers, through one, two and three buffers, over one link. */
const NETWORKS = [
  {
    name: "a quantised network",
    model: () => quantisedNetwork().bytes,
    seed: undefined,
    cycles: 2500,
    link: 24,
    fabric: "ultrascale+",
    family: "xcup",
  },
  { name: "resnet8", model: () => buildExample("resnet8")!, seed: 1, cycles: 40_000, link: 200, fabric: "7series", family: "xc7" },
  { name: "dscnn", model: () => buildExample("dscnn")!, seed: 2, cycles: 10_000, link: 400, fabric: "ultrascale+", family: "xcup" },
] as const;

describe.skipIf(skipped).concurrent("the weight path in simulation", { timeout: 600_000 }, () => {
  for (const { name, cycles, link, fabric, family, seed, model } of NETWORKS)
    describe(name, () => {
      let sample: Sample;
      let folder: string;
      let compiled: Promise<Simulator>;
      beforeAll(() => {
        sample = sampleOf(model(), cycles, link, fabric, seed);
        folder = written([...sample.files, { path: "rams.v", text: print([ramsOnly(sample)]) }]);
        compiled = verilator(folder, "testbench", `${HARDWARE} sim/testbench.v sim/main.cpp`);
      });
      afterAll(() => removed(folder));

      test("two layers and more share the link", () => {
        expect(dmaOf(sample).ports.length).toBeGreaterThan(1);
      });

      test("words, stalls, ends of frames and beats are as the judge foresees", async () => {
        const output = await (await compiled)();
        expect(sums(output)).toEqual(foreseen(sample));
        expect(frames(output)).toEqual(framesForeseen(sample));
        expect(output).toMatch(/^PASS$/m);
      });

      test("the memories are those that the plan's resources count", () => {
        const { problem, accepted, expected } = sample;
        const kept = accepted.plan.partitions[0]!.engines.flatMap((engine) => {
          const { unroll, memory } = engine;
          if (memory === undefined) return [];
          const without = engineCost(problem, problem.layers[engine.layer]!, unroll, memory.reuse).resources;
          const { bram18, uram } = costOf(problem, engine).resources;
          return [{ bram18: bram18 - without.bram18, uram: uram - without.uram }];
        });
        for (const key of ["bram18", "uram"] as const)
          expect(total(expected.memories.map((memory) => memory[key]))).toBe(total(kept.map((cost) => cost[key])));
      });

      // Icarus takes a minute where Verilator takes a second.
      if (name !== "resnet8")
        test("Icarus Verilog sees the same as Verilator", async () => {
          const [byIcarus, byVerilator] = await Promise.all([(await icarus(folder, `${HARDWARE} sim/*.v`))(), (await compiled)()]);
          expect(sums(byIcarus)).toEqual(sums(byVerilator));
          expect(frames(byIcarus)).toEqual(frames(byVerilator));
          expect(byIcarus).toMatch(/^PASS$/m);
        });

      test("a link below the bound makes engines wait, as long as the judge foresees", async () => {
        const dma = dmaOf(sample);
        const { bytesPerFrame, cyclesPerFrame } = sample.expected;
        const rate = Math.floor((0.97 * 65536 * 8 * bytesPerFrame) / cyclesPerFrame);
        const readers = dma.ports.map((layer) => readerOf(sample, layer));
        const run = runStream(readers, { ...dma, rate }, cyclesPerFrame);
        const output = await (await compiled)(`+rate=${rate}`);
        const waited = dma.ports.map((layer) => Number(sums(output).find((line) => line.layer === nameOf(sample, layer))!.stalls));
        expect(waited).toEqual(run!.stalls.map(total));
        expect(total(waited)).toBeGreaterThan(0);
        expect(sums(output).every(({ errors }) => errors === 0)).toBe(true);
      });

      test("Yosys finds the RAMs that the plan counts, in every memory", async () => {
        // The smallest network has no memory worth a RAM: there the whole design is looked at.
        const [top, memories] = inRams(sample).length > 0 ? ["rams", inRams(sample)] : ["weight_path", sample.expected.memories];
        const found = await synthesised(folder, top, `${HARDWARE} rams.v`, family);
        const rams = (module: string) => {
          const count = (pattern: RegExp) =>
            Object.entries(found[module] ?? {}).reduce((n, [cell, times]) => n + (pattern.test(cell) ? times : 0), 0);
          return { bram18: count(/^RAMB18/) + 2 * count(/^RAMB36/), uram: count(/^URAM/) };
        };
        expect(Object.fromEntries(memories.map((memory) => [memory.name, rams(memory.name)]))).toEqual(
          Object.fromEntries(memories.map(({ name: memory, bram18, uram }) => [memory, { bram18, uram }])),
        );
      });

      test("Verilator's strictest check finds nothing", async () => {
        expect(await lint(folder, "weight_path", HARDWARE)).toBe("");
      });
    });
});

test.skipIf(skipped)("URAM begins empty: static weights in it are loaded before the first cycle", { timeout: 600_000 }, async () => {
  const sample = sampleOf(buildExample("dscnn")!, 10_000, 400, "ultrascale+", 2, [], "uram");
  const folder = written([...sample.files, { path: "rams.v", text: print([ramsOnly(sample)]) }]);
  const output = await (await icarus(folder, `${HARDWARE} sim/*.v`))();
  expect(sums(output)).toEqual(foreseen(sample));
  expect(output).toMatch(/^PASS$/m);
  expect(sample.hardware.loaded.length).toBeGreaterThan(0);
  const found = await synthesised(folder, "rams", `${HARDWARE} rams.v`, "xcup");
  expect(Object.fromEntries(inRams(sample).map(({ name }) => [name, found[name]?.URAM288 ?? 0]))).toEqual(
    Object.fromEntries(inRams(sample).map(({ name, uram }) => [name, uram])),
  );
  removed(folder);
});

type Simulator = (options?: string) => Promise<string>;

const total = (list: readonly number[]): number => list.reduce((sum, n) => sum + n, 0);

const inRams = ({ expected }: Sample) => expected.memories.filter(({ bram18, uram }) => bram18 + uram > 0);

/** The memories that lie in RAMs and nothing else, so that synthesis is quick. */
function ramsOnly(sample: Sample): Module {
  const modules = sample.hardware.modules.flatMap((file) => file.modules);
  const chosen = inRams(sample).map(({ name }) => modules.find((module) => module.name === name)!);
  return {
    name: "rams",
    comment: "Every memory with its ports.",
    ports: chosen.flatMap(({ name, ports }) => ports.map((port) => ({ ...port, name: `${name}_${port.name}` }))),
    items: chosen.map(({ name, ports }) => ({
      kind: "instance",
      module: name,
      name: `${name}_`,
      connections: Object.fromEntries(ports.map((port) => [port.name, `${name}_${port.name}`])),
    })),
  };
}

const dmaOf = ({ accepted }: Sample): Dma => accepted.plan.partitions[0]!.dma!;

const nameOf = ({ problem, expected }: Sample, layer: number): string =>
  expected.layers.find((l) => l.layer === problem.layers[layer]!.name)!.name;

/** What the testbench says at the end, by layer. */
const sums = (output: string) =>
  told(output)
    .filter((line) => "words" in line)
    .sort((a, b) => (String(a.layer) < String(b.layer) ? -1 : 1));

const frames = (output: string) =>
  told(output)
    .filter((line) => "frame" in line)
    .sort((a, b) => (String(a.layer) < String(b.layer) ? -1 : String(a.layer) > String(b.layer) ? 1 : Number(a.frame) - Number(b.frame)));

const byName = <T extends { readonly name: string }>(list: readonly T[]): readonly T[] =>
  [...list].sort((a, b) => (a.name < b.name ? -1 : 1));

function foreseen({ expected }: Sample) {
  return byName(expected.layers).map((layer) => ({
    layer: layer.name,
    words: expected.frames * layer.sweepsPerFrame * layer.wordsPerSweep,
    errors: 0,
    stalls: total(layer.stallCycles),
    beats: expected.frames * layer.beatsPerFrame,
  }));
}

const framesForeseen = ({ expected }: Sample) =>
  byName(expected.layers).flatMap(({ name, stallCycles, endCycles }) =>
    stallCycles.map((stalls, frame) => ({ layer: name, frame, end: endCycles[frame], stalls })),
  );

function readerOf({ accepted, problem, expected }: Sample, layer: number): Reader {
  const { fragments, streamed, buffers, reuse } = accepted.plan.partitions[0]!.engines.find((engine) => engine.layer === layer)!.memory!;
  const { wordBits, wordsPerSweep, sweepsPerFrame } = expected.layers.find((l) => l.layer === problem.layers[layer]!.name)!;
  return {
    width: wordBits,
    resident: wordsPerSweep / fragments - streamed,
    streamed,
    fragments,
    sweeps: sweepsPerFrame,
    buffers,
    held: reuse,
  };
}

describe("the words of a sweep", () => {
  const { bytes, weights } = quantisedNetwork();
  const { problem, accepted, files, expected } = sampleOf(bytes, 2500, 24, "ultrascale+");

  test.each(weights)("of $layer are the quantised tensor in the order that the engine takes", ({ layer: name, shape, integers }) => {
    const id = problem.layers.findIndex((layer) => layer.name === name);
    const layer = problem.layers[id]!;
    const { unroll } = accepted.plan.partitions[0]!.engines.find((engine) => engine.layer === id)!;
    const emitted = expected.layers.find((l) => l.layer === name)!;
    const words = files
      .find(({ path }) => path === `data/sweep_${emitted.name}.hex`)!
      .text.trim()
      .split("\n")
      .map((line) => BigInt(`0x${line}`));
    const [filters, channels, positions] = shape as [number, number, number];
    const bits = layer.weights!.bits;
    const perGroup = filters / layer.groups;

    // docs/math/pipeline.md, "Weight memory": where each weight stands, from the weight's side.
    const found = integers.map((_, n) => {
      const [f, c, k] = [Math.floor(n / (channels * positions)), Math.floor(n / positions) % channels, n % positions];
      const [g, o] = [Math.floor(f / perGroup), f % perGroup];
      const steps = [channels / unroll.in, perGroup / unroll.out, positions / unroll.kernel] as const;
      const word =
        ((Math.floor(g / unroll.group) * steps[0] + Math.floor(c / unroll.in)) * steps[1] + Math.floor(o / unroll.out)) * steps[2] +
        Math.floor(k / unroll.kernel);
      const lane =
        (((g % unroll.group) * unroll.out + (o % unroll.out)) * unroll.in + (c % unroll.in)) * unroll.kernel + (k % unroll.kernel);
      return Number(BigInt.asIntN(bits, words[word]! >> BigInt(lane * bits)));
    });
    expect(found).toEqual(integers);
    expect(words).toHaveLength((filters * channels * positions * bits) / emitted.wordBits);
  });
});
