import { expect, test } from "vitest";
import { sample } from "../../test/browser/sample.js";
import type { Interval } from "../base/interval.js";
import type { Cause, Residency } from "../base/replay.js";
import { bytes, cycles } from "../base/units.js";
import { headline } from "./headline.js";
import { journeys, occupancy, peakOf } from "./memory.js";
import { report } from "./report.js";
import { text } from "./text.js";

const made = report(sample({ steps: 150 }));
const metric = (key: string): number => Number(made.metrics[key]);
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);

test("bytes by cause, by direction, by tensor and by step all come to the same total", () => {
  const { metrics: m } = made;
  expect(m.offChipBytes).toBe(m.compulsoryBytes + metric("nonCompulsoryBytes"));
  expect(m.offChipBytes).toBe(metric("offChipReadBytes") + metric("offChipWriteBytes"));
  expect(m.offChipBytes).toBe(sum(made.traffic.map((t) => t.sizeBytes)));
  expect(m.offChipBytes).toBe(sum(made.ledger.map((l) => l.sizeBytes)));
  expect(m.offChipBytes).toBe(sum(made.tensors.map((t) => t.compulsoryBytes + t.spillBytes + t.refetchBytes)));
  expect(m.offChipBytes).toBe(sum(made.steps.map((s) => s.inBytes + s.outBytes)));
  expect(m.offChipBytes).toBe(sum(made.slices.map((s) => s.sizeBytes)));
});

test("no figure lies below its floor, and gaps are as the contract says", () => {
  for (const { value, bound = 0, gap } of [...made.figures, made.objective]) {
    expect(value).toBeGreaterThanOrEqual(bound);
    expect(gap).toBeCloseTo((value - bound) / Math.max(1, value), 12);
  }
});

test("an optimal claim above its own bound is shown as feasible", () => {
  const input = sample({ steps: 150 });
  const claim = (bound: number) => report({ ...input, outcome: { ...input.outcome, status: "optimal", bound } }).status;
  expect(claim(made.objective.value)).toBe("optimal");
  expect(claim(made.objective.value - 1)).toBe("feasible");
});

test("busy and idle cycles of the engine fill the time up to the last step's end", () => {
  const end = Math.max(...made.steps.map((s) => s.endCycle));
  expect(sum(made.steps.map((s) => s.stallCycles)) + metric("engineBusyCycles")).toBe(end);
});

test("a tensor that is spilled leaves by a spill and comes back by a fetch", () => {
  const spilled = made.tensors.findIndex((t) => t.spillBytes > 0);
  const stays = made.lives.filter((l) => l.tensor === spilled).sort((a, b) => a.startCycle - b.startCycle);
  expect(stays.length).toBeGreaterThan(1);
  expect(stays[0]!.departure).toBe("spill");
  for (const stay of stays.slice(1)) expect(stay.arrival).toBe("refetch");
  for (const life of made.lives.filter((l) => l.kind === "weight")) expect(["weight", "refetch"]).toContain(life.arrival);
});

test("culprits are the tensors with most avoidable bytes, worst first", () => {
  const beyond = made.culprits.tensors.map((i) => made.tensors[i]!.spillBytes + made.tensors[i]!.refetchBytes);
  expect(beyond).toEqual([...beyond].sort((a, b) => b - a));
  expect(Math.max(...made.tensors.map((t) => t.spillBytes + t.refetchBytes))).toBe(beyond[0]);
});

test("bytes moved for a cause of another family count beyond the compulsory, and are named", () => {
  const input = sample({ steps: 40 });
  const { replay } = input.accepted;
  const renamed = <T extends { readonly cause?: Cause }>(row: T): T => (row.cause === "refetch" ? { ...row, cause: "halo" as const } : row);
  const accepted = {
    ...input.accepted,
    replay: { ...replay, events: replay.events.map(renamed), ledger: replay.ledger.map(renamed) },
  };
  const other = report({ ...input, accepted });
  const plain = report(input);
  expect(other.traffic.find((t) => t.cause === "halo")).toEqual({
    cause: "halo",
    direction: "in",
    compulsory: false,
    sizeBytes: plain.metrics.refetchBytes,
  });
  expect(sum(other.tensors.map((t) => t.otherBytes))).toBe(plain.metrics.refetchBytes);
  expect(other.culprits.tensors).toEqual(plain.culprits.tensors);
  expect(other.lives.filter((l) => l.arrival === "halo").length).toBe(plain.lives.filter((l) => l.arrival === "refetch").length);
  expect(text(other)).toMatch(/halos read again +\S+ KiB/);
});

test("the report is plain JSON", () => {
  expect(JSON.parse(JSON.stringify(made))).toEqual(made);
});

test("steps of the same name keep their own ledger lines", () => {
  const twins = report(sample({ steps: 40, names: Array.from({ length: 12 }, () => "twin") }));
  // Buffers share the name too, so all that can be asked is that no byte is lost.
  expect(sum(twins.steps.map((s) => s.inBytes + s.outBytes))).toBe(twins.metrics.offChipBytes);
});

test("the headline says what is proven and never more", () => {
  expect(headline(made)).toMatch(/^Moves .* beyond the compulsory .*; at least .* unavoidable in this order of steps\.$/);
  const say = (o: Partial<typeof made.objective>, status: typeof made.status = "feasible") =>
    headline({ ...made, status, objective: { ...made.objective, ...o } });
  expect(say({ value: 0, bound: 0 }, "optimal")).toContain("nothing is spilled");
  expect(say({ scope: "all orders" }, "optimal")).toContain("no plan in any order moves less");
  expect(say({ bound: 0 })).toContain("none of it is proven unavoidable");
});

/*
 * Time ->  0    10   20   30        peak: byte 300 is in use during [10, 20), and most is live
 *   300    .    BBBB .    .         there: B and A. A hole of 100 bytes lies below it.
 *   200    .    .    .    .
 *   100    AAAAAAAAA CCCCCC
 *     0
 */
const stay = (name: string, offset: number, size: number, time: Interval): Residency => ({
  memory: 0,
  name,
  kind: "activation",
  offset: bytes(offset),
  size: bytes(size),
  cycles: { start: cycles(time.start), end: cycles(time.end) },
  steps: { start: time.start / 10, end: time.end / 10 },
});
const drawn = {
  ...sample({ steps: 1 }).accepted.replay,
  steps: ["a", "b", "c"],
  events: [],
  residency: [
    stay("A", 0, 100, { start: 0, end: 20 }),
    stay("B", 200, 100, { start: 10, end: 20 }),
    stay("C", 0, 100, { start: 20, end: 30 }),
  ],
};

test("the peak is where the highest byte is in use and most is live", () => {
  expect(peakOf(drawn, 0)).toEqual({ bytes: 300, liveBytes: 200, cycle: 10, step: 1, live: [0, 1] });
});

test("occupancy is a step function over half-open spans", () => {
  const spans = drawn.residency.map(({ cycles: { start, end }, size }) => ({ start, end, size }));
  expect(occupancy(spans)).toEqual({ at: [0, 10, 20, 30], bytes: [100, 200, 100, 0] });
});

test("what no transfer touched was made here and is dropped", () => {
  expect(journeys(drawn)).toEqual(drawn.residency.map(() => ({ arrival: "made", departure: "dropped" })));
});
