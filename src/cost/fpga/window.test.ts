import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { gatheredInterval, transposedWindowOf, type Window, type WindowShape, windowInterval, windowOf } from "./window.js";

/** A kernel over a map it fits into; padding is less than the kernel. */
const shapes = fc
  .record({
    input: fc.record({ height: fc.integer({ min: 1, max: 6 }), width: fc.integer({ min: 1, max: 6 }) }),
    height: fc.integer({ min: 1, max: 3 }),
    width: fc.integer({ min: 1, max: 3 }),
    strideY: fc.integer({ min: 1, max: 3 }),
    strideX: fc.integer({ min: 1, max: 3 }),
    dilationY: fc.integer({ min: 1, max: 2 }),
    dilationX: fc.integer({ min: 1, max: 2 }),
    top: fc.integer({ min: 0, max: 2 }),
    left: fc.integer({ min: 0, max: 2 }),
    bottom: fc.integer({ min: 0, max: 2 }),
    right: fc.integer({ min: 0, max: 2 }),
  })
  .filter(
    (s) =>
      s.input.height + s.top + s.bottom > (s.height - 1) * s.dilationY && s.input.width + s.left + s.right > (s.width - 1) * s.dilationX,
  );

const outputOf = ({ input, ...k }: WindowShape & { readonly input: { readonly height: number; readonly width: number } }) => ({
  height: Math.floor((input.height + k.top + k.bottom - (k.height - 1) * k.dilationY - 1) / k.strideY) + 1,
  width: Math.floor((input.width + k.left + k.right - (k.width - 1) * k.dilationX - 1) / k.strideX) + 1,
});

/** Whether the padded pixel at `y, x` completes a window. */
const completes = ({ spanY, spanX, strideY, strideX, outRows, outColumns }: Window, y: number, x: number): boolean => {
  const [dy, dx] = [y - spanY + 1, x - spanX + 1];
  return dy >= 0 && dx >= 0 && dy % strideY === 0 && dx % strideX === 0 && dy / strideY < outRows && dx / strideX < outColumns;
};

/**
 * Steps the chain cycle by cycle: it shifts one word unless it holds windows that the taker, busy with those before, has not
 * taken. Two frames; returns the cycles between their last hand-overs.
 */
function stepped(window: Window, words: number, busy: number): number {
  let [held, freeAt, t] = [false, 0, 0];
  const ends: number[] = [];
  for (let frame = 0; frame < 3; frame++)
    for (let y = 0; y < window.rows; y++)
      for (let x = 0; x < window.columns; x++)
        for (let word = 0; word < words; word++, t++) {
          // Held windows are taken in the first cycle in which the taker is free, and the chain shifts in that very cycle.
          if (held) {
            t = Math.max(t, freeAt);
            freeAt = t + busy;
            held = false;
          }
          if (!completes(window, y, x)) continue;
          held = true;
          const last = word === words - 1 && y === (window.outRows - 1) * window.strideY + window.spanY - 1;
          if (last && x === (window.outColumns - 1) * window.strideX + window.spanX - 1) ends.push(Math.max(t + 1, freeAt));
        }
  return ends[2]! - ends[1]!;
}

/** As `stepped`, for windows that are gathered: the chain stands still from the last word of a group until the sweep over it begins. */
function steppedInGroups(window: Window, words: number, reuse: number, busy: number): number {
  let [t, gathered, freeAt] = [0, 0, 0];
  const frames: number[] = [];
  for (let frame = 0; frame < 3; frame++)
    for (let y = 0; y < window.rows; y++)
      for (let x = 0; x < window.columns; x++)
        for (let word = 0; word < words; word++, t++) {
          if (!completes(window, y, x) || word < words - 1) continue;
          const column = (x - window.spanX + 1) / window.strideX;
          if (++gathered < reuse && column < window.outColumns - 1) continue;
          gathered = 0;
          t = Math.max(t, freeAt);
          freeAt = t + busy;
          const row = (y - window.spanY + 1) / window.strideY;
          if (row === window.outRows - 1 && column === window.outColumns - 1) frames.push(freeAt);
        }
  return frames[2]! - frames[1]!;
}

describe("the formula counts what stepping the chain counts", () => {
  test("a hand-over per word", () => {
    fc.assert(
      fc.property(shapes, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 60 }), (shape, words, busy) => {
        const window = windowOf(shape, shape.input, outputOf(shape));
        expect(windowInterval(window, words, busy)).toBe(stepped(window, words, busy));
      }),
      { numRuns: 2000 },
    );
  });

  test("windows of several pixels gathered", () => {
    fc.assert(
      fc.property(
        shapes,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 2, max: 4 }),
        fc.integer({ min: 1, max: 90 }),
        (shape, words, reuse, busy) => {
          const window = windowOf(shape, shape.input, outputOf(shape));
          expect(gatheredInterval(window, words, reuse, busy)).toBe(steppedInGroups(window, words, reuse, busy));
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("a transposed convolution", () => {
    const shape = { height: 3, width: 3, strideY: 2, strideX: 2, dilationY: 1, dilationX: 1, top: 1, left: 1, bottom: 1, right: 1 };
    const window = transposedWindowOf(shape, { height: 4, width: 4 }, { height: 8, width: 8 });
    // Rows and columns of 8 windows of 3, at every position.
    expect([window.rows, window.columns]).toEqual([10, 10]);
    expect(windowInterval(window, 2, 5)).toBe(stepped(window, 2, 5));
  });
});

test("an engine that is slower than every gap takes its hand-overs and nothing else", () => {
  const shape = { height: 3, width: 3, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 1, left: 1, bottom: 1, right: 1 };
  const window = windowOf(shape, { height: 7, width: 7 }, { height: 7, width: 7 });
  // 49 pixels of 4 words; from one frame to the next 18 padded pixels and a word lie between, hidden by 100 cycles.
  expect(windowInterval(window, 4, 100)).toBe(49 * 4 * 100);
});
