import { rng } from "../src/base/rng.js";
import { bytes, bytesPerCycle, cycles, hertz, picojoules, picojoulesPerByte } from "../src/base/units.js";
import { accessesOf, fileOrder, peakOf } from "../src/planners/scratchpad/accesses.js";
import type { Buffer, ScratchpadProblem, Step } from "../src/planners/scratchpad/plan.js";

export interface Shape {
  readonly steps: number;
  /** Largest buffer, in bytes. */
  readonly largest: number;
  readonly alignment?: number;
  /** Place of the capacity between the largest need (0) and the peak (1). */
  readonly tightness?: number;
}

/** A small network with everything a real one has: inputs read late, weights, shared operands, in-place updates, several outputs. */
export function randomProblem(seed: number, { steps: count, largest, alignment = 1, tightness = 0 }: Shape): ScratchpadProblem {
  const random = rng(seed);
  const below = (n: number) => Math.floor(random() * n);
  const buffers: Buffer[] = [];
  const add = (kind: Buffer["kind"]): number => {
    const size = bytes(1 + below(largest));
    const footprint = bytes(Math.ceil(size / alignment) * alignment);
    return (
      buffers.push({
        name: `b${buffers.length}`,
        kind,
        size,
        footprint,
        offChip: kind === "input" || kind === "weight",
        keep: kind === "output",
      }) - 1
    );
  };
  const readable: number[] = [];
  for (let i = 0; i < 1 + below(2); i++) readable.push(add("input"));
  const steps: Step[] = [];
  for (let s = 0; s < count; s++) {
    const reads = new Set<number>();
    for (let k = 0; k < 1 + below(2); k++)
      reads.add(readable[Math.max(0, readable.length - 1 - Math.floor(random() * random() * readable.length))]!);
    if (random() < 0.2) reads.add(add("weight"));
    const writes: number[] = [];
    const only = [...reads][0]!;
    if (random() < 0.2 && buffers[only]!.kind !== "weight") writes.push(only);
    else {
      const made = add(random() < 0.15 || s === count - 1 ? "output" : "activation");
      writes.push(made);
      readable.push(made);
      if (random() < 0.1) writes.push(add("activation"));
    }
    steps.push({ name: `s${s}`, type: "Op", reads: [...reads], writes, duration: cycles(1 + below(5)), energy: picojoules(1) });
  }
  const accesses = accessesOf({ buffers, steps }, fileOrder(steps));
  const min = bytes(accesses.need.reduce((a, b) => Math.max(a, b), 0));
  const peak = peakOf(accesses);
  const sizes = { min, mid: bytes(Math.ceil((min + peak) / 2 / alignment) * alignment), peak };
  const capacity = bytes(Math.floor((sizes.min + tightness * (sizes.peak - sizes.min)) / alignment) * alignment);
  return {
    kind: "scratchpad",
    objective: "traffic",
    machine: {
      capacity,
      alignment: bytes(alignment),
      reserved: [],
      clock: hertz(1),
      offChipRate: bytesPerCycle(1),
      offChipEnergy: picojoulesPerByte(1),
      memoryEnergy: picojoulesPerByte(1),
    },
    buffers,
    steps,
    sizes,
    assumptions: { weights: "planned", outsideWeightBytes: bytes(0), views: [], inPlace: [] },
  };
}
