import { describe, expect, it } from "vitest";
import type { Rng } from "../base/rng.js";
import { rng } from "../base/rng.js";
import type { Mip, MipAnswer } from "../search/mip.js";
import { highsSolver } from "./highs.js";

const solve = highsSolver();
const LIMITS = { seconds: 20, nodes: 100_000 };
const INF = Number.POSITIVE_INFINITY;

interface Row {
  readonly lower?: number;
  readonly upper?: number;
  readonly terms: Readonly<Record<number, number>>;
}
interface Column {
  readonly cost: number;
  readonly lower?: number;
  readonly upper?: number;
  readonly integer?: boolean;
}

/** Columns default to `[0, ∞)` and continuous, rows to no limit. */
function programme(columns: readonly Column[], rows: readonly Row[]): Mip {
  const entries = rows.map((row) => Object.entries(row.terms).map(([column, value]) => [Number(column), value] as const));
  return {
    columns: columns.length,
    cost: Float64Array.from(columns, (c) => c.cost),
    columnLower: Float64Array.from(columns, (c) => c.lower ?? 0),
    columnUpper: Float64Array.from(columns, (c) => c.upper ?? INF),
    integer: Uint8Array.from(columns, (c) => (c.integer ? 1 : 0)),
    rowStart: Int32Array.from([0, ...entries.map((_, i) => entries.slice(0, i + 1).flat().length)]),
    index: Int32Array.from(entries.flat(), ([column]) => column),
    value: Float64Array.from(entries.flat(), ([, value]) => value),
    rowLower: Float64Array.from(rows, (r) => r.lower ?? -INF),
    rowUpper: Float64Array.from(rows, (r) => r.upper ?? INF),
  };
}

/** The one place that knows the shape of an answer. */
function optimum(answer: MipAnswer): { value: number; x: number[] } {
  if (answer.status !== "optimal") throw new Error(`expected an optimum, got ${JSON.stringify(answer)}`);
  expect(answer.bound).toBeLessThanOrEqual(answer.value);
  expect(answer.value - answer.bound).toBeLessThan(1e-6);
  return { value: answer.value, x: [...answer.x] };
}

describe("linear programmes", () => {
  it("stands on an equality row", async () => {
    // x + y = 10, x <= 4: the cheap x is used up first, so 4 + 2 * 6 = 16.
    const found = optimum(
      await solve(programme([{ cost: 1, upper: 4 }, { cost: 2 }], [{ lower: 10, upper: 10, terms: { 0: 1, 1: 1 } }]), LIMITS),
    );
    expect(found.value).toBeCloseTo(16, 9);
    expect(found.x[0]).toBeCloseTo(4, 9);
  });

  it("lets a free column go below zero", async () => {
    const found = optimum(await solve(programme([{ cost: 1, lower: -INF }], [{ lower: -7, terms: { 0: 1 } }]), LIMITS));
    expect(found.value).toBeCloseTo(-7, 9);
  });

  it("calls an unbounded programme failed, not solved and not infeasible", async () => {
    const answer = await solve(programme([{ cost: -1 }], [{ lower: 0, terms: { 0: 1 } }]), LIMITS);
    expect(answer).toEqual({ status: "failed", reason: "the programme is unbounded" });
  });

  it("has a programme without rows", async () => {
    expect(optimum(await solve(programme([{ cost: 3, lower: 2, upper: 5 }], []), LIMITS)).value).toBe(6);
  });

  it("has a programme without columns", async () => {
    expect(optimum(await solve(programme([], []), LIMITS)).value).toBe(0);
    expect(await solve(programme([], [{ lower: 1, terms: {} }]), LIMITS)).toEqual({ status: "infeasible" });
  });
});

describe("mixed-integer programmes", () => {
  it("rounds neither up nor down to get there", async () => {
    // max 5a + 4b with 6a + 4b <= 24 and a + 2b <= 6: the relaxation has 21 at (3, 1.5); whole numbers reach 20 at (4, 0).
    const found = optimum(
      await solve(
        programme(
          [
            { cost: -5, integer: true },
            { cost: -4, integer: true },
          ],
          [
            { upper: 24, terms: { 0: 6, 1: 4 } },
            { upper: 6, terms: { 0: 1, 1: 2 } },
          ],
        ),
        LIMITS,
      ),
    );
    expect(found).toEqual({ value: -20, x: [4, 0] });
  });

  it("hands over exactly whole numbers beside byte-sized coefficients", async () => {
    const size = 12_345_678;
    const found = optimum(
      await solve(
        programme(
          [
            { cost: size, integer: true, upper: 1 },
            { cost: 1, upper: size },
          ],
          [{ lower: size - 1, upper: size - 1, terms: { 0: size, 1: 1 } }],
        ),
        LIMITS,
      ),
    );
    expect(Number.isInteger(found.x[0])).toBe(true);
    expect(found.value).toBeCloseTo(size - 1, 3);
  });

  it("is infeasible only where the solver says so", async () => {
    const parity = programme([{ cost: 1, integer: true, upper: 10 }], [{ lower: 5, upper: 5, terms: { 0: 2 } }]);
    expect(await solve(parity, LIMITS)).toEqual({ status: "infeasible" });
  });

  it("tells infeasible from unbounded where presolve does not", async () => {
    const columns = [{ cost: -1, integer: true }, { cost: -1 }];
    expect((await solve(programme(columns, [{ lower: 0, terms: { 0: 1, 1: -1 } }]), LIMITS)).status).toBe("failed");
    const contradiction = [
      { lower: 3, terms: { 0: 1, 1: -1 } },
      { upper: 2, terms: { 0: 1, 1: -1 } },
    ];
    expect(await solve(programme(columns, contradiction), LIMITS)).toEqual({ status: "infeasible" });
  });

  it("says limit when it has no time, never infeasible", async () => {
    const answer = await solve(hard(40, 7), { seconds: 0, nodes: 1_000_000 });
    expect(answer.status).toBe("limit");
  });

  it("says limit when it is told to stop, with a bound below its value", async () => {
    const answer = await highsSolver(() => true)(hard(40, 7), LIMITS);
    if (answer.status !== "limit") throw new Error(answer.status);
    expect(answer.bound).toBeLessThanOrEqual(answer.value);
  });

  it("calls a malformed programme failed and solves the next one", async () => {
    const solver = highsSolver();
    const good = programme([{ cost: 1, lower: 1 }], []);
    expect((await solver({ ...good, cost: Float64Array.of(Number.NaN) }, LIMITS)).status).toBe("failed");
    expect(optimum(await solver(good, LIMITS)).value).toBe(1);
  });

  it("agrees with enumeration on small knapsacks with a side row", async () => {
    const random = rng(11);
    for (let n = 0; n < 12; n++) {
      const mip = small(random);
      const best = enumerate(mip);
      const answer = await solve(mip, LIMITS);
      if (best === undefined) expect(answer).toEqual({ status: "infeasible" });
      else expect(optimum(answer).value).toBe(best);
    }
  });
});

const whole = (random: Rng, from: number, to: number): number => from + Math.floor(random() * (to - from + 1));

/** Eight binary columns, one covering row and one equality row that is sometimes out of reach. */
function small(random: Rng): Mip {
  const columns = Array.from({ length: 8 }, () => ({ cost: whole(random, 1, 20), upper: 1, integer: true }));
  const terms = () => Object.fromEntries(columns.map((_, i) => [i, whole(random, 1, 9)]));
  const parity = whole(random, 5, 40);
  return programme(columns, [
    { lower: whole(random, 8, 30), terms: terms() },
    { lower: parity, upper: parity, terms: terms() },
  ]);
}

function enumerate(mip: Mip): number | undefined {
  let best: number | undefined;
  for (let bits = 0; bits < 1 << mip.columns; bits++) {
    const x = Array.from({ length: mip.columns }, (_, i) => (bits >> i) & 1);
    const fits = Array.from(mip.rowLower, (lower, row) => {
      let sum = 0;
      for (let k = mip.rowStart[row]!; k < mip.rowStart[row + 1]!; k++) sum += mip.value[k]! * x[mip.index[k]!]!;
      return sum >= lower && sum <= mip.rowUpper[row]!;
    }).every(Boolean);
    const value = x.reduce((sum, xi, i) => sum + xi * mip.cost[i]!, 0);
    if (fits && (best === undefined || value < best)) best = value;
  }
  return best;
}

/** Market-split rows: hard for branch and bound at forty columns. */
function hard(columns: number, seed: number): Mip {
  const random = rng(seed);
  const cols = Array.from({ length: columns }, () => ({ cost: whole(random, 1, 9), upper: 1, integer: true }));
  const rows = Array.from({ length: 4 }, () => {
    const terms = Object.fromEntries(cols.map((_, i) => [i, whole(random, 1, 99)]));
    const half = Math.floor(Object.values(terms).reduce((a, b) => a + b, 0) / 2);
    return { lower: half, upper: half, terms };
  });
  return programme(cols, rows);
}
