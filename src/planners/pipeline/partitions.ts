import { cycles } from "../../base/units.js";
import type { Budget } from "../../search/budget.js";
import { type Configuration, configure } from "./configure.js";
import { latencyOf, leastLatency } from "./latency.js";
import { levelsOf } from "./levels.js";
import { partOf, streamsOf } from "./part.js";
import type { Partition, PipelineProblem } from "./plan.js";
import { queuesOf } from "./queues.js";

/** Several configurations of the device, one after another, each for a batch of frames. */
export interface Cut {
  /** Empty where none was found. */
  readonly partitions: readonly Partition[];
  /** Cycles for a batch through all of them, and what no cut takes less than; infinite where there is none. */
  readonly batchCycles: number;
  readonly bound: number;
}

/** Layers `first` to `end` (without it) on the device at once. */
interface Segment {
  readonly configuration: Configuration | undefined;
  /** Cycles for a batch, and what every configuration takes at least. */
  readonly upper: number;
  readonly lower: number;
}

/**
 * The cheapest way to cut the layers, in their order, into two or more partitions: a dynamic programme in which a segment costs a
 * lower bound until the cheapest cut goes through it and it is configured; done when the cheapest cut has only such segments.
 *
 * @see docs/math/pipeline.md, "Partitions"
 */
export function cutUp(problem: PipelineProblem, budget: Budget): Cut {
  const { layers, batch, device, reconfiguration } = problem;
  const reload = reconfiguration * device.clock;
  const levels = levelsOf(problem);
  const known = new Map<number, Segment>();
  const n = layers.length;
  const key = (first: number, end: number) => first * (n + 1) + end;
  /** Cycles that all multipliers take for the products of the layers before each; a layer's are rounded up. */
  const work = [0];
  for (const l of layers.keys()) work.push(work[l]! + Math.max(0, leastLatency(partOf(problem, l, l + 1)) - 1));
  const atLeast = (first: number, end: number, least: number) => reload + (batch - 1) * least + work[end]! - work[first]!;
  const lower = (first: number, end: number) => known.get(key(first, end))?.lower ?? atLeast(first, end, levels.least(first, end));
  const upper = (first: number, end: number) => known.get(key(first, end))?.upper ?? Number.POSITIVE_INFINITY;

  const configureSegment = (first: number, end: number): Segment => {
    const part = partOf(problem, first, end);
    const found = configure(part, budget);
    if (found.kind === "infeasible") return { configuration: undefined, upper: Number.POSITIVE_INFINITY, lower: Number.POSITIVE_INFINITY };
    if (found.kind === "unknown") return { configuration: undefined, upper: Number.POSITIVE_INFINITY, lower: lower(first, end) };
    const { cyclesPerFrame, bound, certificate } = found;
    if (certificate !== undefined) levels.learn(certificate);
    return {
      configuration: found,
      upper: reload + (batch - 1) * cyclesPerFrame + latencyOf(part, found),
      lower: atLeast(first, end, bound),
    };
  };

  let best = { cost: Number.POSITIVE_INFINITY, ends: [] as readonly number[] };
  let bound = 0;
  for (;;) {
    const cheapest = shortest(n, problem.partitions, lower);
    bound = cheapest.cost;
    const open = segmentsOf(cheapest.ends).filter(([first, end]) => !known.has(key(first, end)));
    budget.progress({ phase: "partitions", bound, ...(best.ends.length > 0 && { incumbent: best.cost }) });
    if (open.length === 0 || (best.ends.length > 0 && budget.stop())) break;
    for (const [first, end] of open) known.set(key(first, end), configureSegment(first, end));
    best = shortest(n, problem.partitions, upper);
  }
  const partitions = segmentsOf(best.ends).map(([first, end]) => {
    const configuration = known.get(key(first, end))!.configuration!;
    const { engines, cyclesPerFrame, dma } = configuration;
    const ids = streamsOf(problem, first, end);
    return {
      engines: engines.map((engine) => ({ ...engine, layer: engine.layer + first })),
      cyclesPerFrame,
      dma: dma && { ...dma, ports: dma.ports.map((layer) => layer + first) },
      queues: queuesOf(partOf(problem, first, end), configuration).map(({ stream, waiting }) => ({ stream: ids[stream]!, waiting })),
    };
  });
  return { partitions, batchCycles: cycles(Math.ceil(Math.min(best.cost, Number.MAX_SAFE_INTEGER))), bound };
}

const segmentsOf = (ends: readonly number[]): readonly (readonly [number, number])[] =>
  ends.map((end, s) => [s === 0 ? 0 : ends[s - 1]!, end]);

/** The cheapest of the ways from 0 to `n` in 2 to `most` steps: where its steps end. No ends: every way costs infinitely much. */
function shortest(
  n: number,
  most: number,
  cost: (first: number, end: number) => number,
): { readonly cost: number; readonly ends: readonly number[] } {
  const width = n + 1;
  const least = new Float64Array((most + 1) * width).fill(Number.POSITIVE_INFINITY);
  const before = new Int32Array((most + 1) * width);
  least[0] = 0;
  const costs = Float64Array.from({ length: width * width }, (_, k) => {
    const [first, end] = [Math.floor(k / width), k % width];
    return first < end ? cost(first, end) : Number.POSITIVE_INFINITY;
  });
  for (let steps = 1; steps <= most; steps++)
    for (let end = 1; end <= n; end++)
      for (let first = 0; first < end; first++) {
        const total = least[(steps - 1) * width + first]! + costs[first * width + end]!;
        if (total >= least[steps * width + end]!) continue;
        least[steps * width + end] = total;
        before[steps * width + end] = first;
      }
  let steps = 2;
  for (let more = 3; more <= most; more++) if (least[more * width + n]! < least[steps * width + n]!) steps = more;
  const total = least[steps * width + n]!;
  const ends: number[] = [];
  if (total < Number.POSITIVE_INFINITY)
    for (let end = n; steps > 0; steps--) {
      ends.unshift(end);
      end = before[steps * width + end]!;
    }
  return { cost: total, ends };
}
