import { describe, expect, test } from "vitest";
import { emptyCost } from "../../src/cost/nest/cost.js";
import { evaluate } from "../../src/cost/nest/evaluate.js";
import { checkMapping, flatMapping, load } from "../../src/cost/nest/mapping.js";
import { type Prepared, prepare } from "../../src/cost/nest/prepare.js";
import { exact, type NestMapping, zigzag } from "../../src/cost/nest/problem.js";
import { type Factor, orders, primeFactors } from "../../src/planners/fusion/mapping/factors.js";
import type { MappingGoal } from "../../src/planners/fusion/mapping/goal.js";
import { mapOntoLanes } from "../../src/planners/fusion/mapping/search.js";
import { randomNest } from "../random-nest.js";

const never = () => false;
/** Mappings that the enumeration may cost per nest. */
const MOST = 8_000;

describe.each([exact, zigzag])("mapping search under $name conventions, against every order and every cut", (conventions) => {
  test.each(["energy", "latency", "energyDelay"] as const)("%s", (goal) => {
    let compared = 0;
    let proven = 0;
    for (let seed = 1; compared < 25 && seed < 2000; seed++) {
      const { problem, hierarchy, mapping } = randomNest(seed);
      const prepared = prepare(problem, hierarchy, conventions);
      const lanes = mapping.spatial;
      const factors = primeFactors(prepared, lanes);
      const least = enumerate(prepared, lanes, factors, goal);
      if (least === undefined) continue;
      const found = mapOntoLanes(problem, hierarchy, conventions, lanes, goal, 1e9, never);
      if (least === Number.POSITIVE_INFINITY) {
        expect(found, `seed ${seed}`).toBeUndefined();
        continue;
      }
      compared++;
      expect(checkMapping(found!.mapping, prepared)).toMatchObject({ ok: true });
      // ZigZag rounds transfers, so a bound of its costs may be a little too high.
      expect(found!.value, `seed ${seed}`).toBeLessThanOrEqual(least * (conventions === exact ? 1 + 1e-9 : 1.01));
      expect(found!.bound).toBe(found!.value);
      if (found!.optimal) proven++;
    }
    expect(compared).toBe(25);
    if (conventions === exact) expect(proven).toBeGreaterThan(15);
    else expect(proven).toBe(0);
  });
});

/** The least value over all mappings that fit; undefined where there are too many. */
function enumerate(p: Prepared, lanes: NestMapping["spatial"], factors: readonly Factor[], goal: MappingGoal): number | undefined {
  const all = [...orders(factors, MOST)];
  const cutsOf = p.operands.map(({ levels }) => rising(levels - 1, factors.length).map((cuts) => [...cuts, factors.length]));
  const choices = cutsOf.reduce<readonly (readonly (readonly number[])[])[]>(
    (lists, cuts) => lists.flatMap((list) => cuts.map((cut) => [...list, cut])),
    [[]],
  );
  if (all.length * choices.length > MOST) return undefined;
  const flat = flatMapping(p);
  const cost = emptyCost(p);
  let least = Number.POSITIVE_INFINITY;
  for (const temporal of all) {
    for (const cuts of choices) {
      const { energy, latency, fits } = evaluate(p, load({ spatial: lanes, temporal, cuts }, flat), cost);
      const value = goal === "energy" ? energy : goal === "latency" ? latency : energy * latency;
      if (fits && value < least) least = value;
    }
  }
  return least;
}

function rising(length: number, top: number): readonly (readonly number[])[] {
  if (length === 0) return [[]];
  return rising(length - 1, top).flatMap((cuts) => {
    const from = cuts.at(-1) ?? 0;
    return Array.from({ length: top - from + 1 }, (_, i) => [...cuts, from + i]);
  });
}
