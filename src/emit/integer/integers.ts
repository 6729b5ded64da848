import { type Rng, rng } from "../../base/rng.js";
import type { Graph } from "../../graph/graph.js";
import type { Weights } from "../../onnx/weight-values.js";
import type { Layer, LayerId, PipelineProblem, Stream } from "../../planners/pipeline/plan.js";
import type { IntegerLayer, IntegerNetwork, Scaling } from "./network.js";
import { type Folded, foldedOf, functionOf, type Reader, readerOf } from "./operators.js";
import { type Elements, scaled, sumsOf } from "./run.js";
import type { LayerWeights } from "./weights.js";

/** Inputs that scales are found from, and the seed they are drawn with. */
const SAMPLES = 4;
const SEED = 1;
/** Bits of a multiplier. */
const MULTIPLIER = 15;
/** Scales of filters that differ by less are one. */
const ALIKE = 1e-6;
/** Widest value that is looked up. */
const TABLE = 12;

/**
 * Quantises a network layer by layer: weights as they are given, one power of two for every map, so large that what random inputs
 * bring forth fits. Source: docs/math/pipeline.md, "Integers".
 *
 * @param weights by layer, of those that have some.
 * @returns the network; layers without integer form are named in `missing`. What reads them has no meaning then.
 */
export function integersOf(
  problem: PipelineProblem,
  graph: Graph,
  constants: Weights,
  weights: readonly (LayerWeights | undefined)[],
): IntegerNetwork {
  const random = rng(SEED);
  const scales: number[] = problem.streams.map(() => 0);
  const values: (readonly Elements[] | undefined)[] = problem.streams.map(() => undefined);
  const drawn = new Map<string, readonly Elements[]>();
  problem.streams.forEach((stream, i) => {
    if (stream.from !== undefined) return;
    const samples = drawn.get(stream.name) ?? Array.from({ length: SAMPLES }, () => randomInput(stream, random));
    drawn.set(stream.name, samples);
    values[i] = samples;
    scales[i] = 2 ** (1 - stream.map.bits);
  });
  const missing: { layer: LayerId; reason: string }[] = [];
  const layers = problem.layers.map((layer, id): IntegerLayer => {
    const operands = Array.from({ length: SAMPLES }, (_, n) =>
      layer.inputs.map((s) => ({ map: problem.streams[s]!.map, elements: values[s]?.[n] })),
    );
    const reader = readerOf(graph, constants, layer.operators);
    const inputs = layer.inputs.map((s) => scales[s]!);
    const known = operands.every((o) => o.every(({ elements }) => elements !== undefined));
    const form = known ? formOf(layer, problem.streams[layer.inputs[0]!]!, reader, inputs, weights[id]) : undefined;
    if (form === undefined || typeof form === "string") {
      if (form !== undefined) missing.push({ layer: id, reason: form });
      return { kind: "elementwise", scaling: OPEN };
    }
    const sums = operands.map((o) => sumsOf(layer, form.raw, o as readonly { map: Stream["map"]; elements: Elements }[]));
    const chosen = chooseScale(form, sums, layer.output.bits);
    const arithmetic = { ...form.raw, scaling: chosen.scaling } as IntegerLayer;
    const results = sums.map((list) => Int32Array.from(list, (sum, i) => scaled(sum, chosen.scaling, i % layer.output.channels)));
    problem.streams.forEach(({ from }, s) => {
      if (from === id) [values[s], scales[s]] = [results, chosen.scale];
    });
    return arithmetic;
  });
  return { layers, scales, missing };
}

/** Uniform over the range of the stream's integers. */
export const randomInput = ({ map }: Pick<Stream, "map">, random: Rng): Int32Array =>
  Int32Array.from({ length: map.channels * map.height * map.width }, () => Math.floor(random() * 2 ** map.bits) - 2 ** (map.bits - 1));

/** A layer before the scale of its result is known. */
interface Form {
  /** With a scaling that is still open. */
  readonly raw: IntegerLayer;
  /** What a step of its sums is worth, and where filters differ, each one's share of that. */
  readonly unit: number;
  readonly shares?: readonly number[];
  /** Bounds of its results. */
  readonly low: number;
  readonly high: number;
  /** Results keep the scale of the sums. */
  readonly keeps?: boolean;
  /** What becomes of a value of its operand, which has so many bits. */
  readonly table?: { readonly of: (x: number) => number; readonly bits: number };
}

const OPEN: Scaling = { multiplier: 1, shift: 0, low: 0, high: 0 };

function formOf(layer: Layer, first: Stream, reader: Reader, scales: readonly number[], weights: LayerWeights | undefined): Form | string {
  const [own, ...others] = reader.operators;
  if (own === undefined) return "its operator is not in the model";
  const scale = scales[0]!;
  const bounds = (folded: Folded) => ({ low: folded.low, high: folded.high });
  switch (layer.kind) {
    case "convolution":
      return convolutionForm(layer, first, reader, scale, weights);
    case "pooling":
    case "globalPooling": {
      const folded = foldedOf(reader, others);
      if (typeof folded === "string") return folded;
      if (/Max/.test(layer.type)) return { raw: { kind: "maximum", scaling: OPEN }, unit: scale, keeps: true, ...bounds(folded) };
      if (!/Average|ReduceMean/.test(layer.type)) return `${layer.type} is not computed on integers`;
      const { kernel } = layer;
      const padded = kernel !== undefined && [kernel.top, kernel.left, kernel.bottom, kernel.right].some((p) => p > 0);
      if (padded && Number(own.attributes.count_include_pad ?? 0) === 0) return "it leaves padding out of its mean";
      const positions =
        layer.kind === "globalPooling" || kernel === undefined ? first.map.height * first.map.width : kernel.height * kernel.width;
      return { raw: { kind: "mean", scaling: OPEN }, unit: scale / positions, ...bounds(folded) };
    }
    case "elementwise": {
      const of = functionOf(reader);
      if (typeof of === "string") return of;
      if (first.map.bits > TABLE) return `a table of ${first.map.bits} bits would be too long`;
      return {
        raw: { kind: "elementwise", scaling: OPEN },
        unit: scale,
        low: Number.NEGATIVE_INFINITY,
        high: Number.POSITIVE_INFINITY,
        table: { of, bits: first.map.bits },
      };
    }
    case "combine":
    case "concatenation": {
      const adds = own.type === "Add" || own.type === "Sum";
      if (layer.kind === "combine" && !adds) return `${layer.type} of two maps is not computed on integers`;
      const folded = foldedOf(reader, others);
      if (typeof folded === "string") return folded;
      const unit = Math.min(...scales);
      const factors = scales.map((s) => s / unit);
      return { raw: { kind: layer.kind === "combine" ? "addition" : "concatenation", factors, scaling: OPEN }, unit, ...bounds(folded) };
    }
    case "resize": {
      const folded = foldedOf(reader, others);
      return typeof folded === "string" ? folded : { raw: { kind: "resize", scaling: OPEN }, unit: scale, keeps: true, ...bounds(folded) };
    }
    default:
      return `${layer.kind} layers have no integer form here`;
  }
}

function convolutionForm(layer: Layer, first: Stream, reader: Reader, scale: number, weights: LayerWeights | undefined): Form | string {
  const [own, ...others] = reader.operators;
  if (own === undefined || weights === undefined) return "its weights are not at hand";
  const folded = foldedOf(reader, others);
  if (typeof folded === "string") return folded;
  const filters = layer.output.channels;
  const gemm = own.type === "Gemm";
  const alpha = gemm ? Number(own.attributes.alpha ?? 1) : 1;
  const beta = gemm ? Number(own.attributes.beta ?? 1) : 1;
  const bias = reader.constant(own, 2) ?? [0];
  const of = (list: readonly number[], f: number) => list[list.length === 1 ? 0 : f]!;
  const units = Array.from({ length: filters }, (_, f) => scale * of(weights.scales, f) * alpha * of(folded.factors, f));
  const unit = Math.max(...units.map(Math.abs));
  if (unit === 0) return "all its weights are zero";
  // A filter of zeros gives its bias alone, in steps of any size.
  const steps = units.map((u) => (u === 0 ? unit : u));
  const integers = steps.map((u, f) => Math.round((of(bias, f) * beta * of(folded.factors, f) + of(folded.terms, f)) / u));
  const alike = steps.every((u) => Math.abs(u - unit) <= ALIKE * unit);
  const positions = weights.integers.length / filters;
  const sumBits =
    Math.ceil(
      Math.log2(positions * 2 ** (first.map.bits - 1) * 2 ** ((layer.weights?.bits ?? 1) - 1) + Math.max(...integers.map(Math.abs)) + 1),
    ) + 1;
  return {
    raw: { kind: "convolution", weights: Array.from(weights.integers), bias: integers, sumBits, scaling: OPEN },
    unit,
    ...(alike ? {} : { shares: steps.map((u) => u / unit) }),
    low: folded.low,
    high: folded.high,
  };
}

/** The power of two that the results fit, and how sums become results of it. */
function chooseScale(
  { unit, shares, low, high, keeps, table }: Form,
  sums: readonly Float64Array[],
  bits: number,
): { readonly scale: number; readonly scaling: Scaling } {
  const [least, most] = [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1];
  const share = (i: number) => shares?.[i % shares.length] ?? 1;
  const real = (sum: number, i: number) =>
    Math.min(high, Math.max(low, table === undefined ? sum * unit * share(i) : table.of(sum * unit)));
  const largest = sums.reduce((m, list) => list.reduce((n, sum, i) => Math.max(n, Math.abs(real(sum, i))), m), 0);
  // Where nothing but zeros was seen any power of two will do.
  const scale = keeps ? unit : 2 ** Math.ceil(Math.log2(largest === 0 ? unit : largest / most));
  const limits = { low: Math.max(least, Math.round(low / scale)), high: Math.min(most, Math.round(high / scale)) };
  if (table !== undefined) {
    const half = 2 ** (table.bits - 1);
    const entries = Array.from({ length: 2 * half }, (_, i) =>
      Math.min(most, Math.max(least, Math.round(table.of((i - half) * unit) / scale))),
    );
    return { scale, scaling: { multiplier: 1, shift: 0, low: -half, high: half - 1, table: entries } };
  }
  const ratio = unit / scale;
  const exponent = Math.log2(ratio);
  if (Number.isInteger(exponent) && shares === undefined)
    return { scale, scaling: { multiplier: exponent > 0 ? ratio : 1, shift: Math.max(0, -exponent), ...limits } };
  const shift = Math.max(0, MULTIPLIER - 1 - Math.floor(exponent));
  const multiplier = Math.round(ratio * 2 ** shift);
  const each = shares && { multipliers: shares.map((s) => Math.round(s * ratio * 2 ** shift)) };
  return { scale, scaling: { multiplier, ...each, shift, ...limits } };
}
