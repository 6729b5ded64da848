import type { Operator } from "../../graph/graph.js";
import type { Kernel } from "./plan.js";
import { type Arrival, draft, type Obstacle, type Scene, UNIT } from "./scene.js";

/**
 * A map and the kernel over it such that every row and column at the edges is part of some window: what less than no
 * padding cuts off (of a transposed convolution: what only makes rows and columns that its padding cuts off) is left out
 * by a layer of its own. Chains of line buffers read their map to the last pixel.
 */
export function withoutUnread(
  scene: Scene,
  op: Operator,
  input: Arrival,
  kernel: Kernel,
  transposed: boolean,
): { readonly input: Arrival; readonly kernel: Kernel } | Obstacle {
  const { strideY, strideX } = kernel;
  const [spanY, spanX] = [(kernel.height - 1) * kernel.dilationY + 1, (kernel.width - 1) * kernel.dilationX + 1];
  const unread = (padding: number, span: number, stride: number) =>
    Math.max(0, transposed ? Math.ceil((padding - span + 1) / stride) : 0 - padding);
  const top = unread(kernel.top, spanY, strideY);
  const bottom = unread(kernel.bottom, spanY, strideY);
  const left = unread(kernel.left, spanX, strideX);
  const right = unread(kernel.right, spanX, strideX);
  if (top + bottom + left + right === 0) return { input, kernel };
  const { height, width } = input.map;
  if (top + bottom >= height || left + right >= width)
    return { code: "PIP-6", reason: `cuts off all of its input of ${height} x ${width} pixels` };
  const map = { ...input.map, height: height - top - bottom, width: width - left - right };
  const from = draft(scene, {
    operator: op,
    kind: "rearrange",
    inputs: [input],
    output: map,
    kernel: { ...UNIT, top: 0 - top, left: 0 - left, bottom: 0 - bottom, right: 0 - right },
  });
  // A row fewer takes a row of padding with it, or as many as a transposed convolution makes of it.
  const [perRow, perColumn] = transposed ? [0 - strideY, 0 - strideX] : [1, 1];
  return {
    input: { ...input, from, map },
    kernel: {
      ...kernel,
      top: kernel.top + perRow * top,
      left: kernel.left + perColumn * left,
      bottom: kernel.bottom + perRow * bottom,
      right: kernel.right + perColumn * right,
    },
  };
}
