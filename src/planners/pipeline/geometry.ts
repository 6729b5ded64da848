import type { Operator } from "../../graph/graph.js";
import type { Access, AffineIndex, LoopNest } from "../../graph/loops.js";
import type { Roles } from "./forms.js";
import type { Kernel } from "./plan.js";
import { dims, isWeight, type Obstacle, type Scene, UNIT } from "./scene.js";

/** A window that slides over rows and columns: what each axis is before and after, and how it moves. */
export interface Slide {
  readonly from: Roles;
  readonly to: Roles;
  readonly kernel: Kernel;
}

/** Reads the loops of a convolution, transposed convolution or pooling. */
export function slideOf(scene: Scene, op: Operator, nest: LoopNest, read: Access): Slide | Obstacle {
  const [from, to] = [rolesIn(nest, read), rolesIn(nest, nest.write)];
  if (from === undefined || to === undefined) return { code: "PIP-6", reason: "slides along more than two axes" };
  const batch = nest.loops.find(({ name, size }) => name === "N" && size > 1);
  if (batch !== undefined) return { code: "PIP-6", reason: `takes a batch of ${batch.size} maps; an engine takes one at a time` };
  const transposed = nest.loops.some(({ name }) => /^I[YX]$/.test(name));
  const input = dims(scene, read.tensor);
  const output = dims(scene, nest.write.tensor);
  const side = (letter: "Y" | "X", a: number | undefined, b: number | undefined) => {
    const mover = nest.loops.findIndex(({ name }) => name === (transposed ? "I" : "O") + letter);
    const inner = nest.loops.findIndex(({ name }) => name === `F${letter}`);
    const index = transposed ? (b === undefined ? undefined : nest.write.indices[b]) : a === undefined ? undefined : read.indices[a];
    const size = inner < 0 ? 1 : nest.loops[inner]!.size;
    const stride = strideOf(index, mover);
    const dilation = strideOf(index, inner);
    const before = 0 - (index?.offset ?? 0);
    const [long, short] = [a === undefined ? 1 : input[a]!, b === undefined ? 1 : output[b]!];
    const reach = (size - 1) * dilation + 1;
    const least = transposed ? (long - 1) * stride + reach - short - before : (short - 1) * stride + reach - long - before;
    return { size, stride, dilation, before, after: transposed ? least : Math.max(declaredAfter(op, letter, from), least) };
  };
  const y = side("Y", from.rows[0], to.rows[0]);
  const x = side("X", from.columns[0], to.columns[0]);
  return {
    from,
    to,
    kernel: {
      height: y.size,
      width: x.size,
      strideY: y.stride,
      strideX: x.stride,
      dilationY: y.dilation,
      dilationX: x.dilation,
      top: y.before,
      left: x.before,
      bottom: y.after,
      right: x.after,
    },
  };
}

/** Padding behind, as the operator declares it: the last rows of it may be more than any window reads. */
function declaredAfter({ attributes }: Operator, letter: "Y" | "X", { rows }: Roles): number {
  const { pads, auto_pad: automatic } = attributes;
  if (!Array.isArray(pads) || (automatic !== undefined && automatic !== "NOTSET")) return 0;
  const rank = pads.length / 2;
  const value = pads[rank + (letter === "Y" ? 0 : rank - 1)];
  return (letter === "Y" && rows.length === 0) || typeof value !== "number" ? 0 : value;
}

/** Axes by the loops that move them: `OY`, `IY`, `FY` rows, `OX`, `IX`, `FX` columns, `G`, `K`, `C` channels. */
function rolesIn(nest: LoopNest, { indices }: Access): Roles | undefined {
  const names = indices.map(({ terms }) => terms.map(({ loop }) => nest.loops[loop]!.name));
  if (names.flat().some((name) => /^[OIF]([ZWA]|$)/.test(name))) return undefined;
  const having = (pattern: RegExp) => names.flatMap((list, axis) => (list.some((name) => pattern.test(name)) ? [axis] : []));
  return { rows: having(/^[OIF]Y$/), columns: having(/^[OIF]X$/), channels: having(/^[GKC]$/) };
}

/** Which axes of a product by constants are pixels and which are summed over, and which axes its features make. */
export function productRoles(nest: LoopNest, read: Access, weight: Access): Slide | Obstacle {
  const loopsOf = ({ indices }: Access) => new Set(indices.flatMap(({ terms }) => terms.map(({ loop }) => loop)));
  const [inData, inWeight, inResult] = [loopsOf(read), loopsOf(weight), loopsOf(nest.write)];
  const shared = nest.loops.findIndex(({ size }, l) => size > 1 && inData.has(l) && inWeight.has(l) && inResult.has(l));
  if (shared >= 0) return { code: "PIP-6", reason: `has other weights for each of ${nest.loops[shared]!.size} parts of its input` };
  const axes = ({ indices }: Access, is: (loop: number) => boolean) =>
    indices.flatMap((index, axis) => (moving(nest, index).some(({ loop }) => is(loop)) ? [axis] : []));
  return {
    from: { rows: [], columns: axes(read, (l) => !inWeight.has(l)), channels: axes(read, (l) => inWeight.has(l)) },
    to: { rows: [], columns: axes(nest.write, (l) => !inWeight.has(l)), channels: axes(nest.write, (l) => inWeight.has(l)) },
    kernel: UNIT,
  };
}

/** The data and the constant that a product multiplies; `undefined` where both are computed at run time. */
export function factors(scene: Scene, nest: LoopNest): { readonly read: Access; readonly weight: Access } | undefined {
  const [a, b] = nest.reads;
  if (a === undefined || b === undefined || isWeight(scene, a.tensor) === isWeight(scene, b.tensor)) return undefined;
  return isWeight(scene, b.tensor) ? { read: a, weight: b } : { read: b, weight: a };
}

/** How an axis of the result moves along an axis of the operand. */
export interface Picked {
  readonly from: number;
  readonly to: number | undefined;
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Of a nest that hands on elements: per axis of the operand where it is read. `undefined` where axes mix. */
export function picked(nest: LoopNest, read: Access): readonly Picked[] | undefined {
  const axes = read.indices.map((index, from): Picked | undefined => {
    const terms = moving(nest, index);
    const [term] = terms;
    if (term === undefined) return { from, to: undefined, start: index.offset, step: 1, count: 1 };
    const to = nest.write.indices.findIndex((other) => moving(nest, other).some(({ loop }) => loop === term.loop));
    const there = nest.write.indices[to];
    if (terms.length > 1 || there === undefined || there.offset !== 0 || moving(nest, there).length > 1 || strideOf(there, term.loop) !== 1)
      return undefined;
    return { from, to, start: index.offset, step: term.stride, count: nest.loops[term.loop]!.size };
  });
  return axes.includes(undefined) ? undefined : (axes as readonly Picked[]);
}

/** The axis of an operand that the same loop moves as axis `to` of the result. */
export const axisBehind = (nest: LoopNest, read: Access, to: number): number | undefined => {
  const loops = moving(nest, nest.write.indices[to]!).map(({ loop }) => loop);
  const at = read.indices.findIndex((index) => moving(nest, index).some(({ loop }) => loops.includes(loop)));
  return at < 0 ? undefined : at;
};

export const moving = ({ loops }: LoopNest, { terms }: AffineIndex) => terms.filter(({ loop }) => loops[loop]!.size > 1);

const strideOf = (index: AffineIndex | undefined, loop: number): number => index?.terms.find((t) => t.loop === loop)?.stride ?? 1;
