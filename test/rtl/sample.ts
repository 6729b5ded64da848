import type { Accepted } from "../../src/base/verdict.js";
import { layerWeights } from "../../src/emit/integer/weights.js";
import { type WeightFiles, weightFiles } from "../../src/emit/verilog/weight-files.js";
import type { Binding } from "../../src/onnx/bindings.js";
import { importOnnx } from "../../src/onnx/import.js";
import { readWeights, type Weights } from "../../src/onnx/weight-values.js";
import { resourcesOf, scheduled } from "../../src/planners/pipeline/configure.js";
import { costOf, engineCost } from "../../src/planners/pipeline/options.js";
import type { Engine, PipelinePlan, PipelineProblem, Unroll, WeightMemory } from "../../src/planners/pipeline/plan.js";
import { pose } from "../../src/planners/pipeline/pose.js";
import { replay } from "../../src/planners/pipeline/replay.js";
import { verify } from "../../src/planners/pipeline/verify.js";
import { parseTarget } from "../../src/target/parse.js";

/** A network on a device, with every way to keep weights among its engines, and its weight path. */
export interface Sample extends WeightFiles {
  readonly problem: PipelineProblem;
  readonly accepted: Accepted<PipelinePlan>;
  readonly weights: Weights;
}

/**
 * Plans `model` on a roomy device: engines as small as `cycles` per frame allow, weights kept in all ways in turn.
 *
 * @param link bits per cycle off chip. @param seed of random weights, where the model has none. @param large what large memories lie in.
 */
export function sampleOf(
  model: Uint8Array,
  cycles: number,
  link: number,
  fabric: "7series" | "ultrascale+",
  seed?: number,
  bindings: readonly Binding[] = [],
  large: "bram" | "uram" = "bram",
): Sample {
  const graph = must(importOnnx(model, { name: "sample.onnx", bindings, weightsAbsent: seed !== undefined }));
  const target = must(parseTarget(device(link, fabric), "device.yaml"));
  if (target.kind !== "pipeline") throw new Error(target.kind);
  const problem = must(pose(graph, target, { objective: "throughput" }));
  let kept = 0;
  const engines = problem.layers.map((layer, id): Engine => {
    const unroll = smallest(problem, id, cycles);
    return { layer: id, unroll, memory: layer.weights && memoryOf(problem, id, unroll, WAYS[kept++ % WAYS.length]!, large) };
  });
  const time = Math.max(...engines.map((engine) => costOf(problem, engine).interval));

  const configuration = scheduled(problem, engines, Math.ceil(time));
  const plan: PipelinePlan = {
    kind: "pipeline",
    partitions: [configuration],
    certificate: undefined,
    baselines: { vanilla: undefined, greedy: undefined },
    claims: { cyclesPerFrame: configuration.cyclesPerFrame, latency: 0, resources: resourcesOf(problem, engines) },
  };
  const { latency } = replay(problem, plan).replay.totals;
  const verdict = verify(problem, { ...plan, claims: { ...plan.claims, latency } });
  if (!verdict.ok) throw new Error(JSON.stringify(verdict.violations));
  const weights = must(readWeights(model, "sample.onnx", undefined, seed));
  const integers = problem.layers.map((layer, id) => (layer.weights ? must(layerWeights(problem, id, weights)) : undefined));
  return { problem, accepted: verdict.accepted, weights, ...must(weightFiles(problem, verdict.accepted, 0, integers)) };
}

const device = (link: number, fabric: string): string => `kind: pipeline
name: roomy
summary: as large as it needs to be
clock: 100MHz
fabric: ${fabric}
resources: { lut: 10000000, ff: 10000000, dsp: 100000, bram18: 100000, uram: 1000 }
offChip: { bandwidth: ${link / 10}Gb/s, efficiency: 1, burst: 64B }
streaming: allowed
buffers: 3
reuse: 4
partitions: 1
reconfiguration: 1ms
batch: 1
precision: { activation: 8, weight: 8 }
`;

function must<T>(checked: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly errors: readonly unknown[] }): T {
  if (!checked.ok) throw new Error(JSON.stringify(checked.errors));
  return checked.value;
}

/** The least products per cycle that keep up. */
function smallest(problem: PipelineProblem, id: number, cycles: number): Unroll {
  const layer = problem.layers[id]!;
  const channels = problem.streams[layer.inputs[0]!]!.map.channels / layer.groups;
  const filters = layer.output.channels / layer.groups;
  const positions = (layer.kernel?.height ?? 1) * (layer.kernel?.width ?? 1);
  const weighted = layer.weights !== undefined;
  const only = (n: number, used: boolean) => (used ? divisors(n) : [1]);
  const shared = [...layer.inputs.map((stream) => problem.streams[stream]!.map.channels), layer.output.channels];
  const lanes = weighted ? divisors(channels) : divisors(shared[0]!).filter((n) => shared.every((c) => c % n === 0));
  const all = lanes
    .flatMap((i) => only(filters, weighted).map((out) => ({ in: i, out })))
    // Groups side by side take all their channels, so that lanes are neighbours.
    .flatMap((u) => only(layer.groups, weighted && u.in === channels && u.out === filters).map((group) => ({ ...u, group })))
    .flatMap((u) => only(positions, weighted).map((kernel) => ({ ...u, kernel })));
  const size = (u: Unroll) => u.in * u.out * u.group * u.kernel;
  const fast = all.filter((unroll) => engineCost(problem, layer, unroll, 1).interval <= cycles).sort((a, b) => size(a) - size(b));
  if (fast[0] === undefined) throw new Error(`${layer.name} cannot keep up`);
  return fast[0];
}

const divisors = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);

interface Way {
  /** Share of a period that is streamed, and periods of a sweep, at most. */
  readonly share: number;
  readonly fragments: number;
  readonly buffers: 0 | 1 | 2 | 3;
  readonly reuse: number;
  readonly style: "large" | "lutram";
}

const STATIC = { share: 0, fragments: 0, buffers: 0, reuse: 1 } as const;
const WAYS: readonly Way[] = [
  { share: 0.25, fragments: 4, buffers: 2, reuse: 1, style: "large" },
  { ...STATIC, style: "large" },
  { share: 1, fragments: 2, buffers: 2, reuse: 4, style: "lutram" },
  { ...STATIC, style: "lutram" },
  { share: 0.2, fragments: 8, buffers: 1, reuse: 1, style: "large" },
  { ...STATIC, style: "large" },
  { share: 0.5, fragments: 3, buffers: 3, reuse: 2, style: "large" },
  { ...STATIC, style: "lutram" },
];

function memoryOf(problem: PipelineProblem, id: number, unroll: Unroll, way: Way, large: "bram" | "uram"): WeightMemory {
  const { depth } = engineCost(problem, problem.layers[id]!, unroll, 1).weights;
  const fragments = divisors(depth).findLast((d) => d <= way.fragments) ?? 0;
  const period = depth / Math.max(1, fragments);
  const style = way.style === "large" ? large : way.style;
  const streamed = fragments === 0 ? 0 : Math.max(1, Math.floor(period * way.share));
  return {
    fragments,
    streamed,
    buffers: way.buffers,
    reuse: problem.layers[id]!.output.width >= way.reuse ? way.reuse : 1,
    static: streamed === period ? "none" : style,
    buffer: fragments === 0 ? "none" : style,
  };
}
