import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { bytes } from "../../src/base/units.js";
import { allocate } from "../../src/planners/scratchpad/alloc/allocate.js";
import { parseBuffers } from "../../src/planners/scratchpad/alloc/parse.js";
import { verifyAllocation } from "../../src/planners/scratchpad/alloc/verify.js";
import type { Budget } from "../../src/search/budget.js";

// Buffer-packing instances in MiniMalloc's form (10.1145/3623278.3624752): the number in a file's name is a capacity that suffices.
const folder = `${process.env.STOWAGE_REFERENCE ?? "../shared/reference"}/minimalloc`;
const files = existsSync(folder) ? readdirSync(folder).filter((name) => /\.\d+\.csv$/.test(name)) : [];
if (files.length === 0) console.warn(`skipped: no minimalloc instances in ${folder}`);

/** About half a minute of search: the hardest instance known needs a hundredth of it. */
const budget: Budget = { seed: 1, nodes: 2_000_000, stop: () => false, progress: () => {} };

describe.skipIf(files.length === 0)("MiniMalloc's instances", () => {
  it.each(files)("%s packs into the capacity that its name gives", (file) => {
    const parsed = parseBuffers(readFileSync(`${folder}/${file}`, "utf8"), file);
    if (!parsed.ok) throw new Error(parsed.errors.map(({ where, message }) => `${where}: ${message}`).join("\n"));
    const capacity = bytes(Number(/\.(\d+)\.csv$/.exec(file)![1]));
    const outcome = allocate(parsed.value, capacity, { minimize: false, budget });
    if (outcome.status === "infeasible") throw new Error(outcome.conflict.message);
    if (outcome.status === "unknown") throw new Error(outcome.reason);
    const verdict = verifyAllocation(parsed.value, capacity, outcome.plan);
    expect(verdict.ok ? [] : verdict.violations).toEqual([]);
  });
});
