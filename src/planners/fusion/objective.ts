import type { FusionProblem } from "./plan.js";
import type { Candidate, Figures, Visitor } from "./pricing.js";

/** What a byte off chip, a cycle and a picojoule weigh. */
export interface Weights {
  readonly traffic: number;
  readonly latency: number;
  readonly energy: number;
}

export const weighed = (w: Weights, { traffic, latency, energy }: Omit<Figures, "buffer">): number =>
  w.traffic * traffic + w.latency * latency + w.energy * energy;

/** `balanced` weighs latency and energy by those of a reference run. */
export function weightsOf(objective: FusionProblem["objective"], reference: Omit<Figures, "buffer">): Weights {
  if (objective !== "balanced")
    return { traffic: Number(objective === "traffic"), latency: Number(objective === "latency"), energy: Number(objective === "energy") };
  return { traffic: 0, latency: 1 / Math.max(1, reference.latency), energy: 1 / Math.max(1, reference.energy) };
}

/** Keeps the cheapest way, among equals the one that moves less and then the one that ends sooner. */
export interface Cheapest extends Visitor {
  /** Forgets, and from now on wants nothing that costs more than `limit`. */
  readonly start: (limit: number) => void;
  best: Candidate | undefined;
  /** Fewest bytes off chip of all ways that fit, wanted or not; infinite where none fits. */
  leastTraffic: number;
}

export function cheapest(weights: Weights): Cheapest {
  let least = Number.POSITIVE_INFINITY;
  const self: Cheapest = {
    best: undefined,
    leastTraffic: Number.POSITIVE_INFINITY,
    start(limit) {
      self.best = undefined;
      self.leastTraffic = Number.POSITIVE_INFINITY;
      least = limit;
    },
    wants(_, traffic, latency, energy) {
      if (traffic < self.leastTraffic) self.leastTraffic = traffic;
      return weights.traffic * traffic + weights.latency * latency + weights.energy * energy <= least;
    },
    offer(candidate) {
      const value = weighed(weights, candidate);
      if (value > least || (value === least && self.best !== undefined && !before(candidate, self.best))) return;
      least = value;
      self.best = candidate;
    },
  };
  return self;
}

const before = (a: Candidate, b: Candidate): boolean => a.traffic < b.traffic || (a.traffic === b.traffic && a.latency < b.latency);

/** Keeps every way that no other beats in buffer, traffic, latency and energy together: the staircase of a group. */
export function staircase(): Visitor & { readonly steps: () => readonly Candidate[] } {
  let kept: Candidate[] = [];
  const beats = (a: Figures, buffer: number, traffic: number, latency: number, energy: number) =>
    a.buffer <= buffer && a.traffic <= traffic && a.latency <= latency && a.energy <= energy;
  return {
    steps: () => kept,
    wants: (buffer, traffic, latency, energy) => !kept.some((k) => beats(k, buffer, traffic, latency, energy)),
    offer(c) {
      if (kept.some((k) => beats(k, c.buffer, c.traffic, c.latency, c.energy))) return;
      kept = kept.filter((k) => !beats(c, k.buffer, k.traffic, k.latency, k.energy));
      kept.push(c);
    },
  };
}
