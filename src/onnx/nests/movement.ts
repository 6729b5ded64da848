import type { Access, AffineIndex, LoopNest } from "../../graph/loops.js";
import { fixed, loops, sum, times } from "./affine.js";
import { axes, axisOf, broadcast, count, elementwise, integers, type Rule, type Site } from "./site.js";

/** One nest per input: its elements go to their place along the axis. */
export const concat: Rule = (site) => {
  const y = site.out(0);
  const axis = y && axisOf(site.view.int("axis") ?? 1, y.length);
  if (axis === undefined) return [];
  let offset = 0;
  const nests: LoopNest[] = [];
  for (let input = 0; input < site.view.inputs.length; input++) {
    const x = site.dims(input);
    if (!x) return [];
    // An empty input has no elements to move.
    if (count(x) > 0) {
      const l = loops();
      const indices = axes(l, x);
      const at = indices.map((index, i) => (i === axis ? sum(index, offset) : index));
      nests.push({ kind: "pointwise", loops: l.list, reads: [site.read(input, indices)], write: site.write(0, at) });
    }
    offset += x[axis] ?? 0;
  }
  return nests;
};

/** One nest per output that is named and not empty. */
export const split: Rule = (site) => {
  const x = site.dims(0);
  const axis = x && axisOf(site.view.int("axis") ?? 0, x.length);
  if (!x || axis === undefined) return [];
  const equal = Math.ceil((x[axis] ?? 0) / Math.max(1, site.view.outputs));
  const sizes = site.view.ints("split") ?? integers(site.view.inputs[1]);
  if (site.view.inputs[1] !== undefined && !sizes) return [];
  let offset = 0;
  return Array.from({ length: site.view.outputs }, (_, output) => {
    const from = offset;
    offset += sizes?.[output] ?? equal;
    const y = site.out(output);
    if (!y || count(y) === 0) return [];
    return elementwise(site, output, (indices) => [
      site.read(
        0,
        indices.map((index, i) => (i === axis ? sum(index, from) : index)),
      ),
    ]);
  }).flat();
};

export const transpose: Rule = (site) => {
  const x = site.dims(0);
  if (!x) return [];
  const permutation = site.view.ints("perm") ?? x.map((_, i) => x.length - 1 - i);
  return elementwise(site, 0, (indices) => [
    site.read(
      0,
      x.map((_, axis) => indices[permutation.indexOf(axis)] ?? fixed(0)),
    ),
  ]);
};

/** `start + step · o` per sliced axis; starts and steps must be constant. */
export const slice: Rule = (site) => {
  const x = site.dims(0);
  const constant = (attribute: string, input: number) =>
    site.view.inputs[input] === undefined ? site.view.ints(attribute) : integers(site.view.inputs[input]);
  const starts = constant("starts", 1);
  const over = constant("axes", 3) ?? (site.view.inputs[3] === undefined ? starts?.map((_, i) => i) : undefined);
  const steps = constant("steps", 4) ?? (site.view.inputs[4] === undefined ? starts?.map(() => 1) : undefined);
  if (!x || !starts || !over || !steps) return [];
  const move = new Map<number, { start: number; step: number }>();
  for (const [i, given] of over.entries()) {
    const axis = axisOf(given, x.length);
    const size = x[axis ?? 0] ?? 0;
    const step = steps[i] ?? 1;
    const start = starts[i] ?? 0;
    if (axis === undefined || step === 0) return [];
    const first = Math.min(Math.max(start < 0 ? start + size : start, 0), step > 0 ? size : size - 1);
    move.set(axis, { start: first, step });
  }
  return elementwise(site, 0, (indices) => [
    site.read(
      0,
      indices.map((index, axis) => sum(times(move.get(axis)?.step ?? 1, index), move.get(axis)?.start ?? 0)),
    ),
  ]);
};

/** Constant padding only: reads outside the input are the padding. Reflected, edge and wrapped padding is not affine. */
export const pad: Rule = (site) => {
  const x = site.dims(0);
  const pads = site.view.inputs[1] === undefined ? site.view.ints("pads") : integers(site.view.inputs[1]);
  const over = site.view.inputs[3] === undefined ? x?.map((_, i) => i) : integers(site.view.inputs[3]);
  if (!x || !pads || !over || pads.length !== 2 * over.length || (site.view.string("mode") ?? "constant") !== "constant") return [];
  const before = new Map(over.map((axis, i) => [axisOf(axis, x.length), pads[i] ?? 0]));
  return elementwise(site, 0, (indices) => [
    site.read(
      0,
      indices.map((index, axis) => sum(index, -(before.get(axis) ?? 0))),
    ),
  ]);
};

export const expand: Rule = (site) => elementwise(site, 0, (indices) => broadcast(site, 0, indices));

/** Each axis is written as repetition (T) times its length plus position (D). */
export const tile: Rule = (site) => {
  const x = site.dims(0);
  const y = site.out(0);
  if (!x || !y || x.length !== y.length || x.some((size, i) => size === 0 || (y[i] ?? 0) % size !== 0)) return [];
  const l = loops();
  const repeat = x.map((size, i) => l.open(`T${i}`, (y[i] ?? 0) / size));
  const at = axes(l, x);
  const write = at.map((index, i) => sum(times(x[i] ?? 0, repeat[i]!), index));
  return [{ kind: "pointwise", loops: l.list, reads: [site.read(0, at)], write: site.write(0, write) }];
};

/**
 * Reshape and its kin keep row-major order. Where the two shapes have a common refinement (each axis of one is a product of
 * neighbouring factors of the other) both indices are affine in the factors; otherwise there is no nest.
 */
export const reshape: Rule = (site) => {
  const x = site.dims(0);
  const y = site.out(0);
  const factors = x && y && refine(x, y);
  if (!factors) return [];
  const l = loops();
  const loop = factors.map((size, i) => l.open(`D${i}`, size));
  const read = compose(x, factors, loop);
  return [{ kind: "pointwise", loops: l.list, reads: [site.read(0, read)], write: site.write(0, compose(y, factors, loop)) }];
};

/** Factors greater than 1, outermost first, that group to both shapes; undefined where there are none. */
function refine(a: readonly number[], b: readonly number[]): readonly number[] | undefined {
  if (count(a) !== count(b) || count(a) === 0) return undefined;
  const left = a.filter((size) => size > 1);
  const right = b.filter((size) => size > 1);
  const factors: number[] = [];
  while (left.length > 0 && right.length > 0) {
    const p = left.pop() ?? 1;
    const q = right.pop() ?? 1;
    const small = Math.min(p, q);
    if (Math.max(p, q) % small !== 0) return undefined;
    factors.unshift(small);
    if (p > small) left.push(p / small);
    if (q > small) right.push(q / small);
  }
  return factors;
}

/** Per axis of `shape`, the index made of the factors that multiply to its size. */
function compose(shape: readonly number[], factors: readonly number[], loop: readonly AffineIndex[]): readonly AffineIndex[] {
  let next = factors.length - 1;
  return shape
    .toReversed()
    .map((size) => {
      let stride = 1;
      let index = fixed(0);
      while (stride < size) {
        index = sum(index, times(stride, loop[next]!));
        stride *= factors[next--] ?? 1;
      }
      return index;
    })
    .toReversed();
}

/** `y[n, c, h·b + i, w·b + j] = x[n, channel, h, w]`. */
export const depthToSpace: Rule = (site) => blocks(site, site.out(0), (deep, fine) => [site.read(0, deep), site.write(0, fine)]);

/** The inverse of DepthToSpace. */
export const spaceToDepth: Rule = (site) => blocks(site, site.dims(0), (deep, fine) => [site.read(0, fine), site.write(0, deep)]);

/** `shape`: the fine side, NCHW. The deep channel is `(i·b + j)·C + c` (DCR) or `(c·b + i)·b + j` (CRD). */
function blocks(
  site: Site,
  shape: readonly number[] | undefined,
  access: (deep: readonly AffineIndex[], fine: readonly AffineIndex[]) => readonly [Access, Access],
): readonly LoopNest[] {
  const b = site.view.int("blocksize") ?? 0;
  if (shape?.length !== 4 || b < 1) return [];
  const [batch = 0, channels = 0, height = 0, width = 0] = shape;
  const l = loops();
  const [n, c] = [l.open("N", batch), l.open("C", channels)];
  const [h, w] = [l.open("OY", height / b), l.open("OX", width / b)];
  const [i, j] = [l.open("FY", b), l.open("FX", b)];
  const deep =
    site.view.string("mode") === "CRD" ? sum(times(b * b, c), times(b, i), j) : sum(times(channels * b, i), times(channels, j), c);
  const [read, write] = access([n, deep, h, w], [n, c, sum(times(b, h), i), sum(times(b, w), j)]);
  return [{ kind: "pointwise", loops: l.list, reads: [read], write }];
}

/** Constant indices that are one number or evenly spaced: `start + step · o` along the axis. */
export const gather: Rule = (site) => {
  const x = site.dims(0);
  const axis = x && axisOf(site.view.int("axis") ?? 0, x.length);
  const rank = site.dims(1)?.length;
  const given = integers(site.view.inputs[1]);
  if (!x || axis === undefined || !given?.length || rank === undefined || rank > 1) return [];
  const at = given.map((i) => (i < 0 ? i + (x[axis] ?? 0) : i));
  const start = at[0] ?? 0;
  const step = (at[1] ?? start) - start;
  if (at.some((i, k) => i !== start + k * step)) return [];
  return elementwise(site, 0, (indices) => {
    const picked = rank === 0 ? fixed(start) : sum(times(step, indices[axis] ?? fixed(0)), start);
    return [site.read(0, [...indices.slice(0, axis), picked, ...indices.slice(axis + rank)])];
  });
};

/**
 * Resize and Upsample by whole factors: `y[i·s + f]` reads `x[i]` (nearest), or at most `x[i - 1 .. i + 1]` (linear).
 * Other factors and coordinate conventions are not affine in the output position.
 */
export const resize: Rule = (site) => {
  const x = site.dims(0);
  const y = site.out(0);
  if (!x || !y || x.length !== y.length || x.some((size, i) => size === 0 || (y[i] ?? 0) % size !== 0)) return [];
  const factors = x.map((size, i) => (y[i] ?? 0) / size);
  const reach = interpolationReach(site, factors);
  if (reach === undefined) return [];
  const l = loops();
  const position = axes(l, x);
  const inside = factors.map((factor, i) => (factor > 1 ? l.open(`F${i}`, factor) : fixed(0)));
  const read = position.map((index, i) => (reach > 0 && factors[i] !== 1 ? sum(index, l.open(`R${i}`, 2 * reach + 1), -reach) : index));
  const write = position.map((index, i) => sum(times(factors[i] ?? 1, index), inside[i]!));
  return [{ kind: reach > 0 ? "reduce" : "pointwise", loops: l.list, reads: [site.read(0, read)], write: site.write(0, write) }];
};

/** How far from `x[i]` an output at `i·s + f` may read; undefined where the convention does not give a fixed reach. */
function interpolationReach(site: Site, factors: readonly number[]): number | undefined {
  const old = site.view.type === "Upsample" || site.view.opset < 11;
  const scales = site.view.inputs[old ? 1 : 2];
  const given = scales?.data?.map(Number) ?? site.view.floats("scales") ?? [];
  const named = scales?.shape?.[0] !== 0 && scales !== undefined;
  // Scales of a subset of the axes (opset 18) are as good as all of them: the factors follow from the shapes.
  if (named && (given.length === 0 || given.some((scale) => !factors.includes(scale)))) return undefined;
  const mode = site.view.string("mode") ?? "nearest";
  const coordinates = old ? "asymmetric" : (site.view.string("coordinate_transformation_mode") ?? "half_pixel");
  const rounding = old ? "floor" : (site.view.string("nearest_mode") ?? "round_prefer_floor");
  const centred = coordinates === "half_pixel" || coordinates === "pytorch_half_pixel" || coordinates === "half_pixel_symmetric";
  if (site.view.int("antialias") === 1) return undefined;
  if (mode === "nearest")
    return (coordinates === "asymmetric" && rounding === "floor") || (centred && rounding.startsWith("round")) ? 0 : undefined;
  return mode === "linear" && (centred || coordinates === "asymmetric") ? 1 : undefined;
}
