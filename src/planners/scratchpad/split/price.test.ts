import { expect, test } from "vitest";
import { type Flat, POLICIES, pricer, READS, WRITES } from "./price.js";

/** Operands of each step as [buffer, use]; buffer b has `sizes[b]` bytes; those of `offChip` lie off chip at first. */
function flatOf(steps: readonly (readonly (readonly [number, number])[])[], sizes: readonly number[], offChip: readonly number[]): Flat {
  const start = Int32Array.from([0, ...steps.map((_, s) => steps.slice(0, s + 1).flat().length)]);
  const uses = (b: number) => steps.flatMap((list, s) => (list.some(([x]) => x === b) ? [s] : []));
  return {
    steps: steps.length,
    buffers: sizes.length,
    start,
    operand: Int32Array.from(steps.flat(), ([b]) => b),
    use: Uint8Array.from(steps.flat(), ([, use]) => use),
    footprint: Float64Array.from(sizes),
    size: Float64Array.from(sizes),
    offChip: Uint8Array.from(sizes, (_, b) => (offChip.includes(b) ? 1 : 0)),
    keep: new Uint8Array(sizes.length),
    firstLayer: Int32Array.from(sizes, (_, b) => uses(b)[0] ?? 0),
    lastLayer: Int32Array.from(sizes, (_, b) => uses(b).at(-1) ?? -1),
  };
}

const inOrder = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

test("what comes from off chip for the first time is free; what has to come back costs, and its write too if it was made here", () => {
  // a (off chip) is read at 0 and 3, b is made at 1 and read at 2 and 4, c is made at 2 and read at 4; 4 B each, 8 B in all.
  // At 2 a leaves for c, and comes back at 3 (4 B), where b or c has to be written and fetched again at 4 (8 B).
  const steps = [
    [[0, READS]],
    [[1, WRITES]],
    [
      [1, READS],
      [2, WRITES],
    ],
    [[0, READS]],
    [
      [1, READS],
      [2, READS],
    ],
  ] as const;
  const { price, evictions } = pricer(flatOf(steps, [4, 4, 4], [0]), 8);
  expect(price(inOrder(5), 5, 0, Number.POSITIVE_INFINITY, 0, 5)).toBe(4 + 8);
  expect(evictions()[0]).toEqual({ buffer: 0, before: 2 });
  expect(pricer(flatOf(steps, [4, 4, 4], [0]), 12).price(inOrder(5), 5, 0, Number.POSITIVE_INFINITY, 0, 5)).toBe(0);
  expect(pricer(flatOf(steps, [4, 4, 4], [0]), 7).price(inOrder(5), 5, 0, Number.POSITIVE_INFINITY, 0, 5)).toBe(Number.POSITIVE_INFINITY);
});

test("a part of an order fetches what earlier parts made and writes what later ones read", () => {
  // Layer 0 makes x, layer 1 makes y from it, layer 2 reads y. Layer 1 alone: x fetched, y written.
  const steps = [
    [[0, WRITES]],
    [
      [0, READS],
      [1, WRITES],
    ],
    [[1, READS]],
  ] as const;
  const flat = flatOf(steps, [3, 5], []);
  expect(pricer(flat, 8).price(Int32Array.of(1), 1, 0, Number.POSITIVE_INFINITY, 1, 1)).toBe(3 + 5);
  expect(pricer(flat, 8).price(inOrder(3), 3, 0, Number.POSITIVE_INFINITY, 0, 3)).toBe(0);
});

test("the cost is that of the evictions, and they make the room that is needed", () => {
  let state = 7;
  const random = (n: number) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return Math.floor((state / 0x80000000) * n);
  };
  for (let round = 0; round < 200; round++) {
    const sizes = Array.from({ length: 8 }, () => 1 + random(9));
    const made = new Set<number>([0, 1, 2]);
    const steps = Array.from({ length: 14 }, () => {
      const read = [...made][random(made.size)]!;
      const other = random(8);
      if (other === read) return [[read, READS]] as const;
      const use = made.has(other) ? READS : WRITES;
      made.add(other);
      return [
        [read, READS],
        [other, use],
      ] as const;
    });
    const capacity = 18 + random(8);
    const { price, evictions } = pricer(flatOf(steps, sizes, [0, 1, 2]), capacity);
    for (let policy = 0; policy < POLICIES; policy++) {
      const cost = price(inOrder(14), 14, policy, Number.POSITIVE_INFINITY, 0, 14);
      const gone = evictions();
      // Replayed step by step: who is there, who has a copy off chip.
      const there = new Set<number>();
      const copied = new Set([0, 1, 2]);
      const seen = new Set<number>();
      let moved = 0;
      steps.forEach((list, t) => {
        for (const { buffer, before } of gone) {
          if (before !== t) continue;
          expect(there.delete(buffer)).toBe(true);
          if (!copied.has(buffer)) moved += sizes[buffer]!;
          copied.add(buffer);
        }
        for (const [b] of list) {
          if (!there.has(b) && seen.has(b)) moved += sizes[b]!;
          there.add(b);
          seen.add(b);
        }
        expect([...there].reduce((sum, b) => sum + sizes[b]!, 0)).toBeLessThanOrEqual(capacity);
        for (const b of [...there]) if (!steps.slice(t + 1).some((later) => later.some(([x]) => x === b))) there.delete(b);
      });
      expect(cost).toBe(moved);
    }
  }
});
