import type { Interval } from "../../../base/interval.js";
import { gcd } from "../../../search/packing/problem.js";
import type { ScratchpadProblem } from "../plan.js";

/** A scratchpad in units of `unit` bytes, of which every offset that needs to be tried is a multiple. */
export interface Space {
  readonly unit: number;
  /** Its end, and what reserved ranges leave of it. */
  readonly height: number;
  readonly room: number;
  /** Units that each of the footprints given takes. */
  readonly sizes: readonly number[];
  /** Reserved ranges, disjoint, widened to the alignment: nothing aligned can use the rest of such a slot. */
  readonly walls: readonly Interval[];
}

/** Divides what can be divided out: buffers pushed down as far as they go lie at sums of footprints above 0 or above a wall. */
export function spaceOf({ capacity, alignment, reserved }: ScratchpadProblem["machine"], footprints: readonly number[]): Space {
  const top = Math.floor(capacity / alignment) * alignment;
  const walls: Interval[] = [];
  for (const r of [...reserved].sort((a, b) => a.start - b.start)) {
    const start = Math.max(Math.floor(r.start / alignment) * alignment, walls.at(-1)?.end ?? 0);
    const end = Math.min(Math.ceil(r.end / alignment) * alignment, top);
    if (start < end) walls.push({ start, end });
  }
  const unit = Math.max(1, [...footprints, ...walls.flatMap(({ start, end }) => [start, end])].reduce(gcd, 0));
  return {
    unit,
    height: Math.floor(top / unit),
    room: Math.floor(walls.reduce((left, { start, end }) => left - (end - start), top) / unit),
    sizes: footprints.map((f) => f / unit),
    walls: walls.map(({ start, end }) => ({ start: start / unit, end: end / unit })),
  };
}
