import type { Interval } from "../../../base/interval.js";
import type { Bytes } from "../../../base/units.js";

/** One row of a buffer file. Times count in the file's own clock and are half-open. */
export interface AllocBuffer {
  readonly id: string;
  readonly size: Bytes;
  /** The offset must be a multiple of this; 1 byte when the file does not say. */
  readonly alignment: Bytes;
  readonly lifetime: Interval;
  /** Within the lifetime, ascending and disjoint: times at which its bytes may serve others. */
  readonly gaps: readonly Interval[];
  /** The offset the file demands, if it does. */
  readonly offset?: Bytes;
}

export interface AllocPlan {
  readonly kind: "alloc";
  /** Byte offset of each buffer, in the order of the file. */
  readonly offsets: readonly Bytes[];
  /** The solver's own count of the highest byte used; checked by the judge. */
  readonly peak: Bytes;
}

/** The times at which `buffer` holds its bytes: its lifetime without the gaps. Empty for an empty lifetime. */
export function spansOf({ lifetime, gaps }: AllocBuffer): readonly Interval[] {
  const spans: Interval[] = [];
  let start = lifetime.start;
  for (const gap of gaps) {
    if (start < gap.start) spans.push({ start, end: gap.start });
    start = gap.end;
  }
  if (start < lifetime.end) spans.push({ start, end: lifetime.end });
  return spans;
}

/** The buffers as MiniMalloc's CSV with the column `offset`. Alignment and gaps stand there only when a buffer has them. */
export function formatBuffers(buffers: readonly AllocBuffer[], plan: AllocPlan): string {
  const aligned = buffers.some(({ alignment }) => alignment !== 1);
  const gapped = buffers.some(({ gaps }) => gaps.length > 0);
  const header = ["id", "lower", "upper", "size", ...(aligned ? ["alignment"] : []), ...(gapped ? ["gaps"] : []), "offset"];
  const rows = buffers.map(({ id, lifetime, size, alignment, gaps }, i) => [
    id,
    lifetime.start,
    lifetime.end,
    size,
    ...(aligned ? [alignment] : []),
    ...(gapped ? [gaps.map(({ start, end }) => `${start}-${end}`).join(" ")] : []),
    plan.offsets[i],
  ]);
  return `${[header, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}
