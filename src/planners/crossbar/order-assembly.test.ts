import fc from "fast-check";
import { expect, test } from "vitest";
import { smallLayer, smallProblem } from "../../../test/small-crossbar.js";
import { assemble, INFERENCES } from "./assembly.js";
import { choose } from "./choice.js";
import { matrixOf } from "./images.js";
import { inBetterOrder, worthOf } from "./order-assembly.js";
import { type CrossbarProblem, OBJECTIVES } from "./plan.js";

const budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => undefined };

/** Two layers that few crossbars of 8 x 32 cells have to take turns for. */
const problems = fc
  .record({
    inputs: fc.integer({ min: 8, max: 40 }),
    outputs: fc.integer({ min: 4, max: 20 }),
    seed: fc.nat(1000),
    objective: fc.constantFrom(...OBJECTIVES),
    sharing: fc.constantFrom(1, 2, 4),
    crossbars: fc.integer({ min: 4, max: 8 }),
  })
  .map(({ inputs, outputs, seed, objective, sharing, crossbars }): CrossbarProblem => {
    const layers = [smallLayer(seed, { inputs, outputs }), smallLayer(seed + 1, { inputs: outputs, outputs: inputs, after: [0] })];
    return { ...smallProblem(layers, { columns: 32, crossbars, firing: crossbars }), objective, sharing };
  });

test("the objective never gets worse, what is counted is what is written, and often less is", () => {
  let [planned, fewer] = [0, 0];
  fc.assert(
    fc.property(problems, (problem) => {
      const matrices = problem.layers.map(matrixOf);
      const choice = choose(problem, matrices, budget)[0];
      if (choice === undefined) return;
      planned++;
      const given = assemble(problem, matrices, choice, budget);
      const better = inBetterOrder(problem, choice, given, budget);
      expect(worthOf(problem, better)).toBeLessThanOrEqual(worthOf(problem, given));
      const { value, bound } = better.order!;
      expect(value).toBe((better.cellWrites - better.closing) / INFERENCES);
      expect(bound).toBeLessThanOrEqual(value);
      expect(better.closing).toBe(given.closing);
      if (better.cellWrites < given.cellWrites) fewer++;
    }),
    { numRuns: 40 },
  );
  expect(planned).toBeGreaterThan(20);
  expect(fewer).toBeGreaterThan(5);
});
