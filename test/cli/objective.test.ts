import { expect, test } from "vitest";
import { codesOf, documentOf, stowage } from "./stowage.js";

const PLAN = ["plan", "resnet8", "--target", "gemmini-like", "--set", "memory.size=mid", "--nodes", "20000", "--json"];

test("--objective: each in its own figure, and latency never above that of the plan for traffic", async () => {
  const [traffic, latency, energy] = await Promise.all(
    ["traffic", "latency", "energy"].map(async (name) => documentOf(await stowage([...PLAN, "--objective", name]))),
  );
  expect([traffic, latency, energy].map((document) => document.verified)).toEqual([true, true, true]);
  expect([latency.objective.name, latency.objective.value]).toEqual(["latencyCycles", latency.metrics.latencyCycles]);
  expect(latency.metrics.latencyCycles).toBeLessThanOrEqual(traffic.metrics.latencyCycles);
  expect([energy.objective.name, energy.objective.value]).toEqual(["energyPicojoules", energy.metrics.energyPicojoules]);
  expect(energy.metrics.energyPicojoules).toBe(traffic.metrics.energyPicojoules);
  for (const { objective } of [traffic, latency, energy]) expect(objective.bound).toBeLessThanOrEqual(objective.value);
});

test("--objective throughput: bad input for a scratchpad, with the names of those it serves", async () => {
  const ended = await stowage([...PLAN, "--objective", "throughput"]);
  expect([ended.exit, codesOf(ended)]).toEqual([2, ["SPM-22"]]);
  expect(ended.stderr).toMatch(/traffic, latency, energy/);
});
