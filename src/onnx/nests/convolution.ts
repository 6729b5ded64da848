import type { Access, AffineIndex, LoopNest } from "../../graph/loops.js";
import { loops, sum, times } from "./affine.js";
import { broadcast, type Rule, type Site } from "./site.js";
import { perAxis, slide, spatial, type Window, windows } from "./window.js";

/** Where a convolution finds its operands. `perChannel`: bias, scales, zero points, read once per output channel. */
interface Operands {
  readonly x: number;
  readonly w: number;
  readonly perChannel: readonly number[];
  /** Added to the output element by element (FusedConv). */
  readonly residual?: number;
  readonly channelsLast?: boolean;
  readonly weightsChannelsLast?: boolean;
}

export const conv: Rule = (site) => convolution(site, { x: 0, w: 1, perChannel: [2] });
export const convInteger: Rule = (site) => convolution(site, { x: 0, w: 1, perChannel: [2, 3] });
export const convQLinear: Rule = (site) =>
  convolution(site, { x: 0, w: 3, perChannel: [1, 2, 4, 5, 6, 7, 8], channelsLast: site.view.int("channels_last") === 1 });
export const convFused: Rule = (site) => convolution(site, { x: 0, w: 1, perChannel: [2], residual: 3 });
export const convChannelsLast: Rule = (site) =>
  convolution(site, { x: 0, w: 1, perChannel: [2], channelsLast: true, weightsChannelsLast: true });

/**
 * N, G, K, C, then output positions, then the kernel:
 * `y[n, g·K + k, o] += x[n, g·C + c, o·stride + f·dilation - before] · w[g·K + k, c, f]`.
 * G counts groups, K and C channels of one group; a depthwise convolution has C = 1.
 */
function convolution(site: Site, operands: Operands): readonly LoopNest[] {
  const shape = shapes(site, operands);
  if (!shape) return [];
  const { n, groups, k, c, positions, window } = shape;
  const l = loops();
  const N = l.open("N", n);
  const G = l.open("G", groups);
  const K = l.open("K", k);
  const C = l.open("C", c);
  const o = spatial("O", window.length).map((name, i) => l.open(name, positions[i] ?? 0));
  const f = spatial("F", window.length).map((name, i) => l.open(name, window[i]?.kernel ?? 0));
  const place = (channel: AffineIndex, at: readonly AffineIndex[]) => (operands.channelsLast ? [N, ...at, channel] : [N, channel, ...at]);

  const output = sum(times(k, G), K);
  const x = site.read(
    operands.x,
    place(
      sum(times(c, G), C),
      window.map((w, i) => slide(o[i]!, f[i]!, w)),
    ),
  );
  const w = site.read(operands.w, operands.weightsChannelsLast ? [output, ...f, C] : [output, C, ...f]);
  const extra = operands.perChannel.flatMap((input) => broadcast(site, input, [output]));
  const residual = operands.residual === undefined ? [] : broadcast(site, operands.residual, place(output, o));
  return [{ kind: "mac", loops: l.list, reads: [x, w, ...extra, ...residual], write: site.write(0, place(output, o)) }];
}

interface ConvolutionShape {
  readonly n: number;
  readonly groups: number;
  readonly k: number;
  readonly c: number;
  readonly positions: readonly number[];
  readonly window: readonly Window[];
}

/** The loop sizes, or undefined where operands and attributes do not fit each other. */
function shapes(site: Site, { x: xi, w: wi, channelsLast, weightsChannelsLast }: Operands): ConvolutionShape | undefined {
  const x = site.dims(xi);
  const w = site.dims(wi);
  const y = site.out(0);
  const groups = site.view.int("group") ?? 1;
  if (!x || !w || !y || x.length < 3 || w.length !== x.length || y.length !== x.length) return undefined;
  const [n, channels, ...input] = channelsLast ? channelsFirst(x) : x;
  const [, outputs, ...positions] = channelsLast ? channelsFirst(y) : y;
  const [filters, c, ...kernel] = weightsChannelsLast ? channelsFirst(w) : w;
  if (n === undefined || c === undefined || filters === undefined || groups < 1) return undefined;
  if (channels !== c * groups || outputs !== filters || filters % groups !== 0) return undefined;
  const window = windows(site, input, positions, kernel);
  return window && { n, groups, k: filters / groups, c, positions, window };
}

const channelsFirst = (shape: readonly number[]): readonly number[] => [shape[0] ?? 0, shape[shape.length - 1] ?? 0, ...shape.slice(1, -1)];

/**
 * ConvTranspose runs over input positions and scatters:
 * `y[n, g·K + k, i·stride + f·dilation - before] += x[n, g·C + c, i] · w[g·C + c, k, f]`;
 * writes that leave the output are cropped by the padding.
 */
export const convTranspose: Rule = (site) => {
  const x = site.dims(0);
  const w = site.dims(1);
  const y = site.out(0);
  const groups = site.view.int("group") ?? 1;
  if (!x || !w || !y || x.length < 3 || w.length !== x.length || y.length !== x.length) return [];
  const [n, channels, ...input] = x;
  const [filters, k, ...kernel] = w;
  const window = transposedWindows(site, input, y.slice(2), kernel);
  if (!window || n === undefined || k === undefined || channels === undefined || channels !== filters) return [];
  if (groups < 1 || channels % groups !== 0 || y[1] !== k * groups) return [];
  const c = channels / groups;

  const l = loops();
  const N = l.open("N", n);
  const G = l.open("G", groups);
  const K = l.open("K", k);
  const C = l.open("C", c);
  const i = spatial("I", input.length).map((name, axis) => l.open(name, input[axis] ?? 0));
  const f = spatial("F", input.length).map((name, axis) => l.open(name, kernel[axis] ?? 0));
  const from = sum(times(c, G), C);
  const to = sum(times(k, G), K);
  const reads: readonly Access[] = [site.read(0, [N, from, ...i]), site.read(1, [from, K, ...f]), ...broadcast(site, 2, [to])];
  const at = window.map((win, axis) => slide(i[axis]!, f[axis]!, win));
  return [{ kind: "mac", loops: l.list, reads, write: site.write(0, [N, to, ...at]) }];
};

/** `output_shape` and SAME_* fix the output and leave the padding to be derived; otherwise `pads` says it. */
function transposedWindows(
  site: Site,
  input: readonly number[],
  output: readonly number[],
  kernel: readonly number[],
): readonly Window[] | undefined {
  const rank = kernel.length;
  const strides = perAxis(site, "strides", rank);
  const dilations = perAxis(site, "dilations", rank);
  const pads = site.view.ints("pads") ?? new Array<number>(2 * rank).fill(0);
  const extra = site.view.ints("output_padding") ?? new Array<number>(rank).fill(0);
  if (!strides || !dilations || pads.length !== 2 * rank || extra.length !== rank) return undefined;
  const auto = site.view.string("auto_pad") ?? "NOTSET";
  const derived = auto.startsWith("SAME") || site.view.ints("output_shape") !== undefined;
  return kernel.map((size, i) => {
    const stride = strides[i] ?? 1;
    const dilation = dilations[i] ?? 1;
    const full = stride * ((input[i] ?? 0) - 1) + (extra[i] ?? 0) + (size - 1) * dilation + 1;
    const total = Math.max(0, full - (output[i] ?? 0));
    const half = auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2);
    return { kernel: size, stride, dilation, before: derived ? half : auto === "VALID" ? 0 : (pads[i] ?? 0) };
  });
}

/**
 * DeformConv samples `x` at run-time offsets; the nest names the position without offset, so its reads of `x` are nominal.
 * Offsets and mask are read once per offset group, kernel and output position.
 */
export const convDeformable: Rule = (site) => {
  const shape = shapes(site, { x: 0, w: 1, perChannel: [] });
  if (shape?.window.length !== 2) return [];
  const [nest] = convolution(site, { x: 0, w: 1, perChannel: [3] });
  const offsets = site.view.int("offset_group") ?? 1;
  const channels = shape.c * shape.groups;
  if (!nest || offsets < 1 || channels % offsets !== 0) return [];
  // Only one offset group keeps the group of a channel affine in the loops; with more, the samples stay unnamed.
  if (offsets > 1) return [nest];
  const loop = (i: number): AffineIndex => ({ offset: 0, terms: [{ loop: i, stride: 1 }] });
  const [n, oy, ox, fy, fx] = [loop(0), loop(4), loop(5), loop(6), loop(7)];
  const point = sum(times(shape.window[1]?.kernel ?? 0, fy), fx);
  const samples = [
    site.read(2, [n, times(2, point), oy, ox]),
    site.read(2, [n, sum(times(2, point), 1), oy, ox]),
    ...(site.view.inputs[4] === undefined ? [] : [site.read(4, [n, point, oy, ox])]),
  ];
  return [{ ...nest, reads: [...nest.reads, ...samples] }];
};
