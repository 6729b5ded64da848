import { describe, expect, test } from "vitest";
import { rng as seeded } from "../../base/rng.js";
import type { Kernel, Layer, LayerKind, PipelineProblem, Stream, StreamedMap } from "./plan.js";
import { waitingIn } from "./waiting.js";

/** On a device with one multiplier, which makes two products of 8 bits per cycle. */
const held = ({ layers, streams }: Network, reuse = 1): readonly Stream[] =>
  waitingIn({
    layers,
    streams,
    streaming: reuse > 1 ? "allowed" : "never",
    reuse,
    partitions: 1,
    model: "stowage",
    device: { fabric: "ultrascale+", resources: { lut: 0, ff: 0, dsp: 1, bram18: 0, uram: 0 } },
  } as unknown as PipelineProblem);

/** A network that is written down layer by layer. */
function network(height: number, width: number, channels = 1) {
  const layers: Layer[] = [];
  const streams: Stream[] = [];
  const first: StreamedMap = { channels, height, width, bits: 8 };
  const mapOf = (from: number | undefined): StreamedMap => (from === undefined ? first : layers[from]!.output);
  const flow = (from: number | undefined, to: number | undefined) => streams.push({ name: "", from, to, map: mapOf(from), waiting: 0 }) - 1;
  const add = (kind: LayerKind, from: readonly (number | undefined)[], output: StreamedMap, kernel?: Kernel): number => {
    const weights = kind === "convolution" ? { tensor: "w", bits: 8, biased: false, accumulatorBits: 20 } : undefined;
    const inputs = from.map((id) => flow(id, layers.length));
    return layers.push({ name: `l${layers.length}`, type: "", kind, operators: [], inputs, output, kernel, groups: 1, weights }) - 1;
  };
  return {
    layers,
    streams,
    mapOf,
    convolution(from: number | undefined, size: number, stride: number): number {
      const map = mapOf(from);
      const pad = Math.floor(size / 2);
      const steps = (length: number) => Math.floor((length + 2 * pad - size) / stride) + 1;
      const kernel = { ...UNIT, height: size, width: size, strideY: stride, strideX: stride, top: pad, left: pad, bottom: pad, right: pad };
      return add("convolution", [from], { ...map, height: steps(map.height), width: steps(map.width) }, kernel);
    },
    resize(from: number | undefined, factor: number): number {
      const map = mapOf(from);
      const output = { ...map, height: map.height * factor, width: map.width * factor };
      return add("resize", [from], output, { ...UNIT, strideY: factor, strideX: factor });
    },
    pool: (from: number | undefined): number => add("globalPooling", [from], { ...mapOf(from), height: 1, width: 1 }),
    combine: (from: readonly (number | undefined)[]): number =>
      add(
        "combine",
        from,
        from.map(mapOf).reduce((a, b) => (a.height * a.width >= b.height * b.width ? a : b)),
      ),
    done: (from: number) => flow(from, undefined),
  };
}
type Network = ReturnType<typeof network>;

const UNIT: Kernel = { height: 1, width: 1, strideY: 1, strideX: 1, dilationY: 1, dilationX: 1, top: 0, left: 0, bottom: 0, right: 0 };

/** What a layer does in a frame, one thing after the other: `0, 1 ..` takes a pixel from that input, `-1` sends one. */
function script({ kind, kernel, inputs, output }: Layer, streams: readonly Stream[]): readonly number[] {
  const maps = inputs.map((id) => streams[id]!.map);
  const [{ height, width }] = maps as [StreamedMap];
  const pixels = output.height * output.width;
  const times = (count: number, step: number) => new Array<number>(count).fill(step);
  if (kind === "globalPooling") return [...times(height * width, 0), -1];
  if (kind === "resize") return Array.from({ length: height }, () => [...times(width, 0), ...times(pixels / height, -1)]).flat();
  if (kind === "combine") {
    const small = maps.flatMap((m, i) => (m.height * m.width < pixels ? [i] : []));
    const large = maps.flatMap((_, i) => (small.includes(i) ? [] : [i]));
    return [...small, ...Array.from({ length: pixels }, () => [...large, -1]).flat()];
  }
  const k = kernel!;
  const steps: number[] = [];
  for (let y = 0; y < height + k.top + k.bottom; y++)
    for (let x = 0; x < width + k.left + k.right; x++) {
      if (y >= k.top && y < height + k.top && x >= k.left && x < width + k.left) steps.push(0);
      const ends = (at: number, size: number, stride: number, count: number) =>
        at >= size - 1 && (at - size + 1) % stride === 0 && (at - size + 1) / stride < count;
      if (ends(y, k.height, k.strideY, output.height) && ends(x, k.width, k.strideX, output.width)) steps.push(-1);
    }
  return steps;
}

/** Whether all frames come through when every layer does one thing at a time and waits for what it lacks. */
function flows({ layers }: Network, streams: readonly Stream[], frames = 3): boolean {
  const room = streams.map(({ waiting, map }) => waiting / map.channels + 2);
  const held = streams.map(() => 0);
  const leaving = layers.map((_, l) => streams.flatMap(({ from }, s) => (from === l ? [s] : [])));
  const entering = streams.flatMap(({ from }, s) => (from === undefined ? [s] : []));
  const scripts = layers.map((layer) => script(layer, streams));
  const at = layers.map(() => 0);
  let sent = 0;
  const [first] = entering.map((s) => streams[s]!.map.height * streams[s]!.map.width);
  for (let moved = true; moved; ) {
    moved = false;
    const send = (list: readonly number[]): boolean => {
      if (list.some((s) => streams[s]!.to !== undefined && held[s]! >= room[s]!)) return false;
      for (const s of list) if (streams[s]!.to !== undefined) held[s]!++;
      return true;
    };
    while (sent < frames * first! && send(entering)) {
      sent++;
      moved = true;
    }
    layers.forEach((layer, l) => {
      for (; at[l]! < frames * scripts[l]!.length; at[l]!++) {
        const step = scripts[l]![at[l]! % scripts[l]!.length]!;
        if (step >= 0 && held[layer.inputs[step]!] === 0) return;
        if (step < 0 && !send(leaving[l]!)) return;
        if (step >= 0) held[layer.inputs[step]!]!--;
        moved = true;
      }
    });
  }
  return at.every((steps, l) => steps === frames * scripts[l]!.length);
}

describe("waitingIn", () => {
  test("a chain holds nothing", () => {
    const net = network(6, 6);
    net.done(net.convolution(net.convolution(undefined, 3, 1), 3, 2));
    expect(held(net).map(({ waiting }) => waiting)).toEqual([0, 0, 0]);
  });

  test("beside two 3 x 3 convolutions wait two rows and two pixels, and what they work on", () => {
    const net = network(8, 8, 4);
    const start = net.convolution(undefined, 1, 1);
    const end = net.convolution(net.convolution(start, 3, 1), 3, 1);
    net.done(net.combine([end, start]));
    const streams = held(net);
    // Each convolution: one row and a pixel ahead (9), a pixel of its own, and the 26 words of 4 channels that it shifts between
    // rows (3) and frames (23), against a frame of at least (64 · 16 + 2 · 64 · 16 · 9) / 2 = 9,728 cycles. One more pixel is being taken.
    const each = 9 + 1 + (64 * 26 * 4) / 9728;
    expect(streams.map(({ waiting }) => waiting)).toEqual([0, 0, 0, 0, 4 * (Math.ceil(2 * each) + 1), 0]);
    expect(flows(net, streams)).toBe(true);
    expect(flows(net, net.streams)).toBe(false);
  });

  test("a whole map waits for what is made of all of it", () => {
    const net = network(8, 8);
    const start = net.convolution(undefined, 3, 1);
    net.done(net.combine([net.pool(start), start]));
    const streams = held(net);
    expect(streams[3]!.waiting).toBeGreaterThanOrEqual(63);
    expect(streams[3]!.waiting).toBeLessThanOrEqual(66);
    expect(flows(net, streams)).toBe(true);
    expect(flows(net, net.streams)).toBe(false);
  });

  test("operands of a layer may be as many as one likes", () => {
    const net = network(4, 4);
    const late = net.convolution(undefined, 3, 1);
    net.done(net.combine([late, ...Array.from({ length: 150_000 }, () => undefined)]));
    const waiting = held(net).map((stream) => stream.waiting);
    expect(waiting[1]).toBe(0); // the latest
    expect(new Set(waiting.slice(2, -1)).size).toBe(1);
    expect(waiting[2]).toBeGreaterThan(4);
  });

  test("pixels that share weights come later", () => {
    const net = network(8, 8);
    net.done(net.combine([net.convolution(undefined, 1, 1), undefined]));
    const waits = (reuse: number) => held(net, reuse)[2]!.waiting;
    expect(waits(4)).toBeGreaterThan(waits(1));
    expect(waits(100)).toBe(waits(8)); // no more than a row shares
  });

  test.each(Array.from({ length: 60 }, (_, seed) => seed))("random network %d does not block itself", (seed) => {
    const rng = seeded(seed);
    const pick = (count: number) => Math.floor(rng() * count);
    const net = network(4 + pick(3) * 2, 4 + pick(4) * 2);
    const branch = (from: number | undefined, depth: number): number | undefined => {
      const choice = pick(depth > 0 ? 5 : 3);
      if (choice === 0) return from;
      if (choice < 3) return net.convolution(from, 1 + 2 * pick(3), 1);
      if (choice === 3) return diamond(branch(from, 0), depth - 1);
      return net.resize(net.convolution(from, 1 + 2 * pick(2), 2), 2);
    };
    const diamond = (from: number | undefined, depth: number): number => {
      const a = branch(branch(from, depth), depth);
      const b = pick(4) === 0 ? net.pool(branch(from, depth)) : branch(from, depth);
      const sizes = [a, b].map(net.mapOf);
      return sizes[0]!.height * sizes[0]!.width === 1 && sizes[1]!.height > 1 ? net.combine([b, a]) : net.combine([a, b]);
    };
    let at: number | undefined;
    for (let i = 0; i < 3; i++) at = diamond(at, 2);
    net.done(at!);
    const streams = held(net);
    expect(flows(net, streams)).toBe(true);
  });
});
