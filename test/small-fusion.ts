import {
  bytes,
  bytesPerCycle,
  cycles,
  elementsPerCycle,
  hertz,
  picojoules,
  picojoulesPerByte,
  picojoulesPerCycle,
  picojoulesPerMac,
} from "../src/base/units.js";
import type { Claim, FusionPlan, FusionProblem, Group, Layer, Window } from "../src/planners/fusion/plan.js";
import { replay } from "../src/planners/fusion/replay.js";

/** One multiply-accumulate and one byte per cycle, a picojoule for each, and for each working cycle; half of one for waiting. */
export const unitMachine: FusionProblem["machine"] = {
  clock: hertz(1),
  array: { template: "nvdla", outputs: 1, inputs: 1 },
  buffers: { arrangement: "unified", size: bytes(1000), staging: bytes(0) },
  accumulatorBits: 16,
  vector: elementsPerCycle(1),
  offChipRate: bytesPerCycle(1),
  offChipEnergy: picojoulesPerByte(1),
  energy: { mac: picojoulesPerMac(1), buffer: picojoulesPerByte(0), busy: picojoulesPerCycle(1), stalled: picojoulesPerCycle(0.5) },
};

/** Convolutions one after another over `height` x `width` maps of `channels` bytes per pixel, padded so that maps stay as they are. */
export function chain(
  count: number,
  {
    height,
    width,
    channels = 1,
    kernel = 3,
  }: { readonly height: number; readonly width: number; readonly channels?: number; readonly kernel?: number },
): FusionProblem {
  const window: Window = { stride: 1, extent: kernel, before: (kernel - 1) / 2, repeat: 1 };
  return {
    kind: "fusion",
    objective: "traffic",
    machine: unitMachine,
    maps: Array.from({ length: count + 1 }, (_, m) => ({
      name: `map ${m}`,
      channels,
      height,
      width,
      bits: 8,
      kind: m === 0 ? "input" : m === count ? "output" : "activation",
    })),
    layers: Array.from(
      { length: count },
      (_, l): Layer => ({
        name: `layer ${l}`,
        type: "Conv",
        operators: [`layer ${l}`],
        kind: "mac",
        reads: [{ map: l, y: window, x: window }],
        writes: l + 1,
        computed: { height, width },
        pooling: undefined,
        shape: {
          outputs: channels,
          inputs: channels,
          groups: 1,
          kernel: { height: kernel, width: kernel },
          stride: { y: 1, x: 1 },
        },
        weights: bytes(channels * channels * kernel * kernel),
      }),
    ),
    modes: ["recompute", "hCached", "fullyCached"],
    assumptions: [],
  };
}

export const groupOf = (layers: readonly number[], rows: number, columns: number, rest: Partial<Group> = {}): Group => ({
  layers,
  tile: { rows, columns },
  overlap: "recompute",
  traversal: { kind: "tiles", weights: "resident" },
  ...rest,
});

/** A plan that claims what the replay measures. */
export function honest(problem: FusionProblem, groups: readonly Group[], layerByLayer: readonly Group[]): FusionPlan {
  return {
    kind: "fusion",
    groups,
    layerByLayer,
    claims: { ...claimOf(problem, groups), layerByLayer: claimOf(problem, layerByLayer) },
  };
}

function claimOf(problem: FusionProblem, groups: readonly Group[]): Claim {
  const { totals } = replay(problem, groups, "groups").replay;
  return {
    offChip: bytes(Object.values(totals.trafficByCause).reduce((sum, n) => sum + n, 0)),
    latency: cycles(totals.latency),
    energy: picojoules(totals.energy),
  };
}
