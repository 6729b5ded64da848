import { overlaps } from "../../base/interval.js";
import { add, type Bytes, bytes } from "../../base/units.js";
import { pack } from "../../search/packing/pack.js";
import type { Accesses } from "./accesses.js";
import type { BufferId, ScratchpadProblem } from "./plan.js";
import type { PlacedEpisode } from "./programme.js";

interface Resident {
  readonly buffer: BufferId;
  readonly start: Bytes;
  readonly end: Bytes;
  readonly from: number;
  lastAccess: number;
}

/**
 * Addresses for any residency, at a price: walks along the order, places each arriving operand in the smallest
 * hole that takes it, and where no hole does, sends away the residents whose absence costs least. When the
 * operands that are already there stand in the way, all operands of the step are laid out anew. It never fails
 * where each step's operands fit alone, so it is what remains when the packing search gives up.
 *
 * @param absent the residency to follow as far as addresses allow
 */
export function firstFit(problem: ScratchpadProblem, accesses: Accesses, absent: Uint8Array): readonly PlacedEpisode[] {
  const { buffers, machine } = problem;
  const { touches, gaps, order } = accesses;
  const reserved = machine.reserved;
  const done: PlacedEpisode[] = [];
  let residents: Resident[] = [];
  const leaves: BufferId[][] = order.map(() => []); // residency says: absent from here on
  for (let g = 0; g < gaps.count; g++) if (absent[g]) leaves[gaps.from[g]! + 1]!.push(gaps.buffer[g]!);

  const dismiss = (gone: (r: Resident) => boolean) => {
    residents = residents.filter((r) => {
      if (!gone(r)) return true;
      done.push({ buffer: r.buffer, from: r.from, to: r.lastAccess, offset: r.start });
      return false;
    });
  };
  const settle = (buffer: BufferId, start: Bytes, t: number) => {
    const space = { start, end: add(start, buffers[buffer]!.footprint) };
    dismiss((r) => overlaps(r, space));
    residents.push({ buffer, ...space, from: t, lastAccess: t });
  };

  for (let t = 0; t < order.length; t++) {
    const leaving = new Set(leaves[t]!);
    dismiss((r) => accesses.last[r.buffer]! < t || leaving.has(r.buffer));
    const operands = [...touches.buffer.subarray(touches.start[t]!, touches.start[t + 1]!)];
    const wanted = new Set(operands);
    const there = new Set(residents.map((r) => r.buffer));
    const arriving = operands.filter((b) => !there.has(b)).sort((a, b) => buffers[b]!.footprint - buffers[a]!.footprint || a - b);
    let crowded = false;
    for (const b of arriving) {
      const size = buffers[b]!.footprint;
      const spot = smallestHole(problem, residents, size) ?? cheapestSpot(problem, residents, wanted, size);
      if (spot === undefined) {
        crowded = true;
        break;
      }
      settle(b, spot, t);
    }
    if (crowded) {
      // The operands of this step that stayed so far leave too, at their last access, and come back where there is room.
      residents = residents.filter((r) => r.from < t); // those that had just arrived never settled
      dismiss((r) => wanted.has(r.buffer));
      const items = operands.map((b) => ({ size: buffers[b]!.footprint, spans: [{ start: 0, end: 1 }], alignment: machine.alignment }));
      const walls = reserved.map((r) => ({ size: r.end - r.start, spans: [{ start: 0, end: 1 }], fixed: r.start }));
      const layout = pack({ capacity: machine.capacity, items: [...items, ...walls] }, { seed: 1, nodes: 1_000_000, stop: () => false });
      if (layout.status !== "packed") throw new Error(`operands of position ${t} do not fit alone`);
      operands.forEach((b, i) => {
        settle(b, bytes(layout.offsets[i]!), t);
      });
    }
    for (const r of residents) if (wanted.has(r.buffer)) r.lastAccess = t;
  }
  dismiss(() => true);
  return done.sort((a, b) => a.from - b.from || a.buffer - b.buffer);
}

/** The smallest hole that takes `size` bytes; undefined where there is none. */
function smallestHole({ machine }: ScratchpadProblem, residents: readonly Resident[], size: Bytes): Bytes | undefined {
  const taken = [...machine.reserved, ...residents].sort((a, b) => a.start - b.start);
  let best: number | undefined;
  let least = Number.POSITIVE_INFINITY;
  let free = 0;
  for (const { start, end } of [...taken, { start: machine.capacity, end: machine.capacity }]) {
    const at = Math.ceil(free / machine.alignment) * machine.alignment;
    if (at + size <= Math.min(start, machine.capacity) && start - free < least) [best, least] = [at, start - free];
    free = Math.max(free, end);
  }
  return best === undefined ? undefined : bytes(best);
}

/** The start of the window of `size` bytes that sends away the least, the tightest of equals; undefined where operands or walls block every window. */
function cheapestSpot(
  { machine, buffers }: ScratchpadProblem,
  residents: readonly Resident[],
  operands: ReadonlySet<BufferId>,
  size: Bytes,
): Bytes | undefined {
  const walls = [...machine.reserved, ...residents.filter((r) => operands.has(r.buffer))];
  const movable = residents.filter((r) => !operands.has(r.buffer));
  const up = (n: number) => Math.ceil(n / machine.alignment) * machine.alignment;
  const down = (n: number) => Math.floor(n / machine.alignment) * machine.alignment;
  const edges = [...walls, ...movable];
  const starts = [0, ...edges.map((e) => up(e.end)), ...edges.map((e) => down(e.start - size)), down(machine.capacity - size)];
  let best: number | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  let bestSlack = Number.POSITIVE_INFINITY;
  for (const start of starts) {
    const space = { start, end: start + size };
    if (start < 0 || space.end > machine.capacity || walls.some((w) => overlaps<number>(w, space))) continue;
    const cost = movable.reduce((sum, r) => (overlaps<number>(r, space) ? sum + 2 * buffers[r.buffer]!.size : sum), 0);
    let below = 0;
    let above: number = machine.capacity;
    for (const e of edges) {
      if (e.end <= start) below = Math.max(below, e.end);
      else if (e.start >= space.end) above = Math.min(above, e.start);
    }
    const slack = above - below - size;
    if (cost < bestCost || (cost === bestCost && (slack < bestSlack || (slack === bestSlack && start < best!)))) {
      best = start;
      bestCost = cost;
      bestSlack = slack;
    }
  }
  return best === undefined ? undefined : bytes(best);
}
