import { describe, expect, it } from "vitest";
import { type Rng, rng } from "../../base/rng.js";
import { cycles } from "../../base/units.js";
import { beatsPerFrame, CREDIT, FRAMES, fillTime, type Port, runStream } from "./dma-run.js";
import { tableOf } from "./dma-table.js";
import type { Dma } from "./plan.js";

/** One layer, half of whose 8-word periods is streamed: 4 words of 8 bits are 2 beats of 16. Two sweeps of 16 words a frame. */
const half: Port = { width: 8, period: 8, streamed: 4, fragments: 2, buffers: 2, reuse: 1, sweepsPerFrame: 2 };

describe("the weight stream", () => {
  it("takes one slot after another", () => {
    // A beat every 4 cycles (4 bits of credit each): the first in cycle 4. It enters the register in 5, its words are written in 6 and 7;
    // the second, sent in 8, is written in 10 and 11. Fragments are full in 12 and 20.
    const stream = { busBits: 16, rate: 4 * CREDIT, slots: [{ port: 0, beats: 2 }], rounds: 4 };
    expect(fillTime([half], stream)).toBe(20);
    // 32 bits per 8 words want 4 bits per cycle: just enough.
    expect(runStream([half], { ...stream, warmUp: cycles(20) }, 32)).toEqual({ stalls: [0], steady: true });
    expect(runStream([half], { ...stream, rate: 3 * CREDIT, warmUp: cycles(20) }, 32).steady).toBe(false);
  });

  it("does what a machine with registers does, cycle by cycle", () => {
    const random = rng(7);
    let stalled = 0;
    for (let trial = 0; trial < 300; trial++) {
      const busBits = 2 ** (3 + Math.floor(random() * 4));
      const ports = Array.from({ length: 1 + Math.floor(random() * 3) }, () => anyPort(random, busBits));
      const busy = Math.max(...ports.map((p) => p.sweepsPerFrame * p.fragments * p.period * p.reuse));
      const needed = ports.reduce((sum, p) => sum + beatsPerFrame(p, busBits), 0);
      const cyclesPerFrame = Math.ceil(Math.max(busy, needed) * (1 + random()));
      const rate = Math.ceil(Math.min(1, (needed / cyclesPerFrame) * (0.8 + random())) * busBits * CREDIT);
      const table = tableOf(
        ports.map((p) => beatsPerFrame(p, busBits)),
        1 + Math.floor(random() * 16),
      );
      const stream = { busBits, rate, ...table };
      const warmUp = cycles(fillTime(ports, stream));
      const run = runStream(ports, { ...stream, warmUp }, cyclesPerFrame);
      expect(machine(ports, { ...stream, warmUp }, cyclesPerFrame), JSON.stringify({ ports, stream, cyclesPerFrame })).toEqual(run);
      stalled += run.stalls.some((n) => n > 0) ? 1 : 0;
    }
    expect(stalled).toBeGreaterThan(30);
    expect(stalled).toBeLessThan(250);
  });
});

describe("the table", () => {
  it("is a common part of a frame where there is one", () => {
    // 3 to 1, in slots of 4 beats: 24 and 8 beats, eight times a frame.
    const { slots, rounds } = tableOf([192, 64], 4);
    expect(rounds).toBe(8);
    expect(slots.map(({ port }) => port).join("")).toBe("00010001");
    expect(slots.every(({ beats }) => beats === 4)).toBe(true);
  });

  it("serves every port at least its beats", () => {
    const random = rng(3);
    for (let trial = 0; trial < 100; trial++) {
      const beats = Array.from({ length: 1 + Math.floor(random() * 6) }, () => 1 + Math.floor(random() * 10 ** (1 + random() * 6)));
      const { slots, rounds } = tableOf(beats, 16);
      expect(slots.length).toBeLessThanOrEqual(2048);
      expect(slots.every(({ beats: n }) => n >= 1 && n <= 16)).toBe(true);
      beats.forEach((n, port) => {
        const round = slots.filter((slot) => slot.port === port).reduce((sum, slot) => sum + slot.beats, 0);
        expect(round * rounds).toBeGreaterThanOrEqual(n);
      });
    }
  });
});

function anyPort(random: Rng, busBits: number): Port {
  const whole = (most: number) => 1 + Math.floor(random() * most);
  const period = whole(40);
  return {
    width: whole(random() < 0.3 ? 3 * busBits : busBits),
    period,
    streamed: whole(period),
    fragments: whole(4),
    buffers: whole(3),
    reuse: random() < 0.5 ? 1 : whole(4),
    sweepsPerFrame: whole(6),
  };
}

/** The hardware with its registers, one cycle after another. */
function machine(ports: readonly Port[], dma: Omit<Dma, "ports" | "stalls">, cyclesPerFrame: number) {
  const { busBits, rate, slots, warmUp } = dma;
  const state = ports.map((port) => ({
    port,
    queue: 0,
    register: 0,
    wordsOfFragment: 0,
    full: 0,
    // The engine: cycles until the next word may be read, and which word of which period that is.
    hold: 0,
    word: 0,
    periods: 0,
    running: false,
    stalls: 0,
    ends: [] as number[],
  }));
  let credit = 0;
  let slot = 0;
  let left = 0;
  for (let at = 0; state.some(({ ends }) => ends.length < FRAMES); at++) {
    // All decisions are taken on the state before the cycle.
    const { port: to, beats } = slots[slot]!;
    const taken = left > 0 || state[to]!.queue + beats <= 32;
    const sends = taken && credit >= busBits * CREDIT;
    const changes = state.map((s) => {
      const { width, streamed, buffers } = s.port;
      const writes = s.register >= width && s.full < buffers;
      const lastWord = writes && s.wordsOfFragment === streamed - 1;
      const rest = lastWord ? 0 : s.register - (writes ? width : 0);
      return { writes, lastWord, rest, loads: s.queue > 0 && rest < width, hadFull: s.full > 0 };
    });
    state.forEach((s, i) => {
      const { period, streamed, fragments, reuse, sweepsPerFrame } = s.port;
      const { writes, lastWord, rest, loads, hadFull } = changes[i]!;
      s.register = rest + (loads ? busBits : 0);
      if (writes) s.wordsOfFragment = lastWord ? 0 : s.wordsOfFragment + 1;
      s.queue += (sends && to === i ? 1 : 0) - (loads ? 1 : 0);
      s.full += lastWord ? 1 : 0;

      const perFrame = sweepsPerFrame * fragments;
      if (s.running && s.hold === 0 && s.word === period) {
        s.running = false;
        s.periods++;
        s.word = 0;
        if (s.periods % perFrame === 0 && s.ends.length < FRAMES) s.ends.push(at);
      }
      if (!s.running && at >= warmUp + Math.floor((s.periods * cyclesPerFrame) / perFrame)) s.running = true;
      if (!s.running) return;
      if (s.hold > 0) {
        s.hold--;
        return;
      }
      if (s.word >= period - streamed && !hadFull) {
        if (s.ends.length < FRAMES) s.stalls++;
        return;
      }
      if (s.word === period - 1) s.full--;
      s.word++;
      s.hold = reuse - 1;
    });
    credit = Math.min(credit - (sends ? busBits * CREDIT : 0) + rate, 4 * busBits * CREDIT);
    if (!taken) slot = (slot + 1) % slots.length;
    else if (sends) {
      left = (left > 0 ? left : beats) - 1;
      if (left === 0) slot = (slot + 1) % slots.length;
    }
  }
  return {
    stalls: state.map(({ stalls }) => stalls),
    steady: state.every(({ ends }) => ends[FRAMES - 1]! - ends[FRAMES - 2]! <= cyclesPerFrame),
  };
}
