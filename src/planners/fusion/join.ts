import { explore } from "./group.js";
import { cheapest, type Weights, weighed } from "./objective.js";
import type { Candidate, Pricing } from "./pricing.js";

/** A group with the way it runs. */
export interface Stage {
  readonly layers: readonly number[];
  readonly way: Candidate;
}

/**
 * Makes one group of two that run one after the other, for as long as that is cheaper: groups beyond the size up to which a
 * search has looked at all. Each round joins the two that gain the most.
 *
 * @param stages in the order they run, each as cheap as it can be
 * @param fewest layers of the groups to make; smaller ones have been looked at
 * @param joinable whether layers hang together
 */
export function join(
  pricing: Pricing,
  weights: Weights,
  stages: readonly Stage[],
  fewest: number,
  joinable: (layers: readonly number[]) => boolean,
  stop: () => boolean,
): readonly Stage[] {
  const seeker = cheapest(weights);
  const known = new Map<string, Candidate | undefined>();
  const together = (a: Stage, b: Stage): Stage | undefined => {
    const layers = [...a.layers, ...b.layers].sort((l, m) => l - m);
    if (layers.length < fewest || stop()) return undefined;
    const key = layers.join();
    if (!known.has(key)) {
      seeker.start(weighed(weights, a.way) + weighed(weights, b.way));
      if (joinable(layers)) explore(pricing, Int32Array.from(layers), seeker);
      known.set(key, seeker.best);
    }
    const way = known.get(key);
    return way && { layers, way };
  };
  let list = stages;
  for (;;) {
    let most = 0;
    let best: { readonly at: number; readonly stage: Stage } | undefined;
    list.slice(1).forEach((next, at) => {
      const stage = together(list[at]!, next);
      if (stage === undefined) return;
      const gain = weighed(weights, list[at]!.way) + weighed(weights, next.way) - weighed(weights, stage.way);
      if (gain > most) [most, best] = [gain, { at, stage }];
    });
    if (best === undefined) return list;
    list = list.toSpliced(best.at, 2, best.stage);
  }
}
