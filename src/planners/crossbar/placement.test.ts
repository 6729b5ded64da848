import fc from "fast-check";
import { expect, test } from "vitest";
import type { Option } from "./options.js";
import { place } from "./placement.js";

const NOTHING = { time: 0, energy: 0, writes: 0, fetched: 0 };
const option = fc.record({ crossbars: fc.integer({ min: 1, max: 6 }), latency: fc.integer({ min: 0, max: 50 }) }).map(
  ({ crossbars, latency }): Option => ({
    coding: { encoding: "offset", layout: "outputs", sharing: 1 },
    spread: 1,
    rounds: 1,
    lanes: crossbars,
    strips: crossbars,
    fill: undefined,
    deep: 1,
    last: 1,
    wide: 1,
    stacked: false,
    fire: 0,
    inner: NOTHING,
    between: NOTHING,
    crossbars,
    programming: 0,
    latency,
    energy: 0,
    writes: 0,
    fired: 0,
    moved: 0,
    cut: undefined,
    part: 1,
    most: 0,
  }),
);

test("finds what trying every choice finds, and nothing where nothing fits", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(option, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 16 }),
      (options, crossbars) => {
        const least = (l: number, left: number): number => {
          if (l === options.length) return 0;
          return Math.min(
            ...options[l]!.map((way) =>
              way.crossbars > left ? Number.POSITIVE_INFINITY : way.latency + least(l + 1, left - way.crossbars),
            ),
          );
        };
        const found = place(options, { crossbars, depth: 1, cells: { rows: 1, columns: 1 } }, ({ latency }) => latency);
        const best = least(0, crossbars);
        if (best === Number.POSITIVE_INFINITY) {
          expect(found).toBeUndefined();
          return;
        }
        expect(found!.value).toBe(best);
        expect(found!.bound).toBe(best);
        // Nobody shares a row.
        const taken = found!.sites.flatMap((site) => [...site.crossbars]);
        expect(new Set(taken).size).toBe(taken.length);
        expect(found!.choice.reduce((sum, k, l) => sum + options[l]![k]!.crossbars, 0)).toBeLessThanOrEqual(crossbars);
        expect(found!.choice.reduce((sum, k, l) => sum + options[l]![k]!.latency, 0)).toBe(best);
      },
    ),
  );
});
