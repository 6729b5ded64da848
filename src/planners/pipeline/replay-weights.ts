import { type Code, type Diagnostic, fail } from "../../base/diagnostic.js";
import { weightWords } from "../../cost/fpga/engine.js";
import { busBitsOf, convolutionOf } from "./options.js";
import type { Dma, Engine, LayerId, Partition, PipelineProblem } from "./plan.js";
import { beatsOfFragment, type Reader, runStream, type StreamRun } from "./replay-stream.js";

/** The weight stream of a partition, as it was seen to run. */
export interface Streamed {
  readonly layers: readonly LayerId[];
  /** Most cycles that its engine waited in a frame, and by which that put its work off. */
  readonly ports: readonly { readonly stalls: number; readonly late: number }[];
  readonly run: StreamRun | undefined;
}

/**
 * Runs the weight stream of a partition: whether its table can be what the problem allows (PIP-26), brings every layer its
 * weights (PIP-27) in time (PIP-28), and with the waiting that the plan says (PIP-31).
 *
 * @param io bits of inputs and outputs per frame, which the link carries beside
 * @returns undefined where nothing is streamed, or nothing can be run
 */
export function streamOf(
  problem: PipelineProblem,
  { engines, dma, cyclesPerFrame: interval }: Partition,
  io: number,
  where: string,
  violations: Diagnostic[],
): Streamed | undefined {
  const streaming = engines.filter(({ memory }) => memory !== undefined && memory.fragments > 0);
  const say = (code: Code, place: string, message: string, fix: string) => {
    violations.push(fail(code, `${where}.${place}`, message, fix));
  };
  const again = "plan again";
  const known = violations.length;
  if (dma === undefined) {
    if (streaming.length > 0) say("PIP-26", "dma", `is missing: ${streaming.length} layers stream weights`, again);
    return undefined;
  }
  const wanted = streaming.map(({ layer }) => layer);
  if (wanted.join() !== dma.ports.join())
    say("PIP-26", "dma.ports", `serves layers ${dma.ports.join(", ")}, weights stream into ${wanted.join(", ")}`, again);
  const busBits = busBitsOf(problem.device);
  if (dma.busBits !== busBits) say("PIP-26", "dma.busBits", `is a bus of ${dma.busBits} bits, the link needs ${busBits}`, again);
  const most = Math.floor(65536 * (problem.device.bitsPerCycle - io / interval));
  if (dma.rate > most || dma.rate < 1)
    say("PIP-26", "dma.rate", `takes ${dma.rate} / 65536 bits per cycle, inputs and outputs leave ${most}`, again);
  if (violations.length > known) return undefined;

  const readers = streaming.map((engine) => readerOf(problem, engine));
  const sent = readers.map(() => 0);
  for (const { port, beats } of dma.slots) sent[port]! += beats * dma.rounds;
  readers.forEach((reader, port) => {
    const needed = reader.sweeps * reader.fragments * beatsOfFragment(reader, busBits);
    if (sent[port]! < needed)
      say("PIP-27", `dma.ports[${port}]`, `gets ${sent[port]} beats per frame, ${nameOf(problem, dma, port)} reads ${needed}`, again);
  });
  if (violations.length > known) return undefined;

  const run = runStream(readers, dma, interval);
  if (run === undefined) say("PIP-28", "dma", "some layer gets its weights later and later", "allow more cycles per frame");
  run?.ends.forEach((ends, port) => {
    const [before, last] = [ends.at(-2) ?? 0, ends.at(-1) ?? 0];
    if (last - before > interval)
      say(
        "PIP-28",
        `dma.ports[${port}]`,
        `${nameOf(problem, dma, port)} ends a frame ${last - before} cycles after the one before, one enters every ${interval}`,
        "allow more cycles per frame",
      );
  });
  if (run !== undefined && run.filled !== dma.warmUp)
    say("PIP-31", "dma.warmUp", `is ${dma.warmUp} cycles, all buffers are full after ${run.filled}`, again);
  run?.stalls.forEach((stalls, port) => {
    const all = sum(stalls);
    if (all !== dma.stalls[port])
      say(
        "PIP-31",
        `dma.stalls[${port}]`,
        `says that ${nameOf(problem, dma, port)} waits ${dma.stalls[port]} cycles, it was seen to wait ${all}`,
        "report this: the planner miscounts",
      );
  });
  return { layers: wanted, ports: run?.stalls.map((stalls, port) => ({ stalls: Math.max(...stalls), late: run.late[port]! })) ?? [], run };
}

const sum = (list: readonly number[]): number => list.reduce((total, n) => total + n, 0);
const nameOf = ({ layers }: PipelineProblem, { ports }: Dma, port: number): string => layers[ports[port]!]!.name;

/** What an engine whose weights are streamed does with them. Source: docs/math/pipeline.md, weight memory. */
function readerOf(problem: PipelineProblem, { layer, unroll, memory }: Engine): Reader {
  const { fragments, streamed, buffers, reuse } = memory!;
  const { output } = problem.layers[layer]!;
  const { width, depth } = weightWords(convolutionOf(problem, problem.layers[layer]!), unroll);
  return {
    width,
    resident: depth / fragments - streamed,
    streamed,
    fragments,
    sweeps: output.height * Math.ceil(output.width / reuse),
    buffers,
    held: reuse,
  };
}
