/** Work that one resource does: not before `head`, for `length`, and with `tail` cycles of other work after it. */
export interface Job {
  readonly head: number;
  readonly length: number;
  readonly tail: number;
}

/**
 * The least time by which one resource that may interrupt its jobs has done all of them with their tails: of the
 * released jobs, always the one with the longest tail. No schedule without interruptions is shorter.
 * Source: J. R. Jackson, Scheduling a production line to minimize maximum tardiness (1955). O(n log n).
 */
export function leastMakespan(jobs: readonly Job[]): number {
  const byHead = jobs.filter((job) => job.length > 0).sort((a, b) => a.head - b.head);
  const waiting: { left: number; tail: number }[] = []; // a heap, longest tail first
  let now = 0;
  let most = 0;
  for (let i = 0; i < byHead.length || waiting.length > 0; ) {
    if (waiting.length === 0) now = Math.max(now, byHead[i]!.head);
    for (; i < byHead.length && byHead[i]!.head <= now; i++) push(waiting, { left: byHead[i]!.length, tail: byHead[i]!.tail });
    const top = waiting[0]!;
    const until = i < byHead.length ? Math.min(now + top.left, byHead[i]!.head) : now + top.left;
    top.left -= until - now;
    now = until;
    if (top.left > 0) continue;
    most = Math.max(most, now + top.tail);
    pop(waiting);
  }
  return most;
}

function push(heap: { left: number; tail: number }[], entry: { left: number; tail: number }): void {
  let at = heap.push(entry) - 1;
  for (let up = (at - 1) >> 1; at > 0 && heap[up]!.tail < entry.tail; up = (at - 1) >> 1) {
    heap[at] = heap[up]!;
    at = up;
  }
  heap[at] = entry;
}

function pop(heap: { left: number; tail: number }[]): void {
  const entry = heap.pop()!;
  if (heap.length === 0) return;
  let at = 0;
  for (let down = 1; down < heap.length; down = 2 * at + 1) {
    if (down + 1 < heap.length && heap[down + 1]!.tail > heap[down]!.tail) down++;
    if (heap[down]!.tail <= entry.tail) break;
    heap[at] = heap[down]!;
    at = down;
  }
  heap[at] = entry;
}
