import { type Diagnostic, fail } from "../../base/diagnostic.js";
import { bytes, macs } from "../../base/units.js";
import { macEnergy, transferEnergy } from "../../cost/energy.js";
import { computeCycles } from "../../cost/latency.js";
import { packedBytes } from "../../graph/element-type.js";
import type { BufferId, Content, Part, ScratchpadProblem, Step, WholeOperator } from "./plan.js";
import { type Held, type Network, needsOf, nestsOf, rowsOf, type Slab } from "./verify-network.js";
import { elementsWithin, iterationsInto, volume } from "./verify-reach.js";

/** What one step did: its part, the slabs it made or added to, and what each buffer that it reads held. */
export interface Work {
  readonly op: WholeOperator;
  readonly part: Part;
  readonly results: readonly (Slab & { readonly buffer: BufferId })[];
  readonly found: readonly (readonly Held[])[];
}

const again = "plan again; report this if it comes back: the planner miscounts";

/** Buffers that have not the bytes of what they hold, or do not lie off chip before and after as it does. */
export function bufferViolations({ buffers }: ScratchpadProblem, network: Network): readonly Diagnostic[] {
  const { tensors, contents } = network.split;
  const delivered = deliveredTensors(network);
  const kindOf = (c: Content) => (c.kind === "sum" ? "computed" : tensors[c.tensor]!.kind);
  return buffers.flatMap((buffer, b) => {
    const list = contents[b]!;
    const say = (message: string) => [fail("SPM-15", `buffer ${buffer.name}`, message, again)];
    if (list.length === 0) return say("holds nothing of the network");
    for (const c of list) {
      const right = c.kind === "rows" ? [buffer.size] : c.kind === "sum" ? sumBytes(network, c) : [network.bytesOf(c)];
      if (!right.includes(buffer.size)) return say(`has ${buffer.size} B, what it holds of ${tensors[c.tensor]!.name} has ${right[0]} B`);
    }
    const keep = list.some((c) => c.kind === "slab" && delivered.has(c.tensor));
    const offChip = list.some((c) => kindOf(c) !== "computed");
    const kind = keep ? "output" : list.some((c) => kindOf(c) === "weight") ? "weight" : offChip ? "input" : "activation";
    const right = buffer.kind === kind && buffer.offChip === offChip && buffer.keep === keep;
    return right ? [] : say(`is taken for another kind of data than ${kind}, which is what it holds`);
  });
}

/** Network outputs, and the operands that stand for them where they are only placed side by side. */
function deliveredTensors({ split, isMade, maker }: Network): ReadonlySet<number> {
  const delivered = new Set(split.outputs);
  for (const t of delivered) if (!isMade(t)) for (const operand of maker(t)!.inputs) delivered.add(operand);
  return delivered;
}

/** Partial sums have 32 bits or 64, and no fewer than the result. */
const sumBytes = ({ split, boxOf }: Network, slab: Slab): readonly number[] =>
  [32, 64].filter((bits) => bits >= split.tensors[slab.tensor]!.bits).map((bits) => packedBytes(volume(boxOf(slab)), bits));

/** Steps that take other cycles or energy than their parts, rows looked up in other numbers, and operators whose parts do other work than they. */
export function stepViolations(
  { buffers, steps, machine }: ScratchpadProblem,
  network: Network,
  work: readonly Work[],
): readonly Diagnostic[] {
  const { compute, operators, contents, tensors } = network.split;
  const done = new Map<WholeOperator, number>();
  const readers = new Map<number, number>();
  const all = steps.flatMap((step, s): readonly Diagnostic[] => {
    const { op, part, results, found } = work[s]!;
    if (results.length === 0) return [];
    const say = (message: string) => fail("SPM-15", `step ${step.name}`, message, again);
    const faults: Diagnostic[] = [];
    const multiplied = op.nests.length === 0 ? op.macs : results.reduce((n, slab) => n + macsOf(network, op, slab, part), 0);
    done.set(op, (done.get(op) ?? 0) + multiplied);

    const duration = computeCycles(macs(multiplied), touchedBy(network, found, results), compute);
    if (duration !== step.duration) faults.push(say(`takes ${step.duration} cycles, its part takes ${duration}`));

    const moved = movedBy({ buffers }, step, network, work[s]!);
    const energyAt = (size: number) => macEnergy(macs(multiplied), compute.energy) + transferEnergy(bytes(size), machine.memoryEnergy);
    const [least, most] = outsideBytes(network, work[s]!);
    if (step.energy < energyAt(moved + least) * (1 - ROUNDING) || step.energy > energyAt(moved + most) * (1 + ROUNDING))
      faults.push(say(`takes ${step.energy} pJ, its part takes ${energyAt(moved + least)} pJ`));

    for (const b of step.reads) {
      const rows = contents[b]!.find(({ kind }) => kind === "rows");
      if (rows === undefined) continue;
      readers.set(b, (readers.get(b) ?? 0) + 1);
      if (readers.get(b)! > 1) faults.push(say(`reads the rows that another part looked up: ${buffers[b]!.name}`));
      if (!op.weights.includes(rows.tensor)) continue;
      const size = packedBytes(product(rowsOf(network, op, results[0]!)), tensors[rows.tensor]!.bits);
      if (buffers[b]!.size !== size)
        faults.push(say(`looks up ${size} B of ${tensors[rows.tensor]!.name}, ${buffers[b]!.name} has ${buffers[b]!.size} B`));
    }
    return faults;
  });
  const totals = operators.flatMap((op): readonly Diagnostic[] => {
    const sum = done.get(op);
    const complete = op.outputs.every((t) => product(tensors[t]!.shape) > 0);
    if (sum === undefined || sum === op.macs || !complete) return [];
    return [fail("SPM-15", `operator ${op.name}`, `its parts perform ${sum} multiply-accumulates, whole it performs ${op.macs}`, again)];
  });
  return [...all, ...totals];
}

/** Energies are sums of products: their last digits depend on the order of adding. */
const ROUNDING = 1e-9;

const product = (sizes: readonly number[]): number => sizes.reduce((n, size) => n * size, 1);

/** Multiply-accumulates for a slab; what the network computes beyond the edge of a tensor and drops is done for its outermost slabs. */
function macsOf({ split, boxOf }: Network, op: WholeOperator, slab: Slab, { run }: Part): number {
  const { shape } = split.tensors[slab.tensor]!;
  const { start, end } = boxOf(slab);
  const open = {
    start: start.map((n) => (n === 0 ? Number.NEGATIVE_INFINITY : n)),
    end: end.map((n, a) => (n === shape[a] ? Number.POSITIVE_INFINITY : n)),
  };
  return nestsOf(op, slab.tensor)
    .filter(({ kind }) => kind === "mac")
    .flatMap((nest) => iterationsInto(nest, open, run))
    .reduce((n, ranges) => n + volume(ranges), 0);
}

/** Elements of the largest operand at run time. */
function touchedBy({ split, boxOf }: Network, found: Work["found"], results: readonly Slab[]): number {
  let most = 0;
  for (const slab of results) most = Math.max(most, volume(boxOf(slab)));
  for (const held of found)
    for (const c of held) if (c.kind !== "rows" && split.tensors[c.tensor]!.kind !== "weight") most = Math.max(most, volume(boxOf(c)));
  return most;
}

/** Bytes past the scratchpad's port: each operand once, also where two of them are one buffer. */
function movedBy({ buffers }: Pick<ScratchpadProblem, "buffers">, { reads, writes }: Step, network: Network, { op, found }: Work): number {
  const operands = operandsOf(network, op);
  const times = (held: readonly Held[]) => Math.max(1, held.filter((c) => c.kind === "slab" && operands.has(c.tensor)).length);
  return reads.reduce((n, b, i) => n + buffers[b]!.size * times(found[i]!), 0) + writes.reduce((n, b) => n + buffers[b]!.size, 0);
}

function operandsOf({ isMade, maker }: Network, { inputs, weights }: WholeOperator): ReadonlySet<number> {
  const operands = new Set([...inputs, ...weights]);
  for (const t of operands) if (!isMade(t)) for (const operand of maker(t)!.inputs) operands.add(operand);
  return operands;
}

/**
 * Bytes of the weights that a part takes from their own memory, at least and at most: all slabs of a weight might be meant
 * where the part needs some.
 */
function outsideBytes(network: Network, { op, part, results }: Work): readonly [number, number] {
  const { split, outside, slabs, boxOf, bytesOf } = network;
  if (!outside || op.weights.length === 0) return [0, 0];
  const needs = results.flatMap((slab) => needsOf(network, op, slab, part.run));
  let least = 0;
  let most = 0;
  for (const tensor of op.weights) {
    if (op.may.includes("look up") && slabs(results[0]!.tensor) > 1) {
      const size = packedBytes(product(rowsOf(network, op, results[0]!)), split.tensors[tensor]!.bits);
      least += size;
      most += size;
      continue;
    }
    const own = needs.filter((need) => need.tensor === tensor);
    const all = Array.from({ length: slabs(tensor) }, (_, slab) => ({ tensor, slab }));
    const touched = all.filter((slab) => own.some(({ region }) => elementsWithin(region, boxOf(slab)) > 0));
    least += touched.reduce((n, slab) => n + bytesOf(slab), 0);
    if (touched.length > 0) most += all.reduce((n, slab) => n + bytesOf(slab), 0);
  }
  return [least, most];
}
