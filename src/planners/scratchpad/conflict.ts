import { fail } from "../../base/diagnostic.js";
import type { Conflict } from "../../base/outcome.js";
import type { Budget } from "../../search/budget.js";
import { operandsOf } from "./accesses.js";
import { fitsAlone } from "./place.js";
import type { ScratchpadProblem } from "./plan.js";

/** Bytes outside the reserved ranges. */
export const usable = ({ machine }: ScratchpadProblem): number =>
  machine.reserved.reduce((left, r) => left - Math.max(0, Math.min(r.end, machine.capacity) - r.start), machine.capacity as number);

/**
 * Why no plan exists, if none does: some operator's operands alone do not fit. Otherwise there is one, as everything
 * may leave and come back between two steps.
 */
export function conflictOf(problem: ScratchpadProblem, budget: Budget): Conflict | undefined {
  const { steps, buffers, machine, sizes } = problem;
  const room = usable(problem);
  let worst = -1;
  let worstNeed = 0;
  steps.forEach((step, i) => {
    const footprints = operandsOf(step).map((b) => buffers[b]!.footprint);
    const need = footprints.reduce((a, b) => a + b, 0);
    if (need <= worstNeed) return;
    if (need > room || (machine.reserved.length > 0 && !fitsAlone(problem, footprints, budget))) {
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
      `the smallest memory that takes every operator whole is ${sizes.min} B: --set memory.size=${sizes.min}B`,
    ),
    figures: { neededBytes: worstNeed, availableBytes: room, missingBytes: missing, smallestWorkingBytes: sizes.min },
  };
}
