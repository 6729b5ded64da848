import type { Dim, NodeView } from "../node.js";
import { same, show } from "./dims.js";
import { refuse, type Shape } from "./rule.js";

/** How a window slides over the spatial axes of a convolution or pooling, one entry per axis. */
export interface Window {
  readonly kernel: readonly Dim[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Begin of every axis, then end of every axis, as ONNX stores them. */
  readonly pads: readonly number[];
  readonly autoPad: "NOTSET" | "VALID" | "SAME_UPPER" | "SAME_LOWER";
}

/**
 * Reads the window of a node over `rank` spatial axes.
 * @param weight spatial shape of the weight tensor, which must agree with `kernel_shape`; undefined for pooling.
 */
export function windowOf(view: NodeView, rank: number, weight?: Shape): Window {
  const named = view.ints("kernel_shape");
  if (named === undefined && weight === undefined) refuse(`${view.type} has no attribute "kernel_shape"`, `state ${rank} kernel sizes`);
  const kernel =
    named === undefined
      ? weight!
      : perAxis(named, "kernel_shape", rank).map((k, i) => same(k, weight?.[i] ?? null, `kernel_shape and weight, axis ${i}`));
  for (const k of kernel)
    if (k !== null && k < 1) refuse(`kernel ${show(kernel)} holds ${k}, must be at least 1`, "use kernel sizes of at least 1");

  const strides = positive(view, "strides", rank);
  const dilations = positive(view, "dilations", rank);
  const pads = view.ints("pads") ?? new Array<number>(2 * rank).fill(0);
  if (pads.length !== 2 * rank)
    refuse(`${pads.length} pads for ${rank} spatial axes, expected ${2 * rank}`, "give one pad per side of each spatial axis");
  return { kernel, strides, dilations, pads, autoPad: autoPadOf(view) };
}

/** Extent of the dilated kernel along `axis`. */
export function extent({ kernel, dilations }: Window, axis: number): Dim {
  const k = kernel[axis] ?? null;
  return k === null ? null : (k - 1) * dilations[axis]! + 1;
}

/**
 * Positions of the window along each spatial axis. A window that starts beyond the data and its leading pad
 * is dropped in ceil mode, as frameworks and runtimes do.
 */
export const slide = (input: Shape, window: Window, ceil = false): Shape =>
  input.map((size, i) => {
    const [stride, reach] = [window.strides[i]!, extent(window, i)];
    if (window.autoPad === "SAME_UPPER" || window.autoPad === "SAME_LOWER") return size === null ? null : Math.ceil(size / stride);
    if (size === null || reach === null) return null;
    const [before, after] = window.autoPad === "VALID" ? [0, 0] : [window.pads[i]!, window.pads[i + input.length]!];
    const room = size + before + after - reach;
    const steps = ceil && window.autoPad !== "VALID" ? Math.ceil(room / stride) : Math.floor(room / stride);
    const positions = steps + (ceil && window.autoPad !== "VALID" && steps * stride >= size + before ? 0 : 1);
    if (positions < 1)
      refuse(
        `window of ${reach} does not fit ${size} with pads ${before} and ${after} on spatial axis ${i}: output size ${positions}`,
        "enlarge the input or the pads",
      );
    return positions;
  });

/** Sizes before a window with `window` slid: the inverse of `slide`, for transposed convolution and unpooling. */
export const unslide = (input: Shape, window: Window, outputPadding: readonly number[]): Shape =>
  input.map((size, i) => {
    const [stride, reach] = [window.strides[i]!, extent(window, i)];
    if (size === null) return null;
    if (window.autoPad === "SAME_UPPER" || window.autoPad === "SAME_LOWER") return size * stride;
    if (reach === null) return null;
    const pad = window.autoPad === "VALID" ? 0 : window.pads[i]! + window.pads[i + input.length]!;
    const output = stride * (size - 1) + outputPadding[i]! + reach - pad;
    if (output < 1)
      refuse(`output size ${output} on spatial axis ${i}: ${size} positions of a window of ${reach}, pads ${pad}`, "shrink the pads");
    return output;
  });

/** A list attribute with one entry per spatial axis. */
export function perAxis(list: readonly number[], attribute: string, rank: number): readonly number[] {
  if (list.length !== rank) refuse(`attribute "${attribute}" has ${list.length} entries for ${rank} spatial axes`, `give ${rank} entries`);
  return list;
}

function positive(view: NodeView, attribute: string, rank: number): readonly number[] {
  const list = perAxis(view.ints(attribute) ?? new Array<number>(rank).fill(1), attribute, rank);
  for (const n of list) {
    if (n < 1) refuse(`attribute "${attribute}" holds ${n}, must be at least 1`, `use ${attribute} of at least 1`);
    if (n > FARTHEST) refuse(`attribute "${attribute}" holds ${n}, must be at most ${FARTHEST}`, `use ${attribute} of at most ${FARTHEST}`);
  }
  return list;
}

/** Strides and dilations beyond it reach past any map that can be planned. */
const FARTHEST = 2 ** 24;

function autoPadOf(view: NodeView): Window["autoPad"] {
  const name = view.string("auto_pad") ?? "NOTSET";
  if (name === "" || name === "NOTSET") return "NOTSET";
  if (name === "VALID" || name === "SAME_UPPER" || name === "SAME_LOWER") return name;
  return refuse(`attribute "auto_pad" is "${name}"`, "use NOTSET, VALID, SAME_UPPER or SAME_LOWER");
}
