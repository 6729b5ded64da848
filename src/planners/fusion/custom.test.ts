import { describe, expect, test } from "vitest";
import { posedExample } from "../../../test/fusion-sample.js";
import { randomFusion } from "../../../test/random-fusion.js";
import { bytes, picojoulesPerByte } from "../../base/units.js";
import type { NestMapping } from "../../cost/nest/problem.js";
import { tileNest } from "../../cost/nest/tile.js";
import type { Hierarchy, Memory } from "../../target/hierarchy.js";
import { compulsory } from "./bounds.js";
import { explore } from "./group.js";
import { refit } from "./mapping/refit.js";
import { staircase } from "./objective.js";
import type { FusionPlan, FusionProblem, TileMapping } from "./plan.js";
import { makePricing } from "./pricing.js";
import { readProblem } from "./read.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";

const budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => {} };

/** Four lanes for results, three that add up; a register for each weight, and the buffer around. */
const REGISTERS: Memory = {
  name: "weights",
  size: 16,
  energy: { read: 0.1, write: 0.1 },
  roles: ["weight"],
  ports: [
    {
      name: "port",
      bandwidth: { min: 8, max: 16 },
      serves: [
        { role: "weight", direction: "toBelow" },
        { role: "weight", direction: "fromAbove" },
      ],
    },
  ],
  serves: [],
};
const BUFFER: Memory = {
  name: "buffer",
  size: 8000,
  energy: { read: 2, write: 3 },
  roles: ["input", "weight", "output"],
  ports: [
    {
      name: "port",
      bandwidth: { min: 8, max: 64 },
      serves: [
        { role: "input", direction: "toBelow" },
        { role: "weight", direction: "toBelow" },
        { role: "output", direction: "toBelow" },
        { role: "output", direction: "fromBelow" },
      ],
    },
  ],
  serves: [0, 1],
};
const AXES = [
  { name: "outputs", size: 4 },
  { name: "inputs", size: 3 },
];
const around = (...memories: readonly Memory[]): Hierarchy => ({ name: "small", axes: AXES, macEnergy: 1, memories });

function random(
  seed: number,
  count: number,
  size: number,
  objective: FusionProblem["objective"],
  hierarchy = around(REGISTERS, BUFFER),
): FusionProblem {
  const problem = randomFusion(seed, count);
  const { machine } = problem;
  return {
    ...problem,
    objective,
    machine: {
      ...machine,
      array: { template: "custom", hierarchy },
      buffers: { arrangement: "unified", size: bytes(size), staging: bytes(40) },
      energy: { ...machine.energy, buffer: picojoulesPerByte(2) },
    },
  };
}

function planned(problem: FusionProblem) {
  const outcome = solve(problem, budget);
  if (outcome.status !== "optimal" && outcome.status !== "feasible") throw new Error(JSON.stringify(outcome));
  return outcome;
}

/** Networks of few elements: what the search rounds away may be more than 5 %. */
const excused = (plan: FusionPlan): FusionPlan => {
  const because = "the network is small";
  return { ...plan, claims: { ...plan.claims, because, layerByLayer: { ...plan.claims.layerByLayer, because } } };
};

const seeds = Array.from({ length: 16 }, (_, i) => 100 + i);

describe("any hierarchy as the array", () => {
  test("plans are accepted, and no replay undercuts the bounds", () => {
    for (const seed of seeds) {
      const problem = random(seed, 6, 1200, "balanced");
      const { plan, value, bound } = planned(problem);
      const verdict = verify(problem, excused(plan));
      if (!verdict.ok) throw new Error(`seed ${seed}: ${JSON.stringify(verdict.violations.slice(0, 3))}`);
      expect(bound).toBeLessThanOrEqual(value);
      const { traffic, macs, cycles } = compulsory(makePricing(problem));
      const { totals, stretches } = verdict.accepted.replay;
      expect(Object.values(totals.trafficByCause).reduce((n, size) => n + size, 0)).toBeGreaterThanOrEqual(traffic);
      expect(totals.latency).toBeGreaterThanOrEqual(Math.max(cycles, macs / 12, traffic / problem.machine.offChipRate));
      const parts = (stretches ?? []).flatMap(({ energy }) => Object.values(energy));
      expect(parts.reduce((n, part) => n + part, 0)).toBeCloseTo(totals.energy, 6);
    }
  });

  test("a group of one is layer by layer", () => {
    for (const seed of seeds) {
      const { plan } = planned(random(seed, 1, 1200, "balanced"));
      expect(plan.groups).toEqual(plan.layerByLayer);
    }
  });

  test("traffic never rises when the buffer grows, and what is done on chip does not depend on it", () => {
    for (const seed of seeds.slice(0, 6)) {
      const values = [1200, 2400, 5000, 20_000].map((size) => planned(random(seed, 5, size, "traffic")).value);
      expect(values).toEqual(values.toSorted((a, b) => b - a));
      const [small, large] = [5000, 20_000].map((size) => makePricing(random(seed, 5, size, "energy")).costs.exchange(0, 2, 2));
      expect(small).toBe(large);
    }
  });

  test("every shape of tile has one mapping", () => {
    const { plan } = planned(random(101, 6, 1200, "latency"));
    const names = (plan.mappings ?? []).map(({ layer, rows, columns }) => `${layer} ${rows} ${columns}`);
    expect(names.length).toBeGreaterThan(0);
    expect(new Set(names).size).toBe(names.length);
  });

  test("memories that no step fits are named", () => {
    const outcome = solve(random(101, 3, 1200, "balanced", around({ ...REGISTERS, size: 2 }, BUFFER)), budget);
    expect(outcome).toMatchObject({ status: "infeasible", conflict: { code: "FUS-25", figures: { smallestMemoryBytes: 0.25 } } });
  });

  test("its problems can be written down and read back, and gaps in a hierarchy are found", () => {
    const messages = (...memories: readonly Memory[]) => {
      const problem = random(101, 3, 1200, "balanced", around(...memories));
      const checked = readProblem(JSON.parse(JSON.stringify(problem)), "problem");
      return checked.ok ? [] : checked.errors.map(({ message }) => message);
    };
    expect(messages(REGISTERS, BUFFER)).toEqual([]);
    expect(messages(REGISTERS)).toContain("none holds output");
    expect(messages(REGISTERS, { ...BUFFER, serves: [5] })).toEqual(["names axis 5, there are 2"]);
    expect(messages({ ...REGISTERS, ports: [] }, BUFFER)).toEqual(["none serves weight.toBelow", "none serves weight.fromAbove"]);
    const odd = { ...BUFFER, ports: BUFFER.ports.map((port) => ({ ...port, bandwidth: { min: 24, max: 64 } })) };
    expect(messages(REGISTERS, odd)).toEqual(["64 bit per cycle in granules of 24 bit"]);
  });
});

describe("the judge believes no mapping", () => {
  const problem = posedExample("resnet8", "custom-three-level", { objective: "balanced" }, ["buffers.size=24KiB"]);
  const { plan } = planned(problem);
  const mappings = plan.mappings!;
  const codes = (claim: unknown) => {
    const verdict = verify(problem, claim as FusionPlan);
    return verdict.ok ? [] : [...new Set(verdict.violations.map(({ code }) => code))];
  };
  const busiest = mappings.findIndex(({ mapping }) => mapping.spatial.length > 1 && mapping.temporal.length > 2);
  const changed = (change: (mapping: NestMapping) => NestMapping): readonly TileMapping[] =>
    mappings.with(busiest, { ...mappings[busiest]!, mapping: change(mappings[busiest]!.mapping) });
  const levels = (m: NestMapping, inner: number) =>
    m.cuts.map((cuts) => cuts.map((_, i) => (i === cuts.length - 1 ? m.temporal.length : inner)));

  test("the plan itself is accepted", () => expect(codes(plan)).toEqual([]));

  test("weights are as wide as they are stored, biases beside them or not", () => {
    for (const { kind, factorBits } of problem.layers) expect(factorBits).toBe(kind === "mac" ? 8 : undefined);
  });

  test("FUS-13: no mapping for a tile", () => {
    expect(codes({ ...plan, mappings: mappings.slice(1) })).toEqual(["FUS-13"]);
    expect(codes({ ...plan, mappings: undefined })).toEqual(["FUS-13"]);
  });

  test("FUS-13: registers that would have to hold everything", () => {
    expect(codes({ ...plan, mappings: changed((m) => ({ ...m, cuts: levels(m, m.temporal.length) })) })).toEqual(["FUS-13"]);
  });

  test.each<[string, string, (mapping: NestMapping) => NestMapping]>([
    ["FUS-51", "a loop that is not there", (m) => ({ ...m, temporal: m.temporal.with(0, { loop: 9, size: 2 }) })],
    ["FUS-52", "a step too many", (m) => ({ ...m, temporal: m.temporal.with(0, { ...m.temporal[0]!, size: m.temporal[0]!.size + 1 }) })],
    [
      "FUS-52",
      "steps left out",
      (m) => ({ ...m, temporal: m.temporal.slice(1), cuts: levels({ ...m, temporal: m.temporal.slice(1) }, 0) }),
    ],
    ["FUS-53", "more lanes than there are", (m) => ({ ...m, spatial: m.spatial.map((lane) => ({ ...lane, factor: 64 })) })],
    ["FUS-54", "a buffer that does not hold the tile", (m) => ({ ...m, cuts: m.cuts.map((cuts) => cuts.map(() => 0)) })],
  ])("%s: %s", (code, _, change) => expect(codes({ ...plan, mappings: changed(change) })).toContain(code));

  test.each<[string, unknown]>([
    ["no list", 7],
    ["for no layer", [{ ...mappings[0]!, layer: 99 }]],
    ["no mapping", [{ ...mappings[0]!, mapping: null }]],
    ["half a factor", changed((m) => ({ ...m, temporal: [{ loop: 1, size: 0.5 }] }))],
  ])("FUS-1: %s", (_, wrong) => expect(codes({ ...plan, mappings: wrong })).toEqual(["FUS-1"]));

  test("FUS-12: a mapping of one lane, and the same claims", () => {
    const slow = mappings.map(({ mapping, ...tile }): TileMapping => {
      const { shape } = problem.layers[tile.layer]!;
      const { loops } = tileNest({ shape, widths: { input: 8, weight: 8, sum: 16, output: 8 } }, tile.rows, tile.columns);
      const one = { ...mapping, spatial: [], temporal: loops.flatMap(({ size }, loop) => (size > 1 ? [{ loop, size }] : [])) };
      return { ...tile, mapping: { ...one, cuts: levels(one, 0) } };
    });
    const { because: _, layerByLayer, ...claims } = plan.claims;
    const { because: __, ...alone } = layerByLayer;
    expect(codes({ ...plan, claims: { ...claims, layerByLayer: alone }, mappings: slow })).toEqual(["FUS-12"]);
  });

  test("no way to run a layer takes less than the array does with all lanes busy", () => {
    const pricing = makePricing(problem);
    problem.layers.forEach((_, l) => {
      const ways = staircase();
      explore(pricing, Int32Array.of(l), ways);
      expect(ways.steps().length).toBeGreaterThan(0);
      for (const { latency } of ways.steps()) expect(latency).toBeGreaterThanOrEqual(pricing.floors.cycles[l]!);
    });
  });
});

test("a mapping fitted to its own tile is the same, and to others covers them", () => {
  const shape = { outputs: 24, inputs: 10, groups: 1, kernel: { height: 3, width: 3 }, stride: { y: 1, x: 2 } };
  const task = { shape, widths: { input: 8, weight: 8, sum: 16, output: 8 } };
  const sizes = (rows: number, columns: number) => tileNest(task, rows, columns).loops.map(({ size }) => size);
  const mapping: NestMapping = {
    spatial: [
      { axis: 0, loop: 1, factor: 4 },
      { axis: 1, loop: 3, factor: 3 },
    ],
    temporal: [
      { loop: 4, size: 2 },
      { loop: 3, size: 4 },
      { loop: 5, size: 3 },
      { loop: 6, size: 3 },
      { loop: 4, size: 7 },
      { loop: 1, size: 6 },
      { loop: 2, size: 10 },
    ],
    cuts: [
      [1, 7],
      [0, 7],
    ],
  };
  const tiles = [
    [1, 1],
    [5, 13],
    [11, 14],
    [12, 6],
  ] as const;
  for (const rest of ["within", "around"] as const) {
    expect(refit(mapping, sizes(12, 14), rest)).toEqual(mapping);
    for (const [rows, columns] of tiles) {
      const { spatial, temporal, cuts } = refit(mapping, sizes(rows, columns), rest);
      sizes(rows, columns).forEach((size, loop) => {
        const lanes = spatial.reduce((n, lane) => (lane.loop === loop ? n * lane.factor : n), 1);
        const steps = temporal.reduce((n, factor) => (factor.loop === loop ? n * factor.size : n), 1);
        expect(steps).toBe(Math.ceil(size / lanes));
      });
      expect(cuts.map((levels) => levels.at(-1))).toEqual([temporal.length, temporal.length]);
    }
  }
});
