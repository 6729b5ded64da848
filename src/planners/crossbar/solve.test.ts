import fc from "fast-check";
import { expect, test } from "vitest";
import { smallLayer, smallProblem } from "../../../test/small-crossbar.js";
import { type Bytes, type BytesPerSecond, seconds } from "../../base/units.js";
import { geometryOf } from "../../cost/crossbar/geometry.js";
import { WRITE_MODELS } from "../../target/crossbar-target.js";
import { type CrossbarProblem, OBJECTIVES } from "./plan.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";

const budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => undefined };

const layer = fc.record({
  inputs: fc.integer({ min: 1, max: 40 }),
  outputs: fc.integer({ min: 1, max: 9 }),
  groups: fc.integer({ min: 1, max: 3 }),
  seed: fc.nat(1000),
});

/** Layers after one another on 16 x 32 cells. */
const problems = fc
  .record({
    shapes: fc.array(layer, { minLength: 1, maxLength: 4 }),
    objective: fc.constantFrom(...OBJECTIVES),
    sharing: fc.constantFrom(undefined, 1, 2, 4),
    crossbars: fc.integer({ min: 2, max: 12 }),
    model: fc.constantFrom(...WRITE_MODELS),
  })
  .map(({ shapes, objective, sharing, crossbars, model }): CrossbarProblem => {
    const base = smallProblem([]);
    const layers = shapes.map(({ seed, ...shape }, l) => smallLayer(seed, { ...shape, after: l === 0 ? [] : [l - 1] }));
    const times = { cycle: seconds(1e-9), offChipRate: 2e9 as BytesPerSecond };
    const programming = { ...base.machine.programming, model, set: seconds(2e-9), reset: seconds(3e-9), row: seconds(5e-9) };
    const machine = { rows: 16, columns: 32, crossbars, firing: crossbars, programming, ...times };
    return { ...smallProblem(layers, machine), objective, sharing };
  });

test("plans pass the judge, keep their sharing, and claim nothing below a bound", () => {
  let planned = 0;
  fc.assert(
    fc.property(problems, (problem) => {
      const found = solve(problem, budget);
      if (found.status !== "feasible") {
        expect(found.status).toBe("unknown");
        return;
      }
      planned++;
      const verdict = verify(problem, found.plan);
      expect(verdict.ok || verdict.violations).toBe(true);
      expect(found.value).toBeGreaterThanOrEqual(found.bound);
      for (const { value, bound } of found.plan.levels) expect(value).toBeGreaterThanOrEqual(bound * (1 - 1e-9));
      found.plan.mappings.forEach((mapping, l) => {
        const { strips } = geometryOf(problem.layers[l]!, mapping, problem.machine);
        const { outputs } = problem.layers[l]!;
        // In one round all outputs share the inputs' own order.
        if (problem.sharing !== undefined && mapping.rounds > 1) expect(mapping.sharing).toBe(Math.min(problem.sharing, outputs));
        if (typeof mapping.top !== "number") expect(mapping.top.length).toBe(strips * mapping.spread);
      });
    }),
    { numRuns: 40 },
  );
  expect(planned).toBeGreaterThan(20);
});

test("a table of hours is nothing that can be told, and not infeasible", () => {
  const found = solve(smallProblem([smallLayer(1)], { cycle: seconds(1000) }), budget);
  expect(found).toMatchObject({ status: "unknown", reason: expect.stringContaining("9007 s"), fix: expect.stringContaining("faster") });
});

test("where too much waits to be written, the advice is a buffer, not time", () => {
  const layers = [smallLayer(1, { inputs: 36, outputs: 8 }), smallLayer(2, { inputs: 36, outputs: 8, after: [0] })];
  const times = { cycle: seconds(1e-9), offChipRate: 2e9 as BytesPerSecond };
  const small = smallProblem(layers, { rows: 16, columns: 32, crossbars: 2, firing: 2, buffer: 16 as Bytes, ...times });
  const found = solve(small, budget);
  expect(found).toMatchObject({ status: "unknown", reason: expect.stringContaining("of the buffer 2 B are for them") });
  expect(found.status === "unknown" && found.fix).toMatch(/--set buffer=.*would need \d+ B/);
});

test("the same problem gives the same plan", () => {
  fc.assert(
    fc.property(problems, (problem) => {
      expect(solve(problem, budget)).toEqual(solve(problem, budget));
    }),
    { numRuns: 5 },
  );
});

test("with crossbars for all weights, nothing is written", () => {
  const problem = {
    ...smallProblem([smallLayer(1, { inputs: 20, outputs: 4 })], { rows: 16, columns: 32, crossbars: 40 }),
    objective: "endurance" as const,
  };
  const found = solve(problem, budget);
  expect(found.status === "feasible" && found.plan.claims.cellWrites).toBe(0);
});

test("a layer that stays where it is fires no longer than in its own order", () => {
  const shapes = fc.record({ seed: fc.nat(1000), inputs: fc.integer({ min: 1, max: 16 }), outputs: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(shapes, fc.constantFrom(...OBJECTIVES), ({ seed, ...shape }, objective) => {
      const base = smallProblem([smallLayer(seed, shape)], { rows: 16, columns: 32, crossbars: 1, firing: 1 });
      const slow = { ...base.machine.programming, set: seconds(2000), reset: seconds(3000) };
      const problem = { ...base, machine: { ...base.machine, cycle: seconds(1e-3), programming: slow }, objective };
      const found = solve(problem, budget);
      if (found.status !== "feasible") throw new Error(found.status);
      const verdict = verify(problem, found.plan);
      if (!verdict.ok) throw new Error(verdict.violations[0].message);
      const { totals, baselines } = verdict.accepted.replay.crossbar!;
      expect(totals.latency).toBeLessThanOrEqual(Math.min(...baselines.map(({ latency }) => latency)));
    }),
  );
});

test("a bundle wider than a crossbar is a conflict with both widths", () => {
  const problem = { ...smallProblem([smallLayer(1, { inputs: 20, outputs: 8 })], { rows: 16, columns: 8, cellBits: 1 }), sharing: 8 };
  const found = solve(problem, budget);
  expect(found.status).toBe("infeasible");
  if (found.status !== "infeasible") return;
  expect(found.conflict.code).toBe("XBR-41");
  expect(found.conflict.figures.neededColumns).toBeGreaterThan(8);
  expect(found.conflict.figures.availableColumns).toBe(8);
});

test("crossbars too narrow for two's complement are planned in codes that they hold, and compared in these", () => {
  const problem = smallProblem([smallLayer(3, { inputs: 20 }), smallLayer(4, { after: [0] })], {
    columns: 3,
    unit: { rows: 4, columns: 3 },
  });
  const found = solve(problem, budget);
  if (found.status !== "feasible") throw new Error(found.status);
  expect(found.plan.mappings.map(({ encoding }) => encoding)).not.toContain("twosComplement");
  const verdict = verify(problem, found.plan);
  if (!verdict.ok) throw new Error(verdict.violations[0].message);
  expect(verdict.accepted.replay.crossbar!.baselines).toHaveLength(4);
});
