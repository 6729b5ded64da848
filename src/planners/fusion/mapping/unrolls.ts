import type { NestProblem } from "../../../cost/nest/problem.js";
import type { Hierarchy } from "../../../target/hierarchy.js";
import type { Lanes } from "./factors.js";

/**
 * Ways to spread the loops over the axes of the array: one loop per axis, on as many lanes as the axis has or the loop
 * fills, a loop on two axes if one is not enough. Those that leave the fewest steps come first; of ways that need the
 * same steps with the same loops the one with the fewest lanes stays.
 *
 * @param most how many to return
 */
export function unrolls({ loops }: NestProblem, { axes }: Hierarchy, most: number): readonly Lanes[] {
  let partial: readonly Lanes[] = [[]];
  axes.forEach(({ size }, axis) => {
    partial = partial.flatMap((lanes) => [
      lanes,
      ...loops.flatMap((loop, index): readonly Lanes[] => {
        const factor = balanced(Math.ceil(loop.size / across(lanes, index)), size);
        return factor > 1 ? [[...lanes, { axis, loop: index, factor }]] : [];
      }),
    ]);
  });
  const steps = (lanes: Lanes) => loops.reduce((n, { size }, loop) => n * Math.ceil(size / across(lanes, loop)), 1);
  return partial
    .map((lanes, at) => ({ lanes, steps: steps(lanes), at }))
    .sort((a, b) => a.steps - b.steps || a.at - b.at)
    .slice(0, most)
    .map(({ lanes }) => lanes);
}

/** Lanes that `loop` takes already. */
const across = (lanes: Lanes, loop: number): number => lanes.reduce((n, lane) => (lane.loop === loop ? n * lane.factor : n), 1);

/** The fewest lanes, at most `width`, that run `size` iterations in no more steps than `width` lanes do. */
function balanced(size: number, width: number): number {
  const steps = Math.ceil(size / Math.min(size, width));
  return Math.ceil(size / steps);
}
