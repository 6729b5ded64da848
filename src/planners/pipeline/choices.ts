import { skyline } from "../../base/skyline.js";
import { autowsBlock } from "../../cost/fpga/autows.js";
import type { EngineCost } from "../../cost/fpga/engine.js";
import { BLOCK_RAM, queueStyle, SMALLEST_BLOCK_BITS, ULTRA_RAM, type Words } from "../../cost/fpga/memory.js";
import { sum } from "../../cost/fpga/resources.js";
import type { FabricResources } from "../../target/pipeline-target.js";
import { engineCost, lanesOf, type Option, optionWith, type Store, storeCost, trafficOf } from "./options.js";
import type { Device, Layer, LayerId, MemoryStyle, PipelineProblem, Unroll, WeightMemory } from "./plan.js";

/** Which options are wanted. */
export interface Reach {
  /** Most cycles per frame; slower options are left out. */
  readonly slowest: number;
  /** Where no shorter time is asked about: options with fewer cycles per frame are as good as those with as many. */
  readonly fastest?: number;
  /** Most lengths of the static part of the weights that are tried per unrolling and kind of memory. */
  readonly steps: number;
}

/** All of them, in steps coarse enough for a first choice. */
export const EVERYWHERE: Reach = { slowest: Number.POSITIVE_INFINITY, steps: 3 };

/**
 * Every legal way to build `layer`, without those that another one beats in time, resources and traffic at the same lanes.
 * Unrollings divide what they unroll. Weights lie in block RAM, URAM or LUTs, all static or partly streamed: in every number of
 * fragments that divides the sweep, with static parts that fill whole rows of RAMs (anything between wastes the row).
 */
export function optionsOf(
  problem: PipelineProblem,
  layer: LayerId,
  reach: Reach = EVERYWHERE,
  engines: readonly BareEngine[] = enginesOf(problem, layer, reach.slowest),
  room: FabricResources = problem.device.resources,
): readonly Option[] {
  const own = problem.layers[layer]!;
  const storesOf = makeStores(problem, layer, reach.steps);
  const classes = new Map<number, BareEngine[]>();
  for (const bare of engines) {
    if (!fits(bare.engine.resources, room, problem.device)) continue;
    const lanes = lanesOf(own, bare.unroll);
    const key = lanes.in * 65_536 + lanes.out;
    const among = classes.get(key);
    if (among === undefined) classes.set(key, [bare]);
    else among.push(bare);
  }
  return [...classes.values()].flatMap((among) => {
    const pairs = among.flatMap((bare) => storesOf(bare).map((store) => ({ bare, store })));
    const values = new Float64Array(pairs.length * VALUES);
    const fitting: number[] = [];
    for (const [i, { bare, store }] of pairs.entries()) {
      const { interval, resources } = bare.engine;
      const { lut, ff, dsp, bram18, uram } = store === undefined ? resources : sum([resources, store.resources]);
      if (!fits({ lut, ff, dsp, bram18, uram }, room, problem.device)) continue;
      fitting.push(i);
      values.set([Math.max(interval, reach.fastest ?? 0), store?.weightBits ?? 0, bram18, uram, dsp, lut, ff], i * VALUES);
    }
    return Array.from(skyline(fitting, values, VALUES), (i) => {
      const { bare, store } = pairs[i]!;
      return optionWith(own, bare.engine, bare.unroll, store);
    });
  });
}

/** What options are compared by: time, traffic and five resources. */
const VALUES = 7;

/** An engine before its weights are kept anywhere. */
export interface BareEngine {
  readonly unroll: Unroll;
  readonly reuse: number;
  readonly engine: EngineCost;
}

/** Every engine of `layer` that fits the device and takes at most `slowest` cycles per frame. */
export function enginesOf(problem: PipelineProblem, layer: LayerId, slowest: number): readonly BareEngine[] {
  const own = problem.layers[layer]!;
  return unrollings(problem, own).flatMap((unroll) =>
    reuses(problem, own).flatMap((reuse) => {
      const engine = engineCost(problem, own, unroll, reuse);
      return engine.interval <= slowest && fits(engine.resources, problem.device.resources, problem.device)
        ? [{ unroll, reuse, engine }]
        : [];
    }),
  );
}

/** Legal unrollings that the device's multipliers allow. */
function unrollings({ streams }: PipelineProblem, layer: Layer): readonly Unroll[] {
  const maps = layer.inputs.map((id) => streams[id]!.map);
  const { output, groups, kernel } = layer;
  if (layer.weights === undefined) {
    const channels = [...maps.map((map) => map.channels), output.channels];
    return divisors(channels.reduce(gcd)).map((lanes) => ({ in: lanes, out: 1, group: 1, kernel: 1 }));
  }
  const inputs = maps[0]!.channels / groups;
  const outputs = output.channels / groups;
  const positions = kernel === undefined ? 1 : kernel.height * kernel.width;
  return divisors(inputs).flatMap((u) =>
    divisors(outputs).flatMap((out) =>
      divisors(positions).flatMap((position) =>
        divisors(groups)
          // Lanes hold neighbouring channels: several groups only where each is there as a whole.
          .filter((group) => group === 1 || (u === inputs && out === outputs))
          .map((group) => ({ in: u, out, group, kernel: position })),
      ),
    ),
  );
}

/** Pixels of a row that share a sweep: for every number of sweeps per row the fewest. */
function reuses({ streaming, reuse, model }: PipelineProblem, { weights, output }: Layer): readonly number[] {
  if (weights === undefined || streaming === "never" || model === "autows") return [1];
  const sweeps = Array.from({ length: output.width }, (_, i) => Math.ceil(output.width / (i + 1)));
  return [...new Set([1, ...sweeps.filter((pixels) => pixels <= reuse)])];
}

/** Ways to keep the weights of an engine of `layer`, without those that another one beats; one that is nothing where it has none. */
function makeStores(problem: PipelineProblem, layer: LayerId, steps: number): (bare: BareEngine) => readonly (Store | undefined)[] {
  if (problem.layers[layer]!.weights === undefined) return () => [undefined];
  // Engines with words of equal width keep them alike; what shares sweeps only has fewer of them.
  const known = new Map<string, readonly Store[]>();
  return ({ engine, reuse }) => {
    const key = `${engine.weights.width}${problem.model === "autows" ? ` ${engine.interval}` : ""}`;
    const made = known.get(key) ?? stores(problem, engine, steps);
    known.set(key, made);
    if (problem.model === "autows") return made;
    return made.map(({ memory, resources }) => {
      const own = { ...memory, reuse };
      return { memory: own, resources, weightBits: trafficOf(problem, engine, own) };
    });
  };
}

function stores(problem: PipelineProblem, engine: EngineCost, steps: number): readonly Store[] {
  const { weights } = engine;
  const all = stylesOf(problem, weights).map((style): WeightMemory => ({ ...ALL_STATIC, static: style }));
  const partly =
    problem.streaming === "never" ? [] : problem.model === "autows" ? autowsStreams(problem, weights) : streams(problem, weights, steps);
  const found = [...all, ...partly].map((memory): Store => ({ memory, ...storeCost(problem, engine, memory) }));
  const values = Float64Array.from(
    found.flatMap(({ resources: { lut, ff, bram18, uram }, weightBits }) => [weightBits, bram18, uram, lut, ff]),
  );
  return Array.from(skyline(Int32Array.from(found.keys()), values, 5), (i) => found[i]!);
}

const ALL_STATIC: WeightMemory = { fragments: 0, streamed: 0, buffers: 0, reuse: 1, static: "bram", buffer: "none" };

/** Ways to stream some or all of the weights. */
function streams(problem: PipelineProblem, weights: Words, steps: number): readonly WeightMemory[] {
  const { width, depth } = weights;
  const least = Math.ceil(problem.device.burstBits / width);
  const buffers = problem.buffers === 1 ? 1 : 2;
  const counts = divisors(depth);
  return stylesOf(problem, weights).flatMap((style) =>
    lengths(weights, style, steps).flatMap((kept) => {
      const seen = new Set<number>();
      return counts.flatMap((fragments): WeightMemory[] => {
        const period = depth / fragments;
        const streamed = Math.max(least, Math.ceil((depth - kept) / fragments));
        // A single buffer is filled while static words are read. More fragments of the same length are more traffic.
        if (streamed > (buffers === 1 ? period - 1 : period) || seen.has(streamed)) return [];
        seen.add(streamed);
        const buffer = queueStyle({ width, depth: buffers * streamed });
        return [{ fragments, streamed, buffers, reuse: 1, static: streamed === period ? "none" : style, buffer }];
      });
    }),
  );
}

/** Blocks of one RAM's depth that are streamed through one buffer. */
const autowsStreams = (problem: PipelineProblem, weights: Words): readonly WeightMemory[] =>
  stylesOf(problem, weights).flatMap((style) => {
    const { depth } = autowsBlock(weights, style);
    return divisors(weights.depth)
      .filter((blocks) => blocks * depth <= weights.depth)
      .map((blocks): WeightMemory => ({ fragments: blocks, streamed: depth, buffers: 1, reuse: 1, static: style, buffer: style }));
  });

/** Deepest memory that is made of LUTs: beyond it, choosing between rows costs more than the rows. */
const DEEPEST_LUTRAM = 512;

/** What `words` may lie in. */
function stylesOf({ device, model }: PipelineProblem, words: Words): readonly MemoryStyle[] {
  if (model !== "autows" && words.width * words.depth <= SMALLEST_BLOCK_BITS) return ["lutram"];
  return [
    "bram",
    ...(device.resources.uram > 0 ? (["uram"] as const) : []),
    ...(words.depth <= DEEPEST_LUTRAM && model !== "autows" ? (["lutram"] as const) : []),
  ];
}

/** Lengths of the static part, from none, that fill whole rows of RAMs; at most `steps` of them. */
function lengths({ width, depth }: Words, style: MemoryStyle, steps: number): readonly number[] {
  const rows = (deep: number) => Array.from({ length: Math.ceil(depth / deep) }, (_, r) => r * deep);
  const all =
    style === "uram"
      ? rows(ULTRA_RAM.depth)
      : style === "lutram"
        ? rows(64)
        : filled(
            BLOCK_RAM.map((shape) => ({ columns: Math.ceil(width / shape.width), depth: shape.depth })),
            depth,
          );
  if (all.length <= steps) return all;
  return Array.from({ length: steps }, (_, i) => all[Math.round((i * (all.length - 1)) / (steps - 1))]!);
}

/** For every number of RAMs the most words that they hold, where that is more than one RAM fewer holds. */
function filled(shapes: readonly { readonly columns: number; readonly depth: number }[], depth: number): readonly number[] {
  const most = new Map<number, number>([[0, 0]]);
  for (const shape of shapes)
    for (let rows = 1; (rows - 1) * shape.depth < depth; rows++) {
      const rams = rows * shape.columns;
      const words = rows * shape.depth;
      if (words < depth && words > (most.get(rams) ?? 0)) most.set(rams, words);
    }
  const lengths: number[] = [];
  for (const [, words] of [...most].sort(([a], [b]) => a - b)) if (words > (lengths.at(-1) ?? -1)) lengths.push(words);
  return lengths;
}

/** Whether the device has room for it alone. Block RAMs may be replaced by LUTs where the target says so. */
const fits = (needed: FabricResources, room: FabricResources, { lutPerBram18 }: Device): boolean =>
  needed.lut <= room.lut &&
  needed.ff <= room.ff &&
  needed.dsp <= room.dsp &&
  needed.uram <= room.uram &&
  (lutPerBram18 > 0 || needed.bram18 <= room.bram18);

/** All divisors of `n`, ascending. */
export function divisors(n: number): readonly number[] {
  const low: number[] = [];
  const high: number[] = [];
  for (let d = 1; d * d <= n; d++) {
    if (n % d !== 0) continue;
    low.push(d);
    if (d * d < n) high.push(n / d);
  }
  return [...low, ...high.reverse()];
}

function gcd(a: number, b: number): number {
  while (b > 0) [a, b] = [b, a % b];
  return a;
}
