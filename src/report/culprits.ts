import type { Report } from "./report.js";
import type { TensorRow } from "./rows.js";

/** Bytes of a tensor that another plan might not have moved. */
export const beyondBytes = ({ spillBytes, refetchBytes, otherBytes }: TensorRow): number => spillBytes + refetchBytes + otherBytes;

/** Bytes of the first memory that a step's operands may take. */
export function roomBytes({ memories: [memory] }: Report): number {
  const reserved = (memory?.reserved ?? []).reduce((sum, { startByte, endByte }) => sum + (endByte - startByte), 0);
  return (memory?.capacityBytes ?? 0) - reserved;
}

/** Indices of the ten rows with the highest score, highest first; those that score nothing are no culprits. */
export function worst<T>(rows: readonly T[], score: (row: T) => number): number[] {
  return rows
    .map((row, i) => ({ i, score: score(row) }))
    .filter((row) => row.score > 0)
    .sort((a, b) => b.score - a.score || a.i - b.i)
    .slice(0, 10)
    .map(({ i }) => i);
}
