import { expect, test } from "vitest";
import { macEnergy, OFF_CHIP_MEMORIES, sramEnergy, technologies } from "./energy-table.js";

test("the published points", () => {
  expect(macEnergy("45nm", "int8")).toBeCloseTo(0.3);
  expect(macEnergy("45nm", "float32")).toBeCloseTo(4.6);
  expect(sramEnergy("45nm", 8192) * 8).toBeCloseTo(10);
  expect(sramEnergy("45nm", 32768) * 8).toBeCloseTo(20);
  expect(sramEnergy("45nm", 2 ** 20) * 8).toBeCloseTo(100);
  expect(OFF_CHIP_MEMORIES.DDR3! / 8).toBe(70);
});

test("larger memories and older nodes take more", () => {
  const sizes = [64, 1024, 8192, 20_000, 200_000, 2 ** 20];
  sizes.slice(1).forEach((size, i) => {
    expect(sramEnergy("28nm", size)).toBeGreaterThan(sramEnergy("28nm", sizes[i]!));
  });
  // Beyond the largest published size: banks of it.
  expect(sramEnergy("28nm", 2 ** 24)).toBe(sramEnergy("28nm", 2 ** 20));
  const ages = technologies.map((node) => macEnergy(node, "int16")!);
  expect(ages).toEqual(ages.toSorted((a, b) => b - a));
  // 65 nm at 1 V against 45 nm at 0.9 V: 65/45 x (1/0.9)^2.
  expect(ages[0]! / ages[1]!).toBeCloseTo((65 / 45) * (1 / 0.81));
});

test("types without a published figure have none", () => expect(macEnergy("45nm", "float8e4m3fn")).toBeUndefined());
