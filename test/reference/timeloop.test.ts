import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BOUNDARIES, emptyCost, LINKS } from "../../src/cost/nest/cost.js";
import { evaluate } from "../../src/cost/nest/evaluate.js";
import { checkMapping, flatMapping, load } from "../../src/cost/nest/mapping.js";
import { prepare } from "../../src/cost/nest/prepare.js";
import { timeloop } from "../../src/cost/nest/problem.js";
import { timeloopRun } from "./timeloop-input.js";

const folder = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "timeloop");
/** Parsed results whose raw folder, with the mapping they were computed for, is there too. */
const runs = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith(".json"))
      .map((file) => file.replace(/\.json$/, ""))
      .filter((name) => existsSync(join(folder, "raw", name)))
  : [];
if (runs.length === 0) console.warn(`skipped: no Timeloop results in ${folder} (set STOWAGE_REFERENCE)`);

interface Stated {
  readonly cycles: number;
  readonly computes: number;
  readonly per_compute: Readonly<Record<string, number>>;
  readonly levels: readonly { readonly name: string; readonly operands: Readonly<Record<string, Readonly<Record<string, number>>>> }[];
}

describe.skipIf(runs.length === 0)("Timeloop's mappings under its own conventions", () => {
  test.each(runs)("%s: cycles and accesses exact, energy to one per cent", (name) => {
    const stated = JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as Stated;
    const { problem, hierarchy, mapping, names } = timeloopRun(join(folder, "raw", name));
    const prepared = prepare(problem, hierarchy, timeloop);
    expect(checkMapping(mapping, prepared)).toMatchObject({ ok: true });
    const cost = evaluate(prepared, load(mapping, flatMapping(prepared)), emptyCost(prepared));

    expect(cost.latency).toBe(stated.cycles);
    const theirs: unknown[] = [];
    const ours: unknown[] = [];
    for (const { name: level, operands } of stated.levels) {
      for (const [space, figures] of Object.entries(operands)) {
        const o = names.indexOf(space);
        const m = [...prepared.operands[o]!.memory].findIndex((memory) => hierarchy.memories[memory]!.name === level);
        const link = o * LINKS + m * 4;
        const instances = cost.scratch.tiles.units[o * BOUNDARIES + m + 1]!;
        theirs.push({
          level,
          space,
          instances: figures["Utilized instances (max)"],
          reads: figures["Scalar reads (per-instance)"],
          fills: figures["Scalar fills (per-instance)"],
          updates: figures["Scalar updates (per-instance)"],
        });
        const [reads, updates, , fills] = cost.elements.subarray(link, link + 4).map((n) => n / instances);
        ours.push({ level, space, instances, reads, fills, updates });
        const energy = cost.energyOf.subarray(link, link + 4).reduce((sum, part) => sum + part);
        expect(Math.abs(energy / figures["Energy (total)"]! - 1), `${level} ${space}`).toBeLessThan(0.01);
      }
    }
    expect(ours).toEqual(theirs);
    expect(Math.abs(cost.energy / ((stated.per_compute.Total! * stated.computes) / 1000) - 1)).toBeLessThan(0.01);
  });
});
