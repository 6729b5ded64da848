import { expect, test } from "vitest";
import { bytes } from "../base/units.js";
import { arrayArea, memoryArea } from "./area.js";

test("the VWA chip: 191 KiB and 168 elements, by hand", () => {
  // 191 · 1024 · 8 bits of 0.242 µm² in macros filled to 60 %; 266,900 gates of 0.798 µm² · (40/45)², rows filled to 70 %.
  expect(memoryArea(bytes(191 * 1024))).toBeCloseTo(0.631083, 5);
  expect(arrayArea("vwa", 168, "int8")).toBeCloseTo(0.240406, 5);
});

test("Eyeriss: gates and the memories of its elements", () => {
  expect(arrayArea("row-stationary", 168, "int16")).toBeCloseTo(
    (1_176_000 * 0.798 * (40 / 45) ** 2) / 0.7e6 + (73.5 * 1024 * 8 * 0.242) / 0.6e6,
    9,
  );
});

test("grows with the elements in proportion and with the width of their operands", () => {
  expect(arrayArea("nvdla", 512, "int8")).toBeCloseTo(2 * arrayArea("nvdla", 256, "int8"), 12);
  const widths = (["int4", "int8", "int16", "float16", "float32"] as const).map((type) => arrayArea("systolic", 1, type));
  expect(widths).toEqual(widths.toSorted((a, b) => a - b));
  expect(arrayArea("systolic", 1, undefined)).toBe(arrayArea("systolic", 1, "int8"));
});
