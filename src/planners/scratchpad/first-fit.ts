import { bytes } from "../../base/units.js";
import { pack } from "../../search/packing/pack.js";
import type { Accesses } from "./accesses.js";
import type { BufferId, ScratchpadProblem } from "./plan.js";
import type { PlacedEpisode } from "./programme.js";

/** A stay that has begun; nobody's is a reserved range. */
interface Resident {
  readonly buffer: BufferId;
  readonly start: number;
  readonly end: number;
  readonly from: number;
  readonly lastAccess: number;
  /** What it holds since then. */
  readonly version: number;
}

const NOBODY = -1;

/** Which hole a buffer gets: the smallest, or, from that share of the memory on, the lowest and all others the highest. */
type Habit = "smallest" | number;
const HABITS: readonly Habit[] = ["smallest", 1 / 32, 1 / 12, 1 / 5];

/** Positions settled together, and those beyond them that are looked at before. */
const STRETCH = 48;
const AHEAD = 96;

/** Where everybody is before a position, what became of those who left, and what that cost beyond the residency. */
interface State {
  /** By address. */
  readonly residents: readonly Resident[];
  readonly done: readonly PlacedEpisode[];
  /** Versions written off chip though the residency does not ask for it. */
  readonly written: ReadonlySet<number>;
  readonly cost: number;
}

/**
 * Addresses for any residency, at a price: walks along the order, gives each arriving operand a hole that takes it, and
 * where none does, sends away the residents whose absence costs least. When the operands that are already there stand in
 * the way, all operands of the step are laid out anew. One careless choice can cost much for long, so several
 * habits are tried stretch by stretch, with a look ahead. It never fails where each step's operands fit alone, so it is
 * what remains when the packing search gives up.
 *
 * @param absent the residency to follow as far as addresses allow
 */
export function firstFit(problem: ScratchpadProblem, accesses: Accesses, absent: Uint8Array): readonly PlacedEpisode[] {
  const walk = walker(problem, accesses, absent);
  const length = accesses.order.length;
  const done: PlacedEpisode[] = [];
  const walls = problem.machine.reserved.map(({ start, end }) => ({ buffer: NOBODY, start, end, from: 0, lastAccess: 0, version: 0 }));
  let state: State = { residents: walls.sort((a, b) => a.start - b.start), done: [], written: new Set(), cost: 0 };
  for (let start = 0; start < length; start += STRETCH) {
    const middle = Math.min(length, start + STRETCH);
    const end = Math.min(length, middle + AHEAD);
    let best: State | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (const habit of HABITS) {
      const near = walk(state, start, middle, habit, least);
      const far = walk(near, middle, end, habit, least);
      if (far.cost >= least) continue;
      least = far.cost;
      best = near;
      if (least === 0) break;
    }
    for (const e of best!.done) done.push(e);
    state = { ...best!, done: [], cost: 0 };
  }
  for (const { buffer, start, from, lastAccess } of state.residents)
    if (buffer !== NOBODY) done.push({ buffer, from, to: lastAccess, offset: bytes(start) });
  return done.sort((a, b) => a.from - b.from || a.buffer - b.buffer);
}

/** `walk(state, from, to, habit, limit)`: the state before position `to`; given up once it costs `limit`. */
function walker({ buffers, machine }: ScratchpadProblem, accesses: Accesses, absent: Uint8Array) {
  const { touches, gaps, order, last, writeCost } = accesses;
  const { alignment, capacity } = machine;
  const leaves: BufferId[][] = order.map(() => []); // residency says: absent from here on
  const planned = new Uint8Array(writeCost.length);
  for (let g = 0; g < gaps.count; g++) {
    if (!absent[g]) continue;
    leaves[gaps.from[g]! + 1]!.push(gaps.buffer[g]!);
    planned[gaps.version[g]!] = 1;
  }
  const mark = new Int32Array(buffers.length).fill(-1); // operands of the position
  const leaving = new Int32Array(buffers.length).fill(-1);
  const holds = new Int32Array(buffers.length); // operands: their version after the position
  const there = new Int32Array(buffers.length).fill(-1);
  let stamp = 0;

  return (state: State, from: number, to: number, habit: Habit, limit: number): State => {
    let residents = state.residents as Resident[];
    const done = [...state.done];
    let written = state.written;
    let cost = state.cost;
    const loss = ({ buffer, version }: Resident): number =>
      buffers[buffer]!.size + (planned[version] || written.has(version) ? 0 : writeCost[version]!);
    const dismiss = (r: Resident) => {
      done.push({ buffer: r.buffer, from: r.from, to: r.lastAccess, offset: bytes(r.start) });
    };
    const expel = (r: Resident) => {
      cost += loss(r);
      if (!planned[r.version] && writeCost[r.version]! > 0 && !written.has(r.version)) written = new Set(written).add(r.version);
      dismiss(r);
    };
    const settle = (buffer: BufferId, start: number, t: number) => {
      const end = start + buffers[buffer]!.footprint;
      let i = 0;
      while (i < residents.length && residents[i]!.end <= start) i++;
      let j = i;
      while (j < residents.length && residents[j]!.start < end) expel(residents[j++]!);
      residents.splice(i, j - i, { buffer, start, end, from: t, lastAccess: t, version: holds[buffer]! });
    };
    /** The operands that stayed so far leave too, at their last access, and come back where there is room. */
    const layAnew = (t: number) => {
      residents = residents.filter((r) => {
        if (r.buffer === NOBODY || mark[r.buffer] !== stamp) return true;
        if (r.from < t) expel(r);
        return false;
      });
      const operands = touches.buffer.subarray(touches.start[t]!, touches.start[t + 1]!);
      const items = Array.from(operands, (b) => ({ size: buffers[b]!.footprint, spans: [{ start: 0, end: 1 }], alignment }));
      const walls = machine.reserved.map((r) => ({ size: r.end - r.start, spans: [{ start: 0, end: 1 }], fixed: r.start }));
      const layout = pack({ capacity, items: [...items, ...walls] }, { seed: 1, nodes: 1_000_000, stop: () => false });
      if (layout.status !== "packed") throw new Error(`operands of position ${t} do not fit alone`);
      operands.forEach((b, i) => {
        settle(b, layout.offsets[i]!, t);
      });
    };
    for (let t = from; t < to && cost < limit; t++) {
      stamp++;
      for (const b of leaves[t]!) leaving[b] = stamp;
      for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
        mark[touches.buffer[k]!] = stamp;
        holds[touches.buffer[k]!] = touches.version[k]!;
      }
      const stay: Resident[] = [];
      for (const r of residents) {
        const b = r.buffer;
        if (b === NOBODY) stay.push(r);
        else if (last[b]! < t || leaving[b] === stamp) dismiss(r);
        else {
          if (mark[b] === stamp) there[b] = stamp;
          stay.push(r);
        }
      }
      residents = stay;
      const arriving: BufferId[] = [];
      for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++)
        if (there[touches.buffer[k]!] !== stamp) arriving.push(touches.buffer[k]!);
      arriving.sort((a, b) => buffers[b]!.footprint - buffers[a]!.footprint || a - b);
      const needed = (r: Resident) => r.buffer === NOBODY || mark[r.buffer] === stamp;
      let crowded = false;
      for (const b of arriving) {
        const size = buffers[b]!.footprint;
        let spot = hole(residents, capacity, alignment, size, habit);
        if (spot < 0) spot = cheapestSpot(residents, capacity, alignment, size, (r) => (needed(r) ? Number.POSITIVE_INFINITY : loss(r)));
        crowded = spot < 0;
        if (crowded) break;
        settle(b, spot, t);
      }
      if (crowded) layAnew(t);
      residents = residents.map((r) =>
        r.buffer !== NOBODY && mark[r.buffer] === stamp ? { ...r, lastAccess: t, version: holds[r.buffer]! } : r,
      );
    }
    return { residents, done, written, cost };
  };
}

/** Where `size` bytes find room, by habit; -1 where they do not. */
function hole(residents: readonly Resident[], capacity: number, alignment: number, size: number, habit: Habit): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  let free = 0;
  for (let i = 0; i <= residents.length; i++) {
    const next = i === residents.length ? capacity : Math.min(capacity, residents[i]!.start);
    const at = Math.ceil(free / alignment) * alignment;
    if (at + size <= next) {
      if (habit === "smallest") {
        if (next - free < least) [best, least] = [at, next - free];
      } else if (size >= habit * capacity) return at;
      else best = Math.floor((next - size) / alignment) * alignment;
    }
    if (i < residents.length) free = Math.max(free, residents[i]!.end);
  }
  return best;
}

/** The start of the window of `size` bytes whose residents are the smallest loss, the lowest of equals; -1 where all would be an infinite one. */
function cheapestSpot(
  residents: readonly Resident[],
  capacity: number,
  alignment: number,
  size: number,
  lossOf: (r: Resident) => number,
): number {
  const loss = residents.map(lossOf);
  const n = residents.length;
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  const slide = (starts: (i: number) => number) => {
    let first = 0; // resident that reaches into the window
    let beyond = 0;
    let sum = 0;
    let walls = 0;
    const count = (i: number, sign: number) => {
      if (loss[i] === Number.POSITIVE_INFINITY) walls += sign;
      else sum += sign * loss[i]!;
    };
    for (let i = 0; i <= n; i++) {
      const start = starts(i);
      if (start < 0 || start + size > capacity) continue;
      while (beyond < n && residents[beyond]!.start < start + size) count(beyond++, 1);
      while (first < beyond && residents[first]!.end <= start) count(first++, -1);
      if (walls > 0 || sum > least || (sum === least && start >= best)) continue;
      best = start;
      least = sum;
    }
  };
  // A window begins where somebody ends, or ends where somebody begins.
  slide((i) => Math.ceil((i === 0 ? 0 : residents[i - 1]!.end) / alignment) * alignment);
  slide((i) => Math.floor(((i === n ? capacity : Math.min(capacity, residents[i]!.start)) - size) / alignment) * alignment);
  return best;
}
