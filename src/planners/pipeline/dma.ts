import { cycles } from "../../base/units.js";
import { weightWords } from "../../cost/fpga/engine.js";
import { beatsPerFrame, CREDIT, fillTime, type Port, runStream } from "./dma-run.js";
import { tableOf } from "./dma-table.js";
import { busBitsOf, convolutionOf } from "./options.js";
import type { Dma, Engine, PipelineProblem } from "./plan.js";

/** Whether the link brings all weights in time. Nothing streamed: no schedule is needed. */
export type Schedule =
  | { readonly kind: "none" }
  | { readonly kind: "holds"; readonly dma: Dma }
  /** Some engine falls behind more and more. */
  | { readonly kind: "late" };

/** Beats of a slot, longest first: long ones are passed over less often, short ones mix better. */
const LENGTHS = [16, 8, 4];

/**
 * The slot table of the layers that stream among `engines`, run for four frames of `cyclesPerFrame`. Of the tables tried the
 * first without stalls, otherwise the one with fewest that every engine keeps up with.
 *
 * @param io bits of inputs and outputs per frame, which the link carries as well
 * @see docs/math/pipeline.md, "DMA"
 */
export function schedule(problem: PipelineProblem, engines: readonly Engine[], io: number, cyclesPerFrame: number): Schedule {
  const streamed = engines.filter(({ memory }) => memory !== undefined && memory.fragments > 0);
  if (streamed.length === 0) return { kind: "none" };
  const ports = streamed.map((engine) => portOf(problem, engine));
  const busBits = busBitsOf(problem.device);
  const rate = Math.floor(CREDIT * (problem.device.bitsPerCycle - io / cyclesPerFrame));
  const beats = ports.map((port) => beatsPerFrame(port, busBits));
  if (beats.reduce((sum, n) => sum + n, 0) * busBits * CREDIT > rate * cyclesPerFrame) return { kind: "late" };

  let best: Dma | undefined;
  for (const longest of LENGTHS) {
    const stream = { busBits, rate, ...tableOf(beats, longest) };
    const warmUp = cycles(fillTime(ports, stream));
    const { stalls, steady } = runStream(ports, { ...stream, warmUp }, cyclesPerFrame);
    const dma = { ...stream, ports: streamed.map(({ layer }) => layer), warmUp, stalls };
    if (steady && (best === undefined || total(stalls) < total(best.stalls))) best = dma;
    if (best !== undefined && total(best.stalls) === 0) break;
  }
  return best === undefined ? { kind: "late" } : { kind: "holds", dma: best };
}

const total = (stalls: readonly number[]): number => stalls.reduce((sum, n) => sum + n, 0);

/** What `engine`, which streams, asks of the link. */
export function portOf(problem: PipelineProblem, { layer, unroll, memory }: Engine): Port {
  const shape = problem.layers[layer]!;
  const { fragments, streamed, buffers, reuse } = memory!;
  const { width, depth } = weightWords(convolutionOf(problem, shape), unroll);
  const { height, width: columns } = shape.output;
  return { width, period: depth / fragments, streamed, fragments, buffers, reuse, sweepsPerFrame: height * Math.ceil(columns / reuse) };
}
