import type { Access, AffineIndex, LoopNest } from "../../graph/loops.js";
import { fixed, loops, sum, times } from "./affine.js";
import { along, axisOf, broadcast, elementwise, type Rule, type Site } from "./site.js";

/**
 * Softmax and its kin read their whole axis for each output element. Before opset 13 Softmax, LogSoftmax and Hardmax
 * flattened all axes from `axis` on into one.
 */
export const softmax: Rule = (site) => {
  const shape = site.dims(0);
  const flattens = site.view.domain === "" && site.view.opset < 13;
  const axis = shape && axisOf(site.view.int("axis") ?? (flattens ? 1 : -1), shape.length);
  if (!shape || axis === undefined) return [];
  return readingWhole(site, flattens ? shape.map((_, i) => i).slice(axis) : [axis]);
};

/** CumSum, TopK, LpNormalization: the whole axis (for CumSum more than the prefix it needs). */
export const wholeAxis: Rule = (site) => {
  const shape = site.dims(0);
  const given = site.view.type === "CumSum" ? Number(site.view.inputs[1]?.data?.[0] ?? Number.NaN) : (site.view.int("axis") ?? -1);
  const axis = shape && axisOf(given, shape.length);
  // TopK gives values and their positions.
  return axis === undefined ? [] : [0, 1].flatMap((output) => readingWhole(site, [axis], none, output));
};

/** LayerNormalization and RMSNormalization: all axes from `axis` on; scale and bias broadcast. */
export const layerNormalization: Rule = (site) => {
  const shape = site.dims(0);
  const axis = shape && axisOf(site.view.int("axis") ?? -1, shape.length);
  if (!shape || axis === undefined) return [];
  return readingWhole(site, shape.map((_, i) => i).slice(axis), (indices) => [1, 2].flatMap((input) => broadcast(site, input, indices)));
};

/** com.microsoft SkipLayerNormalization: the normalised sum of inputs 0 and 1, and (output 3) the sum itself. */
export const skipLayerNormalization: Rule = (site) => {
  const width = site.dims(0)?.at(-1);
  const others = site.view.inputs.map((_, i) => i).slice(2);
  if (width === undefined) return [];
  const normalized = elementwise(site, 0, (indices, l) => {
    const row = along(indices, indices.length - 1, l.open("R", width));
    return [...[0, 1].flatMap((input) => broadcast(site, input, row)), ...others.flatMap((input) => broadcast(site, input, indices))];
  });
  const sum = elementwise(site, 3, (indices) => [0, 1, ...others.slice(-1)].flatMap((input) => broadcast(site, input, indices)));
  return [...normalized, ...sum];
};

/** InstanceNormalization: the spatial axes of one channel; scale and bias per channel. */
export const instanceNormalization: Rule = (site) => {
  const shape = site.dims(0);
  if (!shape) return [];
  return readingWhole(site, shape.map((_, i) => i).slice(2), (indices) =>
    [1, 2].flatMap((input) => broadcast(site, input, [indices[1] ?? fixed(0)])),
  );
};

/** GroupNormalization: the spatial axes of all channels of a group. Scale and bias per channel (per group before opset 21). */
export const groupNormalization: Rule = (site) => {
  const shape = site.dims(0);
  const groups = site.view.int("num_groups");
  const channels = shape?.[1] ?? 0;
  if (!shape || !groups || channels % groups !== 0) return [];
  const l = loops();
  const n = l.open("N", shape[0] ?? 0);
  const g = l.open("G", groups);
  const k = l.open("K", channels / groups);
  const o = shape.slice(2).map((size, i) => l.open(`D${2 + i}`, size));
  const c = l.open("C", channels / groups);
  const f = shape.slice(2).map((size, i) => l.open(`R${2 + i}`, size));
  const channel = (inside: AffineIndex) => sum(times(channels / groups, g), inside);
  const scales = [1, 2].flatMap((input) => broadcast(site, input, [site.dims(input)?.[0] === groups ? g : channel(k)]));
  const reads = [site.read(0, [n, channel(c), ...f]), ...scales];
  return [{ kind: "reduce", loops: l.list, reads, write: site.write(0, [n, channel(k), ...o]) }];
};

/** LRN: a window of `size` channels around each element, `floor((size - 1) / 2)` of them before it. */
export const localResponse: Rule = (site) => {
  const size = site.view.int("size");
  if (!size) return [];
  return elementwise(site, 0, (indices, l) => {
    const channel = sum(indices[1] ?? fixed(0), l.open("FC", size), -Math.floor((size - 1) / 2));
    return [site.read(0, along(indices, 1, channel))];
  });
};

/** MultiThreshold (FINN): each element is compared with all thresholds of its channel, `[C, T]` or `[1, T]`. */
export const multiThreshold: Rule = (site) => {
  const thresholds = site.dims(1);
  if (thresholds?.length !== 2) return [];
  return elementwise(site, 0, (indices, l) => {
    const channel = indices[site.view.string("data_layout") === "NHWC" ? indices.length - 1 : 1] ?? fixed(0);
    const all = l.open("T", thresholds[1] ?? 0);
    return [site.read(0, indices), site.read(1, [thresholds[0] === 1 ? fixed(0) : channel, all])];
  });
};

const none = (): readonly Access[] => [];

/** Each output element reads the input over the whole of `over` and elsewhere at its own position; `more` are further reads. */
function readingWhole(
  site: Site,
  over: readonly number[],
  more: (indices: readonly AffineIndex[]) => readonly Access[] = none,
  output = 0,
): readonly LoopNest[] {
  return elementwise(site, output, (indices, l) => {
    const whole = indices.map((index, i) => (over.includes(i) ? l.open(`R${i}`, site.dims(0)?.[i] ?? 0) : index));
    return [site.read(0, whole), ...more(indices)];
  });
}

/** Reduce*, ArgMax, ArgMin: each output element reads the reduced axes whole. */
export const reduce: Rule = (site) => {
  const x = site.dims(0);
  const y = site.out(0);
  const over = x && reducedAxes(site, x.length);
  if (!x || !y || !over) return [];
  const keep = site.view.int("keepdims") !== 0;
  const l = loops();
  const kept = x.map((size, i) => (over.includes(i) ? undefined : l.open(`D${i}`, size)));
  const read = kept.map((index, i) => index ?? l.open(`R${i}`, x[i] ?? 0));
  const write = kept.flatMap((index) => index ?? (keep ? fixed(0) : []));
  return [{ kind: over.length > 0 ? "reduce" : "pointwise", loops: l.list, reads: [site.read(0, read)], write: site.write(0, write) }];
};

/** Axes from the attribute or the constant second input; all of them when neither is there. */
function reducedAxes(site: Site, rank: number): readonly number[] | undefined {
  if (site.view.type === "ArgMax" || site.view.type === "ArgMin") {
    const axis = axisOf(site.view.int("axis") ?? 0, rank);
    return axis === undefined ? undefined : [axis];
  }
  const input = site.view.inputs[1];
  if (input !== undefined && !input.data) return undefined;
  const given = site.view.ints("axes") ?? input?.data?.map(Number) ?? [];
  if (given.length === 0) return site.view.int("noop_with_empty_axes") === 1 ? [] : Array.from({ length: rank }, (_, i) => i);
  const over = given.map((axis) => axisOf(axis, rank));
  return over.every((axis) => axis !== undefined) ? over : undefined;
}
