import type { Conflict, Outcome } from "../../base/outcome.js";
import { bytes, cycles, picojoules } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { isBuffer } from "../../target/hierarchy.js";
import { compulsory } from "./bounds.js";
import { downSets, hangTogether, layerGraph } from "./down-sets.js";
import { explore, groupOf, shapesOf, wayOf } from "./group.js";
import { bestGrouping, type Grouping, weighedFloor } from "./grouping.js";
import { join } from "./join.js";
import { membersOf } from "./members.js";
import { staircase, type Weights, weighed, weightsOf } from "./objective.js";
import type { Claim, FusionPlan, FusionProblem, Group, TileMapping } from "./plan.js";
import { type Candidate, type Figures, makePricing, type Pricing } from "./pricing.js";

/** Down-sets up to which groupings are searched exactly and without a cap. */
const MOST_SETS = 1_000;
/** Layers of one group where they are not; neighbours are joined beyond that where it helps. */
const MOST_LAYERS = 24;

/**
 * Plans groups, tiles and orders: first each layer alone, then the cheapest grouping of them by dynamic programming over
 * down-sets.
 */
export function solve(problem: FusionProblem, budget: Budget): Outcome<FusionPlan> {
  const pricing = makePricing(problem);
  const unmapped = unmappable(problem, pricing);
  if (unmapped !== undefined) return { status: "infeasible", conflict: unmapped };
  const singles = problem.layers.map((_, l) => {
    const steps = staircase();
    explore(pricing, Int32Array.of(l), steps);
    return steps.steps();
  });
  const stuck = singles.findIndex((ways) => ways.length === 0);
  if (stuck >= 0) return { status: "infeasible", conflict: conflictOf(problem, stuck) };

  const alone = layerByLayer(problem, singles);
  const claimed = claimOf(totalOf(alone));
  const weights = weightsOf(problem.objective, { ...claimed, traffic: claimed.offChip });
  const graph = layerGraph(pricing.prepared);
  const family = downSets(graph, MOST_SETS);
  const cheapestAlone = singles.map((ways) => cheapestOf(ways, weights));
  const leastTraffic = singles.map((ways) => ways.reduce((n, way) => Math.min(n, way.traffic), Number.POSITIVE_INFINITY));
  const most = family.complete ? problem.layers.length : MOST_LAYERS;
  const grouping = bestGrouping(pricing, family, cheapestAlone, leastTraffic, weights, most, budget);

  const stages = family.complete
    ? grouping.groups
    : join(pricing, weights, grouping.groups, MOST_LAYERS + 1, (layers) => hangTogether(graph, layers), budget.stop);
  const ways = stages.map(({ way }) => way);
  const total = totalOf(ways);
  const groups = stages.map(({ layers, way }) => groupOf(layers, way));
  const each = alone.map((way, l) => groupOf([l], way));
  const plan: FusionPlan = {
    kind: "fusion",
    groups,
    layerByLayer: each,
    ...(problem.machine.array.template === "custom" && { mappings: mappingsOf(pricing, [...groups, ...each]) }),
    claims: { ...claimOf(total), ...reasonOf(pricing, groups), layerByLayer: { ...claimed, ...reasonOf(pricing, each) } },
  };
  const value = weighed(weights, total);
  const { bound, proof } = boundOf(pricing, weights, grouping, family.complete, family.count);
  const least = Math.min(value, bound);
  budget.progress({ phase: "done", incumbent: value, bound: least });
  return { status: value === least ? "optimal" : "feasible", plan, value, bound: least, scope: "all groupings", proof };
}

const claimOf = ({ traffic, latency, energy }: Omit<Figures, "buffer">): Claim => ({
  offChip: bytes(traffic),
  latency: cycles(Math.ceil(latency)),
  energy: picojoules(energy),
});

/** Which simplifications the latency of these groups rests on, if any: eq. (7) to (9) of docs/math/fusion.md. */
function reasonOf(pricing: Pricing, groups: readonly Group[]): Pick<Claim, "because"> {
  const taken = [
    ["groups of weights arrive in even shares", ({ traversal }: Group) => traversal.kind === "weightGroups"],
    ["all blocks of outputs take as long as one in the middle", ({ traversal }: Group) => traversal.kind === "outputBlocks"],
    [
      "a tile whose weights stream takes as long as after one like it",
      ({ traversal }: Group) => traversal.kind === "tiles" && traversal.weights === "streamed",
    ],
    ["a tile is loaded before its first layer and leaves after its last", (group: Group) => crossesWithin(pricing, group)],
  ] as const;
  const reasons = taken.flatMap(([reason, holds]) => (groups.some(holds) ? [reason] : []));
  return reasons.length === 0 ? {} : { because: `it takes it that ${reasons.join(", and that ")}` };
}

/** Whether a group of several tiles loads maps after its first layer, or stores some before its last. */
function crossesWithin({ prepared, floors }: Pricing, { layers, tile }: Group): boolean {
  const { height, width, firstReader, externals, isOutput } = membersOf(prepared, floors, Int32Array.from(layers));
  if (tile.rows >= height && tile.columns >= width) return false;
  return firstReader.some((k) => k > 0) || isOutput.subarray(externals, -1).includes(1);
}

/** A layer that a custom array has no mapping for, whatever the tile: a small tile needs no more room than a large one. */
function unmappable({ layers, machine }: FusionProblem, { costs }: Pricing): Conflict | undefined {
  if (machine.array.template !== "custom") return undefined;
  const stuck = layers.findIndex(({ kind }, l) => kind === "mac" && costs.mapping(l, 1, 1) === undefined);
  if (stuck < 0) return undefined;
  const { hierarchy } = machine.array;
  const inner = hierarchy.memories.filter((_, m) => !isBuffer(hierarchy, m));
  return {
    code: "FUS-25",
    where: layers[stuck]!.name,
    message: `for every way to spread its loops over the array, what one step needs is too much for ${inner.map(({ name, size }) => `${name} of ${size} bit`).join(" or ")}`,
    fix: "give these memories more room, or the array fewer lanes for each of them",
    figures: { smallestMemoryBytes: Math.min(...inner.map(({ size }) => size)) / 8 },
  };
}

/** The mapping of every shape of tile that these groups have. */
function mappingsOf(pricing: Pricing, groups: readonly Group[]): readonly TileMapping[] {
  const { layers } = pricing.prepared.problem;
  const known = new Map<string, TileMapping>();
  for (const group of groups)
    for (const shape of shapesOf(pricing, group)) {
      const mapping = layers[shape.layer]!.kind === "mac" ? pricing.costs.mapping(shape.layer, shape.rows, shape.columns) : undefined;
      if (mapping !== undefined) known.set(JSON.stringify(shape), { ...shape, mapping });
    }
  return [...known.values()];
}

/** Bytes off chip, cycles and picojoules of groups that run one after another, as the search counts them. */
export function figuresOf(problem: FusionProblem, groups: readonly Group[]): Omit<Figures, "buffer"> {
  const pricing = makePricing(problem);
  return totalOf(groups.map((group) => wayOf(pricing, group)));
}

/** The cheapest way to run each layer alone. */
function layerByLayer(problem: FusionProblem, singles: readonly (readonly Candidate[])[]): readonly Candidate[] {
  const least = (weights: Weights) => totalOf(singles.map((ways) => cheapestOf(ways, weights)));
  const reference = {
    traffic: 0,
    latency: least({ traffic: 0, latency: 1, energy: 0 }).latency,
    energy: least({ traffic: 0, latency: 0, energy: 1 }).energy,
  };
  const weights = weightsOf(problem.objective, reference);
  return singles.map((ways) => cheapestOf(ways, weights));
}

const cheapestOf = (ways: readonly Candidate[], weights: Weights): Candidate =>
  ways.reduce((best, way) => {
    const difference = weighed(weights, way) - weighed(weights, best);
    return difference < 0 ||
      (difference === 0 && (way.traffic < best.traffic || (way.traffic === best.traffic && way.latency < best.latency)))
      ? way
      : best;
  });

const totalOf = (ways: readonly Omit<Figures, "buffer">[]): Omit<Figures, "buffer"> =>
  ways.reduce((sum, w) => ({ traffic: sum.traffic + w.traffic, latency: sum.latency + w.latency, energy: sum.energy + w.energy }), {
    traffic: 0,
    latency: 0,
    energy: 0,
  });

/** The better of two bounds: one group of everything, and where all groupings were looked at, the cheapest by their floors. */
function boundOf(
  pricing: Pricing,
  weights: Weights,
  grouping: Grouping,
  complete: boolean,
  sets: number,
): { bound: number; proof: string } {
  const least = weighedFloor(pricing, weights, compulsory(pricing));
  if (complete && grouping.finished && grouping.bound >= least)
    return {
      bound: grouping.bound,
      proof: `dynamic programme over all ${sets} down-sets: every grouping into connected groups, each no cheaper than its least traffic over all tiles and orders, and its computing at the best rate of any tile shape`,
    };
  return { bound: least, proof: "compulsory bytes, and computing at the best rate of any tile shape" };
}

/** Names a layer that fits in no way, and the buffer in which it would; a split one grows in proportion. */
function conflictOf({ maps, layers, machine, ...rest }: FusionProblem, stuck: number): Conflict {
  const layer = layers[stuck]!;
  const { buffers } = machine;
  const available = buffers.arrangement === "unified" ? buffers.size : bytes(buffers.features + buffers.weights);
  const fits = (size: number): boolean => {
    const share = (part: number) => bytes(Math.floor((part * size) / available));
    const grown =
      buffers.arrangement === "unified"
        ? { ...buffers, size: bytes(size) }
        : { ...buffers, features: share(buffers.features), weights: share(buffers.weights) };
    const ways = staircase();
    explore(makePricing({ ...rest, maps, layers: [layer], machine: { ...machine, buffers: grown } }), Int32Array.of(0), ways);
    return ways.steps().length > 0;
  };
  let most = Math.max(1, available);
  while (most < MOST_BUFFER && !fits(most)) most *= 2;
  let least = most / 2;
  while (most - least > 1) {
    const middle = Math.floor((least + most) / 2);
    if (fits(middle)) most = middle;
    else least = middle;
  }
  return {
    code: "FUS-20",
    where: layer.name,
    message: `no tile of this layer fits the ${available} B on chip in any order; it takes ${most} B`,
    fix: "give the target a larger buffer, or assume narrower element types",
    figures: { neededBytes: most, availableBytes: available, missingBytes: most - available },
  };
}

const MOST_BUFFER = 2 ** 40;
