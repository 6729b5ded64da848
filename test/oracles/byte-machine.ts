import type { Action, ScratchpadProblem } from "../../src/planners/scratchpad/plan.js";

/**
 * A second, dumber machine: every byte of the scratchpad and of off-chip memory is a cell that remembers which
 * byte of which content of which buffer was put there last. A plan is right when each step finds the bytes the
 * model's own order would give it, and the outputs' last contents lie off chip at the end.
 */
export function runsOnBytes({ buffers, steps, machine }: ScratchpadProblem, actions: readonly Action[]): boolean {
  const chip: string[] = new Array(machine.capacity).fill("");
  const place = new Map<number, number>();
  const dram = new Map<number, string[]>();
  const content = (b: number, version: number) => Array.from({ length: buffers[b]!.size }, (_, i) => `${b}.${version}.${i}`);
  buffers.forEach((b, i) => {
    if (b.offChip) dram.set(i, content(i, 0));
  });
  const versions = buffers.map(() => 0);
  const wanted = steps.map((s) => {
    const seen = s.reads.map((b) => versions[b]!);
    for (const b of s.writes) versions[b]! += 1;
    return seen;
  });
  const written = buffers.map(() => 0);
  const same = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((x, i) => x === b[i]);
  const read = (b: number) => chip.slice(place.get(b)!, place.get(b)! + buffers[b]!.size);
  const put = (b: number, data: readonly string[]) => {
    data.forEach((x, i) => {
      chip[place.get(b)! + i] = x;
    });
  };
  const legal = (b: number, offset: number) => {
    const end = offset + buffers[b]!.footprint;
    if (offset % machine.alignment !== 0 || end > machine.capacity) return false;
    if (machine.reserved.some((r) => offset < r.end && r.start < end)) return false;
    return [...place].every(([o, at]) => end <= at || at + buffers[o]!.footprint <= offset);
  };
  const ran = new Set<number>();
  for (const a of actions) {
    switch (a.kind) {
      case "fetch":
      case "create":
        if (place.has(a.buffer) || !legal(a.buffer, a.offset)) return false;
        place.set(a.buffer, a.offset);
        if (a.kind === "fetch") {
          if (!dram.has(a.buffer)) return false;
          put(a.buffer, dram.get(a.buffer)!);
        } else put(a.buffer, new Array(buffers[a.buffer]!.footprint).fill("?"));
        break;
      case "store":
        if (!place.has(a.buffer)) return false;
        if (written[a.buffer] === 0 && read(a.buffer).some((x) => x === "?" || x === "")) return false;
        dram.set(a.buffer, read(a.buffer));
        break;
      case "evict":
        if (!place.delete(a.buffer)) return false;
        break;
      case "run": {
        const step = steps[a.step]!;
        if (ran.has(a.step) || ![...step.reads, ...step.writes].every((b) => place.has(b))) return false;
        if (!step.reads.every((b, i) => same(read(b), content(b, wanted[a.step]![i]!)))) return false;
        for (const b of step.writes) {
          written[b]! += 1;
          put(b, content(b, written[b]!));
        }
        ran.add(a.step);
      }
    }
  }
  return ran.size === steps.length && buffers.every((b, i) => !b.keep || (dram.has(i) && same(dram.get(i)!, content(i, versions[i]!))));
}
