/**
 * A stream on its way from one stage to another, pixel by pixel of its sender. Times are cycles at which words cross;
 * of each pixel the first and the last word are followed, those between lie evenly.
 */
export interface Pipe {
  /** Pixels it may hold beside the one that crosses, whole ones and a share of one more. */
  readonly room: number;
  readonly rest: number;
  /** Stages at its ends. */
  readonly from: number;
  readonly to: number;
  /** Of pixel `k` at `k & mask`: when its first and last word are on offer, and when the receiver has taken the first and all of them. */
  readonly first: Float64Array;
  readonly last: Float64Array;
  readonly begun: Float64Array;
  readonly taken: Float64Array;
  readonly mask: number;
  /** Pixels offered and taken so far. */
  offered: number;
  received: number;
}

export function pipe(from: number, to: number, room: number): Pipe {
  const whole = Math.floor(room);
  const size = 2 ** Math.ceil(Math.log2(whole + 4));
  return {
    room: whole,
    rest: room - whole,
    from,
    to,
    first: new Float64Array(size),
    last: new Float64Array(size),
    begun: new Float64Array(size),
    taken: new Float64Array(size),
    mask: size - 1,
    offered: 0,
    received: 0,
  };
}

/** Takes the next pixel: when its first word goes, and when its last; those between go evenly or sooner. */
export function take(on: Pipe, first: number, time: number): void {
  on.begun[on.received & on.mask] = first;
  on.taken[on.received & on.mask] = time;
  on.received++;
}

/** The sending end of a stage: results leave in order, a word per cycle, and the next when all receivers have room. */
export interface Exit {
  readonly pipes: readonly Pipe[];
  /** Cycles that a pixel takes at least. */
  readonly words: number;
  /** Pixels handed over by the stage, offered to the pipes, and known to have left. */
  computed: number;
  offered: number;
  left: number;
  /** Of pixel `k` at `k & mask`: when its first and last word are ready, and when all of it has left. */
  readonly first: Float64Array;
  readonly last: Float64Array;
  readonly gone: Float64Array;
  readonly mask: number;
  /** When the last word of the pixel offered last is on offer. */
  end: number;
}

/** @param most pixels that may be under way at a time. */
export function exit(pipes: readonly Pipe[], words: number, most: number): Exit {
  const size = 2 ** Math.ceil(Math.log2(most + 1));
  return {
    pipes,
    words,
    computed: 0,
    offered: 0,
    left: 0,
    first: new Float64Array(size),
    last: new Float64Array(size),
    gone: new Float64Array(size),
    mask: size - 1,
    end: 0,
  };
}

/** Hands the next pixel over: when its first and its last word are ready. */
export function put(on: Exit, first: number, last: number): void {
  on.first[on.computed & on.mask] = first;
  on.last[on.computed & on.mask] = last;
  on.computed++;
}

/** Offers what can be offered; whether anything moved. */
export function flush(on: Exit): boolean {
  let moved = false;
  for (;;) {
    if (settle(on)) moved = true;
    if (on.offered === on.computed || on.left < on.offered) return moved;
    const k = on.offered;
    const before = k === 0 ? -1 : on.gone[(k - 1) & on.mask]!;
    const first = Math.max(on.first[k & on.mask]!, before + 1);
    on.end = Math.max(first + on.words - 1, on.last[k & on.mask]!);
    for (const to of on.pipes) {
      to.first[k & to.mask] = first;
      to.last[k & to.mask] = on.end;
      to.offered++;
    }
    on.offered++;
    moved = true;
  }
}

/** A pixel has left when every receiver has room for it: has taken all but `room` of those up to it, and of the first of these a share. */
function settle(on: Exit): boolean {
  if (on.left === on.offered) return false;
  let time = on.end;
  for (const { room, rest, received, begun, taken, mask } of on.pipes) {
    const needed = on.left - room;
    if (needed >= received) return false;
    if (needed < 0) continue;
    const [from, to] = [begun[needed & mask]!, taken[needed & mask]!];
    time = Math.max(time, to - (to - from) * rest);
  }
  on.gone[on.left & on.mask] = time;
  on.left++;
  return true;
}

/** When the pixel before the last `copies` has left: its registers are free then. -1: it is not known yet. */
export function free(on: Exit, copies: number): number {
  const k = on.computed - copies;
  if (k < 0) return 0;
  return on.left > k ? on.gone[k & on.mask]! + 1 : -1;
}
