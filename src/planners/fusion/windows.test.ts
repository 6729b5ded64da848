import { describe, expect, test } from "vitest";
import { rng } from "../../base/rng.js";
import type { AffineIndex, Loop } from "../../graph/loops.js";
import type { Window } from "./plan.js";
import { composed, POINT, settled, united, whole, windowOf } from "./windows.js";

const loop = (size: number): Loop => ({ name: "l", size });
/** `index(offset, [loop, stride] ...)`. */
const index = (offset: number, ...terms: readonly (readonly [number, number])[]): AffineIndex => ({
  offset,
  terms: terms.map(([l, stride]) => ({ loop: l, stride })),
});

/** What outputs `[a, b)` need of an axis of `length`. */
const take = (w: Window, a: number, b: number, length: number): readonly [number, number] => [
  Math.max(0, Math.floor((a * w.stride - w.before) / w.repeat)),
  Math.min(length, Math.ceil(((b - 1) * w.stride + w.extent - w.before) / w.repeat)),
];

/** Positions along `read` that iterations writing `[a, b)` touch. */
function touched(written: AffineIndex, read: AffineIndex, loops: readonly Loop[], a: number, b: number, length: number): number[] {
  const at = loops.map(() => 0);
  const value = (i: AffineIndex) => i.terms.reduce((sum, t) => sum + t.stride * at[t.loop]!, i.offset);
  const found = new Set<number>();
  for (;;) {
    const w = value(written);
    const r = value(read);
    if (w >= a && w < b && r >= 0 && r < length) found.add(r);
    let l = 0;
    while (l < loops.length && ++at[l]! === loops[l]!.size) at[l++] = 0;
    if (l === loops.length) return [...found];
  }
}

const CASES: Readonly<Record<string, { loops: number[]; written: AffineIndex; read: AffineIndex; length: number; exact: boolean }>> = {
  "3x3 with padding": { loops: [8, 3], written: index(0, [0, 1]), read: index(-1, [0, 1], [1, 1]), length: 8, exact: true },
  "strided and dilated": { loops: [5, 3], written: index(0, [0, 1]), read: index(-2, [0, 2], [1, 2]), length: 11, exact: true },
  "a slice": { loops: [4], written: index(0, [0, 1]), read: index(3, [0, 2]), length: 12, exact: true },
  "part of a concatenation": { loops: [4], written: index(5, [0, 1]), read: index(0, [0, 1]), length: 4, exact: true },
  "nearest upsampling": { loops: [6, 2], written: index(0, [0, 2], [1, 1]), read: index(0, [0, 1]), length: 6, exact: true },
  "linear upsampling": { loops: [6, 3, 3], written: index(0, [0, 3], [1, 1]), read: index(-1, [0, 1], [2, 1]), length: 6, exact: true },
  "transposed convolution": { loops: [6, 4], written: index(-1, [0, 2], [1, 1]), read: index(0, [0, 1]), length: 6, exact: true },
  "transposed convolution, kernel below stride": {
    loops: [6, 2],
    written: index(0, [0, 3], [1, 1]),
    read: index(0, [0, 1]),
    length: 6,
    exact: false,
  },
  "space to depth": { loops: [4, 2], written: index(0, [0, 1]), read: index(0, [0, 2], [1, 1]), length: 8, exact: true },
  "the rows of flattened positions": { loops: [5, 4], written: index(0, [0, 4], [1, 1]), read: index(0, [0, 1]), length: 5, exact: true },
  "the columns of flattened positions": {
    loops: [5, 4],
    written: index(0, [0, 4], [1, 1]),
    read: index(0, [1, 1]),
    length: 4,
    exact: false,
  },
  flattened: { loops: [5, 4], written: index(0, [0, 4], [1, 1]), read: index(0, [0, 4], [1, 1]), length: 20, exact: true },
  reversed: { loops: [6], written: index(0, [0, 1]), read: index(5, [0, -1]), length: 6, exact: false },
  "all of it": { loops: [6, 9], written: index(0, [0, 1]), read: index(0, [1, 1]), length: 9, exact: true },
  "one place": { loops: [6], written: index(0, [0, 1]), read: index(2), length: 9, exact: true },
};

describe("windows of loop nests", () => {
  test.each(Object.entries(CASES))("%s", (_, { loops: sizes, written, read, length, exact }) => {
    const loops = sizes.map(loop);
    const window = windowOf(written, read, loops, length);
    const outputs = written.terms.reduce((n, t) => n + t.stride * (sizes[t.loop]! - 1), written.offset) + 1;
    for (let a = Math.max(0, written.offset); a < outputs; a++)
      for (let b = a + 1; b <= outputs; b++) {
        const needed = touched(written, read, loops, a, b, length);
        if (needed.length === 0) continue;
        const [from, to] = take(window, a, b, length);
        const [least, most] = [Math.min(...needed), Math.max(...needed) + 1];
        expect(from).toBeLessThanOrEqual(least);
        expect(to).toBeGreaterThanOrEqual(most);
        if (exact) expect([from, to]).toEqual([least, most]);
      }
  });

  test("chained, they need what one after the other needs, but for cuts between", () => {
    const random = rng(3);
    const below = (n: number) => Math.floor(random() * n);
    const any = (): Window => {
      const repeat = random() < 0.3 ? 2 : 1;
      return { stride: 1 + below(repeat > 1 ? 1 : 3), extent: 1 + below(5), before: below(3), repeat };
    };
    for (let i = 0; i < 300; i++) {
      const inner = any();
      const outer = any();
      const both = composed(inner, outer);
      for (const [a, b] of [
        [0, 1],
        [2, 5],
        [3, 4],
        [0, 9],
      ] as const) {
        const middle = [
          Math.floor((a * inner.stride - inner.before) / inner.repeat),
          Math.ceil(((b - 1) * inner.stride + inner.extent - inner.before) / inner.repeat),
        ] as const;
        if (middle[1] <= middle[0]) continue;
        const last = [
          Math.floor((middle[0] * outer.stride - outer.before) / outer.repeat),
          Math.ceil(((middle[1] - 1) * outer.stride + outer.extent - outer.before) / outer.repeat),
        ] as const;
        const [from, to] = take(both, a, b, 2 ** 40);
        expect(from).toBeLessThanOrEqual(Math.max(0, last[0]));
        expect(to).toBeGreaterThanOrEqual(last[1]);
        if (inner.repeat === 1) expect([from, to]).toEqual([Math.max(0, last[0]), last[1]]);
      }
    }
  });

  test("a union covers both", () => {
    const three: Window = { stride: 1, extent: 3, before: 1, repeat: 1 };
    expect(united(three, POINT, 9)).toEqual(three);
    expect(united(three, { ...POINT, before: 2 }, 9)).toEqual({ ...three, extent: 4, before: 2 });
    expect(united(three, { ...three, stride: 2 }, 9)).toEqual(whole(9));
  });

  test("a range that never moves has stride 0", () => {
    expect(settled({ stride: 1, extent: 7, before: 0, repeat: 1 }, 1, 7)).toEqual(whole(7));
    expect(settled({ stride: 2, extent: 3, before: 1, repeat: 1 }, 1, 7)).toEqual(whole(2));
    expect(settled({ stride: 2, extent: 3, before: 1, repeat: 1 }, 4, 7)).toMatchObject({ stride: 2, extent: 3 });
    expect(settled(whole(1), 1, 1)).toEqual(POINT);
  });
});
