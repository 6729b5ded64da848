import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { emptyCost, LINKS } from "../../src/cost/nest/cost.js";
import { evaluate } from "../../src/cost/nest/evaluate.js";
import { checkMapping, flatMapping, load } from "../../src/cost/nest/mapping.js";
import { prepare } from "../../src/cost/nest/prepare.js";
import { exact, zigzag } from "../../src/cost/nest/problem.js";
import { type MappingGoal, merit } from "../../src/planners/fusion/mapping/goal.js";
import { mapOntoLanes } from "../../src/planners/fusion/mapping/search.js";
import type { Hierarchy } from "../../src/target/hierarchy.js";
import { type Dump, WAYS, zigzagHierarchy, zigzagLayer } from "./zigzag-input.js";

const folder = join(process.env.STOWAGE_REFERENCE ?? "../shared/reference", "zigzag");
const inputs = join(folder, "inputs");
const hardware = new Map<string, Hierarchy>(
  existsSync(inputs)
    ? readdirSync(inputs)
        .filter((file) => file.endsWith(".yaml") && !file.startsWith("mapping"))
        .map((file) => [file.replace(/\.yaml$/, ""), zigzagHierarchy(join(inputs, file))])
    : [],
);
/** `network__hardware__metric__limit/operator_complete.json`. */
const layers = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => hardware.has(name.split("__")[1] ?? ""))
      .flatMap((name) =>
        readdirSync(join(folder, name))
          .filter((file) => file.endsWith("_complete.json") && !file.startsWith("overall"))
          .map((file) => ({ name, file })),
      )
  : [];
if (layers.length === 0) console.warn(`skipped: no ZigZag results in ${folder} (set STOWAGE_REFERENCE)`);

function replay({ name, file }: { readonly name: string; readonly file: string }) {
  const dump = JSON.parse(readFileSync(join(folder, name, file), "utf8")) as Dump;
  const hierarchy = hardware.get(name.split("__")[1]!)!;
  const layer = zigzagLayer(dump, hierarchy);
  const run = (conventions: typeof zigzag) => {
    const prepared = prepare(layer.problem, hierarchy, conventions);
    expect(checkMapping(layer.mapping, prepared)).toMatchObject({ ok: true });
    return evaluate(prepared, load(layer.mapping, flatMapping(prepared)), emptyCost(prepared));
  };
  return { dump, hierarchy, layer, run };
}

describe.skipIf(layers.length === 0)("ZigZag's mappings under its own conventions", () => {
  const rows = layers.map((layer) => {
    const {
      dump,
      run,
      layer: { names },
    } = replay(layer);
    const cost = run(zigzag);
    const { latency, energy, memory } = dump.outputs;
    const theirs = latency.data_onloading + latency.computation + latency.data_offloading;
    let links = 0;
    let wrong = 0;
    names.forEach((name, o) => {
      memory.word_accesses[name]!.forEach((level, m) => {
        WAYS.forEach((way, d) => {
          links++;
          if (Math.abs(cost.accesses[o * LINKS + m * 4 + d]! - level[way]) > 1e-6 * level[way] + 0.5) wrong++;
        });
      });
    });
    return {
      layer: `${layer.name}/${layer.file.replace("_complete.json", "")}`,
      latency: cost.latency / theirs - 1,
      energy: cost.energy / energy.energy_total - 1,
      links,
      wrong,
    };
  });
  const share = (good: (row: (typeof rows)[number]) => boolean) => rows.filter(good).length / rows.length;

  test("cycles within 0.1 % on at least 95 % of the layers", () => {
    console.info(
      rows
        .map((r) => `${r.layer}: cycles ${percent(r.latency)}, energy ${percent(r.energy)}, ${r.wrong} of ${r.links} access counts differ`)
        .join("\n"),
    );
    expect(share((r) => Math.abs(r.latency) <= 1e-3)).toBeGreaterThanOrEqual(0.95);
  });

  test("energy within 0.1 % on at least 95 % of the layers", () => {
    expect(share((r) => Math.abs(r.energy) <= 1e-3)).toBeGreaterThanOrEqual(0.95);
  });

  test("access counts on at least 95 % of the layers", () => {
    expect(share((r) => r.wrong === 0)).toBeGreaterThanOrEqual(0.95);
  });
});

describe.skipIf(layers.length === 0)("ZigZag's mappings under exact conventions", () => {
  test.each(layers)("$name/$file: no less than compulsory, parts sum", (layer) => {
    const {
      run,
      layer: { problem },
    } = replay(layer);
    const cost = run(exact);
    expect(cost.latency).toBe(cost.temporal + cost.stall + cost.onLoading + cost.offLoading);
    expect(cost.energy).toBe(cost.macEnergy + cost.memoryEnergy + cost.leakageEnergy);
    expect(problem.operands).toHaveLength(3);
  });
});

describe.skipIf(layers.length === 0)("our mapping search under ZigZag's conventions, with its lanes", () => {
  const goals: Readonly<Record<string, MappingGoal>> = { EDP: "energyDelay", energy: "energy", latency: "latency" };
  const own = layers.filter(({ name }) => goals[name.split("__")[2] ?? ""] !== undefined);

  test.each(own)("$name/$file: never worse than its own result", (row) => {
    const {
      dump: { outputs },
      hierarchy,
      layer: { problem, mapping },
    } = replay(row);
    const goal = goals[row.name.split("__")[2]!]!;
    const found = mapOntoLanes(problem, hierarchy, zigzag, mapping.spatial, goal, 20_000, () => false);
    const { data_onloading, computation, data_offloading } = outputs.latency;
    const theirs = merit(goal, outputs.energy.energy_total, data_onloading + computation + data_offloading);
    console.info(
      `${row.name}/${row.file}: ${percent(found!.value / theirs - 1)} against ZigZag, ${found!.optimal ? "optimal" : `gap ${percent(1 - found!.bound / found!.value)}`}`,
    );
    expect(found!.value).toBeLessThanOrEqual(theirs * (1 + 1e-9));
  });
});

const percent = (x: number) => `${(100 * x).toFixed(4)} %`;
