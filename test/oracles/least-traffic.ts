import type { ScratchpadProblem } from "../../src/planners/scratchpad/plan.js";

/**
 * Fewest spilled and re-fetched bytes for the model's order, addresses aside, by trying every set of buffers to
 * send away at every step. Exponential and plain; it knows nothing of gaps, versions or dominance.
 */
export function leastTraffic({ buffers, steps, machine }: ScratchpadProblem): number {
  const usedLater = steps.map((_, t) => new Set(steps.slice(t).flatMap((s) => [...s.reads, ...s.writes])));
  const lastWrite = buffers.map((_, b) => steps.reduce((last, s, t) => (s.writes.includes(b) ? t : last), -1));
  const memo = new Map<string, number>();

  // `resident`: what is on chip; `clean`: what has a valid copy off chip; `seen`: what was fetched before.
  const from = (t: number, resident: ReadonlySet<number>, clean: ReadonlySet<number>, seen: ReadonlySet<number>): number => {
    if (t === steps.length) return 0;
    const key = `${t}|${[...resident].sort()}|${[...clean].sort()}`;
    const known = memo.get(key);
    if (known !== undefined) return known;
    const step = steps[t]!;
    const operands = new Set([...step.reads, ...step.writes]);
    const movable = [...resident].filter((b) => !operands.has(b));
    let best = Number.POSITIVE_INFINITY;
    for (let choice = 0; choice < 1 << movable.length; choice++) {
      const on = new Set(resident);
      const copied = new Set(clean);
      const fetched = new Set(seen);
      let cost = 0;
      movable.forEach((b, i) => {
        if (!((choice >> i) & 1)) return;
        on.delete(b);
        if (copied.has(b)) return;
        if (!(buffers[b]!.keep && lastWrite[b]! < t)) cost += buffers[b]!.size; // the last content of an output is written anyway
        copied.add(b);
      });
      for (const b of operands) {
        if (on.has(b)) continue;
        on.add(b);
        if (step.reads.includes(b)) {
          if (!buffers[b]!.offChip || fetched.has(b)) cost += buffers[b]!.size;
          fetched.add(b);
        }
      }
      if ([...on].reduce((sum, b) => sum + buffers[b]!.footprint, 0) > machine.capacity) continue;
      for (const b of step.writes) copied.delete(b);
      for (const b of [...on]) if (!usedLater[t + 1]?.has(b)) on.delete(b);
      best = Math.min(best, cost + from(t + 1, on, copied, fetched));
    }
    memo.set(key, best);
    return best;
  };
  const start = new Set(buffers.flatMap((b, i) => (b.offChip ? [i] : [])));
  return from(0, new Set(), start, new Set());
}
