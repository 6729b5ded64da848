import fc from "fast-check";
import { expect, test } from "vitest";
import { evaluate, type Goal, importModel, modelWeights, parseSpace } from "../../src/api.js";
import { type BytesPerSecond, seconds } from "../../src/base/units.js";
import { figuresOf } from "../../src/explore/point.js";
import { plannerOf } from "../../src/families.js";
import { factsOf, type Problem } from "../../src/report/families.js";
import { WRITE_MODELS } from "../../src/target/crossbar-target.js";
import { randomMachine } from "../random-machine.js";
import { randomProblem } from "../random-problem.js";
import { lenet } from "../rtl/lenet.js";
import { smallLayer, smallProblem } from "../small-crossbar.js";

const budget = { seed: 1, nodes: 100_000, stop: () => false, progress: () => {} };
const mip = async () => ({ status: "failed" as const, reason: "not needed here" });

/** Share by which sums in different orders may differ; what prunes allows for it, too. */
const ROUNDING = 1e-9;

/** Plans `problem`, and holds every figure of its plan against the floor. Whether there was an accepted plan. */
async function held(problem: Problem): Promise<boolean> {
  const { solvers, verify, floor, front } = plannerOf(problem.kind);
  const least = floor!(problem);
  const outcome = await solvers.search!(problem, budget, mip);
  if (outcome.status === "infeasible" || outcome.status === "unknown") return false;
  const verdict = verify(problem, outcome.plan);
  if (!verdict.ok) return false;
  const figures = [...front.objectives, ...front.others];
  const reached = figuresOf(figures, factsOf({ problem, accepted: verdict.accepted, outcome }).metrics);
  for (const [key, value] of Object.entries(least)) {
    const figure = figures.find((f) => f.key === key);
    expect(figure, key).toBeDefined();
    if (figure?.more) expect(reached[key], key).toBeLessThanOrEqual(value * (1 + ROUNDING));
    else expect(reached[key], key).toBeGreaterThanOrEqual(value * (1 - ROUNDING));
  }
  return true;
}

const crossbars = fc
  .record({
    shapes: fc.array(
      fc.record({
        inputs: fc.integer({ min: 1, max: 40 }),
        outputs: fc.integer({ min: 1, max: 9 }),
        groups: fc.integer({ min: 1, max: 3 }),
        vectors: fc.integer({ min: 1, max: 9 }),
        seed: fc.nat(1000),
      }),
      { minLength: 1, maxLength: 4 },
    ),
    chained: fc.boolean(),
    objective: fc.constantFrom(...(["programming", "latency", "energy", "endurance"] as const)),
    sharing: fc.constantFrom(undefined, 1, 2, 4),
    batch: fc.constantFrom(1, 3),
    converters: fc.integer({ min: 1, max: 3 }),
    crossbars: fc.integer({ min: 2, max: 24 }),
    firing: fc.integer({ min: 1, max: 24 }),
    inputBits: fc.constantFrom(1, 2, 3),
    model: fc.constantFrom(...WRITE_MODELS),
  })
  .map(({ shapes, chained, objective, sharing, batch, model, ...given }) => {
    const base = smallProblem([]);
    const layers = shapes.map(({ seed, ...shape }, l) => smallLayer(seed, { ...shape, after: l === 0 || !chained ? [] : [l - 1] }));
    const programming = { ...base.machine.programming, model, set: seconds(2e-9), reset: seconds(3e-9), row: seconds(5e-9) };
    const machine = { rows: 16, columns: 32, programming, cycle: seconds(1e-9), offChipRate: 2e9 as BytesPerSecond, ...given };
    return { ...smallProblem(layers, machine), objective, sharing, batch };
  });

test("no plan for crossbars is better than their floor", async () => {
  let planned = 0;
  await fc.assert(
    fc.asyncProperty(crossbars, async (problem) => {
      planned += Number(await held(problem));
    }),
    { numRuns: 60 },
  );
  expect(planned).toBeGreaterThan(20);
});

test("no pipeline is better than its floor, on one device or in turns", async () => {
  let planned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        seed: fc.nat(10_000),
        dsp: fc.constantFrom(8, 20, 60, 400),
        lut: fc.constantFrom(3_000, 8_000, 1e6),
        bram18: fc.constantFrom(0, 8, 200),
        bitsPerCycle: fc.constantFrom(0.5, 8, 64),
        partitions: fc.constantFrom(1, 1, 3),
        batch: fc.constantFrom(1, 20),
        objective: fc.constantFrom(...(["throughput", "latency"] as const)),
        fabric: fc.constantFrom(...(["7series", "ultrascale+"] as const)),
      }),
      async ({ seed, dsp, lut, bram18, bitsPerCycle, partitions, batch, objective, fabric }) => {
        const { problem } = randomMachine(seed, 4);
        const resources = { ...problem.device.resources, dsp, lut, bram18 };
        const device = { ...problem.device, fabric, resources, bitsPerCycle };
        planned += Number(await held({ ...problem, objective, partitions, batch, device }));
      },
    ),
    { numRuns: 25 },
  );
  expect(planned).toBeGreaterThan(8);
});

test("no plan on a scratchpad is better than its floor", async () => {
  let planned = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.nat(10_000),
      fc.integer({ min: 2, max: 9 }),
      fc.constantFrom(0, 0.3, 1),
      fc.constantFrom(...(["traffic", "latency", "energy"] as const)),
      async (seed, steps, tightness, objective) => {
        planned += Number(await held({ ...randomProblem(seed, { steps, largest: 40, tightness }), objective }));
      },
    ),
    { numRuns: 80 },
  );
  expect(planned).toBeGreaterThan(40);
});

test("no plan on a preset is better than the floor of its point", async () => {
  const goal: Goal = { solver: "search", split: "auto", bindings: [] };
  const model = { name: "lenet", bytes: lenet() };
  const graph = importModel(model, []);
  const space = parseSpace(SPACE, "space.yaml");
  if (!graph.ok || !space.ok) throw new Error(JSON.stringify([graph, space].flatMap((x) => (x.ok ? [] : x.errors))));
  const surroundings = { budget, mip, weights: () => modelWeights(model, undefined) };
  let planned = 0;
  for (const point of space.value.points) {
    const { front } = plannerOf(point.target.kind);
    // A rival that nothing can beat shows the floor.
    const unbeatable = [{ id: -1, vector: front.objectives.map(() => -1) }];
    const floor = await evaluate(graph.value, point, goal, front.objectives, unbeatable, surroundings);
    const plan = await evaluate(graph.value, point, goal, front.objectives, [], surroundings);
    if (floor.status !== "pruned" || plan.status !== "planned") continue;
    planned++;
    for (const [key, value] of Object.entries(floor.floor)) {
      const figure = [...front.objectives, ...front.others].find((f) => f.key === key);
      if (figure?.more) expect(plan.metrics[key], `${point.base} ${key}`).toBeLessThanOrEqual(value);
      else expect(plan.metrics[key], `${point.base} ${key}`).toBeGreaterThanOrEqual(value);
    }
  }
  expect(planned).toBe(space.value.points.length);
});

const SPACE = `
bases:
  - base: zcu102
    axes: { goal.objective: [throughput, latency], precision.weight: [4] , precision.activation: [8] }
  - base: zedboard
    axes: { precision.weight: [8], precision.activation: [8] }
  - base: reram-ou
    axes: { goal.objective: [latency, energy], crossbars: [20%, 100%] }
  - isaac-like
  - mnsim-like
  - neurram-like
  - puma-like
  - base: ethos-u55-128-like
    axes: { goal.objective: [traffic, latency, energy] }
`;
