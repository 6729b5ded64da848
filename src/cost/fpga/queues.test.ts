import fc from "fast-check";
import { expect, test } from "vitest";
import { lagOf, roomsOver, waitingAfter, waitingBefore } from "./queues.js";
import { transposedWindowOf, type Window, windowInterval, windowOf } from "./window.js";

const windows: fc.Arbitrary<Window> = fc
  .record({
    input: fc.record({ height: fc.integer({ min: 1, max: 7 }), width: fc.integer({ min: 1, max: 7 }) }),
    side: fc.integer({ min: 1, max: 4 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padding: fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 2 }))),
    transposed: fc.boolean(),
  })
  .map(({ input, side, stride, dilation, padding: [top, left, bottom, right], transposed }) => {
    const kernel = { height: side, width: side, strideY: stride, strideX: stride, dilationY: dilation, dilationX: dilation };
    const reach = (side - 1) * dilation + 1;
    const pads = transposed
      ? { top: Math.min(top!, reach - 1), left: Math.min(left!, reach - 1), bottom: 0, right: 0 }
      : { top: top!, left: left!, bottom: bottom!, right: right! };
    const out = (length: number, before: number, after: number) =>
      transposed ? (length - 1) * stride + reach - before - after : Math.floor((length + before + after - reach) / stride) + 1;
    const output = { height: out(input.height, pads.top, pads.bottom), width: out(input.width, pads.left, pads.right) };
    return (transposed ? transposedWindowOf : windowOf)({ ...kernel, ...pads }, input, output);
  })
  .filter(({ outRows, outColumns }) => outRows > 0 && outColumns > 0);

/** Walks all hand-overs: when each begins, and how many words of the map have gone into the chain by then. */
function walk(window: Window, words: number, busy: number) {
  const starts: number[] = [];
  const taken: number[] = [];
  let [t, freeAt, seen, shifted] = [0, 0, 0, 0];
  const { top, left, sparseY, sparseX, input, strideY, strideX, spanY, spanX } = window;
  const on = (at: number, before: number, sparse: number, length: number) =>
    at >= before && (at - before) % sparse === 0 && (at - before) / sparse < length;
  for (let y = 0; y < window.rows; y++)
    for (let x = 0; x < window.columns; x++)
      for (let word = 0; word < words; word++) {
        shifted++;
        if (on(y, top, sparseY, input.height) && on(x, left, sparseX, input.width)) seen++;
        const [dy, dx] = [y - spanY + 1, x - spanX + 1];
        if (dy < 0 || dx < 0 || dy % strideY || dx % strideX || dy / strideY >= window.outRows || dx / strideX >= window.outColumns)
          continue;
        // The first begins the count; every later one takes the shifts since the one before, or the taker's time.
        t = starts.length === 0 ? 0 : Math.max(t + shifted, freeAt);
        shifted = 0;
        freeAt = t + busy;
        starts.push(t);
        taken.push(seen);
      }
  return { starts, taken };
}

test("enough words fit before a window for every hand-over, and no more than its worst needs", () => {
  fc.assert(
    fc.property(windows, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 30 }), (window, words, busy) => {
      const { starts, taken } = walk(window, words, busy);
      const all = window.input.height * window.input.width * words;
      const interval = windowInterval(window, words, busy);
      const ahead = starts.map((start, k) => taken[k]! / all - start / interval);
      const spread = all * (Math.max(...ahead) - Math.min(...ahead));
      const { words: room, lag } = waitingBefore(window, words, busy);
      expect(lag).toBeCloseTo(Math.max(...ahead), 9);
      expect(room).toBeGreaterThanOrEqual(Math.floor(spread));
      // Beyond the spread: the padding between frames, and two words.
      expect(room).toBeLessThanOrEqual(Math.ceil(spread + (all * window.rows * window.columns * words) / interval) + 3);
    }),
    { numRuns: 1000 },
  );
});

test("enough pixels fit behind an engine", () => {
  fc.assert(
    fc.property(windows, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 30 }), (window, words, busy) => {
      const { starts } = walk(window, words, busy);
      const interval = windowInterval(window, words, busy);
      const pixels = window.outRows * window.outColumns;
      const late = Array.from({ length: pixels }, (_, p) => (starts[(p + 1) * words - 1]! + busy) / interval - (p + 1) / pixels);
      const spread = pixels * (Math.max(...late) - Math.min(...late));
      expect(waitingAfter(window, words, busy).pixels).toBeGreaterThanOrEqual(Math.ceil(spread - 1e-6));
      expect(waitingAfter(window, words, busy).pixels).toBeLessThanOrEqual(Math.ceil(spread + 1e-6) + 1);
    }),
    { numRuns: 1000 },
  );
});

/** Shares by which a frame is longer than the interval of the engine. */
const longer = fc.constantFrom(0, 0.01, 0.1, 0.5, 3, 50);
const cases = fc.tuple(windows, fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 30 }), longer);

test("an engine's results leave evenly after its lag: no schedule of its hand-overs is sooner, and one keeps to its rooms", () => {
  fc.assert(
    fc.property(cases, ([window, words, busy, more]) => {
      const { starts, taken } = walk(window, words, busy);
      const interval = windowInterval(window, words, busy);
      const frame = interval * (1 + more);
      const [all, pixels] = [window.input.height * window.input.width * words, window.outRows * window.outColumns];
      const come = (k: number) => (taken[k]! * frame) / all;
      // As soon as words have come, in the steady flow: what the frame before leaves over delays the first.
      const soonest: number[] = [];
      let over = Number.NEGATIVE_INFINITY;
      for (let pass = 0; pass < 2; pass++) {
        starts.forEach((start, k) => {
          soonest[k] = Math.max(come(k), k === 0 ? over : soonest[k - 1]! + start - starts[k - 1]!);
        });
        over = soonest.at(-1)! + interval - starts.at(-1)! - frame;
      }
      const result = (p: number) => (p + 1) * words - 1;
      const lag = Math.max(...Array.from({ length: pixels }, (_, p) => soonest[result(p)]! + busy - (p * frame) / pixels));
      const rooms = roomsOver(window, words, busy, 1, frame);
      const { begins, ends } = lagOf(window, words, busy, 1, frame, rooms.before);
      expect(begins).toBeGreaterThanOrEqual(lag * (1 - 1e-9));
      const free = lagOf(window, words, busy, 1, frame, Number.POSITIVE_INFINITY);
      expect(free.begins).toBeCloseTo(lag, 6);
      // Where its rooms are too small for that, it works at its own pace, made as much slower as a frame takes more time.
      if (free.begins < begins || free.ends < ends) return;

      // As late as results may, still every word and every result has room.
      const latest: number[] = [];
      let next = Number.POSITIVE_INFINITY;
      for (let pass = 0; pass < 2; pass++) {
        for (let k = starts.length - 1; k >= 0; k--) {
          const own = (k + 1) % words === 0 ? begins + (((k + 1) / words - 1) * frame) / pixels - busy : Number.POSITIVE_INFINITY;
          latest[k] = Math.min(own, k === starts.length - 1 ? next : latest[k + 1]! - starts[k + 1]! + starts[k]!);
        }
        next = latest[0]! + frame - interval + starts.at(-1)!;
      }
      latest.forEach((time, k) => {
        expect(time).toBeGreaterThanOrEqual(come(k) - 1e-6 * frame);
        expect((time * all) / frame - taken[k]!).toBeLessThanOrEqual(rooms.before);
      });
      expect(latest.at(-1)! + busy).toBeCloseTo(ends, 6);
      for (let p = 0; p < pixels; p++) {
        const waits = ((begins - latest[result(p)]! - busy) * pixels) / frame + p;
        expect(waits).toBeLessThanOrEqual(rooms.after);
      }
    }),
    { numRuns: 1000 },
  );
});

test("the longer a frame, the less waits around an engine and the less it delays", () => {
  fc.assert(
    fc.property(cases, longer, ([window, words, busy, more], evenMore) => {
      const interval = windowInterval(window, words, busy);
      const [short, long] = [interval * (1 + more), interval * (1 + more) * (1 + evenMore)];
      const [a, b] = [roomsOver(window, words, busy, 1, short), roomsOver(window, words, busy, 1, long)];
      expect(b.before).toBeLessThanOrEqual(a.before);
      expect(b.after).toBeLessThanOrEqual(a.after);
      const share = (frame: number, room: number) => lagOf(window, words, busy, 1, frame, room).begins / frame;
      if (a.before === waitingBefore(window, words, busy).words) return;
      // What is made for the shorter frame is enough for the longer.
      expect(share(long, a.before)).toBeLessThanOrEqual(share(short, a.before) + 1e-9);
    }),
    { numRuns: 1000 },
  );
});
