import { evaluate } from "../../../cost/nest/evaluate.js";
import { unload } from "../../../cost/nest/mapping.js";
import type { NestMapping } from "../../../cost/nest/problem.js";
import { type Draft, growTiles } from "./cuts.js";
import { coarsened, type Factor, orders } from "./factors.js";
import { type MappingGoal, merit } from "./goal.js";

export interface Found {
  readonly mapping: NestMapping;
  readonly value: number;
}

/** How much a draft may cost. */
export interface Effort {
  /** Loops of the coarse orders that are all tried. */
  readonly coarse: number;
  /** Coarse orders from which a finer one is sought. */
  readonly starts: number;
}
export const THOROUGH: Effort = { coarse: 7, starts: 4 };
/** A tenth of the time; on the layers of ResNet-18 and MobileNetV2 that were tried, the same mappings. */
export const QUICK: Effort = { coarse: 5, starts: 1 };

/** 7! */
const COARSE_ORDERS = 5040;

/**
 * A good mapping: all orders of few, coarse loops, then exchanges of prime factors from the best of them for as long as
 * one helps. Tiles always grow as far as they can.
 */
export function draftMapping(
  draft: Draft,
  factors: readonly Factor[],
  goal: MappingGoal,
  { coarse: most, starts }: Effort,
  stop: () => boolean,
): Found | undefined {
  const turns = permutations(draft.prepared.operands.map((_, o) => o));
  let best: Found | undefined;
  const tryOrder = (order: readonly Factor[]): number => {
    let least = Number.POSITIVE_INFINITY;
    for (const yielding of turns) {
      const outcome = growTiles(draft, order, yielding);
      if (outcome === "none") continue;
      const cost = evaluate(draft.prepared, draft.mapping, draft.cost);
      const value = cost.fits ? merit(goal, cost.energy, cost.latency) : Number.POSITIVE_INFINITY;
      least = Math.min(least, value);
      if (value < (best?.value ?? Number.POSITIVE_INFINITY)) best = { mapping: unload(draft.mapping, draft.prepared), value };
      if (outcome === "forced") break;
    }
    return least;
  };

  const coarse: { order: readonly Factor[]; value: number }[] = [];
  for (const order of orders(coarsened(factors, most), COARSE_ORDERS)) {
    if (stop()) break;
    coarse.push({ order, value: tryOrder(order) });
  }
  coarse.sort((a, b) => a.value - b.value);
  for (const start of coarse.slice(0, starts)) {
    let { value } = start;
    let order = start.order.flatMap((factor) => split(factor));
    for (let better = true; better && !stop(); ) {
      better = false;
      for (let i = 0; i < order.length; i++) {
        for (let j = 0; j < order.length; j++) {
          const moved = order.toSpliced(i, 1).toSpliced(j, 0, order[i]!);
          if (order[i]!.loop === order[j]!.loop && order[i]!.size === order[j]!.size) continue;
          const tried = tryOrder(moved);
          if (tried < value) [value, order, better] = [tried, moved, true];
        }
      }
    }
  }
  return best;
}

/** A coarse factor as its primes, side by side. */
function split({ loop, size }: Factor): readonly Factor[] {
  const primes: Factor[] = [];
  let rest = size;
  for (let prime = 2; prime * prime <= rest; prime++) for (; rest % prime === 0; rest /= prime) primes.push({ loop, size: prime });
  return rest > 1 ? [...primes, { loop, size: rest }] : primes;
}

function permutations(list: readonly number[]): readonly (readonly number[])[] {
  return list.length <= 1 ? [list] : list.flatMap((first, i) => permutations(list.toSpliced(i, 1)).map((rest) => [first, ...rest]));
}
