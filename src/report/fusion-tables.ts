import { bytesPerSecond } from "../base/units.js";
import { ratePerCycle } from "../cost/traffic.js";
import type { FusionPlan, FusionProblem, Group } from "../planners/fusion/plan.js";
import { replay } from "../planners/fusion/replay.js";
import { type Cost, energySum, pricesPerBit, type Ran, repriced, type Way, type Ways } from "./fusion-ways.js";
import { edgesText, orderText, savedShare, tileText } from "./fusion-words.js";
import type { Column, Table } from "./table.js";

export const fusionTables = (problem: FusionProblem, plan: FusionPlan, ways: Ways, floor: Cost): readonly Table[] => [
  comparison(ways, floor),
  energyBand(problem, ways),
  bandwidthBand(problem, plan, ways),
  groups(problem, ways),
  layers(problem, ways),
];

const byte = (key: string, label: string): Column => ({ key, label, unit: "B" });
const energy = (key: string, label: string): Column => ({ key, label, unit: "pJ" });
const share = (key: string, label: string): Column => ({ key, label, unit: "share" });
const plain = (key: string, label: string): Column => ({ key, label });
const detail = (column: Column): Column => ({ ...column, detail: true });

function comparison({ fused, alone }: Ways, floor: Cost): Table {
  const row = (way: string, { offChipBytes, latencyCycles, energyPicojoules }: Cost) => ({
    way,
    offChipBytes,
    offChipSaved: savedShare(offChipBytes, alone.cost.offChipBytes),
    latencyCycles,
    latencySaved: savedShare(latencyCycles, alone.cost.latencyCycles),
    energyPicojoules,
    energySaved: savedShare(energyPicojoules, alone.cost.energyPicojoules),
  });
  return {
    key: "comparison",
    title: "Comparison",
    columns: [
      plain("way", ""),
      byte("offChipBytes", "off-chip"),
      share("offChipSaved", "saved"),
      plain("latencyCycles", "cycles"),
      share("latencySaved", "saved"),
      energy("energyPicojoules", "energy"),
      share("energySaved", "saved"),
    ],
    rows: [row("layer by layer", alone.cost), row("fused", fused.cost), row("floor of every plan", floor)],
  };
}

function energyBand(problem: FusionProblem, { fused, alone }: Ways): Table {
  const own = problem.machine.offChipEnergy / 8;
  const at = (way: Way, perBit: number): number => energySum(repriced(way, perBit));
  return {
    key: "energy-band",
    title: "By off-chip energy",
    columns: [
      plain("picojoulesPerBit", "pJ/bit"),
      energy("layerByLayerPicojoules", "layer by layer"),
      energy("fusedPicojoules", "fused"),
      share("saved", "saved"),
      plain("note", ""),
    ],
    rows: pricesPerBit(problem).map((perBit) => ({
      picojoulesPerBit: perBit,
      layerByLayerPicojoules: at(alone, perBit),
      fusedPicojoules: at(fused, perBit),
      saved: savedShare(at(fused, perBit), at(alone, perBit)),
      note: perBit === own ? "this target" : "the same plans, priced anew",
    })),
  };
}

/** Off-chip bandwidths in bytes per second, from a slow to a fast mobile memory. */
const BANDWIDTHS = [0.8e9, 1.6e9, 3.2e9, 6.4e9];
/** Tiles of both plans above which running them again takes too long. */
const MOST_TILES = 1_000_000;

/** The judge runs both plans again at other bandwidths. */
function bandwidthBand(problem: FusionProblem, plan: FusionPlan, { fused, alone }: Ways): Table {
  const { clock, offChipRate } = problem.machine;
  const own = offChipRate * clock;
  const at = (bandwidth: number, groups: readonly Group[]) => {
    const rate = bandwidth === own ? offChipRate : ratePerCycle(bytesPerSecond(bandwidth), clock);
    return replay({ ...problem, machine: { ...problem.machine, offChipRate: rate } }, groups, "plan").replay.totals;
  };
  const tiles = [...fused.ran, ...alone.ran].reduce((sum, ran) => sum + ran.tiles, 0);
  return {
    key: "bandwidth-band",
    title: "By off-chip bandwidth",
    columns: [
      { key: "bytesPerSecond", label: "bandwidth", unit: "B/s" },
      plain("layerByLayerCycles", "layer by layer, cycles"),
      plain("fusedCycles", "fused"),
      share("latencySaved", "saved"),
      detail(energy("layerByLayerPicojoules", "layer by layer, energy")),
      detail(energy("fusedPicojoules", "fused")),
      share("energySaved", "energy saved"),
      plain("note", ""),
    ],
    rows: [...new Set([...(tiles > MOST_TILES ? [] : BANDWIDTHS), own])]
      .sort((a, b) => a - b)
      .map((bandwidth) => {
        const [before, now] = [at(bandwidth, plan.layerByLayer), at(bandwidth, plan.groups)];
        return {
          bytesPerSecond: bandwidth,
          layerByLayerCycles: before.latency,
          fusedCycles: now.latency,
          latencySaved: savedShare(now.latency, before.latency),
          layerByLayerPicojoules: before.energy,
          fusedPicojoules: now.energy,
          energySaved: savedShare(now.energy, before.energy),
          note: bandwidth === own ? "this target" : "the same plans, replayed",
        };
      }),
  };
}

function groups(problem: FusionProblem, { fused, alone }: Ways): Table {
  const single = new Map(alone.ran.map((ran) => [ran.group.layers[0]!, ran.cost]));
  const apart = ({ group }: Ran, key: keyof Cost): number => group.layers.reduce((sum, l) => sum + (single.get(l)?.[key] ?? 0), 0);
  return {
    key: "groups",
    title: "Groups",
    columns: [
      plain("group", ""),
      { key: "firstLayer", label: "first layer", refers: "step" },
      plain("layers", "layers"),
      plain("tile", "tile"),
      plain("overlap", "overlap"),
      detail(plain("order", "order")),
      byte("offChipBytes", "off-chip"),
      byte("layerByLayerOffChipBytes", "layer by layer"),
      plain("latencyCycles", "cycles"),
      plain("layerByLayerLatencyCycles", "layer by layer"),
      detail(energy("energyPicojoules", "energy")),
      detail(energy("layerByLayerEnergyPicojoules", "layer by layer")),
      detail(byte("peakBytes", "buffer")),
      detail(share("utilisation", "array busy")),
      detail(plain("lastLayer", "last layer")),
    ],
    rows: fused.ran.map((ran, g) => ({
      group: g,
      firstLayer: ran.stretch.steps.start,
      layers: ran.group.layers.length,
      tile: tileText(ran),
      overlap: edgesText(ran),
      order: orderText(ran).full,
      offChipBytes: ran.cost.offChipBytes,
      layerByLayerOffChipBytes: apart(ran, "offChipBytes"),
      latencyCycles: ran.cost.latencyCycles,
      layerByLayerLatencyCycles: apart(ran, "latencyCycles"),
      energyPicojoules: ran.cost.energyPicojoules,
      layerByLayerEnergyPicojoules: apart(ran, "energyPicojoules"),
      peakBytes: peak(ran),
      utilisation: busy(ran),
      lastLayer: problem.layers[ran.group.layers.at(-1)!]!.name,
    })),
  };
}

function layers(problem: FusionProblem, { fused, alone }: Ways): Table {
  const home = new Map(fused.ran.flatMap(({ group, stretch }, g) => group.layers.map((l, k) => [l, { g, step: stretch.steps.start + k }])));
  return {
    key: "layers",
    title: "Layers",
    columns: [
      { key: "layer", label: "layer", refers: "step" },
      plain("type", "type"),
      plain("group", "fused in group"),
      plain("order", "order"),
      plain("tile", "tile"),
      byte("offChipBytes", "off-chip"),
      plain("latencyCycles", "cycles"),
      energy("energyPicojoules", "energy"),
      detail(byte("peakBytes", "buffer")),
      detail(share("utilisation", "array busy")),
      detail(plain("macs", "MACs")),
    ],
    rows: alone.ran.map((ran) => {
      const [layer = 0] = ran.group.layers;
      return {
        layer: home.get(layer)?.step ?? -1,
        type: problem.layers[layer]!.type,
        group: home.get(layer)?.g ?? -1,
        order: orderText(ran).full,
        tile: tileText(ran),
        offChipBytes: ran.cost.offChipBytes,
        latencyCycles: ran.cost.latencyCycles,
        energyPicojoules: ran.cost.energyPicojoules,
        peakBytes: peak(ran),
        utilisation: busy(ran),
        macs: ran.macs,
      };
    }),
  };
}

const peak = ({ stretch }: Ran): number => stretch.peak[0] ?? 0;
const busy = ({ stretch, cost }: Ran): number => (cost.latencyCycles === 0 ? 0 : stretch.busy / cost.latencyCycles);
