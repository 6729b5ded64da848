import type { Graph, TensorId } from "../../../graph/graph.js";

/** The axes of a tensor that pieces are cut along first: rows, that windows slide over, and channels, that weights go with. */
export interface Axes {
  readonly row: Int32Array;
  readonly channel: Int32Array;
  /** Along a row of a feature map. */
  readonly column: Int32Array;
}

/**
 * Feature maps that a window slides over are `[batch, channels, rows, ...]`: rows are axis 2. All others have their
 * channels last, and the first axis of more than one element before them for rows: tokens, heads, rows of `[batch, rows,
 * columns, channels]`. -1 where there is no such axis.
 *
 * @param kin tensors computed from one another place by place, which have their axes in common.
 */
export function axesOf({ tensors, operators }: Graph, kin: readonly (readonly TensorId[])[]): Axes {
  const map = new Uint8Array(tensors.length);
  for (const op of operators) {
    const slides = op.nests.some(({ loops }) => loops.some(({ name }) => /^[OI][XYZA]/.test(name)));
    const channelsLast = op.domain.includes("channels_last") || op.attributes.channels_last === 1;
    if (!slides || channelsLast) continue;
    for (const t of [...op.inputs, ...op.outputs]) for (const k of kin[t]!) map[k] = 1;
  }
  // Joining and resizing feature maps keeps them such.
  for (const op of operators)
    if (["Concat", "Resize", "Upsample", "Split", "Slice", "Pad"].includes(op.type) && [...op.inputs, ...op.outputs].some((t) => map[t]))
      for (const t of [...op.inputs, ...op.outputs]) for (const k of kin[t]!) map[k] = 1;
  const feature = (t: TensorId) => map[t] === 1 && tensors[t]!.shape.length >= 3;
  return {
    row: Int32Array.from(tensors, ({ id, shape }) => (feature(id) ? 2 : shape.slice(0, -1).findIndex((n) => n > 1))),
    channel: Int32Array.from(tensors, ({ id, shape }) => (feature(id) ? 1 : shape.length - 1)),
    column: Int32Array.from(tensors, ({ id, shape }) => (feature(id) && shape.length > 3 ? 3 : -1)),
  };
}
