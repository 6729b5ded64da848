import { fail } from "../../../base/diagnostic.js";
import type { Interval } from "../../../base/interval.js";
import type { Conflict, Outcome } from "../../../base/outcome.js";
import { type Bytes, bytes } from "../../../base/units.js";
import type { Budget } from "../../../search/budget.js";
import { minimize } from "../../../search/packing/minimize.js";
import { arena, lowerBound, type PackingItem, type PackingResult, pack } from "../../../search/packing/pack.js";
import { type AllocBuffer, type AllocPlan, spansOf } from "./buffers.js";

export interface AllocOptions {
  /** Look for the lowest peak, not only for one within the capacity. */
  readonly minimize: boolean;
  readonly budget: Budget;
}

/**
 * Gives every buffer an offset within `capacity` bytes.
 *
 * @returns a plan whose value is its peak in bytes, beside the least peak any plan can have: `optimal` when they are
 *   equal. `infeasible` only with a proof: ALC-20 too much alive at one time, ALC-21 given offsets, ALC-22 exhausted
 *   search. `unknown` when the budget ended first.
 */
export function allocate(buffers: readonly AllocBuffer[], capacity: Bytes, { minimize: lowest, budget }: AllocOptions): Outcome<AllocPlan> {
  const items = buffers.map(itemOf);
  const load = lowerBound(items);
  budget.progress({ phase: "alloc", bound: load, unit: "B" });
  const report = (incumbent: number, bound: number) => budget.progress({ phase: "alloc", incumbent, bound, unit: "B" });
  const found = lowest ? minimize({ capacity, items }, budget, report) : pack({ capacity, items }, budget);
  if (found.status === "infeasible") return { status: "infeasible", conflict: conflictOf(buffers, items, capacity, found) };
  if (found.status === "undecided" || found.status === "unknown")
    return {
      status: "unknown",
      reason: `no packing into ${capacity} B found within ${found.nodes} search nodes, and none excluded: the fullest time needs ${load} B, the greedy arena ${arena(items).height} B`,
    };
  const peak = items.reduce(
    (top, item, i) => (item.size > 0 && item.spans.length > 0 ? Math.max(top, found.offsets[i]! + item.size) : top),
    0,
  );
  const bound = Math.max(load, "bound" in found ? found.bound : 0);
  return {
    status: peak <= bound ? "optimal" : "feasible",
    plan: { kind: "alloc", offsets: found.offsets.map(bytes), peak: bytes(peak) },
    value: peak,
    bound,
    scope: "this order",
    proof: bound > load ? `exhaustive search below ${bound} B` : "bytes alive at the fullest time",
  };
}

function itemOf(buffer: AllocBuffer): PackingItem {
  return {
    size: buffer.size,
    spans: spansOf(buffer),
    alignment: buffer.alignment,
    ...(buffer.offset === undefined ? {} : { fixed: buffer.offset }),
  };
}

function conflictOf(
  buffers: readonly AllocBuffer[],
  items: readonly PackingItem[],
  capacity: Bytes,
  { proof, core, bound }: Extract<PackingResult, { status: "infeasible" }>,
): Conflict {
  const named = nameSome(core.map((i) => buffers[i]!));
  const needed = Number.isFinite(bound) ? { neededBytes: bound, availableBytes: capacity, missingBytes: bound - capacity } : {};
  if (proof === "fixed") {
    const given = core.map((i) => `"${buffers[i]!.id}" at ${buffers[i]!.offset} B`).join(" and ");
    const against = core.length > 1 ? "they are alive together and share bytes" : `it ends above the capacity of ${capacity} B`;
    return { ...fail("ALC-21", named, `given offsets contradict: ${given}, and ${against}`, "move or free one of them"), figures: needed };
  }
  const greedy = arena(items).height;
  if (proof === "load") {
    const { start, end } = commonTime(core.map((i) => items[i]!));
    const message = `from time ${start} to ${end}, ${core.length === 1 ? "1 buffer needs" : `${core.length} buffers need`} ${bound} B where ${capacity} B are available: ${bound - capacity} B are missing`;
    return {
      ...fail(
        "ALC-20",
        `time ${start} to ${end}: ${named}`,
        message,
        `a capacity of at least ${bound} B is needed; ${greedy} B certainly suffice`,
      ),
      figures: { ...needed, sufficientBytes: greedy, timeStart: start, timeEnd: end },
    };
  }
  const start = Math.min(...core.map((i) => items[i]!.spans[0]!.start));
  const end = Math.max(...core.map((i) => items[i]!.spans.at(-1)!.end));
  const message = `between time ${start} and ${end}, ${core.length === 1 ? "1 buffer fits" : `${core.length} buffers fit`} at every single time, but no arrangement of offsets fits all times into ${capacity} B: at least ${bound} B are needed`;
  return {
    ...fail(
      "ALC-22",
      `time ${start} to ${end}: ${named}`,
      message,
      `raise the capacity (${greedy} B certainly suffice), or split a long-lived buffer`,
    ),
    figures: { ...needed, sufficientBytes: greedy, timeStart: start, timeEnd: end },
  };
}

/** The largest first, at most five of them. */
function nameSome(buffers: readonly AllocBuffer[]): string {
  const largest = buffers.toSorted((a, b) => b.size - a.size).slice(0, 5);
  const rest = buffers.length - largest.length;
  return largest.map(({ id, size }) => `${id} (${size} B)`).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** A stretch of time at which all of `items` are alive; there is one when they overload a section. */
function commonTime(items: readonly PackingItem[]): Interval {
  // The latest birth is the answer unless there are gaps, so look from the end.
  for (const { start } of items.flatMap(({ spans }) => spans).sort((a, b) => b.start - a.start)) {
    const alive = items.flatMap(({ spans }) => spans.filter((span) => span.start <= start && start < span.end));
    if (alive.length === items.length) return { start, end: Math.min(...alive.map(({ end }) => end)) };
  }
  return { start: 0, end: 0 };
}
