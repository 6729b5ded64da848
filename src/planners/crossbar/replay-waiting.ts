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
  taken: readonly (readonly Taken[])[],
  inferenceOf: readonly Uint8Array[],
): { readonly fetched: number; readonly sums: number } {
  const fetched: Stay[] = [];
  const firing = layers.map(() => Array.from({ length: inferences }, () => ({ start: Number.POSITIVE_INFINITY, end: 0 })));
  sequences.forEach((loads, x) => {
    loads.forEach(({ layer, fetch, program, fire }, k) => {
      const { weightBytes, indexBytes } = taken[x]![k]!;
      if (weightBytes + indexBytes > 0) fetched.push({ start: fetch.start, end: program.end, size: weightBytes + indexBytes });
      const span = firing[layer]![inferenceOf[x]![k]!]!;
      span.start = Math.min(span.start, fire.start);
      span.end = Math.max(span.end, fire.end);
    });
  });
  const sums = layers.flatMap((layer, l) => {
    const { spread, rounds } = mappings[l]!;
    if (spread * rounds === 1) return [];
    const whole = SUM_BYTES * layer.vectors * batch * layer.groups * layer.outputs;
    const size = whole * (1 - sharedOut(layer, spread * rounds, batch, machine.buffer));
    return firing[l]!.map((span) => ({ ...span, size }));
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

interface Stay extends Span {
  readonly size: number;
}

function mostAtOnce(stays: readonly Stay[]): number {
  const starts = stays.toSorted((a, b) => a.start - b.start);
  const ends = stays.toSorted((a, b) => a.end - b.end);
  let [held, most] = [0, 0];
  for (let s = 0, e = 0; s < starts.length; s++) {
    while (ends[e]!.end <= starts[s]!.start) held -= ends[e++]!.size;
    held += starts[s]!.size;
    most = Math.max(most, held);
  }
  return most;
}
