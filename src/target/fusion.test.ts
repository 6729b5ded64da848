import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { arrayCycles } from "../cost/array/array.js";
import { makeMapper } from "../planners/fusion/mapping/mapper.js";
import { targetFacts } from "./families.js";
import type { FusionTarget } from "./fusion-target.js";
import { parseTarget } from "./parse.js";

const GOOD = `kind: fusion
clock: 500MHz
array: { template: vwa, blocks: 8, rows: 7, columns: 3 }
buffers: { arrangement: unified, size: 191KiB, staging: 8KiB }
accumulatorBits: 16
vector: 56element/cycle
offChip: { bandwidth: 1GB/s, energy: DDR3 }
energy: { technology: 45nm, busy: 1pJ/cycle }
precision: { activation: int8, weight: int8 }
`;

const target = (yaml: string): FusionTarget => {
  const parsed = parseTarget(yaml, "t.yaml");
  if (!parsed.ok || parsed.value.kind !== "fusion") throw new Error(JSON.stringify(parsed));
  return parsed.value;
};
/** `code where: message` of everything said about a file. */
const said = (yaml: string): readonly string[] => {
  const parsed = parseTarget(yaml, "t.yaml");
  return (parsed.ok ? parsed.warnings : parsed.errors).map(({ code, where, message }) => `${code} ${where}: ${message}`);
};
/** The same of `GOOD` with `from` replaced. */
const errors = (from: string, to: string) => {
  expect(GOOD).toContain(from);
  return said(GOOD.replace(from, to));
};

test("a good file becomes base units; the table fills in what it leaves to a technology", () => {
  expect(target(GOOD)).toEqual({
    kind: "fusion",
    name: "t",
    summary: "",
    clock: 5e8,
    array: { template: "vwa", blocks: 8, rows: 7, columns: 3 },
    buffers: { arrangement: "unified", size: 191 * 1024, staging: 8192 },
    accumulatorBits: 16,
    vector: 56,
    offChip: { bandwidth: 1e9, energy: 560 },
    energy: { mac: 0.2 + 0.1, buffer: expect.closeTo(2.5 * 5 ** (Math.log(191 / 32) / Math.log(32)), 9), busy: 1, stalled: 0 },
    precision: { activation: "int8", weight: "int8" },
    sources: {
      "offChip.energy": expect.stringContaining("DDR3"),
      "energy.mac": expect.stringContaining("Horowitz"),
      "energy.buffer": expect.stringContaining("Horowitz"),
    },
  });
});

describe("values that do not belong together", () => {
  test("keys of another template", () => {
    expect(errors("blocks: 8, rows: 7", "rows: 7, outputs: 5")).toEqual([
      "TGT-5 t.yaml:3:8 array.blocks: array.blocks is missing",
      "TGT-4 t.yaml:3:43 array.outputs: the template vwa has no outputs",
    ]);
    expect(errors("arrangement: unified", "arrangement: split")).toEqual([
      "TGT-5 t.yaml:4:10 buffers.features: buffers.features is missing",
      "TGT-5 t.yaml:4:10 buffers.weights: buffers.weights is missing",
      "TGT-4 t.yaml:4:38 buffers.size: the arrangement split has no size",
      "TGT-4 t.yaml:4:55 buffers.staging: the arrangement split has no staging",
    ]);
  });

  test("staging that leaves nothing", () => {
    expect(errors("staging: 8KiB", "staging: 200KiB")).toEqual(["TGT-9 t.yaml:4:57 buffers.staging: 204800 B of a buffer of 195584 B"]);
  });

  test("a technology without a figure for the type", () => {
    expect(errors("weight: int8", "weight: float64")).toEqual([
      "TGT-9 t.yaml:8:23 energy.technology: the table has no energy of a MAC of float64",
    ]);
    expect(errors("energy: DDR3", "energy: DDR9")[0]).toMatch(/^TGT-7 .* offChip.energy/);
  });

  test("what is not given is remarked", () => {
    expect(said(GOOD.replace(", energy: DDR3", "").replace("technology: 45nm, busy: 1pJ/cycle", ""))).toEqual([
      "TGT-13 t.yaml:7:10 offChip.energy: offChip.energy is not given and counts as 0",
      "TGT-13 t.yaml:8:9 energy.mac: energy.mac is not given and counts as 0",
    ]);
  });
});

describe("a hierarchy", () => {
  const CUSTOM = (memories: string) =>
    GOOD.replace(
      "{ template: vwa, blocks: 8, rows: 7, columns: 3 }",
      `{ template: custom, axes: [{ name: x, size: 4 }], memories: [${memories}] }`,
    );
  const PORT = "{ name: p, bandwidth: 16b/cycle, granule: 1B, serves: [input.toBelow, weight.toBelow, output.toBelow, output.fromBelow] }";
  const RAM = `{ name: RAM, read: 2pJ, write: 3pJ, holds: [input, weight, output], shared: [x], ports: [${PORT}] }`;
  const issues = (memories: string) => said(CUSTOM(memories)).map((line) => line.replace(/^\S+ \S+ /, ""));

  test("is counted in bits", () => {
    expect(target(CUSTOM(RAM)).array).toEqual({
      template: "custom",
      hierarchy: {
        name: "t",
        axes: [{ name: "x", size: 4 }],
        macEnergy: expect.closeTo(0.3),
        memories: [
          {
            name: "RAM",
            size: 191 * 8192,
            energy: { read: 2, write: 3 },
            roles: ["input", "weight", "output"],
            ports: [
              {
                name: "p",
                bandwidth: { min: 8, max: 16 },
                serves: [
                  { role: "input", direction: "toBelow" },
                  { role: "weight", direction: "toBelow" },
                  { role: "output", direction: "toBelow" },
                  { role: "output", direction: "fromBelow" },
                ],
              },
            ],
            serves: [0],
          },
        ],
      },
    });
  });

  test("names its gaps", () => {
    expect(issues(RAM.replace("weight, output]", "weight]"))).toEqual(["array.memories: no memory holds output"]);
    expect(issues(RAM.replace("shared: [x]", "shared: [y]"))).toEqual(["array.memories[0].shared[0]: y is no axis of the array"]);
    expect(issues(RAM.replace(", weight.toBelow", ""))).toEqual(["array.memories[0].ports: no port serves weight.toBelow"]);
    expect(issues(RAM.replace("granule: 1B", "granule: 3B"))).toEqual([
      "array.memories[0].ports[0].bandwidth: 16 bit per cycle in granules of 24 bit",
    ]);
    expect(issues(`${RAM}, ${RAM}`)).toContain("array.memories[1].name: two memories are named RAM");
  });

  test("its outermost memories are the buffers, whose sizes stand there", () => {
    expect(issues(RAM.replace("RAM, read", "RAM, size: 1KiB, read"))).toEqual([
      "array.memories[0].size: a second size of the on-chip buffer",
    ]);
    const inner =
      "{ name: R, read: 1pJ, write: 1pJ, holds: [weight], ports: [{ name: p, bandwidth: 1B/cycle, serves: [weight.toBelow, weight.fromAbove] }] }";
    expect(issues(`${inner}, ${RAM}`)).toEqual(["array.memories[0]: a memory inside the buffers without a size"]);
    expect(issues(`${RAM.replace("RAM", "first")}, ${inner}`)).toEqual([
      "array.memories: no single memory is the outermost of all three roles",
      "array.memories[0].ports: no port serves weight.fromAbove",
    ]);
  });
});

describe("presets", () => {
  const folder = new URL("presets/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".yaml"));
  const texts = files.map((file) => readFileSync(new URL(file, folder), "utf8")).filter((text) => /^kind: fusion$/m.test(text));

  test.each(texts.map((text) => [/^name: (.*)$/m.exec(text)?.[1] ?? "", text] as const))(
    "%s cites a source for every figure",
    (name, text) => {
      const built = target(text);
      const facts = targetFacts(built);
      expect(built.name).toBe(name);
      expect(built.summary).not.toBe("");
      expect(facts.filter(({ source }) => source.length < 10).map(({ key }) => key)).toEqual([]);
      expect(said(text)).toEqual([]);
      const layer = { inputs: 64, outputs: 64, groups: 1, kernel: { height: 3, width: 3 }, stride: { y: 1, x: 1 } };
      if (built.array.template === "custom") {
        const widths = { input: 8, weight: 8, sum: built.accumulatorBits, output: 8 };
        const mapper = makeMapper(built.array.hierarchy, { shape: layer, widths }, { height: 28, width: 28 }, "energyDelay");
        expect(mapper(28, 28)?.cycles).toBeGreaterThan(0);
      } else expect(arrayCycles(built.array, layer, 28, 28)).toBeGreaterThan(0);
    },
  );

  test("there is one of each template", () => {
    expect(new Set(texts.map((text) => target(text).array.template))).toEqual(
      new Set(["vwa", "row-stationary", "nvdla", "systolic", "custom"]),
    );
  });
});
