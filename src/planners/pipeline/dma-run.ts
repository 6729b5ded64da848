import type { Dma } from "./plan.js";

/** What a streamed layer asks of the weight stream. */
export interface Port {
  /** Bits of a word. */
  readonly width: number;
  /** Words of a sweep from one fragment to the next. */
  readonly period: number;
  /** Words of a fragment; at most `period`. */
  readonly streamed: number;
  /** Periods of a sweep. */
  readonly fragments: number;
  readonly buffers: number;
  /** Cycles for which a word is held. */
  readonly reuse: number;
  readonly sweepsPerFrame: number;
}

/** Beats of a fragment: it begins at one. */
export const beatsOf = ({ width, streamed }: Port, busBits: number): number => Math.ceil((streamed * width) / busBits);

export const beatsPerFrame = (port: Port, busBits: number): number => port.sweepsPerFrame * port.fragments * beatsOf(port, busBits);

/** Room of a port's queue, in beats. */
export const QUEUE = 32;
/** One bit of credit. */
export const CREDIT = 65536;
/** Beats of credit that can be in hand. */
const MOST_CREDIT = 4;
/** Frames that are looked at: the start, and two that show what goes on for ever. */
export const FRAMES = 4;

export interface Run {
  /** Per port, over all frames. */
  readonly stalls: readonly number[];
  /** No layer's last frame ends later than `cyclesPerFrame` after that of the frame before. */
  readonly steady: boolean;
}

/**
 * Runs the weight stream for four frames, as docs/math/pipeline.md ("DMA") has it. A port's times follow from those at
 * which its beats are sent, by the recurrence there, so it is enough to walk from beat to beat.
 */
export function runStream(ports: readonly Port[], dma: Omit<Dma, "ports" | "stalls">, cyclesPerFrame: number): Run {
  const lines = ports.map((port) => lineOf(port, dma.busBits, dma.warmUp, cyclesPerFrame));
  send(lines, dma);
  const last = FRAMES - 1;
  return {
    stalls: lines.map(({ stalls }) => stalls),
    steady: lines.every(({ ends }) => ends[last]! - ends[last - 1]! <= cyclesPerFrame),
  };
}

/** The first cycle in which every port has all its buffers full while no engine reads. */
export function fillTime(ports: readonly Port[], dma: Omit<Dma, "ports" | "stalls" | "warmUp">): number {
  const lines = ports.map((port) => lineOf(port, dma.busBits, Number.POSITIVE_INFINITY, 1));
  send(lines, dma);
  return lines.reduce((latest, { filled }) => Math.max(latest, filled), 0);
}

/** A port in work. Times are cycles; what is not known yet is infinite. */
interface Line {
  readonly port: Port;
  readonly beats: number;
  /** Words of a fragment that are whole after `beat` beats of it. */
  readonly wordsAfter: (beat: number) => number;
  /** When the last beats entered the register, by number of the beat modulo the queue's room. */
  readonly entered: Float64Array;
  /** From when the buffer is free into which fragment `m` goes, by `m` modulo the buffers. */
  readonly free: Float64Array;
  sent: number;
  /** Beat of the fragment, and the fragment over all frames. */
  beat: number;
  fragment: number;
  /** When the last word was written, and the last beat entered the register. */
  written: number;
  entry: number;
  /** From when the first `buffers` fragments are full. */
  filled: number;
  /** When the engine's next period begins. */
  next: number;
  stalls: number;
  /** When the last sweep of each frame ends. */
  readonly ends: number[];
  done: boolean;
  readonly receive: (at: number) => void;
}

function lineOf(port: Port, busBits: number, warmUp: number, cyclesPerFrame: number): Line {
  const { width, period, streamed, fragments, buffers, reuse, sweepsPerFrame } = port;
  const beats = beatsOf(port, busBits);
  const perFrame = sweepsPerFrame * fragments;
  const lead = (period - streamed) * reuse;
  const line: Line = {
    port,
    beats,
    wordsAfter: (beat) => (beat === beats ? streamed : Math.floor((beat * busBits) / width)),
    entered: new Float64Array(QUEUE),
    free: new Float64Array(buffers),
    sent: 0,
    beat: 0,
    fragment: 0,
    written: -1,
    entry: -1,
    filled: 0,
    next: warmUp,
    stalls: 0,
    ends: [],
    done: false,
    receive,
  };

  /** A beat that is sent in cycle `at`. */
  function receive(at: number): void {
    line.entry = Math.max(at + 1, line.entry + 1, line.written);
    line.entered[line.sent % QUEUE] = line.entry;
    line.sent++;
    const before = line.wordsAfter(line.beat);
    const whole = line.wordsAfter(++line.beat);
    if (whole === before) return;
    const room = before === 0 ? line.free[line.fragment % buffers]! : 0;
    line.written = Math.max(line.written + 1, line.entry + 1, room) + whole - before - 1;
    if (whole === streamed) read(line.written + 1);
  }

  /** The engine reads the fragment that is full from cycle `full` on. */
  function read(full: number): void {
    if (line.fragment < buffers) line.filled = full;
    const due = line.next + lead;
    const first = Math.max(due, full);
    if (!line.done && first > due) line.stalls += first - due;
    line.free[line.fragment % buffers] = first + (streamed - 1) * reuse + 1;
    line.beat = 0;
    line.fragment++;
    line.next = first + streamed * reuse;
    if (line.fragment % perFrame === 0 && !line.done) {
      line.ends.push(line.next);
      line.done = line.ends.length === FRAMES;
    }
    line.next = Math.max(line.next, warmUp + Math.floor((line.fragment * cyclesPerFrame) / perFrame));
  }
  return line;
}

/** Walks the table until every port has had its frames, or nothing can go on. */
function send(lines: readonly Line[], { busBits, rate, slots }: Pick<Dma, "busBits" | "rate" | "slots">): void {
  const price = busBits * CREDIT;
  const most = MOST_CREDIT * price;
  let at = 0;
  let credit = 0;
  let passed = 0;
  let waiting = lines.length;
  for (let s = 0; ; s = s + 1 === slots.length ? 0 : s + 1) {
    const { port, beats } = slots[s]!;
    const line = lines[port]!;
    if (roomFrom(line, beats) > at) {
      let cycles = 1;
      if (++passed === slots.length) {
        // A whole round without a beat: the rounds until some port has room pass alike.
        const from = slots.reduce((least, slot) => Math.min(least, roomFrom(lines[slot.port]!, slot.beats)), Number.POSITIVE_INFINITY);
        if (from === Number.POSITIVE_INFINITY) return;
        cycles += slots.length * Math.max(0, Math.floor((from - at - 1) / slots.length));
        passed = 0;
      }
      at += cycles;
      credit = Math.min(most, credit + rate * cycles);
      continue;
    }
    passed = 0;
    const undone = !line.done;
    for (let i = 0; i < beats; i++) {
      if (credit < price) {
        const cycles = Math.ceil((price - credit) / rate);
        at += cycles;
        credit = Math.min(most, credit + rate * cycles);
      }
      line.receive(at);
      at++;
      credit = Math.min(most, credit - price + rate);
    }
    if (undone && line.done && --waiting === 0) return;
  }
}

/** From which cycle the queue of `line` has room for `beats` more: one after that in which enough have left it. */
function roomFrom({ sent, entered }: Line, beats: number): number {
  const last = sent + beats - QUEUE - 1;
  return last < 0 ? 0 : entered[last % QUEUE]! + 1;
}
