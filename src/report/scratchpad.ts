import type { Replay } from "../base/replay.js";
import { bytes } from "../base/units.js";
import { energyFloor } from "../planners/scratchpad/energy.js";
import { latencyFloor } from "../planners/scratchpad/latency/floor.js";
import type { ScratchpadPlan, ScratchpadProblem } from "../planners/scratchpad/plan.js";
import { bounded, type Claimed, type Facts, type Figure, type Given, type Goal, type StepFacts } from "./facts.js";
import { bytesText, exactBytesText } from "./format.js";
import { type CommonMetrics, commonMetrics, counts, type Metrics } from "./metrics.js";

export function scratchpadFacts({ problem, accepted, outcome }: Given<ScratchpadProblem, ScratchpadPlan>): Facts {
  const { plan, replay } = accepted;
  const metrics = scratchpadMetrics(replay, problem);
  const objective = GOALS[problem.objective](metrics);
  return {
    objective,
    clockHertz: problem.machine.clock,
    figures: figures(problem, replay, metrics, objective, outcome),
    metrics,
    causes: ["input", "weight", "output", "spill", "refetch"],
    steps: stepFacts(problem, plan),
    assumptions: assumptions(problem),
    tables: [],
    charts: [],
  };
}

/** The figures of `plan --json`. Utilisations are shares of 1. */
type ScratchpadMetrics = CommonMetrics & {
  readonly offChipReadBytes: number;
  readonly offChipWriteBytes: number;
  readonly inputBytes: number;
  readonly weightBytes: number;
  readonly outputBytes: number;
  readonly nonCompulsoryBytes: number;
  readonly spillBytes: number;
  readonly refetchBytes: number;
  readonly capacityBytes: number;
  readonly engineBusyCycles: number;
  readonly engineUtilisation: number;
  readonly dmaInBusyCycles: number;
  readonly dmaInUtilisation: number;
  readonly dmaOutBusyCycles: number;
  readonly dmaOutUtilisation: number;
  readonly operators: number;
  readonly transfers: number;
};

function scratchpadMetrics(replay: Replay, { machine }: ScratchpadProblem): ScratchpadMetrics {
  const counted = counts(replay);
  const { byCause, byDirection, busy } = counted;
  const { spill = 0, refetch = 0 } = byCause;
  const common = commonMetrics(replay, counted, machine.clock);
  const share = (cycles: number): number => (common.latencyCycles === 0 ? 0 : cycles / common.latencyCycles);
  return {
    ...common,
    offChipReadBytes: byDirection.in,
    offChipWriteBytes: byDirection.out,
    inputBytes: byCause.input ?? 0,
    weightBytes: byCause.weight ?? 0,
    outputBytes: byCause.output ?? 0,
    nonCompulsoryBytes: spill + refetch,
    spillBytes: spill,
    refetchBytes: refetch,
    capacityBytes: machine.capacity,
    engineBusyCycles: busy.compute,
    engineUtilisation: share(busy.compute),
    dmaInBusyCycles: busy.fetch,
    dmaInUtilisation: share(busy.fetch),
    dmaOutBusyCycles: busy.store,
    dmaOutUtilisation: share(busy.store),
    operators: replay.steps.length,
    transfers: counted.transfers,
  };
}

/** What each objective of the command line lowers. */
const GOALS: Readonly<Record<ScratchpadProblem["objective"], (m: ScratchpadMetrics) => Goal>> = {
  traffic: (m) => ({
    name: "nonCompulsoryBytes",
    label: "Traffic beyond compulsory",
    unit: "B",
    value: m.nonCompulsoryBytes,
    verb: "Moves",
    beside: `beyond the compulsory ${bytesText(m.compulsoryBytes)}`,
    nothing: `Only the compulsory ${bytesText(m.compulsoryBytes)} cross the chip boundary: nothing is spilled, nothing is read twice.`,
  }),
  latency: (m) => ({ name: "latencyCycles", label: "Latency", unit: "cycle", value: m.latencyCycles, verb: "Takes", beside: "" }),
  energy: (m) => ({ name: "energyPicojoules", label: "Energy", unit: "pJ", value: m.energyPicojoules, verb: "Spends", beside: "" }),
};

/** The objective carries the outcome's bound; of the others stands what follows from it, or from the network alone. */
function figures(problem: ScratchpadProblem, replay: Replay, m: Metrics & ScratchpadMetrics, { name }: Goal, outcome: Claimed): Figure[] {
  const { bound, scope, proof } = outcome;
  const claimed = { bound, boundNote: `${scope}: ${proof}` };
  const beyond = name === "nonCompulsoryBytes" ? Math.floor(bound) : 0;
  // A bound on other orders' traffic says nothing where only this order is covered.
  const floor = latencyFloor(problem, bytes(scope === "all orders" ? beyond : 0));
  return [
    bounded({
      key: "offChipBytes",
      label: "Off-chip traffic",
      value: m.offChipBytes,
      unit: "B",
      bound: m.compulsoryBytes + beyond,
      boundNote: name === "nonCompulsoryBytes" ? `compulsory bytes and the bound on the rest, ${scope}` : "compulsory bytes, all orders",
      source: "sum of the replay's ledger",
    }),
    bounded({
      key: "nonCompulsoryBytes",
      label: "Beyond compulsory",
      value: m.nonCompulsoryBytes,
      unit: "B",
      ...(name === "nonCompulsoryBytes" ? claimed : { bound: 0, boundNote: "nothing: the search lowered another figure" }),
      source: "spill and refetch rows of the replay's ledger",
    }),
    bounded({
      key: "peakBytes",
      label: "Scratchpad peak",
      value: m.peakBytes,
      unit: "B",
      of: m.capacityBytes,
      bound: Math.min(m.peakBytes, problem.sizes.min),
      boundNote: "the operands of the largest single operator, all orders",
      source: "highest byte in use in the replay",
    }),
    bounded({
      key: "latencyCycles",
      label: "Latency",
      value: m.latencyCycles,
      unit: "cycle",
      ...(name === "latencyCycles" ? claimed : { bound: floor.cycles, boundNote: `${floor.proof}, all orders` }),
      source: "end of the replay's last event",
    }),
    bounded({
      key: "energyPicojoules",
      label: "Energy",
      value: m.energyPicojoules,
      unit: "pJ",
      ...(name === "energyPicojoules"
        ? claimed
        : {
            bound: energyFloor(problem, replay.totals.energy, bytes(m.nonCompulsoryBytes), bytes(beyond)),
            boundNote: beyond > 0 ? `computation and the bound on traffic, ${scope}` : "computation and compulsory transfers, all orders",
          }),
      source: "computation and transfers of the replay",
    }),
  ];
}

function stepFacts(problem: ScratchpadProblem, plan: ScratchpadPlan): StepFacts[] {
  const names = (ids: readonly number[]): string[] => ids.flatMap((id) => problem.buffers[id]?.name ?? []);
  return plan.actions.flatMap((action) => {
    const step = action.kind === "run" ? problem.steps[action.step] : undefined;
    if (step === undefined) return [];
    const operands = [...new Set([...step.reads, ...step.writes])];
    const needBytes = operands.reduce((sum, id) => sum + (problem.buffers[id]?.footprint ?? 0), 0);
    return [{ type: step.type, needBytes, reads: names(step.reads), writes: names(step.writes) }];
  });
}

function assumptions({ assumptions: a, machine }: ScratchpadProblem): string[] {
  const reserved = machine.reserved.reduce((sum, range) => sum + (range.end - range.start), 0);
  return [
    a.weights === "planned"
      ? "Weights share the scratchpad; reading each one once is part of the compulsory traffic."
      : `Weights live in a memory of their own: ${bytesText(a.outsideWeightBytes)} (${exactBytesText(a.outsideWeightBytes)}) are in no figure here.`,
    `Offsets and footprints are multiples of ${exactBytesText(machine.alignment)}.`,
    ...(reserved > 0 ? [`${bytesText(reserved)} of the scratchpad are reserved.`] : []),
    "One engine, and one DMA channel in each direction; a fetch starts as soon as its address range and its channel are free.",
    ...(a.split === undefined
      ? []
      : [
          `Cut to fit: whole, the largest operator would need ${bytesText(a.split.largestNeed)}. ${counted(a.split.operators.length, "operator")} run in ${a.split.operators.reduce((n, { parts }) => n + parts, 0)} parts; no element is computed twice, and what is fetched again for another part shows in the ledger.`,
        ]),
    ...(a.views.length > 0 ? [`Views, which rename their input and move nothing: ${counted(a.views.length, "operator")}.`] : []),
    ...(a.inPlace.length > 0 ? [`Overwriting their input in place: ${counted(a.inPlace.length, "operator")}.`] : []),
  ];
}

const counted = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;
