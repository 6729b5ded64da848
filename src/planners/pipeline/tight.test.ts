import { expect, test } from "vitest";
import { mapOf, network, POINT } from "../../../test/small-pipeline.js";
import type { Budget } from "../../search/budget.js";
import { configure } from "./configure.js";
import type { PipelineProblem } from "./plan.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";
import { waitingIn } from "./waiting.js";

const budget: Budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => {} };

test("plans where engines fit beside what they need, though not beside what any engines may need", () => {
  const drawn = network(mapOf(16, 24), [
    { kind: "convolution", output: mapOf(16, 24) },
    { kind: "convolution", output: mapOf(16, 24) },
    { kind: "convolution", output: mapOf(16, 24) },
    { kind: "combine", output: mapOf(16, 24), from: [0, 2] },
  ]);
  const posed = { ...drawn, streams: waitingIn(drawn) };
  let [found, impossible] = [0, 0];
  for (let bram18 = 6; bram18 >= 1; bram18--) {
    const resources = { lut: 4000, ff: 8000, dsp: 40, bram18, uram: 0 };
    const problem: PipelineProblem = { ...posed, device: { ...posed.device, resources } };
    if (configure(problem, budget).kind !== "infeasible") continue;
    const outcome = solve(problem, budget);
    if (outcome.status === "infeasible") impossible++;
    if (!("plan" in outcome)) continue;
    found++;
    expect(outcome.bound).toBeLessThanOrEqual(outcome.value);
    expect(verify(problem, outcome.plan).ok, `${bram18} block RAMs`).toBe(true);
  }
  expect(found).toBeGreaterThan(0);
  expect(impossible).toBeGreaterThan(0);
});

test("and where they fit beside poolings only if these need not keep up with a shorter frame", () => {
  const kernel = { ...POINT, height: 5, width: 5, top: 2, left: 2, bottom: 2, right: 2 };
  const map = mapOf(16, 24);
  const drawn = network(map, [
    { kind: "convolution", output: map },
    { kind: "pooling", kernel, output: map },
    { kind: "pooling", kernel, output: map },
    { kind: "combine", output: map, from: [0, 2] },
  ]);
  const posed = { ...drawn, streams: waitingIn(drawn) };
  const codes = new Set<string>();
  for (let bram18 = 15; bram18 >= 11; bram18--) {
    const resources = { lut: 4500, ff: 9000, dsp: 40, bram18, uram: 0 };
    const problem: PipelineProblem = { ...posed, device: { ...posed.device, resources } };
    const outcome = solve(problem, budget);
    expect(outcome.status, `${bram18} block RAMs`).not.toBe("unknown");
    if (!("plan" in outcome)) continue;
    const [partition] = outcome.plan.partitions;
    expect(verify(problem, outcome.plan).ok, `${bram18} block RAMs`).toBe(true);
    if (partition?.evenedOver === undefined) continue;
    expect(partition.evenedOver).toBeLessThanOrEqual(partition.cyclesPerFrame);
    const own = { ...outcome.plan, partitions: [{ ...partition, evenedOver: undefined }] };
    const verdict = verify(problem, own);
    if (!verdict.ok) for (const { code } of verdict.violations) codes.add(code);
  }
  // With the queues that poolings have by themselves not all of them would fit.
  expect(codes).toContain("PIP-23");
});
