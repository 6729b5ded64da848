import { describe, expect, test } from "vitest";
import { randomNest } from "../../../../test/random-nest.js";
import { emptyCost } from "../../../cost/nest/cost.js";
import { evaluate } from "../../../cost/nest/evaluate.js";
import { checkMapping, flatMapping, load } from "../../../cost/nest/mapping.js";
import { prepare } from "../../../cost/nest/prepare.js";
import { exact } from "../../../cost/nest/problem.js";
import { coarsened, orders, primeFactors } from "./factors.js";
import { merit } from "./goal.js";
import { mapNest } from "./search.js";
import { unrolls } from "./unrolls.js";

const never = () => false;
const nests = Array.from({ length: 40 }, (_, seed) => randomNest(seed));

describe("factors", () => {
  test("primes multiply to the steps that the lanes leave", () => {
    for (const { problem, hierarchy, mapping } of nests) {
      const prepared = prepare(problem, hierarchy, exact);
      const factors = primeFactors(prepared, mapping.spatial);
      problem.loops.forEach(({ size }, loop) => {
        const lanes = mapping.spatial.reduce((n, lane) => (lane.loop === loop ? n * lane.factor : n), 1);
        const steps = factors.reduce((n, factor) => (factor.loop === loop ? n * factor.size : n), 1);
        expect(steps).toBe(Math.ceil(size / lanes));
      });
    }
  });

  test("coarser ones keep the product of every loop", () => {
    const factors = [2, 2, 2, 3].map((size) => ({ loop: 0, size })).concat([{ loop: 1, size: 5 }]);
    expect(coarsened(factors, 3)).toEqual([
      { loop: 1, size: 5 },
      { loop: 0, size: 4 },
      { loop: 0, size: 6 },
    ]);
    expect(coarsened(factors, 1)).toHaveLength(2);
  });

  test("every order once", () => {
    const factors = [0, 0, 1, 2].map((loop) => ({ loop, size: 2 }));
    const all = [...orders(factors, 100)].map((order) => order.map(({ loop }) => loop).join(""));
    expect(new Set(all).size).toBe(12);
    expect(all).toHaveLength(12);
    expect([...orders(factors, 5)]).toHaveLength(5);
  });
});

test("unrolls stay within the axes and the loops, fewest steps first", () => {
  for (const { problem, hierarchy } of nests) {
    const steps = unrolls(problem, hierarchy, 20).map((lanes) => {
      for (const { axis, loop, factor } of lanes) {
        expect(factor).toBeLessThanOrEqual(hierarchy.axes[axis]!.size);
        expect(factor).toBeLessThanOrEqual(problem.loops[loop]!.size);
      }
      return problem.loops.reduce((n, { size }, loop) => {
        const across = lanes.reduce((product, lane) => (lane.loop === loop ? product * lane.factor : product), 1);
        return n * Math.ceil(size / across);
      }, 1);
    });
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
  }
});

test("a mapping found runs, fits, costs what it says, and no less than its bound", () => {
  for (const { problem, hierarchy } of nests) {
    const found = mapNest(problem, hierarchy, { conventions: exact, goal: "energyDelay", unrolls: 3, nodes: 300, stop: never });
    if (!found) continue;
    const prepared = prepare(problem, hierarchy, exact);
    expect(checkMapping(found.mapping, prepared)).toMatchObject({ ok: true });
    const { energy, latency, fits } = evaluate(prepared, load(found.mapping, flatMapping(prepared)), emptyCost(prepared));
    expect(fits).toBe(true);
    expect(found.value).toBe(merit("energyDelay", energy, latency));
    expect(found.bound).toBeLessThanOrEqual(found.value);
    if (found.optimal) expect(found.bound).toBe(found.value);
  }
});

test("the same search gives the same mapping, and more nodes none worse", () => {
  const { problem, hierarchy } = nests[3]!;
  const search = (nodes: number) => mapNest(problem, hierarchy, { conventions: exact, goal: "energy", unrolls: 2, nodes, stop: never });
  expect(search(200)).toEqual(search(200));
  expect(search(4000)!.value).toBeLessThanOrEqual(search(20)!.value);
});
