import { type Diagnostic, fail } from "../../../base/diagnostic.js";
import { overlaps } from "../../../base/interval.js";
import { type Bytes, bytes, cycles, picojoules } from "../../../base/units.js";
import { conclude, type Verdict } from "../../../base/verdict.js";
import { type AllocBuffer, type AllocPlan, spansOf } from "./buffers.js";

/** Violations beyond this are counted, not listed. */
const MOST_LISTED = 100;

/**
 * Decides whether `plan` may be used: compares every two buffers whose lifetimes meet, plain enough to trust.
 *
 * @param plan `offsets[i]` places `buffers[i]`, in bytes from the base of the memory.
 * @returns the accepted plan, or every violation: ALC-30 shape, ALC-31 alignment, ALC-32 capacity, ALC-33 overlap in
 *   time and space, ALC-34 given offset, ALC-35 claimed peak. Never throws. The Replay counts the file's times as its
 *   cycles; nothing moves, so it has residency alone.
 */
export function verifyAllocation(buffers: readonly AllocBuffer[], capacity: Bytes, plan: AllocPlan): Verdict<AllocPlan> {
  const { offsets } = plan;
  const unplaced = offsets.length !== buffers.length || offsets.some((offset) => !Number.isSafeInteger(offset) || offset < 0);
  if (unplaced)
    return conclude(plan, replayOf([], [], capacity), [
      fail(
        "ALC-30",
        "plan.offsets",
        `${offsets.length} offsets for ${buffers.length} buffers, or one that is not a whole number of bytes`,
        "place every buffer once",
      ),
    ]);

  const resident = buffers.map((buffer, i) => ({
    buffer,
    spans: buffer.size > 0 ? spansOf(buffer) : [],
    space: { start: offsets[i]! as number, end: offsets[i]! + buffer.size },
  }));
  const peak = resident.reduce((top, { spans, space }) => (spans.length > 0 ? Math.max(top, space.end) : top), 0);
  const violations: Diagnostic[] = [];
  for (const { buffer, space, spans } of resident) {
    const { id, alignment, size, offset } = buffer;
    if (space.start % alignment !== 0)
      violations.push(fail("ALC-31", id, `offset ${space.start} B is not a multiple of ${alignment} B`, "round the offset up"));
    if (space.end > capacity && spans.length > 0)
      violations.push(
        fail(
          "ALC-32",
          id,
          `bytes ${space.start} to ${space.end} exceed the capacity of ${capacity} B by ${space.end - capacity} B`,
          "move it down or raise the capacity",
        ),
      );
    if (offset !== undefined && offset !== space.start)
      violations.push(fail("ALC-34", id, `${size} B stand at ${space.start} B, the file demands ${offset} B`, "use the given offset"));
  }
  // Sorted by birth, a buffer need only look at those born before it dies.
  const born = resident.filter(({ spans }) => spans.length > 0).sort((a, b) => a.buffer.lifetime.start - b.buffer.lifetime.start);
  born.forEach((a, i) => {
    for (let k = i + 1; k < born.length && born[k]!.buffer.lifetime.start < a.buffer.lifetime.end; k++) {
      const b = born[k]!;
      if (overlaps(a.space, b.space) && a.spans.some((s) => b.spans.some((t) => overlaps(s, t))))
        violations.push(
          fail(
            "ALC-33",
            `${a.buffer.id} and ${b.buffer.id}`,
            `alive together, and bytes ${a.space.start}-${a.space.end} meet ${b.space.start}-${b.space.end}`,
            "move one of them",
          ),
        );
    }
  });
  if (peak !== plan.peak)
    violations.push(
      fail(
        "ALC-35",
        "plan.peak",
        `the plan claims a peak of ${plan.peak} B, its offsets have ${peak} B`,
        "report this: the allocator miscounts",
      ),
    );
  const rest = violations.length - MOST_LISTED;
  const listed =
    rest <= 0
      ? violations
      : [
          ...violations.slice(0, MOST_LISTED),
          fail(violations[MOST_LISTED]!.code, "plan", `${rest} more violations`, "mend those above first"),
        ];
  return conclude(plan, replayOf(buffers, offsets, capacity), listed);
}

function replayOf(buffers: readonly AllocBuffer[], offsets: readonly Bytes[], capacity: Bytes) {
  const residency = buffers.flatMap((buffer, i) =>
    spansOf(buffer).map(({ start, end }) => ({
      memory: 0,
      name: buffer.id,
      kind: "activation" as const,
      offset: offsets[i]!,
      size: buffer.size,
      cycles: { start: cycles(start), end: cycles(end) },
      steps: { start, end },
    })),
  );
  const none = bytes(0);
  return {
    resources: [],
    memories: [{ name: "memory", capacity, reserved: [] }],
    steps: [],
    events: [],
    residency,
    ledger: [],
    totals: {
      latency: cycles(residency.reduce((last, row) => Math.max(last, row.cycles.end), 0)),
      energy: picojoules(0),
      peak: [bytes(residency.reduce((top, row) => (row.size > 0 ? Math.max(top, row.offset + row.size) : top), 0))],
      trafficByCause: { input: none, weight: none, output: none, spill: none, refetch: none },
    },
  };
}
