import type { Residency } from "../../base/replay.js";
import { bytes, type Cycles, cycles } from "../../base/units.js";
import { heightOf, topOf } from "../../cost/crossbar/geometry.js";
import type { CrossbarPlan, CrossbarProblem, LayerId } from "./plan.js";
import { tick } from "./replay-events.js";
import type { Sheet } from "./replay-sheets.js";

/** Stays that are told at most; of larger tables none are. */
const MOST = 4_000;

/** Rows of a crossbar that a layer has while it runs its loads there, one after the other. */
interface Stay {
  readonly layer: LayerId;
  top: number;
  end: number;
  /** Seconds. */
  readonly start: number;
}

/**
 * Which layer has which rows of which crossbar, until another writes there. Cells count as the bytes they hold, row by row; where strips
 * share rows, no stretch of bytes is one layer's, and none are told.
 */
export function residencyOf(
  { machine, layers }: CrossbarProblem,
  sheets: readonly Sheet[],
  sequences: CrossbarPlan["sequences"],
  length: Cycles,
): readonly Residency[] {
  if (sheets.some(({ mapping: { left } }) => left !== undefined)) return [];
  const stays = sequences.map((loads) => staysOf(loads, sheets));
  if (stays.reduce((count, { length: here }) => count + here, 0) > MOST) return [];
  const row = (machine.columns * machine.cellBits) / 8;
  return stays.flatMap((here, x) =>
    here.map(({ layer, top, end, start }, k): Residency => {
      const overlaps = (other: Stay) => other.layer !== layer && other.top < end && top < other.end;
      const next = here.slice(k + 1).find(overlaps);
      const first = Math.floor((x * machine.rows + top) * row);
      return {
        memory: 0,
        name: layers[layer]!.name,
        kind: "weight",
        offset: bytes(first),
        size: bytes(Math.floor((x * machine.rows + end) * row) - first),
        cycles: { start: here.some(overlaps) ? tick(start) : cycles(0), end: next === undefined ? length : tick(next.start) },
        steps: { start: 0, end: layers.length },
      };
    }),
  );
}

function staysOf(loads: CrossbarPlan["sequences"][number], sheets: readonly Sheet[]): readonly Stay[] {
  const stays: Stay[] = [];
  for (const { layer, strip, part, program } of loads) {
    const { geometry } = sheets[layer]!;
    const top = topOf(geometry, strip, part);
    const end = top + heightOf(geometry, strip);
    // Layers beside one another on the same crossbar stay where they are, however often their turns change.
    const known = stays.findLast((stay) => stay.layer === layer);
    const between = known && stays.slice(stays.indexOf(known) + 1).some((stay) => stay.top < known.end && known.top < stay.end);
    if (known === undefined || between) stays.push({ layer, top, end, start: program.start });
    else {
      known.top = Math.min(known.top, top);
      known.end = Math.max(known.end, end);
    }
  }
  return stays;
}
