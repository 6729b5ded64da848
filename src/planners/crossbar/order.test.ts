import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BLOCK, type Contents, changes, ordered as orderedIn } from "./order.js";

const ordered = (sequences: readonly Contents[], sizes: readonly number[], free: boolean) =>
  orderedIn(sequences, sizes, free, Number.POSITIVE_INFINITY)!;

/** All orders of 0 ... n - 1. */
const permutations = (n: number): readonly (readonly number[])[] =>
  n === 0
    ? [[]]
    : permutations(n - 1).flatMap((rest) => Array.from({ length: n }, (_, at) => [...rest.slice(0, at), n - 1, ...rest.slice(at)]));

/** Orders in which every stage stays where it is. */
const staged = (sizes: readonly number[], from = 0): readonly (readonly number[])[] => {
  const [size, ...rest] = sizes;
  if (size === undefined) return [[]];
  const tails = staged(rest, from + size);
  return permutations(size).flatMap((head) => tails.map((tail) => [...head.map((k) => from + k), ...tail]));
};

/** Cells of one code each, `width` cells of `cellBits` bits in a word; content k holds codes k x lines ... on its lines. */
function contentsOf(codes: readonly number[], lines: number, idle: (content: number, line: number) => boolean, cellBits = 1): Contents {
  const count = codes.length / lines;
  return {
    words: Uint32Array.from(codes),
    length: 1,
    cellBits,
    masks: new Uint32Array(count).fill(0xffffffff),
    lines,
    held: Int32Array.from(codes, (_, k) => (idle(Math.floor(k / lines), k % lines) ? -1 : k)),
  };
}

/** The fewest changes of all orders and of all lines for every content, one sequence after the other: a line of its own for each. */
function fewest(sequences: readonly Contents[], sizes: readonly number[]): number {
  const costOf = (contents: Contents, order: readonly number[]): number => {
    const { lines, held } = contents;
    const all = permutations(lines);
    // Cheapest way to have each content on its lines in each permutation; what a content does to lines it does not use does not occur here.
    let reach = all.map((permutation) => ({ permutation, cost: 0 }));
    for (let place = 1; place < order.length; place++) {
      const step = (from: readonly number[], to: readonly number[]) => {
        const two = new Int32Array(2 * lines);
        for (let line = 0; line < lines; line++) {
          two[line] = held[order[place - 1]! * lines + from[line]!]!;
          two[lines + line] = held[order[place]! * lines + to[line]!]!;
        }
        return changes(contents, two, [order[place - 1]!, order[place]!]);
      };
      reach = all.map((permutation) => ({
        permutation,
        cost: Math.min(...reach.map((before) => before.cost + step(before.permutation, permutation))),
      }));
    }
    return Math.min(...reach.map(({ cost }) => cost));
  };
  return Math.min(...staged(sizes).map((order) => sequences.reduce((sum, contents) => sum + costOf(contents, order), 0)));
}

const codes = (count: number, bits: number) => fc.array(fc.integer({ min: 0, max: 2 ** bits - 1 }), { minLength: count, maxLength: count });

/** Every content still holds its codes, on the lines that it used. */
function expectSame(contents: Contents, order: Int32Array, held: Int32Array): void {
  const { lines } = contents;
  order.forEach((content, place) => {
    const [was, is] = [contents.held.subarray(content * lines, (content + 1) * lines), held.subarray(place * lines, (place + 1) * lines)];
    expect([...is].sort()).toEqual([...was].sort());
    expect([...is].map((code) => code < 0)).toEqual([...was].map((code) => code < 0));
  });
}

describe("ordered", () => {
  test("finds what trying all orders and all lines finds, whose stages keep apart", () => {
    const cases = fc
      .record({
        lines: fc.integer({ min: 1, max: 3 }),
        sizes: fc.constantFrom([1], [2], [3], [4], [2, 2], [3, 1], [1, 2, 1]),
        count: fc.integer({ min: 1, max: 2 }),
        cellBits: fc.constantFrom(1, 2),
      })
      .chain(({ lines, sizes, count, cellBits }) =>
        codes(count * lines * (sizes as readonly number[]).reduce((a, b) => a + b), 4).map((all) => ({
          lines,
          sizes,
          count,
          cellBits,
          all,
        })),
      );
    fc.assert(
      fc.property(cases, ({ lines, sizes, count, cellBits, all }) => {
        const size = all.length / count;
        const sequences = Array.from({ length: count }, (_, s) =>
          contentsOf(all.slice(s * size, (s + 1) * size), lines, () => false, cellBits),
        );
        const { order, held, value, before, bound } = ordered(sequences, sizes, true);
        expect(value).toBe(fewest(sequences, sizes));
        expect(bound).toBe(value);
        expect(before).toBeGreaterThanOrEqual(value);
        expect(staged(sizes)).toContainEqual([...order]);
        expect(sequences.reduce((sum, contents, s) => sum + changes(contents, held[s]!, order), 0)).toBe(value);
        sequences.forEach((contents, s) => {
          expectSame(contents, order, held[s]!);
        });
      }),
    );
  });

  test("lines that idle keep idling, and nothing gets worse", () => {
    const cases = fc.record({
      all: codes(20, 5),
      idle: fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }),
      sizes: fc.constantFrom([4], [3, 1], [1, 3]),
      free: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ all, idle, sizes, free }) => {
        const contents = contentsOf(all, 5, (content, line) => idle[content * 5 + line]!);
        const { order, held, value, before, bound } = ordered([contents], sizes, free);
        expect(value).toBeLessThanOrEqual(before);
        expect(bound).toBeLessThanOrEqual(value);
        expect(changes(contents, held[0]!, order)).toBe(value);
        if (!free) expect([...order]).toEqual([0, 1, 2, 3]);
        expectSame(contents, order, held[0]!);
      }),
    );
  });

  test("many lines are permuted block by block, and what they change is no less than the bound", () => {
    const lines = 3 * BLOCK + 5;
    const all = Array.from({ length: 3 * lines }, (_, k) => Math.imul(k + 1, 0x9e3779b1) >>> 0);
    const contents = contentsOf(all, lines, (content, line) => content === 2 && line >= lines - 3);
    const { order, held, value, before, bound, steps } = ordered([contents], [2, 1], true);
    expect(value).toBeLessThan(before);
    expect(bound).toBeLessThanOrEqual(value);
    expectSame(contents, order, held[0]!);
    expect(orderedIn([contents], [2, 1], true, steps - 1)).toBeUndefined();
    expect(orderedIn([contents], [2, 1], true, steps)).toBeDefined();
  });

  test("codes that stand on other lines already change nothing", () => {
    const codesOf = Array.from({ length: 300 }, (_, k) => Math.imul(k + 1, 0x9e3779b1) >>> 0);
    const contents = contentsOf([...codesOf, ...codesOf.toReversed(), ...codesOf.slice(100), ...codesOf.slice(0, 100)], 300, () => false);
    expect(ordered([contents], [3], true)).toMatchObject({ value: 0, bound: 0 });
  });
});

describe("changes", () => {
  test("cells that a content has not keep what they hold, and the first write finds what it leaves", () => {
    // One line of four cells: 0101; then the lower two alone become 10, which changes both; then all become 1110, which changes the highest.
    const contents: Contents = {
      words: Uint32Array.of(0b0101, 0b0010, 0b1110),
      length: 1,
      cellBits: 1,
      masks: Uint32Array.of(0b1111, 0b0011, 0b1111),
      lines: 1,
      held: Int32Array.of(0, 1, 2),
    };
    expect(changes(contents, contents.held, [0, 1, 2])).toBe(2 + 1);
  });
});
