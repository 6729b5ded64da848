import { describe, expect, test } from "vitest";
import { emptyCost, LINKS } from "../../src/cost/nest/cost.js";
import { evaluate } from "../../src/cost/nest/evaluate.js";
import { checkMapping, flatMapping, load } from "../../src/cost/nest/mapping.js";
import { prepare } from "../../src/cost/nest/prepare.js";
import { exact } from "../../src/cost/nest/problem.js";
import { randomNest } from "../random-nest.js";
import { runNest } from "./nest-run.js";

describe("elements that pass every memory, against the run of the nest step by step", () => {
  test.each(Array.from({ length: 8 }, (_, i) => i))("random nests, batch %i", (batch) => {
    for (let i = 0; i < 20; i++) {
      const seed = batch * 1000 + i;
      const nest = randomNest(seed);
      const prepared = prepare(nest.problem, nest.hierarchy, exact);
      expect(checkMapping(nest.mapping, prepared)).toMatchObject({ ok: true });
      const { elements } = evaluate(prepared, load(nest.mapping, flatMapping(prepared)), emptyCost(prepared));
      nest.problem.operands.forEach(({ role }, o) => {
        const seen = runNest(nest, o);
        const ours = seen.map((_, m) => [...elements.subarray(o * LINKS + m * 4, o * LINKS + m * 4 + 4)]);
        expect(ours, `seed ${seed}, ${role}`).toEqual(seen);
      });
    }
  });
});
