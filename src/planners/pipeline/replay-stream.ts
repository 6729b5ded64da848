import type { Dma } from "./plan.js";

/** What one streamed layer does with the words that come. */
export interface Reader {
  /** Bits of a word. */
  readonly width: number;
  /** Words that come from on chip before each fragment, and words of the fragment. */
  readonly resident: number;
  readonly streamed: number;
  /** Fragments of a sweep, sweeps of a frame. */
  readonly fragments: number;
  readonly sweeps: number;
  readonly buffers: number;
  /** Cycles for which a word is held. */
  readonly held: number;
}

/** What the weight stream was seen to do. Cycles are counted from its start. */
export interface StreamRun {
  /** Per port and frame: cycles in which the engine waited for words, and when its last sweep ended. */
  readonly stalls: readonly (readonly number[])[];
  readonly ends: readonly (readonly number[])[];
  /** Per port: by how many cycles a period of its engine ended after the even pace, at most. */
  readonly late: readonly number[];
  /** First cycle in which all buffers of all ports are full, as long as no engine reads. */
  readonly filled: number;
  /** Beats that each port's engine used up per frame. */
  readonly beats: readonly number[];
  /** Beats sent to each port in each of `BINS` equal spans of the frames that are shown: `sent[bin x ports + port]`. */
  readonly sent: Int32Array;
}

/** Frames that are run: the start, and enough to see that what follows goes on for ever. */
export const STREAM_FRAMES = 4;
/** Frames whose beats are shown, with the warm-up before them, in so many spans. */
export const SHOWN_FRAMES = 2;
export const BINS = 240;

/** Beats that wait at a port. */
const QUEUE = 32;
/** One bit of credit. */
const UNIT = 65536;
/** Beats of credit in hand at most. */
const HOARD = 4;
/** Frames after which a stream that lags is given up. */
const PATIENCE = 2 * STREAM_FRAMES + 2;

/** Source: docs/math/pipeline.md, weight memory: a fragment begins at a beat. */
export const beatsOfFragment = ({ width, streamed }: Reader, busBits: number): number => Math.ceil((width * streamed) / busBits);

/**
 * Runs the weight stream in the hardware's own clock: the table of slots, credit, queues, registers that unpack words, buffers
 * of fragments, and engines whose periods begin in even steps over the frame.
 *
 * @param readers one for each port
 * @param interval cycles per frame
 * @returns undefined where some layer gets no weights, or far too late
 * @see docs/math/pipeline.md, "DMA"
 */
export function runStream(readers: readonly Reader[], dma: Dma, interval: number): StreamRun | undefined {
  const { busBits, rate, slots, warmUp } = dma;
  const ports = readers.map((reader) => portOf(reader, busBits, warmUp, interval));
  const span = (warmUp + SHOWN_FRAMES * interval) / BINS;
  const sent = new Int32Array(BINS * ports.length);
  const price = UNIT * busBits;
  const most = HOARD * price;
  const end = warmUp + PATIENCE * interval;
  let [now, credit, slot, refused] = [0, 0, 0, 0];
  let running = ports.length;

  const wait = (cycles: number): void => {
    now += cycles;
    credit = Math.min(most, credit + cycles * rate);
  };
  while (running > 0) {
    if (now > end) return undefined;
    const { port, beats } = slots[slot]!;
    slot = slot + 1 === slots.length ? 0 : slot + 1;
    const to = ports[port]!;
    if (to.roomFrom(beats) > now) {
      wait(1);
      // Where a whole round has been refused, rounds pass until the first port has room.
      if (++refused < slots.length) continue;
      refused = 0;
      let first = Number.POSITIVE_INFINITY;
      for (const other of slots) first = Math.min(first, ports[other.port]!.roomFrom(other.beats));
      if (first === Number.POSITIVE_INFINITY) return undefined;
      if (first > now) wait(slots.length * Math.floor((first - now) / slots.length));
      continue;
    }
    refused = 0;
    for (let i = 0; i < beats; i++) {
      if (credit < price) wait(Math.ceil((price - credit) / rate));
      const bin = Math.floor(now / span);
      if (bin < BINS) sent[bin * ports.length + port]! += 1;
      if (to.receive(now)) running--;
      credit -= price;
      wait(1);
    }
  }
  return {
    stalls: ports.map(({ stalls }) => stalls),
    ends: ports.map(({ ends }) => ends),
    late: ports.map((port) => port.late()),
    filled: Math.max(0, ...ports.map((port) => port.filled())),
    beats: readers.map((reader) => reader.sweeps * reader.fragments * beatsOfFragment(reader, busBits)),
    sent,
  };
}

interface Port {
  /** First cycle in which the queue has room for so many beats. */
  readonly roomFrom: (beats: number) => number;
  /** A beat is sent in this cycle; whether it lets the engine end the last frame. */
  readonly receive: (cycle: number) => boolean;
  readonly filled: () => number;
  readonly late: () => number;
  readonly stalls: number[];
  readonly ends: number[];
}

/** All that follows at a port from the cycles in which its beats are sent. */
function portOf(
  { width, resident, streamed, fragments, sweeps, buffers, held }: Reader,
  busBits: number,
  warmUp: number,
  interval: number,
): Port {
  const stalls: number[] = [];
  const ends: number[] = [];
  /** Cycles in which the last beats left the queue for the register. */
  const left = new Float64Array(QUEUE);
  let [received, leaves] = [0, -1];
  /** Bits in the register once the words of the beats so far are out; words of the fragment that are written, the last of them when. */
  let [bits, words, written] = [0, 0, -1];
  /** First cycle in which the buffer of fragment `m` may be written, by `m` modulo the buffers. */
  const free = new Float64Array(buffers);
  let [fragment, filled] = [0, 0];
  /** The engine: first cycle of the period, stalls of the frame, cycles by which a period ended late. */
  let [begins, stalled, late] = [warmUp, 0, 0];
  const perFrame = sweeps * fragments;

  /** The engine comes to a fragment that is full from cycle `full` on; whether that ends the last frame. */
  const read = (full: number): boolean => {
    if (fragment < buffers) filled = full;
    const due = begins + resident * held;
    const first = Math.max(due, full);
    stalled += first - due;
    free[fragment % buffers] = first + (streamed - 1) * held + 1;
    fragment++;
    begins = first + streamed * held;
    let last = false;
    if (fragment % perFrame === 0 && ends.length < STREAM_FRAMES) {
      ends.push(begins);
      stalls.push(stalled);
      stalled = 0;
      last = ends.length === STREAM_FRAMES;
    }
    const pace = warmUp + Math.floor((fragment * interval) / perFrame);
    if (fragment <= STREAM_FRAMES * perFrame) late = Math.max(late, begins - pace);
    begins = Math.max(begins, pace);
    return last;
  };

  return {
    stalls,
    ends,
    filled: () => filled,
    late: () => late,
    roomFrom: (beats) => {
      const needed = received + beats - QUEUE;
      return needed <= 0 ? 0 : left[(needed - 1) % QUEUE]! + 1;
    },
    receive: (cycle) => {
      // A beat leaves the queue when it has come, after the one before it, and when the register has less than a word.
      leaves = Math.max(cycle + 1, leaves + 1, written);
      left[received % QUEUE] = leaves;
      received++;
      bits += busBits;
      const whole = Math.min(Math.floor(bits / width), streamed - words);
      if (whole === 0) return false;
      const from = words === 0 ? free[fragment % buffers]! : 0;
      written = Math.max(written + 1, leaves + 1, from) + whole - 1;
      bits -= whole * width;
      words += whole;
      if (words < streamed) return false;
      [bits, words] = [0, 0];
      return read(written + 1);
    },
  };
}
