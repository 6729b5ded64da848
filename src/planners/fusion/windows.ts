import type { AffineIndex, Loop } from "../../graph/loops.js";
import type { Window } from "./plan.js";

/** An output element needs the one element at its own position. */
export const POINT: Window = { stride: 1, extent: 1, before: 0, repeat: 1 };

export const whole = (length: number): Window => ({ stride: 0, extent: length, before: 0, repeat: 1 });

/** More than any axis holds; `settled` makes it the whole axis. */
const EVERYTHING: Window = { stride: 0, extent: 2 ** 40, before: 2 ** 39, repeat: 1 };

/** The one way to write a window of `positions` results onto an axis of `length`: a range that never moves has stride 0. */
export function settled(w: Window, positions: number, length: number): Window {
  if (length === 1 && positions === 1) return POINT;
  if (w.stride === 0) return fixedRange(-w.before, w.extent - w.before, length);
  if (positions > 1) return w;
  return fixedRange(Math.floor(-w.before / w.repeat), Math.ceil((w.extent - w.before) / w.repeat), length);
}

export const isPoint = (w: Window): boolean => sameWindow(w, POINT);

export const sameWindow = (a: Window, b: Window): boolean =>
  a.stride === b.stride && a.extent === b.extent && a.before === b.before && a.repeat === b.repeat;

/**
 * The window that takes positions along `written` to positions along `read`, two indices of one nest. Exact where the
 * read moves by whole steps with the outermost loop of the written index (sliding windows, strides, slices, transposes)
 * or that loop takes several written positions at a time (resizing, transposed convolution, depth to space); never too
 * small elsewhere.
 *
 * @param length of the axis that is read
 */
export function windowOf(written: AffineIndex, read: AffineIndex, loops: readonly Loop[], length: number): Window {
  const outer = dominant(written);
  if (outer === undefined) return range(read.offset, read.terms, loops, length);
  const step = outer.stride;
  const moved = read.terms.find(({ loop }) => loop === outer.loop)?.stride ?? 0;
  if (step < 1 || moved < 0) return range(read.offset, read.terms, loops, length);

  if (moved % step === 0) {
    const stride = moved / step;
    const rest = new Map(read.terms.map((t) => [t.loop, t.stride]));
    for (const t of written.terms) rest.set(t.loop, (rest.get(t.loop) ?? 0) - stride * t.stride);
    const terms = [...rest].map(([loop, s]) => ({ loop, stride: s }));
    const offset = read.offset - stride * written.offset;
    if (stride === 0) return range(offset, terms, loops, length);
    const [low, high] = reach(offset, terms, loops);
    return { stride, extent: high - low + 1, before: 0 - low, repeat: 1 };
  }
  if (moved !== 1) return range(read.offset, read.terms, loops, length);

  // One iteration of the outer loop writes within `step` positions and around them: positions divided by `step`.
  const others = (index: AffineIndex) => index.terms.filter(({ loop }) => loop !== outer.loop);
  const [first, last] = reach(written.offset, others(written), loops);
  const [low, high] = reach(read.offset, others(read), loops);
  const before = last - step + 1 - step * low;
  return { stride: 1, extent: 1 + before - first + step * high, before, repeat: step };
}

/**
 * First `inner`, from positions of a result to positions of a tensor, then `outer`, from there to an axis of a map. Bounds
 * may leave the map, where they are clipped; an axis that cannot be followed is `EVERYTHING`.
 */
export function composed(inner: Window, outer: Window): Window {
  if (outer.stride === 0) return outer;
  if (inner.stride === 0) {
    const start = Math.floor((-inner.before * outer.stride - outer.before) / outer.repeat);
    const end = Math.ceil(((inner.extent - inner.before - 1) * outer.stride + outer.extent - outer.before) / outer.repeat);
    return { stride: 0, extent: end - start, before: 0 - start, repeat: 1 };
  }
  if (inner.repeat === 1)
    return {
      stride: inner.stride * outer.stride,
      extent: outer.stride * (inner.extent - 1) + outer.extent,
      before: outer.stride * inner.before + outer.before,
      repeat: outer.repeat,
    };
  if (outer.stride !== 1) return EVERYTHING;
  return {
    stride: inner.stride,
    extent: inner.extent + (outer.extent - 1) * inner.repeat,
    before: inner.before + outer.before * inner.repeat,
    repeat: inner.repeat * outer.repeat,
  };
}

/** A window that covers both; the whole axis of `length` where they move at different speeds. */
export function united(a: Window, b: Window, length: number): Window {
  if (sameWindow(a, b)) return a;
  if (a.stride !== b.stride || a.repeat !== b.repeat) return whole(length);
  const before = Math.max(a.before, b.before);
  return { ...a, before, extent: before + Math.max(a.extent - a.before, b.extent - b.before) };
}

/** The term with the greatest stride: the slowest loop of the index. */
export function dominant(index: AffineIndex): AffineIndex["terms"][number] | undefined {
  return index.terms.reduce<AffineIndex["terms"][number] | undefined>(
    (best, t) => (best === undefined || Math.abs(t.stride) > Math.abs(best.stride) ? t : best),
    undefined,
  );
}

/** The same elements wherever the result is. */
function range(offset: number, terms: AffineIndex["terms"], loops: readonly Loop[], length: number): Window {
  const [low, high] = reach(offset, terms, loops);
  return fixedRange(low, high + 1, length);
}

function fixedRange(start: number, end: number, length: number): Window {
  const from = Math.min(Math.max(0, start), Math.max(0, length - 1));
  return { stride: 0, extent: Math.max(1, Math.min(end, length) - from), before: 0 - from, repeat: 1 };
}

/** Least and greatest value of `offset` plus the terms. */
function reach(offset: number, terms: AffineIndex["terms"], loops: readonly Loop[]): readonly [number, number] {
  let low = offset;
  let high = offset;
  for (const { loop, stride } of terms) {
    const far = stride * (loops[loop]!.size - 1);
    if (far < 0) low += far;
    else high += far;
  }
  return [low, high];
}
