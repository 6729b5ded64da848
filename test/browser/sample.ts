import type { Outcome } from "../../src/base/outcome.js";
import { rng } from "../../src/base/rng.js";
import { bytes, bytesPerCycle, cycles, hertz, picojoules, picojoulesPerByte } from "../../src/base/units.js";
import type { Action, Buffer, ScratchpadPlan, ScratchpadProblem, Step } from "../../src/planners/scratchpad/plan.js";
import { verify } from "../../src/planners/scratchpad/verify.js";
import type { ReportInput } from "../../src/report/report.js";

export interface SampleOptions {
  readonly steps: number;
  readonly seed?: number;
  /** Share of the largest operator's need that the scratchpad holds; at least 1. */
  readonly room?: number;
  /** Given in turn to operators and buffers in place of their plain names. */
  readonly names?: readonly string[];
  readonly weights?: "outside" | "planned";
}

/** A made-up network of residual blocks, planned by farthest-next-use and first fit, and replayed by the real judge. */
export function sample(options: SampleOptions): ReportInput<ScratchpadProblem, ScratchpadPlan> {
  const problem = network(options);
  const plan = schedule(problem);
  const verdict = verify(problem, plan);
  if (!verdict.ok) throw new Error(`the sample plan is wrong: ${JSON.stringify(verdict.violations.slice(0, 3))}`);
  const value = plan.claims.nonCompulsory;
  const outcome: Outcome<ScratchpadPlan> = {
    status: "feasible",
    plan,
    value,
    bound: Math.floor(value * 0.82),
    scope: "this order",
    proof: "linear relaxation of the residency problem",
  };
  return {
    model: options.names?.[0] ?? "residual-sample",
    target: options.names?.[1] ?? "example-npu",
    problem,
    accepted: verdict.accepted,
    outcome,
    coverage: {
      macs: 0.987,
      activationBytes: 1,
      notModelled: [{ operator: options.names?.[2] ?? "Resize_7", type: "Resize", reason: "mode cubic is planned as opaque" }],
    },
    warnings: [
      {
        code: "ONX-12",
        message: "value_info says 1x64x56x56, the operators give 1x64x55x55",
        where: options.names?.[3] ?? 'node "conv_3", output 0',
        fix: "export the model again, or ignore the stored shape",
      },
    ],
    seconds: { import: 0.112, pose: 0.009, solve: 0.431, verify: 0.021 },
    manifest: {
      stowage: "0.1.0",
      model: "9f2c".repeat(16),
      target: "41be".repeat(16),
      seed: options.seed ?? 1,
      budget: { nodes: 100000, time: "10s" },
    },
  };
}

/** Blocks of four steps with a skip over each, and a long skip now and then; tensors shrink along the network. */
function network({ steps: count, seed = 1, room = 1.15, names = [], weights = "planned" }: SampleOptions): ScratchpadProblem {
  const random = rng(seed);
  const buffers: Buffer[] = [];
  const steps: Step[] = [];
  const buffer = (name: string, kind: Buffer["kind"], size: number): number => {
    const id = buffers.length;
    buffers.push({
      name: names[id] ?? name,
      kind,
      size: bytes(size),
      footprint: bytes(Math.ceil(size / 64) * 64),
      offChip: kind === "input" || kind === "weight",
      keep: kind === "output",
    });
    return id;
  };
  let previous = buffer("image", "input", 150528);
  let skip = previous;
  let long = previous;
  for (let i = 0; i < count; i++) {
    const scale = 1 - (0.75 * (i % 150)) / 150;
    const size = Math.round(scale * (40_000 + 160_000 * random()));
    const type = i % 4 === 3 ? "Add" : i % 4 === 1 ? "Relu" : "Conv";
    const kind = i === count - 1 ? "output" : "activation";
    const output = buffer(`block${Math.floor(i / 4)}/${type.toLowerCase()}_${i}:0`, kind, size);
    const reads = [previous];
    if (type === "Add" && skip !== previous) reads.push(skip);
    if (i % 40 === 39 && long !== previous && !reads.includes(long)) reads.push(long);
    if (type === "Conv" && weights === "planned")
      reads.push(buffer(`block${Math.floor(i / 4)}/conv_${i}.weight`, "weight", 2_000 + Math.round(60_000 * random())));
    if (type === "Add") skip = output;
    if (i % 40 === 7) long = output;
    const duration = cycles(Math.round(type === "Conv" ? size * (0.1 + 0.2 * random()) : size / 32));
    const label = names[i] ?? `/block${Math.floor(i / 4)}/${type}_${i}`;
    steps.push({ name: label, type, reads, writes: [output], duration, energy: picojoules(size * 40) });
    previous = output;
  }
  const needs = steps.map((s) => [...s.reads, ...s.writes].reduce((sum, id) => sum + buffers[id]!.footprint, 0));
  const min = needs.reduce((a, b) => Math.max(a, b), 0);
  const reserved = { start: bytes(0), end: bytes(16384) };
  const capacity = bytes(Math.ceil((min * room) / 4096) * 4096 + reserved.end);
  return {
    kind: "scratchpad",
    objective: "traffic",
    machine: {
      capacity,
      alignment: bytes(64),
      reserved: [reserved],
      clock: hertz(1e9),
      offChipRate: bytesPerCycle(8),
      offChipEnergy: picojoulesPerByte(160),
      memoryEnergy: picojoulesPerByte(1.2),
    },
    buffers,
    steps,
    sizes: { min: bytes(min), mid: bytes(min), peak: bytes(min) },
    assumptions: { weights, outsideWeightBytes: bytes(weights === "outside" ? 4_200_000 : 0), views: ["Flatten_0"], inPlace: [] },
  };
}

/** Runs the steps in order; to make room, evicts what is used latest, storing it first when off chip has no copy. */
function schedule({ buffers, steps, machine }: ScratchpadProblem): ScratchpadPlan {
  const uses: number[][] = buffers.map(() => []);
  steps.forEach((step, i) => {
    for (const id of [...step.reads, ...step.writes]) uses[id]!.push(i);
  });
  const next = (id: number, from: number): number => uses[id]!.find((i) => i >= from) ?? Number.POSITIVE_INFINITY;
  const actions: Action[] = [];
  const placed = new Map<number, { start: number; end: number }>();
  const copied = new Set(buffers.flatMap((b, id) => (b.offChip ? [id] : [])));
  const written = new Set<number>();
  const fetched = new Set<number>();
  let nonCompulsory = 0;
  let peak = 0;

  const hole = (size: number): number | undefined => {
    const taken = [...placed.values(), ...machine.reserved].sort((a, b) => a.start - b.start);
    let at = 0;
    for (const { start, end } of taken) {
      if (start - at >= size) return at;
      at = Math.max(at, end);
    }
    return machine.capacity - at >= size ? at : undefined;
  };
  const evict = (id: number, i: number) => {
    if (written.has(id) && !copied.has(id) && next(id, i) < Number.POSITIVE_INFINITY) {
      actions.push({ kind: "store", buffer: id });
      copied.add(id);
      nonCompulsory += buffers[id]!.size;
    }
    actions.push({ kind: "evict", buffer: id });
    placed.delete(id);
  };
  /** False when only the step's own operands are left and they do not lie close enough together. */
  const place = (id: number, i: number, operands: readonly number[]): boolean => {
    const size = buffers[id]!.footprint;
    let offset = hole(size);
    while (offset === undefined) {
      const idle = [...placed.keys()].filter((other) => !operands.includes(other)).sort((a, b) => next(b, i) - next(a, i));
      if (idle[0] === undefined) return false;
      evict(idle[0], i);
      offset = hole(size);
    }
    placed.set(id, { start: offset, end: offset + size });
    peak = Math.max(peak, offset + size);
    if (copied.has(id) && (fetched.has(id) || !buffers[id]!.offChip)) nonCompulsory += buffers[id]!.size;
    if (copied.has(id)) fetched.add(id);
    actions.push({ kind: copied.has(id) ? "fetch" : "create", buffer: id, offset: bytes(offset) });
    return true;
  };

  steps.forEach((step, i) => {
    const operands = [...step.reads, ...step.writes];
    while (!operands.every((id) => placed.has(id) || place(id, i, operands))) for (const id of [...placed.keys()]) evict(id, i);
    actions.push({ kind: "run", step: i });
    for (const id of step.writes) {
      written.add(id);
      if (!buffers[id]!.keep) continue;
      actions.push({ kind: "store", buffer: id });
      copied.add(id);
    }
    for (const id of [...placed.keys()]) if (next(id, i + 1) === Number.POSITIVE_INFINITY) evict(id, i + 1);
  });
  return { kind: "scratchpad", actions, claims: { nonCompulsory: bytes(nonCompulsory), peak: bytes(peak) } };
}
