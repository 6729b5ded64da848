import { type Cycles, cycles } from "../../../base/units.js";
import { transferCycles } from "../../../cost/traffic.js";
import type { Action, BufferId, ScratchpadProblem, StepId } from "../plan.js";

/** Times a programme while it is written: each call is one action and returns the cycle at which it is over. */
export interface Timer {
  readonly fetch: (buffer: BufferId, offset: number) => number;
  readonly create: (buffer: BufferId, offset: number) => number;
  readonly run: (step: StepId) => number;
  readonly store: (buffer: BufferId) => number;
  readonly evict: (buffer: BufferId) => number;
  /** The cycle from which `size` bytes at `offset` are free of earlier tenants. */
  readonly freeFrom: (offset: number, size: number) => number;
  /** The cycle at which everything so far is over. */
  readonly latency: () => number;
}

/**
 * The machine of docs/math/scratchpad.md, section 3, for programmes that keep its rules: engine, DMA in and DMA out
 * each work through their own actions in the programme's order. The solver's own clock; the judge has another.
 */
export function timerOf({ buffers, steps, machine }: ScratchpadProblem): Timer {
  const transfer = Float64Array.from(buffers, (b) => transferCycles(b.size, machine.offChipRate));
  // Of each buffer in the scratchpad: its place, when its content is complete, when its last read, write or store ends, when its store ends.
  const offset = new Float64Array(buffers.length);
  const ready = new Float64Array(buffers.length);
  const busy = new Float64Array(buffers.length);
  const stored = new Float64Array(buffers.length);
  const copied = new Float64Array(buffers.length); // when the copy off chip is complete
  // The address space in pieces, each with the cycle at which its last tenant left it.
  const starts: number[] = [0];
  const leaves: number[] = [0];
  let engine = 0;
  let inward = 0;
  let outward = 0;

  const pieceAt = (address: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= address) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const freeFrom = (at: number, size: number): number => {
    if (size === 0) return 0;
    let latest = 0;
    for (let i = pieceAt(at); i < starts.length && starts[i]! < at + size; i++) latest = Math.max(latest, leaves[i]!);
    return latest;
  };
  const settle = (b: BufferId, at: number): number => {
    offset[b] = at;
    stored[b] = 0;
    return freeFrom(at, buffers[b]!.footprint);
  };

  return {
    freeFrom,
    fetch: (b, at) => {
      inward = Math.max(inward, settle(b, at), copied[b]!) + transfer[b]!;
      ready[b] = inward;
      busy[b] = inward;
      return inward;
    },
    create: (b, at) => {
      const since = settle(b, at);
      ready[b] = since;
      busy[b] = since;
      return since;
    },
    run: (s) => {
      const { reads, writes, duration } = steps[s]!;
      for (const b of reads) engine = Math.max(engine, ready[b]!);
      for (const b of writes) engine = Math.max(engine, ready[b]!, stored[b]!);
      engine += duration;
      for (const b of reads) busy[b] = Math.max(busy[b]!, engine);
      for (const b of writes) {
        busy[b] = Math.max(busy[b]!, engine);
        ready[b] = engine;
      }
      return engine;
    },
    store: (b) => {
      outward = Math.max(outward, ready[b]!) + transfer[b]!;
      stored[b] = outward;
      busy[b] = Math.max(busy[b]!, outward);
      copied[b] = outward;
      return outward;
    },
    evict: (b) => {
      const from = offset[b]!;
      const to = from + buffers[b]!.footprint;
      const at = Math.max(busy[b]!, ready[b]!);
      if (to === from) return at;
      const first = pieceAt(from);
      const last = pieceAt(to - 1);
      const after = last + 1 < starts.length ? starts[last + 1]! : Number.POSITIVE_INFINITY;
      const newStarts = starts[first]! < from ? [starts[first]!, from] : [from];
      const newLeaves = starts[first]! < from ? [leaves[first]!, at] : [at];
      if (to < after) {
        newStarts.push(to);
        newLeaves.push(leaves[last]!);
      }
      starts.splice(first, last - first + 1, ...newStarts);
      leaves.splice(first, last - first + 1, ...newLeaves);
      return at;
    },
    latency: () => Math.max(engine, inward, outward),
  };
}

/** Cycles from the first action of a programme that keeps the rules to the end of its last. */
export function latencyOf(problem: ScratchpadProblem, actions: readonly Action[]): Cycles {
  const timer = timerOf(problem);
  for (const action of actions) {
    switch (action.kind) {
      case "fetch":
        timer.fetch(action.buffer, action.offset);
        break;
      case "create":
        timer.create(action.buffer, action.offset);
        break;
      case "run":
        timer.run(action.step);
        break;
      case "store":
        timer.store(action.buffer);
        break;
      case "evict":
        timer.evict(action.buffer);
        break;
    }
  }
  return cycles(timer.latency());
}
