import { expect, test } from "vitest";
import { halfToEven, quantise } from "./quantize.js";

test("the largest magnitude stands at the end of the range", () => {
  expect(quantise([0.5, -1, 0.25], 8)).toEqual({ integers: Int32Array.of(64, -127, 32), scale: 1 / 127 });
  expect(quantise([7, -3.4, 0], 4).integers).toEqual(Int32Array.of(7, -3, 0));
});

test("two values of one bit: the sign, and the mean magnitude", () => {
  expect(quantise([0.5, -1.5, 0], 1)).toEqual({ integers: Int32Array.of(1, -1, 1), scale: 2 / 3 });
});

test("zeros stay zeros", () => {
  expect(quantise([0, 0], 8)).toEqual({ integers: Int32Array.of(0, 0), scale: 0 });
});

test("halves go to the even neighbour", () => {
  expect([0.5, 1.5, -0.5, -1.5, 2.4].map(halfToEven)).toEqual([0, 2, 0, -2, 2]);
});
