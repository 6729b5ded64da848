import { type Rng, rng } from "../src/base/rng.js";
import type { IntegerLayer, IntegerNetwork, Scaling } from "../src/emit/integer/network.js";
import { engineCost } from "../src/planners/pipeline/options.js";
import type { Engine, Kernel, PipelineProblem, StreamedMap } from "../src/planners/pipeline/plan.js";
import { waitingIn } from "../src/planners/pipeline/waiting.js";
import { network, POINT } from "./small-pipeline.js";

/** A random network on integers with an engine for each layer. */
export interface RandomMachine {
  readonly problem: PipelineProblem;
  readonly engines: readonly Engine[];
  readonly integers: IntegerNetwork;
  /** Cycles of the slowest engine. */
  readonly slowest: number;
}

type Drawn = Parameters<typeof network>[1][number];

/** Layers of all kinds; without `resizes` as many of the others. */
const KINDS = ["convolution", "convolution", "pooling", "elementwise", "join", "globalPooling"];

/** A chain of convolutions, poolings and functions in which ways part and join again by addition or concatenation. */
export function randomMachine(seed: number, most = 6, resizes = false): RandomMachine {
  const random = rng(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  const drawn: Drawn[] = [];
  const kinds: string[] = [];
  const input = {
    channels: pick([1, 2, 3, 4, 6]),
    height: 5 + Math.floor(random() * 6),
    width: 5 + Math.floor(random() * 6),
    bits: pick([4, 8]),
  };
  const draw = (kind: string, layer: Drawn): number => {
    kinds.push(kind);
    return drawn.push(layer) - 1;
  };
  const of = (at: number | "input"): StreamedMap => (at === "input" ? input : drawn[at]!.output);
  const convolve = (from: number | "input", same: boolean): number => {
    const map = of(from);
    const kernel = kernelFor(map, pick, same);
    const depthwise = random() < 0.25;
    const channels = depthwise ? map.channels * (same ? 1 : pick([1, 2])) : pick([1, 2, 3, 4, 6]);
    const layer = {
      kind: "convolution",
      from: [from],
      kernel,
      output: sized(map, kernel, channels, pick([4, 8])),
      groups: depthwise ? map.channels : 1,
    } as const;
    return draw("convolution", layer);
  };
  let at: number | "input" = "input";
  while (drawn.length < 1 + Math.floor(random() * most)) {
    const map = of(at);
    const kind: string = pick(resizes ? [...KINDS, "resize"] : KINDS);
    if (kind === "convolution") at = convolve(at, false);
    else if (kind === "elementwise") at = draw("elementwise", { kind, from: [at], output: { ...map, bits: pick([4, 8]) } });
    else if (kind === "pooling") {
      const kernel = kernelFor(map, pick, false);
      at = draw(pick(["maximum", "mean"]), { kind, from: [at], kernel, output: sized(map, kernel, map.channels, pick([4, 8])) });
    } else if (kind === "globalPooling" && drawn.length > 0)
      at = draw(pick(["maximum", "mean"]), { kind, from: [at], kernel: undefined, output: { ...map, height: 1, width: 1 } });
    else if (kind === "resize" && map.height * map.width <= LARGEST) {
      const [y, x] = [pick([1, 2, 3]), pick([1, 2])];
      const output = { ...map, height: y * map.height, width: x * map.width };
      at = draw(kind, { kind, from: [at], output, kernel: { ...POINT, strideY: y, strideX: x } });
    } else if (kind === "join" && at !== "input") {
      const way = convolve(at, true);
      const other = random() < 0.5 ? at : convolve(at, true);
      const [a, b] = [of(way), of(other)];
      if (a.channels === b.channels && random() < 0.6)
        at = draw("addition", { kind: "combine", from: [way, other], output: { ...a, bits: 8 } });
      else
        at = draw("concatenation", {
          kind: "concatenation",
          from: [way, other],
          output: { ...a, channels: a.channels + b.channels, bits: 8 },
        });
    }
  }
  const bare = network(input, drawn);
  const problem = { ...bare, streams: waitingIn(bare) };
  const engines = problem.layers.map((_, id) => randomEngine(problem, id, pick));
  return {
    problem,
    engines,
    integers: {
      layers: kinds.map((kind, id) => arithmeticOf(problem, id, kind, random)),
      scales: problem.streams.map(() => 1),
      missing: [],
    },
    slowest: Math.max(
      ...engines.map(({ layer, unroll, memory }) => engineCost(problem, problem.layers[layer]!, unroll, memory?.reuse ?? 1).interval),
    ),
  };
}

/** Pixels of a map that is made larger. */
const LARGEST = 40;

function kernelFor(map: StreamedMap, pick: <T>(list: readonly T[]) => T, same: boolean): Kernel {
  const side = pick([1, 2, 3, 3, 5].filter((k) => k <= Math.min(map.height, map.width)));
  const stride = same ? 1 : pick([1, 1, 2]);
  const before = same ? (side - 1) >> 1 : pick([0, side >> 1]);
  const after = same ? side - 1 - before : pick([0, side >> 1]);
  return { ...POINT, height: side, width: side, strideY: stride, strideX: stride, top: before, left: before, bottom: after, right: after };
}

const sized = (map: StreamedMap, k: Kernel, channels: number, bits: number): StreamedMap => ({
  channels,
  height: Math.floor((map.height + k.top + k.bottom - k.height) / k.strideY) + 1,
  width: Math.floor((map.width + k.left + k.right - k.width) / k.strideX) + 1,
  bits,
});

const divisors = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

function randomEngine({ layers, streams }: PipelineProblem, id: number, pick: <T>(list: readonly T[]) => T): Engine {
  const layer = layers[id]!;
  const inputs = layer.inputs.map((s) => streams[s]!.map.channels);
  if (layer.weights === undefined) {
    const lanes = divisors(layer.output.channels).filter((n) => inputs.every((c) => c % n === 0));
    return { layer: id, unroll: { in: pick(lanes), out: 1, group: 1, kernel: 1 }, memory: undefined };
  }
  const [channels, filters] = [inputs[0]! / layer.groups, layer.output.channels / layer.groups];
  const unroll = {
    in: pick(divisors(channels)),
    out: pick(divisors(filters)),
    group: 1,
    kernel: pick(divisors(layer.kernel!.height * layer.kernel!.width)),
  };
  const group = unroll.in === channels && unroll.out === filters ? pick(divisors(layer.groups)) : 1;
  return {
    layer: id,
    unroll: { ...unroll, group },
    memory: {
      fragments: 0,
      streamed: 0,
      buffers: 0,
      reuse: Math.min(layer.output.width, pick([1, 1, 2, 3])),
      static: "bram",
      buffer: "none",
    },
  };
}

function arithmeticOf({ layers, streams }: PipelineProblem, id: number, kind: string, random: Rng): IntegerLayer {
  const layer = layers[id]!;
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from + 1));
  const { bits } = layer.output;
  const map = streams[layer.inputs[0]!]!.map;
  const odd = random() < 0.5;
  const scaling: Scaling = {
    multiplier: odd ? whole(2, 32767) : 1,
    shift: odd ? whole(10, 20) : whole(0, 4),
    low: random() < 0.3 ? 0 : -(2 ** (bits - 1)),
    high: 2 ** (bits - 1) - 1,
  };
  switch (kind) {
    case "convolution": {
      const size = layer.output.channels * (map.channels / layer.groups) * layer.kernel!.height * layer.kernel!.width;
      const weights = Array.from({ length: size }, () => whole(-128, 127));
      const each = random() < 0.4 && { multipliers: Array.from({ length: layer.output.channels }, () => whole(-32767, 32767)) };
      return {
        kind,
        weights,
        bias: Array.from({ length: layer.output.channels }, () => whole(-999, 999)),
        sumBits: 26,
        scaling: { ...scaling, ...each },
      };
    }
    case "maximum":
    case "mean":
    case "resize":
      return { kind, scaling };
    case "elementwise": {
      const half = 2 ** (map.bits - 1);
      const table = Array.from({ length: 2 * half }, () => whole(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1));
      return { kind, scaling: { multiplier: 1, shift: 0, low: -half, high: half - 1, table } };
    }
    case "addition":
    case "concatenation":
      return { kind, factors: layer.inputs.map(() => 2 ** whole(0, 3)), scaling };
    default:
      throw new Error(kind);
  }
}
