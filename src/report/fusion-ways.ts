import type { EnergyPart, Replay, Stretch } from "../base/replay.js";
import type { FusionPlan, FusionProblem, Group, Layer } from "../planners/fusion/plan.js";

/** The three figures that fused and layer-by-layer runs are compared by. */
export type Cost = {
  readonly offChipBytes: number;
  readonly latencyCycles: number;
  readonly energyPicojoules: number;
};

/** A group, and what the judge saw while it ran. */
export interface Ran {
  readonly group: Group;
  readonly stretch: Stretch;
  readonly cost: Cost;
  /** Of its layers, each result computed once. */
  readonly macs: number;
  /** Greatest height and width of the maps that leave it: what a tile is a part of. */
  readonly whole: { readonly rows: number; readonly columns: number };
  readonly tiles: number;
}

/** One way to run the network. */
export interface Way {
  readonly ran: readonly Ran[];
  readonly cost: Cost;
  readonly energy: Readonly<Record<EnergyPart, number>>;
}

export interface Ways {
  readonly fused: Way;
  readonly alone: Way;
}

export const ENERGY_PARTS: readonly EnergyPart[] = ["offChip", "buffer", "multiplying", "computing", "waiting"];

/** Off-chip energies that papers assume, in pJ/bit (memory on the package, mobile, on the board), and the machine's own. */
export const pricesPerBit = ({ machine }: FusionProblem): readonly number[] =>
  [...new Set([8, 20, 70, machine.offChipEnergy / 8])].sort((a, b) => a - b);

/** The energy of the same run if a bit off chip cost `perBit` picojoules. */
export const repriced = ({ cost, energy }: Way, perBit: number): Way["energy"] => ({ ...energy, offChip: cost.offChipBytes * 8 * perBit });

export const energySum = (energy: Way["energy"]): number => ENERGY_PARTS.reduce((sum, part) => sum + energy[part], 0);

/** Both ways as the judge saw them. */
export function waysOf(problem: FusionProblem, plan: FusionPlan, { stretches, baseline, totals }: Replay): Ways {
  if (stretches === undefined || baseline === undefined) throw new Error("the replay of a fusion plan has stretches and a baseline");
  return {
    fused: wayOf(problem, plan.groups, stretches, totals),
    alone: wayOf(problem, plan.layerByLayer, baseline.stretches, baseline.totals),
  };
}

function wayOf(problem: FusionProblem, groups: readonly Group[], stretches: readonly Stretch[], totals: Replay["totals"]): Way {
  const ran = groups.map((group, g) => ranOf(problem, group, stretches[g]!));
  return {
    ran,
    cost: {
      offChipBytes: Object.values(totals.trafficByCause).reduce((sum, n) => sum + n, 0),
      latencyCycles: totals.latency,
      energyPicojoules: totals.energy,
    },
    energy: Object.fromEntries(
      ENERGY_PARTS.map((part) => [part, stretches.reduce((sum, { energy }) => sum + energy[part], 0)]),
    ) as Way["energy"],
  };
}

function ranOf(problem: FusionProblem, group: Group, stretch: Stretch): Ran {
  const whole = extent(problem, group);
  const { rows, columns } = group.tile;
  return {
    group,
    stretch,
    cost: {
      offChipBytes: stretch.offChip,
      latencyCycles: stretch.cycles.end - stretch.cycles.start,
      energyPicojoules: energySum(stretch.energy),
    },
    macs: group.layers.reduce((sum, l) => sum + macsOf(problem.layers[l]!), 0),
    whole,
    tiles: Math.ceil(whole.rows / rows) * Math.ceil(whole.columns / columns),
  };
}

/** Greatest height and width of what a group leaves behind. Source: docs/math/fusion.md, section 2. */
function extent({ layers, maps }: FusionProblem, group: Group): Ran["whole"] {
  const inside = new Set(group.layers);
  const leaving = group.layers
    .map((l) => layers[l]!.writes)
    .filter((map) => {
      const readers = layers.flatMap(({ reads }, l) => (reads.some((r) => r.map === map) ? [l] : []));
      return maps[map]!.kind === "output" || readers.length === 0 || readers.some((l) => !inside.has(l));
    });
  const most = (side: "height" | "width"): number => leaving.reduce((n, map) => Math.max(n, maps[map]![side]), 1);
  return { rows: most("height"), columns: most("width") };
}

/** Multiply-accumulates of a layer. Source: docs/math/fusion.md, section 1. */
const macsOf = ({ kind, shape: { outputs, inputs, groups, kernel }, computed }: Layer): number =>
  kind === "mac" ? outputs * (inputs / groups) * kernel.height * kernel.width * computed.height * computed.width : 0;
