import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Laid, randomMapping, slowPlan, smallLayer, smallProblem } from "../../../test/small-crossbar.js";
import { fromBase64, toBase64 } from "../../base/base64.js";
import type { Seconds } from "../../base/units.js";
import { geometryOf } from "../../cost/crossbar/geometry.js";
import { ENCODINGS, WRITE_MODELS } from "../../target/crossbar-target.js";
import { type CrossbarPlan, type CrossbarProblem, LAYOUTS, type Load, type Machine, type Mapping } from "./plan.js";
import { verify } from "./verify.js";

const laid: Laid = { encoding: "twosComplement", layout: "outputs", sharing: 1, spread: 1, rounds: 2 };

/** All times in milliseconds: as long as random tables get, none lasts hours. */
const brief = { cycle: 1e-3 as Seconds, offChipRate: 2e3 as Machine["offChipRate"] };
const briefWriting = { set: 2e-3 as Seconds, reset: 3e-3 as Seconds, row: 5e-3 as Seconds };

/** Two layers, the second after the first, and the plan that does one thing after the other. */
function sample(inferences: 1 | 2 = 1, machine: Partial<Machine> = {}): { problem: CrossbarProblem; plan: CrossbarPlan } {
  const problem = smallProblem([smallLayer(1), smallLayer(2, { after: [0], inputs: 5, outputs: 2 })], machine);
  const mappings = problem.layers.map((layer, l) => randomMapping(layer, { ...laid, rounds: 4 - 3 * l }, problem.machine, 3 + l));
  return { problem, plan: slowPlan(problem, mappings, inferences) };
}

const codes = (problem: CrossbarProblem, plan: unknown): readonly string[] => {
  const verdict = verify(problem, plan as CrossbarPlan);
  return verdict.ok ? [] : [...new Set(verdict.violations.map(({ code }) => code))];
};

describe("plans that run", () => {
  test("are accepted, with products equal on every encoding, layout, cell and write model", () => {
    fc.assert(
      fc.property(
        fc.record({
          encoding: fc.constantFrom(...ENCODINGS),
          layout: fc.constantFrom(...LAYOUTS),
          sharing: fc.integer({ min: 1, max: 2 }),
          spread: fc.integer({ min: 1, max: 2 }),
          rounds: fc.integer({ min: 1, max: 3 }),
        }),
        fc.record({
          inputs: fc.integer({ min: 1, max: 16 }),
          outputs: fc.integer({ min: 2, max: 5 }),
          groups: fc.integer({ min: 1, max: 2 }),
        }),
        fc.record({ cellBits: fc.constantFrom(1, 2, 3), inputBits: fc.constantFrom(1, 2, 3), crossbars: fc.constantFrom(1, 2, 30) }),
        fc.constantFrom(...WRITE_MODELS),
        fc.constantFrom(1 as const, 2 as const),
        fc.nat(1000),
        (coding, shape, machine, model, inferences, seed) => {
          const base = smallProblem([]).machine.programming;
          const layers = [smallLayer(seed, shape), smallLayer(seed + 1, { ...shape, after: [0], inputBits: 8 })];
          const problem = smallProblem(layers, { ...machine, ...brief, columns: 32, programming: { ...base, ...briefWriting, model } });
          const ways = layers.map((layer): Laid => {
            const sharing = coding.encoding === "magnitude" ? 1 : coding.sharing;
            const spread = Math.min(coding.spread, layer.inputs);
            const rounds = Math.min(layer.inputs, Math.max(coding.rounds, Math.ceil(layer.inputs / (8 * spread))));
            return { ...coding, sharing, spread, rounds };
          });
          const mappings = layers.map((layer, l) => {
            const mapping = randomMapping(layer, ways[l]!, problem.machine, seed);
            // Anywhere that leaves room for its bundles.
            const { across, width, strips } = geometryOf(layer, mapping, problem.machine);
            const room = problem.machine.columns - across * width;
            return { ...mapping, left: Array.from({ length: strips * mapping.spread }, (_, k) => (seed * (k + 1)) % (room + 1)) };
          });
          const verdict = verify(problem, slowPlan(problem, mappings, inferences));
          expect(verdict.ok || verdict.violations).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
  });

  test("a network that has a crossbar for each content writes nothing", () => {
    const { problem, plan } = sample(1, { crossbars: 30 });
    const verdict = verify(problem, plan);
    expect(verdict.ok && verdict.accepted.replay.crossbar?.totals).toMatchObject({ programming: 0, cellWrites: 0, maxCellWrites: 0 });
  });

  test("one crossbar, one-bit cells: counted by hand", () => {
    // Two rounds of one input and one output of 2 bits: the cells (low, sign) go 01 -> 10 -> 01, two writes each way.
    const weights = toBase64(Uint8Array.of(1, -2 & 255)); // 1 = low 1, sign 0; -2 = low 0, sign 1
    const layer = smallLayer(1, { inputs: 2, outputs: 1, bits: 2, inputBits: 2, vectors: 1 });
    const problem = smallProblem([{ ...layer, weights }], { crossbars: 1, rows: 1, unit: { rows: 1, columns: 2 }, columns: 2 });
    const table = toBase64(new Uint8Array(Uint16Array.of(0, 1).buffer));
    const plan = slowPlan(problem, [{ ...laid, top: 0, table: [table] }]);
    const verdict = verify(problem, plan);
    expect(verdict.ok || verdict.violations).toBe(true);
    if (!verdict.ok) return;
    // Each load: a SET of 2 s and a RESET of 3 s, fetched 2 bits = 1 byte at 2 B/s, fired in 2 cycles of 1 s.
    expect(verdict.accepted.replay.crossbar!.totals).toEqual({
      latency: 2 * (0.5 + 5 + 2),
      programming: 10,
      computing: 4,
      // Pulses 4, steps 4, activations 4, bytes 2.
      energy: 14,
      cellWrites: 4,
      maxCellWrites: 2,
      fetched: 2,
    });
  });
});

describe("broken plans are refused with their code", () => {
  const { problem, plan } = sample();
  const withMapping = (change: Partial<Mapping>): CrossbarPlan => ({
    ...plan,
    mappings: plan.mappings.map((m, l) => (l === 0 ? { ...m, ...change } : m)),
  });
  const withLoad = (x: number, k: number, change: (load: Load) => Load): CrossbarPlan => ({
    ...plan,
    sequences: plan.sequences.map((loads, i) => (i === x ? loads.map((load, j) => (j === k ? change(load) : load)) : loads)),
  });
  const shifted = ({ start, end }: Load["fire"], by: number) => ({ start: (start + by) as Seconds, end: (end + by) as Seconds });
  const changedTable = (change: (table: Uint16Array) => void): CrossbarPlan => {
    const [first, ...rest] = plan.mappings[0]!.table;
    const bytes = fromBase64(first!)!;
    change(new Uint16Array(bytes.buffer, 0, bytes.length / 2));
    return withMapping({ table: [toBase64(bytes), ...rest] });
  };

  test("the sample is accepted", () => {
    expect(codes(problem, plan)).toEqual([]);
  });
  test("XBR-20: no plan, a layer that is not there, a table of another size", () => {
    expect(codes(problem, undefined)).toEqual(["XBR-20"]);
    expect(codes(problem, { ...plan, sequences: plan.sequences.slice(1) })).toEqual(["XBR-20"]);
    expect(
      codes(
        problem,
        withLoad(0, 0, (load) => ({ ...load, layer: 2 })),
      ),
    ).toEqual(["XBR-20"]);
    expect(
      codes(
        problem,
        withLoad(0, 0, (load) => ({ ...load, fire: { start: 2 as Seconds, end: 1 as Seconds } })),
      ),
    ).toEqual(["XBR-20"]);
    const [first, ...rest] = plan.mappings[0]!.table;
    for (const table of [
      "AAAA",
      ["AAAA"],
      rest,
      ["AAAA", ...rest],
      [`${first!.slice(0, -1)}!`, ...rest],
      [`${first!.slice(0, -4)}AAA=`, ...rest],
    ])
      expect(codes(problem, withMapping({ table: table as readonly string[] }))).toEqual(["XBR-20"]);
  });
  test("XBR-20: a table that lasts longer than picoseconds are counted", () => {
    const late = { ...plan, sequences: plan.sequences.map((loads) => loads.map((load) => ({ ...load, fire: shifted(load.fire, 9007) }))) };
    expect(codes(problem, late)).toEqual(["XBR-20"]);
    const slow = smallProblem([smallLayer(1)], { cycle: 100 as Seconds });
    const slower = slowPlan(
      slow,
      slow.layers.map((layer) => randomMapping(layer, { ...laid, rounds: 4 }, slow.machine, 1)),
    );
    expect(codes(slow, slower)).toEqual(["XBR-20"]);
  });
  test("XBR-34: more waits to be written than its part of the buffer holds", () => {
    const buffer = 1 as typeof problem.machine.buffer;
    expect(codes({ ...problem, machine: { ...problem.machine, buffer } }, plan)).toContain("XBR-34");
  });
  test("XBR-21: too few rounds, rows that are not there, an encoding or sharing that was not asked for", () => {
    expect(codes(problem, withMapping({ rounds: 1 }))).toEqual(["XBR-21"]);
    expect(codes(problem, withMapping({ top: 6 }))).toEqual(["XBR-21"]);
    expect(codes(problem, withMapping({ left: problem.machine.columns - 1 }))).toEqual(["XBR-21"]);
    expect(codes(problem, withMapping({ left: [0, 0, 0] }))).toEqual(["XBR-21"]);
    expect(codes(problem, withMapping({ encoding: "magnitude", sharing: 2 }))).toEqual(["XBR-21"]);
    expect(codes({ ...problem, encoding: "offset" }, plan)).toEqual(["XBR-21"]);
    expect(codes({ ...problem, sharing: 2 }, plan)).toEqual(["XBR-21"]);
  });
  test("XBR-21: an integer that the encoding has no code for", () => {
    const weights = toBase64(Uint8Array.of(1, -2 & 255));
    const layer = { ...smallLayer(1, { inputs: 2, outputs: 1, bits: 2, inputBits: 2 }), weights };
    const lowest = smallProblem([layer]);
    const mapping = { ...laid, rounds: 1, top: 0, table: [] };
    expect(codes(lowest, slowPlan(lowest, [mapping]))).toEqual([]);
    expect(codes(lowest, slowPlan(lowest, [{ ...mapping, encoding: "magnitude" }]))).toEqual(["XBR-21"]);
  });
  test("XBR-22: an input that stands twice, not at all, or does not exist", () => {
    const first = (table: Uint16Array) => table.findIndex((input) => input !== 0xffff);
    expect(
      codes(
        problem,
        changedTable((table) =>
          table.fill(table.find((input) => input !== 0xffff && input !== table[first(table)])!, first(table), first(table) + 1),
        ),
      ),
    ).toEqual(["XBR-22"]);
    expect(
      codes(
        problem,
        changedTable((table) => table.fill(0xffff, first(table), first(table) + 1)),
      ),
    ).toEqual(["XBR-22"]);
    expect(
      codes(
        problem,
        changedTable((table) => table.fill(12, first(table), first(table) + 1)),
      ),
    ).toEqual(["XBR-22"]);
  });
  test("XBR-23: a content that fires twice, or that does not exist", () => {
    expect(
      codes(
        problem,
        withLoad(0, 0, (load) => ({ ...load, round: 1 - load.round })),
      ),
    ).toEqual(["XBR-23"]);
    expect(
      codes(
        problem,
        withLoad(0, 0, (load) => ({ ...load, round: 7 })),
      ),
    ).toEqual(["XBR-23"]);
    expect(codes(problem, { ...plan, inferences: 2 })).toEqual(["XBR-23"]);
  });
  test("XBR-24: written before it is fetched, fired before it is written, before the load before is done", () => {
    const long = { ...plan, claims: { ...plan.claims } };
    expect(codes(problem, long)).toEqual([]);
    expect(
      codes(
        problem,
        withLoad(1, 0, (load) => ({ ...load, fetch: shifted(load.fetch, 1) })),
      ),
    ).toContain("XBR-24");
    expect(
      codes(
        problem,
        withLoad(1, 0, (load) => ({ ...load, program: shifted(load.program, 1) })),
      ),
    ).toContain("XBR-24");
    expect(
      codes(
        problem,
        withLoad(0, 1, (load) => ({ ...load, program: shifted(load.program, -load.program.start) })),
      ),
    ).toContain("XBR-24");
  });
  test("XBR-25: a span that is shorter or longer than it takes", () => {
    for (const what of ["fetch", "program", "fire"] as const)
      for (const by of [-0.1, 0.1]) {
        const found = codes(
          problem,
          withLoad(1, 0, (load) => ({ ...load, [what]: { start: load[what].start, end: load[what].end + by } })),
        );
        expect(found).toContain("XBR-25");
      }
  });
  test("XBR-26: more crossbars written, or firing, than may", () => {
    const narrow = sample(1, { firing: 1 });
    const crowded = (what: "program" | "fire"): CrossbarPlan => {
      const at = narrow.plan.sequences[0]![1]![what].start;
      return {
        ...narrow.plan,
        sequences: narrow.plan.sequences.map((loads, x) =>
          x === 1 ? loads.map((load, k) => (k === 1 ? { ...load, [what]: shifted(load[what], at - load[what].start) } : load)) : loads,
        ),
      };
    };
    expect(codes(narrow.problem, crowded("program"))).toContain("XBR-26");
    expect(codes(narrow.problem, crowded("fire"))).toContain("XBR-26");
  });
  test("XBR-27: two loads on the link", () => {
    const at = plan.sequences[0]![1]!.fetch.start;
    expect(
      codes(
        problem,
        withLoad(1, 1, (load) => ({ ...load, fetch: shifted(load.fetch, at - load.fetch.start) })),
      ),
    ).toContain("XBR-27");
  });
  test("XBR-28: a layer that does not wait, an inference that does not", () => {
    const late = {
      ...problem,
      layers: [
        { ...problem.layers[0]!, after: [1] },
        { ...problem.layers[1]!, after: [] },
      ],
    };
    expect(codes(late, plan)).toContain("XBR-28");
    const twice = sample(2);
    const second = twice.plan.sequences[0]!.length / 2;
    const at = twice.plan.sequences.flat().reduce((end, { fire }, k) => (k < second ? Math.max(end, fire.end) : end), 0);
    const early = {
      ...twice.plan,
      sequences: twice.plan.sequences.map((loads, x) =>
        x === 1
          ? loads.map((load, k) => (k === loads.length / 2 ? { ...load, fire: shifted(load.fire, at - 40 - load.fire.start) } : load))
          : loads,
      ),
    };
    expect(codes(twice.problem, early)).toContain("XBR-28");
  });
  test("XBR-29: cells that nobody wrote, and XBR-30: so the product is another", () => {
    const forgotten = withLoad(1, 0, (load) => ({ ...load, program: { start: load.program.end, end: load.program.end } }));
    expect(codes(problem, forgotten)).toEqual(expect.arrayContaining(["XBR-29", "XBR-30"]));
  });
  test("XBR-31: figures that the replay does not count", () => {
    for (const key of ["latency", "energy", "cellWrites", "maxCellWrites"] as const)
      expect(codes(problem, { ...plan, claims: { ...plan.claims, [key]: plan.claims[key] * 1.001 } })).toEqual(["XBR-31"]);
  });
  test("XBR-35: a cell that is written more often than is allowed", () => {
    const { maxCellWrites } = plan.claims;
    expect(maxCellWrites).toBeGreaterThan(0);
    expect(codes({ ...problem, mostCellWrites: maxCellWrites }, plan)).toEqual([]);
    expect(codes({ ...problem, mostCellWrites: maxCellWrites - 0.5 }, plan)).toEqual(["XBR-35"]);
    const verdict = verify({ ...problem, mostCellWrites: 0.5 }, plan);
    expect(!verdict.ok && verdict.violations[0].message).toBe(
      `a cell is written ${maxCellWrites} times per inference; at most 0.5 are allowed`,
    );
  });
  test("XBR-32: a bound above the value", () => {
    expect(codes(problem, { ...plan, levels: [{ ...plan.levels[0]!, bound: plan.levels[0]!.value * 2 }] })).toEqual(["XBR-32"]);
  });
});
