import type { AffineIndex, LoopNest } from "../../graph/loops.js";
import { loops, sum, times } from "./affine.js";
import type { Rule, Site } from "./site.js";

/** How a sliding window runs along one spatial axis: it reads `o · stride + f · dilation - before`. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  /** Padding in front of the axis, in elements. */
  readonly before: number;
}

/** Windows per spatial axis from `strides`, `dilations`, `pads` and `auto_pad`; undefined when a list does not fit the rank. */
export function windows(
  site: Site,
  input: readonly number[],
  output: readonly number[],
  kernel: readonly number[],
): readonly Window[] | undefined {
  const rank = kernel.length;
  const strides = perAxis(site, "strides", rank);
  const dilations = perAxis(site, "dilations", rank);
  const pads = site.view.ints("pads") ?? new Array<number>(2 * rank).fill(0);
  if (!strides || !dilations || pads.length !== 2 * rank || input.length !== rank || output.length !== rank) return undefined;
  const auto = site.view.string("auto_pad") ?? "NOTSET";
  return kernel.map((size, i) => {
    const stride = strides[i] ?? 1;
    const dilation = dilations[i] ?? 1;
    const total = Math.max(0, ((output[i] ?? 0) - 1) * stride + (size - 1) * dilation + 1 - (input[i] ?? 0));
    return { kernel: size, stride, dilation, before: padBefore(auto, total, pads[i] ?? 0) };
  });
}

/** One integer per spatial axis, 1 by default; undefined when the attribute has another length. */
export function perAxis(site: Site, attribute: string, rank: number): readonly number[] | undefined {
  const values = site.view.ints(attribute) ?? new Array<number>(rank).fill(1);
  return values.length === rank ? values : undefined;
}

/** Names of spatial loops, e.g. `OY`, `OX` for two axes and prefix `O`. */
export const spatial = (prefix: string, rank: number): readonly string[] =>
  Array.from({ length: rank }, (_, i) => prefix + (["X", "Y", "Z"][rank - 1 - i] ?? `A${i}`));

export const slide = (o: AffineIndex, f: AffineIndex, w: Window): AffineIndex => sum(times(w.stride, o), times(w.dilation, f), -w.before);

/** MaxPool, AveragePool, LpPool: each output reads one window of its own channel. */
export const pool: Rule = (site) => {
  const x = site.dims(0);
  const y = site.out(0);
  const kernel = site.view.ints("kernel_shape");
  if (!x || !y || !kernel) return [];
  const w = windows(site, x.slice(2), y.slice(2), kernel);
  if (!w) return [];
  // MaxPool may also give the position of each maximum.
  return [0, 1].flatMap((output) => (site.out(output) ? [pooled(site, output, y, w)] : []));
};

/** Channels-last pools of QONNX: `[N, spatial..., C]`. */
export const poolChannelsLast: Rule = (site) => {
  const x = site.dims(0);
  const y = site.out(0);
  const kernel = site.view.ints("kernel_shape");
  const w = x && y && kernel && windows(site, x.slice(1, -1), y.slice(1, -1), kernel);
  return w ? [pooled(site, 0, [y[0] ?? 0, y[y.length - 1] ?? 0, ...y.slice(1, -1)], w, true)] : [];
};

/** GlobalMaxPool, GlobalAveragePool, GlobalLpPool: each output reads its whole channel. */
export const poolGlobal: Rule = (site) => {
  const x = site.dims(0);
  const y = site.out(0);
  if (!x || !y) return [];
  return [
    pooled(
      site,
      0,
      y,
      x.slice(2).map((kernel) => ({ kernel, stride: 1, dilation: 1, before: 0 })),
    ),
  ];
};

/** `y` in the order N, C, spatial. */
function pooled(site: Site, output: number, y: readonly number[], w: readonly Window[], channelsLast = false): LoopNest {
  const l = loops();
  const n = l.open("N", y[0] ?? 0);
  const c = l.open("C", y[1] ?? 0);
  const o = spatial("O", w.length).map((name, i) => l.open(name, y[2 + i] ?? 0));
  const f = spatial("F", w.length).map((name, i) => l.open(name, w[i]?.kernel ?? 0));
  const at = w.map((window, i) => slide(o[i]!, f[i]!, window));
  const place = (positions: readonly AffineIndex[]) => (channelsLast ? [n, ...positions, c] : [n, c, ...positions]);
  return { kind: "reduce", loops: l.list, reads: [site.read(0, place(at))], write: site.write(output, place(o)) };
}

/** SAME_UPPER puts the odd element behind, SAME_LOWER in front. */
function padBefore(auto: string, total: number, explicit: number): number {
  if (auto === "SAME_UPPER") return Math.floor(total / 2);
  if (auto === "SAME_LOWER") return Math.ceil(total / 2);
  return auto === "VALID" ? 0 : explicit;
}
