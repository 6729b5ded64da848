import { fail } from "../../base/diagnostic.js";
import type { Conflict } from "../../base/outcome.js";
import { alignUp, bytes } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { operandsOf } from "./accesses.js";
import { fitsAlone } from "./place.js";
import type { ScratchpadProblem } from "./plan.js";

/** Bytes outside the reserved ranges. */
export const usable = ({ machine }: ScratchpadProblem): number =>
  machine.reserved.reduce((left, r) => left - Math.max(0, Math.min(r.end, machine.capacity) - r.start), machine.capacity as number);

/** Bytes of the largest stretch of addresses without a reserved range; from its first aligned address on. */
export function largestHole({ machine: { capacity, alignment, reserved } }: ScratchpadProblem): number {
  let start = 0;
  let largest = 0;
  for (const r of [...reserved.toSorted((a, b) => a.start - b.start), { start: capacity, end: capacity }]) {
    largest = Math.max(largest, Math.min(r.start, capacity) - alignUp(bytes(start), alignment));
    start = Math.max(start, r.end);
  }
  return largest;
}

/**
 * Why no plan of these steps exists, if none does: the operands of one alone do not fit. Otherwise there is one, as
 * everything may leave and come back between two steps.
 */
export function conflictOf(problem: ScratchpadProblem, budget: Budget): Conflict | undefined {
  const { steps, buffers, sizes } = problem;
  const room = usable(problem);
  const hole = largestHole(problem);
  let worst = -1;
  let worstNeed = 0;
  steps.forEach((step, i) => {
    const footprints = operandsOf(step).map((b) => buffers[b]!.footprint);
    const need = footprints.reduce((a, b) => a + b, 0);
    if (need <= worstNeed || need <= hole) return;
    if (need > room || !fitsAlone(problem, footprints, budget)) {
      worst = i;
      worstNeed = need;
    }
  });
  if (worst < 0) return undefined;
  const step = steps[worst]!;
  const missing = Math.max(0, worstNeed - room);
  const reason =
    missing > 0
      ? `${room} B are available, ${missing} B are missing`
      : `${room} B are available, but the reserved ranges cut them into pieces too small`;
  return {
    ...fail(
      "SPM-20",
      `operator ${step.name} (${step.type})`,
      `run whole, its operands alone need ${worstNeed} B; ${reason}`,
      `let operators be cut (--split auto), or give the memory ${sizes.min} B, the least that takes every operator whole: --set memory.size=${sizes.min}B`,
    ),
    figures: { neededBytes: worstNeed, availableBytes: room, missingBytes: missing, smallestWorkingBytes: sizes.min },
  };
}
