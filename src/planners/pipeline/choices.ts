import { autowsBlock } from "../../cost/fpga/autows.js";
import type { EngineCost } from "../../cost/fpga/engine.js";
import { BLOCK_RAM, queueStyle, SMALLEST_BLOCK_BITS, ULTRA_RAM, type Words } from "../../cost/fpga/memory.js";
import type { FabricResources } from "../../target/pipeline-target.js";
import { engineCost, lanesOf, type Option, optionWith, type Store, storeCost } from "./options.js";
import type { Device, Layer, LayerId, MemoryStyle, PipelineProblem, Unroll, WeightMemory } from "./plan.js";

/** Which options are wanted. */
export interface Reach {
  /** Most cycles per frame; slower options are left out. */
  readonly slowest: number;
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
  const classes = new Map<number, Option[]>();
  // Engines with words of equal width keep them alike.
  const known = new Map<string, readonly (Store | undefined)[]>();
  const storesOf = ({ engine, reuse }: BareEngine): readonly (Store | undefined)[] => {
    const key = `${engine.weights.width} ${reuse}${problem.model === "autows" ? ` ${engine.interval}` : ""}`;
    const made = known.get(key) ?? (own.weights === undefined ? [undefined] : stores(problem, engine, reuse, reach.steps));
    known.set(key, made);
    return made;
  };
  for (const bare of engines) {
    if (!fits(bare.engine.resources, room, problem.device)) continue;
    const lanes = lanesOf(own, bare.unroll);
    const key = lanes.in * 65_536 + lanes.out;
    const among = classes.get(key) ?? [];
    classes.set(key, among);
    for (const store of storesOf(bare)) {
      const option = optionWith(own, bare.engine, bare.unroll, store);
      if (fits(option.resources, room, problem.device)) among.push(option);
    }
  }
  return [...classes.values()].flatMap(undominated);
}

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
    // What has a single element per pixel is broadcast over channels, and brings it in words of its own.
    const channels = [...maps.map((map) => map.channels).filter((n) => n > 1), output.channels];
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

/** Ways to keep the weights of `engine`, without those that another one beats. */
function stores(problem: PipelineProblem, engine: EngineCost, reuse: number, steps: number): readonly Store[] {
  const { weights } = engine;
  const all = stylesOf(problem, weights).map((style): WeightMemory => ({ ...ALL_STATIC, reuse, static: style }));
  const partly =
    problem.streaming === "never"
      ? []
      : problem.model === "autows"
        ? autowsStreams(problem, weights)
        : streams(problem, weights, reuse, steps);
  const found = [...all, ...partly].map((memory): Store => ({ memory, ...storeCost(problem, engine, memory) }));
  return pareto(found, ({ resources: { lut, ff, bram18, uram }, weightBits }) => [weightBits, bram18, uram, lut, ff]);
}

const ALL_STATIC: WeightMemory = { fragments: 0, streamed: 0, buffers: 0, reuse: 1, static: "bram", buffer: "none" };

/** Ways to stream some or all of the weights. */
function streams(problem: PipelineProblem, weights: Words, reuse: number, steps: number): readonly WeightMemory[] {
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
        return [{ fragments, streamed, buffers, reuse, static: streamed === period ? "none" : style, buffer }];
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

const undominated = (all: readonly Option[]): readonly Option[] =>
  pareto(all, ({ interval, resources: { lut, ff, dsp, bram18, uram }, weightBits }) => [interval, weightBits, bram18, uram, dsp, lut, ff]);

/** Those than which no other is at least as good in everything; of equals the first. */
function pareto<T>(all: readonly T[], valuesOf: (item: T) => readonly number[]): readonly T[] {
  const items = all.map((item) => ({ item, values: valuesOf(item) }));
  // Whoever beats another stands before it.
  items.sort((a, b) => {
    for (let i = 0; i < a.values.length; i++) if (a.values[i] !== b.values[i]) return a.values[i]! - b.values[i]!;
    return 0;
  });
  const kept: typeof items = [];
  for (const candidate of items) if (!beaten(kept, candidate.values)) kept.push(candidate);
  return kept.map(({ item }) => item);
}

function beaten(kept: readonly { readonly values: readonly number[] }[], candidate: readonly number[]): boolean {
  // Who beat the last one often beats the next.
  for (let k = kept.length - 1; k >= 0; k--) {
    const { values } = kept[k]!;
    let i = 0;
    while (i < candidate.length && values[i]! <= candidate[i]!) i++;
    if (i === candidate.length) return true;
  }
  return false;
}

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
