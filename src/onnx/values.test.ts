import { describe, expect, test } from "vitest";
import { floatsOf, intsOf, numbersIn } from "./values.js";

const bytes = (...b: number[]) => Uint8Array.from(b);

describe("little-endian elements", () => {
  test.each([
    ["float32", bytes(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0), [1, -2]],
    // Half: 1 sign, 5 exponent, 10 fraction; 0x3c00 is 1, 0xfc00 minus infinity, 0x0001 the least subnormal.
    ["float16", bytes(0, 0x3c, 0, 0xfc, 1, 0), [1, Number.NEGATIVE_INFINITY, 2 ** -24]],
    // The upper half of a float32.
    ["bfloat16", bytes(0x80, 0x3f, 0x00, 0xc0), [1, -2]],
    // 0x7e is the largest finite, 448; 0x7f is NaN.
    ["float8e4m3fn", bytes(0x38, 0x7e, 0x7f), [1, 448, Number.NaN]],
    // Bias 8, no minus zero: 0x80 is NaN.
    ["float8e4m3fnuz", bytes(0x40, 0x80), [1, Number.NaN]],
    ["float8e5m2", bytes(0x3c, 0x7c), [1, Number.POSITIVE_INFINITY]],
    ["float8e8m0", bytes(127, 128, 255), [1, 2, Number.NaN]],
    // Two to a byte, low half first: 1, -1, 2.
    ["int4", bytes(0xf1, 0x02), [1n, -1n, 2n]],
    ["uint4", bytes(0xf1, 0x02), [1n, 15n, 2n]],
    // Four to a byte, low bits first.
    ["uint2", bytes(0b11_10_01_00), [0n, 1n, 2n, 3n]],
    ["int2", bytes(0b11_10_01_00), [0n, 1n, -2n, -1n]],
    // 0, 0.5, 1, 1.5, 2, 3, 4, 6.
    ["float4e2m1", bytes(0x10, 0x32, 0x54, 0x76), [0, 0.5, 1, 1.5, 2, 3, 4, 6]],
    ["int64", bytes(255, 255, 255, 255, 255, 255, 255, 255), [-1n]],
    ["uint64", bytes(255, 255, 255, 255, 255, 255, 255, 255), [2n ** 64n - 1n]],
    ["bool", bytes(0, 1, 2), [0n, 1n, 1n]],
  ] as const)("%s", (type, raw, values) => {
    expect(numbersIn(raw, type, values.length)).toEqual(values);
  });
});

describe("typed fields", () => {
  test("negative numbers of any width are ten groups of seven bits", () => {
    const minusOne = bytes(255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    expect(intsOf([minusOne], "int64", 1)).toEqual([-1n]);
    expect(intsOf([minusOne], "int8", 1)).toEqual([-1n]);
  });
  test("float16 stands in int32_data as its bits", () => {
    expect(intsOf([bytes(0x80, 0x78)], "float16", 1)).toEqual([1]);
  });
  test("int4 stands in int32_data as bytes of two", () => {
    expect(intsOf([bytes(0xf1, 0x01, 0x02)], "int4", 3)).toEqual([1n, -1n, 2n]);
  });
  test("several pieces are one list", () => {
    expect(floatsOf([bytes(0, 0, 0x80, 0x3f), bytes(0, 0, 0, 0xc0)], 4, 1)).toEqual([1, -2]);
  });
});
