import { resultBanks } from "../../cost/fpga/queues.js";
import { roomOf } from "./results.js";
import { converterRoom } from "./stream.js";
import { type Channel, keptBy, type Stage, type Structure } from "./structure.js";

/** What the machine is foreseen to do. Cycle 0 is the first in which an input is on offer. */
export interface Timing {
  /** By frame: the cycle in which the last word of its last output leaves. */
  readonly ends: readonly number[];
  /** By stage: cycles in which its engine had work but no weight. */
  readonly stalls: readonly number[];
}

/** How the machine is driven. */
export interface Drive {
  readonly frames: number;
  readonly period: number;
  readonly limit: number;
}

/** Whether a stage's next weight word is there, once per cycle; told what happened at the end of the cycle. */
export interface Weights {
  /** Cycles they get before the first input is on offer. */
  readonly warmUp: number;
  readonly ready: (stage: number) => boolean;
  readonly tick: (taken: readonly boolean[]) => void;
}

/**
 * Runs the machine word by word, without the words: who takes, holds and hands on how many in every cycle. A frame is on offer
 * every `period` cycles, at once where that is 0, and outputs are always taken.
 *
 * @param frames until so many have left, or `limit` cycles have passed.
 */
export function run({ stages, channels }: Structure, { frames, period, limit }: Drive, weights?: Weights): Timing {
  const queues = channels.map(({ depth }) => store(depth, 1, 1));
  const converters = channels.map(({ lanesOut, lanesIn }) =>
    lanesOut === lanesIn ? undefined : store(converterRoom(lanesOut, lanesIn), lanesOut, lanesIn),
  );
  const entries = channels.map((_, i) => converters[i] ?? queues[i]!);
  const outputs = (layer: number) => channels.flatMap((c, i) => (c.from === layer ? [entries[i]!] : []));
  const taken: boolean[] = stages.map(() => false);
  const stalls: number[] = stages.map(() => 0);
  const machines = stages.map((stage, i) => {
    const results = pipe(stage);
    const work = machine(
      stage,
      stage.inputs.map((stream) => queues[stream]!),
      () => {
        const ready = weights === undefined || weights.ready(i);
        if (ready) taken[i] = true;
        else stalls[i]!++;
        return ready;
      },
    );
    return { results, work, to: outputs(stage.layer) };
  });
  const sources = channels.flatMap(({ from, words }, i) => (from === undefined ? [{ to: entries[i]!, words, sent: 0 }] : []));
  const sinks = channels.flatMap((channel, i) => (channel.to === undefined ? [{ from: queues[i]!, got: 0, words: channel.words }] : []));
  const stores = [...queues, ...converters.filter((c) => c !== undefined)];
  const passes = channels.flatMap((_, i) => (converters[i] ? [{ from: converters[i], to: queues[i]! }] : []));
  const ends: number[] = [];
  for (let cycle = -(weights?.warmUp ?? 0); cycle < limit && ends.length < frames; cycle++) {
    for (const s of stores) look(s);
    for (const { results } of machines)
      results.offers = results.first !== results.last && results.times[results.first % results.room]! <= cycle;
    taken.fill(false);
    for (const source of sources)
      if (
        cycle >= Math.floor(source.sent / source.words) * period &&
        source.sent < frames * source.words &&
        source.to.ready &&
        cycle >= 0
      ) {
        source.to.held += source.to.takes;
        source.sent++;
      }
    for (const { from, to } of passes)
      if (from.offers && to.ready) {
        from.held -= from.gives;
        to.held += 1;
      }
    for (const m of machines) {
      const credited = m.results.room > m.results.last - m.results.first;
      const emits = m.work(credited);
      if (m.results.offers && m.to.every(({ ready }) => ready)) {
        m.results.first++;
        for (const t of m.to) t.held += t.takes;
      }
      if (emits) {
        m.results.times[m.results.last % m.results.room] = cycle + m.results.delay;
        m.results.last++;
      }
    }
    for (const sink of sinks)
      if (sink.from.offers) {
        sink.from.held--;
        sink.got++;
      }
    const whole = Math.min(...sinks.map(({ got, words }) => Math.floor(got / words)));
    while (ends.length < whole) ends.push(cycle);
    weights?.tick(taken);
  }
  return { ends, stalls };
}

interface Store {
  readonly room: number;
  readonly takes: number;
  readonly gives: number;
  held: number;
  /** As they stood when the cycle began. */
  ready: boolean;
  offers: boolean;
}
const store = (room: number, takes: number, gives: number): Store => ({ room, takes, gives, held: 0, ready: true, offers: false });

function look(s: Store): void {
  s.ready = s.held + s.takes <= s.room;
  s.offers = s.held >= s.gives;
}

/** Results on the way through registers and in the queue behind them. */
interface Pipe {
  readonly room: number;
  /** Cycles from the start of a result to the first in which it can leave. */
  readonly delay: number;
  readonly times: Float64Array;
  first: number;
  last: number;
  offers: boolean;
}

/** Registers between the start of a result and its queue. */
export function stagesOf(stage: Stage): number {
  const scaling =
    stage.kind === "convolution" ? stage.shape.arithmetic.scaling : "arithmetic" in stage ? stage.arithmetic.scaling : stage.scaling;
  return (stage.kind === "convolution" ? 4 : 1) + (scaling.table === undefined ? 2 : 3);
}

function pipe(stage: Stage): Pipe {
  if (stage.kind === "convolution" && stage.shape.reuse > 1) {
    const kept = keptBy(stage);
    return { room: kept, delay: 1, times: new Float64Array(kept), first: 0, last: 0, offers: false };
  }
  const delay = stagesOf(stage);
  const room = roomOf(keptBy(stage), delay);
  return { room, delay: delay + 1, times: new Float64Array(room), first: 0, last: 0, offers: false };
}

/** What a stage does in a cycle: whether it starts a result. */
type Work = (credited: boolean) => boolean;

function machine(stage: Stage, inputs: readonly Store[], weight: () => boolean): Work {
  const [first] = inputs;
  if (first === undefined) return () => false;
  switch (stage.kind) {
    case "addition":
      return (credited) => {
        if (!credited || !inputs.every(({ offers }) => offers)) return false;
        for (const input of inputs) input.held--;
        return true;
      };
    case "concatenation": {
      const order = stage.words.flatMap((n, i) => Array.from({ length: n }, () => inputs[i]!));
      let word = 0;
      return (credited) => {
        const input = order[word]!;
        if (!credited || !input.offers) return false;
        input.held--;
        word = word + 1 === order.length ? 0 : word + 1;
        return true;
      };
    }
    case "resize": {
      const row = (stage.map.width * stage.map.channels) / stage.lanesIn;
      const results = row * stage.rowTimes * stage.columnTimes;
      let [written, full, sent] = [0, 0, 0];
      return (credited) => {
        const emits = credited && full > 0;
        const writes = full < 2 && first.offers;
        if (emits && ++sent === results) [sent, full] = [0, full - 1];
        if (writes) {
          first.held--;
          if (++written === row) [written, full] = [0, full + 1];
        }
        return emits;
      };
    }
    case "globalPooling": {
      const words = stage.map.channels / stage.lanesIn;
      const all = words * stage.map.height * stage.map.width;
      let word = 0;
      return (credited) => {
        if (!credited || !first.offers) return false;
        first.held--;
        word++;
        const emits = word > all - words;
        if (word === all) word = 0;
        return emits;
      };
    }
    case "pooling": {
      const chain = windowed(stage, first);
      return (credited) => {
        const take = chain.complete && credited;
        chain.shift(take);
        return take;
      };
    }
    case "convolution": {
      if (stage.shape.reuse > 1) return shared(stage, first, weight);
      const chain = windowed(stage, first);
      const { filter, kernel, channel } = stage.shape.steps;
      let [busy, step, part] = [false, 0, 0];
      return (credited) => {
        let [done, emits] = [false, false];
        if (busy) {
          const completing = (step + 1) % kernel === 0 && part === channel - 1;
          if ((!completing || credited) && weight()) {
            emits = completing;
            done = ++step === filter * kernel;
          }
        }
        if (done) {
          step = 0;
          part = part + 1 === channel ? 0 : part + 1;
        }
        const take = chain.complete && (!busy || done);
        if (take || done) busy = take;
        chain.shift(take);
        return emits;
      };
    }
  }
}

/** A convolution whose pixels share sweeps: gathers windows, works off the group before, and sends the results of the one before that. */
function shared(stage: Extract<Stage, { kind: "convolution" }>, input: Store, weight: () => boolean): Work {
  const chain = windowed(stage, input);
  const { steps, reuse, columns } = stage.shape;
  const words = steps.channel * steps.group;
  const delay = stagesOf(stage) + 1;
  /** Windows gathered; the sweep in work, with its pixels; banks of results, and when those that are full can be read. */
  let [word, gathered, column] = [0, 0, 0];
  let [busy, pixels, pixel, step, channel, group] = [false, 0, 0, 0, 0, 0];
  let [vacant, reserved, sent, now] = [resultBanks(stage.shape.steps, stage.shape.reuse, stagesOf(stage)), false, 0, -1];
  const full: { readonly from: number; readonly words: number }[] = [];
  return (credited) => {
    now++;
    const [bank] = full;
    const emits = credited && bank !== undefined && bank.from <= now;
    const free = vacant;
    let done = false;
    if (emits && ++sent === bank.words) {
      full.shift();
      [sent, vacant] = [0, vacant + 1];
    }
    if (busy) {
      const completing = (step + 1) % steps.kernel === 0 && channel === steps.channel - 1;
      if ((!completing || reserved || free > 0) && (pixel > 0 || weight())) {
        if (completing && !reserved) [reserved, vacant] = [true, vacant - 1];
        if (++pixel === reuse) {
          pixel = 0;
          if (++step === steps.filter * steps.kernel) {
            step = 0;
            if (++channel === steps.channel) {
              channel = 0;
              if (++group === steps.group) [group, done] = [0, true];
            }
          }
        }
      }
    }
    if (done) {
      full.push({ from: now + delay, words: pixels * steps.group * steps.filter });
      reserved = false;
    }
    const endsPixel = word === words - 1;
    const endsGroup = endsPixel && (gathered === reuse - 1 || column === columns - 1);
    const take = chain.complete && (!endsGroup || !busy || done);
    if (take && endsGroup) [busy, pixels] = [true, gathered + 1];
    else if (done) busy = false;
    if (take) {
      word = endsPixel ? 0 : word + 1;
      if (endsPixel) [gathered, column] = [endsGroup ? 0 : gathered + 1, column === columns - 1 ? 0 : column + 1];
    }
    chain.shift(take);
    return emits;
  };
}

/** The chain before an engine: `complete` while a window waits; `shift` moves it on if it can, told whether the window is taken. */
function windowed({ window: { map, kernel, lanes, rows, columns } }: Extract<Stage, { window: unknown }>, input: Store) {
  const words = map.channels / lanes;
  const tall = map.height + kernel.top + kernel.bottom;
  const wide = map.width + kernel.left + kernel.right;
  const ends = (length: number, from: number, stride: number, count: number) =>
    Array.from({ length }, (_, p) => p >= from && (p - from) % stride === 0 && (p - from) / stride < count);
  const down = ends(tall, (kernel.height - 1) * kernel.dilationY, kernel.strideY, rows);
  const across = ends(wide, (kernel.width - 1) * kernel.dilationX, kernel.strideX, columns);
  let [y, x, part] = [0, 0, 0];
  const chain = {
    complete: false,
    shift(take: boolean): void {
      if (chain.complete && !take) return;
      const inside = y >= kernel.top && y < kernel.top + map.height && x >= kernel.left && x < kernel.left + map.width;
      if (inside && !input.offers) {
        chain.complete = false;
        return;
      }
      if (inside) input.held--;
      chain.complete = down[y]! && across[x]!;
      if (++part < words) return;
      part = 0;
      if (++x < wide) return;
      x = 0;
      if (++y === tall) y = 0;
    },
  };
  return chain;
}

/** Words per frame that enter a channel, of the writer's lanes. */
export const wordsIn = ({ words, lanesIn, lanesOut }: Channel): number => (words * lanesIn) / lanesOut;
