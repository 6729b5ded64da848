import { expect, test } from "vitest";
import { mapOf, network, POINT, window3 } from "../../../test/small-pipeline.js";
import type { Budget } from "../../search/budget.js";
import { configure } from "./configure.js";
import { fewestCycles } from "./fewest-cycles.js";
import type { PipelineProblem } from "./plan.js";
import { selectionOf } from "./selection.js";
import { verifyBound } from "./verify-bound.js";

const budget: Budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => {} };

/** Two convolutions on a device of so many LUTs and multipliers, with a link of so many bits per cycle. */
function problem(lut: number, dsp: number, bitsPerCycle: number): PipelineProblem {
  const made = network(mapOf(4, 6), [
    { kind: "convolution", kernel: window3(), output: mapOf(4, 6) },
    { kind: "convolution", kernel: POINT, output: mapOf(8, 6) },
  ]);
  return { ...made, device: { ...made.device, resources: { ...made.device.resources, lut, dsp }, bitsPerCycle } };
}

test.each([
  [1_000_000, 1000, 1000, "every layer is as fast as it can be"],
  [1_000_000, 8, 1000, "multipliers are short"],
  [1200, 1000, 1000, "LUTs are short"],
  [1_000_000, 1000, 2, "the link is slow"],
])("%i LUTs, %i multipliers, %i bits per cycle: %s, and the certificate proves it", (lut, dsp, bits) => {
  const posed = problem(lut, dsp, bits);
  const { cycles, certificate } = fewestCycles(posed);
  const found = configure(posed, budget);
  if (found.kind === "configured") expect(found.cyclesPerFrame).toBeGreaterThanOrEqual(cycles);
  if (cycles === Number.POSITIVE_INFINITY) return expect(found.kind).toBe("infeasible");
  const every = selectionOf(posed, { slowest: certificate!.cycles, fastest: certificate!.cycles, steps: Number.POSITIVE_INFINITY });
  expect(verifyBound(every.selection, certificate!).proven).toBe(true);
});

test("one engine is not faster than its fastest unrolling", () => {
  // 36 pixels of 4 channels: a 1 x 1 kernel with everything at once takes a cycle per pixel.
  const posed = network(mapOf(4, 6), [{ kind: "convolution", kernel: POINT, output: mapOf(4, 6) }]);
  const large = { ...posed.device.resources, lut: 1e6, ff: 1e6, dsp: 1e4, bram18: 1e4 };
  expect(fewestCycles({ ...posed, device: { ...posed.device, resources: large, bitsPerCycle: 1e6 } }).cycles).toBe(36);
});
