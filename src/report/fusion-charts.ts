import type { EnergyPart, Replay } from "../base/replay.js";
import { peakMacs } from "../planners/fusion/costs.js";
import type { FusionProblem, Group } from "../planners/fusion/plan.js";
import type { Bars, Brackets, Chart, Roofline } from "./chart.js";
import { type Cost, ENERGY_PARTS, pricesPerBit, type Ran, repriced, type Way, type Ways } from "./fusion-ways.js";
import { edgesText, orderText, tileText } from "./fusion-words.js";

export const fusionCharts = (problem: FusionProblem, ways: Ways, floor: Cost, replay: Replay): readonly Chart[] => [
  brackets(ways, replay),
  savings(ways, floor),
  energyByPrice(problem, ways),
  roofline(problem, ways),
  energyByGroup(ways),
];

/** Each figure of the layer-by-layer run as a whole: what fusion saves of it, and what no plan can. */
function savings({ fused, alone }: Ways, floor: Cost): Bars {
  const bar = (label: string, key: keyof Cost) => {
    const part = (n: number): number => (alone.cost[key] === 0 ? 0 : n / alone.cost[key]);
    const [least, now] = [Math.min(floor[key], fused.cost[key]), fused.cost[key]];
    return { label, values: [part(least), part(now - least)] };
  };
  return {
    kind: "bars",
    title: "What fusion saves",
    note: "Shares of the layer-by-layer run. What lies between a bar and the line is saved; the first part no plan avoids.",
    unit: "share",
    series: ["floor of every plan", "fused, above the floor"],
    groups: [bar("off-chip traffic", "offChipBytes"), bar("latency", "latencyCycles"), bar("energy", "energyPicojoules")],
    mark: { label: "layer by layer", value: 1 },
  };
}

/** The layers in the order they run, what each moves, and the groups under them. */
function brackets({ fused, alone }: Ways, { steps, ledger }: Replay): Brackets {
  const single = new Map(alone.ran.map(({ group, cost }) => [group.layers[0], cost.offChipBytes]));

  const heights = new Map<string, number>();
  for (const { operator, size } of ledger) heights.set(operator, (heights.get(operator) ?? 0) + size);
  return {
    kind: "brackets",
    title: "Fusion groups",
    note: "Layers in the order they run, each with the bytes it moves across the chip boundary; grey: what it moves layer by layer. Within a group the maps between layers stay on chip.",
    operators: steps,
    groups: fused.ran.map((ran, g) => ({
      label: `group ${g}`,
      start: ran.stretch.steps.start,
      end: ran.stretch.steps.end,
      note: [tileText(ran), ...(ran.tiles > 1 ? [edgesText(ran)] : []), orderText(ran).full].join(", "),
    })),
    heights: {
      label: "off-chip bytes",
      unit: "B",
      values: steps.map((name) => heights.get(name) ?? 0),
      outline: { label: "layer by layer", values: fused.ran.flatMap(({ group }) => group.layers.map((l) => single.get(l) ?? 0)) },
    },
  };
}

function roofline({ machine, layers }: FusionProblem, { fused, alone }: Ways): Roofline {
  const peak = peakMacs(machine.array) * machine.clock;
  const point = (series: string, label: string, { macs, cost }: Ran) =>
    macs === 0 || cost.offChipBytes === 0 || cost.latencyCycles === 0
      ? []
      : [{ label, series, macsPerByte: macs / cost.offChipBytes, macsPerSecond: (macs * machine.clock) / cost.latencyCycles }];
  return {
    kind: "roofline",
    title: "Roofline",
    note: "Fusion moves points to the right: the same multiply-accumulates for fewer bytes. Results that are computed twice count once.",
    peaks: Number.isFinite(peak) ? [{ label: "PE array", macsPerSecond: peak }] : [],
    links: [{ label: "off-chip", bytesPerSecond: machine.offChipRate * machine.clock }],
    points: [
      ...alone.ran.flatMap((ran) => point("layer by layer", layers[ran.group.layers[0]!]!.name, ran)),
      ...fused.ran.flatMap((ran, g) => point("fused", groupText(g, ran.group), ran)),
    ],
  };
}

const groupText = (g: number, { layers }: Group): string => `${g}: ${layers.length} ${layers.length === 1 ? "layer" : "layers"}`;

const PART_WORDS: Readonly<Record<EnergyPart, string>> = {
  offChip: "off-chip",
  buffer: "buffer",
  multiplying: "multiplications",
  computing: "array at work",
  waiting: "array waiting",
};

/** Those parts of the energy that somebody spends. */
const partsOf = ({ fused, alone }: Ways): readonly EnergyPart[] =>
  ENERGY_PARTS.filter((part) => fused.energy[part] + alone.energy[part] > 0);

function energyByPrice(problem: FusionProblem, ways: Ways): Bars {
  const parts = partsOf(ways);
  const bar = (label: string, way: Way, perBit: number) => {
    const energy = repriced(way, perBit);
    return { label: `${perBit} pJ, ${label}`, values: parts.map((part) => energy[part]) };
  };
  return {
    kind: "bars",
    title: "Energy by what a bit off chip costs",
    note: `This target spends ${problem.machine.offChipEnergy / 8} pJ/bit. At the others the same two plans are priced anew, not planned anew.`,
    unit: "pJ",
    series: parts.map((part) => PART_WORDS[part]),
    groups: pricesPerBit(problem).flatMap((perBit) => [bar("by layer", ways.alone, perBit), bar("fused", ways.fused, perBit)]),
  };
}

function energyByGroup(ways: Ways): Bars {
  const parts = partsOf(ways);
  return {
    kind: "bars",
    title: "Energy of each group",
    unit: "pJ",
    series: parts.map((part) => PART_WORDS[part]),
    groups: ways.fused.ran.map(({ group, stretch }, g) => ({
      label: groupText(g, group),
      values: parts.map((part) => stretch.energy[part]),
    })),
  };
}
