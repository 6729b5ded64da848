import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { dominates, frontOf, kneeOf, thinned } from "./front.js";

/** Few values, so that equal ones and ties are frequent. */
const vectors = fc.array(fc.tuple(...Array.from({ length: 3 }, () => fc.integer({ min: 1, max: 6 }))), { maxLength: 30 });

describe("the front", () => {
  test("is what nothing dominates, by looking at every pair", () => {
    fc.assert(
      fc.property(vectors, (all) => {
        const expected = all.flatMap((v, i) => (all.some((w) => dominates(w, v)) ? [] : [i]));
        expect([...frontOf(all)].sort((a, b) => a - b)).toEqual(expected);
      }),
    );
  });

  test("stands in an order that depends on the vectors alone", () => {
    const all = [
      [3, 1],
      [1, 3],
      [2, 2],
      [1, 3],
      [2, 3],
    ];
    expect(frontOf(all)).toEqual([1, 3, 2, 0]);
  });

  test("thinned, every member left out is close to one that stayed; without a distance all stay", () => {
    fc.assert(
      fc.property(vectors, fc.double({ min: 0.01, max: 0.9, noNaN: true }), (all, epsilon) => {
        const front = frontOf(all);
        expect(thinned(all, front, 0)).toEqual(front);
        const kept = thinned(all, front, epsilon);
        for (const i of front) expect(kept.some((k) => all[k]!.every((value, o) => value <= (1 + epsilon) * all[i]![o]!))).toBe(true);
      }),
    );
  });
});

describe("the knee", () => {
  /**
   * On logarithmic scales, ends at (0, 1) and (1, 0):
   *
   *   1 | a
   *     |
   *     |   c       c = (2, 4) lies at (1/4, 1/2), 1/4 below the chord
   *     |     b     b = (4, 3) at (1/2, log 3 / log 16 = 0.396), 0.104 below it
   *   0 |          d
   */
  test("lies farthest below the chord", () => {
    const all = [
      [1, 16],
      [4, 3],
      [2, 4],
      [16, 1],
    ];
    expect(kneeOf(all, frontOf(all))).toBe(2);
  });

  test("is none on a straight front, of one point, or where only one objective differs", () => {
    for (const all of [
      [
        [1, 4],
        [2, 2],
        [4, 1],
      ],
      [[1, 1]],
      [
        [1, 5],
        [1, 5],
      ],
      [],
    ])
      expect(kneeOf(all, frontOf(all))).toBeUndefined();
  });

  test("of three objectives, is least in its worst one", () => {
    const all = [
      [1, 1, 100],
      [100, 1, 1],
      [1, 100, 1],
      [9, 10, 11],
    ];
    expect(kneeOf(all, frontOf(all))).toBe(3);
  });

  test("is found on plain scales where a value is 0", () => {
    const all = [
      [0, 10],
      [1, 2],
      [10, 0],
    ];
    expect(kneeOf(all, frontOf(all))).toBe(1);
  });
});
