import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runsOnBytes } from "../../../test/oracles/byte-machine.js";
import { randomProblem } from "../../../test/random-problem.js";
import { bytes, bytesPerCycle, cycles, hertz, picojoules, picojoulesPerByte } from "../../base/units.js";
import type { Action, Buffer, ScratchpadPlan, ScratchpadProblem } from "./plan.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";

/**
 * One byte per cycle, one picojoule per byte, in a scratchpad of 8 B:
 *
 *     x (input, 4 B) -> A -> y (2 B) -> B, overwriting y -> C, reading x and y -> z (output, 2 B)
 *
 *     address 6 |       . . y y y y y
 *             4 |       . . . . z z z
 *             0 | x x x x x x x x x      time: fetch x 0-4, A 4-7, B 7-9, C 9-10, store z 10-12
 */
const buffer = (name: string, kind: Buffer["kind"], size: number): Buffer => ({
  name,
  kind,
  size: bytes(size),
  footprint: bytes(Math.ceil(size / 2) * 2),
  offChip: kind === "input",
  keep: kind === "output",
});
const [x, y, z] = [0, 1, 2];
const problem: ScratchpadProblem = {
  kind: "scratchpad",
  objective: "traffic",
  machine: {
    capacity: bytes(8),
    alignment: bytes(2),
    reserved: [],
    clock: hertz(1),
    offChipRate: bytesPerCycle(1),
    offChipEnergy: picojoulesPerByte(1),
    memoryEnergy: picojoulesPerByte(0),
  },
  buffers: [buffer("x", "input", 4), buffer("y", "activation", 2), buffer("z", "output", 2)],
  steps: [
    { name: "A", type: "Op", reads: [x], writes: [y], duration: cycles(3), energy: picojoules(10) },
    { name: "B", type: "Op", reads: [y], writes: [y], duration: cycles(2), energy: picojoules(10) },
    { name: "C", type: "Op", reads: [x, y], writes: [z], duration: cycles(1), energy: picojoules(10) },
  ],
  sizes: { min: bytes(8), mid: bytes(8), peak: bytes(8) },
  assumptions: { weights: "outside", outsideWeightBytes: bytes(0), views: [], inPlace: ["B"] },
};
const fetch = (buffer: number, offset: number): Action => ({ kind: "fetch", buffer, offset: bytes(offset) });
const create = (buffer: number, offset: number): Action => ({ kind: "create", buffer, offset: bytes(offset) });
const run = (step: number): Action => ({ kind: "run", step });
const store = (buffer: number): Action => ({ kind: "store", buffer });
const evict = (buffer: number): Action => ({ kind: "evict", buffer });
const good: readonly Action[] = [fetch(x, 0), create(y, 6), run(0), run(1), create(z, 4), run(2), store(z), evict(x), evict(y), evict(z)];
const planOf = (actions: readonly Action[], nonCompulsory = 0, peak = 8): ScratchpadPlan => ({
  kind: "scratchpad",
  actions,
  claims: { nonCompulsory: bytes(nonCompulsory), peak: bytes(peak) },
});
const codes = (plan: ScratchpadPlan, of: ScratchpadProblem = problem): string[] => {
  const verdict = verify(of, plan);
  return verdict.ok ? [] : [...new Set(verdict.violations.map((v) => v.code))];
};
const without = (i: number) => good.filter((_, k) => k !== i);
const at = (i: number, ...actions: readonly Action[]) => [...good.slice(0, i), ...actions, ...good.slice(i + 1)];

describe("the judge", () => {
  it("measures what the machine would do", () => {
    const verdict = verify(problem, planOf(good));
    if (!verdict.ok) throw new Error(JSON.stringify(verdict.violations));
    const { events, residency, ledger, totals } = verdict.accepted.replay;
    expect(events.map((e) => [e.name, e.start, e.end])).toEqual([
      ["x", 0, 4],
      ["A", 4, 7],
      ["B", 7, 9],
      ["C", 9, 10],
      ["z", 10, 12],
    ]);
    expect(totals.latency).toBe(12);
    expect(totals.energy).toBe(3 * 10 + 4 + 2);
    expect(totals.peak).toEqual([8]);
    expect(totals.trafficByCause).toEqual({ input: 4, weight: 0, output: 2, spill: 0, refetch: 0 });
    expect(ledger.map((r) => [r.operator, r.tensor, r.direction, r.cause, r.size])).toEqual([
      ["A", "x", "in", "input", 4],
      ["C", "z", "out", "output", 2],
    ]);
    expect(residency.map((r) => [r.name, r.offset, r.cycles.start, r.cycles.end, r.steps.start, r.steps.end])).toEqual([
      ["x", 0, 0, 10, 0, 3],
      ["y", 6, 4, 10, 0, 3],
      ["z", 4, 9, 12, 2, 3],
    ]);
  });

  it("lets a fetch wait for the address, the channel and the copy off chip", () => {
    // y leaves after B and comes back to where x was: store y 9-11, fetch y not before x is free (A reads it until 7) and y is stored.
    const steps = [problem.steps[0]!, problem.steps[1]!, { ...problem.steps[2]!, reads: [y] }];
    const plan = planOf(
      [fetch(x, 0), create(y, 6), run(0), evict(x), run(1), store(y), evict(y), fetch(y, 0), create(z, 4), run(2), store(z)],
      4,
    );
    const verdict = verify({ ...problem, steps }, plan);
    if (!verdict.ok) throw new Error(JSON.stringify(verdict.violations));
    expect(verdict.accepted.replay.events.map((e) => [e.name, e.kind, e.start, e.end])).toEqual([
      ["x", "fetch", 0, 4],
      ["A", "compute", 4, 7],
      ["B", "compute", 7, 9],
      ["y", "store", 9, 11],
      ["y", "fetch", 11, 13],
      ["C", "compute", 13, 14],
      ["z", "store", 14, 16],
    ]);
    expect(verdict.accepted.replay.totals.trafficByCause).toMatchObject({ spill: 2, refetch: 2 });
  });

  it.each<[string, string, ScratchpadPlan]>([
    ["SPM-1", "a buffer that does not exist", planOf(at(0, fetch(7, 0)))],
    ["SPM-1", "a step that does not exist", planOf(at(2, run(9)))],
    ["SPM-1", "an offset that is no number", planOf(at(0, { kind: "fetch", buffer: x, offset: Number.NaN as never }))],
    ["SPM-1", "an unknown action", planOf(at(0, { kind: "teleport", buffer: x } as never))],
    ["SPM-2", "an odd offset", planOf(at(4, create(z, 3)))],
    ["SPM-3", "shared bytes", planOf(at(1, create(y, 2)))],
    ["SPM-4", "an end beyond the capacity", planOf(at(1, create(y, 8)), 0, 10)],
    ["SPM-6", "a step left out", planOf(without(3))],
    ["SPM-6", "a step run twice", planOf(at(3, run(1), run(1)))],
    ["SPM-7", "an operand that is not there", planOf(without(0))],
    ["SPM-7", "a result without a place", planOf(without(4))],
    ["SPM-8", "steps in the wrong order", planOf([fetch(x, 0), create(y, 6), run(1), run(0), create(z, 4), run(2), store(z)])],
    ["SPM-8", "an operand created instead of fetched", planOf(at(0, create(x, 0)))],
    [
      "SPM-8",
      "a stale copy",
      planOf([fetch(x, 0), create(y, 6), run(0), store(y), run(1), evict(y), fetch(y, 6), create(z, 4), run(2), store(z)], 4),
    ],
    ["SPM-9", "an output that stays on chip", planOf(without(6))],
    ["SPM-10", "a fetch of what was never stored", planOf(at(4, evict(y), fetch(y, 6), create(z, 4)), 2)],
    ["SPM-10", "an eviction of what is not there", planOf([...good, evict(x)])],
    ["SPM-10", "a second fetch", planOf(at(1, fetch(x, 0), create(y, 6)))],
    ["SPM-10", "a store of nothing", planOf(at(1, create(y, 6), store(y)))],
    ["SPM-11", "a claim of fewer bytes", planOf(at(2, run(0), store(y)))],
    ["SPM-11", "a claim of a lower peak", planOf(good, 0, 6)],
  ])("refuses with %s: %s", (code, _what, plan) => {
    expect(codes(plan)).toContain(code);
  });

  it("refuses with SPM-5: a reserved range", () => {
    const machine = { ...problem.machine, reserved: [{ start: bytes(4), end: bytes(6) }] };
    expect(codes(planOf(good), { ...problem, machine })).toContain("SPM-5");
  });

  it("never throws, whatever claims to be a plan", () => {
    fc.assert(
      fc.property(fc.anything(), fc.array(fc.anything()), (plan, actions) => {
        expect(codes(plan as never).length).toBeGreaterThan(0);
        codes({ actions, claims: {} } as never);
      }),
    );
  });

  it("accepts no mutated plan that the byte machine refuses", async () => {
    const budget = { seed: 1, nodes: 50_000, stop: () => false, progress: () => {} };
    const mip = async () => ({ status: "failed" as const, reason: "not asked" });
    let refused = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const of = randomProblem(seed, { steps: 3 + (seed % 9), largest: 6, tightness: (seed % 3) / 3 });
      const outcome = await solve(of, budget, mip);
      if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
      const { actions, claims } = outcome.plan;
      fc.assert(
        fc.property(fc.nat(actions.length - 1), fc.nat(actions.length - 1), fc.nat(3), fc.nat(12), (i, j, how, offset) => {
          const mutated = [...actions];
          const a = mutated[i]!;
          if (how === 0) mutated.splice(i, 1);
          else if (how === 1) [mutated[i], mutated[j]] = [mutated[j]!, a];
          else if (how === 2) mutated.splice(j, 0, a);
          else if ("offset" in a) mutated[i] = { ...a, offset: bytes(offset) };
          const verdict = verify(of, { ...outcome.plan, actions: mutated, claims });
          if (!verdict.ok) refused++;
          else expect(runsOnBytes(of, mutated)).toBe(true);
        }),
        { seed, numRuns: 60 },
      );
    }
    expect(refused).toBeGreaterThan(500);
  });
});
