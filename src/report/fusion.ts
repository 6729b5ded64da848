import { compulsory } from "../planners/fusion/bounds.js";
import type { Claim, FusionPlan, FusionProblem } from "../planners/fusion/plan.js";
import { makePricing } from "../planners/fusion/pricing.js";
import { bounded, type Claimed, type Facts, type Figure, type Given, type Goal, type StepFacts } from "./facts.js";
import { bytesText, energyText, grouped, percentText, secondsText } from "./format.js";
import { fusionCharts } from "./fusion-charts.js";
import { fusionTables } from "./fusion-tables.js";
import { type Cost, type Ways, waysOf } from "./fusion-ways.js";
import { hardware, orderText, overlapText, savedShare } from "./fusion-words.js";
import { commonMetrics, counts, type Metrics } from "./metrics.js";

export function fusionFacts({ problem, accepted, outcome }: Given<FusionProblem, FusionPlan>): Facts {
  const { plan, replay } = accepted;
  const ways = waysOf(problem, plan, replay);
  const counted = counts(replay);
  const common = commonMetrics(replay, counted, problem.machine.clock);
  const metrics = fusionMetrics(problem, plan, ways, common, counted.byDirection);
  const floor = floorOf(problem);
  const objective = goal(problem, plan, ways);
  return {
    objective,
    clockHertz: problem.machine.clock,
    figures: figures(problem, ways, metrics, objective, outcome, floor),
    metrics,
    causes: ["input", "weight", "output"],
    steps: plan.groups.flatMap(({ layers }) => layers.map((l) => stepFacts(problem, l))),
    assumptions: assumptions(problem, plan, ways),
    tables: fusionTables(problem, plan, ways, floor),
    charts: fusionCharts(problem, ways, floor, replay),
  };
}

function fusionMetrics(
  problem: FusionProblem,
  plan: FusionPlan,
  { fused, alone }: Ways,
  common: ReturnType<typeof commonMetrics>,
  direction: { readonly in: number; readonly out: number },
): Metrics {
  return {
    ...common,
    offChipReadBytes: direction.in,
    offChipWriteBytes: direction.out,
    balanced: balancedCost(plan, fused.cost),
    layerByLayer: alone.cost,
    fused: fused.cost,
    reduction: reductionOf(fused.cost, alone.cost),
    groups: fused.ran.map(({ group, stretch, tiles }) => ({
      layers: group.layers.map((l) => problem.layers[l]!.name),
      tileRows: group.tile.rows,
      tileColumns: group.tile.columns,
      tiles,
      overlap: group.overlap,
      order: group.traversal,
      offChipBytes: stretch.offChip,
      latencyCycles: stretch.cycles.end - stretch.cycles.start,
      energyPicojoules: Object.values(stretch.energy).reduce((sum, e) => sum + e, 0),
      peakBytes: stretch.peak,
    })),
    hardware: hardware(problem.machine),
  };
}

/** Shares of the layer-by-layer figures that the fused plan does without. */
const reductionOf = (fused: Cost, alone: Cost): Cost => ({
  offChipBytes: savedShare(fused.offChipBytes, alone.offChipBytes),
  latencyCycles: savedShare(fused.latencyCycles, alone.latencyCycles),
  energyPicojoules: savedShare(fused.energyPicojoules, alone.energyPicojoules),
});

/** Source: docs/math/fusion.md, section 5. */
const balancedCost = ({ claims: { layerByLayer: unit } }: FusionPlan, { energyPicojoules, latencyCycles }: Cost): number =>
  energyPicojoules / Math.max(1, unit.energy) + latencyCycles / Math.max(1, unit.latency);

/** What no plan goes below: bytes, cycles and picojoules, each by itself. */
export function floorOf(problem: FusionProblem): Cost {
  const pricing = makePricing(problem);
  const { traffic, macs, cycles, exchange } = compulsory(pricing);
  const latency = Math.max(cycles, traffic / problem.machine.offChipRate);
  return {
    offChipBytes: traffic,
    latencyCycles: Math.ceil(latency),
    energyPicojoules: pricing.costs.leastEnergy(latency, cycles, macs, traffic, exchange),
  };
}

function goal(problem: FusionProblem, plan: FusionPlan, { fused, alone }: Ways): Goal {
  const { offChipBytes, latencyCycles, energyPicojoules } = fused.cost;
  const introduction = plan.groups.every(({ layers }) => layers.length === 1)
    ? "Every layer runs by itself: no group that was found costs less."
    : comparison(fused.cost, alone.cost, problem.machine.clock);
  switch (problem.objective) {
    case "traffic":
      return { name: "offChipBytes", label: "Off-chip traffic", unit: "B", value: offChipBytes, verb: "Moves", beside: "", introduction };
    case "latency":
      return { name: "latencyCycles", label: "Latency", unit: "cycle", value: latencyCycles, verb: "Takes", beside: "", introduction };
    case "energy":
      return { name: "energyPicojoules", label: "Energy", unit: "pJ", value: energyPicojoules, verb: "Spends", beside: "", introduction };
    case "balanced":
      return {
        name: "balanced",
        label: "Balanced cost",
        unit: "",
        value: balancedCost(plan, fused.cost),
        verb: "Costs",
        beside: `(energy and latency as shares of those layer by layer, which cost ${grouped(balancedCost(plan, alone.cost))} together)`,
        introduction,
      };
  }
}

/** `Against layer by layer, 57.6 % less crosses the chip boundary (2.39 MiB of 5.64 MiB), ...`. */
function comparison(fused: Cost, alone: Cost, clock: number): string {
  const { offChipBytes, latencyCycles, energyPicojoules } = reductionOf(fused, alone);
  const change = (share: number): string => `${percentText(Math.abs(share))} ${share < 0 ? "more" : "less"}`;
  const seconds = (cycles: number): string => secondsText(cycles / clock);
  return [
    `Against layer by layer, ${change(offChipBytes)} crosses the chip boundary (${bytesText(fused.offChipBytes)} of ${bytesText(alone.offChipBytes)}),`,
    `it takes ${change(latencyCycles)} time (${seconds(fused.latencyCycles)} of ${seconds(alone.latencyCycles)})`,
    `and ${change(energyPicojoules)} energy (${energyText(fused.energyPicojoules)} of ${energyText(alone.energyPicojoules)}).`,
  ].join(" ");
}

/** The objective carries the outcome's bound; the others what follows from the network and the machine alone. */
function figures(problem: FusionProblem, ways: Ways, m: Metrics, objective: Goal, outcome: Claimed, floor: Cost): Figure[] {
  const claimed = { bound: outcome.bound, boundNote: `${outcome.scope}: ${outcome.proof}` };
  const saved = reductionOf(ways.fused.cost, ways.alone.cost);
  const figure = (key: keyof Cost, rest: Pick<Figure, "label" | "unit" | "source">, why: string): Figure =>
    bounded({
      key,
      ...rest,
      value: ways.fused.cost[key],
      ...(objective.name === key ? claimed : { bound: Math.min(floor[key], ways.fused.cost[key]), boundNote: why }),
    });
  const against = (key: keyof Cost): string => `${percentText(Math.abs(saved[key]))} ${saved[key] < 0 ? "above" : "below"} layer by layer`;
  const balanced: Figure[] =
    objective.name === "balanced"
      ? [
          bounded({
            key: "balanced",
            label: objective.label,
            value: objective.value,
            unit: "",
            ...claimed,
            source: "latency and energy of the replay, as shares of those layer by layer",
          }),
        ]
      : [];
  return [
    figure(
      "offChipBytes",
      { label: "Off-chip traffic", unit: "B", source: "sum of the replay's ledger" },
      `${against("offChipBytes")}; floor: inputs, weights and outputs once`,
    ),
    figure(
      "latencyCycles",
      { label: "Latency", unit: "cycle", source: "end of the replay's last event" },
      `${against("latencyCycles")}; floor: each layer at its fastest, or the compulsory bytes at full rate`,
    ),
    figure(
      "energyPicojoules",
      { label: "Energy", unit: "pJ", source: "computation, waiting and transfers of the replay" },
      `${against("energyPicojoules")}; floor: the compulsory bytes, and each layer at its fastest`,
    ),
    ...balanced,
    {
      key: "peakBytes",
      label: `${problem.machine.buffers.arrangement === "unified" ? "Buffer" : "Feature buffer"} peak`,
      value: m.peakBytes,
      unit: "B",
      of: problem.machine.buffers.arrangement === "unified" ? problem.machine.buffers.size : problem.machine.buffers.features,
      boundNote: "feature maps, caches, weights and partial sums at once",
      source: "highest byte in use in the replay",
    },
  ];
}

function stepFacts({ layers, maps }: FusionProblem, id: number): StepFacts {
  const { type, reads, writes } = layers[id]!;
  return { type, needBytes: 0, reads: reads.map(({ map }) => maps[map]!.name), writes: [maps[writes]!.name] };
}

function assumptions(problem: FusionProblem, plan: FusionPlan, { fused, alone }: Ways): string[] {
  const cut = plan.groups.filter(({ overlap }) => overlap === "nonOverlapped").length;
  const orders = new Map<string, number>();
  for (const ran of alone.ran) {
    const order = orderText(ran).kind;
    orders.set(order, (orders.get(order) ?? 0) + 1);
  }
  const won = [...orders].sort((a, b) => b[1] - a[1]).map(([order, n]) => `${n} ${order}`);
  return [
    ...(cut === 0
      ? []
      : [
          `Other results at tile edges: ${cut} of ${plan.groups.length} groups cut the overlap of tiles off (${overlapText("nonOverlapped")}).`,
        ]),
    `Layer by layer runs each layer in the cheapest of the orders and tiles tried, for the same objective: ${won.join(", ")}.`,
    "One channel carries loads and stores. The next tile loads while one computes and the one before is stored; groups run one after another.",
    "Not modelled: rows and refresh of the off-chip memory, bank conflicts, and fetching the weights of the next group ahead.",
    ...apart(plan.claims, fused.cost, "the fused plan"),
    ...apart(plan.claims.layerByLayer, alone.cost, "the layer-by-layer plan"),
    ...problem.assumptions.map((sentence) => `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}${sentence.endsWith(".") ? "" : "."}`),
  ];
}

/** Where replay and search count differently, by how much and why. */
function apart({ because, latency, energy }: Claim, cost: Cost, which: string): string[] {
  const off = (claimed: number, replayed: number) => (claimed - replayed) / Math.max(1, replayed);
  const [cycles, picojoules] = [off(latency, cost.latencyCycles), off(energy, cost.energyPicojoules)];
  if (because === undefined || Math.max(Math.abs(cycles), Math.abs(picojoules)) <= 0.05) return [];
  const percent = (share: number) => `${share < 0 ? "" : "+"}${(100 * share).toFixed(1)} %`;
  return [`The search counted ${percent(cycles)} cycles and ${percent(picojoules)} energy for ${which} against the replay: ${because}.`];
}
