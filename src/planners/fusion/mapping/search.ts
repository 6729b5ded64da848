import { emptyCost } from "../../../cost/nest/cost.js";
import { flatMapping } from "../../../cost/nest/mapping.js";
import { type Prepared, prepare, RELEVANT } from "../../../cost/nest/prepare.js";
import type { Conventions, NestMapping, NestProblem } from "../../../cost/nest/problem.js";
import type { Hierarchy } from "../../../target/hierarchy.js";
import { type Draft, overfull } from "./cuts.js";
import { draftMapping, type Effort, type Found, THOROUGH } from "./draft.js";
import { type Lanes, primeFactors } from "./factors.js";
import type { MappingGoal } from "./goal.js";
import { searchOrders } from "./tree.js";
import { unrolls } from "./unrolls.js";

export interface Mapped {
  readonly mapping: NestMapping;
  readonly value: number;
  /** No order and cuts cost less with these lanes; up to rounding under other conventions than `exact`. */
  readonly bound: number;
  /** Whether it is proven that the value equals the bound. */
  readonly optimal: boolean;
  readonly nodes: number;
}

export interface MappingSearch {
  readonly conventions: Conventions;
  readonly goal: MappingGoal;
  /** Ways to spread the loops over the array that are tried, those with the fewest steps first. */
  readonly unrolls: number;
  /** Prefixes that may be priced, over all unrolls. */
  readonly nodes: number;
  readonly stop: () => boolean;
}

/**
 * The best lanes, order and cuts found for a nest; undefined where no tiles fit the memories.
 * `bound` and `optimal` speak of the unrolls tried.
 */
export function mapNest(problem: NestProblem, hierarchy: Hierarchy, search: MappingSearch): Mapped | undefined {
  const candidates = unrolls(problem, hierarchy, search.unrolls);
  const { conventions, goal, stop } = search;
  const share = Math.ceil(search.nodes / candidates.length);
  const mapped = candidates.flatMap((lanes) => mapOntoLanes(problem, hierarchy, conventions, lanes, goal, share, stop) ?? []);
  const best = mapped.toSorted((a, b) => a.value - b.value)[0];
  if (!best) return undefined;
  const bound = Math.min(...mapped.map((each) => each.bound));
  const nodes = mapped.reduce((n, each) => n + each.nodes, 0);
  return { ...best, bound, optimal: mapped.every(({ optimal }) => optimal), nodes };
}

/** The best order and cuts for given lanes; undefined where no tiles fit the memories. `nodes`: prefixes to price. */
export function mapOntoLanes(
  problem: NestProblem,
  hierarchy: Hierarchy,
  conventions: Conventions,
  lanes: Lanes,
  goal: MappingGoal,
  nodes: number,
  stop: () => boolean,
): Mapped | undefined {
  const draft = newDraft(prepare(problem, hierarchy, conventions), lanes);
  const factors = primeFactors(draft.prepared, lanes);
  const drafted = draftMapping(draft, factors, goal, THOROUGH, stop);
  const { best, bound, finished, nodes: priced } = searchOrders(draft, factors, goal, drafted, nodes, stop);
  return best && { ...best, bound, optimal: finished && provable(draft.prepared, lanes), nodes: priced };
}

/**
 * A good mapping without a bound: drafts for the first `most` ways to spread the loops, those with the fewest steps first, whose
 * innermost tiles fit. Undefined where none fits.
 */
export function draftNest(
  problem: NestProblem,
  hierarchy: Hierarchy,
  conventions: Conventions,
  goal: MappingGoal,
  effort: Effort,
  most: number,
): NestMapping | undefined {
  let best: Found | undefined;
  let tried = 0;
  for (const lanes of unrolls(problem, hierarchy, Number.POSITIVE_INFINITY)) {
    const draft = newDraft(prepare(problem, hierarchy, conventions), lanes);
    if (overfull(draft, 0) >= 0) continue;
    const found = draftMapping(draft, primeFactors(draft.prepared, lanes), goal, effort, () => false);
    if (found !== undefined && found.value < (best?.value ?? Number.POSITIVE_INFINITY)) best = found;
    if (++tried === most) break;
  }
  return best?.mapping;
}

/**
 * Whether the bound of the search is a proof. Other conventions round transfers, so that a larger tile may cost more. Lanes
 * that add up start sums from nothing, which saves reading them back: where they meet above the innermost memory, that is
 * paid for by reading them out of it, if both cost the same per element; farther out it may not be.
 */
function provable({ conventions, operands, output, ports }: Prepared, lanes: Lanes): boolean {
  const { kind, lanesAt, port, partialBits } = operands[output]!;
  const adding = lanes.filter(({ loop, factor }) => kind[loop] !== RELEVANT && factor > 1);
  const outwards = Math.max(0, ...adding.map(({ axis }) => lanesAt[axis]!));
  const granule = ports[port[0]!]!.min;
  return conventions.tiles === "clipped" && (outwards === 0 || (outwards === 1 && partialBits % granule === 0));
}

function newDraft(prepared: Prepared, lanes: Lanes): Draft {
  const mapping = flatMapping(prepared);
  mapping.laneCount = lanes.length;
  lanes.forEach(({ axis, loop, factor }, i) => {
    mapping.laneAxis[i] = axis;
    mapping.laneLoop[i] = loop;
    mapping.laneFactor[i] = factor;
  });
  return { prepared, mapping, cost: emptyCost(prepared), closed: new Int32Array(prepared.operands.length) };
}
