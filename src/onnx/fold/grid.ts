/** Row-major grids: where element `[i, j, ...]` stands. */

/** Elements of a known shape. */
export const countOf = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

/** Distance between neighbours along each axis. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(1);
  for (let axis = dims.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * dims[axis + 1]!;
  return strides;
}

/**
 * For each position of a grid of `dims`, in row-major order: `start + Σ index · steps[axis]`. With the right
 * steps this reads a transposed, sliced, tiled or broadcast operand.
 */
export function offsets(dims: readonly number[], steps: readonly number[], start = 0): number[] {
  if (dims.includes(0)) return [];
  let list = [start];
  dims.forEach((size, axis) => {
    const step = steps[axis]!;
    const next = new Array<number>(list.length * size);
    let n = 0;
    for (const base of list) for (let i = 0; i < size; i++) next[n++] = base + i * step;
    list = next;
  });
  return list;
}

/** For each position of a grid of `to`: where the operand of shape `from`, stretched to it, is read. */
export function stretched(from: readonly number[], to: readonly number[]): number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return offsets(
    to,
    to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!)),
  );
}

/** A tensor as `outer x size x inner` around one axis. */
export const around = (dims: readonly number[], axis: number): { outer: number; size: number; inner: number } => ({
  outer: countOf(dims.slice(0, axis)),
  size: dims[axis]!,
  inner: countOf(dims.slice(axis + 1)),
});
