import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytes } from "../../../base/units.js";
import type { Budget } from "../../../search/budget.js";
import { allocate } from "./allocate.js";
import { type AllocBuffer, type AllocPlan, formatBuffers, spansOf } from "./buffers.js";
import { allocDocument } from "./document.js";
import { parseBuffers } from "./parse.js";
import { verifyAllocation } from "./verify.js";

const budget: Budget = { seed: 1, nodes: 200_000, stop: () => false, progress: () => {} };

function parsed(...lines: readonly string[]): readonly AllocBuffer[] {
  const result = parseBuffers(lines.join("\n"), "buffers.csv");
  if (!result.ok) throw new Error(result.errors.map(({ message }) => message).join("; "));
  return result.value;
}

const complaints = (...lines: readonly string[]) => {
  const result = parseBuffers(lines.join("\n"), "buffers.csv");
  return (result.ok ? result.warnings : result.errors).map(({ code, where }) => `${code} ${where}`);
};

// The picture: rows are addresses (top to bottom 8-12, 4-8, 0-4), columns times 0-3, 3-9, 9-21. It fills 12 bytes.
//   b1 b2 .
//   b3 b3 b4
//   b5 b5 b5
const FULL = parsed("id,lower,upper,size", "b1,0,3,4", "b2,3,9,4", "b3,0,9,4", "b4,9,21,4", "b5,0,21,4");
const plan = (...offsets: number[]): AllocPlan => ({
  kind: "alloc",
  offsets: offsets.map(bytes),
  peak: bytes(Math.max(...offsets.map((at, i) => at + FULL[i]!.size))),
});
const GOOD = plan(8, 8, 4, 4, 0);

describe("parseBuffers", () => {
  it("reads columns in any order, CRLF, blank lines, a byte order mark, alignments, offsets and gaps", () => {
    const [a, b] = parsed(
      "\uFEFFsize,id,gaps,upper,lower,offset,alignment\r",
      "\r",
      " 64 , a , 7-9 3-5,10,0,,32\r",
      "8,b,,12,10,128,\r",
      "",
    );
    expect(a).toEqual({
      id: "a",
      size: 64,
      alignment: 32,
      lifetime: { start: 0, end: 10 },
      gaps: [
        { start: 3, end: 5 },
        { start: 7, end: 9 },
      ],
    });
    expect(spansOf(a!)).toEqual([
      { start: 0, end: 3 },
      { start: 5, end: 7 },
      { start: 9, end: 10 },
    ]);
    expect(b).toEqual({ id: "b", size: 8, alignment: 1, lifetime: { start: 10, end: 12 }, gaps: [], offset: 128 });
  });

  it("makes a closed `end` half-open", () => {
    expect(parsed("buffer,start,end,size", "a,0,9,4")[0]!.lifetime).toEqual({ start: 0, end: 10 });
  });

  it("reports all errors at once, with their lines", () => {
    expect(
      complaints(
        "id,lower,upper,size,alignment,offset,gaps",
        "a,0,3,4,1,,",
        "b,0,3",
        "c,-1,3,4KiB,0,,",
        "d,5,3,4,1,,",
        "",
        "e,0,9,4,4,6,",
        "f,0,9,4,1,,2-1 x 3-4@1:2 8-12",
      ),
    ).toEqual(
      [
        "ALC-2 buffers.csv:3",
        "ALC-3 buffers.csv:4",
        "ALC-3 buffers.csv:4",
        "ALC-3 buffers.csv:4",
        "ALC-4 buffers.csv:5",
        "ALC-5 buffers.csv:8",
        "ALC-5 buffers.csv:8",
        "ALC-6 buffers.csv:8",
        "ALC-5 buffers.csv:8",
        "ALC-10 buffers.csv:7",
      ].sort((a, b) => Number(a.split(":")[1]) - Number(b.split(":")[1])),
    );
    expect(complaints("id,size,size")).toEqual(["ALC-7 buffers.csv"]);
    expect(complaints("id,size,size", "a,1,1")).toEqual(["ALC-1 buffers.csv:1", "ALC-1 buffers.csv:1", "ALC-1 buffers.csv:1"]);
    expect(complaints("")).toEqual(["ALC-7 buffers.csv"]);
  });

  it("warns of unknown columns, repeated ids and rows that need no room", () => {
    expect(complaints("id,lower,upper,size,colour", "a,0,3,4,red", "a,0,3,0,blue")).toEqual([
      "ALC-8 buffers.csv:1",
      "ALC-11 buffers.csv:3",
      "ALC-9 buffers.csv:3",
    ]);
  });

  it("stops listing after a hundred", () => {
    const errors = complaints("id,lower,upper,size", ...Array.from({ length: 500 }, () => "a,b,c,d"));
    expect(errors).toHaveLength(101);
  });

  it("survives any text", () => {
    const rows = fc.array(
      fc
        .array(fc.oneof(fc.string(), fc.constantFrom("0", "7", "-1", "1e9", "3-5", "3-5@1:2", "9".repeat(30))), { maxLength: 8 })
        .map((row) => row.join(",")),
    );
    fc.assert(
      fc.property(fc.string(), rows, (text, lines) => {
        parseBuffers(text, "x.csv");
        parseBuffers(["id,lower,upper,size,alignment,offset,gaps", ...lines].join("\n"), "x.csv");
      }),
      { numRuns: 300 },
    );
  });
});

describe("allocate", () => {
  it("packs a full square and proves that it cannot be lower", () => {
    const outcome = allocate(FULL, bytes(12), { minimize: false, budget });
    expect(outcome).toMatchObject({ status: "optimal", value: 12, bound: 12 });
  });

  it("minimises below the capacity", () => {
    expect(allocate(FULL, bytes(1 << 20), { minimize: true, budget })).toMatchObject({ status: "optimal", value: 12, bound: 12 });
  });

  it("names time and bytes when too much is alive at once", () => {
    const outcome = allocate(FULL, bytes(10), { minimize: false, budget });
    expect(outcome).toMatchObject({
      status: "infeasible",
      conflict: {
        code: "ALC-20",
        figures: { neededBytes: 12, availableBytes: 10, missingBytes: 2, sufficientBytes: 12, timeStart: 0, timeEnd: 3 },
      },
    });
  });

  it("counts one buffer as one", () => {
    const one = allocate(parsed("id,lower,upper,size", "a,0,3,4"), bytes(2), { minimize: false, budget });
    expect(one).toMatchObject({ conflict: { code: "ALC-20", message: expect.stringContaining("1 buffer needs 4 B") } });
  });

  it("tells given offsets that contradict from a full memory", () => {
    const clash = parsed("id,lower,upper,size,offset", "a,0,4,8,0", "b,2,6,8,4");
    expect(allocate(clash, bytes(64), { minimize: false, budget })).toMatchObject({ status: "infeasible", conflict: { code: "ALC-21" } });
    expect(allocate(clash, bytes(64), { minimize: true, budget })).toMatchObject({ status: "infeasible", conflict: { code: "ALC-21" } });
  });

  it("proves that what fits at every time may still not fit", () => {
    // f holds bytes 2-4 throughout, so 3 free bytes remain, 2 below it and 1 above: no room for 3 in a row.
    const split = parsed("id,lower,upper,size,offset", "f,0,9,2,2", "a,3,5,3,");
    expect(allocate(split, bytes(5), { minimize: false, budget })).toMatchObject({
      status: "infeasible",
      conflict: { code: "ALC-22", figures: { availableBytes: 5, sufficientBytes: 7 } },
    });
  });

  it("never calls a stopped search infeasible", () => {
    const outcome = allocate(FULL, bytes(12), { minimize: false, budget: { ...budget, nodes: 0 } });
    expect(outcome.status).not.toBe("infeasible");
    const crowded = allocate(FULL, bytes(11), { minimize: false, budget: { ...budget, nodes: 0 } });
    expect(crowded).toMatchObject({ status: "infeasible", conflict: { code: "ALC-20" } });
  });

  it("makes plans that the judge accepts, whatever the buffers", () => {
    const buffer = fc.record({
      size: fc.integer({ min: 0, max: 40 }),
      alignment: fc.constantFrom(1, 1, 2, 3, 8),
      start: fc.integer({ min: 0, max: 12 }),
      length: fc.integer({ min: 0, max: 8 }),
      gap: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(buffer, { minLength: 1, maxLength: 14 }), fc.boolean(), (rows, lowest) => {
        const buffers: AllocBuffer[] = rows.map(({ size, alignment, start, length, gap }, i) => ({
          id: `b${i}`,
          size: bytes(size),
          alignment: bytes(alignment),
          lifetime: { start, end: start + length },
          gaps: gap !== undefined && length > gap + 1 ? [{ start: start + 1, end: start + 1 + gap }] : [],
        }));
        const outcome = allocate(buffers, bytes(600), { minimize: lowest, budget: { ...budget, nodes: 5000 } });
        if (outcome.status === "infeasible" || outcome.status === "unknown") throw new Error(outcome.status);
        const verdict = verifyAllocation(buffers, bytes(600), outcome.plan);
        expect(verdict.ok ? [] : verdict.violations).toEqual([]);
        // What is written can be read again and demands the same offsets.
        const again = parsed(formatBuffers(buffers, outcome.plan));
        expect(again.map(({ offset }) => offset)).toEqual(outcome.plan.offsets);
        expect(again.map(spansOf)).toEqual(buffers.map(spansOf));
      }),
      { numRuns: 150 },
    );
  });
});

describe("verifyAllocation", () => {
  const codes = (buffers: readonly AllocBuffer[], capacity: number, claim: AllocPlan) => {
    const verdict = verifyAllocation(buffers, bytes(capacity), claim);
    return verdict.ok ? [] : verdict.violations.map(({ code }) => code);
  };

  it("accepts the picture and replays it", () => {
    const verdict = verifyAllocation(FULL, bytes(12), GOOD);
    expect(verdict.ok && verdict.accepted.replay.totals.peak).toEqual([12]);
    expect(verdict.ok && verdict.accepted.replay.residency[1]).toMatchObject({
      name: "b2",
      offset: 8,
      size: 4,
      cycles: { start: 3, end: 9 },
    });
  });

  it.each([
    ["a missing offset", "ALC-30", FULL, 12, { ...GOOD, offsets: GOOD.offsets.slice(1) }],
    ["half a byte", "ALC-30", FULL, 12, { ...GOOD, offsets: [8.5 as never, ...GOOD.offsets.slice(1)] }],
    ["a broken alignment", "ALC-31", FULL.map((b) => ({ ...b, alignment: bytes(b.id === "b1" ? 16 : 1) })), 12, GOOD],
    ["a capacity too small", "ALC-32", FULL, 11, GOOD],
    ["shared bytes", "ALC-33", FULL, 12, plan(8, 8, 4, 3, 0)],
    [
      "a given offset ignored",
      "ALC-34",
      FULL.map((b) => ({ ...b, offset: bytes(b.id === "b5" ? 4 : GOOD.offsets[FULL.indexOf(b)]!) })),
      12,
      GOOD,
    ],
    ["a false peak", "ALC-35", FULL, 12, { ...GOOD, peak: bytes(11) }],
  ])("refuses %s", (_, code, buffers, capacity, claim) => {
    expect(new Set(codes(buffers, capacity, claim))).toContain(code);
  });

  it("lets bytes be shared in a gap only", () => {
    const rows = ["id,lower,upper,size,gaps", "a,0,10,4,3-6", "b,3,6,4,"];
    const shared: AllocPlan = { kind: "alloc", offsets: [bytes(0), bytes(0)], peak: bytes(4) };
    expect(codes(parsed(...rows), 4, shared)).toEqual([]);
    expect(
      codes(
        parsed(...rows).map((b) => ({ ...b, gaps: [] })),
        4,
        shared,
      ),
    ).toEqual(["ALC-33"]);
  });
});

describe("allocDocument", () => {
  it("prints offsets only of an accepted plan", () => {
    const outcome = allocate(FULL, bytes(12), { minimize: false, budget });
    if (outcome.status !== "optimal") throw new Error(outcome.status);
    const verdict = verifyAllocation(FULL, bytes(12), outcome.plan);
    const document = allocDocument(FULL, 12, outcome, verdict.ok ? verdict.accepted : undefined);
    expect(document).toMatchObject({
      schema: "stowage/alloc/1",
      status: "optimal",
      capacityBytes: 12,
      peakBytes: 12,
      boundBytes: 12,
      gap: 0,
      verified: true,
    });
    expect(document.buffers[0]).toMatchObject({ id: "b1", lower: 0, upper: 3, sizeBytes: 4, offset: outcome.plan.offsets[0] });
    const refused = allocDocument(FULL, 12, outcome, undefined);
    expect(refused.verified).toBe(false);
    expect(refused.buffers.some((row) => "offset" in row)).toBe(false);
  });
});
