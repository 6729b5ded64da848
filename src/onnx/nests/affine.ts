import type { AffineIndex, Loop } from "../../graph/loops.js";

/** An index that no loop moves. */
export const fixed = (offset: number): AffineIndex => ({ offset, terms: [] });

/** The sum of affine indices and constants; loops that occur twice are merged, loops that cancel are dropped. */
export function sum(...parts: readonly (AffineIndex | number)[]): AffineIndex {
  let offset = 0;
  const strides: number[] = [];
  for (const part of parts) {
    if (typeof part === "number") {
      offset += part;
      continue;
    }
    offset += part.offset;
    for (const { loop, stride } of part.terms) strides[loop] = (strides[loop] ?? 0) + stride;
  }
  const terms: { loop: number; stride: number }[] = [];
  strides.forEach((stride, loop) => {
    if (stride !== 0) terms.push({ loop, stride });
  });
  return { offset, terms };
}

/** `factor · index`. */
export const times = (factor: number, index: AffineIndex): AffineIndex => ({
  offset: factor * index.offset,
  terms: factor === 0 ? [] : index.terms.map(({ loop, stride }) => ({ loop, stride: factor * stride })),
});

/** The loops of a nest under construction, outermost first: `open` adds one and returns it as an index. */
export interface Loops {
  readonly list: readonly Loop[];
  readonly open: (name: string, size: number) => AffineIndex;
}

export function loops(): Loops {
  const list: Loop[] = [];
  return {
    list,
    open: (name, size) => ({ offset: 0, terms: [{ loop: list.push({ name, size }) - 1, stride: 1 }] }),
  };
}
