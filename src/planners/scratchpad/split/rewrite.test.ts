import { expect, test } from "vitest";
import { graphOf } from "../../../../test/random-split.js";
import { unitTarget } from "../../../../test/unit-target.js";
import { bytes } from "../../../base/units.js";
import { add, classify, conv, depthwise, relu } from "../../../onnx/layers.js";
import type { Budget } from "../../../search/budget.js";
import { pose } from "../pose.js";
import { solve } from "../solve.js";
import { verify } from "../verify.js";
import { rewritten } from "./rewrite.js";

/** Its largest operators read and write 2 x 8 x 32 x 32 elements of one byte: 16 KiB. */
const graph = graphOf((net) => {
  const x = relu(net, conv(net, net.input("x", [1, 3, 32, 32]), { out: 8, kernel: 3 }));
  const y = depthwise(net, relu(net, conv(net, x, { out: 8, kernel: 3 })), { kernel: 3 });
  net.output("y", classify(net, relu(net, add(net, x, y)), 10));
});
const budget: Budget = { seed: 1, nodes: 4_000, stop: () => false, progress: () => {} };

function rewrittenIn(size: number, reserved: readonly (readonly [number, number])[] = []) {
  const memory = {
    ...unitTarget.memory,
    size: bytes(size),
    reserved: reserved.map(([start, end]) => ({ start: bytes(start), end: bytes(end) })),
  };
  const target = { ...unitTarget, weights: "planned" as const, precision: { activation: "int8", weight: "int8" } as const, memory };
  const posed = pose(graph, target, { objective: "traffic" });
  if (!posed.ok) throw new Error(posed.errors[0].message);
  return rewritten(graph, target, posed.value, budget);
}

test("what fits whole stays whole", () => {
  expect(rewrittenIn(65_536)).toEqual({ kind: "whole" });
});

test.each<[string, number, readonly (readonly [number, number])[]]>([
  ["in less than an operator needs", 8192, []],
  ["around a reserved range", 16_384, [[6000, 10_000]]],
  [
    "where enough is free, but in holes",
    40_000,
    [
      [8000, 8064],
      [16_000, 16_064],
      [24_000, 24_064],
      [32_000, 32_064],
    ],
  ],
])("cut %s, a plan that the judge accepts", async (_, size, reserved) => {
  const rewriting = rewrittenIn(size, reserved);
  if (rewriting.kind !== "cut") throw new Error(rewriting.kind);
  const { problem } = rewriting;
  expect(problem.assumptions.split!.operators.length).toBeGreaterThan(0);
  expect(problem.split!.parts).toHaveLength(problem.steps.length);
  const outcome = await solve(problem, budget, async () => ({ status: "failed" as const, reason: "not asked" }));
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(outcome.status);
  const verdict = verify(problem, outcome.plan);
  expect(verdict.ok ? [] : verdict.violations).toEqual([]);
});

test("no cut found is no proof: the reason, and what to try", () => {
  const rewriting = rewrittenIn(16);
  if (rewriting.kind !== "none") throw new Error(rewriting.kind);
  expect(rewriting.reason.code).toBe("SPM-23");
  expect(rewriting.reason.message).toMatch(/run whole, its operands alone need \d+ B of the 16 B available/);
  expect(rewriting.reason.fix).toMatch(/--set memory\.size=\d+B/);
  expect(rewrittenIn(64, [[0, 64]]).kind).toBe("none");
});
