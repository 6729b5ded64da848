import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { distance, lowestBits, pack, sortByRank, sortingOf } from "./packed.js";

/** All codes of `width` cells, in the order of their numbers. */
function allCodes(width: number, cellBits: number) {
  const count = 2 ** (width * cellBits);
  const level = 2 ** cellBits - 1;
  const cells = Uint8Array.from({ length: count * width }, (_, k) => (Math.floor(k / width) >> ((k % width) * cellBits)) & level);
  return pack(cells, count, width, cellBits);
}

describe("sortByRank", () => {
  test.each([
    [1, 1],
    [4, 1],
    [9, 1],
    [3, 2],
    [2, 3],
  ])("puts all codes of %i cells of %i bits in a row in which neighbours differ in one cell", (width, cellBits) => {
    const codes = allCodes(width, cellBits);
    const sorting = sortingOf(codes.count, codes.length);
    sortByRank(codes, sorting);
    expect([...sorting.order].sort((a, b) => a - b)).toEqual(Array.from({ length: codes.count }, (_, k) => k));
    for (let k = 1; k < codes.count; k++) expect(distance(codes, sorting.order[k - 1]!, sorting.order[k]!, lowestBits(cellBits))).toBe(1);
  });

  test("few codes and many, of one word and of several, come in the order of all, equal ones by number", () => {
    const cases = fc.record({
      count: fc.integer({ min: 1, max: 60 }),
      width: fc.integer({ min: 1, max: 70 }),
      cellBits: fc.constantFrom(1, 2, 3),
    });
    fc.assert(
      fc.property(
        cases.chain((shape) =>
          fc
            .uint8Array({ max: 2 ** shape.cellBits - 1, minLength: shape.count * shape.width, maxLength: shape.count * shape.width })
            .map((cells) => ({ ...shape, cells })),
        ),
        ({ cells, count, width, cellBits }) => {
          // The rank, highest cell first: a digit counts backwards where the cells above are odd in sum.
          const rank = (v: number) => {
            let odd = 0;
            return Array.from({ length: width }, (_, j) => {
              const level = cells[v * width + width - 1 - j]!;
              const digit = odd ? 2 ** cellBits - 1 - level : level;
              odd ^= level & 1;
              return digit;
            });
          };
          const ranks = Array.from({ length: count }, (_, v) => rank(v));
          const before = (a: number, b: number) => {
            const at = ranks[a]!.findIndex((digit, j) => digit !== ranks[b]![j]);
            return at < 0 ? a - b : ranks[a]![at]! - ranks[b]![at]!;
          };
          const codes = pack(cells, count, width, cellBits);
          const sorting = sortingOf(count, codes.length);
          sortByRank(codes, sorting);
          expect([...sorting.order]).toEqual(Array.from({ length: count }, (_, v) => v).sort(before));
        },
      ),
    );
  });
});
