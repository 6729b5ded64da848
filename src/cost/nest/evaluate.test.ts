import { describe, expect, test } from "vitest";
import { randomNest } from "../../../test/random-nest.js";
import type { Hierarchy } from "../../target/hierarchy.js";
import { emptyCost, LINKS, linkCosts, type NestCost } from "./cost.js";
import { evaluate } from "./evaluate.js";
import { checkMapping, flatMapping, load, unload } from "./mapping.js";
import { type Prepared, prepare } from "./prepare.js";
import { type Conventions, exact, type NestMapping, type NestProblem, timeloop, zigzag } from "./problem.js";
import { linkOf } from "./stalls.js";

const all = [exact, zigzag, timeloop];
const nests = Array.from({ length: 150 }, (_, seed) => randomNest(seed));

function costOf(
  problem: NestProblem,
  hierarchy: Hierarchy,
  mapping: NestMapping,
  conventions: Conventions,
): { p: Prepared; cost: NestCost } {
  const p = prepare(problem, hierarchy, conventions);
  return { p, cost: evaluate(p, load(mapping, flatMapping(p)), emptyCost(p)) };
}

// 2 x 3 matrix times 3 x 2 matrix, one processing element, registers of each kind over one memory of 8 bits per cycle.
const product: NestProblem = {
  loops: [
    { name: "N", size: 2 },
    { name: "K", size: 2 },
    { name: "C", size: 3 },
  ],
  operands: [
    { role: "output", indices: axes(0, 1), shape: [2, 2], bits: 8, partialBits: 16 },
    { role: "input", indices: axes(0, 2), shape: [2, 3], bits: 8 },
    { role: "weight", indices: axes(2, 1), shape: [3, 2], bits: 8 },
  ],
};
const roles = ["output", "input", "weight"] as const;
const everything = roles.flatMap((role) =>
  (["toBelow", "fromBelow", "toAbove", "fromAbove"] as const).map((direction) => ({ role, direction })),
);
const machine: Hierarchy = {
  name: "registers and a memory",
  axes: [],
  macEnergy: 1,
  memories: [
    {
      name: "registers",
      size: 1024,
      energy: { read: 1, write: 1 },
      roles,
      serves: [],
      ports: everything.map((link) => ({ name: `${link.role} ${link.direction}`, bandwidth: { min: 8, max: 16 }, serves: [link] })),
    },
    {
      name: "memory",
      size: 1024,
      energy: { read: 10, write: 10 },
      roles,
      serves: [],
      ports: [{ name: "bus", bandwidth: { min: 8, max: 8 }, serves: everything }],
    },
  ],
};
// for n in 2: for k in 2: for c in 3, registers hold one result and one row and column in turn.
const dot: NestMapping = {
  spatial: [],
  temporal: [
    { loop: 2, size: 3 },
    { loop: 1, size: 2 },
    { loop: 0, size: 2 },
  ],
  cuts: [
    [1, 3],
    [1, 3],
    [1, 3],
  ],
};

test("a matrix product by hand", () => {
  const { p, cost } = costOf(product, machine, dot, exact);
  const rows = linkCosts(p, cost).map(({ role, memory, direction, elements, accesses }) => [role, memory, direction, elements, accesses]);
  expect(rows).toEqual([
    // 12 products; each of 4 sums starts from nothing, so 8 are read back. Sums are 16 bits, one access of 16.
    ["output", "registers", "toBelow", 8, 8],
    ["output", "registers", "fromBelow", 12, 12],
    // A complete sum is 8 bits: half an access of the register's 16, a whole one of the memory.
    ["output", "registers", "toAbove", 4, 2],
    ["output", "memory", "fromBelow", 4, 4],
    // A row of 3 stays over both columns: 2 rows in, and each product reads its factor.
    ["input", "registers", "toBelow", 12, 6],
    ["input", "registers", "fromAbove", 6, 3],
    ["input", "memory", "toBelow", 6, 6],
    // A column of 3 is fetched anew for each of the 4 results.
    ["weight", "registers", "toBelow", 12, 6],
    ["weight", "registers", "fromAbove", 12, 6],
    ["weight", "memory", "toBelow", 12, 12],
  ]);
  // 12 MACs at 1 pJ; registers 8 + 12 + 2 + 6 + 3 + 6 + 6 accesses at 1 pJ; memory 4 + 6 + 12 at 10 pJ.
  expect(cost.energy).toBe(12 + 43 + 220);
  expect(cost.temporal).toBe(12);
  // The bus carries 1 of 2 rows (3), 3 of 4 columns (9) and 3 of 4 sums (3) while 12 cycles compute: 3 cycles short.
  expect(cost.stall).toBe(3);
  expect(p.ports[cost.limitingPort]!.name).toBe("bus");
  // Before, the first row and column take turns on it; after, the last sum leaves.
  expect(cost.onLoading).toBe(6);
  expect(cost.offLoading).toBe(1);
  expect(cost.latency).toBe(22);
});

describe("laws, on random nests", () => {
  test("the parts of energy and time sum to the whole", () => {
    for (const { problem, hierarchy, mapping } of nests) {
      for (const conventions of all) {
        const { p, cost } = costOf(problem, hierarchy, mapping, conventions);
        const parts = linkCosts(p, cost).reduce((sum, { energyPicojoules }) => sum + energyPicojoules, 0);
        expect(cost.energy).toBe(cost.macEnergy + parts + cost.leakageEnergy);
        expect(cost.latency).toBe(cost.temporal + cost.stall + cost.onLoading + cost.offLoading);
        expect(cost.latency).toBeGreaterThanOrEqual(cost.temporal);
      }
    }
  });

  test("the outermost memory moves every element at least once", () => {
    for (const { problem, hierarchy, mapping } of nests) {
      const { p, cost } = costOf(problem, hierarchy, mapping, exact);
      p.operands.forEach(({ isOutput, levels, size, bits }, o) => {
        const link = o * LINKS + (levels - 1) * 4 + (isOutput ? 1 : 0);
        expect(cost.elements[link]).toBeGreaterThanOrEqual(size);
        expect(cost.accesses[link]! * p.ports[p.operands[o]!.port[link - o * LINKS]!]!.max).toBeGreaterThanOrEqual(size * bits);
      });
    }
  });

  test("no port works longer than the run", () => {
    for (const { problem, hierarchy, mapping } of nests) {
      const { p, cost } = costOf(problem, hierarchy, mapping, exact);
      for (const { links } of p.ports) {
        const work = links.reduce((sum, link) => sum + cost.scratch.real[linkOf(link)]! * cost.scratch.linkCount[linkOf(link)]!, 0);
        expect(cost.latency).toBeGreaterThanOrEqual(work);
      }
    }
  });

  test("more bandwidth never costs cycles, and larger memories neither", () => {
    for (const { problem, hierarchy, mapping } of nests) {
      const change = (scaleOf: { bandwidth?: number; size?: number }, which: number): Hierarchy => ({
        ...hierarchy,
        memories: hierarchy.memories.map((memory, i) =>
          i !== which
            ? memory
            : {
                ...memory,
                size: memory.size * (scaleOf.size ?? 1),
                ports: memory.ports.map((port) => ({
                  ...port,
                  bandwidth: { ...port.bandwidth, max: port.bandwidth.max * (scaleOf.bandwidth ?? 1) },
                })),
              },
        ),
      });
      const latency = (h: Hierarchy) => costOf(problem, h, mapping, exact).cost.latency;
      const now = latency(hierarchy);
      hierarchy.memories.forEach((_, i) => {
        expect(latency(change({ bandwidth: 2 }, i))).toBeLessThanOrEqual(now);
        expect(latency(change({ bandwidth: 3 }, i))).toBeLessThanOrEqual(now);
        expect(latency(change({ size: 2 }, i))).toBeLessThanOrEqual(now);
      });
    }
  });

  test("the order of ports, of their links and of operands changes nothing", () => {
    for (const { problem, hierarchy, mapping } of nests) {
      const reversed: Hierarchy = {
        ...hierarchy,
        memories: hierarchy.memories.map((memory) => ({
          ...memory,
          ports: memory.ports.map((port) => ({ ...port, serves: port.serves.toReversed() })).toReversed(),
        })),
      };
      const other = costOf(
        { ...problem, operands: problem.operands.toReversed() },
        reversed,
        { ...mapping, cuts: mapping.cuts.toReversed() },
        exact,
      );
      const { cost } = costOf(problem, hierarchy, mapping, exact);
      expect(other.cost.latency).toBe(cost.latency);
      expect(other.cost.energy).toBeCloseTo(cost.energy, 6);
    }
  });

  test("the same mapping gives the same cost, whatever was evaluated before", () => {
    const [first, second] = [nests[0]!, nests[1]!];
    for (const conventions of all) {
      const p = prepare(first.problem, first.hierarchy, conventions);
      const flat = load(first.mapping, flatMapping(p));
      const once = structuredClone(evaluate(p, flat, emptyCost(p)));
      costOf(second.problem, second.hierarchy, second.mapping, conventions);
      const cost = emptyCost(p);
      evaluate(p, flat, cost);
      expect(evaluate(p, flat, cost)).toEqual(once);
      expect(unload(flat, p)).toEqual(first.mapping);
    }
  });
});

describe("checkMapping refuses", () => {
  const prepared = prepare(product, { ...machine, axes: [{ name: "row", size: 2 }] }, exact);
  const codes = (mapping: NestMapping) => {
    const checked = checkMapping(mapping, prepared);
    return checked.ok ? [] : checked.errors.map(({ code }) => code);
  };

  test("nothing of a mapping that runs", () => expect(codes(dot)).toEqual([]));
  test("a loop that is not there", () => expect(codes({ ...dot, temporal: [...dot.temporal, { loop: 9, size: 1 }] })).toContain("FUS-51"));
  test("an axis that is not there", () => expect(codes({ ...dot, spatial: [{ axis: 3, loop: 0, factor: 1 }] })).toContain("FUS-51"));
  test("cuts for too few operands", () => expect(codes({ ...dot, cuts: dot.cuts.slice(1) })).toContain("FUS-51"));
  test("steps that do not cover a loop", () =>
    expect(
      codes({
        ...dot,
        temporal: dot.temporal.slice(1),
        cuts: [
          [1, 2],
          [1, 2],
          [1, 2],
        ],
      }),
    ).toEqual(["FUS-52"]));
  test("steps beyond a loop", () => expect(codes({ ...dot, spatial: [{ axis: 0, loop: 0, factor: 2 }] })).toEqual(["FUS-52"]));
  test("too many lanes", () => {
    const wide: NestMapping = {
      ...dot,
      spatial: [{ axis: 0, loop: 2, factor: 3 }],
      temporal: dot.temporal.slice(1),
      cuts: [
        [1, 2],
        [1, 2],
        [1, 2],
      ],
    };
    expect(codes(wide)).toEqual(["FUS-53"]);
  });
  test("cuts that fall", () =>
    expect(
      codes({
        ...dot,
        cuts: [
          [3, 1],
          [1, 3],
          [1, 3],
        ],
      }),
    ).toEqual(["FUS-54"]));
  test("a last cut short of all loops", () =>
    expect(
      codes({
        ...dot,
        cuts: [
          [1, 2],
          [1, 3],
          [1, 3],
        ],
      }),
    ).toEqual(["FUS-54"]));
});

test("a hierarchy that leaves a link without a port is a bug of ours", () => {
  const [registers, memory] = machine.memories;
  const broken = { ...machine, memories: [{ ...registers!, ports: registers!.ports.slice(1) }, memory!] };
  expect(() => prepare(product, broken, exact)).toThrow("no port of registers serves the output toBelow");
  expect(() => prepare(product, { ...machine, memories: [] }, exact)).toThrow("0 memories hold the output");
});

function axes(...loops: readonly number[]) {
  return loops.map((loop) => ({ offset: 0, terms: [{ loop, stride: 1 }] }));
}
