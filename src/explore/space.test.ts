import { describe, expect, test } from "vitest";
import { presetTarget, presetYaml } from "../target/presets.js";
import { crossbarFront, fusionFront, pipelineFront, scratchpadFront } from "./fronts.js";
import { type Explorable, parseSpace } from "./space.js";

/** The families as a space sees them. */
const FAMILIES: Readonly<Record<string, Explorable>> = {
  scratchpad: { front: scratchpadFront, settings: { objective: ["traffic", "latency", "energy"], split: ["auto", "never"] } },
  fusion: { front: fusionFront, settings: { objective: ["balanced", "latency"], overlap: ["exact", "any"] } },
  pipeline: { front: pipelineFront, settings: { objective: ["throughput", "latency"] } },
  crossbar: { front: crossbarFront, settings: { objective: ["programming", "latency", "energy", "endurance"] } },
};
const parse = (yaml: string) => parseSpace(yaml, "space.yaml", (kind) => FAMILIES[kind]!);

const read = (yaml: string) => {
  const space = parse(yaml);
  if (!space.ok) throw new Error(JSON.stringify(space.errors));
  return space.value;
};

/** Code and place of every error. */
const errors = (yaml: string): readonly string[] => {
  const space = parse(yaml);
  return space.ok ? [] : space.errors.map(({ code, where }) => `${code} ${where}`);
};

describe("a space", () => {
  test("is every combination, the last axis changing fastest, each the target that --set would give", () => {
    const { points } = read("base: vwa\naxes:\n  array.blocks: [4, 8]\n  buffers.size: [64KiB, 191KB, 1MiB]\n");
    expect(points.map(({ settings }) => settings.join(" "))).toEqual(
      ["4", "8"].flatMap((blocks) => ["64KiB", "191KB", "1MiB"].map((size) => `array.blocks=${blocks} buffers.size=${size}`)),
    );
    for (const { settings, target } of points) expect(presetTarget("vwa", settings)).toMatchObject({ ok: true, value: target });
    expect(points.map(({ id }) => id)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test("counts ranges out in their unit, ends included", () => {
    const { points } = read("base: vwa\naxes:\n  offChip.bandwidth: { from: 0.8GB/s, to: 6.4GB/s, factor: 2 }\n");
    expect(points.map(({ hardware }) => hardware.bandwidthBytesPerSecond / 1e9)).toEqual([0.8, 1.6, 3.2, 6.4]);
    const steps = read("base: vwa\naxes:\n  array.blocks: { from: 2, to: 9, step: 3 }\n").points;
    expect(steps.map(({ settings }) => settings[0])).toEqual(["array.blocks=2", "array.blocks=5", "array.blocks=8"]);
  });

  test("may have several bases, with axes of their own in the place of common ones, and whole parts as values", () => {
    const { points } = read(`
axes:
  offChip.bandwidth: [1GB/s, 2GB/s]
bases:
  - base: vwa
    axes:
      buffers:
        - { arrangement: unified, size: 128KiB }
        - { arrangement: split, features: 64KiB, weights: 64KiB }
  - systolic-ws
  - base: nvdla-fused
    axes: { offChip.bandwidth: [4GB/s] }
`);
    expect(points.map(({ base }) => base)).toEqual([...Array(4).fill("vwa"), ...Array(2).fill("systolic-ws"), "nvdla-fused"]);
    expect(points[1]!.target).toMatchObject({ buffers: { arrangement: "split", features: 65536 } });
    expect(points[6]!.hardware.bandwidthBytesPerSecond).toBe(4e9);
  });

  test("takes a target written out, block or flow, and places its errors where they stand", () => {
    const indented = presetYaml("vwa")!.replace(/^/gm, "      ");
    expect(read(`bases:\n  - base:\n${indented}\naxes: { array.blocks: [4] }`).points[0]!.target).toMatchObject({ array: { blocks: 4 } });
    expect(errors(`base:\n${indented.replace("clock: 500MHz", "clock: 500MHx")}\naxes: { array.blocks: [4] }`)).toEqual([
      "TGT-7 space.yaml:6:14 clock",
    ]);
    expect(errors("base: { kind: fusion }\n").every((e) => e.startsWith("TGT-5 space.yaml:1:7 "))).toBe(true);
  });

  test("is weighed by what its families have, and what is known of every point", () => {
    const keys = (yaml: string) => read(yaml).objectives.map(({ key }) => key);
    expect(keys("base: vwa\n")).toEqual(["latencySeconds", "energyPicojoules", "areaSquareMillimetres", "bandwidthBytesPerSecond"]);
    expect(keys("bases: [vwa, cosma]\n")).toEqual(["latencySeconds", "energyPicojoules", "bandwidthBytesPerSecond"]);
    expect(keys("bases: [vwa, custom-three-level]\n")).toEqual(["latencySeconds", "energyPicojoules", "bandwidthBytesPerSecond"]);
    expect(keys("base: cosma\n")).toEqual(["offChipBytes", "capacityBytes", "latencySeconds", "energyPicojoules"]);
    expect(keys("bases: [zcu102, zc706]\n")).toEqual([
      "framesPerSecond",
      "dsp",
      "blockMemoryBytes",
      "offChipBytesPerSecond",
      "latencySeconds",
    ]);
    expect(keys("base: reram-ou\n")).toEqual(["latencySeconds", "energyPicojoules", "maxCellWrites", "indexBits", "crossbars"]);
    // A pipeline's energy is not modelled.
    expect(keys("bases: [zcu102, reram-ou]\n")).toEqual(["latencySeconds", "bandwidthBytesPerSecond"]);
    expect(keys("base: reram-ou\nfront: [cellWrites, latencySeconds]\n")).toEqual(["cellWrites", "latencySeconds"]);
  });

  test("shows figures beside those that are weighed", () => {
    const beside = (yaml: string) => read(yaml).beside.map(({ key }) => key);
    expect(beside("base: vwa\n")).toEqual(["offChipBytes"]);
    expect(beside("base: cosma\n")).toEqual([]);
    expect(beside("base: reram-ou\n")).toEqual(["longRunMaxCellWrites", "offChipBytes"]);
    expect(beside("base: reram-ou\nfront: [latencySeconds, longRunMaxCellWrites]\n")).toEqual(["offChipBytes"]);
    expect(beside("bases: [vwa, reram-ou]\n")).toEqual(["offChipBytes"]);
  });

  test("ranges over the goal beside the target", () => {
    const { points } = read("base: reram-ou\naxes:\n  goal.objective: [latency, endurance]\n  crossbars: [25%, 50%]\n");
    expect(points.map(({ goal, settings }) => [goal.objective, settings.join(" ")])).toEqual([
      ["latency", "goal.objective=latency crossbars=25%"],
      ["latency", "goal.objective=latency crossbars=50%"],
      ["endurance", "goal.objective=endurance crossbars=25%"],
      ["endurance", "goal.objective=endurance crossbars=50%"],
    ]);
    for (const { settings, target } of points)
      expect(presetTarget("reram-ou", settings.slice(1))).toMatchObject({ ok: true, value: target });
    expect(read("base: vwa\n").points[0]!.goal).toEqual({});
  });

  test("says where a setting of the goal is meant", () => {
    const space = parse("base: reram-ou\naxes:\n  objective: [latency]\n");
    expect(space.ok ? "" : space.errors[0].fix).toContain("goal.objective");
  });
});

test.each([
  ["[1]", ["EXP-1 space.yaml:1:1"]],
  ["axes: {}", ["EXP-1 space.yaml:1:1 base"]],
  ["base: vwaa", ["EXP-1 space.yaml:1:7 base"]],
  ["base: vwa\nbases: [vwa]", ["EXP-1 space.yaml:1:1 base"]],
  ["base: vwa\naxis: {}", ["EXP-1 space.yaml:2:1 axis"]],
  ["base: vwa\naxes: [1]", ["EXP-1 space.yaml:2:7 axes"]],
  ["base: vwa\naxes:\n  array.blocks: []", ['EXP-1 space.yaml:3:17 axes."array.blocks"']],
  ["base: vwa\naxes:\n  array.blocks: { from: 1, to: 4 }", ['EXP-2 space.yaml:3:17 axes."array.blocks"']],
  ["base: vwa\naxes:\n  buffers.size: { from: 1KiB, to: 4MiB, factor: 2 }", ['EXP-2 space.yaml:3:17 axes."buffers.size"']],
  ["base: vwa\naxes:\n  array.blocks: { from: 1, to: 9, factor: 1 }", ['EXP-2 space.yaml:3:17 axes."array.blocks"']],
  ["base: vwa\naxes:\n  array.block: [4]", ['TGT-4 space.yaml:3:17 axes."array.block"[0] array.block=4']],
  ["base: vwa\naxes:\n  buffers.size: [64KiB,\n    64KQ]", ['TGT-7 space.yaml:4:5 axes."buffers.size"[1] buffers.size=64KQ']],
  ["base: vwa\naxes:\n  vector: { from: 1, to: 100000, step: 1 }", ["EXP-2 space.yaml:3:11 axes.vector"]],
  ["base: vwa\naxes:\n  array.blocks: { from: 1, to: 1000, step: 1 }\n  array.rows: { from: 1, to: 1000, step: 1 }", ["EXP-3 space.yaml"]],
  ["base: reram-ou\naxes:\n  goal.objectiv: [latency]", ['EXP-6 space.yaml:3:3 axes."goal.objectiv"']],
  [
    "base: reram-ou\naxes:\n  goal.objective: [latency, throughput]",
    ['EXP-6 space.yaml:3:29 axes."goal.objective"[1] goal.objective=throughput'],
  ],
  ["base: reram-ou\naxes:\n  goal.overlap: [any]", ['EXP-6 space.yaml:3:18 axes."goal.overlap"[0] goal.overlap=any']],
  ["base: reram-ou\naxes:\n  objective: [latency]", ["TGT-4 space.yaml:3:15 axes.objective[0] objective=latency"]],
  ["base: vwa\nfront: [latencySeconds, maxCellWrites]", ["EXP-7 space.yaml:2:25 front[1]"]],
  ["base: vwa\nfront: [latencySeconds, latencySeconds]", ["EXP-7 space.yaml:2:25 front[1]"]],
  ["base: vwa\nfront: latencySeconds", ["EXP-1 space.yaml:2:8 front"]],
  ["base: &a vwa\naxes: *a", ["TGT-3 space.yaml:2:7"]],
])("refuses %j", (yaml, expected) => {
  const found = errors(yaml);
  expect(found.filter((e) => !expected.includes(e) && !e.includes("staging"))).toEqual([]);
  expect(found).toEqual(expect.arrayContaining(expected));
});
