import { bad, type Checked, type Diagnostic, fail, good } from "../../base/diagnostic.js";
import type { Accepted } from "../../base/verdict.js";
import { memoryCost } from "../../cost/fpga/memory.js";
import { engineCost } from "../../planners/pipeline/options.js";
import type { Engine, PipelinePlan, PipelineProblem } from "../../planners/pipeline/plan.js";
import { beatsOfFragment, type Reader, runStream, STREAM_FRAMES } from "../../planners/pipeline/replay-stream.js";
import { type EmittedFile, jsonFile } from "../file.js";
import type { LayerWeights } from "../integer/weights.js";
import type { Memory } from "./memory.js";
import { identifiers } from "./names.js";
import { print } from "./print.js";
import { hex, pack } from "./sweep.js";
import { type Bench, clockModule, sweepFile, testbenchModules, verilatorMain } from "./testbench.js";
import { type Hardware, type WeightLayer, weightPath } from "./weight-path.js";

/** What simulation must show, foreseen by the judge's replay. */
export interface Expected {
  readonly schema: "stowage/expected/1";
  readonly cyclesPerFrame: number;
  readonly warmUpCycles: number;
  readonly frames: number;
  readonly busBits: number | undefined;
  readonly bytesPerFrame: number;
  readonly layers: readonly ExpectedLayer[];
  readonly memories: readonly ExpectedMemory[];
}

export interface ExpectedLayer {
  /** The identifier, and as the model has it. */
  readonly name: string;
  readonly layer: string;
  readonly tensor: string;
  readonly wordBits: number;
  readonly wordsPerSweep: number;
  readonly sweepsPerFrame: number;
  readonly beatsPerFrame: number;
  /** Per frame: cycles in which the engine waits for a word, and when the frame's last word is done, from the start of the first frame. */
  readonly stallCycles: readonly number[];
  readonly endCycles: readonly number[];
}

export interface ExpectedMemory {
  /** The module. */
  readonly name: string;
  readonly words: number;
  readonly wordBits: number;
  readonly bram18: number;
  readonly uram: number;
}

/** The weight path of one partition of an accepted plan, with a testbench and what it must show. */
export interface WeightFiles {
  readonly files: readonly EmittedFile[];
  readonly expected: Expected;
  readonly hardware: Hardware;
}

/**
 * Verilog, init files, testbench and foreseen figures of the weight path.
 *
 * @param weights by layer of the problem, of those that have some.
 * @returns EXP-41 where a layer's weights are not swept in the order that is emitted (transposed convolutions).
 */
export function weightFiles(
  problem: PipelineProblem,
  { plan }: Accepted<PipelinePlan>,
  partition: number,
  weights: readonly (LayerWeights | undefined)[],
): Checked<WeightFiles> {
  const { engines, cyclesPerFrame, dma } = plan.partitions[partition]!;
  const weighted = engines.filter(({ memory }) => memory !== undefined);
  const names = identifiers(weighted.map(({ layer }) => problem.layers[layer]!.name));
  const errors: Diagnostic[] = [];
  const layers = weighted.flatMap((engine, i): readonly WeightLayer[] => {
    const layer = weightLayer(problem, engine, names[i]!, weights[engine.layer]);
    if (layer.ok) return [layer.value];
    errors.push(...layer.errors);
    return [];
  });
  const [first, ...rest] = errors;
  if (first !== undefined) return bad(first, ...rest);

  const at = (layer: number) => weighted.findIndex((engine) => engine.layer === layer);
  const ports = dma?.ports.map(at) ?? [];
  const hardware = weightPath({ layers, dma: dma && { busBits: dma.busBits, slots: dma.slots, ports } });
  const readers = weighted.map((engine, i) => readerOf(problem, engine, layers[i]!));
  const run =
    dma &&
    runStream(
      ports.map((i) => readers[i]!),
      dma,
      cyclesPerFrame,
    );
  const expected: Expected = {
    schema: "stowage/expected/1",
    cyclesPerFrame,
    warmUpCycles: dma?.warmUp ?? 0,
    frames: STREAM_FRAMES,
    busBits: dma?.busBits,
    bytesPerFrame: dma === undefined ? 0 : (ports.reduce((sum, i) => sum + beatsPerFrame(readers[i]!, dma.busBits), 0) * dma.busBits) / 8,
    layers: layers.map(({ name, title, sweep }, i) => {
      const port = ports.indexOf(i);
      const layer = problem.layers[weighted[i]!.layer]!;
      const reader = readers[i]!;
      return {
        name,
        layer: title,
        tensor: layer.weights?.tensor ?? "",
        wordBits: sweep.width,
        wordsPerSweep: sweep.depth,
        sweepsPerFrame: reader.sweeps,
        beatsPerFrame: dma === undefined || port < 0 ? 0 : beatsPerFrame(reader, dma.busBits),
        stallCycles: run?.stalls[port] ?? Array.from({ length: STREAM_FRAMES }, () => 0),
        endCycles: run?.ends[port]?.map((end) => end - (dma?.warmUp ?? 0)) ?? unhindered(reader, sweep.depth, cyclesPerFrame),
      };
    }),
    memories: hardware.memories.map((memory) => memoryOf(problem, memory)),
  };
  const bench: Bench = {
    layers: layers.map((layer, i) => ({
      ...layer,
      sweeps: readers[i]!.sweeps,
      stalls: sum(expected.layers[i]!.stallCycles),
      end: expected.layers[i]!.endCycles.at(-1)!,
      beats: expected.layers[i]!.beatsPerFrame,
    })),
    table: hardware.table,
    loaded: hardware.loaded,
    rate: dma?.rate ?? 0,
    cyclesPerFrame,
    warmUp: dma?.warmUp ?? 0,
    frames: STREAM_FRAMES,
  };
  return good({
    hardware,
    expected,
    files: [
      ...hardware.modules.map(({ file, modules }) => ({ path: file, text: print(modules) })),
      ...hardware.data.map(({ file, lines }) => ({ path: file, text: `${lines.join("\n")}\n` })),
      ...layers.map(({ name, sweep }) => ({
        path: sweepFile(name),
        text: `${Array.from({ length: sweep.depth }, (_, i) => hex(sweep, i)).join("\n")}\n`,
      })),
      { path: "sim/testbench.v", text: print(testbenchModules(bench)) },
      { path: "sim/simulation.v", text: print([clockModule]) },
      { path: "sim/main.cpp", text: verilatorMain("testbench") },
      jsonFile("expected.json", expected),
    ],
  });
}

const sum = (list: readonly number[]): number => list.reduce((total, n) => total + n, 0);

function weightLayer(problem: PipelineProblem, engine: Engine, name: string, weights: LayerWeights | undefined): Checked<WeightLayer> {
  const layer = problem.layers[engine.layer]!;
  const memory = engine.memory!;
  const input = problem.streams[layer.inputs[0]!]!.map;
  const sweep = pack(layer, input.channels, engine.unroll, weights?.integers ?? []);
  const planned = engineCost(problem, layer, engine.unroll, memory.reuse).weights;
  if (planned.depth !== sweep.depth || planned.width !== sweep.width)
    return bad(
      fail(
        "EXP-41",
        `${layer.type} ${JSON.stringify(layer.name)}`,
        `sweeps ${planned.depth} words of ${planned.width} bits; the hardware that is emitted would sweep ${sweep.depth} of ${sweep.width}`,
        "plan a network without transposed convolutions",
      ),
    );
  return good({ name, title: layer.name, sweep, memory });
}

function readerOf({ layers }: PipelineProblem, { layer, memory }: Engine, { sweep }: WeightLayer): Reader {
  const { fragments, streamed, buffers, reuse } = memory!;
  const { height, width } = layers[layer]!.output;
  return {
    width: sweep.width,
    resident: sweep.depth / Math.max(1, fragments) - streamed,
    streamed,
    fragments,
    sweeps: height * Math.ceil(width / reuse),
    buffers,
    held: reuse,
  };
}

const beatsPerFrame = (reader: Reader, busBits: number): number => reader.sweeps * reader.fragments * beatsOfFragment(reader, busBits);

/** When the frames of a layer end that never waits. */
function unhindered({ sweeps, held }: Reader, depth: number, cyclesPerFrame: number): readonly number[] {
  const ends: number[] = [];
  for (let sweep = 0, end = 0; ends.length < STREAM_FRAMES; ) {
    end = Math.max(end, Math.floor((sweep * cyclesPerFrame) / sweeps)) + depth * held;
    if (++sweep % sweeps === 0) ends.push(end);
  }
  return ends;
}

function memoryOf({ device }: PipelineProblem, memory: Memory): ExpectedMemory {
  const { bram18, uram } = memoryCost(device.fabric, memory, memory.style, memory.writable ? "ram" : "rom");
  return { name: memory.name, words: memory.depth, wordBits: memory.width, bram18, uram };
}
