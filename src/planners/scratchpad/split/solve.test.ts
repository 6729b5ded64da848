import { describe, expect, test } from "vitest";
import { unitTarget } from "../../../../test/unit-target.js";
import { bytes } from "../../../base/units.js";
import type { Graph } from "../../../graph/graph.js";
import { specificationFaults } from "../../../graph/split/specification.js";
import { splitGraph } from "../../../graph/split/split.js";
import { type Network, network } from "../../../onnx/build.js";
import { importOnnx } from "../../../onnx/import.js";
import { add, classify, concat, conv, convTranspose, depthwise, linear, maxPool, relu } from "../../../onnx/layers.js";
import type { Budget } from "../../../search/budget.js";
import type { ScratchpadTarget } from "../../../target/target.js";
import { accessesOf } from "../accesses.js";
import { firstFit } from "../first-fit.js";
import { pose } from "../pose.js";
import { programme } from "../programme.js";
import { fits, residencyOf } from "../residency/residency.js";
import { verify } from "../verify.js";
import { splitPlan } from "./solve.js";

const budget: Budget = { seed: 1, nodes: 5_000, stop: () => false, progress: () => {} };

function graphOf(build: (net: Network) => void): Graph {
  const net = network("small", { opset: 17 });
  build(net);
  const imported = importOnnx(net.bytes(), { name: "small", bindings: [] });
  if (!imported.ok) throw new Error(imported.errors[0].message);
  return imported.value;
}

const networks: Readonly<Record<string, Graph>> = {
  "a chain with a skip": graphOf((net) => {
    const x = relu(net, conv(net, net.input("x", [1, 3, 32, 32]), { out: 8, kernel: 3 }));
    const y = depthwise(net, relu(net, conv(net, x, { out: 8, kernel: 3 })), { kernel: 3 });
    net.output("y", classify(net, relu(net, add(net, x, y)), 10));
  }),
  "an hourglass with a join": graphOf((net) => {
    const x = relu(net, conv(net, net.input("x", [1, 2, 32, 32]), { out: 8, kernel: 3 }));
    const low = relu(net, conv(net, maxPool(net, x, { kernel: 2, stride: 2, pad: 0 }), { out: 16, kernel: 3 }));
    net.output("y", conv(net, concat(net, [x, convTranspose(net, low, { out: 8, kernel: 2 })]), { out: 2, kernel: 3 }));
  }),
  "matrices wider than the memory": graphOf((net) => {
    const x = relu(net, linear(net, net.input("x", [1, 32, 48]), { out: 96 }));
    net.output("y", linear(net, net.node("Softmax", [linear(net, x, { out: 48 })], { axis: -1 }), { out: 48 }));
  }),
};

const targetOf = (weights: ScratchpadTarget["weights"], capacity: number): ScratchpadTarget => ({
  ...unitTarget,
  weights,
  precision: { activation: "int8", weight: "int8" },
  memory: { ...unitTarget.memory, size: bytes(capacity) },
});

/** Of the sizes: the one planned and posed twice. */
const AGAIN = 1;

describe.each(Object.entries(networks))("%s", (_, graph) => {
  describe.each(["outside", "planned"] as const)("weights %s", (weights) => {
    const sizes = [4096, 8192, 12_000, 16_384, 65_536, 524_288];
    const plans = sizes.map((capacity) => splitPlan(graph, targetOf(weights, capacity), capacity, budget));

    test("fits memories smaller than its operators need", () => {
      const posed = pose(graph, targetOf(weights, 4096), { objective: "traffic" });
      expect(posed.ok && posed.value.sizes.min).toBeGreaterThan(4096);
      plans.forEach((plan, i) => {
        expect(plan).toBeDefined();
        expect(plan!.problem.sizes.min).toBeLessThanOrEqual(sizes[i]!);
        const accesses = accessesOf(plan!.problem, plan!.order);
        expect(fits(accesses, plan!.residency.absent, new Float64Array(plan!.order.length).fill(sizes[i]!))).toBe(true);
        expect(residencyOf(accesses, plan!.residency.absent).traffic).toBe(plan!.residency.traffic);
      });
    });

    test("the specification alone gives the problem back, and the judge accepts its plan", () => {
      plans.forEach((plan, i) => {
        const { specification, problem, order, residency } = plan!;
        expect(specificationFaults(graph, specification)).toEqual([]);
        const read = JSON.parse(JSON.stringify(specification)) as typeof specification;
        if (i === AGAIN) {
          const posed = pose(splitGraph(graph, read).graph, targetOf(weights, sizes[i]!), { objective: "traffic" });
          expect(posed.ok && posed.value).toEqual(problem);
        }
        const accesses = accessesOf(problem, order);
        const verdict = verify(problem, programme(problem, accesses, firstFit(problem, accesses, residency.absent)));
        expect(verdict.ok ? [] : verdict.violations).toEqual([]);
      });
    });

    test("bytes do not rise when the memory grows, and vanish at last", () => {
      const moved = plans.map((plan) => plan!.residency.traffic);
      expect(moved).toEqual(moved.toSorted((a, b) => b - a));
      expect(moved.at(-1)).toBe(0);
    });

    test("the same budget gives the same plan", () => {
      expect(splitPlan(graph, targetOf(weights, sizes[AGAIN]!), sizes[AGAIN]!, budget)).toEqual(plans[AGAIN]);
    });
  });
});

test("a memory smaller than one element's needs has no plan", () => {
  expect(splitPlan(networks["a chain with a skip"]!, targetOf("outside", 16), 16, budget)).toBeUndefined();
});
