import { evaluate } from "../../../cost/nest/evaluate.js";
import { unload } from "../../../cost/nest/mapping.js";
import { IRRELEVANT, MOST_LEVELS } from "../../../cost/nest/prepare.js";
import { type Draft, openAt, overfull } from "./cuts.js";
import type { Found } from "./draft.js";
import type { Factor } from "./factors.js";
import { leastLatency, type MappingGoal, merit } from "./goal.js";

/** A way to go on: the next factor outwards, and how many levels of each operand get their cut right below it. */
interface Step {
  readonly kind: number;
  readonly cuts: readonly number[];
  readonly bound: number;
}

export interface Searched {
  readonly best: Found | undefined;
  /** No order and cuts of these lanes cost less. */
  readonly bound: number;
  readonly finished: boolean;
  readonly nodes: number;
}

/** A bound may lose this share to rounding. */
const SLACK = 1 - 1e-9;

/**
 * Branch and bound over orders of `factors`, from the innermost outwards, and over the cuts of all levels.
 *
 * A level gets its cut only below a factor that changes its tile (below others it would be the same cut), and factors that
 * every operand sees alike are not exchanged within a segment. The bound of a prefix is the cost of the nest in which every
 * level that still grows spans all loops, whether it fits or not: that level then moves each element once, the least it
 * can, and the levels that have their cuts move what they will move in any completion.
 *
 * @param incumbent a mapping to beat
 * @param nodes prefixes that may be priced
 */
export function searchOrders(
  draft: Draft,
  factors: readonly Factor[],
  goal: MappingGoal,
  incumbent: Found | undefined,
  nodes: number,
  stop: () => boolean,
): Searched {
  const { prepared: p, mapping, cost, closed } = draft;
  const kinds = distinctFactors(factors);
  const left = kinds.map(({ count }) => count);
  const alike = kinds.map((a) => kinds.map((b) => p.operands.every(({ kind }) => kind[a.loop] === kind[b.loop])));
  const inputs = p.operands.flatMap(({ isOutput }, o) => (isOutput ? [] : [o]));
  mapping.temporalCount = factors.length;
  closed.fill(0);
  let best = incumbent;
  let priced = 0;
  /** Least bound among the prefixes that were given up unexplored. */
  let abandoned = Number.POSITIVE_INFINITY;
  const limit = () => (best ? best.value * SLACK : Number.POSITIVE_INFINITY);

  /** Bound of the prefix of `k` factors with the cuts so far. */
  function price(k: number): number {
    complete(k);
    openAt(draft, factors.length);
    evaluate(p, mapping, cost);
    if (k === factors.length) return cost.fits ? merit(goal, cost.energy, cost.latency) : Number.POSITIVE_INFINITY;
    return merit(goal, cost.energy, leastLatency(p, cost)) * SLACK;
  }

  /** Puts the factors that are left above the first `k`: first those that an input latched so far would outlast too. */
  function complete(k: number): void {
    const latched = inputs.find((o) => !includesRelevant(o, k));
    let at = k;
    for (let pass = 0; pass < 2; pass++) {
      for (let t = 0; t < kinds.length; t++) {
        const outlasts = latched !== undefined && p.operands[latched]!.kind[kinds[t]!.loop] === IRRELEVANT;
        if ((pass === 0) !== outlasts) continue;
        for (let i = 0; i < left[t]!; i++) {
          mapping.temporalLoop[at] = kinds[t]!.loop;
          mapping.temporalSize[at] = kinds[t]!.size;
          at++;
        }
      }
    }
  }

  function includesRelevant(o: number, k: number): boolean {
    for (let i = 0; i < k; i++) if (p.operands[o]!.kind[mapping.temporalLoop[i]!] !== IRRELEVANT) return true;
    return false;
  }

  function steps(k: number, before: number): readonly Step[] {
    const list: Step[] = [];
    for (let t = 0; t < kinds.length; t++) {
      if (left[t] === 0) continue;
      const { loop, size } = kinds[t]!;
      const most = p.operands.map(({ kind, levels }, o) => (kind[loop] === IRRELEVANT ? 0 : levels - 1 - closed[o]!));
      left[t]!--;
      for (const cuts of upTo(most)) {
        const cutless = cuts.every((n) => n === 0);
        if (cutless && before >= 0 && alike[t]![before] && t < before) continue;
        mapping.temporalLoop[k] = loop;
        mapping.temporalSize[k] = size;
        cut(k, cuts);
        complete(k + 1);
        if (overfull(draft, k + 1) < 0 || k + 1 === factors.length) {
          priced++;
          const bound = price(k + 1);
          if (bound < limit()) list.push({ kind: t, cuts, bound });
        }
        uncut(cuts);
      }
      left[t]!++;
    }
    return list.sort((a, b) => a.bound - b.bound);
  }

  function cut(k: number, cuts: readonly number[]): void {
    cuts.forEach((n, o) => {
      for (let i = 0; i < n; i++) mapping.cuts[o * MOST_LEVELS + closed[o]! + i] = k;
      closed[o]! += n;
    });
  }
  function uncut(cuts: readonly number[]): void {
    cuts.forEach((n, o) => {
      closed[o]! -= n;
    });
  }

  function explore(k: number, before: number): void {
    const list = steps(k, before);
    for (const [i, { kind, cuts, bound }] of list.entries()) {
      if (bound >= limit()) break;
      place(k, kind, cuts);
      if (k + 1 === factors.length) {
        keep(bound);
      } else if (priced >= nodes || stop()) {
        abandoned = Math.min(abandoned, bound);
      } else {
        explore(k + 1, kind);
      }
      remove(kind, cuts);
      if (priced >= nodes && i + 1 < list.length && k + 1 < factors.length) abandoned = Math.min(abandoned, list[i + 1]!.bound);
    }
  }

  function place(k: number, kind: number, cuts: readonly number[]): void {
    mapping.temporalLoop[k] = kinds[kind]!.loop;
    mapping.temporalSize[k] = kinds[kind]!.size;
    left[kind]!--;
    cut(k, cuts);
  }
  function remove(kind: number, cuts: readonly number[]): void {
    uncut(cuts);
    left[kind]!++;
  }
  function keep(value: number): void {
    complete(factors.length);
    openAt(draft, factors.length);
    if (value < limit()) best = { mapping: unload(mapping, p), value };
  }

  if (factors.length === 0) {
    keep(price(0));
  } else {
    explore(0, -1);
  }
  const value = best?.value ?? Number.POSITIVE_INFINITY;
  const finished = abandoned >= value * SLACK;
  return { best, bound: finished ? value : abandoned, finished, nodes: priced };
}

function distinctFactors(factors: readonly Factor[]): readonly (Factor & { readonly count: number })[] {
  const counts = new Map<string, { loop: number; size: number; count: number }>();
  for (const { loop, size } of factors) {
    const entry = counts.get(`${loop}:${size}`) ?? { loop, size, count: 0 };
    entry.count++;
    counts.set(`${loop}:${size}`, entry);
  }
  return [...counts.values()];
}

/** All tuples with `0 <= tuple[i] <= most[i]`, the sum rising within each leading part. */
function upTo(most: readonly number[]): readonly (readonly number[])[] {
  return most.reduce<readonly (readonly number[])[]>(
    (tuples, n) => tuples.flatMap((tuple) => Array.from({ length: n + 1 }, (_, i) => [...tuple, i])),
    [[]],
  );
}
