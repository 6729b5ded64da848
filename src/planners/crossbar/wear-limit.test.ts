import fc from "fast-check";
import { expect, test } from "vitest";
import { smallLayer, smallProblem } from "../../../test/small-crossbar.js";
import { type BytesPerSecond, seconds } from "../../base/units.js";
import { WRITE_MODELS } from "../../target/crossbar-target.js";
import { presetTarget } from "../../target/presets.js";
import { type CrossbarProblem, OBJECTIVES } from "./plan.js";
import { readProblem } from "./read.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";

const budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => undefined };

/** Layers after one another on too few crossbars of 16 x 32 cells. */
const problems = fc
  .record({
    shapes: fc.array(
      fc.record({
        inputs: fc.integer({ min: 10, max: 40 }),
        outputs: fc.integer({ min: 1, max: 9 }),
        groups: fc.integer({ min: 1, max: 3 }),
        seed: fc.nat(1000),
      }),
      { minLength: 2, maxLength: 4 },
    ),
    objective: fc.constantFrom(...OBJECTIVES),
    crossbars: fc.integer({ min: 2, max: 5 }),
    model: fc.constantFrom(...WRITE_MODELS),
  })
  .map(({ shapes, objective, crossbars, model }): CrossbarProblem => {
    const layers = shapes.map(({ seed, ...shape }, l) => smallLayer(seed, { ...shape, after: l === 0 ? [] : [l - 1] }));
    const base = smallProblem([]).machine.programming;
    const programming = { ...base, model, set: seconds(2e-9), reset: seconds(3e-9), row: seconds(5e-9) };
    const times = { cycle: seconds(1e-9), offChipRate: 2e9 as BytesPerSecond };
    return { ...smallProblem(layers, { rows: 16, columns: 32, crossbars, firing: crossbars, programming, ...times }), objective };
  });

test("plans keep to the limit on the writes of a cell, as the judge counts them; otherwise there is none, and the reason names the limit", () => {
  let [kept, missed] = [0, 0];
  fc.assert(
    fc.property(problems, fc.constantFrom(0.5, 1, 1.5, 2, 3, 4, 6, 8, 16), (problem, mostCellWrites) => {
      const limited = { ...problem, mostCellWrites };
      const found = solve(limited, budget);
      if (found.status !== "feasible") {
        if (found.status === "unknown" && found.reason.includes("wait to be written")) return; // too small a buffer, whatever the limit
        missed++;
        expect(found.status === "unknown" && found.reason).toMatch(new RegExp(`within mostCellWrites ${mostCellWrites}[:;]`));
        return;
      }
      kept++;
      const verdict = verify(limited, found.plan);
      expect(verdict.ok || verdict.violations).toBe(true);
      if (!verdict.ok) return;
      const { totals, rotation } = verdict.accepted.replay.crossbar!;
      expect(totals.maxCellWrites).toBeLessThanOrEqual(mostCellWrites);
      // Where writes are limited what is written turns, whatever the objective, and never to make it worse.
      if (rotation !== undefined) expect(rotation.maxCellWrites).toBeLessThan(totals.maxCellWrites);
      if (totals.maxCellWrites === 0) return;
      const less = verify({ ...problem, mostCellWrites: totals.maxCellWrites - 0.5 }, found.plan);
      expect(less.ok || less.violations.map(({ code }) => code)).toEqual(["XBR-35"]);
    }),
    { numRuns: 25 },
  );
  expect(kept).toBeGreaterThan(5);
  expect(missed).toBeGreaterThan(0);
});

test("a problem from a file keeps its limit, and one that is no number above 0 is refused", () => {
  const problem = smallProblem([smallLayer(1)]);
  const read = (mostCellWrites: unknown) => readProblem(JSON.parse(JSON.stringify({ ...problem, mostCellWrites })), "plan.json: problem");
  for (const limit of [undefined, 0.5, 4]) {
    const found = read(limit);
    expect(found.ok && found.value.mostCellWrites).toBe(limit);
  }
  for (const limit of [0, -1, "4", null]) {
    const found = read(limit);
    expect(!found.ok && found.errors[0].code).toBe("XBR-3");
    expect(!found.ok && found.errors[0].where).toContain("mostCellWrites");
  }
});

test("the limit is a setting of the target: halves are, nothing is not", () => {
  const target = presetTarget("reram-ou", ["mostCellWrites=2.5"]);
  expect(target.ok && target.value).toMatchObject({ mostCellWrites: 2.5 });
  expect(presetTarget("reram-ou", []).ok).toBe(true);
  for (const wrong of ["0", "-1", "many"]) {
    const refused = presetTarget("reram-ou", [`mostCellWrites=${wrong}`]);
    expect(!refused.ok && refused.errors[0].where).toContain("mostCellWrites");
  }
});
