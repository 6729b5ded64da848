import { expect, test } from "vitest";
import { rng } from "../../base/rng.js";
import { distinct, hull, memo, sumOverTiles, type Window } from "./window.js";

test("distinct counts the different values of strideA·a + strideB·b", () => {
  // 3 positions of stride 2 under a kernel of 3: rows 0..6.
  expect(distinct(2, 1, 3, 3)).toBe(7);
  // Stride 4 and kernel 2 leave gaps: rows 0, 1, 4, 5.
  expect(distinct(4, 1, 2, 2)).toBe(4);
  expect(hull(4, 1, 2, 2)).toBe(6);
  for (let strideA = 1; strideA < 6; strideA++) {
    for (let strideB = 1; strideB < 5; strideB++) {
      for (let a = 1; a < 7; a++)
        for (let b = 1; b < 6; b++) expect(distinct(strideA, strideB, a, b)).toBe(values(strideA, strideB, a, b).size);
    }
  }
});

test("sumOverTiles equals the tiles counted one by one", () => {
  const random = rng(1);
  const below = (n: number) => Math.floor(random() * n);
  for (let i = 0; i < 300; i++) {
    const w: Window = {
      loopA: 0,
      loopB: 1,
      countA: 1 + below(12),
      countB: 1 + below(5),
      strideA: 1 + below(4),
      strideB: 1 + below(3),
      offset: -below(4),
      size: 1 + below(30),
      sums: memo(),
    };
    for (let a = 1; a <= w.countA + 1; a++) {
      for (let b = 1; b <= w.countB + 1; b++) {
        expect(sumOverTiles(w, a, b)).toBe(oneByOne(w, a, b));
        expect(sumOverTiles(w, a, b)).toBe(oneByOne(w, a, b));
      }
    }
  }
});

test("a forgotten sum is found again", () => {
  const w: Window = { loopA: 0, loopB: 1, countA: 5000, countB: 1, strideA: 1, strideB: 1, offset: -1, size: 4990, sums: memo() };
  for (let a = 1; a <= 5000; a++) expect(sumOverTiles(w, a, 1)).toBe(4990);
  expect(sumOverTiles(w, 1, 1)).toBe(4990);
});

const values = (strideA: number, strideB: number, a: number, b: number, start = 0): Set<number> =>
  new Set(Array.from({ length: a * b }, (_, i) => start + strideA * (i % a) + strideB * Math.floor(i / a)));

function oneByOne(w: Window, a: number, b: number): number {
  let sum = 0;
  for (let i = 0; i < w.countA; i += a) {
    for (let j = 0; j < w.countB; j += b) {
      const start = w.offset + w.strideA * i + w.strideB * j;
      const touched = values(w.strideA, w.strideB, Math.min(a, w.countA - i), Math.min(b, w.countB - j), start);
      sum += [...touched].filter((at) => at >= 0 && at < w.size).length;
    }
  }
  return sum;
}
