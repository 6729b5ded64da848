import { type Exit, flush, free, type Pipe, put, take } from "./replay-pipes.js";

/** An engine, a source or a sink at work. */
export interface Stage {
  /** Goes on as far as it can; whether anything moved. */
  readonly step: () => boolean;
  /** Of each frame: when its first pixel came, and when its last result was there. */
  readonly begun: number[];
  readonly ended: number[];
}

/** The receiving end of a stage. */
export interface Entry {
  readonly pipe: Pipe;
  /** Own pixels per frame, and how many of the sender's pixels one of them is: 1 unless the map is read in another shape. */
  readonly pixels: number;
  readonly share: number;
  /** Words of an own pixel. */
  readonly words: number;
}

/** Windows over one map. */
export interface Windows {
  readonly height: number;
  readonly width: number;
  readonly top: number;
  readonly left: number;
  readonly bottom: number;
  readonly right: number;
  /** Rows and columns from the first to the last that a window looks at. */
  readonly spanY: number;
  readonly spanX: number;
  readonly strideY: number;
  readonly strideX: number;
  /** Of the result. */
  readonly rows: number;
  readonly columns: number;
  /** Every so many rows and columns hold one of the map, the others nothing (transposed convolution); 1: all do. */
  readonly sparseY: number;
  readonly sparseX: number;
}

/** How fast an engine takes windows. */
export interface Pace {
  /** Cycles for the windows of one word. */
  readonly cycles: number;
  /** Rounds over groups per pixel; results of a round leave when it ends. */
  readonly rounds: number;
  /** Pixels of a row that share a sweep. */
  readonly reuse: number;
}

/**
 * Chain of shift registers and line buffers before an engine that works on windows. Every word of the padded map is shifted
 * in, words of padding without waiting; the one that completes a window waits until the engine takes it. Sums are kept twice, so
 * that results leave while the next pixel is worked on. With reuse the windows of several pixels of a row are gathered
 * first, twice as well.
 */
export function windowed(entry: Entry, out: Exit, windows: Windows, { cycles, rounds, reuse }: Pace): Stage {
  const { words } = entry;
  const { top, left, spanY, spanX, strideY, strideX, rows, columns, sparseY, sparseX } = windows;
  // Rows and columns that are cut off (less than no padding) are read all the same.
  const [above, before] = [Math.min(0, top), Math.min(0, left)];
  const tall = (windows.height - 1) * sparseY + 1 + top + Math.max(0, windows.bottom);
  const wide = (windows.width - 1) * sparseX + 1 + left + Math.max(0, windows.right);
  const begun: number[] = [];
  const ended: number[] = [];
  const arrivals = arrivalsOf(entry);
  const hold = reuse === 1 ? cycles : 1;
  let y = above;
  let x = before;
  /** First cycle in which the chain can shift, and in which windows can be taken. */
  let chain = 0;
  let engine = 0;
  /** When the first windows of the pixel were taken; -1: none yet. */
  let opened = -1;
  /** Pixels gathered, those of the sweep before, and when it ends. */
  let gathered = 0;
  let sweep = 0;
  let ends = 0;
  /** When the registers for the pixel's sums were free. */
  let room = 0;

  const completes = (): boolean => {
    const dy = y - spanY + 1;
    const dx = x - spanX + 1;
    return dy >= 0 && dx >= 0 && dy % strideY === 0 && dx % strideX === 0 && dy / strideY < rows && dx / strideX < columns;
  };
  const inside = (): boolean => {
    const dy = y - top;
    const dx = x - left;
    return dy >= 0 && dx >= 0 && dy % sparseY === 0 && dx % sparseX === 0 && dy / sparseY < windows.height && dx / sparseX < windows.width;
  };

  /** Shifts in the next word of padding, or the next part of a pixel. */
  const shift = (): boolean => {
    const real = inside();
    const complete = completes();
    if (real && !arrivals.next()) return false;
    if (complete && opened < 0) room = free(out, reuse === 1 ? 2 : 1 + sweep);
    if (complete && room < 0) return false;

    const n = real ? arrivals.words : words;
    const start = real ? Math.max(chain, arrivals.first) : chain;
    const known = real ? arrivals.last : 0;
    if (complete) {
      const taken = Math.max(start + 1, engine, reuse === 1 && opened < 0 ? room : 0);
      chain = Math.max(taken + (n - 1) * hold, known + 1);
      engine = chain + hold;
      if (opened < 0) opened = taken;
      if (real) arrivals.take(Math.max(known, n > 1 ? taken + (n - 2) * hold : start), n > 1 ? taken : start);
    } else {
      const end = Math.max(start + n - 1, known);
      chain = end + 1;
      if (real) arrivals.take(end, start);
    }
    if (real && arrivals.opens) begun.push(start);
    if (real && !arrivals.done) return true;
    if (complete) finish();
    if (++x === wide) {
      x = before;
      if (++y === tall) y = above;
    }
    return true;
  };

  /** All windows of a pixel are taken. */
  const finish = (): void => {
    if (reuse === 1) {
      const ready = rounds === 1 ? engine : opened + (words / rounds) * hold;
      put(out, ready, engine + out.words / rounds - 1);
    } else if (++gathered === reuse || (out.computed + gathered) % columns === 0) {
      // The chain stands still until the sweep over what is gathered begins.
      chain = Math.max(chain, ends, room);
      ends = chain + reuse * words * cycles;
      for (let k = 0; k < gathered; k++) put(out, ends, ends + out.words - 1);
      sweep = gathered;
      gathered = 0;
    }
    opened = -1;
    if (out.computed > 0 && out.computed % (rows * columns) === 0 && gathered === 0) ended.push(out.last[(out.computed - 1) & out.mask]!);
  };

  return { begun, ended, step: () => run(shift, [out]) };
}

/** An engine without storage: a pixel goes through as fast as all operands bring it and the receivers take it. */
export function passing(entries: readonly Entry[], out: Exit, inTurn: boolean): Stage {
  const begun: number[] = [];
  const ended: number[] = [];
  const arrivals = entries.map(arrivalsOf);
  const pixels = Math.max(...entries.map((entry) => entry.pixels));
  let clock = 0;
  let at = 0;
  let waiting = false;
  const ends = new Float64Array(entries.length);

  const pass = (): boolean => {
    if (waiting) {
      const gone = free(out, 1);
      if (gone < 0) return false;
      const late = Math.max(0, gone - 1 - out.last[(out.computed - 1) & out.mask]!);
      clock = 0;
      for (let i = 0; i < entries.length; i++) {
        const end = ends[i]! + late;
        if (entries[i]!.pixels === pixels || at === pixels - 1) arrivals[i]!.take(end);
        clock = Math.max(clock, end + 1);
      }
      waiting = false;
      at = at === pixels - 1 ? 0 : at + 1;
      return true;
    }
    let first = clock;
    let last = 0;
    let next = clock;
    let moved = false;
    for (let i = 0; i < entries.length; i++) {
      const { words } = entries[i]!;
      const own = arrivals[i]!;
      // What is kept for the whole frame, and all parts of a pixel but the last, is taken as it comes.
      while (true) {
        if (!own.next()) return moved;
        if (own.final) break;
        own.take(Math.max(own.last, clock));
        moved = true;
      }
      const start = Math.max(next, own.first);
      const end = Math.max(start + words - 1, own.last);
      ends[i] = end;
      if (inTurn) next = end + 1;
      if (i === 0 || !inTurn) first = Math.max(first, start);
      last = Math.max(last, end);
    }
    if (at === 0) begun.push(first);
    put(out, first + 1, last + 1);
    if (at === pixels - 1) ended.push(last + 1);
    waiting = true;
    return true;
  };
  return { begun, ended, step: () => run(pass, [out]) };
}

/**
 * An engine that has taken all of a piece of its map before it sends what it made of it: a frame (global pooling, elements in
 * another order) or a row (every row sent several times). It has memory for two pieces, filled in turn.
 *
 * @param piece own pixels of a piece, of which a frame has a whole number
 * @param results pixels made of a piece
 */
export function gathering(entry: Entry, out: Exit, piece: number, results: number): Stage {
  const begun: number[] = [];
  const ended: number[] = [];
  const arrivals = arrivalsOf(entry);
  let clock = 0;
  let inPiece = 0;
  let inFrame = 0;
  const step = (): boolean => {
    if (!arrivals.next()) return false;
    const room = inPiece === 0 ? free(out, 1 + results) : 0;
    if (room < 0) return false;
    const start = Math.max(clock, arrivals.first, room);
    const end = Math.max(start + arrivals.words - 1, arrivals.last);
    arrivals.take(end);
    if (arrivals.opens) begun.push(start);
    clock = end + 1;
    if (!arrivals.done) return true;
    if (++inPiece === piece) {
      for (let k = 0; k < results; k++) put(out, clock, clock);
      inPiece = 0;
    }
    if (++inFrame === entry.pixels) {
      ended.push(clock);
      inFrame = 0;
    }
    return true;
  };
  return { begun, ended, step: () => run(step, [out]) };
}

/** The network's input, or what another partition left off chip: frame `f` is on offer from cycle `f x interval` on. */
export function source(out: Exit, pixels: number, interval: number, frames: () => number): Stage {
  const begun: number[] = [];
  const send = (): boolean => {
    const f = Math.floor(out.computed / pixels);
    if (f >= frames() || free(out, 1) < 0) return false;
    if (out.computed % pixels === 0) begun.push(f * interval);
    put(out, f * interval, f * interval);
    return true;
  };
  return { begun, ended: [], step: () => run(send, [out]) };
}

/** The network's output: takes what comes. */
export function sink(pipe: Pipe, pixels: number): Stage {
  const ended: number[] = [];
  const receive = (): boolean => {
    if (pipe.received === pipe.offered) return false;
    const last = pipe.last[pipe.received & pipe.mask]!;
    take(pipe, last, last);
    if (pipe.received % pixels === 0) ended.push(last + 1);
    return true;
  };
  return { begun: [], ended, step: () => run(receive, []) };
}

function run(step: () => boolean, outs: readonly Exit[]): boolean {
  let moved = false;
  for (;;) {
    let on = false;
    for (const out of outs) on = flush(out) || on;
    on = step() || on;
    if (!on) return moved;
    moved = true;
  }
}

/** What comes in, part by part: a part is what one own pixel and one pixel of the sender have in common. */
interface Arrivals {
  /** Looks at the next part; false while it is not on offer. */
  readonly next: () => boolean;
  /** Leaves the part: when its last word was taken, and, where that is known to be sooner, its first. */
  readonly take: (time: number, first?: number) => void;
  /** Of the part: words, and when the first and last of them are on offer. */
  readonly words: number;
  readonly first: number;
  readonly last: number;
  /** Whether it is the last of its pixel. */
  readonly final: boolean;
  /** After `take`: whether it was the first of its frame, and the last of its pixel. */
  readonly opens: boolean;
  readonly done: boolean;
}

function arrivalsOf({ pipe, pixels, share, words }: Entry): Arrivals {
  /** Own pixel, and how much of it is taken; both in pixels of the sender, where a frame has `pixels x share`. */
  let pixel = 0;
  let taken = 0;
  const state = { words: 0, first: 0, last: 0, final: false, opens: false, done: false };
  let end = 0;
  /** Own words of a pixel of the sender, of which the first comes with its first and the last with its last. */
  const own = words / share;
  /** When the word comes that begins with that part of a pixel (`back` 0) or ends with it (1), between the first (0) and the last (1). */
  const within = (part: number, back: 0 | 1): number => (own > 1 ? Math.min(1, Math.max(0, (part * own - back) / (own - 1))) : part);
  const next = (): boolean => {
    const from = pixel * share + taken;
    const k = Math.floor(from + SLACK);
    if (k >= pipe.offered) return false;
    end = Math.min(k + 1, (pixel + 1) * share);
    const a = pipe.first[k & pipe.mask]!;
    const b = pipe.last[k & pipe.mask]!;
    state.words = share === 1 ? words : (words * (end - from)) / share;
    state.first = share === 1 ? a : a + (b - a) * within(Math.max(0, from - k), 0);
    state.last = share === 1 ? b : a + (b - a) * within(end - k, 1);
    state.final = end > (pixel + 1) * share - SLACK;
    return true;
  };
  const leave = (time: number, first = time): void => {
    state.opens = taken === 0 && pixel % pixels === 0;
    state.done = state.final;
    if (Math.floor(end + SLACK) > pipe.received) take(pipe, share === 1 ? Math.min(first, time) : time, time);
    taken = state.final ? 0 : end - pixel * share;
    if (state.final) pixel++;
  };
  return Object.assign(state, { next, take: leave });
}

/** Of sums of fractions of pixels. */
const SLACK = 1e-6;
