import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { smallLayer, smallMachine, smallProblem } from "../../../test/small-crossbar.js";
import { rng } from "../../base/rng.js";
import { formatOf, packCells, type Wear, wearOf, wearOut } from "../../cost/crossbar/cells.js";
import type { CrossbarPlan, Rotation } from "./plan.js";
import { rigOf } from "./replay-cells.js";
import { watchTurn } from "./replay-rotation.js";
import { turntable } from "./rotation.js";
import { solve } from "./solve.js";
import { verify } from "./verify.js";

const budget = { seed: 1, nodes: 1e6, stop: () => false, progress: () => undefined };

/** One crossbar as a run of the table leaves it: levels of its cells and how often the run wrote each. */
interface Held {
  readonly levels: Uint8Array;
  readonly wear: Uint32Array;
}

function heldAtRandom(seed: number, crossbars: number, cells: number, cellBits: number): readonly Held[] {
  const random = rng(seed);
  return Array.from({ length: crossbars }, () => ({
    levels: Uint8Array.from({ length: cells }, () => Math.floor(random() * 2 ** cellBits)),
    wear: Uint32Array.from({ length: cells }, () => Math.floor(random() * 4) * 2),
  }));
}

/** Goes through every shift of a full turn, with a counter on every cell. */
function turned(held: readonly Held[], rows: number, columns: number, { every, rows: by, crossbars: across }: Omit<Rotation, "claims">) {
  const crossbars = held.length;
  let places = 1;
  while ((places * by) % rows !== 0) places++;
  const shifts = places * (across === 1 ? crossbars : 1);
  const worn = held.map(({ wear }) => new Float64Array(wear.length));
  /** Crossbar and row whose contents a row holds after so many shifts. */
  const origin = (x: number, row: number, shift: number) => {
    const round = Math.floor(shift / places) * across;
    const moved = ((shift % places) * by) % rows;
    return { crossbar: (((x - round) % crossbars) + crossbars) % crossbars, row: (row - moved + rows) % rows };
  };
  let written = 0;
  for (let shift = 0; shift < shifts; shift++)
    worn.forEach((cells, x) => {
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) {
          const [now, next] = [origin(x, row, shift), origin(x, row, (shift + 1) % shifts)];
          const levelOf = (at: typeof now) => held[at.crossbar]!.levels[at.row * columns + column]!;
          const differs = Number(levelOf(now) !== levelOf(next));
          const cell = row * columns + column;
          cells[cell] = cells[cell]! + (every / 2) * held[now.crossbar]!.wear[now.row * columns + column]! + differs;
          written += differs;
        }
    });
  const turn = shifts * every;
  return { turn, maxCellWrites: Math.max(...worn.flatMap((cells) => [...cells])) / turn, cellWrites: written / turn };
}

const situations = fc.record({
  seed: fc.nat(10_000),
  crossbars: fc.integer({ min: 1, max: 4 }),
  rows: fc.integer({ min: 1, max: 6 }),
  columns: fc.constantFrom(3, 8),
  cellBits: fc.constantFrom(1, 2),
});
const machineOf = ({ crossbars, rows, columns, cellBits }: { crossbars: number; rows: number; columns: number; cellBits: number }) =>
  smallMachine({ crossbars, rows, columns, cellBits, unit: { rows: 1, columns: 1 } });

function wearAs(machine: ReturnType<typeof machineOf>, wear: Uint32Array): Wear {
  const { rows, columns, cellBits } = machine;
  const worn = wearOf(formatOf(rows, columns, cellBits));
  const { bits, rowWords } = worn.format;
  wear.forEach((writes, cell) => {
    const bit = Math.floor(cell / columns) * rowWords * 32 + (cell % columns) * bits;
    for (let k = 0; k < writes; k++) wearOut(worn, bit >>> 5, 1 << (bit & 31));
  });
  return worn;
}

describe("watchTurn", () => {
  test("counts what going through every shift counts", () => {
    fc.assert(
      fc.property(situations, fc.nat(5), fc.constantFrom(0 as const, 1 as const), fc.integer({ min: 1, max: 5 }), (s, by, across, runs) => {
        const rotation = { every: 2 * runs, rows: by % s.rows, crossbars: s.crossbars > 1 ? across : (0 as const) };
        if (rotation.rows + rotation.crossbars === 0) return;
        const machine = machineOf(s);
        const held = heldAtRandom(s.seed, s.crossbars, s.rows * s.columns, s.cellBits);
        const watch = watchTurn(machine, { ...rotation, claims: { maxCellWrites: 0, cellWrites: 0 } }, 2);
        for (const { levels, wear } of held)
          watch.see({ ...rigOf(machine, 1), cells: packCells(levels, s.rows, s.columns, s.cellBits), worn: wearAs(machine, wear) });
        const { turn, maxCellWrites, cellWrites } = watch.seen();
        const expected = turned(held, s.rows, s.columns, rotation);
        expect(turn).toBe(expected.turn);
        expect(maxCellWrites).toBeCloseTo(expected.maxCellWrites, 9);
        expect(cellWrites).toBeCloseTo(expected.cellWrites, 9);
      }),
      { numRuns: 200 },
    );
  });
});

describe("turntable", () => {
  test("claims what going through every shift counts, and makes cells last longer", () => {
    let turning = 0;
    fc.assert(
      fc.property(situations, (s) => {
        const machine = machineOf(s);
        const held = heldAtRandom(s.seed, s.crossbars, s.rows * s.columns, s.cellBits);
        const table = turntable(machine, 2);
        for (const { levels, wear } of held) table.see(packCells(levels, s.rows, s.columns, s.cellBits), wearAs(machine, wear));
        const rotation = table.best();
        if (rotation === undefined) return;
        turning++;
        const expected = turned(held, s.rows, s.columns, rotation);
        expect(rotation.claims.maxCellWrites).toBeCloseTo(expected.maxCellWrites, 9);
        expect(rotation.claims.cellWrites).toBeCloseTo(expected.cellWrites, 9);
        const still = Math.max(...held.flatMap(({ wear }) => [...wear])) / 2;
        expect(expected.maxCellWrites).toBeLessThan(still);
      }),
      { numRuns: 100 },
    );
    expect(turning).toBeGreaterThan(50);
  });

  test("what is never written needs no turning", () => {
    const machine = smallMachine();
    const table = turntable(machine, 2);
    for (let x = 0; x < machine.crossbars; x++) table.see(new Uint32Array(8), wearOf(formatOf(8, 16, 1)));
    expect(table.best()).toBeUndefined();
  });
});

describe("a plan that turns", () => {
  const layers = [smallLayer(1, { inputs: 40, outputs: 9 }), smallLayer(2, { inputs: 30, outputs: 9, after: [0] })];
  const problem = { ...smallProblem(layers, { crossbars: 3, firing: 3 }), objective: "endurance" as const };
  const found = solve(problem, budget);
  if (found.status !== "feasible" || found.plan.rotation === undefined) throw new Error("nothing turns");
  const plan: CrossbarPlan & { readonly rotation: Rotation } = { ...found.plan, rotation: found.plan.rotation };

  test("passes the judge and lasts longer than standing still", () => {
    const verdict = verify(problem, plan);
    expect(verdict.ok || verdict.violations).toBe(true);
    const { rotation, totals } = (verdict.ok && verdict.accepted.replay.crossbar) || {};
    expect(rotation!.maxCellWrites).toBeLessThan(totals!.maxCellWrites);
    expect(rotation!.life).toBeGreaterThan(problem.machine.programming.endurance / totals!.maxCellWrites);
    expect(rotation!.life).toBeLessThanOrEqual(problem.machine.programming.endurance / rotation!.maxCellWrites);
  });

  test("other objectives leave everything in its place", () => {
    const still = solve({ ...problem, objective: "latency" }, budget);
    expect(still.status === "feasible" && still.plan.rotation).toBe(undefined);
  });

  const { claims } = plan.rotation;
  const wrong: readonly (readonly [string, Partial<Rotation>])[] = [
    ["claims less wear than a full turn makes", { claims: { ...claims, maxCellWrites: claims.maxCellWrites * 0.99 } }],
    ["claims fewer writes by shifting", { claims: { ...claims, cellWrites: claims.cellWrites / 2 } }],
    ["shifts twice as often as its claims are for", { every: plan.rotation.every * 2 }],
    ["moves by other rows than its claims are for", { rows: plan.rotation.rows === 0 ? 1 : 0, crossbars: 1 }],
    ["shifts within a run of the table", { every: plan.rotation.every + 1 }],
    ["moves by more rows than there are", { rows: 8 }],
    ["moves nothing", { rows: 0, crossbars: 0 }],
  ];
  test.each(wrong)("%s: refused", (_, change) => {
    const verdict = verify(problem, { ...plan, rotation: { ...plan.rotation, ...change } });
    expect(verdict.ok || verdict.violations.map(({ code }) => code)).toContain("XBR-33");
  });

  test("a rotation of one crossbar to itself, and one of no form: refused", () => {
    const one = { ...smallProblem([smallLayer(1, { inputs: 14 })], { crossbars: 1, firing: 1 }), objective: "endurance" as const };
    const alone = solve(one, budget);
    if (alone.status !== "feasible") throw new Error("no plan");
    const codes = (rotation: unknown) => {
      const verdict = verify(one, { ...alone.plan, rotation: rotation as Rotation });
      return verdict.ok || verdict.violations.map(({ code }) => code);
    };
    expect(codes({ every: 2, rows: 1, crossbars: 1, claims })).toContain("XBR-33");
    expect(codes({ every: 0, rows: 1, crossbars: 2, claims })).toContain("XBR-20");
  });
});
