import { expect, test } from "vitest";
import type { PipelineTarget } from "./pipeline-target.js";
import { presetNames, presetTarget } from "./presets.js";

function zcu102(...settings: readonly string[]): PipelineTarget {
  const target = presetTarget("zcu102", settings);
  if (!target.ok) throw new Error(target.errors[0].message);
  if (target.value.kind !== "pipeline") throw new Error("no pipeline target");
  return target.value;
}
const refusal = (...settings: readonly string[]): string => {
  const target = presetTarget("zcu102", settings);
  return target.ok ? "accepted" : `${target.errors[0].code} ${target.errors[0].where}`;
};

test("the six devices", () => {
  expect(presetNames).toEqual(expect.arrayContaining(["zedboard", "zc706", "zcu102", "zcu104", "u50", "u250"]));
  const { resources, offChip, clock, fabric } = zcu102();
  expect(resources).toEqual({ lut: 274_080, ff: 548_160, dsp: 2520, bram18: 1824, uram: 0 });
  // 153.6 Gbit per second.
  expect(offChip).toEqual({ bandwidth: 19.2e9, efficiency: 0.8, burst: 1024 });
  expect([clock, fabric]).toEqual([200e6, "ultrascale+"]);
});

test("widths are element types or plain bits", () => {
  expect(zcu102("precision.weight=4", "precision.activation=5").precision).toEqual({ weightBits: 4, activationBits: 5 });
  expect(zcu102("precision={ weight: int4, activation: uint8 }").precision).toEqual({ weight: "int4", activation: "uint8" });
  expect(refusal("precision.weight=0")).toBe("TGT-6 --set precision.weight=0");
  expect(refusal("precision.weight=2.5")).toBe("TGT-6 --set precision.weight=2.5");
  expect(refusal("precision.weight=float32")).toBe("TGT-6 --set precision.weight=float32");
});

test("what may be set", () => {
  const set = zcu102("streaming=never", "partitions=2", "buffers=1", "reuse=7", "batch=16", "offChip.efficiency=1");
  expect([set.streaming, set.partitions, set.buffers, set.reuse, set.batch, set.offChip.efficiency]).toEqual(["never", 2, 1, 7, 16, 1]);
  expect(refusal("buffers=4")).toBe("TGT-6 --set buffers=4");
  expect(refusal("offChip.efficiency=1.1")).toBe("TGT-6 --set offChip.efficiency=1.1");
  expect(refusal("resources.lut=0")).toBe("TGT-9 --set resources.lut=0");
});

test("LUTs stand in for block RAMs where AutoWS is compared with, and where the target says so", () => {
  expect([zcu102().lutPerBram18, zcu102("model=autows").lutPerBram18, zcu102("lutPerBram18=300").lutPerBram18]).toEqual([0, 288, 300]);
  expect(zcu102("model=autows").sources.lutPerBram18).toContain("64 bits per LUT");
});
