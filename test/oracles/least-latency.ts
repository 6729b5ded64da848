import type { Action, BufferId, ScratchpadProblem, StepId } from "../../src/planners/scratchpad/plan.js";

interface Tenant {
  readonly buffer: BufferId;
  readonly offset: number;
  readonly version: number;
  readonly ready: number;
  readonly busy: number;
  readonly stored: number;
}

/** The machine after some actions: which content is where, and until when everything is in use. */
interface State {
  readonly actions: readonly Action[];
  readonly tenants: readonly Tenant[];
  /** Per byte of the scratchpad: when its last tenant left. */
  readonly free: readonly number[];
  /** Per buffer: writes so far; the content off chip and when it is complete there. */
  readonly written: readonly number[];
  readonly copy: readonly number[];
  readonly copied: readonly number[];
  readonly engine: number;
  readonly inward: number;
  readonly outward: number;
  readonly ran: readonly StepId[];
}

/**
 * The fewest cycles of any plan at all, by trying every next action: each step that can run, each fetch and result at each
 * offset (whatever lies there leaves), each store. Exponential and plain, for networks of a few steps and bytes.
 *
 * @param below only plans that take fewer cycles are sought
 * @returns undefined where there is none
 */
export function leastLatency(
  problem: ScratchpadProblem,
  below: number,
): { readonly cycles: number; readonly actions: readonly Action[] } | undefined {
  const { buffers, steps, machine } = problem;
  const sees = steps.map(() => new Map<BufferId, number>()); // the content that a step has to find in each operand it reads
  const count = buffers.map(() => 0);
  steps.forEach((step, s) => {
    for (const b of step.reads) sees[s]!.set(b, count[b]!);
    for (const b of step.writes) count[b]! += 1;
  });
  const moving = (b: BufferId) => Math.ceil(buffers[b]!.size / machine.offChipRate);
  const known = new Map<string, State[]>();
  let best: { cycles: number; actions: readonly Action[] } | undefined;
  let most = below;

  const placed = (state: State, b: BufferId, offset: number): { since: number; rest: Tenant[]; free: number[]; gone: Action[] } => {
    const end = offset + buffers[b]!.footprint;
    const leaving = state.tenants.filter((t) => t.offset < end && offset < t.offset + buffers[t.buffer]!.footprint);
    const free = [...state.free];
    for (const t of leaving) for (let i = t.offset; i < t.offset + buffers[t.buffer]!.footprint; i++) free[i] = Math.max(t.busy, t.ready);
    return {
      since: Math.max(0, ...free.slice(offset, end)),
      rest: state.tenants.filter((t) => !leaving.includes(t)),
      free,
      gone: leaving.map((t) => ({ kind: "evict", buffer: t.buffer })),
    };
  };
  const offsets = (b: BufferId) => {
    const list: number[] = [];
    for (let at = 0; at + buffers[b]!.footprint <= machine.capacity; at += machine.alignment) list.push(at);
    return list;
  };

  const run = (state: State, s: StepId): void => {
    const step = steps[s]!;
    // Results that are not there yet take every combination of places.
    const settle = (at: State, missing: readonly BufferId[]): void => {
      const [b, ...others] = missing;
      if (b !== undefined) {
        for (const offset of offsets(b)) {
          const { since, rest, free, gone } = placed(at, b, offset);
          const operands = new Set([...step.reads, ...step.writes]);
          if (gone.some((a) => a.kind === "evict" && operands.has(a.buffer))) continue;
          const tenant = { buffer: b, offset, version: -1, ready: since, busy: since, stored: 0 };
          const create: Action = { kind: "create", buffer: b, offset: offset as never };
          settle({ ...at, tenants: [...rest, tenant], free, actions: [...at.actions, ...gone, create] }, others);
        }
        return;
      }
      const of = (id: BufferId) => at.tenants.find((t) => t.buffer === id)!;
      const start = Math.max(
        at.engine,
        ...step.reads.map((id) => of(id).ready),
        ...step.writes.map((id) => Math.max(of(id).ready, of(id).stored)),
      );
      const engine = start + step.duration;
      const written = at.written.map((n, id) => (step.writes.includes(id) ? n + 1 : n));
      const tenants = at.tenants.map((t) => {
        if (step.writes.includes(t.buffer)) return { ...t, version: written[t.buffer]!, ready: engine, busy: Math.max(t.busy, engine) };
        return step.reads.includes(t.buffer) ? { ...t, busy: Math.max(t.busy, engine) } : t;
      });
      visit({ ...at, tenants, written, engine, ran: [...at.ran, s], actions: [...at.actions, { kind: "run", step: s }] });
    };
    const there = (b: BufferId) => state.tenants.find((t) => t.buffer === b);
    if (!step.reads.every((b) => there(b)?.version === sees[s]!.get(b))) return;
    settle(
      state,
      step.writes.filter((b) => there(b) === undefined),
    );
  };

  const visit = (state: State): void => {
    const left = steps.flatMap((_, s) => (state.ran.includes(s) ? [] : [s]));
    const cycles = Math.max(state.engine, state.inward, state.outward);
    if (Math.max(cycles, state.engine + left.reduce((sum, s) => sum + steps[s]!.duration, 0)) >= most) return;
    if (left.length === 0 && buffers.every((b, id) => !b.keep || state.copy[id] === count[id])) {
      best = { cycles, actions: state.actions };
      most = cycles;
      return;
    }
    if (isWorse(state)) return;
    for (const s of left) run(state, s);
    const wanted = (b: BufferId, version: number) => left.some((s) => sees[s]!.get(b) === version);
    buffers.forEach((buffer, b) => {
      const tenant = state.tenants.find((t) => t.buffer === b);
      if (tenant === undefined && state.copy[b]! >= 0 && wanted(b, state.copy[b]!)) {
        for (const offset of offsets(b)) {
          const { since, rest, free, gone } = placed(state, b, offset);
          const inward = Math.max(state.inward, since, state.copied[b]!) + moving(b);
          const arrived = { buffer: b, offset, version: state.copy[b]!, ready: inward, busy: inward, stored: 0 };
          const fetch: Action = { kind: "fetch", buffer: b, offset: offset as never };
          visit({ ...state, tenants: [...rest, arrived], free, inward, actions: [...state.actions, ...gone, fetch] });
        }
      }
      const last = buffer.keep && tenant?.version === count[b];
      if (tenant !== undefined && tenant.version > 0 && state.copy[b] !== tenant.version && (last || wanted(b, tenant.version))) {
        const outward = Math.max(state.outward, tenant.ready) + moving(b);
        visit({
          ...state,
          outward,
          tenants: state.tenants.map((t) => (t === tenant ? { ...t, stored: outward, busy: Math.max(t.busy, outward) } : t)),
          copy: state.copy.with(b, tenant.version),
          copied: state.copied.with(b, outward),
          actions: [...state.actions, { kind: "store", buffer: b }],
        });
      }
    });
  };

  /** Whether a state with the same contents in the same places was nowhere later. */
  const isWorse = (state: State): boolean => {
    const tenants = state.tenants.toSorted((a, b) => a.buffer - b.buffer);
    const key = JSON.stringify([state.ran.toSorted(), state.copy, tenants.map((t) => [t.buffer, t.offset, t.version])]);
    const times = (s: State) => [
      s.engine,
      s.inward,
      s.outward,
      ...s.free,
      ...s.copied,
      ...s.tenants.toSorted((a, b) => a.buffer - b.buffer).flatMap((t) => [t.ready, t.busy, t.stored]),
    ];
    const mine = times(state);
    const list = known.get(key) ?? [];
    if (list.some((other) => times(other).every((t, i) => t <= mine[i]!))) return true;
    known.set(key, [...list, state]);
    return false;
  };

  visit({
    actions: [],
    tenants: [],
    free: new Array(machine.capacity).fill(0),
    written: buffers.map(() => 0),
    copy: buffers.map((b) => (b.offChip ? 0 : -1)),
    copied: buffers.map(() => 0),
    engine: 0,
    inward: 0,
    outward: 0,
    ran: [],
  });
  return best;
}
