import type { CrossbarRun } from "../base/replay.js";
import type { CrossbarPlan, CrossbarProblem } from "../planners/crossbar/plan.js";
import { TICKS } from "../target/crossbar-target.js";
import { crossbarCharts } from "./crossbar-charts.js";
import { crossbarTables } from "./crossbar-tables.js";
import { assumptions, comparison, fastest } from "./crossbar-words.js";
import { bounded, type Claimed, type Facts, type Figure, type Given, type Goal } from "./facts.js";
import { bytesText, grouped, percentText, secondsText } from "./format.js";
import { commonMetrics, counts, type Json, type Metrics } from "./metrics.js";

/** What facts, tables and charts of a plan for crossbars are made of. */
export interface Seen {
  readonly problem: CrossbarProblem;
  readonly plan: CrossbarPlan;
  readonly run: CrossbarRun;
}

export function crossbarFacts({ problem, accepted, outcome }: Given<CrossbarProblem, CrossbarPlan>): Facts {
  const { plan, replay } = accepted;
  const seen: Seen = { problem, plan, run: replay.crossbar! };
  const metrics: Metrics = { ...commonMetrics(replay, counts(replay), TICKS), ...crossbarMetrics(seen) };
  const objective = goal(seen);
  return {
    objective,
    clockHertz: TICKS,
    figures: figures(seen, metrics, objective, outcome),
    metrics,
    causes: ["programming", "index", "partial"],
    steps: problem.layers.map(({ type, name }) => ({ type, needBytes: 0, reads: [name], writes: [] })),
    assumptions: assumptions(seen),
    tables: crossbarTables(seen),
    charts: crossbarCharts(seen),
  };
}

function crossbarMetrics({ problem, plan, run }: Seen) {
  const { totals, layers, waiting, wear, waitingBytes, sumBytes, ways, baselines } = run;
  const timesThePlan = (name: "rewrite" | "difference"): Json => {
    const baseline = fastest(run, name);
    return baseline && totals.latency > 0 ? baseline.latency / totals.latency : null;
  };
  const told = ({ latency, programming, computing, energy, cellWrites, maxCellWrites, fetched }: CrossbarRun["totals"]) => ({
    latencySeconds: latency,
    programmingSeconds: programming,
    computeSeconds: computing,
    energyPicojoules: energy,
    cellWrites,
    maxCellWrites,
    fetchedBytes: fetched,
  });
  return {
    ...told(totals),
    waitingSeconds: waiting,
    waitingCycles: ticks(waiting),
    indexBits: layers.reduce((bits, layer) => bits + layer.indexBits, 0),
    rounds: Math.max(...plan.mappings.map(({ rounds }) => rounds)),
    crossbars: problem.machine.crossbars,
    inferencesPerTable: plan.inferences,
    batch: problem.batch,
    inferencesUntilWornOut:
      totals.maxCellWrites > 0
        ? (run.rotation?.life ?? problem.machine.programming.endurance / totals.maxCellWrites) * problem.batch
        : null,
    longRunMaxCellWrites: run.rotation?.maxCellWrites ?? totals.maxCellWrites,
    rotation:
      run.rotation === undefined || plan.rotation === undefined
        ? null
        : {
            everyInferences: plan.rotation.every,
            rows: plan.rotation.rows,
            crossbars: plan.rotation.crossbars,
            turnInferences: run.rotation.turn,
            maxCellWrites: run.rotation.maxCellWrites,
            cellWrites: run.rotation.cellWrites,
            programmingSeconds: run.rotation.programming,
          },
    waitingBytes,
    partialSumBytes: sumBytes,
    levels: plan.levels.map(
      ({ name, unit, value, bound, scope }): Json => ({ name, unit, value, bound, gap: shareAbove(value, bound), scope }),
    ),
    ways: ways.map(({ name, ...way }): Json => ({ name, ...told(way) })),
    baselines: baselines.map(({ name, strips, ...baseline }): Json => ({ name, strips, ...told(baseline) })),
    timesRewriting: timesThePlan("rewrite"),
    timesDifference: timesThePlan("difference"),
    wear: wear.map(({ from, to, cells }): Json => ({ fromWrites: from, toWrites: to, cells })),
    layers: layers.map((layer, l): Json => {
      const { name, type } = problem.layers[l]!;
      const { encoding, layout, sharing, spread, rounds } = plan.mappings[l]!;
      return {
        name,
        type,
        encoding,
        layout,
        sharing,
        spread,
        rounds,
        programmingSeconds: layer.programming,
        computeSeconds: layer.computing,
        spanSeconds: layer.span,
        energyPicojoules: layer.energy,
        cellWrites: layer.writes,
        weightBytes: layer.fetched.weights,
        indexBytes: layer.fetched.index,
        partialBytes: layer.fetched.partial,
        indexBits: layer.indexBits,
      };
    }),
  };
}

/** The share of a level's value that lies above its bound; times are far below 1 s. */
export const shareAbove = (value: number, bound: number): number => (value > bound ? (value - bound) / value : 0);

const ticks = (seconds: number): number => Math.round(seconds * TICKS);

function goal(seen: Seen): Goal {
  const { totals, waiting } = seen.run;
  const introduction = comparison(seen);
  switch (seen.problem.objective) {
    case "energy":
      return {
        name: "energyPicojoules",
        label: "Energy",
        unit: "pJ",
        value: totals.energy,
        verb: "Spends",
        beside: "per inference",
        introduction,
      };
    case "endurance":
      return {
        name: "maxCellWrites",
        label: "Writes of the cell written most",
        unit: "",
        value: totals.maxCellWrites,
        verb: "Writes the busiest cell",
        beside: "times per inference",
        introduction,
        nothing: "No cell is written after the first inference.",
      };
    case "programming":
      return {
        name: "waitingCycles",
        label: "Waiting for writing",
        unit: "cycle",
        value: ticks(waiting),
        verb: "Waits",
        beside: "per inference for cells to be written",
        introduction,
        nothing: "Nothing waits for cells to be written.",
      };
    case "latency":
      return {
        name: "latencyCycles",
        label: "Latency",
        unit: "cycle",
        value: ticks(totals.latency),
        verb: "Takes",
        beside: "per inference",
        introduction,
      };
  }
}

function figures({ problem, run }: Seen, m: Metrics, objective: Goal, outcome: Claimed): Figure[] {
  const { totals, waiting, layers } = run;
  const claimed = { bound: outcome.bound, boundNote: `${outcome.scope}: ${outcome.proof}` };
  const figure = (key: string, label: string, unit: Figure["unit"], source: string, boundNote: string): Figure =>
    objective.name === key
      ? bounded({ key, label, value: Number(m[key]), unit, source, ...claimed })
      : { key, label, value: Number(m[key]), unit, source, boundNote };
  const { offChipRate, programming } = problem.machine;
  const limit = problem.mostCellWrites === undefined ? "" : `; at most ${grouped(problem.mostCellWrites)} allowed`;
  const cells = problem.machine.crossbars * problem.machine.rows * problem.machine.columns;
  const life =
    m.inferencesUntilWornOut === null
      ? "nothing wears out"
      : `${grouped(Math.floor(Number(m.inferencesUntilWornOut)))} inferences until it has its ${grouped(programming.endurance)} writes`;
  return [
    figure(
      "latencyCycles",
      "Latency",
      "cycle",
      "length of the table over its inferences, as replayed",
      "from one inference's begin to the next",
    ),
    figure(
      "waitingCycles",
      "Waiting for writing",
      "cycle",
      "time in which nothing fires",
      `${percentText(totals.latency > 0 ? waiting / totals.latency : 0)} of the latency; the rest of the writing hides behind firing`,
    ),
    figure("programmingSeconds", "Writing", "s", "cells before and after each load, all crossbars added up", "seconds of crossbars"),
    figure("computeSeconds", "Firing", "s", "activations of operation units, all crossbars added up", "seconds of crossbars"),
    figure("energyPicojoules", "Energy", "pJ", "pulses, activations and bytes of the replay", "per inference"),
    figure(
      "cellWrites",
      "Cell writes",
      "",
      "cells before and after each load",
      `${grouped(totals.cellWrites / cells)} per cell on average`,
    ),
    figure("maxCellWrites", "Writes of the cell written most", "", "a counter on every cell", life + limit),
    {
      key: "indexBits",
      label: "Tables of inputs",
      value: layers.reduce((bits, layer) => bits + layer.indexBits, 0) / 8,
      unit: "B",
      source: "entries of the tables in use",
      boundNote: "kept off chip, fetched with the weights",
    },
    {
      key: "fetchedBytes",
      label: "Fetched to be written",
      value: totals.fetched,
      unit: "B",
      source: "lines that change, and their tables",
      boundNote: `${secondsText(totals.fetched / offChipRate)} of the link; ${bytesText(run.waitingBytes)} wait on chip at most`,
    },
  ];
}
