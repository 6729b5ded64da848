import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ReplayTotals } from "../../src/base/replay.js";
import {
  bytes,
  bytesPerSecond,
  elementsPerCycle,
  hertz,
  picojoulesPerByte,
  picojoulesPerCycle,
  picojoulesPerMac,
} from "../../src/base/units.js";
import type { FusionProblem } from "../../src/planners/fusion/plan.js";
import { pose } from "../../src/planners/fusion/pose.js";
import { solve } from "../../src/planners/fusion/solve.js";
import { verify } from "../../src/planners/fusion/verify.js";
import type { FusionTarget } from "../../src/target/fusion-target.js";
import { convolutionalPart } from "./resized.js";

const MODELS = process.env.STOWAGE_MODELS ?? "../shared/models";
export const unlimited = { seed: 1, nodes: Number.POSITIVE_INFINITY, stop: () => false, progress: () => {} };

/** 154.98 mW at 500 MHz, from Chang and Chang, TCAS-I 67(1), 2020; a fifth of it while waiting is an assumption. */
const BUSY = (154.98e-3 / 500e6) * 1e12;

export const vwa = (gigabytesPerSecond: number, picojoulesPerBit = 70): FusionTarget => ({
  kind: "fusion",
  name: "vwa",
  summary: "8 x 7 x 3 array",
  clock: hertz(500e6),
  array: { template: "vwa", blocks: 8, rows: 7, columns: 3 },
  buffers: { arrangement: "unified", size: bytes(191 * 1024), staging: bytes(8 * 1024) },
  accumulatorBits: 16,
  vector: elementsPerCycle(56),
  offChip: { bandwidth: bytesPerSecond(gigabytesPerSecond * 1e9), energy: picojoulesPerByte(8 * picojoulesPerBit) },
  energy: {
    mac: picojoulesPerMac(0),
    buffer: picojoulesPerByte(0),
    busy: picojoulesPerCycle(BUSY),
    stalled: picojoulesPerCycle(0.2 * BUSY),
  },
  precision: { activation: "int8", weight: "int8" },
  sources: {},
});

export function posed(file: string, target: FusionTarget, objective: string, size = 224): FusionProblem {
  const problem = pose(convolutionalPart(MODELS, file, size), target, { objective });
  if (!problem.ok) throw new Error(problem.errors[0].message);
  return problem.value;
}

/** Fused against layer by layer, both as the judge replays them: in percent less, and in figures. */
export function reductions(problem: FusionProblem) {
  const outcome = solve(problem, unlimited);
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  const verdict = verify(problem, outcome.plan);
  if (!verdict.ok) throw new Error(verdict.violations.map(({ where, message }) => `${where}: ${message}`).join("\n"));
  const { replay } = verdict.accepted;
  const figures = ({ latency, energy, trafficByCause }: Pick<ReplayTotals, "latency" | "energy" | "trafficByCause">) => ({
    traffic: Object.values(trafficByCause).reduce<number>((sum, size) => sum + size, 0),
    latency,
    energy,
  });
  const fused = figures(replay.totals);
  const alone = figures(replay.baseline?.totals ?? replay.totals);
  const less = (now: number, before: number) => 100 * (1 - now / before);
  return {
    traffic: less(fused.traffic, alone.traffic),
    latency: less(fused.latency, alone.latency),
    energy: less(fused.energy, alone.energy),
    alone,
    fused,
    groups: outcome.plan.groups,
    gap: 1 - outcome.bound / outcome.value,
  };
}

/** Whether all of these models are there. */
export const has = (...names: readonly string[]) => names.every((name) => existsSync(join(MODELS, name)));
