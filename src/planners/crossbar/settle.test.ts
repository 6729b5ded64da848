import fc from "fast-check";
import { expect, test } from "vitest";
import { settle } from "./settle.js";

const ROWS = 8;
const COLUMNS = 8;
const layer = fc
  .record({
    pieces: fc.integer({ min: 1, max: 5 }),
    deep: fc.integer({ min: 1, max: ROWS }),
    less: fc.nat(ROWS),
    wide: fc.constantFrom(1, 2, 4, 8),
  })
  .map(({ less, ...piece }) => ({ ...piece, last: Math.max(1, piece.deep - less) }));

test("pieces lie inside crossbars, one of a layer on each, and none on another of the same storey", () => {
  fc.assert(
    fc.property(
      fc.array(layer, { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.integer({ min: 1, max: 3 }),
      (layers, crossbars, depth) => {
        const sites = settle(layers, crossbars, depth, { rows: ROWS, columns: COLUMNS })?.sites;
        if (sites === undefined) return;
        const taken = new Uint8Array(crossbars * ROWS * COLUMNS);
        layers.forEach(({ pieces, deep, last, wide }, l) => {
          const { crossbars: on, rows, columns } = sites[l]!;
          expect(on).toHaveLength(pieces);
          expect(new Set(on).size).toBe(pieces);
          for (let piece = 0; piece < pieces; piece++)
            for (let row = 0; row < (piece === pieces - 1 ? last : deep); row++)
              for (let column = 0; column < wide; column++) {
                expect(rows[piece]! + row).toBeLessThan(ROWS);
                expect(columns[piece]! + column).toBeLessThan(COLUMNS);
                taken[(on[piece]! * ROWS + rows[piece]! + row) * COLUMNS + columns[piece]! + column]!++;
              }
        });
        expect(Math.max(...taken)).toBeLessThanOrEqual(depth);
      },
    ),
  );
});

test("halves and quarters fill a crossbar to the last cell", () => {
  const layers = [
    { pieces: 1, deep: 4, last: 4, wide: 8 },
    { pieces: 1, deep: 4, last: 4, wide: 4 },
    { pieces: 1, deep: 2, last: 2, wide: 4 },
    { pieces: 1, deep: 2, last: 2, wide: 2 },
    { pieces: 1, deep: 2, last: 2, wide: 2 },
  ];
  expect(settle(layers, 1, 1, { rows: 8, columns: 8 })).toBeDefined();
  expect(settle([...layers, { pieces: 1, deep: 1, last: 1, wide: 1 }], 1, 1, { rows: 8, columns: 8 })).toBeUndefined();
});
