/**
 * How the elements of a tensor lie in a stream. `sizes` are factors of the stream's order, outermost first; their product is
 * the number of elements. `axes[a]` are the factors that axis `a` of the tensor is made of, outermost first; an axis of one
 * element has none. Transposes and reshapes move no element: they only give a tensor another form.
 */
export interface Form {
  readonly sizes: readonly number[];
  readonly axes: readonly (readonly number[])[];
}

/** Axes of a tensor by what they are in a map, each list in the order in which a reader counts. */
export interface Roles {
  readonly rows: readonly number[];
  readonly columns: readonly number[];
  readonly channels: readonly number[];
}

/** Of a tensor whose elements come in raster order, channels innermost. Axes without a role have one element. */
export function plainForm(shape: readonly number[], { rows, columns, channels }: Roles): Form {
  const order = [...rows, ...columns, ...channels].filter((axis) => shape[axis]! > 1);
  return normal({
    sizes: order.map((axis) => shape[axis]!),
    axes: shape.map((_, axis) => (order.includes(axis) ? [order.indexOf(axis)] : [])),
  });
}

export const transposed = ({ sizes, axes }: Form, permutation: readonly number[]): Form => ({
  sizes,
  axes: permutation.map((axis) => axes[axis]!),
});

/** The form under another shape of as many elements; `undefined` where the two shapes have no common factors. */
export function reshaped(form: Form, shape: readonly number[]): Form | undefined {
  let sizes = [...form.sizes];
  const waiting = form.axes.flat();
  const axes: number[][] = [];
  for (const size of shape) {
    const axis: number[] = [];
    for (let left = size; left > 1; ) {
      const factor = waiting.shift();
      if (factor === undefined) return undefined;
      const whole = sizes[factor]!;
      axis.push(factor);
      if (left % whole === 0) {
        left /= whole;
        continue;
      }
      if (whole % left !== 0) return undefined;
      // The factor splits in two: every later one moves up by one.
      const up = (f: number) => (f > factor ? f + 1 : f);
      sizes = [...sizes.slice(0, factor), left, whole / left, ...sizes.slice(factor + 1)];
      for (const list of [axis, waiting, ...axes])
        list.forEach((f, i) => {
          list[i] = up(f);
        });
      waiting.unshift(factor + 1);
      left = 1;
    }
    axes.push(axis);
  }
  return waiting.length > 0 ? undefined : normal({ sizes, axes });
}

export const sameForm = (a: Form, b: Form): boolean => JSON.stringify(a) === JSON.stringify(b);

/**
 * How a reader with these roles finds the elements. `plain`: in the order in which it counts. `pixel`: only the channels
 * of each pixel in another order. `whole`: pixels in another order, or one pixel's elements scattered over the map.
 */
export function arrival({ axes }: Form, { rows, columns, channels }: Roles): "plain" | "pixel" | "whole" {
  const at = (list: readonly number[]) => list.flatMap((axis) => axes[axis]!);
  const pixels = at([...rows, ...columns]);
  if (pixels.some((factor, i) => factor !== i)) return "whole";
  return at(channels).every((factor, i) => factor === pixels.length + i) ? "plain" : "pixel";
}

/** What each axis is in a map of `channels` per pixel and `width` pixels per row; `undefined` where an axis is of several kinds. */
export function rolesOf(
  { sizes, axes }: Form,
  { channels, width }: { readonly channels: number; readonly width: number },
): Roles | undefined {
  const roles = { rows: [] as number[], columns: [] as number[], channels: [] as number[] };
  const end = sizes.map((_, i) => sizes.slice(i).reduce((n, s) => n * s, 1));
  for (const [axis, factors] of axes.entries()) {
    if (factors.length === 0) continue;
    const kinds = new Set(
      factors.map((f) => {
        const stride = end[f]! / sizes[f]!;
        if (end[f]! <= channels) return "channels" as const;
        if (stride >= channels && end[f]! <= channels * width) return "columns" as const;
        return stride >= channels * width ? ("rows" as const) : undefined;
      }),
    );
    const [kind] = kinds;
    if (kinds.size !== 1 || kind === undefined) return undefined;
    roles[kind].push(axis);
  }
  return roles;
}

/** Factors of one element left out, factors that always stand together made one: equal forms are equal values. */
function normal({ sizes, axes }: Form): Form {
  const next = new Map(axes.flatMap((axis) => axis.slice(1).map((f, i) => [axis[i]!, f] as const)));
  const heads = sizes.flatMap((_, f) => (f > 0 && next.get(f - 1) === f ? [] : [f]));
  const merged = heads.map((f, i) => sizes.slice(f, heads[i + 1] ?? sizes.length).reduce((n, s) => n * s, 1));
  return { sizes: merged, axes: axes.map((axis) => axis.flatMap((f) => (heads.includes(f) ? [heads.indexOf(f)] : []))) };
}
