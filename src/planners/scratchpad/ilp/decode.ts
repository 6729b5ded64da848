import { overlaps } from "../../../base/interval.js";
import { bytes } from "../../../base/units.js";
import { type Accesses, accessesOf } from "../accesses.js";
import type { BufferId, ScratchpadProblem, StepId } from "../plan.js";
import type { PlacedEpisode } from "../programme.js";
import type { Programme } from "./formulate.js";

/** What a solution of the programme says, in terms of accesses. */
export interface Decoded {
  readonly accesses: Accesses;
  /** Per touch of `accesses`: 1 where the buffer stays until its next access. */
  readonly stays: Uint8Array;
  /** Offset of the buffer during each touch, in bytes; 0 where the programme has no addresses. */
  readonly offset: Float64Array;
}

/** @param x whole values, one per column; undefined where they do not name one step for each position. */
export function decode(problem: ScratchpadProblem, { columns, frame, unit }: Programme, x: Float64Array): Decoded | undefined {
  const { steps } = problem;
  const n = steps.length;
  const is = (column: number) => column >= 0 && x[column]! > 0.5;
  const order: StepId[] = [];
  for (let t = 0; t < n; t++) for (let s = 0; s < n; s++) if (is(columns.run(s, t))) order[t] = s;
  if (new Set(order).size !== n || order.length !== n) return undefined;

  const accesses = accessesOf(problem, order);
  const { touches } = accesses;
  const made = steps.map(() => new Map<BufferId, number>()); // by the step that makes it
  const current = new Int32Array(problem.buffers.length).fill(-1); // content of each buffer
  frame.contents.forEach(({ buffer, producer }, a) => {
    if (producer >= 0) made[producer]!.set(buffer, a);
    else current[buffer] = a;
  });
  const stays = new Uint8Array(touches.buffer.length);
  const offset = new Float64Array(touches.buffer.length);
  for (let t = 0; t < n; t++)
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
      const b = touches.buffer[k]!;
      const a = made[order[t]!]!.get(b) ?? current[b]!;
      current[b] = a;
      const address = columns.address(a, t);
      offset[k] = address >= 0 ? x[address]! * unit : 0;
      stays[k] = touches.next[k]! >= 0 ? 1 : 0;
      for (let later = t + 1; later <= touches.next[k]!; later++) if (!is(columns.preserve(a, later))) stays[k] = 0;
    }
  return { accesses, stays, offset };
}

/** Which gaps are spent off chip. A buffer that only changes its address between two steps does not leave by this count. */
export function absentGaps({ accesses: { touches, gaps }, stays }: Decoded): Uint8Array {
  const absent = new Uint8Array(gaps.count);
  let g = 0; // gaps are numbered like the touches before them
  for (let t = 0; t + 1 < touches.start.length; t++)
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) if (touches.next[k]! > t + 1) absent[g++] = stays[k] ? 0 : 1;
  return absent;
}

/** The stays with their offsets; undefined where they leave the memory or share bytes, whatever the solver claimed. */
export function placedEpisodes({ machine, buffers }: ScratchpadProblem, { accesses, stays, offset }: Decoded): PlacedEpisode[] | undefined {
  const { touches } = accesses;
  const episodes: PlacedEpisode[] = [];
  const from = new Int32Array(buffers.length).fill(-1);
  for (let t = 0; t + 1 < touches.start.length; t++)
    for (let k = touches.start[t]!; k < touches.start[t + 1]!; k++) {
      const buffer = touches.buffer[k]!;
      if (from[buffer] === -1) from[buffer] = t;
      if (stays[k]) continue;
      episodes.push({ buffer, from: from[buffer]!, to: t, offset: bytes(offset[k]!) });
      from[buffer] = -1;
    }
  const space = (e: PlacedEpisode) => ({ start: e.offset as number, end: e.offset + buffers[e.buffer]!.footprint });
  const time = (e: PlacedEpisode) => ({ start: e.from, end: e.to + 1 });
  const sound = episodes.every(
    (e, i) =>
      e.offset % machine.alignment === 0 &&
      space(e).end <= machine.capacity &&
      machine.reserved.every((r) => !overlaps<number>(r, space(e))) &&
      episodes.slice(i + 1).every((o) => !overlaps(time(e), time(o)) || !overlaps(space(e), space(o))),
  );
  return sound ? episodes.sort((a, b) => a.from - b.from || a.buffer - b.buffer) : undefined;
}
