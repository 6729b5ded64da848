import type { Replay } from "../base/replay.js";
import { add, bytes, type Picojoules, subtract } from "../base/units.js";
import { transferEnergy } from "../cost/energy.js";
import type { ScratchpadPlan, ScratchpadProblem } from "../planners/scratchpad/plan.js";
import { bytesText, exactBytesText } from "./format.js";

/** What the scratchpad family knows of its plan beyond the Replay. The rest of the report serves every family. */
export interface ScratchpadFacts {
  /** ONNX type of each step, in the order they ran. */
  readonly types: readonly string[];
  /** Bytes of the operands that must be resident while each step runs. */
  readonly needs: readonly number[];
  /** Names of the buffers each step reads and writes. */
  readonly operands: readonly { readonly reads: readonly string[]; readonly writes: readonly string[] }[];
  /** Buffer name -> the step that first writes it. */
  readonly producers: ReadonlyMap<string, number>;
  /** Sentences a reader must know before trusting a figure. */
  readonly assumptions: readonly string[];
}

export function scratchpadFacts(problem: ScratchpadProblem, plan: ScratchpadPlan): ScratchpadFacts {
  const order = plan.actions.flatMap((action) => (action.kind === "run" ? [action.step] : []));
  const steps = order.flatMap((id) => problem.steps[id] ?? []);
  const producers = new Map<string, number>();
  const needs = steps.map((step, position) => {
    const operands = [...new Set([...step.reads, ...step.writes])].flatMap((id) => problem.buffers[id] ?? []);
    for (const id of step.writes) {
      const name = problem.buffers[id]?.name;
      if (name !== undefined && !producers.has(name)) producers.set(name, position);
    }
    return operands.reduce((sum, buffer) => sum + buffer.footprint, 0);
  });
  const names = (ids: readonly number[]): string[] => ids.flatMap((id) => problem.buffers[id]?.name ?? []);
  return {
    types: steps.map((step) => step.type),
    needs,
    operands: steps.map((step) => ({ reads: names(step.reads), writes: names(step.writes) })),
    producers,
    assumptions: assumptions(problem),
  };
}

/**
 * The busiest resource's work that no plan on this machine avoids: every step once, every input, weight and
 * output moved once. No plan is faster.
 */
export function latencyFloor(replay: Replay): { readonly cycles: number; readonly why: string } {
  const work = { compute: 0, fetch: 0, store: 0 };
  for (const event of replay.events) {
    if (event.cause === "spill" || event.cause === "refetch") continue;
    work[event.kind] += event.end - event.start;
  }
  const cycles = Math.max(work.compute, work.fetch, work.store);
  const why =
    cycles === work.compute
      ? "compute alone"
      : cycles === work.fetch
        ? "compulsory reads alone, at full rate"
        : "compulsory writes alone, at full rate";
  return { cycles, why };
}

/** Computation and compulsory transfers of the Replay, and the spills and re-fetches that `boundBytes` proves unavoidable. */
export function energyFloor(replay: Replay, { machine }: ScratchpadProblem, boundBytes: number): Picojoules {
  const { spill, refetch } = replay.totals.trafficByCause;
  const avoidable = bytes(Math.max(0, Math.floor(spill + refetch - boundBytes)));
  return subtract(replay.totals.energy, transferEnergy(avoidable, add(machine.offChipEnergy, machine.memoryEnergy)));
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
