import { type Diagnostic, fail } from "../../base/diagnostic.js";
import { SUM_BYTES, sharedOut, WAITING_SHARE } from "../../cost/crossbar/firing.js";
import type { CrossbarPlan, CrossbarProblem } from "./plan.js";
import type { Taken } from "./replay-cells.js";

interface Span {
  readonly start: number;
  readonly end: number;
}

/** Seconds of `[0, length)` in which no span holds. */
export function uncovered(spans: readonly Span[], length: number): number {
  const sorted = spans.toSorted((a, b) => a.start - b.start);
  let [covered, until] = [0, 0];
  for (const { start, end } of sorted) {
    covered += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return Math.max(0, length - covered);
}

/** The most bytes that waited at once: fetched and not yet written; and sums that were not complete. */
export function mostBytes(
  { machine, layers, batch }: CrossbarProblem,
  { mappings, sequences, inferences }: CrossbarPlan,
  { weightBytes, indexBytes }: Taken,
  inferenceOf: readonly Uint8Array[],
): { readonly fetched: number; readonly sums: number } {
  const fetched = staysOf(weightBytes.length);
  const firing = layers.map(() => Array.from({ length: inferences }, () => ({ start: Number.POSITIVE_INFINITY, end: 0 })));
  let at = 0;
  sequences.forEach((loads, x) => {
    loads.forEach(({ layer, fetch, program, fire }, k) => {
      const size = weightBytes[at]! + indexBytes[at++]!;
      if (size > 0) stay(fetched, fetch.start, program.end, size);
      const span = firing[layer]![inferenceOf[x]![k]!]!;
      span.start = Math.min(span.start, fire.start);
      span.end = Math.max(span.end, fire.end);
    });
  });
  const sums = staysOf(layers.length * inferences);
  layers.forEach((layer, l) => {
    const { spread, rounds } = mappings[l]!;
    if (spread * rounds === 1) return;
    const whole = SUM_BYTES * layer.vectors * batch * layer.groups * layer.outputs;
    const size = whole * (1 - sharedOut(layer, spread * rounds, batch, machine.buffer));
    for (const { start, end } of firing[l]!) stay(sums, start, end, size);
  });
  return { fetched: mostAtOnce(fetched), sums: mostAtOnce(sums) };
}

/** More on chip than the parts of the buffer hold (XBR-34). */
export const overflows = ({ machine }: CrossbarProblem, held: ReturnType<typeof mostBytes>): readonly Diagnostic[] => {
  const rooms = { fetched: machine.buffer * WAITING_SHARE, sums: machine.buffer * (1 - WAITING_SHARE) };
  return (["fetched", "sums"] as const).flatMap((key) =>
    held[key] <= rooms[key] * (1 + ROUNDING)
      ? []
      : [
          fail(
            "XBR-34",
            "plan.sequences",
            `${WAITING[key]} take up to ${held[key]} B on chip; the buffer has ${rooms[key]} B for them`,
            "plan again",
          ),
        ],
  );
};

const ROUNDING = 1e-9;
const WAITING = { fetched: "weights and tables that wait to be written", sums: "partial sums" } as const;

/** What waits: from when to when, and how many bytes. Columns with room for all loads of a table. */
interface Stays {
  count: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly size: Float64Array;
}

const staysOf = (room: number): Stays => ({
  count: 0,
  start: new Float64Array(room),
  end: new Float64Array(room),
  size: new Float64Array(room),
});

function stay(stays: Stays, start: number, end: number, size: number): void {
  stays.start[stays.count] = start;
  stays.end[stays.count] = end;
  stays.size[stays.count++] = size;
}

function mostAtOnce({ count, start, end, size }: Stays): number {
  const by = (time: Float64Array) => Int32Array.from({ length: count }, (_, k) => k).sort((a, b) => time[a]! - time[b]! || a - b);
  const [starts, ends] = [by(start), by(end)];
  let [held, most] = [0, 0];
  for (let s = 0, e = 0; s < count; s++) {
    while (end[ends[e]!]! <= start[starts[s]!]!) held -= size[ends[e++]!]!;
    held += size[starts[s]!]!;
    most = Math.max(most, held);
  }
  return most;
}
