import type { AffineIndex, LoopNest } from "../../graph/loops.js";
import { fixed, loops, sum, times } from "./affine.js";
import { along, axes, axisOf, broadcast, elementwise, type Rule, type Site } from "./site.js";

/** Every output element reads the element of every input that broadcasting puts there. */
export const pointwise: Rule = (site) => {
  const each = (indices: readonly AffineIndex[]) => site.view.inputs.flatMap((_, i) => broadcast(site, i, indices));
  return Array.from({ length: site.view.outputs }, (_, output) => elementwise(site, output, each)).flat();
};

/** Only the first input is data (Dropout's ratio and Trilu's diagonal are not); it goes to every output element by element. */
export const unary: Rule = (site) =>
  Array.from({ length: site.view.outputs }, (_, output) => elementwise(site, output, (indices) => broadcast(site, 0, indices))).flat();

/** The first operand element by element; the others (slopes, scales, statistics) along the channel axis 1, or scalar. */
export const perChannel: Rule = (site) => elementwise(site, 0, (indices) => alongAxis(site, indices, 1));

/** The same for `[N, spatial..., C]`. */
export const perChannelLast: Rule = (site) => elementwise(site, 0, (indices) => alongAxis(site, indices, indices.length - 1));

/** QuantizeLinear, DequantizeLinear: scale and zero point are scalar, along `axis`, or one per block of it. */
export const quantizeLinear: Rule = (site) => {
  const rank = site.dims(0)?.length;
  const block = site.view.int("block_size") ?? 0;
  if (rank === undefined) return [];
  const axis = axisOf(site.view.int("axis") ?? 1, rank);
  if (block <= 0) return elementwise(site, 0, (indices) => alongAxis(site, indices, axis ?? 0));
  return axis === undefined ? [] : quantizeBlocks(site, axis, block);
};

/** Blocked scales: the axis is split into DB blocks of DE elements; a shorter last block is a nest of its own. */
function quantizeBlocks(site: Site, axis: number, block: number): readonly LoopNest[] {
  const shape = site.out(0);
  if (!shape) return [];
  const length = shape[axis] ?? 0;
  const part = (first: number, blocks: number, size: number): LoopNest => {
    const l = loops();
    const outer = shape.map((dim, i) => (i === axis ? fixed(0) : l.open(`D${i}`, dim)));
    const b = sum(l.open("DB", blocks), first);
    const e = l.open("DE", size);
    const element = along(outer, axis, sum(times(block, b), e));
    const scale = along(outer, axis, b);
    const reads = [1, 2].flatMap((input) => (site.view.inputs[input] === undefined ? [] : [site.read(input, scale)]));
    return { kind: "pointwise", loops: l.list, reads: [site.read(0, element), ...reads], write: site.write(0, element) };
  };
  const whole = Math.floor(length / block);
  const rest = length % block;
  return [...(whole > 0 ? [part(0, whole, block)] : []), ...(rest > 0 ? [part(whole, 1, rest)] : [])];
}

/** Input 0 at `indices`, each further input at the index of `axis` (one element: at 0). */
function alongAxis(site: Site, indices: readonly AffineIndex[], axis: number) {
  const channel = indices[axis] ?? fixed(0);
  return site.view.inputs.flatMap((_, i) => (i === 0 ? [site.read(0, indices)] : broadcast(site, i, [channel])));
}

/** ConstantOfShape, RandomNormal ...: each element is written once and nothing is read. */
export const generate: Rule = (site) => {
  const shape = site.out(0);
  if (!shape) return [];
  const l = loops();
  const indices = axes(l, shape);
  return [{ kind: "pointwise", loops: l.list, reads: [], write: site.write(0, indices) }];
};
