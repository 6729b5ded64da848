import { add, type Bytes, bytes, picojoules } from "../../base/units.js";
import { energyToMove } from "./energy.js";
import { latencyFloor } from "./latency/floor.js";
import type { ScratchpadProblem } from "./plan.js";

/** What no plan goes below, each by itself, in the names of the plan document: every plan runs all steps and moves the compulsory bytes. */
export function floorOf(problem: ScratchpadProblem): {
  readonly offChipBytes: number;
  readonly capacityBytes: number;
  readonly latencyCycles: number;
  readonly latencySeconds: number;
  readonly energyPicojoules: number;
} {
  const { steps, machine } = problem;
  const moved = compulsory(problem);
  const { cycles } = latencyFloor(problem, bytes(0));
  const computed = steps.reduce((sum, { energy }) => add(sum, energy), picojoules(0));
  return {
    offChipBytes: moved,
    capacityBytes: machine.capacity,
    latencyCycles: cycles,
    latencySeconds: cycles / machine.clock,
    energyPicojoules: add(computed, energyToMove(moved, machine)),
  };
}

/** What lies off chip and is read before anything else is done to it comes in; what has to lie there in the end goes out. */
function compulsory({ steps, buffers }: ScratchpadProblem): Bytes {
  const touched = new Set<number>();
  const read = new Set<number>();
  const written = new Set<number>();
  for (const { reads, writes } of steps) {
    for (const b of reads) if (!touched.has(b)) read.add(b);
    for (const b of writes) written.add(b);
    for (const b of [...reads, ...writes]) touched.add(b);
  }
  return buffers.reduce(
    (sum, { offChip, keep, size }, b) => add(sum, bytes((Number(offChip && read.has(b)) + Number(keep && written.has(b))) * size)),
    bytes(0),
  );
}
