import { describe, expect, test } from "vitest";
import { rng } from "../../base/rng.js";
import { cycles } from "../../base/units.js";
import type { Dma } from "./plan.js";
import { beatsOfFragment, type Reader, runStream, STREAM_FRAMES } from "./replay-stream.js";

/** The hardware as docs/math/pipeline.md ("DMA") has it, one cycle after the other: what happens in a cycle depends on what was before it. */
function clocked(readers: readonly Reader[], { busBits, rate, slots, warmUp }: Dma, interval: number) {
  const ports = readers.map((reader) => ({
    reader,
    queue: 0,
    register: 0,
    words: 0,
    full: 0,
    /** Engine: next word of the period, cycle from which it may be read, periods done. */
    word: 0,
    next: Number(warmUp),
    period: 0,
    stalls: [0],
    ends: [] as number[],
    late: 0,
  }));
  const price = 65536 * busBits;
  let [credit, slot, left, filled] = [0, 0, 0, -1];
  for (let t = 0; t < warmUp + 12 * interval; t++) {
    if (filled < 0 && ports.every((p) => p.full === p.reader.buffers)) filled = t;
    const after = ports.map(({ queue }) => queue);
    let spent = 0;
    // DMA.
    const { port, beats } = slots[slot]!;
    if (left === 0 && ports[port]!.queue <= 32 - beats) left = beats;
    else if (left === 0) slot = (slot + 1) % slots.length;
    if (left > 0 && credit >= price) {
      spent = price;
      after[port]! += 1;
      if (--left === 0) slot = (slot + 1) % slots.length;
    }
    credit = Math.min(4 * price, credit - spent + rate);
    ports.forEach((p, i) => {
      const { width, resident, streamed, fragments, sweeps, buffers, held } = p.reader;
      let { full } = p;
      // Port: a word to the buffer, then a beat to the register.
      const writes = p.register >= width && p.full < buffers;
      if (writes) {
        p.register -= width;
        if (++p.words === streamed) {
          [p.words, p.register] = [0, 0];
          full++;
        }
      }
      if (p.queue > 0 && p.register < width) {
        p.register += busBits;
        after[i]! -= 1;
      }
      // Engine.
      const [length, perFrame] = [resident + streamed, fragments * sweeps];
      if (t >= p.next) {
        if (p.word >= resident && p.full === 0) p.stalls[p.stalls.length - 1]! += 1;
        else {
          if (p.word === length - 1) full--;
          p.next = t + held;
          if (++p.word === length) {
            p.word = 0;
            p.period++;
            if (p.period % perFrame === 0) {
              p.ends.push(t + held);
              p.stalls.push(0);
            }
            const pace = warmUp + Math.floor((p.period * interval) / perFrame);
            if (p.period <= STREAM_FRAMES * perFrame) p.late = Math.max(p.late, p.next - pace);
            p.next = Math.max(p.next, pace);
          }
        }
      }
      p.full = full;
    });
    ports.forEach((p, i) => {
      p.queue = after[i]!;
    });
  }
  return {
    filled,
    stalls: ports.map((p) => p.stalls.slice(0, STREAM_FRAMES)),
    ends: ports.map((p) => p.ends.slice(0, STREAM_FRAMES)),
    late: ports.map(({ late }) => late),
  };
}

function randomStream(seed: number): { readonly readers: readonly Reader[]; readonly dma: Dma; readonly interval: number } {
  const uniform = rng(seed);
  const whole = (least: number, most: number): number => least + Math.floor(uniform() * (most - least + 1));
  const busBits = 2 ** whole(3, 6);
  const readers = Array.from({ length: whole(1, 3) }, (): Reader => {
    const streamed = whole(1, 12);
    return {
      width: whole(1, 2 * busBits),
      resident: whole(0, 10),
      streamed,
      fragments: whole(1, 4),
      sweeps: whole(1, 5),
      buffers: whole(1, 3),
      held: whole(1, 3),
    };
  });
  const slots = readers.flatMap((reader, port) => {
    const all = reader.sweeps * reader.fragments * beatsOfFragment(reader, busBits);
    const cut = Math.min(16, all);
    return Array.from({ length: Math.ceil(all / cut) }, () => ({ port, beats: cut, key: uniform() }));
  });
  slots.sort((a, b) => a.key - b.key);
  const busy = readers.map(({ resident, streamed, fragments, sweeps, held }) => (resident + streamed) * fragments * sweeps * held);
  const interval = Math.max(...busy) + whole(0, 20);
  const bits = readers.reduce((sum, r) => sum + r.sweeps * r.fragments * beatsOfFragment(r, busBits) * busBits, 0);
  const rate = Math.min(65536 * busBits, Math.ceil((65536 * bits * (0.8 + 0.6 * uniform())) / interval));
  const dma: Dma = { busBits, rate, ports: readers.map((_, l) => l), slots, rounds: 1, warmUp: cycles(whole(0, 400)), stalls: [] };
  return { readers, dma, interval };
}

describe("the weight stream", () => {
  test("does what the hardware does cycle by cycle: stalls, ends of frames, lateness, filling", () => {
    let ran = 0;
    for (let seed = 0; seed < 300; seed++) {
      const { readers, dma, interval } = randomStream(seed);
      const run = runStream(readers, dma, interval);
      if (run === undefined) continue;
      const seen = clocked(readers, dma, interval);
      if (seen.ends.some((ends) => ends.length < STREAM_FRAMES)) continue;
      ran++;
      expect({ seed, stalls: run.stalls, ends: run.ends, late: run.late }).toEqual({
        seed,
        stalls: seen.stalls,
        ends: seen.ends,
        late: seen.late,
      });
      if (seen.filled >= 0 && seen.filled <= dma.warmUp) expect(run.filled, `seed ${seed}`).toBe(seen.filled);
    }
    expect(ran).toBeGreaterThan(200);
  });
});
