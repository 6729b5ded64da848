import fc from "fast-check";
import { expect, test } from "vitest";
import { loadsOf } from "./loads.js";
import { schedule } from "./schedule.js";

/** Loads of layers one after another on some crossbars; many take no time to fetch, and some none to write. */
const works = fc.record({
  loads: fc.array(
    fc.record({
      crossbar: fc.nat(2),
      layer: fc.nat(3),
      fetch: fc.constantFrom(0, 0, 1, 5),
      program: fc.constantFrom(0, 2, 3),
      fire: fc.integer({ min: 1, max: 4 }),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  writers: fc.integer({ min: 1, max: 2 }),
  ahead: fc.integer({ min: 1, max: 12 }),
});

test("what is written has been fetched, one after the other, and what is not fetched waits for nothing", () => {
  fc.assert(
    fc.property(works, ({ loads: given, writers, ahead }) => {
      const mine = [0, 1, 2].map((x) => given.filter(({ crossbar }) => crossbar === x).sort((a, b) => a.layer - b.layer));
      const loads = loadsOf(mine.map(({ length }) => length));
      mine.flat().forEach(({ layer, fetch, program, fire }, at) => {
        loads.layer[at] = layer;
        loads.fetch[at] = program > 0 ? fetch : 0;
        loads.program[at] = program;
        loads.fire[at] = fire;
      });
      const { sequences } = schedule(loads, 1, { writers, firing: 3, after: [[], [0], [1], [2]], ahead });
      const all = sequences.flat();
      for (const { fetch, program, fire } of all) {
        expect(fetch.end).toBeLessThanOrEqual(program.start);
        expect(program.end).toBeLessThanOrEqual(fire.start);
      }
      const fetched = all.map(({ fetch }) => fetch).filter(({ start, end }) => end > start);
      fetched
        .sort((a, b) => a.start - b.start)
        .forEach(({ start }, k) => {
          if (k > 0) expect(start).toBeGreaterThanOrEqual(fetched[k - 1]!.end);
        });
    }),
    { numRuns: 500 },
  );
});
