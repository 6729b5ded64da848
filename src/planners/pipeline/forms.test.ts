import { describe, expect, test } from "vitest";
import { arrival, type Form, plainForm, reshaped, rolesOf, sameForm, transposed } from "./forms.js";

const NCHW = { rows: [2], columns: [3], channels: [1] };
/** 1 x 6 x 4 x 5, streamed pixel by pixel. */
const image = plainForm([1, 6, 4, 5], NCHW);

/** Tensor elements in stream order, as row-major indices of the tensor. */
function elements({ sizes, axes }: Form): number[] {
  const total = sizes.reduce((n, s) => n * s, 1);
  const ofStream = Array.from({ length: total }, (_, position) => {
    let rest = position;
    const digits = sizes.toReversed().map((size) => {
      const digit = rest % size;
      rest = (rest - digit) / size;
      return digit;
    });
    digits.reverse();
    return axes.flat().reduce((index, factor) => index * sizes[factor]! + digits[factor]!, 0);
  });
  return ofStream;
}

describe("forms", () => {
  test("an image comes with its channels side by side", () => {
    expect(image).toEqual({ sizes: [4, 5, 6], axes: [[], [2], [0], [1]] });
    expect(elements(image).slice(0, 7)).toEqual([0, 20, 40, 60, 80, 100, 1]);
    expect(arrival(image, NCHW)).toBe("plain");
    expect(rolesOf(image, { channels: 6, width: 5 })).toEqual(NCHW);
  });

  test("no transpose or reshape moves an element", () => {
    const shuffled = reshaped(transposed(reshaped(image, [1, 2, 3, 4, 5])!, [0, 2, 1, 3, 4]), [1, 6, 4, 5])!;
    // Row-major, [2, 3] became [3, 2]: channel c of the result is channel (c mod 2) · 3 + floor(c / 2) of the stream.
    const pixel = elements(shuffled).slice(0, 6);
    expect(pixel).toEqual([0, 2, 4, 1, 3, 5].map((c) => c * 20));
    expect(arrival(shuffled, NCHW)).toBe("pixel");
    expect(elements(shuffled).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i));
  });

  test("flattened, it is one pixel whose elements are scattered", () => {
    const flat = reshaped(image, [1, 120])!;
    expect(arrival(flat, { rows: [], columns: [], channels: [1] })).toBe("pixel");
    expect(rolesOf(flat, { channels: 6, width: 5 })).toBeUndefined();
    expect(sameForm(reshaped(flat, [1, 6, 4, 5])!, image)).toBe(true);
  });

  test("channels last is how it comes anyway", () => {
    const last = transposed(image, [0, 2, 3, 1]);
    expect(arrival(last, { rows: [1], columns: [2], channels: [3] })).toBe("plain");
    expect(reshaped(last, [1, 120])).toEqual({ sizes: [120], axes: [[], [0]] });
  });

  test("rows and columns exchanged need the whole map", () => {
    expect(arrival(transposed(image, [0, 1, 3, 2]), NCHW)).toBe("whole");
  });

  test("shapes without common factors have no form", () => {
    expect(reshaped(plainForm([6, 4], { rows: [], columns: [], channels: [0, 1] }), [4, 6])).toBeUndefined();
  });

  test("axes of one element have no place", () => {
    const point = plainForm([1, 7, 1, 1], NCHW);
    expect(point).toEqual({ sizes: [7], axes: [[], [0], [], []] });
    expect(reshaped(point, [1, 7])).toEqual({ sizes: [7], axes: [[], [0]] });
  });
});
