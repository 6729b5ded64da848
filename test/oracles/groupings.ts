import { explore } from "../../src/planners/fusion/group.js";
import { cheapest, weighed, weightsOf } from "../../src/planners/fusion/objective.js";
import type { FusionProblem, LayerId } from "../../src/planners/fusion/plan.js";
import { makePricing } from "../../src/planners/fusion/pricing.js";

/** The least cost over all ways to partition the layers into connected groups that can run one after another. */
export function byPartitions(problem: FusionProblem): number {
  const pricing = makePricing(problem);
  const weights = weightsOf(problem.objective, { traffic: 0, latency: 0, energy: 0 });
  const { layers } = problem;
  const near = layers.map((a) =>
    layers.map((b) => {
      const [left, right] = [a, b].map(({ reads, writes }) => new Set([writes, ...reads.map(({ map }) => map)])) as [
        Set<number>,
        Set<number>,
      ];
      return [...left].some((map) => right.has(map));
    }),
  );
  const needs = layers.map(({ reads }) => layers.flatMap(({ writes }, l) => (reads.some(({ map }) => map === writes) ? [l] : [])));
  const known = new Map<string, number>();
  const cost = (group: readonly LayerId[]): number => {
    const key = group.join();
    const cached = known.get(key);
    if (cached !== undefined) return cached;
    const seen = new Set([group[0]!]);
    for (const l of seen) for (const other of group) if (near[l]![other]) seen.add(other);
    const visitor = cheapest(weights);
    visitor.start(Number.POSITIVE_INFINITY);
    if (seen.size === group.length) explore(pricing, Int32Array.from(group), visitor);
    const value = visitor.best === undefined ? Number.POSITIVE_INFINITY : weighed(weights, visitor.best);
    known.set(key, value);
    return value;
  };
  const label = layers.map(() => 0);
  const runs = (count: number): boolean => {
    const after = Array.from({ length: count }, () => new Set<number>());
    needs.forEach((list, l) => {
      for (const n of list) if (label[n] !== label[l]) after[label[l]!]!.add(label[n]!);
    });
    const done = new Set<number>();
    for (let round = 0; round < count; round++)
      after.forEach((before, g) => {
        if ([...before].every((b) => done.has(b))) done.add(g);
      });
    return done.size === count;
  };
  let best = Number.POSITIVE_INFINITY;
  const place = (l: number, count: number): void => {
    if (l === layers.length) {
      if (!runs(count)) return;
      const groups: number[][] = Array.from({ length: count }, () => []);
      label.forEach((g, i) => {
        groups[g]!.push(i);
      });
      best = Math.min(
        best,
        groups.reduce((sum, group) => sum + cost(group), 0),
      );
      return;
    }
    for (let g = 0; g <= count; g++) {
      label[l] = g;
      place(l + 1, Math.max(count, g + 1));
    }
  };
  place(0, 0);
  return best;
}
