import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chain, changesOf, leastChanges, roomOf } from "./chains.js";
import { pack } from "./packed.js";

/** The inputs of a bundle, each as the cells it takes: `count` x `width` levels. */
interface Inputs {
  readonly cells: Uint8Array;
  readonly count: number;
  readonly width: number;
  readonly cellBits: number;
}

function chained({ cells, count, width, cellBits }: Inputs, lines: number, rounds: number, block: number) {
  const codes = pack(cells, count, width, cellBits);
  const { table, order } = chain(codes, lines, rounds, block, roomOf(count, codes.length, lines, rounds, block));
  return { table, changes: changesOf(codes, table, lines, rounds), bound: leastChanges(codes, order, lines, rounds) };
}

const counted = ({ cells, width }: Inputs, table: Int32Array, lines: number, rounds: number): number => {
  let changes = 0;
  for (let line = 0; line < lines; line++)
    for (let t = 1; t < rounds; t++) {
      const [was, is] = [table[(t - 1) * lines + line]!, table[t * lines + line]!];
      for (let j = 0; j < width; j++) if (was >= 0 && is >= 0) changes += Number(cells[was * width + j] !== cells[is * width + j]);
    }
  return changes;
};

/** Fewest changes over all tables of full lines. */
function fewest(inputs: Inputs, lines: number, rounds: number): number {
  const table = new Int32Array(lines * rounds).fill(-1);
  const place = (k: number): number => {
    if (k === inputs.count) return counted(inputs, table, lines, rounds);
    let least = Number.POSITIVE_INFINITY;
    for (let at = 0; at < table.length; at++) {
      if (table[at]! >= 0) continue;
      table[at] = k;
      least = Math.min(least, place(k + 1));
      table[at] = -1;
    }
    return least;
  };
  return place(0);
}

const inputs = (count: number, width: number, cellBits: number) =>
  fc
    .uint8Array({ min: 0, max: 2 ** cellBits - 1, minLength: count * width, maxLength: count * width })
    .map((cells): Inputs => ({ cells, count, width, cellBits }));

describe("chain", () => {
  test("holds every input once and counts what changes; no table changes less than the bound", () => {
    const cases = fc
      .record({
        lines: fc.integer({ min: 1, max: 3 }),
        rounds: fc.integer({ min: 1, max: 3 }),
        width: fc.integer({ min: 1, max: 4 }),
        cellBits: fc.constantFrom(1, 2),
      })
      .filter(({ lines, rounds }) => lines * rounds <= 6)
      .chain((shape) => inputs(shape.lines * shape.rounds, shape.width, shape.cellBits).map((given) => ({ ...shape, given })));
    fc.assert(
      fc.property(cases, fc.constantFrom(1, 2, 64), ({ lines, rounds, given }, block) => {
        const { table, changes, bound } = chained(given, lines, rounds, block);
        expect([...table].sort((a, b) => a - b)).toEqual(Array.from({ length: lines * rounds }, (_, k) => k));
        expect(changes).toBe(counted(given, table, lines, rounds));
        const least = fewest(given, lines, rounds);
        expect(changes).toBeGreaterThanOrEqual(least);
        expect(bound).toBeLessThanOrEqual(least);
      }),
      { numRuns: 60 },
    );
  });

  test("places inputs that do not fill the lines, later rounds idling", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 8 }),
        fc.integer({ min: 2, max: 6 }),
        fc.constantFrom(1, 4),
        (count, lines, rounds, block) => {
          fc.pre(count <= lines * rounds);
          const cells = Uint8Array.from({ length: count * 8 }, (_, k) => (k * 2654435761) & 1);
          const { table } = chained({ cells, count, width: 8, cellBits: 1 }, lines, rounds, block);
          expect([...table].filter((k) => k >= 0).sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, k) => k));
          for (let line = 0; line < lines; line++)
            for (let t = 1; t < rounds; t++)
              if (table[t * lines + line]! >= 0) expect(table[(t - 1) * lines + line]).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  test("matching several outputs changes fewer cells than sorting alone", () => {
    let seed = 5;
    const random = () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed >>> 24;
    };
    const cells = Uint8Array.from({ length: 512 * 32 }, () => Number(random() > 128));
    const given = { cells, count: 512, width: 32, cellBits: 1 };
    expect(chained(given, 128, 4, 128).changes).toBeLessThan(chained(given, 128, 4, 1).changes);
  });
});
