import type { Dim } from "../node.js";
import { refuse, type Shape } from "./rule.js";

/** A tensor of more elements than this is taken for a mistake or an attack: nothing real comes near. */
export const MAX_ELEMENTS = 2 ** 48;

/** More axes than this are taken for the same. */
const MAX_RANK = 1024;

/** `a · b`, exactly. */
export function times(a: Dim, b: Dim): Dim {
  if (a === 0 || b === 0) return 0;
  if (a === null || b === null) return null;
  return exact(a * b, () => `${a} x ${b}`);
}

/** `a + b`, exactly. */
export const plus = (a: Dim, b: Dim): Dim => (a === null || b === null ? null : exact(a + b, () => `${a} + ${b}`));

/** Elements of a tensor; null where a dimension is not known and none is 0. */
export function product(shape: Shape): Dim {
  if (shape.includes(0)) return 0;
  return shape.includes(null) ? null : shape.reduce<Dim>(times, 1);
}

/** `a / b` where that is a whole number; `what` names the two in the refusal. */
export function dividedBy(a: Dim, b: Dim, what: string): Dim {
  if (b !== null && b <= 0) refuse(`${what}: cannot divide ${a ?? "?"} into ${b} parts`, "use a divisor of at least 1");
  if (a === null || b === null) return null;
  if (a % b !== 0) refuse(`${what}: ${a} is not a multiple of ${b}`, `make ${a} a multiple of ${b}`);
  return a / b;
}

/** The two must be one dimension; returns what is known of it. */
export function same(a: Dim, b: Dim, what: string): Dim {
  if (a !== null && b !== null && a !== b) refuse(`${what}: ${a} against ${b}`, "make both equal");
  return a ?? b;
}

/** The two must be one shape. */
export function sameShape(a: Shape | undefined, b: Shape | undefined, what: string): Shape | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (a.length !== b.length) refuse(`${what}: rank ${a.length} against ${b.length}`, "make both ranks equal");
  return a.map((d, i) => same(d, b[i] ?? null, `${what}, axis ${i}`));
}

/** What holds for both `a` and `b` when either may occur. */
export function join(a: Shape | undefined, b: Shape | undefined): Shape | undefined {
  if (a === undefined || b === undefined || a.length !== b.length) return undefined;
  return a.map((d, i) => (d === b[i] ? d : null));
}

/** Numpy-style broadcasting of any number of shapes: aligned at the last axis, 1 stretches. */
export function broadcast(shapes: readonly (Shape | undefined)[]): Shape | undefined {
  if (shapes.includes(undefined)) return undefined;
  const known = shapes as readonly Shape[];
  const rank = Math.max(0, ...known.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) =>
    known.reduce<Dim>((d, s) => {
      const at = i - rank + s.length;
      return at < 0 ? d : stretch(d, s[at] ?? null, known);
    }, 1),
  );
}

/** `from` must stretch to `to` without changing it (unidirectional broadcasting). */
export function stretchesTo(from: Shape | undefined, to: Shape | undefined, what: string): void {
  if (from === undefined || to === undefined) return;
  if (from.length > to.length) refuse(`${what}: rank ${from.length} does not stretch to rank ${to.length}`, "drop the leading axes");
  from.forEach((d, i) => {
    const target = to[to.length - from.length + i] ?? null;
    if (d !== null && target !== null && d !== 1 && d !== target)
      refuse(`${what}: ${show(from)} does not stretch to ${show(to)}`, "make the dimensions equal or 1");
  });
}

/** `axis` counted from the front. `rank` is the number of axes it may point at. */
export function axisIn(axis: number, rank: number, what = "axis"): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank)
    refuse(`${what} ${axis} is outside -${rank}..${rank - 1}`, `use one of ${rank} axes`);
  return axis < 0 ? axis + rank : axis;
}

/** Distinct axes counted from the front, in the given order. */
export function axesIn(axes: readonly number[], rank: number, what = "axis"): readonly number[] {
  const normal = axes.map((axis) => axisIn(axis, rank, what));
  if (new Set(normal).size !== normal.length) refuse(`${what} list ${show(axes)} names an axis twice among ${rank}`, "name each axis once");
  return normal;
}

/** Refuses a tensor of another rank; returns the shape. */
export function ofRank(shape: Shape | undefined, rank: number, what: string): Shape {
  if (shape === undefined) return unknownDims(rank);
  if (shape.length !== rank) refuse(`${what} has rank ${shape.length} (${show(shape)}), expected ${rank}`, `give ${what} ${rank} axes`);
  return shape;
}

/** Refuses a tensor of lower rank. */
export function atLeastRank(shape: Shape, rank: number, what: string): void {
  if (shape.length < rank)
    refuse(`${what} has rank ${shape.length} (${show(shape)}), expected at least ${rank}`, `give ${what} at least ${rank} axes`);
}

/** Nothing known but the rank. A rank comes from files, so it is bounded before anything is allocated. */
export function unknownDims(rank: number): Shape {
  if (rank > MAX_RANK) refuse(`rank ${rank} is more than the ${MAX_RANK} allowed`, "use fewer axes");
  return new Array<Dim>(rank).fill(null);
}

/** `shape` with `dim` at `axis`. */
export const withDim = (shape: Shape, axis: number, dim: Dim): Shape => shape.map((d, i) => (i === axis ? dim : d));

export const withoutAxes = (shape: Shape, axes: readonly number[]): Shape => shape.filter((_, i) => !axes.includes(i));

export const isKnown = (shape: Shape | undefined): shape is readonly number[] => shape !== undefined && !shape.includes(null);

/** A shape as people read it: `[2, ?, 4]`. */
export const show = (shape: Shape | undefined): string => (shape === undefined ? "[...]" : `[${shape.map((d) => d ?? "?").join(", ")}]`);

function stretch(a: Dim, b: Dim, all: readonly Shape[]): Dim {
  if (a === b || b === 1) return a;
  if (a === 1) return b;
  if (a === null) return b;
  if (b === null) return a;
  return refuse(`shapes ${all.map(show).join(" and ")} do not broadcast: ${a} against ${b}`, "make the dimensions equal or 1");
}

function exact(n: number, what: () => string): number {
  if (!Number.isSafeInteger(n)) refuse(`${what()} exceeds 2^53 = ${2 ** 53}`, "shrink the dimensions");
  return n;
}
