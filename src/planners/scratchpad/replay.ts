import { type Diagnostic, fail } from "../../base/diagnostic.js";
import { overlaps } from "../../base/interval.js";
import { type Cause, type LedgerRow, type Replay, type ReplayEvent, type Residency, trafficByCause } from "../../base/replay.js";
import { add, type Bytes, bytes, type Cycles, cycles, max, type Picojoules, picojoules } from "../../base/units.js";
import { transferEnergy } from "../../cost/energy.js";
import { transferCycles } from "../../cost/traffic.js";
import type { Action, BufferId, ScratchpadProblem, StepId } from "./plan.js";

const ENGINE = 0;
const DMA_IN = 1;
const DMA_OUT = 2;

type Space = { readonly start: Bytes; readonly end: Bytes };

/** A buffer in the scratchpad. */
interface Tenant {
  readonly buffer: BufferId;
  readonly space: Space;
  readonly sinceStep: number;
  since: Cycles;
  /** Which of the buffer's successive contents it holds; -1 before any. */
  version: number;
  /** The content is complete from here on. */
  ready: Cycles;
  /** The last read, write or store ends here. */
  busy: Cycles;
  /** A store of the content ends here: overwriting has to wait for it. */
  stored: Cycles;
}

/** What runs the actions of a plan one after the other and watches the rules. */
interface Machine {
  readonly violations: Diagnostic[];
  readonly perform: (action: Action, place: string, nextStep: string) => void;
  readonly finish: () => Replay;
}

/** Steps through `actions` on the machine of `problem`; ids must be within range. */
export function replay(problem: ScratchpadProblem, actions: readonly Action[]): { violations: readonly Diagnostic[]; replay: Replay } {
  const machine = makeMachine(problem);
  const upcoming = upcomingSteps(problem, actions);
  actions.forEach((action, at) => {
    machine.perform(action, `actions[${at}]`, upcoming[at]!);
  });
  const seen = machine.finish();
  return { violations: machine.violations, replay: seen };
}

function makeMachine(problem: ScratchpadProblem): Machine {
  const { buffers, steps, machine } = problem;
  const { needed, last } = expectedVersions(problem);
  const violations: Diagnostic[] = [];
  const say = (code: Diagnostic["code"], where: string, message: string, fix: string) => {
    violations.push(fail(code, where, message, fix));
  };

  const tenants = new Map<BufferId, Tenant>();
  let departed: { readonly space: Space; readonly free: Cycles }[] = [];
  const version: number[] = buffers.map(() => 0); // the newest content of each buffer
  const offChipVersion: number[] = buffers.map((b) => (b.offChip ? 0 : -1));
  const offChipReady = buffers.map(() => cycles(0));
  const fetchedBefore = new Set<BufferId>();
  const delivered = new Set<BufferId>();
  const free: [Cycles, Cycles, Cycles] = [cycles(0), cycles(0), cycles(0)];
  const timesRun = steps.map(() => 0);

  const ran: string[] = [];
  const events: ReplayEvent[] = [];
  const residency: Residency[] = [];
  const ledger = new Map<string, LedgerRow>();
  let energy: Picojoules = picojoules(0);
  let peak = bytes(0);

  /** Takes addresses from when their last tenant has left them, and checks that they may be taken. */
  function settle(id: BufferId, offset: Bytes, place: string): Tenant {
    const { name, footprint } = buffers[id]!;
    const space = { start: offset, end: add(offset, footprint) };
    const range = (s: { start: number; end: number }) => `[${s.start}, ${s.end}) B`;
    if (offset % machine.alignment !== 0)
      say("SPM-2", place, `offset ${offset} B of ${name} is not a multiple of ${machine.alignment} B`, "round the offset up");
    if (space.end > machine.capacity)
      say(
        "SPM-4",
        place,
        `${name} ends at ${space.end} B, capacity is ${machine.capacity} B`,
        "use a lower offset, or evict something first",
      );
    for (const r of machine.reserved)
      if (overlaps(space, r))
        say("SPM-5", place, `${name} at ${range(space)} covers the reserved range ${range(r)}`, "place it beside the range");
    for (const other of tenants.values())
      if (overlaps(space, other.space))
        say(
          "SPM-3",
          place,
          `${name} at ${range(space)} and ${buffers[other.buffer]!.name} at ${range(other.space)} share bytes`,
          "move or evict one of them",
        );

    const since = departed.reduce((t, d) => (overlaps(space, d.space) ? max(t, d.free) : t), cycles(0));
    departed = departed.flatMap((d) => outside(d.space, space).map((rest) => ({ space: rest, free: d.free })));
    peak = max(peak, space.end);
    const tenant = { buffer: id, space, sinceStep: ran.length, since, version: -1, ready: since, busy: since, stored: cycles(0) };
    tenants.set(id, tenant);
    return tenant;
  }

  function leave(tenant: Tenant): void {
    const { name, kind, footprint } = buffers[tenant.buffer]!;
    const end = max(tenant.busy, tenant.ready);
    tenants.delete(tenant.buffer);
    departed.push({ space: tenant.space, free: end });
    residency.push({
      memory: 0,
      name,
      kind,
      offset: tenant.space.start,
      size: footprint,
      cycles: { start: tenant.since, end },
      steps: { start: tenant.sinceStep, end: Math.max(ran.length, tenant.sinceStep + 1) },
    });
  }

  function transfer(
    id: BufferId,
    direction: "in" | "out",
    cause: Cause,
    operator: string,
    earliest: Cycles,
  ): { start: Cycles; end: Cycles } {
    const { name, size } = buffers[id]!;
    const resource = direction === "in" ? DMA_IN : DMA_OUT;
    const start = max(free[resource], earliest);
    const end = add(start, transferCycles(size, machine.offChipRate));
    free[resource] = end;
    // A fetch is made for the step to come, a store is of the step before.
    const step = direction === "in" ? ran.length : Math.max(0, ran.length - 1);
    events.push({ resource, start, end, name, kind: direction === "in" ? "fetch" : "store", cause, size, step });
    const key = JSON.stringify([operator, id, direction, cause]);
    ledger.set(key, { operator, tensor: name, link: "off-chip", direction, cause, size: add(ledger.get(key)?.size ?? bytes(0), size) });
    energy = add(energy, add(transferEnergy(size, machine.offChipEnergy), transferEnergy(size, machine.memoryEnergy)));
    return { start, end };
  }

  function fetch(id: BufferId, offset: Bytes, place: string, nextStep: string): void {
    const { name, kind, offChip } = buffers[id]!;
    if (tenants.has(id)) return say("SPM-10", place, `${name} is fetched but already in the scratchpad`, "remove the action");
    if (offChipVersion[id]! < 0) say("SPM-10", place, `${name} is fetched but was never stored off chip`, "store it before evicting it");
    const tenant = settle(id, offset, place);
    const first = offChip && !fetchedBefore.has(id);
    fetchedBefore.add(id);
    const cause = first ? (kind === "weight" ? "weight" : "input") : "refetch";
    const { start, end } = transfer(id, "in", cause, nextStep, max(tenant.since, offChipReady[id]!));
    Object.assign(tenant, { version: offChipVersion[id]!, since: start, ready: end, busy: end });
  }

  function create(id: BufferId, offset: Bytes, place: string): void {
    if (tenants.has(id)) return say("SPM-10", place, `${buffers[id]!.name} is created but already in the scratchpad`, "remove the action");
    settle(id, offset, place);
  }

  function store(id: BufferId, place: string): void {
    const { name, keep } = buffers[id]!;
    const tenant = tenants.get(id);
    if (tenant === undefined) return say("SPM-10", place, `${name} is stored but not in the scratchpad`, "remove the action");
    if (tenant.version < 0) return say("SPM-10", place, `${name} is stored before anything was written to it`, "run its producer first");
    const final = keep && tenant.version === last[id] && !delivered.has(id);
    if (final) delivered.add(id);
    const { end } = transfer(id, "out", final ? "output" : "spill", ran.at(-1) ?? "", tenant.ready);
    tenant.stored = max(tenant.stored, end);
    tenant.busy = max(tenant.busy, end);
    offChipVersion[id] = tenant.version;
    offChipReady[id] = end;
  }

  function run(id: StepId, place: string): void {
    const step = steps[id]!;
    const where = `${place}, step ${step.name}`;
    timesRun[id]! += 1;
    let start = free[ENGINE];
    for (const [i, b] of step.reads.entries()) {
      const tenant = tenants.get(b);
      const want = needed[id]![i]!;
      if (tenant === undefined) {
        say("SPM-7", where, `operand ${buffers[b]!.name} is not in the scratchpad`, "fetch it first");
        continue;
      }
      if (tenant.version !== want)
        say(
          "SPM-8",
          where,
          `operand ${buffers[b]!.name} holds content ${tenant.version}, the model asks for content ${want}`,
          "run the producer first, and store a buffer before evicting it",
        );
      start = max(start, tenant.ready);
    }
    for (const b of step.writes) {
      const tenant = tenants.get(b);
      if (tenant === undefined) say("SPM-7", where, `result ${buffers[b]!.name} has no place in the scratchpad`, "create it first");
      else start = max(start, max(tenant.ready, tenant.stored));
    }
    const end = add(start, step.duration);
    free[ENGINE] = end;
    for (const b of [...step.reads, ...step.writes]) {
      const tenant = tenants.get(b);
      if (tenant !== undefined) tenant.busy = max(tenant.busy, end);
    }
    for (const b of step.writes) {
      version[b]! += 1;
      const tenant = tenants.get(b);
      if (tenant === undefined) continue;
      if (tenant.version < 0) tenant.since = start; // until its first writer starts, the place is free
      Object.assign(tenant, { version: version[b]!, ready: end });
    }
    events.push({ resource: ENGINE, start, end, name: step.name, kind: "compute", step: ran.length });
    energy = add(energy, step.energy);
    ran.push(step.name);
  }

  function perform(action: Action, place: string, nextStep: string): void {
    switch (action.kind) {
      case "fetch":
        return fetch(action.buffer, action.offset, place, nextStep);
      case "create":
        return create(action.buffer, action.offset, place);
      case "run":
        return run(action.step, place);
      case "store":
        return store(action.buffer, place);
      case "evict": {
        const tenant = tenants.get(action.buffer);
        return tenant === undefined
          ? say("SPM-10", place, `${buffers[action.buffer]!.name} is evicted but not in the scratchpad`, "remove the action")
          : leave(tenant);
      }
    }
  }

  function finish(): Replay {
    for (const tenant of [...tenants.values()]) leave(tenant);
    timesRun.forEach((n, s) => {
      if (n !== 1) say("SPM-6", `step ${steps[s]!.name}`, `runs ${n} times`, "run every step of the problem once");
    });
    buffers.forEach((b, id) => {
      if (b.keep && offChipVersion[id] !== last[id])
        say(
          "SPM-9",
          b.name,
          `network output holds content ${offChipVersion[id]} off chip at the end, needs content ${last[id]}`,
          "store it after its last change",
        );
    });
    const rows = [...ledger.values()];
    return {
      resources: [
        { name: "Engine", role: "engine" },
        { name: "DMA in", role: "dma" },
        { name: "DMA out", role: "dma" },
      ],
      memories: [{ name: "Scratchpad", capacity: machine.capacity, reserved: machine.reserved }],
      steps: ran,
      events,
      residency,
      ledger: rows,
      totals: {
        latency: max(free[ENGINE], max(free[DMA_IN], free[DMA_OUT])),
        energy,
        peak: [peak],
        trafficByCause: trafficByCause(rows),
      },
    };
  }

  return { violations, perform, finish };
}

/** For each step, the content each of its reads must see; and the last content of each buffer. Contents count from 1; 0 is what lies off chip at the start. */
function expectedVersions({ buffers, steps }: ScratchpadProblem): { needed: readonly (readonly number[])[]; last: readonly number[] } {
  const last: number[] = buffers.map(() => 0);
  const needed = steps.map((step) => {
    const seen = step.reads.map((id) => last[id]!);
    for (const id of step.writes) last[id]! += 1;
    return seen;
  });
  return { needed, last };
}

/** For each action, the name of the next step that runs. */
function upcomingSteps({ steps }: ScratchpadProblem, actions: readonly Action[]): readonly string[] {
  const out: string[] = new Array(actions.length);
  let next = "";
  for (let i = actions.length - 1; i >= 0; i--) {
    const action = actions[i]!;
    if (action.kind === "run") next = steps[action.step]!.name;
    out[i] = next;
  }
  return out;
}

/** What is left of `a` outside `b`: up to two pieces. */
function outside(a: Space, b: Space): Space[] {
  if (!overlaps(a, b)) return [a];
  const pieces: Space[] = [];
  if (a.start < b.start) pieces.push({ start: a.start, end: b.start });
  if (b.end < a.end) pieces.push({ start: b.end, end: a.end });
  return pieces;
}
