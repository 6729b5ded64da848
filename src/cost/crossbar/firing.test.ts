import { describe, expect, test } from "vitest";
import { activations, exactConversionBits, inputCycles } from "./firing.js";

describe("activations", () => {
  const unit = { rows: 4, columns: 8 };
  const lines = (...inputs: number[]) => ({ table: Int32Array.of(9, ...inputs), idle: -1, from: 1, count: inputs.length });
  test("counts row blocks in use, times the units side by side", () => {
    expect(activations(lines(0, 1, 2, 3, -1, -1, -1, -1, 4, -1, -1, -1), 8, unit)).toBe(2);
    expect(activations(lines(0, 1, 2, 3, -1, -1, -1, -1, 4, -1, -1, -1), 9, unit)).toBe(4);
    expect(activations(lines(...new Array(12).fill(-1)), 8, unit)).toBe(0);
  });
  test("fires both signs of a row block apart", () => {
    expect(
      activations(lines(0, 1, 2, 3, 4, 5, 6, 7), 7, unit, {
        weights: Int8Array.of(0, -1, -1, 1, 1, 1, 1, 1, 1),
        base: 1,
      }),
    ).toBe(3);
  });
});

test("a signed input is fed in as many cycles as it has bits; digits of several bits leave the sign apart", () => {
  expect([inputCycles(8, 1), inputCycles(8, 2), inputCycles(5, 4)]).toEqual([8, 5, 2]);
});

test("conversion widths of the published operation units", () => {
  expect(exactConversionBits(9, 1, 1)).toBe(4);
  expect(exactConversionBits(16, 1, 1)).toBe(5);
  expect(exactConversionBits(16, 2, 1)).toBe(6);
  expect(exactConversionBits(128, 2, 1)).toBe(9);
});
