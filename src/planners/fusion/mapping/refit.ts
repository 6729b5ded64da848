import type { NestMapping } from "../../../cost/nest/problem.js";

/**
 * The mapping of one tile for a tile of other rows and columns, with the same loops side by side and in the same order: each
 * factor becomes the largest divisor of the steps left that is no larger than it.
 *
 * @param sizes of all loops, of the other tile
 * @param rest what is left of a loop: `within` its outermost factor takes it, which may be too much for a memory; `around` all
 *   loops it goes, where only the outermost memories see it
 */
export function refit({ spatial, temporal, cuts }: NestMapping, sizes: readonly number[], rest: "within" | "around"): NestMapping {
  const left = [...sizes];
  const lanes = spatial.map((lane) => {
    const size = left[lane.loop]!;
    const steps = Math.ceil(size / Math.min(size, lane.factor));
    left[lane.loop] = steps;
    return { ...lane, factor: Math.ceil(size / steps) };
  });
  const last = new Map(temporal.map(({ loop }, i) => [loop, i]));
  const kept = temporal.map(({ loop, size }, i) => {
    const factor = rest === "within" && last.get(loop) === i ? left[loop]! : largestDivisor(left[loop]!, size);
    left[loop]! /= factor;
    return { loop, size: factor };
  });
  const around = left.flatMap((size, loop) => (size > 1 ? [{ loop, size }] : []));
  return {
    spatial: lanes,
    temporal: [...kept, ...around],
    cuts: cuts.map((levels) => levels.with(-1, kept.length + around.length)),
  };
}

function largestDivisor(n: number, most: number): number {
  for (let d = Math.min(n, most); d > 1; d--) if (n % d === 0) return d;
  return 1;
}
