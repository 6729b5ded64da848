import { bytes } from "../../../base/units.js";
import type { Graph, TensorId } from "../../../graph/graph.js";
import type { SplitSpecification } from "../../../graph/split/specification.js";
import { type SplitGraph, splitGraph } from "../../../graph/split/split.js";
import type { Budget } from "../../../search/budget.js";
import { assumedBits, assumedBytes } from "../../../target/precision.js";
import type { ScratchpadTarget } from "../../../target/target.js";
import { type Accesses, accessesOf } from "../accesses.js";
import type { ScratchpadProblem, StepId } from "../plan.js";
import { pose } from "../pose.js";
import { improve, type Residency, residencyOf } from "../residency/residency.js";
import { assignStorage } from "../storage.js";
import { held } from "../workload.js";
import { type Setting, specificationOf } from "./draft.js";
import { type Lay, layOf, type Sizes } from "./flat.js";
import { refine } from "./refine.js";
import { type Grouping, searchGroups } from "./search.js";
import { type Grain, slabsOf } from "./slabs.js";

/** A network rewritten to fit, and the best order found for it. */
export interface SplitPlan {
  readonly specification: SplitSpecification;
  readonly split: SplitGraph;
  /** The rewritten problem. */
  readonly problem: ScratchpadProblem;
  /** Of its steps. */
  readonly order: readonly StepId[];
  /** What stays and what leaves along that order; within the capacity, addresses aside. */
  readonly residency: Residency;
}

/**
 * Grains worth trying. `share` of the memory is planned with, as addresses are hard to find where much stays for long; `fuse`
 * is a share of that, the other numbers say how many times such a piece would fit, 0 that there is none.
 */
const GRAINS = {
  outside: [
    { share: 1, slab: 64, coarse: 64, weights: 1, sums: 0, fuse: 1, columns: 1 },
    { share: 1, slab: 16, coarse: 16, weights: 1, sums: 0, fuse: 1, columns: 1 },
  ],
  planned: [
    { share: 0.95, slab: 64, coarse: 16, weights: 14, sums: 5, fuse: 0.6, columns: 34 },
    { share: 1, slab: 64, coarse: 16, weights: 8, sums: 0, fuse: 0.6, columns: 1 },
    { share: 1, slab: 64, coarse: 16, weights: 14, sums: 5, fuse: 0.6, columns: 34 },
  ],
} as const;

/** Parts of all operators: first so many at most; where that is too few for any grain, more. */
const TOTALS = [40_000, 200_000];
const PARTS = 256;

/** Shares of the memory for a band or block of weights that stays, with what else the part needs at once, and for partial sums. */
const STAYS = { operand: 0.925, block: 0.82 };
/** What passes by a block of partial sums: pieces of weights, and of the operand's channels. */
const PASSES = { weights: 1 / 16, operand: 1 / 10 };

/** Accesses simulated for one search node, and in all for one grain. */
const ACCESSES_PER_NODE = 400;
const MOST_ACCESSES = 40_000_000;
/** Parts made, over all grains, after which no other is tried. */
const MOST_BUILT = 30_000;

/**
 * Plans a network in a memory that may be smaller than its operators need: tensors are cut into slabs, operators into
 * parts, and the parts ordered by groups of layers that run depth first. Undefined where some operator cannot be cut small
 * enough. The same for the same budget of nodes.
 *
 * @see docs/math/scratchpad.md, section 11
 */
export function splitPlan(graph: Graph, target: ScratchpadTarget, capacity: number, budget: Budget): SplitPlan | undefined {
  const sizes = sizesOf(target);
  const setting = settingOf(graph, target, sizes, capacity);
  const accesses = Math.min(MOST_ACCESSES, budget.nodes * ACCESSES_PER_NODE);
  let best: Candidate | undefined;
  let built = 0;
  for (const total of TOTALS) {
    for (const { size, fraction } of grainsFor(capacity, target.weights)) {
      if (best !== undefined && (best.found.cost === 0 || built > MOST_BUILT || budget.stop())) break;
      const room = Math.floor(fraction.share * capacity);
      const candidate = candidateAt(
        { ...setting, capacity: room },
        sizes,
        grainOf(fraction, Math.min(room, size)),
        total,
        budget,
        accesses,
      );
      built += candidate?.lay.flat.steps ?? 0;
      if (candidate !== undefined && (best === undefined || candidate.found.cost < best.found.cost)) best = candidate;
      budget.progress({ phase: "slabs", unit: "B", ...(best && { incumbent: best.found.cost }) });
    }
    if (best !== undefined) break;
  }
  return best && planOf(best, target, capacity);
}

/**
 * The grains to try. Sizes they are fractions of are powers of the square root of 2: a memory is tried with the same grains as
 * one that is a little smaller, and with those of the next smaller size. A cut for a smaller memory fits a larger one, so bytes
 * hardly ever rise when the memory grows.
 */
function grainsFor(capacity: number, weights: ScratchpadTarget["weights"]) {
  const rung = Math.floor(2 * Math.log2(capacity) + 1e-9);
  return [rung, rung - 1].flatMap((r) => GRAINS[weights].map((fraction) => ({ size: Math.round(2 ** (r / 2)), fraction })));
}

function grainOf({ slab, coarse, weights, sums, fuse, columns }: (typeof GRAINS)["planned" | "outside"][number], capacity: number): Grain {
  const part = (n: number) => (n === 0 ? 0 : capacity / n);
  return {
    slab: capacity / slab,
    coarse: capacity / coarse,
    weights: capacity / weights,
    sums: part(sums),
    fuse: fuse * capacity,
    columns: capacity / columns,
    operand: STAYS.operand * capacity,
    block: STAYS.block * capacity,
    passing: PASSES.weights * capacity,
    runs: PASSES.operand * capacity,
    parts: PARTS,
  };
}

interface Candidate {
  readonly specification: SplitSpecification;
  readonly split: SplitGraph;
  readonly lay: Lay;
  readonly found: Grouping;
}

function candidateAt(setting: Setting, sizes: Sizes, grain: Grain, total: number, budget: Budget, accesses: number): Candidate | undefined {
  const draft = slabsOf(setting, grain);
  if (!refine(draft, total)) return undefined;
  const specification = specificationOf(draft);
  const split = splitGraph(setting.graph, specification);
  const lay = layOf(split, sizes, draft.axes, draft.tilings);
  const found = searchGroups(lay, setting.capacity, { accesses, banded: setting.weights === "planned", stop: budget.stop });
  return found.cost === Number.POSITIVE_INFINITY ? undefined : { specification, split, lay, found };
}

function planOf({ specification, split, found }: Candidate, target: ScratchpadTarget, capacity: number): SplitPlan | undefined {
  const posed = pose(split.graph, { ...target, memory: { ...target.memory, size: bytes(capacity) } }, { objective: "traffic" });
  if (!posed.ok) return undefined;
  const problem = posed.value;
  const order = Array.from(found.order);
  const accesses = accessesOf(problem, order);
  const room = new Float64Array(order.length).fill(capacity);
  const residency = improve(accesses, residencyOf(accesses, absentAfter(accesses, found.evictions)), room);
  return { specification, split, problem, order, residency };
}

/** The gaps that begin with an eviction. */
function absentAfter({ gaps }: Accesses, evictions: readonly { readonly buffer: number; readonly before: number }[]): Uint8Array {
  const when = new Map<number, number[]>();
  for (const { buffer, before } of evictions) {
    const list = when.get(buffer);
    if (list === undefined) when.set(buffer, [before]);
    else list.push(before);
  }
  return Uint8Array.from({ length: gaps.count }, (_, g) => {
    const times = when.get(gaps.buffer[g]!) ?? [];
    return times.some((t) => gaps.from[g]! < t && t < gaps.to[g]!) ? 1 : 0;
  });
}

function sizesOf({ precision, weights, inPlace, memory }: ScratchpadTarget): Sizes {
  return {
    size: (tensor) => assumedBytes(tensor, precision),
    held: (tensor) => held(tensor, { weights }),
    inPlace,
    alignment: memory.alignment,
  };
}

function settingOf(graph: Graph, { weights, precision }: ScratchpadTarget, { size, held, inPlace }: Sizes, capacity: number): Setting {
  const tensor = (t: TensorId) => graph.tensors[t]!;
  const storage = assignStorage(
    graph,
    (t) => size(tensor(t)),
    (t) => held(tensor(t)),
    inPlace,
  );
  return { graph, width: (t) => assumedBits(tensor(t), precision) / 8, capacity, weights, inPlace: storage.inPlace };
}
