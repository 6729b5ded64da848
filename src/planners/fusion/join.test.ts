import { expect, test } from "vitest";
import { randomFusion } from "../../../test/random-fusion.js";
import { hangTogether, layerGraph } from "./down-sets.js";
import { explore, groupOf, wayOf } from "./group.js";
import { join, type Stage } from "./join.js";
import { cheapest, weighed } from "./objective.js";
import { makePricing } from "./pricing.js";

const weights = { traffic: 0, latency: 1, energy: 1 };
const never = () => false;

test("joining keeps the order and every layer, costs no more, and ends where no neighbours gain", () => {
  let joined = 0;
  for (let seed = 0; seed < 12; seed++) {
    const pricing = makePricing(randomFusion(300 + seed, 7));
    const graph = layerGraph(pricing.prepared);
    const connected = (layers: readonly number[]) => hangTogether(graph, layers);
    const seeker = cheapest(weights);
    const best = (layers: readonly number[]) => {
      seeker.start(Number.POSITIVE_INFINITY);
      explore(pricing, Int32Array.from(layers), seeker);
      return seeker.best;
    };
    const singles = pricing.prepared.problem.layers.map((_, l): Stage | undefined => {
      const way = best([l]);
      return way && { layers: [l], way };
    });
    if (!singles.every((stage) => stage !== undefined)) continue;
    const total = (stages: readonly Stage[]) => stages.reduce((n, { way }) => n + weighed(weights, way), 0);
    expect(join(pricing, weights, singles, 100, connected, never)).toEqual(singles);
    const stages = join(pricing, weights, singles, 2, connected, never);
    expect(stages.flatMap(({ layers }) => layers).toSorted((a, b) => a - b)).toEqual(singles.map((_, l) => l));
    expect(total(stages)).toBeLessThanOrEqual(total(singles));
    for (const { layers, way } of stages) expect(wayOf(pricing, groupOf(layers, way))).toEqual(way);
    stages.slice(1).forEach((next, at) => {
      const layers = [...stages[at]!.layers, ...next.layers].toSorted((a, b) => a - b);
      const together = connected(layers) ? best(layers) : undefined;
      if (together)
        expect(weighed(weights, together)).toBeGreaterThanOrEqual(weighed(weights, stages[at]!.way) + weighed(weights, next.way));
    });
    joined += singles.length - stages.length;
  }
  expect(joined).toBeGreaterThan(0);
});
