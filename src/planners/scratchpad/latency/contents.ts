import { transferCycles } from "../../../cost/traffic.js";
import { operandsOf } from "../accesses.js";
import { usable } from "../conflict.js";
import type { BufferId, ScratchpadProblem, StepId } from "../plan.js";

/** What a buffer holds between two writes: who makes it, who reads it, whichever order the steps run in. */
export interface Content {
  readonly buffer: BufferId;
  /** -1: it lies off chip at the beginning. */
  readonly writer: StepId;
  /** In the model's order; at least one, or `final`. */
  readonly readers: readonly StepId[];
  /** The last content of a network output that some step writes. */
  readonly final: boolean;
  /** Cycles of a transfer. */
  readonly transfer: number;
}

/** A problem as the bounds on its latency see it. */
export interface Network {
  readonly steps: number;
  readonly duration: Float64Array;
  readonly contents: readonly Content[];
  /** Per step, indices of the contents it reads and makes. */
  readonly reads: readonly (readonly number[])[];
  readonly makes: readonly (readonly number[])[];
  /** Whether the buffer cannot be in the scratchpad while the step runs: the operands leave no room for it. */
  readonly blocks: (s: StepId, b: BufferId) => boolean;
}

export function networkOf(problem: ScratchpadProblem): Network {
  const { buffers, steps, machine } = problem;
  const contents: { buffer: BufferId; writer: StepId; readers: StepId[]; final: boolean; transfer: number }[] = [];
  const make = (buffer: BufferId, writer: StepId) =>
    contents.push({ buffer, writer, readers: [], final: false, transfer: transferCycles(buffers[buffer]!.size, machine.offChipRate) }) - 1;
  const latest = new Int32Array(buffers.length).fill(-1);
  const reads: number[][] = [];
  const makes: number[][] = [];
  steps.forEach((step, s) => {
    reads.push(
      step.reads.map((b) => {
        if (latest[b] === -1) latest[b] = make(b, -1);
        contents[latest[b]!]!.readers.push(s);
        return latest[b]!;
      }),
    );
    makes.push(
      step.writes.map((b) => {
        latest[b] = make(b, s);
        return latest[b]!;
      }),
    );
  });
  buffers.forEach(({ keep }, b) => {
    const content = contents[latest[b]!];
    if (keep && content !== undefined && content.writer >= 0) content.final = true;
  });
  const operands = steps.map(operandsOf);
  const room = usable(problem);
  const left = operands.map((ids) => room - ids.reduce((sum, b) => sum + buffers[b]!.footprint, 0));
  return {
    steps: steps.length,
    duration: Float64Array.from(steps, (s) => s.duration),
    contents,
    reads,
    makes,
    blocks: (s, b) => left[s]! < buffers[b]!.footprint && !operands[s]!.includes(b),
  };
}
