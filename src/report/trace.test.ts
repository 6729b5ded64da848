import { expect, test } from "vitest";
import { sample } from "../../test/browser/sample.js";
import { report } from "./report.js";
import { trace } from "./trace.js";

interface Entry {
  readonly ph: string;
  readonly name: string;
  readonly tid?: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Readonly<Record<string, number | string>>;
}
const entries = (text: string): Entry[] => JSON.parse(text).traceEvents;

test("one named track per resource, one slice per event, times in microseconds of the clock", () => {
  const made = report(sample({ steps: 40 }));
  const all = entries(trace(made));
  expect(all.filter((e) => e.name === "thread_name").map((e) => e.args.name)).toEqual(made.resources.map((r) => r.name));
  const slices = all.filter((e) => e.ph === "X");
  expect(slices.length).toBe(made.slices.length);
  // The sample's clock is 1 GHz: one cycle is a thousandth of a microsecond.
  slices.forEach((slice, i) => {
    expect(slice.ts).toBeCloseTo(made.slices[i]!.startCycle / 1000, 9);
    expect(slice.dur).toBeCloseTo((made.slices[i]!.endCycle - made.slices[i]!.startCycle) / 1000, 9);
  });
});

test("slices of one track do not overlap", () => {
  const slices = entries(trace(report(sample({ steps: 40 })))).filter((e) => e.ph === "X");
  for (const tid of new Set(slices.map((s) => s.tid))) {
    const own = slices.filter((s) => s.tid === tid).sort((a, b) => a.ts - b.ts || a.dur - b.dur);
    own.slice(1).forEach((slice, i) => {
      expect(slice.ts).toBeGreaterThanOrEqual(own[i]!.ts + own[i]!.dur - 1e-9);
    });
  }
});

test("the counter never exceeds the memory, reaches no more than was placed, and ends empty", () => {
  const made = report(sample({ steps: 40 }));
  const counts = entries(trace(made))
    .filter((e) => e.ph === "C")
    .map((e) => Number(e.args.live));
  expect(Math.max(...counts)).toBeLessThanOrEqual(made.memories[0]!.capacityBytes);
  expect(Math.min(...counts)).toBe(0);
  expect(counts.at(-1)).toBe(0);
});

test("a name with control characters is written out", () => {
  const text = trace(report(sample({ steps: 4, names: ["m\u0000", "t", "\u001b[2J", "\ud800"] })));
  expect(text).toContain("\\\\u{1b}[2J");
  expect(text).not.toMatch(/\\u001b|\\ud800/);
});
